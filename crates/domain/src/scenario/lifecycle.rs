//! The life of an operator's own scenario: a draft is written, published, and retired one day.

use super::model::{Scenario, Stage};
use crate::division::Division;
use crate::input::Fault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Where a version of an individual scenario is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScenarioState {
    /// Can be changed; no order is in it.
    Draft,
    /// New orders take it, and it never changes again.
    Published,
    /// No new order takes it; those that are in it stay.
    Retired,
}

impl ScenarioState {
    pub const WORDS: &[(&str, ScenarioState)] = &[
        ("draft", ScenarioState::Draft),
        ("published", ScenarioState::Published),
        ("retired", ScenarioState::Retired),
    ];

    pub fn code(self) -> &'static str {
        match self {
            ScenarioState::Draft => "draft",
            ScenarioState::Published => "published",
            ScenarioState::Retired => "retired",
        }
    }
}

/// Kinds of divisions that a scenario asks for and the operator does not have: its orders would wait at the root. A
/// warning, because an organisation may be set up after its scenarios.
pub fn check_organisation(scenario: &Scenario, divisions: &[Division]) -> Vec<Fault> {
    let kinds: BTreeSet<&str> = divisions.iter().map(|division| division.kind.as_str()).collect();
    let stages = scenario.stages.iter().enumerate();
    let asked = stages.flat_map(|(index, stage): (usize, &Stage)| {
        let own = (format!("/stages/{index}/divisionKind"), stage.division_kind.as_deref());
        let tasks = stage.tasks.iter().enumerate().map(move |(task, definition)| {
            let pointer = format!("/stages/{index}/tasks/{task}/divisionKind");
            (pointer, definition.division_kind.as_deref())
        });
        std::iter::once(own).chain(tasks)
    });
    asked
        .filter_map(|(pointer, kind)| Some((pointer, kind.filter(|kind| !kinds.contains(kind))?)))
        .map(|(pointer, kind)| Fault {
            pointer,
            code: "no-such-division".to_owned(),
            message: format!(
                "The organisation has no division of the kind {kind:?}; its work would stay at the \
                 division that operates the address."
            ),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::find;

    #[test]
    fn every_state_has_its_word() {
        for (word, state) in ScenarioState::WORDS {
            assert_eq!(state.code(), *word);
        }
    }

    #[test]
    fn a_kind_of_division_that_the_operator_does_not_have_is_told() {
        let division = |kind: &str| Division {
            code: kind.to_owned(),
            parent_code: None,
            name: kind.to_owned(),
            kind: kind.to_owned(),
            timezone: "UTC".to_owned(),
            email: None,
            head: None,
        };
        let scenario = find("connect-individual", 1).expect("a scenario");
        let all = ["branch", "sales", "support", "technical"].map(division);
        assert_eq!(check_organisation(scenario, &all), []);
        let warnings = check_organisation(scenario, &[division("branch"), division("technical")]);
        assert!(!warnings.is_empty());
        for warning in warnings {
            assert_eq!(warning.code, "no-such-division");
            assert!(warning.message.contains("\"sales\""), "{}", warning.message);
            let document = serde_json::to_value(scenario).expect("JSON");
            assert_eq!(document.pointer(&warning.pointer), Some(&"sales".into()));
        }
    }
}
