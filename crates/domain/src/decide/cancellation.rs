//! Cancelling an order before the point of no return, and taking back what it has made.

use super::change::Change;
use super::{require_open, require_right};
use crate::event::EventType;
use crate::rejection::Rejection;
use crate::rights::Right;
use serde_json::json;

pub(super) fn cancel(change: &mut Change<'_>, reason: String) -> Result<(), Rejection> {
    require_open(&change.order)?;
    require_right(change, Right::OrdersCancel)?;
    let scenario = change.context.scenario;
    let current = change.order.stage.clone();
    if scenario.stage(&current.code).is_some_and(|stage| stage.point_of_no_return) {
        return Err(Rejection::PastPointOfNoReturn { stage: current.name });
    }
    let unknown = || Rejection::StageUnknown {
        stage: scenario.cancelled_stage.clone(),
        scenario: scenario.code.clone(),
    };
    let stage = scenario.stage(&scenario.cancelled_stage).ok_or_else(unknown)?;
    change.order.hold = None;
    let data = json!({ "from": current.code, "to": stage.code });
    change.record(
        EventType::Cancelled,
        format!("Cancelled in {}.", current.name),
        Some(reason),
        data,
    );
    change.enter_stage(stage)?;
    if !crate::provisioning::retirement(&change.order).is_empty() {
        change.request_retirement();
    }
    Ok(())
}
