//! `GET` and `POST /api/v1/orders/{order}/transitions`

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use oms_app::change;
use oms_domain::decide::{Command, VisitRequest};
use oms_domain::input::Faults;
use oms_domain::limits::{CODE_CHARACTERS_MAX, COMMENT_CHARACTERS_MAX};
use oms_web::{
    JsonBody, Parameters, Problem, Session, changed, clock, entity_tag, json_answer, json_body,
    preview, required_version,
};
use serde_json::{Map, Value, json};

pub async fn list(
    session: Session,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let available = change::available(&session.backend, &session.actor, &name, clock()).await?;
    let (order, transitions) = available;
    let answer = json!({ "stage": order.stage, "state": order.state, "items": transitions });
    Ok(json_answer(StatusCode::OK, &[(header::ETAG, entity_tag(order.version))], &answer))
}

pub async fn make(
    session: Session,
    Path(name): Path<String>,
    mut parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let dry_run = parameters.flag("dryRun");
    parameters.finish()?;
    let expected = required_version(&headers)?;
    let command = read_transition(&json_body(&headers, body).await?)?;
    let (backend, actor) = (&session.backend, &session.actor);
    if dry_run {
        let decision = change::dry_run(backend, actor, &name, expected, command, clock()).await?;
        return Ok(json_answer(StatusCode::OK, &[], &preview(&decision)));
    }
    let decision = change::change(backend, actor, &name, expected, command, clock()).await?;
    Ok(changed(&session, &decision))
}

fn read_transition(body: &JsonBody) -> Result<Command, Problem> {
    let faults = Faults::default();
    let command = faults.document(&body.value).and_then(|reader| {
        let transition = reader.required_text("transition", CODE_CHARACTERS_MAX);
        let fields = match reader.value("fields") {
            None => Map::new(),
            Some(Value::Object(fields)) => fields.clone(),
            Some(_) => {
                reader.fault("fields", "wrong-type", "fields must be an object.");
                Map::new()
            }
        };
        let comment = reader.lines("comment", COMMENT_CHARACTERS_MAX);
        let slot = reader.object("slot").and_then(|slot| {
            let asked = crate::commands::read_slot(&slot);
            slot.finish();
            asked
        });
        let is_override = reader.boolean("override").unwrap_or(false);
        reader.finish();
        let visit = VisitRequest { slot, is_override, rivals: 0 };
        Some(Command::Transition { transition: transition?, fields, comment, visit })
    });
    crate::commands::sound(command, faults)
}
