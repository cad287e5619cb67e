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
        if provisioning::is_outdated(order, &effect.id, &effect.payload) {
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

/// Parents before children; whatever exists already is found again under its key. Then what the order ends is retired. What a
/// person may have to look at is looked up before anything is done: an order is done as a whole, or waits as a whole.
async fn provision(effect: &ClaimedEffect, order: &Order) -> Result<Command, BillingFailure> {
    // For an order that was cancelled nothing more is made; what a failed attempt has made is retired after this.
    if provisioning::is_taken_back(order) {
        return Ok(Command::Provisioned { objects: Vec::new() });
    }
    refuse_unnamed(order)?;
    let mut wanted = Vec::new();
    for mut planned in provisioning::plan(order) {
        if provisioning::is_foreign(order, planned.kind, &planned.key) {
            let found = billing::find(planned.kind, &planned.key).await?;
            planned = provisioning::overlaid(planned, found).map_err(BillingFailure::Refused)?;
        }
        wanted.push(planned);
    }
    let ended = looked_up(provisioning::removal(order), order).await?;
    let mut objects = Vec::new();
    for planned in wanted {
        objects.push(billing::ensure(&planned, &effect.id).await?);
    }
    objects.extend(retired(ended, effect).await?);
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
    let names = named.unwrap_or_else(|| provisioning::retirement(order));
    let objects = retired(looked_up(names, order).await?, effect).await?;
    Ok(Command::Retired { objects, is_partial })
}

/// The objects of these names that there are. Those that the order does not know are looked for, so that it learns of them.
async fn looked_up(
    names: Vec<ObjectName>,
    order: &Order,
) -> Result<Vec<BillingObject>, BillingFailure> {
    let mut objects = Vec::new();
    for name in names {
        if let Some(known) = provisioning::known(order, &name) {
            objects.push(known.clone());
            continue;
        }
        match billing::find(name.kind, &name.key).await? {
            Some(found) => objects.push(found.object),
            None => provisioning::missing(order, &name)
                .map_or(Ok(()), |error| Err(BillingFailure::Refused(error)))?,
        }
    }
    Ok(objects)
}

/// Retires the objects, but for those that are retired already.
async fn retired(
    objects: Vec<BillingObject>,
    effect: &ClaimedEffect,
) -> Result<Vec<BillingObject>, BillingFailure> {
    let mut retired = Vec::new();
    for object in objects {
        if object.status != BillingStatus::Retired {
            billing::retire(&object, &effect.id).await?;
        }
        retired.push(BillingObject { status: BillingStatus::Retired, ..object });
    }
    Ok(retired)
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
