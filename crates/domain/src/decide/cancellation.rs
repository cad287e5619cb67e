//! Cancelling an order before the point of no return, and taking back what it has made.
//!
//! The stages that the order was in are taken back in reverse. What is done outside of the product takes time: until
//! then the cancellation is pending, and nothing else moves the order.

use super::change::Change;
use super::{require_not_cancelling, require_open, require_right, visits};
use crate::event::EventType;
use crate::order::{Cancellation, Document, Order, OrderState};
use crate::party::Language;
use crate::provisioning;
use crate::rejection::Rejection;
use crate::rights::Right;
use crate::scenario::{Compensation, LocalText, PointOfNoReturn, Scenario};
use serde_json::json;

pub(super) fn cancel(
    change: &mut Change<'_>,
    reason: String,
    penalty_confirmed: bool,
) -> Result<(), Rejection> {
    require_right(change, Right::OrdersCancel)?;
    require_open(&change.order)?;
    require_not_cancelling(&change.order)?;
    let penalty = confirmed_price(change, penalty_confirmed)?;
    let requested_by = change.context.actor.name.clone();
    take_back(change, reason, requested_by, penalty)
}

/// What it costs to cancel the order where it is. None: nothing.
pub(super) fn price(change: &Change<'_>) -> Result<Option<LocalText>, Rejection> {
    match point_of_no_return(&change.order, change.context.scenario) {
        Some(PointOfNoReturn::Hard) => {
            Err(Rejection::PastPointOfNoReturn { stage: change.stage_name() })
        }
        Some(PointOfNoReturn::Soft { penalty }) => Ok(Some(penalty.clone())),
        None => Ok(None),
    }
}

/// A hard point that the order has come past, also when it was sent back since: what was done there is not undone. Else that
/// of its stage.
pub(super) fn point_of_no_return<'a>(
    order: &Order,
    scenario: &'a Scenario,
) -> Option<&'a PointOfNoReturn> {
    let entered = order.stages_entered.iter().filter_map(|code| scenario.stage(code));
    let mut points = entered.filter_map(|stage| stage.point_of_no_return.as_ref());
    let hard = points.find(|point| **point == PointOfNoReturn::Hard);
    hard.or_else(|| scenario.stage(&order.stage.code)?.point_of_no_return.as_ref())
}

/// The same, once somebody has seen and accepted it.
pub(super) fn confirmed_price(
    change: &Change<'_>,
    is_confirmed: bool,
) -> Result<Option<LocalText>, Rejection> {
    match price(change)? {
        Some(penalty) if !is_confirmed => Err(Rejection::PenaltyUnconfirmed { penalty }),
        price => Ok(price),
    }
}

/// The order ends, at once or when what it has made is taken back.
pub(super) fn take_back(
    change: &mut Change<'_>,
    reason: String,
    requested_by: String,
    penalty: Option<LocalText>,
) -> Result<(), Rejection> {
    let current = change.order.stage.clone();
    change.order.hold = None;
    change.order.leaves_at = None;
    change.order.done_meanwhile.clear();
    visits::release(change, "the order is cancelled");
    supersede_since(change, "");
    if !may_have_objects(change) {
        return finish(change, Some(reason), penalty.map(|text| text.get(Language::En).to_owned()));
    }
    let summary =
        format!("To be cancelled in {}: first what was made is taken back.", current.name);
    let data = json!({ "stage": current.code, "penalty": penalty });
    change.record(EventType::CancellationRequested, summary, Some(reason.clone()), data);
    change.order.state = OrderState::PendingCancellation;
    change.order.stage.due_at = None;
    change.order.cancellation =
        Some(Cancellation { reason, requested_at: change.context.now, requested_by });
    change.request_retirement();
    Ok(())
}

/// Whether something of the order may be in the billing system: what it knows, and what it has asked for without an answer.
fn may_have_objects(change: &Change<'_>) -> bool {
    let order = &change.order;
    let is_asked = provisioning::is_asked_for(order, change.context.scenario);
    !provisioning::own(order).is_empty() || (is_asked && !provisioning::doubtful(order).is_empty())
}

/// A pending cancellation ends when nothing of the order is left in the billing system.
pub(super) fn compensated(change: &mut Change<'_>) -> Result<(), Rejection> {
    if change.order.cancellation.is_none() {
        return Ok(());
    }
    match provisioning::own(&change.order).is_empty() {
        true => finish(change, None, None),
        // Something was made while the rest was taken back.
        false => {
            change.request_retirement();
            Ok(())
        }
    }
}

/// A person says that what was made is taken back, whatever the billing system says.
pub(super) fn compensated_by_hand(change: &mut Change<'_>) -> Result<(), Rejection> {
    match change.order.cancellation.is_some() {
        true => finish(change, None, None),
        false => Ok(()),
    }
}

fn finish(
    change: &mut Change<'_>,
    reason: Option<String>,
    penalty: Option<String>,
) -> Result<(), Rejection> {
    let scenario = change.context.scenario;
    let unknown = || Rejection::StageUnknown {
        stage: scenario.cancelled_stage.clone(),
        scenario: scenario.code.clone(),
    };
    let stage = scenario.stage(&scenario.cancelled_stage).ok_or_else(unknown)?;
    let pending = change.order.cancellation.take();
    let reason = reason.or(pending.map(|cancellation| cancellation.reason));
    let current = change.order.stage.clone();
    let data = json!({ "from": current.code, "to": stage.code, "penalty": penalty });
    let summary = format!("Cancelled in {}.", current.name);
    change.record(EventType::Cancelled, summary, reason, data);
    change.enter_stage(stage)
}

/// What the stages that the order was in have made in the billing system is retired. It is asked for also when the order knows
/// of nothing: making it may have failed half way.
pub(super) fn retire_made(change: &mut Change<'_>) {
    let scenario = change.context.scenario;
    let entered = change.order.stages_entered.iter().filter_map(|code| scenario.stage(code));
    if entered.flat_map(|stage| &stage.compensation).any(|it| *it == Compensation::Retire) {
        change.request_retirement();
    }
}

/// Documents that the stages from this one on are taken back with no longer count; they stay in the order. A stage that the
/// order was not in stands for all.
pub(super) fn supersede_since(change: &mut Change<'_>, since: &str) {
    let scenario = change.context.scenario;
    let entered = &change.order.stages_entered;
    let first = entered.iter().position(|code| code == since).unwrap_or(0);
    let stages = entered[first..].iter().filter_map(|code| scenario.stage(code));
    let kinds: Vec<&str> = stages
        .flat_map(|stage| &stage.compensation)
        .filter_map(|compensation| match compensation {
            Compensation::Supersede { document } => Some(document.as_str()),
            Compensation::Retire => None,
        })
        .collect();
    supersede(change, |document| kinds.contains(&document.kind.as_str()));
}

/// Documents of which this holds no longer count; they stay in the order.
pub(super) fn supersede(change: &mut Change<'_>, which: impl Fn(&Document) -> bool) {
    let now = change.context.now;
    let mut superseded = Vec::new();
    let documents = change.order.documents.iter_mut();
    for document in documents.filter(|document| document.superseded_at.is_none()) {
        if which(document) {
            document.superseded_at = Some(now);
            superseded.push(document.id.clone());
        }
    }
    if !superseded.is_empty() {
        let summary = format!("{} documents no longer count.", superseded.len());
        let data = json!({ "documents": superseded });
        change.record(EventType::DocumentsSuperseded, summary, None, data);
    }
}
