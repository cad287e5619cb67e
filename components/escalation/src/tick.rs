//! `POST /internal/tick`: whoever keeps time calls it. Safe on all replicas at once.

use crate::tell;
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use oms_app::hash::sha256_hex;
use oms_app::tick;
use oms_web::{Problem, backend, clock, json_answer, nudge};
use serde_json::json;

pub async fn tick(headers: HeaderMap) -> Result<Response, Problem> {
    require_tick_token(&headers).await?;
    let backend = backend().await?;
    let report = tick::tick(&backend, clock()).await?;
    for failure in &report.failures {
        eprintln!("tick: order {} was not looked at: {}", failure.order_id, failure.error);
    }
    // Its own effects it executes at once; the others' executors are nudged.
    let tally = tell::tell(&backend).await?;
    let others: Vec<&'static str> =
        report.executors.iter().copied().filter(|executor| *executor != tell::COMPONENT).collect();
    let answer = json!({
        "deadlines": report.deadlines,
        "rungs": tally.done,
        "effects": others.len(),
        "holdsEnded": report.holds_ended,
        "failed": report.failures.len(),
    });
    nudge(others);
    Ok(json_answer(StatusCode::OK, &[], &answer))
}

async fn require_tick_token(headers: &HeaderMap) -> Result<(), Problem> {
    let expected = spin_sdk::variables::get("tick_token").await.unwrap_or_default();
    if expected.is_empty() {
        let detail = "The tick is switched off: the variable tick_token is empty.";
        return Err(Problem::unauthorized(detail));
    }
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let given = given.strip_prefix("Bearer ").unwrap_or_default();
    // Hashes are compared, so that the time taken tells nothing about the token.
    if sha256_hex(given.as_bytes()) == sha256_hex(expected.as_bytes()) {
        return Ok(());
    }
    Err(Problem::unauthorized("Send the tick token as Authorization: Bearer TOKEN."))
}
