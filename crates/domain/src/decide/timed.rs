//! Transitions that the product makes when an order has been in its stage for so many minutes. Time in which the order stands
//! still does not count.

use super::change::Change;
use super::transition::{apply, passes_guards};
use crate::event::EventType;
use crate::order::Order;
use crate::rejection::Rejection;
use crate::scenario::Scenario;
use crate::time::Instant;
use serde_json::{Map, Value};

/// After how many minutes an order leaves the stage by itself, by each such transition.
fn minutes<'a>(scenario: &'a Scenario, stage: &'a str) -> impl Iterator<Item = i64> + 'a {
    scenario.transitions_from(stage).filter_map(|transition| transition.automatic_after_minutes)
}

/// After how many minutes it does so first.
pub(super) fn first_minutes(scenario: &Scenario, stage: &str) -> Option<i64> {
    minutes(scenario, stage).min()
}

/// For how many milliseconds the order has stood still in its stage, without a hold that has not ended. Until the first time
/// was refused the moment at which the order leaves tells it.
pub(super) fn stood_still_ms(order: &Order, scenario: &Scenario) -> i64 {
    let first = first_minutes(scenario, &order.stage.code);
    let planned = first.map(|minutes| order.stage.entered_at.plus_minutes(minutes));
    match (order.stood_still_ms, order.leaves_at, planned) {
        (Some(stood_still), ..) => stood_still,
        (None, Some(leaves), Some(planned)) => leaves.0 - planned.0,
        (None, ..) => 0,
    }
}

/// For how many milliseconds the order has been in its stage without standing still.
fn waited_ms(change: &Change<'_>) -> i64 {
    let order = &change.order;
    let until = clock(change);
    until.0 - order.stage.entered_at.0 - stood_still_ms(order, change.context.scenario)
}

/// Now, or when the order began to stand still: the end of a hold puts off what is due by as long as it lasted.
fn clock(change: &Change<'_>) -> Instant {
    change.order.hold.as_ref().map_or(change.context.now, |hold| hold.since)
}

/// What a rule forbade when its time came may be allowed now: it is looked at again.
pub(super) fn reconsider_time(change: &mut Change<'_>) {
    let scenario = change.context.scenario;
    let waited = waited_ms(change);
    let is_due =
        minutes(scenario, &change.order.stage.code).any(|minutes| minutes * 60_000 <= waited);
    if change.order.is_closed() || !is_due {
        return;
    }
    let at = clock(change);
    let stood_still = stood_still_ms(&change.order, scenario);
    let order = &mut change.order;
    order.stood_still_ms = Some(stood_still);
    order.leaves_at = Some(order.leaves_at.map_or(at, |leaves| leaves.min(at)));
}

/// Takes the transition whose time has come. What its guards refuse is left to people, who learn of it by the history and
/// the deadline: it is not tried with every tick. Another one, whose time is yet to come, is tried then.
pub(super) fn follow_time(change: &mut Change<'_>) -> Result<(), Rejection> {
    let scenario = change.context.scenario;
    let stage = change.order.stage.code.clone();
    let waited = waited_ms(change);
    let next = scenario.transitions_from(&stage).find(|transition| {
        transition.automatic_after_minutes.is_some_and(|minutes| minutes * 60_000 <= waited)
            && passes_guards(change, transition)
    });
    if let Some(transition) = next {
        change.order.leaves_at = None;
        return apply(change, transition, Map::new(), None);
    }
    let stood_still = stood_still_ms(&change.order, scenario);
    let order = &mut change.order;
    let later = minutes(scenario, &stage).filter(|minutes| minutes * 60_000 > waited).min();
    let at = |minutes| order.stage.entered_at.plus_minutes(minutes).plus_ms(stood_still);
    order.leaves_at = later.map(at);
    order.stood_still_ms = Some(stood_still);
    let summary = "The time to go on by itself has come, but a rule forbids it.".to_owned();
    change.record(EventType::Commented, summary, None, Value::Null);
    Ok(())
}
