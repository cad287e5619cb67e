//! Calendars drawn by chance, and what they mean: a slow reference that looks at every minute of the wall clock.

use crate::random::Random;
use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use chrono_tz::Tz;
use oms_domain::calendar::{Calendar, CalendarSet};
use oms_domain::time::Instant;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;
const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Hours of a day: none, all of it, or up to three intervals.
fn hours(random: &mut Random) -> Vec<(i64, i64)> {
    match random.below(6) {
        0 => Vec::new(),
        1 => vec![(0, DAY_MINUTES)],
        _ => {
            let count = 2 + 2 * random.below(3);
            let mut marks: Vec<i64> = (0..count).map(|_| random.below(97) as i64 * 15).collect();
            marks.sort_unstable();
            marks.dedup();
            marks.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
        }
    }
}

fn texts(hours: &[(i64, i64)]) -> Value {
    let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    json!(hours.iter().map(|(a, b)| format!("{}-{}", clock(*a), clock(*b))).collect::<Vec<_>>())
}

/// A calendar, and whether each minute of some days is a working one. Minutes count from the begin of those days.
pub struct Minutes {
    pub calendar: Calendar,
    begin: i64,
    pub minutes: Vec<bool>,
}

impl Minutes {
    /// So many days around this one. At least one day of the week has work at night and by day.
    pub fn drawn(zone_name: &str, day: &str, days: i64, random: &mut Random) -> Minutes {
        let zone: Tz = zone_name.parse().expect("a zone");
        let middle: NaiveDate = day.parse().expect("a date");
        let mut week: Vec<Vec<(i64, i64)>> = (0..7).map(|_| hours(random)).collect();
        week[random.below(7) as usize] = vec![(0, 180), (540, 1080), (1260, 1440)];
        let mut special: Vec<(NaiveDate, Option<Vec<(i64, i64)>>)> = Vec::new();
        for _ in 0..6 {
            let date = middle + chrono::Days::new(random.below(20));
            if special.iter().all(|(other, _)| *other != date) {
                let hours = (random.below(2) == 0).then(|| hours(random));
                special.push((date, hours));
            }
        }
        let week_days: Map<String, Value> =
            WEEKDAYS.iter().zip(&week).map(|(day, it)| ((*day).to_owned(), texts(it))).collect();
        let dated = |moved: bool| {
            special.iter().filter(move |(_, hours)| hours.is_some() == moved).map(
                |(date, hours)| match hours {
                    Some(hours) => json!({ "date": date.to_string(), "hours": texts(hours) }),
                    None => json!({ "date": date.to_string(), "name": "Holiday" }),
                },
            )
        };
        let document = json!({
            "code": "case", "name": "Case", "timeZone": zone_name, "week": week_days,
            "holidays": dated(false).collect::<Vec<_>>(), "movedDays": dated(true).collect::<Vec<_>>(),
        });
        let first = middle.and_time(chrono::NaiveTime::MIN).and_utc();
        let begin = first.timestamp_millis() - days / 2 * DAY_MINUTES * MINUTE_MS;
        let is_working = |minute: i64| {
            let utc = DateTime::from_timestamp_millis(begin + minute * MINUTE_MS).expect("a time");
            let local = utc.with_timezone(&zone).naive_local();
            let of_day = i64::from(local.hour() * 60 + local.minute());
            let named = special.iter().find(|(date, _)| *date == local.date());
            let hours = match named {
                Some((_, hours)) => hours.as_deref().unwrap_or_default(),
                None => &week[local.weekday().num_days_from_monday() as usize],
            };
            hours.iter().any(|(from, to)| *from <= of_day && of_day < *to)
        };
        let minutes = (0..days * DAY_MINUTES).map(is_working).collect();
        let set = CalendarSet::read(&json!({ "calendars": [document] }), &BTreeSet::new());
        let calendar = set.unwrap_or_else(|faults| panic!("{faults:?}")).calendars.remove(0);
        Minutes { calendar, begin, minutes }
    }

    pub fn instant(&self, minute: i64) -> Instant {
        Instant(self.begin + minute * MINUTE_MS)
    }

    /// Working minutes from one to another that is not earlier.
    pub fn between(&self, from: i64, to: i64) -> i64 {
        self.minutes[from as usize..to as usize].iter().filter(|working| **working).count() as i64
    }

    /// The first minute after `from` until which so many have passed.
    pub fn plus(&self, from: i64, count: i64) -> Option<i64> {
        let (mut minute, mut left) = (from, count);
        while left > 0 {
            left -= i64::from(*self.minutes.get(minute as usize)?);
            minute += 1;
        }
        Some(minute)
    }

    /// The last minute before `from` since which so many have passed.
    pub fn minus(&self, from: i64, count: i64) -> Option<i64> {
        let (mut minute, mut left) = (from, count);
        while left > 0 {
            minute -= 1;
            left -= i64::from(*self.minutes.get(usize::try_from(minute).ok()?)?);
        }
        Some(minute)
    }
}
