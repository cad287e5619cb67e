//! `POST /api/v1/orders`

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderName, StatusCode, header};
use oms_app::register::{self, Outcome};
use oms_domain::limits::IDEMPOTENCY_KEY_CHARACTERS_MAX;
use oms_web::{Parameters, Problem, Session, clock, entity_tag, json_answer, json_body, nudge};
use serde_json::Value;

const IDEMPOTENCY_KEY: &str = "idempotency-key";

pub async fn register(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let key = idempotency_key(&headers)?;
    let body = json_body(&headers, body).await?;
    let request = register::Request {
        actor: &session.actor,
        document: &body.value,
        body: &body.bytes,
        idempotency_key: key.as_deref(),
        now: clock(),
    };
    match register::register(&session.backend, request).await? {
        Outcome::Registered { order, outlook, effects_of } => {
            nudge(effects_of);
            let mut answer = order.to_api();
            outlook.add_to(&mut answer);
            Ok(created(&answer, None))
        }
        Outcome::Replayed { response } => {
            let replayed = HeaderName::from_static("idempotency-replayed");
            Ok(created(&response, Some((replayed, "true".to_owned()))))
        }
    }
}

/// A new order has version 1, whenever the answer is given.
fn created(order: &Value, more: Option<(HeaderName, String)>) -> Response {
    let id = order["id"].as_str().unwrap_or_default();
    let mut headers =
        vec![(header::LOCATION, format!("/api/v1/orders/{id}")), (header::ETAG, entity_tag(1))];
    headers.extend(more);
    json_answer(StatusCode::CREATED, &headers, order)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let text = value.to_str().map(str::trim).unwrap_or_default();
    let printable = text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if text.is_empty() || text.len() > IDEMPOTENCY_KEY_CHARACTERS_MAX || !printable {
        let message = format!(
            "Idempotency-Key must have 1 to {IDEMPOTENCY_KEY_CHARACTERS_MAX} printable characters."
        );
        return Err(Problem::bad_parameter("Idempotency-Key", "invalid-key", message));
    }
    Ok(Some(text.to_owned()))
}
