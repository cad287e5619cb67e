//! Rejections: named after the rule that was broken, and saying what would make it pass.

mod russian;

use crate::party::Language;
use crate::rights::Right;
use crate::scenario::LocalText;
use crate::workforce::Slot;
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
    #[error(
        "Transition {transition:?} leads out of {from}, and the order is in {stage}.",
        from = .from.en, stage = .stage.en
    )]
    TransitionNotFromHere { transition: String, from: LocalText, stage: LocalText },
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
    #[error(
        "There is more than one fault: {faults}",
        faults = sentences_of(.faults, Language::En)
    )]
    SeveralFaults { faults: Vec<Rejection> },
    #[error("The order needs a document of kind {kind:?} first.")]
    DocumentRequired { kind: String },
    #[error("The order needs a party first.")]
    PartyRequired,
    #[error(
        "Stage {stage} is past the point of no return: the order can be completed, not cancelled.",
        stage = .stage.en
    )]
    PastPointOfNoReturn { stage: LocalText },
    #[error(
        "Stage {stage} is past the point of no return: the party, the address and the items stay as they are.",
        stage = .stage.en
    )]
    AmendmentPastPointOfNoReturn { stage: LocalText },
    #[error("A hold must end in the future; {until} has passed.")]
    HoldEndsInThePast { until: String },
    #[error("The order has started; the day of its start stays as it is.")]
    OrderHasStarted,
    #[error(
        "The order can't start on {date}: there it is {today} already; name that day or one to come."
    )]
    StartDateHasPassed { date: String, today: String },
    #[error("There are no divisions yet; set up the organisation with PUT /api/v1/divisions.")]
    OrganisationMissing,
    #[error(
        "{division} operated this address and is no longer a division; add it to the organisation again."
    )]
    DivisionMissing { division: String },
    #[error("The effect is {state}; only fallout waits for a person.")]
    EffectNotInFallout { state: &'static str },
    #[error("Scenario {code} version {version} is not known to this installation.")]
    ScenarioUnknown { code: String, version: u32 },
    #[error("Stage {stage:?} is not a stage of scenario {scenario}.")]
    StageUnknown { stage: String, scenario: String },
    #[error("The order is being cancelled ({reason}); wait until what was made is taken back.")]
    CancellationIsPending { reason: String },
    #[error("{by} has asked to cancel the order ({reason}); accept or refuse that first.")]
    CancellationIsAssessed { by: String, reason: String },
    #[error(
        "Nobody has asked to cancel the order; POST …/cancellation cancels it, or asks for that."
    )]
    NoCancellationRequest,
    #[error(
        "This has a price now: {penalty} Send penaltyConfirmed: true to accept it.",
        penalty = .penalty.en
    )]
    PenaltyUnconfirmed { penalty: LocalText },
    #[error("Stage {stage} has no task {task:?}; GET …/tasks lists them.", stage = .stage.en)]
    TaskUnknown { task: String, stage: LocalText },
    #[error("Task {task:?} comes after {after}; complete that first.")]
    TaskWaits { task: String, after: String },
    #[error("Complete the tasks of the stage first: {tasks}.")]
    TasksMissing { tasks: String },
    #[error("{reason:?} is no pause reason of this stage; it has: {known}.")]
    PauseReasonUnknown { reason: String, known: String },
    #[error(
        "Field {field:?} must be filled in{value} first.",
        value = .value.as_ref().map(|value| format!(" with {value}")).unwrap_or_default()
    )]
    FieldValueRequired { field: String, value: Option<String> },
    #[error("The order was closed more than {days} days ago; register a new one.")]
    TooLateToReopen { days: i64 },
    #[error("Nothing was escalated in stage {stage}; there is nothing to answer.", stage = .stage.en)]
    NothingEscalated { stage: LocalText },
    #[error("Work of the system has failed; repeat, complete or give it up first (effects).")]
    FalloutWaits,
    #[error("The login {login:?} is taken; choose another.")]
    LoginTaken { login: String },
    #[error("The role {code:?} is there already; choose another code.")]
    RoleTaken { code: String },
    #[error(
        "Nobody would be left who may do everything; make somebody else an administrator first."
    )]
    LastAdministrator,
    #[error(
        "No technician of {division}{skill} is free {asked}; {next}.",
        skill = .skill.as_ref().map(|skill| format!(" with the skill {skill}")).unwrap_or_default(),
        asked = .asked.as_ref().map_or_else(|| "in the next two weeks".to_owned(), |at| format!("at {at}")),
        next = next_en(.next)
    )]
    NoFreeSlot {
        division: String,
        skill: Option<String>,
        /// The time that was asked for.
        asked: Option<String>,
        /// The next free slots.
        next: Vec<Slot>,
    },
    #[error(
        "Division {division} has no technician {technician:?}; GET /api/v1/technicians lists them."
    )]
    TechnicianUnknown { technician: String, division: String },
    #[error("A visit begins from now on, and at most {days} days ahead; {from} does not.")]
    SlotOutOfReach { from: String, days: i64 },
    #[error("No technician visits the subscriber in stage {stage}.", stage = .stage.en)]
    NoVisitHere { stage: LocalText },
    #[error(
        "The visit of {technician} is booked, and stays with its division; move the order once the visit was made or \
         called off."
    )]
    VisitIsBooked { technician: String },
    #[error(
        "In stage {stage} the billing system was asked for the order's objects already, which are of its division; \
         complete it there.",
        stage = .stage.en
    )]
    BillingIsAsked { stage: LocalText },
    #[error("There are no technicians yet; set them up with PUT /api/v1/technicians.")]
    TechniciansMissing,
    #[error(
        "Scenario {code} version {version} is {state}; only a draft can be changed, published or \
         deleted. POST /api/v1/scenarios begins the next version."
    )]
    ScenarioNotDraft { code: String, version: u32, state: &'static str },
    #[error("Scenario {code} version {version} is {state}; publish it first.")]
    ScenarioNotPublished { code: String, version: u32, state: &'static str },
    #[error("Scenario {code} version {version} comes with the product and can't be changed.")]
    ScenarioBuiltIn { code: String, version: u32 },
    #[error(
        "Scenario {code} version {version} is for another kind of order or party; choose one for this."
    )]
    ScenarioForOthers { code: String, version: u32 },
    #[error("Stage {stage:?} closes the order; name an open stage for where it is.")]
    StageCloses { stage: String },
    #[error(
        "Stage {from:?} is past the hard point of no return and {to:?} is not; name a stage that is, \
         or complete the order as it is."
    )]
    PointOfNoReturnMissing { from: String, to: String },
    #[error(
        "The order waits for the system ({effect}), and no transition out of stage {stage:?} follows \
         that; name another stage, or wait."
    )]
    NothingFollowsEffect { stage: String, effect: &'static str },
    #[error(
        "A cancellation takes back what stage {stage:?} has done, and the new scenario would not; \
         name a stage for it that has the same compensation."
    )]
    CompensationMissing { stage: String },
    #[error(
        "In stage {stage:?} the order would be past stage {skipped:?}, whose work in the billing system was not done for it; \
         name {skipped:?} or a stage before it."
    )]
    BillingSkipped { skipped: String, stage: String },
}

fn sentences_of(faults: &[Rejection], language: Language) -> String {
    let sentences: Vec<String> = faults.iter().map(|fault| fault.sentence(language)).collect();
    sentences.join(" ")
}

/// The end of a sentence about free slots.
fn next_en(next: &[Slot]) -> String {
    match times(next) {
        None => "take another division, or add technicians or shifts".to_owned(),
        Some(times) => format!("free are {times}"),
    }
}

fn times(slots: &[Slot]) -> Option<String> {
    let one = |slot: &Slot| format!("{} ({})", slot.local_time(), slot.technician_name);
    let times: Vec<String> = slots.iter().map(one).collect();
    (!times.is_empty()).then(|| times.join(", "))
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
            Rejection::SeveralFaults { .. } => "several-faults",
            Rejection::DocumentRequired { .. } => "document-required",
            Rejection::PartyRequired => "party-required",
            Rejection::PastPointOfNoReturn { .. } => "past-point-of-no-return",
            Rejection::AmendmentPastPointOfNoReturn { .. } => "amendment-past-point-of-no-return",
            Rejection::HoldEndsInThePast { .. } => "hold-ends-in-the-past",
            Rejection::OrderHasStarted => "order-has-started",
            Rejection::StartDateHasPassed { .. } => "start-date-has-passed",
            Rejection::OrganisationMissing => "organisation-missing",
            Rejection::DivisionMissing { .. } => "division-missing",
            Rejection::EffectNotInFallout { .. } => "effect-not-in-fallout",
            Rejection::ScenarioUnknown { .. } => "scenario-unknown",
            Rejection::StageUnknown { .. } => "stage-unknown",
            Rejection::CancellationIsPending { .. } => "cancellation-is-pending",
            Rejection::CancellationIsAssessed { .. } => "cancellation-is-assessed",
            Rejection::NoCancellationRequest => "no-cancellation-request",
            Rejection::PenaltyUnconfirmed { .. } => "penalty-unconfirmed",
            Rejection::TaskUnknown { .. } => "task-unknown",
            Rejection::TaskWaits { .. } => "task-waits",
            Rejection::TasksMissing { .. } => "tasks-missing",
            Rejection::PauseReasonUnknown { .. } => "pause-reason-unknown",
            Rejection::FieldValueRequired { .. } => "field-value-required",
            Rejection::TooLateToReopen { .. } => "too-late-to-reopen",
            Rejection::NothingEscalated { .. } => "nothing-escalated",
            Rejection::FalloutWaits => "fallout-waits",
            Rejection::LoginTaken { .. } => "login-taken",
            Rejection::RoleTaken { .. } => "role-taken",
            Rejection::LastAdministrator => "last-administrator",
            Rejection::NoFreeSlot { .. } => "no-free-slot",
            Rejection::TechnicianUnknown { .. } => "technician-unknown",
            Rejection::SlotOutOfReach { .. } => "slot-out-of-reach",
            Rejection::NoVisitHere { .. } => "no-visit-here",
            Rejection::VisitIsBooked { .. } => "visit-is-booked",
            Rejection::BillingIsAsked { .. } => "billing-is-asked",
            Rejection::TechniciansMissing => "technicians-missing",
            Rejection::ScenarioNotDraft { .. } => "scenario-not-draft",
            Rejection::ScenarioNotPublished { .. } => "scenario-not-published",
            Rejection::ScenarioBuiltIn { .. } => "scenario-built-in",
            Rejection::ScenarioForOthers { .. } => "scenario-for-others",
            Rejection::StageCloses { .. } => "stage-closes",
            Rejection::PointOfNoReturnMissing { .. } => "point-of-no-return-missing",
            Rejection::NothingFollowsEffect { .. } => "nothing-follows-effect",
            Rejection::CompensationMissing { .. } => "compensation-would-be-missing",
            Rejection::BillingSkipped { .. } => "billing-would-be-skipped",
        }
    }

    /// The sentence for people, in their language.
    pub fn sentence(&self, language: Language) -> String {
        match language {
            Language::En => self.to_string(),
            Language::Ru => russian::sentence(self),
        }
    }

    /// The sentence in every language of the product.
    pub fn sentences(&self) -> LocalText {
        LocalText { en: self.sentence(Language::En), ru: self.sentence(Language::Ru) }
    }
}
