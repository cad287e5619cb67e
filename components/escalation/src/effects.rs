//! `GET /api/v1/effects` and what a person does with fallout.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use oms_app::AppError;
use oms_app::effects::{Intervention, intervene};
use oms_app::ports::{EffectRecord, Effects};
use oms_app::read::order_for;
use oms_app::scoped::require_everywhere;
use oms_domain::effect::EffectState;
use oms_domain::input::Faults;
use oms_domain::limits::COMMENT_CHARACTERS_MAX;
use oms_domain::rights::Right;
use oms_web::{Parameters, Problem, Session, clock, json_answer, json_body, nudge, require_right};
use serde_json::{Value, json};

pub async fn list(session: Session, mut parameters: Parameters) -> Result<Response, Problem> {
    let state = parameters.choice("state", EffectState::WORDS);
    let order = parameters.text("order");
    let limit = parameters.limit();
    let after = parameters.cursor();
    parameters.finish()?;
    let (backend, actor) = (&session.backend, &session.actor);
    require_right(actor, Right::EffectsRead)?;
    let order_id = match order {
        None => {
            require_everywhere(actor, Right::EffectsRead).map_err(Problem::from)?;
            None
        }
        Some(name) => Some(order_for(backend, actor, &name, Right::EffectsRead).await?.id),
    };
    let after = after.map(|cursor| cursor.id);
    let mut effects =
        session.backend.effects(state, order_id.as_deref(), after.as_deref(), limit + 1).await?;
    let more = effects.len() > limit as usize;
    effects.truncate(limit as usize);
    let next = effects.last().filter(|_| more).map(|effect| {
        oms_web::encode_cursor(&oms_app::ports::Cursor { value: 0, id: effect.id.clone() })
    });
    let items: Vec<Value> = effects.iter().map(to_api).collect();
    Ok(json_answer(StatusCode::OK, &[], &json!({ "items": items, "nextCursor": next })))
}

pub async fn retry(
    session: Session,
    Path(id): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    apply(session, &id, Intervention::Retry, headers, body).await
}

pub async fn complete(
    session: Session,
    Path(id): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    apply(session, &id, Intervention::Complete, headers, body).await
}

pub async fn give_up(
    session: Session,
    Path(id): Path<String>,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    apply(session, &id, Intervention::GiveUp, headers, body).await
}

async fn apply(
    session: Session,
    id: &str,
    intervention: Intervention,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = json_body(&headers, body).await?;
    let faults = Faults::default();
    let reason = faults.document(&body.value).and_then(|reader| {
        let reason = reader.required_text("reason", COMMENT_CHARACTERS_MAX);
        reader.finish();
        reason
    });
    let reason = match reason {
        Some(reason) if faults.is_empty() => reason,
        _ => return Err(AppError::Invalid(faults.into_vec()).into()),
    };
    let (record, nudges) =
        intervene(&session.backend, &session.actor, id, intervention, reason, clock()).await?;
    nudge(nudges);
    Ok(json_answer(StatusCode::OK, &[], &to_api(&record)))
}

fn to_api(effect: &EffectRecord) -> Value {
    json!({
        "id": effect.id,
        "order": { "id": effect.order_id, "number": effect.order_number },
        "kind": effect.kind,
        "state": effect.state,
        "payload": effect.payload,
        "attempts": effect.attempts,
        "nextAttemptAt": effect.next_attempt_at,
        "lastError": effect.last_error,
        "createdAt": effect.created_at,
        "settledAt": effect.settled_at,
    })
}
