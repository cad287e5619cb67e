//! An open order goes where the coverage of today sends it, after the operator has changed who operates what.
//!
//! The order stays in its stage, with its deadline, its hold and what is done. What was agreed or made with the division that
//! it has keeps it there: a booked visit, and objects in the billing system, which are that division's.

use super::change::Change;
use super::{require_not_cancelling, require_open, require_right, tasks};
use crate::division::DivisionReference;
use crate::event::EventType;
use crate::order::{Appointment, AppointmentState};
use crate::provisioning;
use crate::rejection::Rejection;
use crate::rights::Right;
use crate::routing::{Coverage, RoutingDecision, ServiceDivision};
use serde_json::json;

/// Finds the division of the order anew. One that is where the coverage sends it stays as it is, and so does one that was
/// moved by its escalation, as long as the same division operates its address.
pub(super) fn reroute(change: &mut Change<'_>, coverage: &Coverage) -> Result<(), Rejection> {
    require_right(change, Right::OrdersAssign)?;
    require_open(&change.order)?;
    require_not_cancelling(&change.order)?;
    let scenario = change.context.scenario;
    let stage =
        scenario.stage(&change.order.stage.code).ok_or_else(|| Rejection::StageUnknown {
            stage: change.order.stage.code.clone(),
            scenario: scenario.code.clone(),
        })?;
    let found = coverage.division_for(stage.division_kind.as_deref());
    let (division, decision) = found.ok_or(Rejection::OrganisationMissing)?;
    let order = &change.order;
    let is_moved = division.code != order.division.code;
    let is_covered_anew = is_other(&order.routing, &decision);
    if !is_covered_anew && (!is_moved || !order.escalation.rungs.is_empty()) {
        return Ok(());
    }
    if provisioning::is_asked_for(order, scenario) {
        return Err(Rejection::BillingIsAsked { stage: change.stage_name() });
    }
    if let Some(visit) = order.appointment.as_ref().filter(|visit| is_moved && is_booked(visit)) {
        return Err(Rejection::VisitIsBooked { technician: visit.technician_name.clone() });
    }
    let before = code(order.routing.covering.as_ref());
    change.order.routing.rule.clone_from(&coverage.rule);
    change.order.routing.beaten.clone_from(&coverage.beaten);
    change.order.routing.by_service.clone_from(&coverage.by_service);
    change.route(stage)?;
    if !is_moved {
        let name = decision.covering.as_ref().map_or("nobody", |covering| &covering.name);
        let summary = format!("{name} operates its address now: later stages go from there.");
        let data =
            json!({ "covering": { "from": before, "to": code(decision.covering.as_ref()) } });
        change.record(EventType::Routed, summary, None, data);
    }
    tasks::renew(change, &stage.code, stage, true)
}

/// Whether other divisions operate the address.
fn is_other(before: &RoutingDecision, now: &RoutingDecision) -> bool {
    let each = |decision: &RoutingDecision| {
        let pair = |it: &ServiceDivision| (it.service, it.division.code.clone());
        decision.by_service.iter().map(pair).collect::<Vec<_>>()
    };
    code(before.covering.as_ref()) != code(now.covering.as_ref()) || each(before) != each(now)
}

fn code(division: Option<&DivisionReference>) -> Option<String> {
    division.map(|division| division.code.clone())
}

fn is_booked(visit: &Appointment) -> bool {
    visit.state == AppointmentState::Booked
}
