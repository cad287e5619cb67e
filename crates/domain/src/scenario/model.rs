//! The parts of a scenario, as TOML and JSON write them.

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
    /// From here on the order can't be cancelled.
    #[serde(default)]
    pub point_of_no_return: bool,
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
    /// What is filled in with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldDefinition>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// A reason must be given.
    #[serde(default)]
    pub comment_required: bool,
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FieldType {
    Text,
    Date,
    Boolean,
    Number,
}

/// What must hold before a transition: a closed set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "require", deny_unknown_fields)]
pub enum Guard {
    /// The order has a document of this kind.
    Document { kind: String },
    /// A party is known.
    Party,
}

impl Scenario {
    pub fn stage(&self, code: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.code == code)
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
