//! Working hours of each day of the week, and as instants in a zone.

use crate::calendar::Interval;
use crate::time::Instant;
use chrono::{Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Steps by which the end of a gap in local time is looked for; gaps are an hour, and once were a whole day.
const GAP_STEP_MINUTES: i64 = 15;
const GAP_STEPS_MAX: i32 = 24 * 4 + 4;

/// The hours of every weekday; a day without any is free.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkingPattern {
    pub monday: Vec<Interval>,
    pub tuesday: Vec<Interval>,
    pub wednesday: Vec<Interval>,
    pub thursday: Vec<Interval>,
    pub friday: Vec<Interval>,
    pub saturday: Vec<Interval>,
    pub sunday: Vec<Interval>,
}

impl WorkingPattern {
    pub fn of(&self, weekday: Weekday) -> &[Interval] {
        match weekday {
            Weekday::Mon => &self.monday,
            Weekday::Tue => &self.tuesday,
            Weekday::Wed => &self.wednesday,
            Weekday::Thu => &self.thursday,
            Weekday::Fri => &self.friday,
            Weekday::Sat => &self.saturday,
            Weekday::Sun => &self.sunday,
        }
    }

    pub(super) fn of_date(&self, date: NaiveDate) -> &[Interval] {
        self.of(date.weekday())
    }
}

pub fn is_known_zone(name: &str) -> bool {
    name.parse::<Tz>().is_ok()
}

/// The zone of an IANA name. A name that is not known here is read as UTC: what is saved was checked before.
pub fn zone(name: Option<&str>) -> Tz {
    name.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
}

/// The first instant of a day in a zone, and that of the next day.
pub fn day(zone: Tz, date: NaiveDate) -> (Instant, Instant) {
    let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
    (begins(zone, midnight(date)), begins(zone, midnight(next)))
}

/// The day in a zone to which an instant belongs.
pub(super) fn date_in(zone: Tz, instant: Instant) -> NaiveDate {
    instant.date_time().with_timezone(&zone).date_naive()
}

/// When a part of a day begins and ends. The clock may be put back or forward within it.
pub(super) fn instants(zone: Tz, date: NaiveDate, hours: Interval) -> (Instant, Instant) {
    (begins(zone, local(date, hours.from)), ends(zone, local(date, hours.to)))
}

/// The instant of a local time. None: the clock is put forward over it. Of two the first.
pub(super) fn exactly(zone: Tz, date: NaiveDate, minute: u32) -> Option<Instant> {
    let time = zone.from_local_datetime(&local(date, minute)).earliest()?;
    Some(Instant(time.timestamp_millis()))
}

fn midnight(date: NaiveDate) -> NaiveDateTime {
    date.and_time(chrono::NaiveTime::MIN)
}

fn local(date: NaiveDate, minute: u32) -> NaiveDateTime {
    midnight(date) + TimeDelta::minutes(i64::from(minute))
}

fn begins(zone: Tz, time: NaiveDateTime) -> Instant {
    resolved(zone, time, |earliest, _| earliest)
}

fn ends(zone: Tz, time: NaiveDateTime) -> Instant {
    resolved(zone, time, |_, latest| latest)
}

/// A local time that does not exist is taken as the end of the gap; of one that exists twice the caller chooses.
fn resolved(zone: Tz, time: NaiveDateTime, choose: fn(i64, i64) -> i64) -> Instant {
    let mut time = time;
    for _ in 0..GAP_STEPS_MAX {
        match zone.from_local_datetime(&time) {
            LocalResult::Single(found) => return Instant(found.timestamp_millis()),
            LocalResult::Ambiguous(earliest, latest) => {
                return Instant(choose(earliest.timestamp_millis(), latest.timestamp_millis()));
            }
            LocalResult::None => time += TimeDelta::minutes(GAP_STEP_MINUTES),
        }
    }
    Instant(time.and_utc().timestamp_millis())
}
