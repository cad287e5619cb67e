//! Putting an order on hold and taking it off. The deadline stands still meanwhile: what is left of it is kept in working
//! time, and goes on by the calendar of whoever has the order then.

use super::change::Change;
use super::{
    require_not_assessed, require_not_cancelling, require_open, require_right, transition, visits,
};
use crate::event::EventType;
use crate::order::{FUTURE_DATED, Hold, OrderState};
use crate::rejection::Rejection;
use crate::rights::Right;
use crate::scenario::PauseReason;
use crate::time::Instant;
use serde_json::json;

pub(super) fn hold(
    change: &mut Change<'_>,
    reason: String,
    reason_code: Option<String>,
    until: Option<Instant>,
) -> Result<(), Rejection> {
    require_right(change, Right::OrdersHold)?;
    require_open(&change.order)?;
    require_not_cancelling(&change.order)?;
    let deadline_runs = match &reason_code {
        Some(code) => pause_reason(change, code)?.deadline_runs,
        None => false,
    };
    let now = change.context.now;
    if let Some(until) = until.filter(|until| *until <= now) {
        return Err(Rejection::HoldEndsInThePast { until: until.to_string() });
    }
    // Holding again changes the reason and the end; the clock stands still since the first hold.
    let previous = change.order.hold.take();
    if previous.as_ref().is_some_and(|hold| {
        hold.reason == reason && hold.reason_code == reason_code && hold.until == until
    }) {
        change.order.hold = previous;
        return Ok(());
    }
    // What stood still goes on for a moment, and stands still again unless the new reason lets it run.
    if let Some(due) = previous.as_ref().and_then(|hold| goes_on(change, hold)) {
        change.order.stage.due_at = Some(due);
    }
    let stands_still = change.order.stage.due_at.filter(|_| !deadline_runs);
    let calendar = change.calendar();
    let remaining_working_ms = stands_still.map(|due| calendar.working_ms_between(now, due));
    if stands_still.is_some() {
        change.order.stage.due_at = None;
    }
    let since = previous.map_or(now, |hold| hold.since);
    let by = change.context.actor.name.clone();
    let code = reason_code.clone();
    change.order.hold = Some(Hold {
        reason: reason.clone(),
        reason_code,
        since,
        until,
        by,
        remaining_ms: None,
        remaining_working_ms,
    });
    change.order.state = OrderState::Held;
    visits::release(change, "the order is on hold");
    let end = until.map(|until| format!(" until {until}")).unwrap_or_default();
    change.record(
        EventType::Held,
        format!("On hold{end}."),
        Some(reason),
        json!({ "until": until, "reasonCode": code, "deadlineRuns": deadline_runs }),
    );
    Ok(())
}

/// An order for a day to come waits until that day begins where its division is, and its deadline with it. Whoever may take
/// orders off hold can let it start earlier.
pub(super) fn wait_for_start(change: &mut Change<'_>) {
    let now = change.context.now;
    let start = start_of(change).filter(|start| *start > now && change.order.is_open());
    let Some(start) = start else { return };
    let calendar = change.calendar();
    let due = change.order.stage.due_at.take();
    let remaining_working_ms = due.map(|due| calendar.working_ms_between(now, due));
    change.order.hold = Some(Hold {
        reason: String::new(),
        since: now,
        until: None,
        by: change.context.actor.name.clone(),
        reason_code: Some(FUTURE_DATED.to_owned()),
        remaining_ms: None,
        remaining_working_ms,
    });
    change.order.state = OrderState::Held;
    wait_until(change, start);
}

/// When the order is to start, as its division counts days. None: nobody has asked for a day.
fn start_of(change: &Change<'_>) -> Option<Instant> {
    let date = change.order.requested_start_date.as_ref()?.parse().ok()?;
    Some(change.calendar().begin_of(date))
}

fn wait_until(change: &mut Change<'_>, start: Instant) {
    let date = change.order.requested_start_date.clone().unwrap_or_default();
    let Some(hold) = change.order.hold.as_mut() else { return };
    hold.until = Some(start);
    hold.reason = format!("It is to start on {date}.");
    let data = json!({ "until": start, "reasonCode": FUTURE_DATED, "deadlineRuns": false });
    change.record(EventType::Held, format!("Waits for its start on {date}."), None, data);
}

/// The order was amended. While it waits for its start that may be another day now, or in another place with another
/// midnight; the day itself can be amended until it has come, and to one that has not passed where the division is.
pub(super) fn move_start(change: &mut Change<'_>, day_changes: bool) -> Result<(), Rejection> {
    let now = change.context.now;
    let waits = change.order.hold.as_ref().filter(|hold| hold.waits_for_start(now));
    let Some(until) = waits.and_then(|hold| hold.until) else {
        return if day_changes { Err(Rejection::OrderHasStarted) } else { Ok(()) };
    };
    let today = change.calendar().date_of(now).to_string();
    let day = change.order.requested_start_date.clone().filter(|_| day_changes);
    if let Some(date) = day.filter(|date| *date < today) {
        return Err(Rejection::StartDateHasPassed { date, today });
    }
    match start_of(change).filter(|start| *start > now) {
        Some(start) if start == until => {}
        Some(start) => wait_until(change, start),
        None => return end(change, "The order starts."),
    }
    Ok(())
}

fn pause_reason<'a>(change: &Change<'a>, code: &str) -> Result<&'a PauseReason, Rejection> {
    let stage = change.context.scenario.stage(&change.order.stage.code);
    let reasons = stage.map(|stage| stage.pause_reasons.as_slice()).unwrap_or_default();
    reasons.iter().find(|reason| reason.code == code).ok_or_else(|| {
        let known: Vec<&str> = reasons.iter().map(|reason| reason.code.as_str()).collect();
        Rejection::PauseReasonUnknown { reason: code.to_owned(), known: known.join(", ") }
    })
}

pub(super) fn resume(change: &mut Change<'_>) -> Result<(), Rejection> {
    require_right(change, Right::OrdersHold)?;
    require_open(&change.order)?;
    require_not_assessed(&change.order)?;
    if change.order.hold.is_none() {
        return Err(Rejection::OrderIsNotHeld);
    }
    end(change, "Taken off hold.")
}

/// When the stage must be left if its deadline goes on now; None: it did not stand still.
fn goes_on(change: &Change<'_>, hold: &Hold) -> Option<Instant> {
    let now = change.context.now;
    match (hold.remaining_working_ms, hold.remaining_ms) {
        (Some(remaining), _) => Some(change.calendar().plus_working_ms(now, remaining)),
        (None, remaining) => remaining.map(|remaining| now.plus_ms(remaining)),
    }
}

/// Ends the hold; the deadline goes on with what was left of it.
pub(super) fn end(change: &mut Change<'_>, summary: &str) -> Result<(), Rejection> {
    let Some(hold) = change.order.hold.take() else { return Ok(()) };
    change.order.state = change.state_of_stage();
    if let Some(due) = goes_on(change, &hold) {
        change.order.stage.due_at = Some(due);
    }
    let held_for = change.context.now.0 - hold.since.0;
    change.order.leaves_at = change.order.leaves_at.map(|leaves| leaves.plus_ms(held_for));
    change.order.stood_still_ms = change.order.stood_still_ms.map(|before| before + held_for);
    change.record(EventType::Resumed, summary.to_owned(), None, json!({ "since": hold.since }));
    transition::follow_meanwhile(change)
}
