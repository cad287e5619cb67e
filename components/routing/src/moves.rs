//! `POST /api/v1/coverage/moves` and `POST /api/v1/orders/{order}/routing`: open orders go where the stored coverage sends them.

use crate::trial::moved;
use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use oms_app::AppError;
use oms_app::reroute::{self, Staying};
use oms_domain::input::{Faults, ObjectReader};
use oms_domain::limits::COVERAGE_MOVES_MAX;
use oms_domain::rights::Right;
use oms_web::{
    Parameters, Problem, Session, changed, clock, encode_cursor, json_answer, json_body, preview,
    require_right,
};
use serde_json::{Value, json};

pub async fn all(
    session: Session,
    mut parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let limit = parameters.number("limit", COVERAGE_MOVES_MAX, (1, COVERAGE_MOVES_MAX));
    let after = parameters.cursor();
    parameters.finish()?;
    require_right(&session.actor, Right::OrganisationWrite)?;
    let body = json_body(&headers, body).await?;
    let faults = Faults::default();
    let dry_run = faults.document(&body.value).and_then(|reader| {
        let dry_run = read(&reader);
        reader.finish();
        dry_run
    });
    let dry_run = match dry_run {
        Some(dry_run) if faults.is_empty() => dry_run,
        _ => return Err(AppError::Invalid(faults.into_vec()).into()),
    };
    let (backend, actor) = (&session.backend, &session.actor);
    let report = reroute::all(backend, actor, dry_run, after, limit, clock()).await?;
    let answer = json!({
        "dryRun": dry_run,
        "moved": report.moved.iter().map(moved).collect::<Vec<_>>(),
        "stay": report.stay.iter().map(staying).collect::<Vec<_>>(),
        "nextCursor": report.next.as_ref().map(encode_cursor),
    });
    Ok(json_answer(StatusCode::OK, &[], &answer))
}

/// It must be said whether orders are to be moved.
fn read(reader: &ObjectReader<'_>) -> Option<bool> {
    if reader.value("dryRun").is_none() {
        reader.required("dryRun");
    }
    reader.boolean("dryRun")
}

fn staying(staying: &Staying) -> Value {
    let mut answer = moved(&staying.order);
    answer["code"] = json!(staying.code);
    answer["messages"] = json!(staying.messages);
    answer
}

pub async fn one(
    session: Session,
    Path(name): Path<String>,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let dry_run = parameters.flag("dryRun");
    parameters.finish()?;
    let (backend, actor) = (&session.backend, &session.actor);
    let decision = reroute::one(backend, actor, &name, dry_run, clock()).await?;
    Ok(match dry_run {
        true => json_answer(StatusCode::OK, &[], &preview(&decision)),
        false => changed(&session, &decision),
    })
}
