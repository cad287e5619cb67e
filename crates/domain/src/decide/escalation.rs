//! What time does to an order: holds end, deadlines are missed.

use super::change::Change;
use super::hold;
use crate::effect::EffectKind;
use crate::event::EventType;
use serde_json::json;

/// Looks at the clock. Each missed deadline is told once per stage entered: one event, one effect.
pub(super) fn check(change: &mut Change<'_>) {
    let now = change.context.now;
    if change.order.is_closed() {
        return;
    }
    if let Some(hold) = &change.order.hold {
        if hold.until.is_some_and(|until| until <= now) {
            hold::end(change, "The hold has ended.");
        }
        return;
    }
    let Some(due) = change.order.stage.due_at.filter(|due| *due <= now && !change.order.escalated)
    else {
        return;
    };
    change.order.escalated = true;
    let stage = change.order.stage.clone();
    let division = change.order.division.clone();
    let summary =
        format!("{} should have been left by {due}; {} is told.", stage.name, division.name);
    let payload = json!({ "stage": stage.code, "dueAt": due, "division": division.code });
    change.request(EffectKind::Escalate, EventType::DeadlineMissed, summary, payload);
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
