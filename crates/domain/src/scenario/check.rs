//! Static checks of a scenario: what would strand an order is found before one is in it.

use super::model::{EntryAction, Guard, Scenario};
use crate::division::DIVISION_KINDS;
use crate::input::Fault;
use std::collections::BTreeSet;

/// Templates that can be drawn.
pub const TEMPLATES: [&str; 2] = ["contract", "work-order"];

/// Every fault of a scenario, with its place and how to mend it.
pub fn check(scenario: &Scenario) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |pointer: String, code: &str, message: String| {
        faults.push(Fault { pointer, code: code.to_owned(), message });
    };
    for (pointer, code) in
        [("/initialStage", &scenario.initial_stage), ("/cancelledStage", &scenario.cancelled_stage)]
    {
        if scenario.stage(code).is_none() {
            fault(pointer.to_owned(), "unknown-stage", format!("There is no stage {code:?}."));
        }
    }
    let mut codes = BTreeSet::new();
    let reachable = reachable_stages(scenario);
    for (index, stage) in scenario.stages.iter().enumerate() {
        let pointer = |field: &str| format!("/stages/{index}/{field}");
        let name = &stage.code;
        if !codes.insert(name) {
            fault(pointer("code"), "twice", format!("Stage {name:?} is there twice."));
        }
        if !reachable.contains(name.as_str()) {
            fault(
                pointer("code"),
                "unreachable-stage",
                format!("No transition leads to stage {name:?}."),
            );
        }
        if let Some(kind) =
            stage.division_kind.as_deref().filter(|kind| !DIVISION_KINDS.contains(kind))
        {
            fault(
                pointer("divisionKind"),
                "unknown-division-kind",
                format!("There is no division kind {kind:?}."),
            );
        }
        for (position, action) in stage.on_entry.iter().enumerate() {
            if let EntryAction::Draw { template } = action
                && !TEMPLATES.contains(&template.as_str())
            {
                let pointer = pointer(&format!("onEntry/{position}/template"));
                fault(pointer, "unknown-template", format!("There is no template {template:?}."));
            }
        }
        let leaves = scenario.transitions_from(name).next().is_some();
        if stage.state.is_open() && !reaches_end(scenario, name) {
            fault(
                pointer("code"),
                "no-end",
                format!("No way leads from stage {name:?} to an end."),
            );
        }
        if stage.state.is_open() && stage.deadline_minutes.is_none() {
            fault(
                pointer("deadlineMinutes"),
                "no-deadline",
                format!("Orders wait in stage {name:?}; give it a deadline."),
            );
        }
        if stage.state.is_closed() && leaves {
            fault(
                pointer("state"),
                "end-with-exit",
                format!("Stage {name:?} closes the order, yet a transition leaves it."),
            );
        }
    }
    let mut transition_codes = BTreeSet::new();
    for (index, transition) in scenario.transitions.iter().enumerate() {
        let pointer = |field: &str| format!("/transitions/{index}/{field}");
        let name = &transition.code;
        if !transition_codes.insert(name) {
            fault(pointer("code"), "twice", format!("Transition {name:?} is there twice."));
        }
        for code in transition
            .from
            .iter()
            .chain([&transition.to])
            .filter(|code| scenario.stage(code).is_none())
        {
            fault(
                pointer("from"),
                "unknown-stage",
                format!("Transition {name:?} names stage {code:?}, which is not there."),
            );
        }
        if transition.right.is_none() && transition.automatic_after.is_none() {
            let message =
                format!("Nobody can make transition {name:?}; give it a right or automaticAfter.");
            fault(pointer("right"), "nobody-may", message);
        }
        for guard in &transition.guards {
            if let Guard::Document { kind } = guard
                && !can_have_document(scenario, kind)
            {
                let message =
                    format!("Transition {name:?} requires a {kind:?}, which no stage draws.");
                fault(pointer("guards"), "never-passes", message);
            }
        }
    }
    faults
}

fn reachable_stages(scenario: &Scenario) -> BTreeSet<&str> {
    let mut reached =
        BTreeSet::from([scenario.initial_stage.as_str(), scenario.cancelled_stage.as_str()]);
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

fn reaches_end(scenario: &Scenario, stage: &str) -> bool {
    let mut reached = BTreeSet::from([stage]);
    loop {
        let before = reached.len();
        for transition in &scenario.transitions {
            if transition.from.iter().any(|from| reached.contains(from.as_str())) {
                reached.insert(&transition.to);
            }
        }
        if reached
            .iter()
            .any(|code| scenario.stage(code).is_some_and(|stage| stage.state.is_closed()))
        {
            return true;
        }
        if reached.len() == before {
            return false;
        }
    }
}

fn can_have_document(scenario: &Scenario, kind: &str) -> bool {
    let draws =
        |action: &EntryAction| matches!(action, EntryAction::Draw { template } if template == kind);
    // What is not drawn may be uploaded; a drawn kind must be drawn somewhere.
    !TEMPLATES.contains(&kind)
        || scenario.stages.iter().any(|stage| stage.on_entry.iter().any(draws))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"
        code = "sound"
        version = 1
        name = { en = "Sound", ru = "Исправный" }
        orderKind = "connect"
        initialStage = "a"
        cancelledStage = "z"
        stages = [
          { code = "a", name = { en = "A", ru = "А" }, state = "acknowledged", deadlineMinutes = 5, onEntry = [{ do = "draw", template = "contract" }] },
          { code = "y", name = { en = "Y", ru = "Ю" }, state = "completed" },
          { code = "z", name = { en = "Z", ru = "Я" }, state = "cancelled" },
        ]
        transitions = [
          { code = "go", name = { en = "Go", ru = "Вперёд" }, from = ["a"], to = "y", right = "orders.sales", guards = [{ require = "document", kind = "contract" }] },
        ]
    "#;

    #[test]
    fn each_kind_of_fault_is_found() {
        let cases = [
            ("", "", ""),
            (
                "initialStage = \"a\"",
                "initialStage = \"b\"",
                "unknown-stage unreachable-stage unreachable-stage",
            ),
            ("code = \"y\"", "code = \"z\"", "twice no-end unknown-stage"),
            ("deadlineMinutes = 5, ", "", "no-deadline"),
            ("state = \"acknowledged\"", "state = \"completed\"", "end-with-exit"),
            (
                "state = \"acknowledged\"",
                "state = \"acknowledged\", divisionKind = \"kitchen\"",
                "unknown-division-kind",
            ),
            ("template = \"contract\"", "template = \"poem\"", "unknown-template never-passes"),
            ("template = \"contract\"", "template = \"work-order\"", "never-passes"),
            ("right = \"orders.sales\", ", "", "nobody-may"),
            ("to = \"y\"", "to = \"a\"", "no-end unreachable-stage"),
        ];
        for (from, to, expected) in cases {
            let scenario = super::super::parse_toml(&SOUND.replacen(from, to, 1)).expect(to);
            let mut codes: Vec<String> =
                check(&scenario).into_iter().map(|fault| fault.code).collect();
            codes.sort();
            let mut expected: Vec<&str> = expected.split_whitespace().collect();
            expected.sort_unstable();
            assert_eq!(codes, expected, "{from} -> {to}");
        }
    }
}
