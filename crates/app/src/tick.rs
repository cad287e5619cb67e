//! The tick: what time does to orders. Safe to run on all replicas at once, because every change is saved on the
//! version that it was decided on.

use crate::AppError;
use crate::change::{Along, Expected, change_along};
use crate::outlook::{StageTimes, measure};
use crate::ports::{Effects, OrderReference, Orders};
use oms_domain::decide::Command;
use oms_domain::event::EventType;
use oms_domain::limits::{IDEMPOTENCY_KEPT_MS, TICK_ORDERS_MAX, TICK_ROUNDS_MAX};
use oms_domain::rights::Actor;
use oms_domain::time::Instant;

/// What one tick has done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Missed deadlines found.
    pub deadlines: u32,
    /// Holds that ended.
    pub holds_ended: u32,
    /// Components that have effects to execute.
    pub executors: Vec<&'static str>,
}

pub async fn tick<P: Orders + Effects + StageTimes>(
    ports: &P,
    now: Instant,
) -> Result<Report, AppError> {
    let mut report = Report::default();
    let actor = Actor::system();
    for _ in 0..TICK_ROUNDS_MAX {
        let due = ports.due(now, TICK_ORDERS_MAX).await?;
        let full = due.len() == TICK_ORDERS_MAX as usize;
        let mut changed = 0;
        for id in due {
            let reference = OrderReference::Id(id);
            let check = Command::Check;
            let decision = change_along(
                ports,
                &actor,
                &reference,
                Expected::Any,
                check,
                Along::default(),
                now,
            )
            .await;
            match decision {
                Ok(decision) => {
                    changed += decision.events.len();
                    for event in &decision.events {
                        match event.event_type {
                            EventType::DeadlineMissed => report.deadlines += 1,
                            EventType::Resumed => report.holds_ended += 1,
                            _ => {}
                        }
                    }
                }
                // Another replica is at this order: it will do the same.
                Err(AppError::Busy) => {}
                Err(error) => return Err(error),
            }
        }
        if !full || changed == 0 {
            break;
        }
    }
    let kinds = ports.due_kinds(now).await?;
    report.executors = kinds.into_iter().map(|kind| kind.executor()).collect();
    report.executors.sort_unstable();
    report.executors.dedup();
    ports.forget_idempotency_keys(now.plus_ms(-IDEMPOTENCY_KEPT_MS)).await?;
    measure(ports, now).await?;
    Ok(report)
}
