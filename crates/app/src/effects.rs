//! Effects are executed: claimed under a lease, acted on, and recorded with what they did to the order.

use crate::AppError;
use crate::change::{Along, Expected, change_along};
use crate::ports::{ClaimedEffect, EffectRecord, Effects, OrderReference, Orders, Settlement};
use crate::read::require;
use crate::scoped::Scoped;
use oms_domain::decide::Command;
use oms_domain::effect::{EffectKind, EffectState, retry_delay_ms};
use oms_domain::limits::{EFFECT_ATTEMPTS_MAX, EFFECT_LEASE_MS, EFFECTS_CLAIMED_MAX};
use oms_domain::order::Order;
use oms_domain::rejection::Rejection;
use oms_domain::rights::{Actor, Right};
use oms_domain::time::Instant;
use std::future::Future;
use uuid::Uuid;

/// What an execution came to.
#[derive(Debug, Clone)]
pub enum Execution {
    /// Done: this is what the order learns.
    Done { command: Box<Command>, along: Along },
    /// Not now; the text says why.
    Later(String),
    /// Never, without a person.
    Refused(String),
}

/// Executes effects of some kinds. Doing one twice must do no harm: the lease of a slow executor may end while it works.
pub trait Executor: Sync {
    fn execute(
        &self,
        effect: &ClaimedEffect,
        order: &Order,
        now: Instant,
    ) -> impl Future<Output = Execution> + Send;
}

/// How many effects ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub done: u32,
    pub postponed: u32,
    pub fallout: u32,
}

impl Tally {
    pub fn claimed(self) -> u32 {
        self.done + self.postponed + self.fallout
    }
}

/// Claims what is due and executes it, one after the other, until nothing is left or a batch is done.
pub async fn run<P: Orders + Effects, E: Executor>(
    ports: &P,
    executor: &E,
    kinds: &[EffectKind],
    clock: impl Fn() -> Instant + Send + Sync,
) -> Result<(Tally, Vec<&'static str>), AppError> {
    let lease = Uuid::now_v7().to_string();
    let claimed = ports.claim(kinds, &lease, clock(), EFFECTS_CLAIMED_MAX).await?;
    let mut tally = Tally::default();
    let mut next_executors = Vec::new();
    let given_back = clock().plus_ms(EFFECT_LEASE_MS / 2);
    for (index, effect) in claimed.iter().enumerate() {
        // A slow outside (a billing system that hangs) must not outlast the lease: others would do the rest meanwhile.
        if clock() >= given_back {
            let rest: Vec<&str> =
                claimed[index..].iter().map(|effect| effect.id.as_str()).collect();
            ports.release(&rest, &lease, clock()).await?;
            break;
        }
        let reference = OrderReference::Id(effect.order_id.clone());
        let Some(order) = ports.find(&reference).await? else { continue };
        match executor.execute(effect, &order, clock()).await {
            Execution::Done { command, mut along } => {
                along.settlement = Some(settlement(effect, EffectState::Done, None));
                let actor = Actor::system();
                let now = clock();
                let changed =
                    change_along(ports, &actor, &reference, Expected::Any, *command, along, now)
                        .await;
                match changed {
                    Ok(decision) => {
                        tally.done += 1;
                        next_executors
                            .extend(decision.effects.iter().map(|effect| effect.kind.executor()));
                    }
                    // The lease was lost or the order is busy: whoever holds the effect now repeats it.
                    Err(AppError::Busy) => tally.postponed += 1,
                    Err(AppError::Rejected(rejection)) => {
                        fallout(ports, effect, rejection.to_string(), clock()).await?;
                        tally.fallout += 1;
                    }
                    Err(error) => return Err(error),
                }
            }
            Execution::Later(error) if effect.attempts < EFFECT_ATTEMPTS_MAX => {
                let delay = retry_delay_ms(effect.attempts, Uuid::now_v7().as_u64_pair().1);
                ports.postpone(&effect.id, &effect.lease, &error, clock().plus_ms(delay)).await?;
                tally.postponed += 1;
            }
            Execution::Later(error) | Execution::Refused(error) => {
                fallout(ports, effect, error, clock()).await?;
                tally.fallout += 1;
            }
        }
    }
    next_executors.sort_unstable();
    next_executors.dedup();
    Ok((tally, next_executors))
}

async fn fallout<P: Orders>(
    ports: &P,
    effect: &ClaimedEffect,
    error: String,
    now: Instant,
) -> Result<(), AppError> {
    let command = Command::EffectFailed {
        effect: effect.id.clone(),
        kind: effect.kind.code().to_owned(),
        error: error.clone(),
    };
    let settlement = settlement(effect, EffectState::Fallout, Some(error));
    let along = Along { settlement: Some(settlement), ..Along::default() };
    let reference = OrderReference::Id(effect.order_id.clone());
    let actor = Actor::system();
    match change_along(ports, &actor, &reference, Expected::Any, command, along, now).await {
        Ok(_) | Err(AppError::Busy) => Ok(()),
        Err(error) => Err(error),
    }
}

fn settlement(effect: &ClaimedEffect, state: EffectState, error: Option<String>) -> Settlement {
    Settlement { effect: effect.id.clone(), lease: Some(effect.lease.clone()), state, error }
}

/// What a person does with fallout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intervention {
    Retry,
    Complete,
    GiveUp,
}

/// A person repeats, completes or gives up an effect that failed for good. Answers the components to nudge. An effect of an
/// order that the caller does not see is not found.
pub async fn intervene<P: Orders + Effects + Scoped>(
    ports: &P,
    actor: &Actor,
    id: &str,
    intervention: Intervention,
    reason: String,
    now: Instant,
) -> Result<(EffectRecord, Vec<&'static str>), AppError> {
    require(actor, Right::EffectsManage)?;
    let not_found = || AppError::NotFound { what: format!("Effect {id:?}") };
    let record = ports.effect(id).await?.ok_or_else(not_found)?;
    let reference = OrderReference::Id(record.order_id.clone());
    let (_, places) = ports.locate(&reference).await?.ok_or_else(not_found)?;
    let insider = places.insider(actor).ok_or_else(not_found)?;
    require(&insider, Right::EffectsManage)?;
    if record.state != EffectState::Fallout {
        return Err(Rejection::EffectNotInFallout { state: record.state.code() }.into());
    }
    let effect = record.id.clone();
    let (command, state) = match intervention {
        Intervention::Retry => (Command::RetryEffect { effect, reason }, EffectState::Waiting),
        Intervention::Complete => {
            let (kind, payload) = (record.kind, record.payload.clone());
            (Command::CompleteEffect { effect, kind, payload, reason }, EffectState::Done)
        }
        Intervention::GiveUp => (Command::GiveUpEffect { effect, reason }, EffectState::Failed),
    };
    let settlement = Settlement { effect: record.id.clone(), lease: None, state, error: None };
    let along = Along { settlement: Some(settlement), ..Along::default() };
    let decision =
        change_along(ports, actor, &reference, Expected::Any, command, along, now).await?;
    let mut nudges: Vec<&'static str> =
        decision.effects.iter().map(|effect| effect.kind.executor()).collect();
    if intervention == Intervention::Retry {
        nudges.push(record.kind.executor());
    }
    let record = ports.effect(id).await?.ok_or_else(not_found)?;
    Ok((record, nudges))
}
