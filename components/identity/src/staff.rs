//! `GET` and `POST /api/v1/staff`, `PATCH /api/v1/staff/{login}`

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use oms_app::staff;
use oms_web::{Parameters, Problem, Session, clock, json_answer, json_body, list_answer};
use serde_json::json;

pub async fn list(session: Session, mut parameters: Parameters) -> Result<Response, Problem> {
    let limit = parameters.limit();
    let after = parameters.cursor().map(|cursor| cursor.id);
    parameters.finish()?;
    let (backend, actor) = (&session.backend, &session.actor);
    let found = staff::list(backend, actor, after.as_deref(), limit + 1).await?;
    Ok(list_answer(found, limit, |staff| staff.login.clone()))
}

pub async fn add(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let body = json_body(&headers, body).await?;
    let added = staff::add(&session.backend, &session.actor, &body.value, clock()).await?;
    let location = (header::LOCATION, format!("/api/v1/staff/{}", added.login));
    Ok(json_answer(StatusCode::CREATED, &[location], &json!(added)))
}

/// The secret of a new second factor is in this answer and nowhere else.
pub async fn amend(
    session: Session,
    Path(login): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let body = json_body(&headers, body).await?;
    let (backend, actor) = (&session.backend, &session.actor);
    let (changed, secret) = staff::amend(backend, actor, &login, &body.value, clock()).await?;
    let mut answer = json!(changed);
    if let Some(secret) = secret {
        answer["totpUri"] = json!(format!(
            "otpauth://totp/Billmaster%20OMS:{login}?secret={secret}&issuer=Billmaster%20OMS"
        ));
        answer["totpSecret"] = json!(secret);
    }
    Ok(json_answer(StatusCode::OK, &[], &answer))
}
