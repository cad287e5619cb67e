//! Executes provision and retire effects.

use crate::billing::{self, BillingFailure};
use axum::response::Response;
use http::StatusCode;
use oms_app::change::Along;
use oms_app::effects::{self, Execution, Executor};
use oms_app::ports::ClaimedEffect;
use oms_domain::decide::Command;
use oms_domain::effect::EffectKind;
use oms_domain::order::Order;
use oms_domain::provisioning;
use oms_domain::time::Instant;
use oms_web::{Problem, backend, clock, json_answer, nudge};
use serde_json::json;

struct Provisioner;

impl Executor for Provisioner {
    async fn execute(&self, effect: &ClaimedEffect, order: &Order, _now: Instant) -> Execution {
        let outcome = match effect.kind {
            EffectKind::Provision => provision(effect, order).await,
            EffectKind::Retire => retire(effect, order).await,
            EffectKind::Draw | EffectKind::Escalate => {
                return Execution::Refused("another component executes this kind".to_owned());
            }
        };
        match outcome {
            Ok(command) => Execution::Done { command: Box::new(command), along: Along::default() },
            Err(BillingFailure::Later(error)) => Execution::Later(error),
            Err(BillingFailure::Refused(error)) => Execution::Refused(error),
        }
    }
}

/// Parents before children; whatever exists already is found again under its key.
async fn provision(effect: &ClaimedEffect, order: &Order) -> Result<Command, BillingFailure> {
    let mut objects = Vec::new();
    for planned in provisioning::plan(order) {
        objects.push(billing::ensure(&planned, &effect.id).await?);
    }
    Ok(Command::Provisioned { objects })
}

async fn retire(effect: &ClaimedEffect, order: &Order) -> Result<Command, BillingFailure> {
    // An amendment names what is no longer needed; else all that is the order's own goes.
    let named: Option<Vec<&str>> = effect.payload["keys"]
        .as_array()
        .map(|keys| keys.iter().filter_map(|key| key.as_str()).collect());
    let mut keys = Vec::new();
    for object in provisioning::retirement(order) {
        if named.as_ref().is_some_and(|named| !named.contains(&object.key.as_str())) {
            continue;
        }
        billing::retire(&object, &effect.id).await?;
        keys.push(object.key);
    }
    Ok(Command::Retired { keys })
}

/// `POST /internal/work`: a nudge, or the tick.
pub async fn work() -> Result<Response, Problem> {
    let backend = backend().await?;
    let kinds = [EffectKind::Provision, EffectKind::Retire];
    let (tally, next) = effects::run(&backend, &Provisioner, &kinds, clock).await?;
    nudge(next);
    let answer =
        json!({ "done": tally.done, "postponed": tally.postponed, "fallout": tally.fallout });
    Ok(json_answer(StatusCode::OK, &[], &answer))
}
