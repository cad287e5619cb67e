//! When orders will probably be completed: what stages have taken is measured now and then, and told of each order that
//! somebody looks at alone.

use crate::AppError;
use crate::change::scenario_of;
use crate::ports::{LoadedOrder, StoreError};
use oms_domain::limits::{STAGE_MEDIANS_KEPT_MS, STAGE_SAMPLES_MAX, STAGE_TIMES_KEPT_MS};
use oms_domain::order::Order;
use oms_domain::projection::{Known, Medians, Outlook, median, outlook};
use oms_domain::time::Instant;
use std::collections::BTreeMap;
use std::future::Future;

/// What orders took in one stage, in minutes of working time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageTime {
    /// Code of the scenario; all its versions count together.
    pub scenario: String,
    pub stage: String,
    pub working_minutes: Vec<i64>,
}

/// What stages have taken. Each save writes along what the order took that it is about.
pub trait StageTimes: Sync {
    /// Takes the turn to measure if nobody has since this instant; false: somebody has.
    fn begin_measuring(
        &self,
        now: Instant,
        unless_since: Instant,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Removes what was left before this instant.
    fn forget_stage_times(
        &self,
        before: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Of every stage what the orders took that left it last, so many at most.
    fn stage_times(
        &self,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<StageTime>, StoreError>> + Send;

    /// Keeps the medians of these scenarios, and those of no other.
    fn keep_medians(
        &self,
        medians: &BTreeMap<String, Medians>,
        now: Instant,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Measures the medians anew when the last time is long enough ago, on one of however many replicas. One that dies over it
/// leaves the old ones until the next time.
pub async fn measure<P: StageTimes>(ports: &P, now: Instant) -> Result<(), AppError> {
    if !ports.begin_measuring(now, now.plus_ms(-STAGE_MEDIANS_KEPT_MS)).await? {
        return Ok(());
    }
    ports.forget_stage_times(now.plus_ms(-STAGE_TIMES_KEPT_MS)).await?;
    let mut medians: BTreeMap<String, Medians> = BTreeMap::new();
    for time in ports.stage_times(STAGE_SAMPLES_MAX).await? {
        if let Some(median) = median(time.working_minutes) {
            medians.entry(time.scenario).or_default().0.insert(time.stage, median);
        }
    }
    ports.keep_medians(&medians, now).await?;
    Ok(())
}

/// How an order looks that was loaded, or that a decision made of it. Of one whose scenario is not known nothing is told.
pub(crate) fn outlook_of(loaded: &LoadedOrder, order: &Order, now: Instant) -> Outlook {
    let Ok(scenario) = scenario_of(loaded) else { return Outlook::default() };
    if scenario.code != order.scenario.code || scenario.version != order.scenario.version {
        return Outlook::default();
    }
    let known = Known {
        now,
        scenario,
        medians: &loaded.medians,
        neighbourhood: &loaded.neighbourhood,
        calendars: &loaded.calendars,
    };
    outlook(order, known)
}
