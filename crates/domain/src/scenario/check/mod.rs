//! Static checks of a scenario: what would strand an order is found before one is in it.
//!
//! Each fault has its place as a JSON pointer, a stable code and a sentence that says how to mend it. `docs/scenario.md`
//! lists the codes.

mod graph;
mod ladder;
mod stages;
mod transitions;

use super::model::{EntryAction, LocalText, Scenario};
use crate::input::Fault;
use crate::limits::{CODE_CHARACTERS_MAX, SCENARIO_STAGES_MAX, SCENARIO_TRANSITIONS_MAX};
use crate::order::OrderState;

/// Templates that can be drawn.
pub const TEMPLATES: [&str; 2] = ["contract", "work-order"];

/// Every fault of a scenario, with its place and how to mend it.
pub fn check(scenario: &Scenario) -> Vec<Fault> {
    let mut checker = Checker { scenario, faults: Vec::new() };
    checker.whole();
    checker.stages();
    checker.transitions();
    checker.faults
}

struct Checker<'a> {
    scenario: &'a Scenario,
    faults: Vec<Fault>,
}

impl<'a> Checker<'a> {
    fn fault(&mut self, pointer: impl Into<String>, code: &str, message: impl Into<String>) {
        let (pointer, code, message) = (pointer.into(), code.to_owned(), message.into());
        self.faults.push(Fault { pointer, code, message });
    }

    fn whole(&mut self) {
        let scenario = self.scenario;
        self.code("/code", &scenario.code);
        self.text("/name", &scenario.name);
        let named = [
            ("/initialStage", &scenario.initial_stage),
            ("/cancelledStage", &scenario.cancelled_stage),
        ];
        for (pointer, code) in named {
            if scenario.stage(code).is_none() {
                self.fault(pointer, "unknown-stage", format!("There is no stage {code:?}."));
            }
        }
        let initial = scenario.stage(&scenario.initial_stage);
        if initial.is_some_and(|stage| stage.state.is_closed()) {
            let message =
                "Orders would be closed as soon as they are registered; begin in an open stage.";
            self.fault("/initialStage", "begins-at-an-end", message);
        }
        let cancelled = scenario.stage(&scenario.cancelled_stage);
        if cancelled.is_some_and(|stage| stage.state != OrderState::Cancelled) {
            let message = "Where cancelled orders end must have the state cancelled.";
            self.fault("/cancelledStage", "wrong-end-for-cancelled", message);
        }
        if !scenario.stages.iter().any(|stage| stage.state == OrderState::Completed) {
            let message = "No stage completes an order; give one the state completed.";
            self.fault("/stages", "no-completion", message);
        }
        let sizes = [
            ("/stages", scenario.stages.len(), SCENARIO_STAGES_MAX),
            ("/transitions", scenario.transitions.len(), SCENARIO_TRANSITIONS_MAX),
        ];
        for (pointer, count, most) in sizes {
            if count > most {
                let message = format!("{count} are too many to oversee; at most {most} are taken.");
                self.fault(pointer, "too-many", message);
            }
        }
    }

    /// Codes are words of programs: they stand in addresses, in the history and in reports.
    fn code(&mut self, pointer: impl Into<String>, code: &str) {
        let sound = !code.is_empty()
            && code.len() <= CODE_CHARACTERS_MAX
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && code.as_bytes()[0].is_ascii_lowercase();
        if !sound {
            let message = format!(
                "{code:?} is no code: a small letter, then letters, digits and hyphens, at most \
                 {CODE_CHARACTERS_MAX}."
            );
            self.fault(pointer, "bad-code", message);
        }
    }

    /// Texts that people read are there in every language.
    fn text(&mut self, pointer: &str, text: &LocalText) {
        for (language, text) in [("en", &text.en), ("ru", &text.ru)] {
            if text.trim().is_empty() {
                let message =
                    format!("The text in {language:?} is empty; people would see nothing.");
                self.fault(format!("{pointer}/{language}"), "empty-text", message);
            }
        }
    }

    /// Each code once.
    fn once<'b>(&mut self, what: &str, codes: impl Iterator<Item = (String, &'b str)>) {
        let mut seen = std::collections::BTreeSet::new();
        for (pointer, code) in codes {
            if !seen.insert(code) {
                self.fault(
                    pointer,
                    "twice",
                    format!("{what} {code:?} is there twice; name it otherwise."),
                );
            }
        }
    }

    fn draws(&self, kind: &str) -> bool {
        let draws = |action: &EntryAction| matches!(action, EntryAction::Draw { template } if template == kind);
        self.scenario.stages.iter().any(|stage| stage.on_entry.iter().any(draws))
    }

    /// What is not drawn may be uploaded; a kind that has a template must be drawn somewhere.
    fn can_have_document(&self, kind: &str) -> bool {
        !TEMPLATES.contains(&kind) || self.draws(kind)
    }
}
