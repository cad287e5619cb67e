//! `GET /api/v1/slots`: when a division's technicians are free.

use axum::response::Response;
use http::StatusCode;
use oms_app::workforce::{self, SlotsWanted};
use oms_domain::limits::{
    SLOT_AHEAD_DAYS_MAX, SLOT_HORIZON_DAYS, VISIT_MINUTES_DEFAULT, VISIT_MINUTES_MAX,
    VISIT_MINUTES_MIN,
};
use oms_web::{Parameters, Problem, Session, clock, json_answer};
use serde_json::json;

const DAY_MINUTES: i64 = 24 * 60;

pub async fn list(session: Session, mut parameters: Parameters) -> Result<Response, Problem> {
    let now = clock();
    let division = parameters.text("division");
    if division.is_none() {
        parameters.fault("division", "required", "division is required: the code of one.");
    }
    let skill = parameters.text("skill").map(|skill| skill.to_lowercase());
    let bounds = (VISIT_MINUTES_MIN, VISIT_MINUTES_MAX);
    let duration = parameters.number("durationMinutes", VISIT_MINUTES_DEFAULT, bounds);
    let from = parameters.instant("from").unwrap_or(now).max(now);
    let to = parameters.instant("to");
    let latest = now.plus_minutes(SLOT_AHEAD_DAYS_MAX * DAY_MINUTES);
    let to = to.unwrap_or_else(|| from.plus_minutes(SLOT_HORIZON_DAYS * DAY_MINUTES));
    if from > latest || to > latest.plus_minutes(SLOT_HORIZON_DAYS * DAY_MINUTES) {
        let message = format!("Slots are told for at most {SLOT_AHEAD_DAYS_MAX} days ahead.");
        parameters.fault("to", "out-of-range", message);
    }
    let limit = parameters.limit() as usize;
    parameters.finish()?;
    let wanted = SlotsWanted {
        division: division.unwrap_or_default(),
        skill,
        duration_minutes: i64::from(duration),
        from,
        to,
        limit,
    };
    let slots = workforce::slots(&session.backend, &session.actor, &wanted, now).await?;
    let answer = json!({ "items": slots, "nextCursor": null });
    Ok(json_answer(StatusCode::OK, &[], &answer))
}
