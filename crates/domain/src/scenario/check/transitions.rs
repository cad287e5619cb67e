//! Faults of transitions, their fields and guards.

use super::Checker;
use crate::effect::EffectKind;
use crate::scenario::model::{EntryAction, FieldDefinition, FieldType, Guard, Transition};

impl Checker<'_> {
    pub(super) fn transitions(&mut self) {
        let scenario = self.scenario;
        let codes = scenario.transitions.iter().enumerate();
        let codes = codes.map(|(i, it)| (format!("/transitions/{i}/code"), it.code.as_str()));
        self.once("Transition", codes);
        for (index, transition) in scenario.transitions.iter().enumerate() {
            let at = format!("/transitions/{index}");
            self.code(format!("{at}/code"), &transition.code);
            self.text(&format!("{at}/name"), &transition.name);
            if let Some(confirmation) = &transition.confirmation {
                self.text(&format!("{at}/confirmation"), confirmation);
            }
            self.ends(&at, transition);
            self.trigger(&at, transition);
            self.fields(&at, transition);
            self.guards(&at, transition);
        }
    }

    fn ends(&mut self, at: &str, transition: &Transition) {
        let name = &transition.code;
        if transition.from.is_empty() {
            let message = format!("Transition {name:?} begins nowhere; name stages in from.");
            self.fault(format!("{at}/from"), "from-nowhere", message);
        }
        let from = transition.from.iter().map(|code| ("from", code));
        for (field, code) in from.chain([("to", &transition.to)]) {
            if self.scenario.stage(code).is_none() {
                let message =
                    format!("Transition {name:?} names stage {code:?}, which is not there.");
                self.fault(format!("{at}/{field}"), "unknown-stage", message);
            }
        }
        if transition.from.contains(&transition.to) {
            let message = format!(
                "Transition {name:?} leads to where it begins; a stage is left to another one."
            );
            self.fault(format!("{at}/to"), "leads-nowhere", message);
        }
    }

    /// Somebody or something must be able to make it.
    fn trigger(&mut self, at: &str, transition: &Transition) {
        let name = &transition.code;
        let (after, minutes) = (transition.automatic_after, transition.automatic_after_minutes);
        if transition.right.is_none() && after.is_none() && minutes.is_none() {
            let message = format!(
                "Nobody can make transition {name:?}; give it a right, automaticAfter or automaticAfterMinutes."
            );
            self.fault(format!("{at}/right"), "nobody-may", message);
        }
        if minutes.is_some_and(|minutes| minutes <= 0) {
            let message = "The time until it happens by itself is a number of minutes above zero.";
            self.fault(format!("{at}/automaticAfterMinutes"), "not-positive", message);
        }
        let automatic = after.is_some() || minutes.is_some();
        let needs_person =
            transition.comment_required || transition.fields.iter().any(|field| field.required);
        if automatic && transition.right.is_none() && needs_person {
            let message = format!(
                "Transition {name:?} happens by itself; nobody is there to fill anything in."
            );
            self.fault(format!("{at}/fields"), "nobody-fills-in", message);
        }
        for code in &transition.from {
            let Some(stage) = self.scenario.stage(code) else { continue };
            let asks = |action: &EntryAction| match action {
                EntryAction::Draw { .. } => after == Some(EffectKind::Draw),
                EntryAction::Provision => after == Some(EffectKind::Provision),
                EntryAction::Retire => after == Some(EffectKind::Retire),
                EntryAction::Book { .. } => false,
            };
            if after.is_some() && !stage.on_entry.iter().any(asks) {
                let message =
                    format!("Stage {code:?} does nothing after which {name:?} could happen.");
                self.fault(format!("{at}/automaticAfter"), "automatic-never-happens", message);
            }
            let mut same = self
                .scenario
                .transitions_from(code)
                .filter(|other| other.automatic_after == after && other.guards.is_empty());
            if after.is_some() && same.next().is_some_and(|first| first.code != *name) {
                let message = format!(
                    "Another transition out of {code:?} happens after the same; give them guards."
                );
                self.fault(format!("{at}/automaticAfter"), "ambiguous-automatic", message);
            }
        }
    }

    fn fields(&mut self, at: &str, transition: &Transition) {
        let codes = transition.fields.iter().enumerate();
        let codes = codes.map(|(i, field)| (format!("{at}/fields/{i}/code"), field.code.as_str()));
        self.once("Field", codes);
        for (index, field) in transition.fields.iter().enumerate() {
            let at = format!("{at}/fields/{index}");
            self.code(format!("{at}/code"), &field.code);
            self.text(&format!("{at}/name"), &field.name);
            self.choices(&at, field);
            let Some(condition) = &field.required_when else { continue };
            let known = |other: &FieldDefinition| other.code == condition.field;
            if !transition.fields.iter().any(known) {
                let message =
                    format!("There is no field {:?} in this transition.", condition.field);
                self.fault(format!("{at}/requiredWhen/field"), "unknown-field", message);
            }
        }
    }

    fn choices(&mut self, at: &str, field: &FieldDefinition) {
        let is_choice = field.field_type == FieldType::Choice;
        if is_choice && field.choices.is_empty() {
            let message = "A choice needs something to choose from; list its choices.";
            self.fault(format!("{at}/choices"), "nothing-to-choose", message);
        }
        if !is_choice && !field.choices.is_empty() {
            let message = "Only a field of the type choice has choices.";
            self.fault(format!("{at}/choices"), "choices-without-choice", message);
        }
        let codes = field.choices.iter().enumerate();
        let codes =
            codes.map(|(i, choice)| (format!("{at}/choices/{i}/code"), choice.code.as_str()));
        self.once("Choice", codes);
        for (index, choice) in field.choices.iter().enumerate() {
            self.code(format!("{at}/choices/{index}/code"), &choice.code);
            self.text(&format!("{at}/choices/{index}/name"), &choice.name);
        }
    }

    fn guards(&mut self, at: &str, transition: &Transition) {
        let scenario = self.scenario;
        let name = &transition.code;
        let stages: Vec<_> =
            transition.from.iter().filter_map(|code| scenario.stage(code)).collect();
        for (index, guard) in transition.guards.iter().enumerate() {
            let pointer = format!("{at}/guards/{index}");
            match guard {
                Guard::Document { kind } if !self.can_have_document(kind) => {
                    let message =
                        format!("Transition {name:?} requires a {kind:?}, which no stage draws.");
                    self.fault(pointer, "never-passes", message);
                }
                Guard::Checklist if stages.iter().all(|stage| stage.documents.is_empty()) => {
                    let message = format!("No stage that {name:?} leaves has a checklist.");
                    self.fault(pointer, "guards-nothing", message);
                }
                Guard::Tasks if stages.iter().all(|stage| stage.tasks.is_empty()) => {
                    let message = format!("No stage that {name:?} leaves has tasks.");
                    self.fault(pointer, "guards-nothing", message);
                }
                Guard::Field { field, equals } => {
                    self.field_guard(&pointer, field, equals.as_ref());
                }
                Guard::ClosedWithin { days } if *days <= 0 => {
                    let message = "The days in which an order may be opened again are above zero.";
                    self.fault(format!("{pointer}/days"), "not-positive", message);
                }
                Guard::ClosedWithin { .. } if stages.iter().any(|stage| stage.state.is_open()) => {
                    let message =
                        format!("{name:?} leaves an open stage, where no order was closed yet.");
                    self.fault(pointer, "never-passes", message);
                }
                Guard::Document { .. }
                | Guard::Checklist
                | Guard::Tasks
                | Guard::ClosedWithin { .. }
                | Guard::Party
                | Guard::NoFallout => {}
            }
        }
    }

    /// Some transition must be able to fill the field in, with the value that is wanted.
    fn field_guard(&mut self, pointer: &str, code: &str, equals: Option<&serde_json::Value>) {
        let scenario = self.scenario;
        let fields = scenario.transitions.iter().flat_map(|transition| &transition.fields);
        let mut fields = fields.filter(|field| field.code == code).peekable();
        if fields.peek().is_none() {
            let message = format!("No transition fills in the field {code:?}.");
            self.fault(format!("{pointer}/field"), "unknown-field", message);
            return;
        }
        let Some(value) = equals else { return };
        let can_be = |field: &FieldDefinition| match field.field_type {
            FieldType::Text | FieldType::Date => value.is_string(),
            FieldType::Boolean => value.is_boolean(),
            FieldType::Number => value.is_number(),
            FieldType::Choice => {
                field.choices.iter().any(|choice| value.as_str() == Some(choice.code.as_str()))
            }
        };
        if !fields.any(can_be) {
            let message = format!("The field {code:?} can never have the value {value}.");
            self.fault(format!("{pointer}/equals"), "never-passes", message);
        }
    }
}
