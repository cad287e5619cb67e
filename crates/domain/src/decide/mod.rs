//! The heart: an order and a command in, a decision or a rejection out.
//!
//! Nothing in a [`Decision`] has happened yet. The caller saves the next state, the events and the effects in one atomic
//! step, or nothing.

mod amendment;
mod assessment;
mod cancellation;
mod change;
mod choice;
mod effects;
mod escalation;
mod explanation;
mod hold;
mod ladder;
mod migration;
mod notes;
mod register;
mod rerouting;
mod tasks;
mod timed;
mod transition;
mod visits;

pub use change::Decision;
pub use escalation::Told;
pub use explanation::{Explanation, explain};
pub use migration::MigrationLosses;
pub use transition::{AvailableTransition, Obstacle, available};
pub use visits::{
    AskedSlot, BookingChange, VisitRequest, workforce_for_all_transitions, workforce_wanted,
};

use crate::amendment::Amendment;
use crate::calendar::Calendars;
use crate::division::Neighbourhood;
use crate::effect::EffectKind;
use crate::order::{Document, Order};
use crate::provisioning::BillingObject;
use crate::rejection::Rejection;
use crate::rights::{Actor, Right};
use crate::routing::Coverage;
use crate::scenario::Scenario;
use crate::time::Instant;
use crate::workforce::Workforce;
use change::Change;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

pub use register::register;

/// What somebody wants done with an order.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Transition {
        transition: String,
        fields: Map<String, Value>,
        comment: Option<String>,
        /// For a stage that a technician's visit is booked for.
        visit: VisitRequest,
    },
    /// The visit of the current stage at another time, or one that was released booked anew.
    Reschedule {
        visit: VisitRequest,
        reason: String,
    },
    Hold {
        reason: String,
        /// One of the stage's pause reasons.
        reason_code: Option<String>,
        until: Option<Instant>,
    },
    Resume,
    /// By whoever may only ask for it, it is asked for.
    Cancel {
        reason: String,
        /// Somebody has seen and accepted what it costs past a soft point of no return.
        penalty_confirmed: bool,
    },
    /// Somebody wants the order cancelled; a person with the right to cancel decides.
    AskCancellation {
        reason: String,
    },
    /// What was asked for is granted.
    AcceptCancellation {
        penalty_confirmed: bool,
        comment: Option<String>,
    },
    /// It is refused, or withdrawn by whoever asked.
    RefuseCancellation {
        reason: String,
    },
    /// What was ordered changes.
    Amend {
        amendment: Box<Amendment>,
        /// Who operates the amended address; None: the address stays. The context's neighbourhood is around it.
        coverage: Option<Box<Coverage>>,
    },
    /// Who operates the order's address has changed: it goes where this sends it. The context's neighbourhood is around it.
    Reroute {
        coverage: Box<Coverage>,
    },
    /// A task of the current stage is done.
    CompleteTask {
        task: String,
        comment: Option<String>,
    },
    /// None takes the order from its assignee.
    Assign {
        assignee: Option<String>,
    },
    Comment {
        text: String,
    },
    /// A person adds a document whose bytes are kept already.
    AddDocument {
        document: Document,
    },
    /// The executor of a draw effect has kept the document.
    DocumentDrawn {
        document: Document,
    },
    /// The executor of a provision effect has made these objects.
    Provisioned {
        objects: Vec<BillingObject>,
    },
    /// The executor of a retire effect has retired these objects, also such as the order did not know.
    Retired {
        objects: Vec<BillingObject>,
        /// Only what an amendment has made obsolete: the order stays where it is.
        is_partial: bool,
    },
    /// The executor of an escalation has told people.
    Escalated {
        rung: Option<String>,
        told: Vec<Told>,
    },
    /// Somebody takes care of an escalated order.
    AnswerEscalation {
        comment: String,
    },
    /// An effect that is wanted no more was not executed.
    EffectOutdated {
        effect: String,
    },
    /// An effect failed for good.
    EffectFailed {
        effect: String,
        kind: String,
        error: String,
    },
    /// A person wants a failed effect attempted again, declared done, or given up.
    RetryEffect {
        effect: String,
        reason: String,
    },
    CompleteEffect {
        effect: String,
        kind: EffectKind,
        /// What the effect was asked for with.
        payload: Value,
        reason: String,
    },
    GiveUpEffect {
        effect: String,
        reason: String,
    },
    /// The order goes on by another scenario: of its stages these are those.
    MigrateScenario {
        to: Arc<Scenario>,
        stages: BTreeMap<String, String>,
    },
    /// Time has passed: a hold may end, a deadline may come near or be missed.
    Check,
}

/// What a decision depends on besides the order.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub now: Instant,
    pub actor: &'a Actor,
    pub scenario: &'a Scenario,
    /// Around the division that operates the order's address.
    pub neighbourhood: &'a Neighbourhood,
    /// The technicians and their visits, when [`workforce_wanted`] asks for them.
    pub workforce: Option<&'a Workforce>,
    /// When the divisions of the neighbourhood work.
    pub calendars: &'a Calendars,
}

/// Decides a command. A command that finds its work done already changes nothing: its decision has no events.
pub fn decide(
    order: &Order,
    command: Command,
    context: Context<'_>,
) -> Result<Decision, Rejection> {
    let mut change = Change::of(order, context);
    match command {
        Command::Transition { transition, fields, comment, visit } => {
            change.visit = visit;
            transition::make(&mut change, &transition, fields, comment)?;
        }
        Command::Reschedule { visit, reason } => visits::reschedule(&mut change, visit, reason)?,
        Command::Hold { reason, reason_code, until } => {
            hold::hold(&mut change, reason, reason_code, until)?
        }
        Command::Resume => hold::resume(&mut change)?,
        Command::Cancel { reason, .. } if assessment::may_only_ask(&change) => {
            assessment::ask(&mut change, reason)?
        }
        Command::Cancel { reason, penalty_confirmed } => {
            cancellation::cancel(&mut change, reason, penalty_confirmed)?
        }
        Command::AskCancellation { reason } => assessment::ask(&mut change, reason)?,
        Command::AcceptCancellation { penalty_confirmed, comment } => {
            assessment::accept(&mut change, penalty_confirmed, comment)?
        }
        Command::RefuseCancellation { reason } => assessment::refuse(&mut change, reason)?,
        Command::Amend { amendment, coverage } => {
            amendment::amend(&mut change, &amendment, coverage.as_deref())?
        }
        Command::Reroute { coverage } => rerouting::reroute(&mut change, &coverage)?,
        Command::CompleteTask { task, comment } => tasks::complete(&mut change, &task, comment)?,
        Command::Assign { assignee } => notes::assign(&mut change, assignee)?,
        Command::Comment { text } => notes::comment(&mut change, text)?,
        Command::AddDocument { document } => notes::add_document(&mut change, document)?,
        Command::DocumentDrawn { document } => effects::document_drawn(&mut change, document)?,
        Command::Provisioned { objects } => effects::provisioned(&mut change, objects)?,
        Command::Retired { objects, is_partial } => {
            effects::retired(&mut change, objects, is_partial)?
        }
        Command::Escalated { rung, told } => escalation::told(&mut change, rung.as_deref(), &told),
        Command::AnswerEscalation { comment } => escalation::answer(&mut change, comment)?,
        Command::EffectOutdated { effect } => effects::outdated(&mut change, &effect),
        Command::EffectFailed { effect, kind, error } => {
            effects::failed(&mut change, &effect, &kind, &error)
        }
        Command::RetryEffect { effect, reason } => effects::retry(&mut change, &effect, reason)?,
        Command::CompleteEffect { effect, kind, payload, reason } => {
            effects::complete(&mut change, (&effect, kind, &payload), reason)?
        }
        Command::GiveUpEffect { effect, reason } => effects::give_up(&mut change, &effect, reason)?,
        Command::MigrateScenario { to, stages } => {
            migration::migrate(&mut change, &to, &stages)?;
            return Ok(change.into_decision_by(&to));
        }
        Command::Check => escalation::check(&mut change)?,
    }
    Ok(change.into_decision())
}

fn require_right(change: &Change<'_>, right: Right) -> Result<(), Rejection> {
    match change.context.actor.may(right) {
        true => Ok(()),
        false => Err(Rejection::RightMissing(right)),
    }
}

fn require_open(order: &Order) -> Result<(), Rejection> {
    match order.is_open() {
        true => Ok(()),
        false => Err(Rejection::OrderIsClosed { state: order.state.code() }),
    }
}

/// Nothing moves while a person decides whether the order is cancelled.
fn require_not_assessed(order: &Order) -> Result<(), Rejection> {
    match &order.cancellation_request {
        None => Ok(()),
        Some(request) => {
            let (by, reason) = (request.requested_by.clone(), request.reason.clone());
            Err(Rejection::CancellationIsAssessed { by, reason })
        }
    }
}

/// Nor while what the order has made is taken back.
fn require_not_cancelling(order: &Order) -> Result<(), Rejection> {
    require_not_assessed(order)?;
    match &order.cancellation {
        None => Ok(()),
        Some(cancellation) => {
            Err(Rejection::CancellationIsPending { reason: cancellation.reason.clone() })
        }
    }
}

fn require_not_held(order: &Order) -> Result<(), Rejection> {
    match &order.hold {
        None => Ok(()),
        Some(hold) => Err(Rejection::OrderIsHeld { reason: hold.reason.clone() }),
    }
}
