//! Hours of a day as people write them: `09:00-13:00`.

use crate::limits::CALENDAR_INTERVALS_MAX;
use chrono::Weekday;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Minutes of a day.
pub const DAY_MINUTES: u32 = 24 * 60;

/// Days of the week as a calendar names them, Monday first.
pub const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
];

/// A working interval of the wall clock: from a minute of the day, included, to one that is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    pub from: u32,
    pub to: u32,
}

impl Interval {
    /// Reads `09:00-13:00`; the end may be `24:00`. None: no such hours, or they end before they begin.
    pub fn parse(text: &str) -> Option<Interval> {
        let (from, to) = text.split_once('-')?;
        let interval = Interval { from: minute(from)?, to: minute(to)? };
        (interval.from < interval.to).then_some(interval)
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Interval { from, to } = self;
        write!(formatter, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Interval, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::custom(format!("{text:?} is not 09:00-18:00"));
        Interval::parse(&text).ok_or_else(wrong)
    }
}

fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    let two_digits = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u32>().ok()).flatten()
    };
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    let of_day = hour * 60 + minute;
    (minute < 60 && of_day <= DAY_MINUTES).then_some(of_day)
}

/// What is wrong with the hours of one day: the place in the list, a code and a sentence.
pub fn check_day(texts: &[String]) -> Result<Vec<Interval>, Vec<(usize, &'static str, String)>> {
    let mut faults = Vec::new();
    let mut intervals: Vec<Interval> = Vec::with_capacity(texts.len());
    if texts.len() > CALENDAR_INTERVALS_MAX {
        let message = format!("A day may have at most {CALENDAR_INTERVALS_MAX} intervals.");
        return Err(vec![(CALENDAR_INTERVALS_MAX, "too-many", message)]);
    }
    for (index, text) in texts.iter().enumerate() {
        let Some(interval) = Interval::parse(text) else {
            let shown: String = text.chars().take(32).collect();
            let message =
                format!("{shown:?} must be hours of one day as 09:00-13:00, up to 24:00.");
            faults.push((index, "invalid-interval", message));
            continue;
        };
        if let Some(other) =
            intervals.iter().find(|it| it.from < interval.to && interval.from < it.to)
        {
            let message = format!("{interval} overlaps {other}; name each hour once.");
            faults.push((index, "intervals-overlap", message));
        }
        intervals.push(interval);
    }
    intervals.sort_unstable();
    if faults.is_empty() { Ok(intervals) } else { Err(faults) }
}
