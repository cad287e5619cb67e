//! The answers to a command: the changed order, or what would come of it.

use crate::{Problem, Session, entity_tag, if_match, json_answer, note_read, nudge};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use oms_app::change::Expected;
use oms_app::reads::Reading;
use oms_domain::decide::Decision;
use serde_json::{Value, json};

/// The changed order; the executors of what it asks for are nudged. Whoever gave the command reads it whole, also where it
/// changed nothing and the history has no entry of them.
pub fn changed(session: &Session, decision: &Decision) -> Response {
    nudge(decision.effects.iter().map(|effect| effect.kind.executor()));
    let order = &decision.order;
    note_read(session, &order.id, Reading::Change);
    json_answer(
        StatusCode::OK,
        &[(header::ETAG, entity_tag(order.version))],
        &decision.order_to_api(),
    )
}

/// The command depends on what its caller saw: the version must be named (`*` for whatever is there).
pub fn required_version(headers: &HeaderMap) -> Result<Expected, Problem> {
    if !headers.contains_key(header::IF_MATCH) {
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if-match-required",
            "If-Match is required",
            "Send If-Match with the ETag of what you saw.",
        ));
    }
    Ok(if_match(headers)?.map_or(Expected::Any, Expected::Version))
}

/// What a command would do.
pub fn preview(decision: &Decision) -> Value {
    let order = &decision.order;
    let mut answer = json!({
        "dryRun": true,
        "stage": order.stage,
        "state": order.state,
        "division": order.division,
        "events": decision.events.iter().map(|event| &event.summary).collect::<Vec<_>>(),
        "effects": decision.effects.iter()
            .map(|effect| json!({ "kind": effect.kind, "payload": effect.payload }))
            .collect::<Vec<_>>(),
    });
    if let Some(outlook) = &decision.outlook {
        outlook.add_to(&mut answer);
    }
    answer
}
