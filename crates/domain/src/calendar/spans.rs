//! Time cut where the wall clock breaks: at local midnights and where the offset from UTC changes.

use crate::time::Instant;
use chrono::{NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A stretch of time on one local date with one offset from UTC, so that the wall clock runs straight through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Included.
    pub from: i64,
    /// Not included.
    pub to: i64,
    pub date: NaiveDate,
    /// When the local date would have begun with this offset; minutes of the day count from here.
    pub midnight: i64,
}

impl Span {
    /// The span around an instant. No zone changes its offset twice within a day.
    pub fn at(zone: Tz, at: i64) -> Span {
        let offset = offset_at(zone, at);
        let local = at.saturating_add(offset);
        let midnight = local.saturating_sub(local.rem_euclid(DAY_MS)).saturating_sub(offset);
        let (mut from, mut to) = (midnight, midnight.saturating_add(DAY_MS));
        if offset_at(zone, to - 1) != offset {
            to = boundary(at, to - 1, |instant| offset_at(zone, instant) == offset);
        }
        if offset_at(zone, from) != offset {
            from = boundary(from, at, |instant| offset_at(zone, instant) != offset);
        }
        let date = Instant(local).date();
        Span { from, to, date, midnight }
    }
}

/// Milliseconds by which the wall clock is ahead of UTC.
pub fn offset_at(zone: Tz, at: i64) -> i64 {
    let utc = Instant(at).date_time().naive_utc();
    i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()) * 1000
}

/// The first instant for which something that holds at `low` and not at `high` holds no more.
fn boundary(mut low: i64, mut high: i64, holds: impl Fn(i64) -> bool) -> i64 {
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}
