//! Rejections: named after the rule that was broken, and saying what would make it pass.

use crate::rights::Right;
use thiserror::Error;

/// Why a command was not carried out. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejection {
    #[error("This needs the right {right:?} ({meaning})", right = .0.code(), meaning = .0.meaning())]
    RightMissing(Right),
    #[error("The order is closed ({state}); register a new one.")]
    OrderIsClosed { state: &'static str },
    #[error("The order is on hold ({reason}); take it off hold first.")]
    OrderIsHeld { reason: String },
    #[error("The order is not on hold.")]
    OrderIsNotHeld,
    #[error("This scenario has no transition {transition:?}; GET …/transitions lists them.")]
    TransitionUnknown { transition: String },
    #[error("Transition {transition:?} leads out of {from}, and the order is in {stage}.")]
    TransitionNotFromHere { transition: String, from: String, stage: String },
    #[error("Transition {transition:?} is made by the product itself, after {after}.")]
    TransitionIsAutomatic { transition: String, after: &'static str },
    #[error("Transition {transition:?} needs a reason; send it as comment.")]
    CommentRequired { transition: String },
    #[error("Fill in {missing} with transition {transition:?}.")]
    FieldsRequired { transition: String, missing: String },
    #[error("Field {field:?} must be {expected}.")]
    FieldInvalid { field: String, expected: &'static str },
    #[error("Transition {transition:?} has no field {field:?}.")]
    FieldUnknown { transition: String, field: String },
    #[error("The order needs a document of kind {kind:?} first.")]
    DocumentRequired { kind: String },
    #[error("The order needs a party first.")]
    PartyRequired,
    #[error(
        "Stage {stage} is past the point of no return: the order can be completed, not cancelled."
    )]
    PastPointOfNoReturn { stage: String },
    #[error("A hold must end in the future; {until} has passed.")]
    HoldEndsInThePast { until: String },
    #[error("There are no divisions yet; set up the organisation with PUT /api/v1/divisions.")]
    OrganisationMissing,
    #[error("The effect is {state}; only fallout waits for a person.")]
    EffectNotInFallout { state: &'static str },
    #[error("Scenario {code} version {version} is not known to this installation.")]
    ScenarioUnknown { code: String, version: u32 },
    #[error("Stage {stage:?} is not a stage of scenario {scenario}.")]
    StageUnknown { stage: String, scenario: String },
}

impl Rejection {
    /// The stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Rejection::RightMissing(_) => "right-missing",
            Rejection::OrderIsClosed { .. } => "order-is-closed",
            Rejection::OrderIsHeld { .. } => "order-is-held",
            Rejection::OrderIsNotHeld => "order-is-not-held",
            Rejection::TransitionUnknown { .. } => "transition-unknown",
            Rejection::TransitionNotFromHere { .. } => "transition-not-from-here",
            Rejection::TransitionIsAutomatic { .. } => "transition-is-automatic",
            Rejection::CommentRequired { .. } => "comment-required",
            Rejection::FieldsRequired { .. } => "fields-required",
            Rejection::FieldInvalid { .. } => "field-invalid",
            Rejection::FieldUnknown { .. } => "field-unknown",
            Rejection::DocumentRequired { .. } => "document-required",
            Rejection::PartyRequired => "party-required",
            Rejection::PastPointOfNoReturn { .. } => "past-point-of-no-return",
            Rejection::HoldEndsInThePast { .. } => "hold-ends-in-the-past",
            Rejection::OrganisationMissing => "organisation-missing",
            Rejection::EffectNotInFallout { .. } => "effect-not-in-fallout",
            Rejection::ScenarioUnknown { .. } => "scenario-unknown",
            Rejection::StageUnknown { .. } => "stage-unknown",
        }
    }
}
