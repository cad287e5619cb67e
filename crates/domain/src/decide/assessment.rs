//! A cancellation that is asked for: the order stays where it is, with its deadline and its visit, until a person grants
//! it, and all is taken back, or refuses it, and the order goes on as if nothing had been.

use super::change::Change;
use super::{cancellation, require_not_cancelling, require_open, require_right, transition};
use crate::event::EventType;
use crate::order::{CancellationRequest, OrderState};
use crate::rejection::Rejection;
use crate::rights::Right;
use serde_json::json;

/// The caller may ask for a cancellation, and not cancel.
pub(super) fn may_only_ask(change: &Change<'_>) -> bool {
    !change.context.actor.may(Right::OrdersCancel) && may_ask(change)
}

/// Whoever may cancel, who registers what subscribers want, and who moves the order on from where it is. That it is closed
/// is said to whoever could move it before.
fn may_ask(change: &Change<'_>) -> bool {
    let actor = change.context.actor;
    let order = &change.order;
    let transitions = change.context.scenario.transitions.iter();
    let mut rights = transitions
        .filter(|transition| order.is_closed() || transition.from.contains(&order.stage.code))
        .filter_map(|transition| transition.right)
        .chain([Right::OrdersCancel, Right::OrdersRegister]);
    rights.any(|right| actor.may(right))
}

pub(super) fn ask(change: &mut Change<'_>, reason: String) -> Result<(), Rejection> {
    if !may_ask(change) {
        return Err(Rejection::RightMissing(Right::OrdersCancel));
    }
    require_open(&change.order)?;
    let requested_by = change.context.actor.name.clone();
    let asked = change.order.cancellation_request.as_ref();
    if asked.is_some_and(|it| it.requested_by == requested_by && it.reason == reason) {
        return Ok(());
    }
    require_not_cancelling(&change.order)?;
    let penalty = cancellation::price(change)?;
    let stage = change.order.stage.clone();
    let summary = format!("It is asked to cancel the order in {}; a person decides.", stage.name);
    let data = json!({ "stage": stage.code, "penalty": penalty });
    change.record(EventType::CancellationAsked, summary, Some(reason.clone()), data);
    let requested_at = change.context.now;
    change.order.cancellation_request =
        Some(CancellationRequest { reason, requested_at, requested_by });
    change.order.state = OrderState::AssessingCancellation;
    Ok(())
}

pub(super) fn accept(
    change: &mut Change<'_>,
    penalty_confirmed: bool,
    comment: Option<String>,
) -> Result<(), Rejection> {
    require_right(change, Right::OrdersCancel)?;
    require_open(&change.order)?;
    let request = asked(change)?;
    let penalty = cancellation::confirmed_price(change, penalty_confirmed)?;
    let summary = format!("The cancellation that {} asked for is granted.", request.requested_by);
    let data = json!({ "requestedBy": request.requested_by, "penalty": penalty });
    change.record(EventType::CancellationAccepted, summary, comment, data);
    change.order.cancellation_request = None;
    cancellation::take_back(change, request.reason, request.requested_by, penalty)
}

/// Refused by whoever may cancel, or withdrawn by whoever asked and has not lost every right since.
pub(super) fn refuse(change: &mut Change<'_>, reason: String) -> Result<(), Rejection> {
    let asked_by = change.order.cancellation_request.as_ref().map(|it| it.requested_by.as_str());
    let actor = change.context.actor;
    let is_withdrawn = asked_by == Some(actor.name.as_str()) && actor.may_anything();
    // Whoever asked is told that the order is closed.
    if !is_withdrawn && !(change.order.is_closed() && may_ask(change)) {
        require_right(change, Right::OrdersCancel)?;
    }
    require_open(&change.order)?;
    let request = asked(change)?;
    change.order.cancellation_request = None;
    change.order.state = change.state_of_stage();
    let summary = match is_withdrawn {
        true => "The cancellation is no longer asked for; the order goes on.".to_owned(),
        false => format!(
            "The cancellation that {} asked for is refused; the order goes on.",
            request.requested_by
        ),
    };
    let data = json!({ "requestedBy": request.requested_by, "withdrawn": is_withdrawn });
    change.record(EventType::CancellationRefused, summary, Some(reason), data);
    transition::follow_meanwhile(change)
}

/// What was asked for; an order that is being cancelled already says so.
fn asked(change: &Change<'_>) -> Result<CancellationRequest, Rejection> {
    match &change.order.cancellation_request {
        Some(request) => Ok(request.clone()),
        None => {
            require_not_cancelling(&change.order)?;
            Err(Rejection::NoCancellationRequest)
        }
    }
}
