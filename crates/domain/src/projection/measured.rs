//! What stages have taken: the working time of an order in its stage, and the medians over many orders.

use crate::calendar::Calendar;
use crate::limits::STAGE_SAMPLES_MIN;
use crate::order::Order;
use crate::scenario::Stage;
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a stage has taken lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Median {
    /// How many orders it was measured on.
    pub samples: u32,
    pub working_minutes: i64,
}

/// The medians of one scenario, by stage.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Medians(pub BTreeMap<String, Median>);

impl Medians {
    /// None: too few orders have left the stage lately to say anything.
    pub fn of(&self, stage: &str) -> Option<Median> {
        self.0.get(stage).copied().filter(|median| median.samples >= STAGE_SAMPLES_MIN)
    }
}

/// The median of what was measured, in the same unit; of an even number the lower one of the two in the middle, which
/// somebody really took. None: nothing was measured.
pub fn median(mut measured: Vec<i64>) -> Option<Median> {
    measured.sort_unstable();
    let middle = measured.len().checked_sub(1)? / 2;
    let samples = u32::try_from(measured.len()).unwrap_or(u32::MAX);
    measured.get(middle).map(|minutes| Median { samples, working_minutes: *minutes })
}

/// For how long the order has been worked on in its stage at an instant, in milliseconds of working time. Where the stage
/// has a deadline it is what has been used up of that, so that a hold counts only if its deadline runs.
pub fn working_ms_in_stage(order: &Order, stage: &Stage, calendar: &Calendar, at: Instant) -> i64 {
    let total = stage.deadline_minutes.map(|minutes| minutes.saturating_mul(60_000));
    let on_hold = order.hold.as_ref().and_then(|hold| hold.remaining_working_ms);
    let due = order.stage.due_at.map(|due| calendar.working_ms_between(at, due));
    let used = match (total, on_hold.or(due)) {
        (Some(total), Some(remaining)) => total.saturating_sub(remaining),
        _ => calendar.working_ms_between(order.stage.entered_at, at),
    };
    used.max(0)
}
