//! The ladder of a stage: which rungs are due, who is told, and what they change.
//!
//! Moments count from the deadline in the working time of the division that has the order, so a hold moves them with it.
//! A rung whose moment is outside of working hours waits for the next working instant.

use super::change::Change;
use crate::calendar::Calendar;
use crate::division::DivisionReference;
use crate::effect::EffectKind;
use crate::escalation::Jeopardy;
use crate::event::EventType;
use crate::order::Order;
use crate::scenario::{Receiver, Rung, RungChange, RungMoment, Scenario, Stage, default_ladder};
use crate::time::Instant;
use serde_json::{Value, json};

/// From when on little is left: the danger is critical.
const CRITICAL_PERCENT: i64 = 90;

/// A rung that has not fired as often as it may, with the instant at which it does.
struct Next<'a> {
    rung: &'a Rung,
    at: Instant,
    offset_ms: i64,
}

/// The rungs that are still to come, those before the deadline first.
fn to_come<'a>(order: &Order, stage: &'a Stage, calendar: &Calendar) -> Vec<Next<'a>> {
    let (Some(due), Some(minutes)) = (order.stage.due_at, stage.deadline_minutes) else {
        return Vec::new();
    };
    if order.is_closed() || order.escalation.answered.is_some() {
        return Vec::new();
    }
    let total = minutes.saturating_mul(60_000);
    let next = |rung: &'a Rung| {
        let offset_ms = rung.offset_ms(total);
        let at = match order.escalation.fired(&rung.code) {
            // Of a stage that was entered before there were ladders only the deadline was told.
            None if order.escalated && offset_ms <= 0 => return None,
            None => calendar.plus_working_ms(due, offset_ms),
            Some(fired) if fired.times < rung.times_max() => {
                calendar.plus_working_minutes(fired.at, rung.repeat_every_minutes?)
            }
            Some(_) => return None,
        };
        Some(Next { rung, at: calendar.next_working_instant(at), offset_ms })
    };
    let mut rungs: Vec<Next<'a>> = ladder_of(stage).iter().filter_map(next).collect();
    rungs.sort_by_key(|next| (next.offset_ms, next.at));
    rungs
}

fn ladder_of(stage: &Stage) -> &[Rung] {
    if stage.ladder.is_empty() { default_ladder() } else { &stage.ladder }
}

/// When the next rung of the order's stage in this scenario fires: what the tick finds the order by.
pub(super) fn next_rung_at(change: &Change<'_>, scenario: &Scenario) -> Option<Instant> {
    let stage = scenario.stage(&change.order.stage.code)?;
    let calendar = change.calendar();
    let first = to_come(&change.order, stage, calendar).iter().map(|next| next.at).min()?;
    let now = change.context.now;
    // What is due already is due at once, but not before somebody is at work.
    Some(if first <= now { calendar.next_working_instant(now) } else { first })
}

/// Fires the rungs that are due. Several may be, when nobody looked for a while: then those before the deadline that a
/// later one has overtaken are only counted, because a warning of what has happened helps nobody.
pub(super) fn climb(change: &mut Change<'_>) {
    let now = change.context.now;
    let scenario = change.context.scenario;
    let Some(stage) = scenario.stage(&change.order.stage.code) else { return };
    let calendar = change.calendar();
    let mut due = to_come(&change.order, stage, calendar);
    due.retain(|next| next.at <= now);
    if due.is_empty() || !calendar.is_working(now) {
        // The calendar was changed, or the tick comes after hours: the next look is planned anew.
        if change.order.escalation.next_rung_at.is_some_and(|at| at <= now) {
            let summary = "The next notice waits for working hours.".to_owned();
            change.record(EventType::EscalationPostponed, summary, None, Value::Null);
        }
        return;
    }
    let last = due.len() - 1;
    let mut overtaken = Vec::new();
    for (place, Next { rung, .. }) in due.into_iter().enumerate() {
        change.order.escalation.count(&rung.code, now);
        if place < last && rung.is_before_the_deadline() && rung.change.is_none() {
            overtaken.push(rung.code.as_str());
        } else {
            fire(change, stage, rung, std::mem::take(&mut overtaken));
        }
    }
}

fn fire(change: &mut Change<'_>, stage: &Stage, rung: &Rung, overtaken: Vec<&str>) {
    let due = change.order.stage.due_at;
    let times = change.order.escalation.fired(&rung.code).map_or(1, |fired| fired.times);
    let receivers = receivers(change, rung);
    let names: Vec<&str> = receivers.iter().map(|(_, _, name)| name.as_str()).collect();
    let are = if names.len() == 1 { "is" } else { "are" };
    let told = format!("{} {are} told.", names.join(" and "));
    let name = &change.order.stage.name;
    let (event_type, jeopardy, summary) = match rung.at {
        RungMoment::Percent(percent) if percent < 100 => {
            let jeopardy =
                if percent < CRITICAL_PERCENT { Jeopardy::AtRisk } else { Jeopardy::Critical };
            let summary = format!("{percent} % of the time for {name} has passed; {told}");
            (EventType::DeadlineAtRisk, jeopardy, summary)
        }
        _ => {
            let due = due.map(|due| due.to_string()).unwrap_or_default();
            let is_first = rung.is_the_deadline() && times == 1;
            let event_type = match is_first {
                true => EventType::DeadlineMissed,
                false => EventType::EscalationRaised,
            };
            let summary = format!("{name} should have been left by {due}; {told}");
            (event_type, Jeopardy::Breached, summary)
        }
    };
    change.order.jeopardy = change.order.jeopardy.max(jeopardy);
    change.order.escalated |= event_type == EventType::DeadlineMissed;
    let receivers: Vec<Value> = receivers
        .iter()
        .map(|(to, code, name)| json!({ "to": to, "code": code, "name": name }))
        .collect();
    let mut payload = json!({
        "stage": stage.code,
        "dueAt": due,
        "division": change.order.division.code,
        "rung": rung.code,
        "time": times,
        "receivers": receivers,
    });
    if !overtaken.is_empty() {
        payload["overtaken"] = json!(overtaken);
    }
    if let Some(changes) = &rung.change {
        payload["change"] = json!(changes);
    }
    change.request(EffectKind::Escalate, event_type, summary, payload);
    if let Some(changes) = &rung.change {
        apply(change, changes);
    }
}

/// Who is told: as what, the code of a division, and a name; a person has no code. Nobody has the order, or there is no
/// division above: then its division is told. Nobody is named as head: then the division.
fn receivers(change: &Change<'_>, rung: &Rung) -> Vec<(&'static str, Option<String>, String)> {
    let order = &change.order;
    let person = |to: &Receiver, name: String| (to.word(), None, name);
    let division = |to: &Receiver, division: &DivisionReference| {
        (to.word(), Some(division.code.clone()), division.name.clone())
    };
    let own = || division(&Receiver::Division, &order.division);
    let parent = || {
        let parent = change.parent_division();
        parent.map_or_else(own, |parent| division(&Receiver::ParentDivision, &parent))
    };
    let head_of = |code: &str| change.context.neighbourhood.find(code)?.head.clone();
    let parent_head = || head_of(&change.parent_division()?.code);
    let mut receivers = Vec::new();
    for to in &rung.tell {
        let receiver = match to {
            Receiver::Assignee => order.assignee.clone().map(|name| person(to, name)),
            Receiver::Division => Some(own()),
            Receiver::ParentDivision => Some(parent()),
            Receiver::DivisionHead => {
                let head = head_of(&order.division.code);
                Some(head.map_or_else(own, |head| person(to, head)))
            }
            Receiver::ParentHead => {
                Some(parent_head().map_or_else(parent, |head| person(to, head)))
            }
            Receiver::Watcher(name) => Some(person(to, name.clone())),
        };
        receivers.extend(receiver.filter(|receiver| !receivers.contains(receiver)));
    }
    if receivers.is_empty() {
        receivers.push(own());
    }
    receivers
}

fn apply(change: &mut Change<'_>, changes: &RungChange) {
    if let Some(priority) = changes.priority {
        change.order.priority = priority;
    }
    if changes.unassign {
        change.order.assignee = None;
    }
    if changes.move_to_parent
        && let Some(parent) = change.parent_division()
    {
        let summary = format!("Goes to {}: the order was escalated.", parent.name);
        let data = json!({ "from": change.order.division.code, "to": parent.code });
        change.order.division = parent;
        change.order.assignee = None;
        change.record(EventType::Routed, summary, None, data);
    }
}
