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
use oms_domain::provisioning::{self, BillingObject, BillingStatus, ObjectName};
use oms_domain::time::Instant;
use oms_web::{Problem, backend, clock, json_answer, nudge};
use serde_json::json;

struct Provisioner;

impl Executor for Provisioner {
    async fn execute(&self, effect: &ClaimedEffect, order: &Order, _now: Instant) -> Execution {
        if provisioning::is_outdated(order, &effect.payload) {
            let command = Box::new(Command::EffectOutdated { effect: effect.id.clone() });
            return Execution::Done { command, along: Along::default() };
        }
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

/// Parents before children; whatever exists already is found again under its key. Then what the order ends is retired.
async fn provision(effect: &ClaimedEffect, order: &Order) -> Result<Command, BillingFailure> {
    let mut objects = Vec::new();
    // For an order that was cancelled nothing more is made; what a failed attempt has made is retired after this.
    if provisioning::is_taken_back(order) {
        return Ok(Command::Provisioned { objects });
    }
    refuse_unnamed(order)?;
    for mut planned in provisioning::plan(order) {
        if provisioning::is_foreign(order, planned.kind, &planned.key) {
            let found = billing::find(planned.kind, &planned.key).await?;
            planned = provisioning::overlaid(planned, found).map_err(BillingFailure::Refused)?;
        }
        objects.push(billing::ensure(&planned, &effect.id).await?);
    }
    for name in provisioning::removal(order) {
        objects.extend(retire_one(&name, effect, order).await?);
    }
    Ok(Command::Provisioned { objects })
}

async fn retire(effect: &ClaimedEffect, order: &Order) -> Result<Command, BillingFailure> {
    // An amendment names what is no longer needed; else all that is the order's to retire goes.
    let named = provisioning::named_obsolete(order, &effect.payload).map_err(|error| {
        BillingFailure::Refused(format!("what it names can't be read: {error}"))
    })?;
    let is_partial = named.is_some();
    if !is_partial && !provisioning::is_taken_back(order) {
        refuse_unnamed(order)?;
    }
    let mut objects = Vec::new();
    for name in named.unwrap_or_else(|| provisioning::retirement(order)) {
        objects.extend(retire_one(&name, effect, order).await?);
    }
    Ok(Command::Retired { objects, is_partial })
}

/// Retires an object. One that the order does not know is looked for first, so that it learns of it; None: there is none.
async fn retire_one(
    name: &ObjectName,
    effect: &ClaimedEffect,
    order: &Order,
) -> Result<Option<BillingObject>, BillingFailure> {
    let object = match provisioning::known(order, name) {
        Some(known) => known.clone(),
        None => match billing::find(name.kind, &name.key).await? {
            Some(found) => found.object,
            None => {
                let missing = provisioning::missing(order, name);
                return missing.map_or(Ok(None), |error| Err(BillingFailure::Refused(error)));
            }
        },
    };
    if object.status != BillingStatus::Retired {
        billing::retire(&object, &effect.id).await?;
    }
    Ok(Some(BillingObject { status: BillingStatus::Retired, ..object }))
}

/// What an order changes or ends must be named, or it would be done without anything having happened.
fn refuse_unnamed(order: &Order) -> Result<(), BillingFailure> {
    provisioning::unnamed(order).map_or(Ok(()), |error| Err(BillingFailure::Refused(error)))
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
