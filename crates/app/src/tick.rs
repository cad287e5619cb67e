//! The tick: what time does to orders. Safe to run on all replicas at once, because every change is saved on the
//! version that it was decided on.

use crate::AppError;
use crate::change::{Along, Expected, change_along};
use crate::outlook::{StageTimes, measure};
use crate::ports::{Cursor, Effects, OrderReference, Orders, StoreError};
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
    /// Orders that could not be looked at, and why. They stay as they are, and the next tick tries them again.
    pub failures: Vec<Failure>,
    /// Components that have effects to execute.
    pub executors: Vec<&'static str>,
}

/// An order that the tick could do nothing with: its scenario is not known, say, or what is stored of it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub order_id: String,
    pub error: String,
}

pub async fn tick<P: Orders + Effects + StageTimes>(
    ports: &P,
    now: Instant,
) -> Result<Report, AppError> {
    let mut report = Report::default();
    let actor = Actor::system();
    // Each round goes on behind the one before: what nothing can be done with stays due, and stands in nobody's way.
    let mut after: Option<Cursor> = None;
    for _ in 0..TICK_ROUNDS_MAX {
        let due = ports.due(now, after.as_ref(), TICK_ORDERS_MAX).await?;
        let full = due.len() == TICK_ORDERS_MAX as usize;
        after = due.last().cloned();
        for Cursor { id, .. } in due {
            let reference = OrderReference::Id(id.clone());
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
                Err(AppError::Store(error @ StoreError::Unavailable(_))) => {
                    return Err(error.into());
                }
                Err(error) => {
                    report.failures.push(Failure { order_id: id, error: error.to_string() });
                }
            }
        }
        if !full {
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
