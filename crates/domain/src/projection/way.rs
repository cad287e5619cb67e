//! The usual way through a scenario.

use crate::order::OrderState;
use crate::scenario::{Scenario, Stage, Transition};
use std::collections::{BTreeMap, VecDeque};

/// The stages of the usual way from a stage to the end, the stage itself first and the end left out: the fewest
/// transitions that lead to a stage with the state `completed`. Among ways of the same length the one whose transitions
/// are declared first, compared from the beginning. Ways out of an end (an order is opened again) are none. None: no way
/// leads there.
///
/// What only time does, because nobody has acted, is usual where nothing else leads to the end.
///
/// So an author says what is usual by the order of the transitions, and a detour (a visit that failed, a second look) is
/// not expected before it happens.
pub fn usual_way<'a>(scenario: &'a Scenario, from: &str) -> Option<Vec<&'a Stage>> {
    let from = scenario.stage(from)?;
    let acted = |transition: &Transition| {
        transition.right.is_some() || transition.automatic_after.is_some()
    };
    shortest(scenario, from, acted).or_else(|| shortest(scenario, from, |_| true))
}

/// The shortest way by transitions of which this holds.
fn shortest<'a>(
    scenario: &'a Scenario,
    from: &'a Stage,
    which: impl Fn(&Transition) -> bool,
) -> Option<Vec<&'a Stage>> {
    let mut came_from: BTreeMap<&str, &'a Stage> = BTreeMap::new();
    let mut next = VecDeque::from([from]);
    while let Some(stage) = next.pop_front() {
        if stage.state == OrderState::Completed {
            return Some(way_to(stage, from, &came_from));
        }
        if stage.state.is_closed() {
            continue;
        }
        for transition in scenario.transitions_from(&stage.code).filter(|it| which(it)) {
            let is_new = transition.to != from.code && !came_from.contains_key(&*transition.to);
            if let Some(target) = scenario.stage(&transition.to).filter(|_| is_new) {
                came_from.insert(&target.code, stage);
                next.push_back(target);
            }
        }
    }
    None
}

fn way_to<'a>(
    end: &'a Stage,
    from: &Stage,
    came_from: &BTreeMap<&str, &'a Stage>,
) -> Vec<&'a Stage> {
    let mut way = Vec::new();
    let mut stage = end;
    while stage.code != from.code {
        let Some(&before) = came_from.get(&*stage.code) else { break };
        way.push(before);
        stage = before;
    }
    way.reverse();
    way
}
