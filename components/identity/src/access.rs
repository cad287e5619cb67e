//! `GET` and `POST /api/v1/roles`, `GET` and `POST /api/v1/grants`, `DELETE /api/v1/grants/{grant}`

use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use oms_app::grants;
use oms_web::{Parameters, Problem, Session, clock, json_answer, json_body, list_answer};
use serde_json::json;

pub async fn roles(session: Session, parameters: Parameters) -> Result<Response, Problem> {
    parameters.finish()?;
    let roles = grants::roles(&session.backend, &session.actor).await?;
    Ok(json_answer(StatusCode::OK, &[], &json!({ "items": roles, "nextCursor": null })))
}

pub async fn add_role(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let body = json_body(&headers, body).await?;
    let role = grants::add_role(&session.backend, &session.actor, &body.value, clock()).await?;
    Ok(json_answer(StatusCode::CREATED, &[], &json!(role)))
}

pub async fn grants(session: Session, mut parameters: Parameters) -> Result<Response, Problem> {
    let login = parameters.text("login");
    let limit = parameters.limit();
    let after = parameters.cursor().map(|cursor| cursor.id);
    parameters.finish()?;
    let (backend, actor) = (&session.backend, &session.actor);
    let found =
        grants::grants(backend, actor, login.as_deref(), after.as_deref(), limit + 1).await?;
    Ok(list_answer(found, limit, |grant| grant.id.clone()))
}

pub async fn give(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let body = json_body(&headers, body).await?;
    let grant = grants::give(&session.backend, &session.actor, &body.value, clock()).await?;
    let location = (header::LOCATION, format!("/api/v1/grants/{}", grant.id));
    Ok(json_answer(StatusCode::CREATED, &[location], &json!(grant)))
}

pub async fn take(
    session: Session,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    grants::take(&session.backend, &session.actor, &id, clock()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
