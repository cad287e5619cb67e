//! `POST /api/v1/orders/{order}/access-code`: a one-time code for the order's subscriber.

use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use oms_app::subscribers;
use oms_web::{Parameters, Problem, Session, clock, json_answer};
use serde_json::json;

/// The code is in this answer and nowhere else.
pub async fn issue(
    session: Session,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let issued = subscribers::issue(&session.backend, &session.actor, &name, clock()).await?;
    let answer = json!({ "code": issued.code, "expiresAt": issued.expires_at });
    Ok(json_answer(StatusCode::CREATED, &[], &answer))
}
