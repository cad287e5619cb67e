//! Which stages lead where.

use crate::scenario::model::{Scenario, TaskDefinition};
use std::collections::BTreeSet;

/// Stages that an order can come to.
pub fn reachable(scenario: &Scenario) -> BTreeSet<&str> {
    let from = [scenario.initial_stage.as_str(), scenario.cancelled_stage.as_str()];
    closure(scenario, BTreeSet::from(from))
}

/// An order in this stage can be closed one day.
pub fn reaches_end(scenario: &Scenario, stage: &str) -> bool {
    let reached = closure(scenario, BTreeSet::from([stage]));
    reached.iter().any(|code| scenario.stage(code).is_some_and(|stage| stage.state.is_closed()))
}

fn closure<'a>(scenario: &'a Scenario, mut reached: BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    loop {
        let before = reached.len();
        for transition in &scenario.transitions {
            if transition.from.iter().any(|from| reached.contains(from.as_str())) {
                reached.insert(&transition.to);
            }
        }
        if reached.len() == before {
            return reached;
        }
    }
}

/// Tasks that wait for each other in a circle: those that can never open.
pub fn stuck(tasks: &[TaskDefinition]) -> Vec<&str> {
    let known: BTreeSet<&str> = tasks.iter().map(|task| task.code.as_str()).collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    loop {
        let before = done.len();
        for task in tasks {
            // A task that is not there is told as such, not as a circle.
            let ready =
                |code: &String| done.contains(code.as_str()) || !known.contains(code.as_str());
            if task.after.iter().all(ready) {
                done.insert(&task.code);
            }
        }
        if done.len() == before {
            return known.difference(&done).copied().collect();
        }
    }
}
