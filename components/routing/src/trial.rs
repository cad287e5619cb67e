//! `POST /api/v1/coverage/check` and `POST /api/v1/coverage/preview`: a coverage is tried out, nothing is stored.

use crate::coverage::Sent;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use oms_app::coverage::{self, Gap, Move, Told};
use oms_domain::limits::{COVERAGE_GAP_DAYS_DEFAULT, COVERAGE_GAP_DAYS_MAX};
use oms_web::{Parameters, Problem, Session, clock, json_answer};
use serde_json::{Value, json};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

pub async fn check(
    session: Session,
    mut parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let bounds = (1, COVERAGE_GAP_DAYS_MAX);
    let days = parameters.number("days", COVERAGE_GAP_DAYS_DEFAULT, bounds);
    parameters.finish()?;
    let sent = Sent::read(&headers, body).await?;
    let since = clock().plus_ms(-i64::from(days) * DAY_MS);
    let found =
        coverage::check(&session.backend, &session.actor, &sent.rules, since, sent.places())
            .await?;
    let answer = json!({
        "rules": found.rules,
        "errors": told(&found.errors, |fault| json!(fault)),
        "warnings": told(&found.warnings, |fault| json!(fault)),
        "gaps": told(&found.gaps, gap),
        "orders": { "days": days, "lookedAt": found.orders },
    });
    Ok(json_answer(StatusCode::OK, &[], &answer))
}

pub async fn preview(
    session: Session,
    mut parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let limit = parameters.limit() as usize;
    parameters.finish()?;
    let sent = Sent::read(&headers, body).await?;
    let found =
        coverage::preview(&session.backend, &session.actor, &sent.rules, limit, sent.places())
            .await?;
    let mut answer = told(&found.moves, moved);
    answer["orders"] = json!({ "lookedAt": found.orders, "partial": found.is_partial });
    Ok(json_answer(StatusCode::OK, &[], &answer))
}

fn told<T>(told: &Told<T>, shown: fn(&T) -> Value) -> Value {
    json!({ "items": told.items.iter().map(shown).collect::<Vec<_>>(), "total": told.total })
}

fn gap(gap: &Gap) -> Value {
    json!({ "address": gap.address, "orders": gap.orders, "example": gap.example })
}

pub fn moved(order: &Move) -> Value {
    json!({
        "id": order.id,
        "number": order.number,
        "from": order.from,
        "to": order.to,
        "coveringFrom": order.covering_from,
        "coveringTo": order.covering_to,
        "reason": order.reason,
    })
}
