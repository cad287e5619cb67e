//! What time does to an order: holds end, deadlines come near and are missed, and people are told, rung by rung.

use super::change::Change;
use super::{hold, ladder, require_open, timed};
use crate::escalation::EscalationAnswer;
use crate::event::EventType;
use crate::rejection::Rejection;
use crate::rights::Right;
use serde::Serialize;
use serde_json::json;

/// Somebody who was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// As what: the word of a [`crate::scenario::Receiver`].
    pub to: String,
    /// The name of the person or division.
    pub name: String,
    pub email: Option<String>,
    /// The name of whom they stand in for, who is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands_in_for: Option<String>,
}

/// Looks at the clock.
pub(super) fn check(change: &mut Change<'_>) -> Result<(), Rejection> {
    let now = change.context.now;
    if change.order.is_closed() {
        return Ok(());
    }
    if change.order.hold.as_ref().and_then(|hold| hold.until).is_some_and(|until| until <= now) {
        return hold::end(change, "The hold has ended.");
    }
    let leaves = change.order.leaves_at.is_some_and(|leaves| leaves <= now);
    if leaves && change.order.is_moving() {
        return timed::follow_time(change);
    }
    ladder::climb(change);
    Ok(())
}

/// The executor of an escalation has told people.
pub(super) fn told(change: &mut Change<'_>, rung: Option<&str>, told: &[Told]) {
    let names: Vec<&str> = told.iter().map(|one| one.name.as_str()).collect();
    let were = if names.len() == 1 { "was" } else { "were" };
    let summary = format!("{} {were} told of the deadline.", names.join(" and "));
    change.record(EventType::Escalated, summary, None, json!({ "rung": rung, "told": told }));
}

/// Somebody takes care: no rung of this stage fires any more. Answering again changes nothing.
pub(super) fn answer(change: &mut Change<'_>, comment: String) -> Result<(), Rejection> {
    let actor = change.context.actor;
    let is_assignee = change.order.assignee.as_deref() == Some(actor.name.as_str());
    let stage = change.order.stage.code.clone();
    // That the order is closed is said to whoever could move it before.
    let is_closed = change.order.is_closed();
    let transitions = change.context.scenario.transitions.iter();
    let moves_it = transitions
        .filter(|transition| is_closed || transition.from.contains(&stage))
        .filter_map(|transition| transition.right)
        .any(|right| actor.may(right));
    if !(is_assignee || moves_it || actor.may(Right::OrdersAssign)) {
        return Err(Rejection::RightMissing(Right::OrdersAssign));
    }
    require_open(&change.order)?;
    let escalation = &change.order.escalation;
    if escalation.answered.is_some() {
        return Ok(());
    }
    if escalation.rungs.is_empty() && !change.order.escalated {
        return Err(Rejection::NothingEscalated { stage: change.stage_name() });
    }
    let answer = EscalationAnswer {
        by: actor.name.clone(),
        at: change.context.now,
        comment: comment.clone(),
    };
    change.order.escalation.answered = Some(answer);
    let summary = "The escalation is answered; nobody else is told in this stage.".to_owned();
    change.record(EventType::EscalationAnswered, summary, Some(comment), json!({ "stage": stage }));
    Ok(())
}
