//! Counting equals a slow reference that looks at every minute of the wall clock.

use crate::calendar;
use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use chrono_tz::Tz;
use oms_domain::calendar::Calendar;
use oms_domain::time::Instant;
use serde_json::{Map, Value, json};

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;
/// Days that are looked at around each change of the clock.
const DAYS: i64 = 44;
const CASES: usize = 10_000;
const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Zones and a day near a change of their clock: north, south at midnight, south by half an hour, and one that is half
/// an hour beside the others and never changes.
const PLACES: [(&str, &str); 8] = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/Santiago", "2026-04-05"),
    ("America/Santiago", "2026-09-06"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("America/New_York", "2026-11-01"),
    ("Asia/Kolkata", "2026-06-15"),
];

/// Numbers that are the same in every run (xorshift64*, Vigna 2016).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        number as i64 % end
    }
}

/// Hours of a day: none, all of it, or up to three intervals.
fn hours(numbers: &mut Numbers) -> Vec<(i64, i64)> {
    match numbers.below(6) {
        0 => Vec::new(),
        1 => vec![(0, DAY_MINUTES)],
        _ => {
            let mut marks: Vec<i64> =
                (0..2 + 2 * numbers.below(3)).map(|_| numbers.below(97) * 15).collect();
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

/// A calendar, and what it means, minute by minute of the wall clock.
struct Case {
    calendar: Calendar,
    begin: i64,
    /// Whether each minute from the begin on is a working one.
    minutes: Vec<bool>,
}

impl Case {
    fn of(place: (&str, &str), numbers: &mut Numbers) -> Case {
        let zone: Tz = place.0.parse().expect("a zone");
        let middle: NaiveDate = place.1.parse().expect("a date");
        let mut week: Vec<Vec<(i64, i64)>> = (0..7).map(|_| hours(numbers)).collect();
        week[numbers.below(7) as usize] = vec![(0, 180), (540, 1080), (1260, 1440)];
        let mut special: Vec<(NaiveDate, Option<Vec<(i64, i64)>>)> = Vec::new();
        for _ in 0..6 {
            let date = middle + chrono::Days::new(numbers.below(20) as u64);
            if special.iter().all(|(other, _)| *other != date) {
                let hours = (numbers.below(2) == 0).then(|| hours(numbers));
                special.push((date, hours));
            }
        }
        let days: Map<String, Value> =
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
            "code": "case", "name": "Case", "timeZone": place.0, "week": days,
            "holidays": dated(false).collect::<Vec<_>>(), "movedDays": dated(true).collect::<Vec<_>>(),
        });
        let first = middle.and_time(chrono::NaiveTime::MIN).and_utc();
        let begin = first.timestamp_millis() - DAYS / 2 * DAY_MINUTES * MINUTE_MS;
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
        let minutes = (0..DAYS * DAY_MINUTES).map(is_working).collect();
        Case { calendar: calendar(&document), begin, minutes }
    }

    fn instant(&self, minute: i64) -> Instant {
        Instant(self.begin + minute * MINUTE_MS)
    }

    fn working_between(&self, from: i64, to: i64) -> i64 {
        self.minutes[from as usize..to as usize].iter().filter(|working| **working).count() as i64
    }

    /// The first minute after `from` until which so many have passed.
    fn plus(&self, from: i64, count: i64) -> Option<i64> {
        let (mut minute, mut left) = (from, count);
        while left > 0 {
            left -= i64::from(*self.minutes.get(minute as usize)?);
            minute += 1;
        }
        Some(minute)
    }

    /// The last minute before `from` since which so many have passed.
    fn minus(&self, from: i64, count: i64) -> Option<i64> {
        let (mut minute, mut left) = (from, count);
        while left > 0 {
            minute -= 1;
            left -= i64::from(*self.minutes.get(usize::try_from(minute).ok()?)?);
        }
        Some(minute)
    }
}

#[test]
fn counting_equals_a_minute_by_minute_reference_in_ten_thousand_random_cases() {
    let mut numbers = Numbers(0x1D87_2B41_9C3E_55A7);
    let cases: Vec<Case> =
        (0..24).map(|index| Case::of(PLACES[index % PLACES.len()], &mut numbers)).collect();
    let (mut counted, mut compared) = (0, [0; 4]);
    while counted < CASES {
        let case = &cases[counted % cases.len()];
        let length = case.minutes.len() as i64;
        let (a, b) = (numbers.below(length), numbers.below(length));
        let (from, to) = (a.min(b), a.max(b));
        let Case { calendar, .. } = case;
        let told = || format!("{calendar:?} from {} to {}", case.instant(from), case.instant(to));
        let between = case.working_between(from, to);
        let (begin, end) = (case.instant(from), case.instant(to));
        assert_eq!(calendar.working_minutes_between(begin, end), between, "{}", told());
        assert_eq!(calendar.working_minutes_between(end, begin), -between, "{}", told());
        assert_eq!(calendar.is_working(begin), case.minutes[from as usize], "{}", told());
        compared[0] += 1;
        let count = numbers.below(3_000);
        if let Some(expected) = case.plus(from, count) {
            let found = calendar.plus_working_minutes(begin, count);
            assert_eq!(found, case.instant(expected), "plus {count}: {}", told());
            compared[1] += 1;
        }
        if let Some(expected) = case.minus(to, count) {
            let found = calendar.plus_working_minutes(end, -count);
            assert_eq!(found, case.instant(expected), "minus {count}: {}", told());
            compared[2] += 1;
        }
        let next = (from..length).find(|minute| case.minutes[*minute as usize]);
        if let Some(next) = next {
            assert_eq!(calendar.next_working_instant(begin), case.instant(next), "{}", told());
            compared[3] += 1;
        }
        counted += 1;
    }
    assert!(compared.iter().all(|count| *count > CASES / 2), "{compared:?}");
}
