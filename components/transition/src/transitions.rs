//! `GET` and `POST /api/v1/orders/{order}/transitions`

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use oms_app::change::{self, Expected};
use oms_domain::decide::{Command, Decision};
use oms_domain::input::Faults;
use oms_domain::limits::{CODE_CHARACTERS_MAX, COMMENT_CHARACTERS_MAX};
use oms_web::{
    JsonBody, Parameters, Problem, Session, clock, entity_tag, if_match, json_answer, json_body,
    nudge,
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
    Ok(changed(&decision))
}

/// The changed order; the executors of what it asks for are nudged.
pub fn changed(decision: &Decision) -> Response {
    nudge(decision.effects.iter().map(|effect| effect.kind.executor()));
    let order = &decision.order;
    json_answer(StatusCode::OK, &[(header::ETAG, entity_tag(order.version))], &order.to_api())
}

/// A transition depends on what its caller saw: the version must be named (`*` for whatever is there).
fn required_version(headers: &HeaderMap) -> Result<Expected, Problem> {
    if !headers.contains_key(header::IF_MATCH) {
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if-match-required",
            "If-Match is required",
            "Send If-Match with the ETag of the order that you saw.",
        ));
    }
    Ok(if_match(headers)?.map_or(Expected::Any, Expected::Version))
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
        reader.finish();
        Some(Command::Transition { transition: transition?, fields, comment })
    });
    crate::commands::sound(command, faults)
}

/// What a command would do.
pub fn preview(decision: &Decision) -> Value {
    let order = &decision.order;
    json!({
        "dryRun": true,
        "stage": order.stage,
        "state": order.state,
        "division": order.division,
        "tasks": order.tasks,
        "events": decision.events.iter().map(|event| &event.summary).collect::<Vec<_>>(),
        "effects": decision.effects.iter()
            .map(|effect| json!({ "kind": effect.kind, "payload": effect.payload }))
            .collect::<Vec<_>>(),
    })
}
