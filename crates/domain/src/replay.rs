//! The history replays to the order: each decision keeps in its last event what it changed.

use crate::event::Event;
use crate::order::Order;
use json_patch::{Patch, diff, patch};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// Why a history does not tell of an order.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// Events are missing, or somebody changed them.
    #[error("Event {sequence} does not follow from the events before it: {error}.")]
    Broken { sequence: i64, error: json_patch::PatchError },
    /// The history began under a program that did not keep changes, or is incomplete.
    #[error("The events do not add up to an order: {0}.")]
    NotAnOrder(serde_json::Error),
}

/// What has to be changed in the stored form of one order to get that of the other; None stands for no order yet.
pub(crate) fn difference(before: Option<&Order>, after: &Order) -> Patch {
    diff(&before.map(stored).unwrap_or_default(), &stored(after))
}

/// An order in the making, event by event.
#[derive(Debug, Clone, Default)]
pub struct Replay(Value);

impl Replay {
    /// The next event of the order; an error leaves the replay unusable.
    pub fn follow(&mut self, event: &Event) -> Result<(), ReplayError> {
        let Some(change) = &event.change else { return Ok(()) };
        let broken = |error| ReplayError::Broken { sequence: event.sequence, error };
        patch(&mut self.0, change).map_err(broken)
    }

    /// The order after the events so far; the last one followed must have ended a decision.
    pub fn order(&self) -> Result<Order, ReplayError> {
        Order::deserialize(&self.0).map_err(ReplayError::NotAnOrder)
    }
}

/// The order after these events, all of one order, oldest first and from the first.
pub fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<Order, ReplayError> {
    let mut replay = Replay::default();
    events.into_iter().try_for_each(|event| replay.follow(event))?;
    replay.order()
}

/// An order always has a JSON form: its maps have texts as keys, its numbers are finite.
fn stored(order: &Order) -> Value {
    serde_json::to_value(order).unwrap_or_default()
}
