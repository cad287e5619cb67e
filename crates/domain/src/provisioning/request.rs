//! What the stages of an order have asked of the billing system, and whether it is wanted still.

use super::is_taken_back;
use crate::order::Order;
use crate::scenario::{EntryAction, Scenario};
use serde_json::{Value, json};

/// What an effect says that a stage asks for when it is entered, or asks for again while the order is in it.
pub fn payload_of_stage(stage: &str) -> Value {
    json!({ "stage": stage })
}

/// A stage asked for the effect, and the order was sent back before it since, or back to it: what was asked for then is wanted
/// no more, or was asked for anew. For an order that is taken back all is done that there is to do.
pub fn is_outdated(order: &Order, effect_id: &str, payload: &Value) -> bool {
    let is_of_a_stage = payload.get("stage").is_some();
    is_of_a_stage && !order.billing_requests.contains_key(effect_id) && !is_taken_back(order)
}

/// Whether the stage in which the order is has asked for the effect. One that no stage asked for, by an amendment or before
/// orders kept what their stages ask for, is about all that the order plans, and counts as well.
pub fn is_of_present_stage(order: &Order, effect_id: &str, payload: &Value) -> bool {
    match order.billing_requests.get(effect_id) {
        Some(stage) => *stage == order.stage.code,
        None => payload.get("stage").is_none(),
    }
}

/// Whether the order has ever asked for its objects.
pub fn is_asked_for(order: &Order, scenario: &Scenario) -> bool {
    let stages = order.stages_entered.iter().filter_map(|code| scenario.stage(code));
    stages.flat_map(|stage| &stage.on_entry).any(|action| *action == EntryAction::Provision)
}
