//! The first decision of an order: it is registered.

use super::change::{Change, Decision};
use super::{Context, hold, require_right};
use crate::division::DivisionReference;
use crate::event::EventType;
use crate::order::{CurrentStage, Order, OrderState, ScenarioReference};
use crate::registration::Registration;
use crate::rejection::Rejection;
use crate::rights::Right;
use crate::routing::{Coverage, RoutingDecision};
use serde_json::json;
use std::collections::BTreeSet;

/// Makes an order of a checked registration and puts it into the first stage of its scenario; an imported one into the
/// stage that it had.
pub fn register(
    registration: Registration,
    id: String,
    number: String,
    coverage: &Coverage,
    context: Context<'_>,
) -> Result<Decision, Rejection> {
    let scenario = context.scenario;
    let imported = registration.imported.clone();
    let stage_code = imported
        .as_ref()
        .and_then(|import| import.stage.clone())
        .unwrap_or(scenario.initial_stage.clone());
    let stage = scenario.stage(&stage_code).ok_or_else(|| Rejection::StageUnknown {
        stage: stage_code.clone(),
        scenario: scenario.code.clone(),
    })?;
    let registered_at =
        imported.as_ref().and_then(|import| import.registered_at).unwrap_or(context.now);
    let order = Order {
        id,
        number,
        version: 0,
        revision: 1,
        kind: registration.kind,
        channel: registration.channel,
        external_id: registration.external_id,
        priority: registration.priority,
        requested_date: registration.requested_date,
        requested_start_date: registration.requested_start_date,
        promised_date: registration.promised_date,
        party: registration.party,
        address: registration.address,
        line_phone: registration.line_phone,
        items: registration.items,
        symptom: registration.symptom,
        description: registration.description,
        state: OrderState::Acknowledged,
        stage: CurrentStage {
            code: String::new(),
            name: String::new(),
            entered_at: context.now,
            due_at: None,
        },
        scenario: ScenarioReference { code: scenario.code.clone(), version: scenario.version },
        division: DivisionReference { code: String::new(), name: String::new() },
        assignee: None,
        hold: None,
        fields: serde_json::Map::new(),
        registered_at,
        updated_at: context.now,
        closed_at: None,
        services: Vec::new(),
        routing: RoutingDecision {
            rule: coverage.rule.clone(),
            beaten: coverage.beaten.clone(),
            by_service: coverage.by_service.clone(),
            ..Default::default()
        },
        documents: Vec::new(),
        billing_objects: Vec::new(),
        escalated: false,
        last_event: 0,
        has_fallout: false,
        fallout: BTreeSet::new(),
        tasks: Vec::new(),
        cancellation: None,
        cancellation_request: None,
        done_meanwhile: Vec::new(),
        leaves_at: None,
        stood_still_ms: None,
        appointment: None,
        jeopardy: Default::default(),
        escalation: Default::default(),
        stages_entered: Vec::new(),
        billing_requests: Default::default(),
    };
    let mut change = Change::new(order, context);
    require_right(&change, Right::OrdersRegister)?;
    let kind = change.order.kind.code();
    match &imported {
        None => {
            let summary = format!("A {kind} order was registered.");
            change.record(
                EventType::Registered,
                summary,
                None,
                json!({ "channel": change.order.channel }),
            );
        }
        Some(import) => {
            require_right(&change, Right::OrdersImport)?;
            let summary =
                format!("A {kind} order of {registered_at} was brought over from another system.");
            let data = json!({ "channel": change.order.channel, "stage": stage.code, "status": import.status });
            change.record(EventType::Imported, summary, None, data);
        }
    }
    // The first division is part of the history too, so that the whole way of the order can be read.
    change.route(stage)?;
    change.enter_stage(stage)?;
    if imported.is_none() {
        hold::wait_for_start(&mut change);
    }
    if imported.is_some() {
        change.order.stage.entered_at = registered_at;
        if stage.state.is_closed() {
            change.order.closed_at = Some(registered_at);
        }
    }
    Ok(change.into_decision())
}
