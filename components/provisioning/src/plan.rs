//! `GET /api/v1/orders/{order}/provisioning`: what the billing system shall have and shall retire, what
//! it has, and what it waits for.

use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use oms_app::ports::Effects;
use oms_app::read;
use oms_app::reads::Reading;
use oms_domain::limits::PAGE_ENTRIES_MAX;
use oms_domain::provisioning;
use oms_web::{Parameters, Problem, Session, json_answer, note_read};
use serde_json::json;

pub async fn show(
    session: Session,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let order = read::order(&session.backend, &session.actor, &name).await?;
    let effects = session.backend.effects(None, Some(&order.id), None, PAGE_ENTRIES_MAX).await?;
    let work: Vec<_> = effects
        .iter()
        .filter(|effect| effect.kind.executor() == "provisioning")
        .map(|effect| {
            json!({
                "id": effect.id,
                "kind": effect.kind,
                "state": effect.state,
                "attempts": effect.attempts,
                "nextAttemptAt": effect.next_attempt_at,
                "lastError": effect.last_error,
            })
        })
        .collect();
    // Orders that need nothing of the billing system tell nothing of anybody here.
    let planned = provisioning::plan(&order);
    if !planned.is_empty() {
        note_read(&session, &order.id, Reading::Provisioning);
    }
    let plan: Vec<_> = planned
        .into_iter()
        .map(|object| {
            let attributes: serde_json::Map<_, _> =
                object.attributes.into_iter().map(|(name, value)| (name, json!(value))).collect();
            json!({
                "kind": object.kind,
                "key": object.key,
                "parents": object.parents,
                "attributes": attributes,
            })
        })
        .collect();
    let answer = json!({
        "plan": plan,
        "retirement": provisioning::removal(&order),
        "objects": order.billing_objects,
        "work": work,
    });
    Ok(json_answer(StatusCode::OK, &[], &answer))
}
