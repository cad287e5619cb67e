//! What time does to an order: holds end, deadlines are missed.

use super::change::Change;
use super::{hold, transition};
use crate::effect::EffectKind;
use crate::event::EventType;
use crate::rejection::Rejection;
use serde_json::json;

/// Looks at the clock. Each missed deadline is told once per stage entered: one event, one effect.
pub(super) fn check(change: &mut Change<'_>) -> Result<(), Rejection> {
    let now = change.context.now;
    if change.order.is_closed() {
        return Ok(());
    }
    if change.order.hold.as_ref().and_then(|hold| hold.until).is_some_and(|until| until <= now) {
        hold::end(change, "The hold has ended.");
        return Ok(());
    }
    let leaves = change.order.leaves_at.is_some_and(|leaves| leaves <= now);
    if leaves && change.order.hold.is_none() {
        return transition::follow_time(change);
    }
    let Some(due) = change.order.stage.due_at.filter(|due| *due <= now && !change.order.escalated)
    else {
        return Ok(());
    };
    change.order.escalated = true;
    let stage = change.order.stage.clone();
    let division = change.order.division.clone();
    let summary =
        format!("{} should have been left by {due}; {} is told.", stage.name, division.name);
    let payload = json!({ "stage": stage.code, "dueAt": due, "division": division.code });
    change.request(EffectKind::Escalate, EventType::DeadlineMissed, summary, payload);
    Ok(())
}

pub(super) fn told(change: &mut Change<'_>, division: &str, email: Option<&str>) {
    let summary = format!("{division} was told of the missed deadline.");
    change.record(
        EventType::Escalated,
        summary,
        None,
        json!({ "division": division, "email": email }),
    );
}
