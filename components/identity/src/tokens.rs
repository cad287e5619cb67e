//! `GET` and `POST /api/v1/tokens`, `DELETE /api/v1/tokens/{token}`

use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use oms_app::grants;
use oms_web::{Parameters, Problem, Session, clock, json_answer, json_body, list_answer};
use serde_json::json;

pub async fn list(session: Session, mut parameters: Parameters) -> Result<Response, Problem> {
    let limit = parameters.limit();
    let after = parameters.cursor().map(|cursor| cursor.id);
    parameters.finish()?;
    let (backend, actor) = (&session.backend, &session.actor);
    let found = grants::tokens(backend, actor, after.as_deref(), limit + 1).await?;
    Ok(list_answer(found, limit, |token| token.id.clone()))
}

/// The token itself is in this answer and nowhere else.
pub async fn add(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let body = json_body(&headers, body).await?;
    let (backend, actor) = (&session.backend, &session.actor);
    let (record, token) = grants::add_token(backend, actor, &body.value, clock()).await?;
    let mut answer = json!(record);
    answer["token"] = json!(token);
    let location = (header::LOCATION, format!("/api/v1/tokens/{}", record.id));
    Ok(json_answer(StatusCode::CREATED, &[location], &answer))
}

pub async fn revoke(
    session: Session,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    grants::revoke(&session.backend, &session.actor, &id, clock()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
