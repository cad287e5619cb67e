//! The calendars of the divisions are read and swapped.

use crate::AppError;
use crate::ports::{Organisation, StoreError};
use crate::read::require;
use crate::scoped::require_everywhere;
use oms_domain::calendar::CalendarSet;
use oms_domain::limits::STALE_RETRIES_MAX;
use oms_domain::rights::{Actor, Right};
use serde_json::Value;
use std::future::Future;

/// All calendars, and how often they were swapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarVersion {
    pub set: CalendarSet,
    /// 0: nobody has ever set any.
    pub version: i64,
}

/// What came of a swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// The calendars have this version now.
    Swapped(i64),
    /// Somebody else was faster: the calendars have another version.
    Stale,
}

/// The calendars of all divisions.
pub trait WorkingTime: Sync {
    fn calendars(&self) -> impl Future<Output = Result<CalendarVersion, StoreError>> + Send;

    /// Swaps the whole set at once, if it still has this version.
    fn replace_calendars(
        &self,
        set: &CalendarSet,
        expected: i64,
    ) -> impl Future<Output = Result<Swap, StoreError>> + Send;
}

pub async fn calendars<P: WorkingTime>(
    ports: &P,
    actor: &Actor,
) -> Result<CalendarVersion, AppError> {
    require(actor, Right::OrganisationRead)?;
    Ok(ports.calendars().await?)
}

/// Checks a whole set and swaps it at once, or changes nothing. Deadlines that run keep the instant that they have;
/// stages entered from now on count by the new set. `expected` is the version that the caller has seen; None: whatever.
pub async fn replace_calendars<P: WorkingTime + Organisation>(
    ports: &P,
    actor: &Actor,
    document: &Value,
    expected: Option<i64>,
) -> Result<CalendarVersion, AppError> {
    require_everywhere(actor, Right::OrganisationWrite)?;
    let divisions = ports.divisions().await?;
    let known = divisions.into_iter().map(|division| division.code).collect();
    let set = CalendarSet::read(document, &known).map_err(AppError::Invalid)?;
    for _ in 0..STALE_RETRIES_MAX {
        let current = ports.calendars().await?.version;
        if expected.is_some_and(|expected| expected != current) {
            return Err(AppError::StaleList { current });
        }
        if let Swap::Swapped(version) = ports.replace_calendars(&set, current).await? {
            return Ok(CalendarVersion { set, version });
        }
    }
    Err(AppError::Busy)
}
