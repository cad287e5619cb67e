//! Working hours of each day of the week, and as instants in a zone.

use crate::calendar::Interval;
use crate::time::Instant;
use crate::zone::{begins, ends, local};
use chrono::{Datelike, NaiveDate, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

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

/// When a part of a day begins and ends. The clock may be put back or forward within it.
pub(super) fn instants(zone: Tz, date: NaiveDate, hours: Interval) -> (Instant, Instant) {
    (begins(zone, local(date, hours.from)), ends(zone, local(date, hours.to)))
}
