//! The parts of a scenario, as TOML and JSON write them.

use super::ladder::Rung;
use crate::amendment::Aspect;
use crate::effect::EffectKind;
use crate::order::{OrderKind, OrderState};
use crate::party::{Language, PartyType};
use crate::rights::Right;
use serde::{Deserialize, Serialize};

/// A text in the languages of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalText {
    pub en: String,
    pub ru: String,
}

impl LocalText {
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Ru => &self.ru,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    pub code: String,
    pub version: u32,
    pub name: LocalText,
    pub order_kind: OrderKind,
    /// None: for both types of party.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_type: Option<PartyType>,
    pub initial_stage: String,
    /// Where a cancelled order ends.
    pub cancelled_stage: String,
    pub stages: Vec<Stage>,
    pub transitions: Vec<Transition>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stage {
    pub code: String,
    pub name: LocalText,
    /// The technical state of an order in this stage.
    pub state: OrderState,
    /// The kind of division that is responsible; None: the one that operates the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division_kind: Option<String>,
    /// When the stage must be left, in minutes after entering it. None: nobody waits here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_minutes: Option<i64>,
    /// What happens when the stage is entered, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_entry: Vec<EntryAction>,
    /// Kinds of documents that the order must have before the guard `checklist` lets it leave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
    /// Work inside the stage, side by side, for several divisions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskDefinition>,
    /// Why an order may be put on hold here. Empty: for any reason, in the person's own words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pause_reasons: Vec<PauseReason>,
    /// Who is told when, before and after the deadline. Empty: as [`default_ladder`](super::default_ladder) says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ladder: Vec<Rung>,
    /// From here on the order can't be cancelled, or only at a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point_of_no_return: Option<PointOfNoReturn>,
    /// What the stage depends on: when an amendment changes it after the order was here, the order comes back. Empty: a
    /// stage that draws a document which it must have to be left depends on the party, the address and the items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redo_when: Vec<Aspect>,
    /// An amendment redoes the stage, and draws its documents anew, only while the order is in it: what was done here is over
    /// once the order has left, as a visit is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redo_only_here: bool,
    /// What takes the stage back when the order is cancelled after it was entered. The stages are taken back in reverse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compensation: Vec<Compensation>,
}

/// A piece of work inside a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskDefinition {
    pub code: String,
    pub name: LocalText,
    /// The kind of division that does it; None: that of the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division_kind: Option<String>,
    /// What a person needs to complete it.
    pub right: Right,
    /// Tasks of the same stage that must be done before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// The guard `tasks` does not wait for it.
    #[serde(default)]
    pub optional: bool,
    /// Of an order for several services that different divisions operate, each of them gets such a task.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub per_service: bool,
}

/// A reason for which an order waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PauseReason {
    pub code: String,
    pub name: LocalText,
    /// The deadline goes on although nobody works: what we ourselves are waiting for is no excuse.
    #[serde(default)]
    pub deadline_runs: bool,
}

/// Where an order can no longer be given up freely.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", deny_unknown_fields)]
pub enum PointOfNoReturn {
    /// It can, but somebody must confirm what it costs.
    Soft { penalty: LocalText },
    /// It can't.
    Hard,
}

/// What takes back what a stage has done: a closed set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "do", deny_unknown_fields)]
pub enum Compensation {
    /// Retire the order's objects in the billing system.
    Retire,
    /// The documents of this kind are marked as superseded; they are kept.
    Supersede { document: String },
}

/// What a stage does when it is entered: a closed set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "do", deny_unknown_fields)]
pub enum EntryAction {
    /// Draw a document from a template: `contract` or `work-order`.
    Draw { template: String },
    /// Make the order's objects in the billing system.
    Provision,
    /// Retire the order's objects in the billing system.
    Retire,
    /// Book the visit of a technician of the stage's division who has the skill, for so many minutes.
    #[serde(rename_all = "camelCase")]
    Book {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skill: Option<String>,
        duration_minutes: i64,
    },
}

/// What a stage asks for when a technician must come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit<'a> {
    pub skill: Option<&'a str>,
    pub duration_minutes: i64,
}

impl Stage {
    /// The visit that is booked when the stage is entered.
    pub fn visit(&self) -> Option<Visit<'_>> {
        self.on_entry.iter().find_map(|action| match action {
            EntryAction::Book { skill, duration_minutes } => {
                Some(Visit { skill: skill.as_deref(), duration_minutes: *duration_minutes })
            }
            EntryAction::Draw { .. } | EntryAction::Provision | EntryAction::Retire => None,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Transition {
    pub code: String,
    pub name: LocalText,
    pub from: Vec<String>,
    pub to: String,
    /// What a person needs to make it. None: only the product makes it, see `automatic_after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<Right>,
    /// Made by the product when an effect of this kind has succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic_after: Option<EffectKind>,
    /// Made by the product when the order has been in the stage for so many minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic_after_minutes: Option<i64>,
    /// What is filled in with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldDefinition>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// A reason must be given.
    #[serde(default)]
    pub comment_required: bool,
    /// What is asked before it is made: it can't be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<LocalText>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldDefinition {
    pub code: String,
    pub name: LocalText,
    #[serde(rename = "type")]
    pub field_type: FieldType,
    #[serde(default)]
    pub required: bool,
    /// It is required when another field of the same transition has a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_when: Option<FieldCondition>,
    /// The values of a choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

/// A field of the same transition has this value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldCondition {
    pub field: String,
    pub equals: serde_json::Value,
}

/// One value of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choice {
    pub code: String,
    pub name: LocalText,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FieldType {
    Text,
    Date,
    Boolean,
    Number,
    /// One of the field's choices.
    Choice,
}

/// What must hold before a transition: a closed set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "require", deny_unknown_fields)]
pub enum Guard {
    /// The order has a document of this kind.
    Document { kind: String },
    /// A party is known.
    Party,
    /// The order has every document of its stage's checklist.
    Checklist,
    /// All tasks of the stage are done, but for the optional ones.
    Tasks,
    /// A field was filled in, now or at an earlier transition; with `equals`: with this value.
    Field {
        field: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        equals: Option<serde_json::Value>,
    },
    /// The order was closed at most so many days ago: for transitions out of an end.
    ClosedWithin { days: i64 },
    /// No effect of the order waits for a person.
    NoFallout,
}

impl Stage {
    /// The order comes back to the stage when an amendment changes this after it was here.
    pub fn is_redone_when(&self, aspect: Aspect) -> bool {
        if !self.redo_when.is_empty() {
            // Scenarios that were published before descriptions had a word of their own say details for both.
            let is_described = aspect == Aspect::Description;
            return self.redo_when.contains(&aspect)
                || is_described && self.redo_when.contains(&Aspect::Details);
        }
        let agrees = self.on_entry.iter().any(|action| match action {
            EntryAction::Draw { template } => self.documents.contains(template),
            EntryAction::Provision | EntryAction::Retire | EntryAction::Book { .. } => false,
        });
        agrees && aspect.is_substance()
    }
}

impl Scenario {
    pub fn stage(&self, code: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.code == code)
    }

    /// How many stages come before this one: a scenario names its stages in the order in which they are passed.
    pub fn place(&self, stage: &str) -> Option<usize> {
        self.stages.iter().position(|it| it.code == stage)
    }

    pub fn transition(&self, code: &str) -> Option<&Transition> {
        self.transitions.iter().find(|transition| transition.code == code)
    }

    pub fn transitions_from<'a>(&'a self, stage: &'a str) -> impl Iterator<Item = &'a Transition> {
        self.transitions
            .iter()
            .filter(move |transition| transition.from.iter().any(|from| from == stage))
    }
}

/// Reads a scenario from TOML; the error names line and column.
pub fn parse_toml(text: &str) -> Result<Scenario, toml::de::Error> {
    toml::from_str(text)
}
