//! Putting an order on hold and taking it off. The deadline stands still meanwhile.

use super::change::Change;
use super::{require_open, require_right};
use crate::event::EventType;
use crate::order::{Hold, OrderState};
use crate::rejection::Rejection;
use crate::rights::Right;
use crate::time::Instant;
use serde_json::json;

pub(super) fn hold(
    change: &mut Change<'_>,
    reason: String,
    until: Option<Instant>,
) -> Result<(), Rejection> {
    require_open(&change.order)?;
    require_right(change, Right::OrdersHold)?;
    let now = change.context.now;
    if let Some(until) = until.filter(|until| *until <= now) {
        return Err(Rejection::HoldEndsInThePast { until: until.to_string() });
    }
    // Holding again changes the reason and the end; the clock stands still since the first hold.
    let previous = change.order.hold.take();
    if previous.as_ref().is_some_and(|hold| hold.reason == reason && hold.until == until) {
        change.order.hold = previous;
        return Ok(());
    }
    let remaining_ms = match &previous {
        Some(hold) => hold.remaining_ms,
        None => change.order.stage.due_at.map(|due| due.0 - now.0),
    };
    let since = previous.map_or(now, |hold| hold.since);
    let by = change.context.actor.name.clone();
    change.order.hold = Some(Hold { reason: reason.clone(), since, until, by, remaining_ms });
    change.order.stage.due_at = None;
    change.order.state = OrderState::Held;
    let end = until.map(|until| format!(" until {until}")).unwrap_or_default();
    change.record(
        EventType::Held,
        format!("On hold{end}."),
        Some(reason),
        json!({ "until": until }),
    );
    Ok(())
}

pub(super) fn resume(change: &mut Change<'_>) -> Result<(), Rejection> {
    require_right(change, Right::OrdersHold)?;
    require_open(&change.order)?;
    if change.order.hold.is_none() {
        return Err(Rejection::OrderIsNotHeld);
    }
    end(change, "Taken off hold.");
    Ok(())
}

/// Ends the hold; the deadline goes on with what was left of it.
pub(super) fn end(change: &mut Change<'_>, summary: &str) {
    let Some(hold) = change.order.hold.take() else { return };
    let stage = change.context.scenario.stage(&change.order.stage.code);
    change.order.state = stage.map_or(OrderState::InProgress, |stage| stage.state);
    change.order.stage.due_at =
        hold.remaining_ms.map(|remaining| change.context.now.plus_ms(remaining));
    change.record(EventType::Resumed, summary.to_owned(), None, json!({ "since": hold.since }));
}
