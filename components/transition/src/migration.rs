//! `POST /api/v1/scenarios/{code}/versions/{version}/migration`

use crate::scenarios::number;
use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use oms_app::AppError;
use oms_app::migration::{self, Moved, Request, Staying};
use oms_app::ports::Cursor;
use oms_app::scoped::require_everywhere;
use oms_domain::input::{Faults, ObjectReader};
use oms_domain::limits::{CODE_CHARACTERS_MAX, MIGRATION_ORDERS_MAX, MIGRATION_STAGES_MAX};
use oms_domain::order::ScenarioReference;
use oms_domain::rights::Right;
use oms_web::{Parameters, Problem, Session, clock, encode_cursor, json_answer, json_body};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub async fn migrate(
    session: Session,
    Path((code, version)): Path<(String, String)>,
    mut parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let limit = parameters.number("limit", MIGRATION_ORDERS_MAX, (1, MIGRATION_ORDERS_MAX));
    let after = parameters.cursor();
    parameters.finish()?;
    require_everywhere(&session.actor, Right::ScenariosWrite)?;
    let to = ScenarioReference { version: number(&code, &version)?, code };
    let body = json_body(&headers, body).await?;
    let faults = Faults::default();
    let request = faults.document(&body.value).and_then(|reader| {
        let request = read(&reader, to, after, limit);
        reader.finish();
        request
    });
    let request = match request {
        Some(request) if faults.is_empty() => request,
        _ => return Err(AppError::Invalid(faults.into_vec()).into()),
    };
    let (backend, actor) = (&session.backend, &session.actor);
    let report = migration::migrate(backend, actor, &request, clock()).await?;
    let answer = json!({
        "dryRun": request.dry_run,
        "moved": report.moved.iter().map(moved).collect::<Vec<_>>(),
        "stay": report.stay.iter().map(staying).collect::<Vec<_>>(),
        "nextCursor": report.next.as_ref().map(encode_cursor),
    });
    Ok(json_answer(StatusCode::OK, &[], &answer))
}

fn read(
    reader: &ObjectReader<'_>,
    to: ScenarioReference,
    after: Option<Cursor>,
    limit: u32,
) -> Option<Request> {
    let from_code = reader.text("fromCode", CODE_CHARACTERS_MAX).unwrap_or(to.code.clone());
    let from_versions = versions(reader);
    let stages = stages(reader);
    if reader.value("dryRun").is_none() {
        reader.required("dryRun");
    }
    let dry_run = reader.boolean("dryRun")?;
    let from_versions = from_versions?;
    Some(Request { to, from_code, from_versions, stages, dry_run, after, limit })
}

/// `all`, or a list of numbers.
fn versions(reader: &ObjectReader<'_>) -> Option<Option<Vec<u32>>> {
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    match reader.value("from") {
        None => {
            reader.required("from");
            None
        }
        Some(Value::String(word)) if word == "all" => Some(None),
        Some(Value::Array(entries)) if entries.iter().all(|entry| number(entry).is_some()) => {
            Some(Some(entries.iter().filter_map(number).collect()))
        }
        Some(_) => {
            let message = "from must be \"all\" or a list of numbers of versions.";
            reader.fault("from", "wrong-type", message);
            None
        }
    }
}

fn stages(reader: &ObjectReader<'_>) -> BTreeMap<String, String> {
    let Some(value) = reader.value("stages") else { return BTreeMap::new() };
    let entries = value.as_object().map(|object| {
        object.iter().map(|(from, to)| Some((from.clone(), to.as_str()?.to_owned())))
    });
    match entries.and_then(Iterator::collect::<Option<BTreeMap<String, String>>>) {
        Some(stages) if stages.len() <= MIGRATION_STAGES_MAX => stages,
        Some(_) => {
            let message = format!("stages has at most {MIGRATION_STAGES_MAX} entries.");
            reader.fault("stages", "too-many", message);
            BTreeMap::new()
        }
        None => {
            let message = "stages must be an object of codes: {\"old stage\": \"new stage\"}.";
            reader.fault("stages", "wrong-type", message);
            BTreeMap::new()
        }
    }
}

fn moved(moved: &Moved) -> Value {
    json!({
        "id": moved.id,
        "number": moved.number,
        "from": moved.from,
        "to": moved.to,
        "losses": moved.losses,
    })
}

fn staying(staying: &Staying) -> Value {
    json!({
        "id": staying.id,
        "number": staying.number,
        "stage": staying.stage,
        "code": staying.code,
        "message": staying.messages.en,
        "messages": staying.messages,
    })
}
