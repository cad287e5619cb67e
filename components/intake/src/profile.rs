//! `GET /api/v1/profile/orders` and `/api/v1/profile/orders/{order}`: what a subscriber sees of their own orders.

use axum::extract::Path;
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use oms_app::profile;
use oms_domain::party::Language;
use oms_web::{Parameters, Problem, SubscriberSession, encode_cursor, json_answer, language};
use serde_json::{Value, json};

pub async fn list(
    session: SubscriberSession,
    mut parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (limit, after) = (parameters.limit(), parameters.cursor());
    parameters.finish()?;
    let language = language(&headers);
    let (backend, subscriber) = (&session.backend, &session.subscriber);
    let (items, next) = profile::list(backend, subscriber, after, limit, language).await?;
    let answer = json!({ "items": items, "nextCursor": next.as_ref().map(encode_cursor) });
    Ok(answered(language, &answer))
}

pub async fn one(
    session: SubscriberSession,
    Path(name): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let language = language(&headers);
    let (backend, subscriber) = (&session.backend, &session.subscriber);
    let order = profile::one(backend, subscriber, &name, language).await?;
    Ok(answered(language, &order))
}

fn answered(language: Language, answer: &Value) -> Response {
    let headers = [
        (header::CONTENT_LANGUAGE, language.code().to_owned()),
        (header::VARY, header::ACCEPT_LANGUAGE.to_string()),
    ];
    json_answer(StatusCode::OK, &headers, answer)
}
