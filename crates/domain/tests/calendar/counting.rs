//! Counting by calendars that people can check by hand.

use crate::tables::cases;
use crate::{calendar, office};
use oms_domain::calendar::Calendar;
use oms_domain::time::Instant;
use serde_json::json;

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap_or_else(|| panic!("{text} is no time"))
}

/// `from | minutes | expected`, each in the time zone of its offset.
fn assert_plus(calendar: &Calendar, table: &str) {
    for line in cases(table) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let minutes: i64 = columns[1].parse().expect("minutes");
        let (from, expected) = (at(columns[0]), at(columns[2]));
        let found = calendar.plus_working_minutes(from, minutes);
        assert_eq!(found, expected, "{line}: {found}");
        assert_eq!(calendar.working_minutes_between(from, found), minutes, "{line}: back");
    }
}

#[test]
fn breaks_nights_week_ends_holidays_and_moved_days_are_left_out() {
    let mut document = office("Asia/Tashkent");
    document["holidays"] = json!([{ "date": "2026-12-08", "name": "Constitution Day" }]);
    document["movedDays"] = json!([
        { "date": "2026-12-12", "worksLike": "monday" },
        { "date": "2026-12-11", "hours": ["09:00-12:00"] },
    ]);
    // The 4th of December 2026 is a Friday.
    assert_plus(
        &calendar(&document),
        "
        2026-12-04T09:00:00+05:00 |   60 | 2026-12-04T10:00:00+05:00
        2026-12-04T12:30:00+05:00 |   60 | 2026-12-04T14:30:00+05:00
        2026-12-04T12:30:00+05:00 |   30 | 2026-12-04T13:00:00+05:00
        2026-12-04T17:00:00+05:00 |  120 | 2026-12-07T10:00:00+05:00
        2026-12-04T17:00:00+05:00 |   60 | 2026-12-04T18:00:00+05:00
        2026-12-05T11:00:00+05:00 |    1 | 2026-12-07T09:01:00+05:00
        2026-12-07T17:30:00+05:00 |   60 | 2026-12-09T09:30:00+05:00
        2026-12-10T17:00:00+05:00 |  300 | 2026-12-12T10:00:00+05:00
        2026-12-04T09:00:00+05:00 |    0 | 2026-12-04T09:00:00+05:00
        2026-12-07T09:30:00+05:00 |  -60 | 2026-12-04T17:30:00+05:00
        2026-12-07T10:00:00+05:00 |  -60 | 2026-12-07T09:00:00+05:00
        2026-12-06T10:00:00+05:00 | -480 | 2026-12-04T09:00:00+05:00
        ",
    );
}

#[test]
fn a_night_shift_over_a_change_of_the_clock_is_shorter_or_longer() {
    let night = json!({
        "code": "night", "name": "Night", "timeZone": "Europe/Berlin",
        "week": { "saturday": ["22:00-24:00"], "sunday": ["00:00-06:00"] },
    });
    let night = calendar(&night);
    // Forward on the 29th of March 2026, back on the 25th of October.
    assert_plus(
        &night,
        "
        2026-03-28T22:00:00+01:00 | 420 | 2026-03-29T06:00:00+02:00
        2026-10-24T22:00:00+02:00 | 540 | 2026-10-25T06:00:00+01:00
        2026-11-07T22:00:00+01:00 | 480 | 2026-11-08T06:00:00+01:00
        ",
    );
    let nothing = json!({
        "code": "gap", "name": "Gap", "timeZone": "Europe/Berlin",
        "week": { "sunday": ["02:00-03:00"] },
    });
    let nothing = calendar(&nothing);
    let (from, to) = (at("2026-03-28T12:00:00Z"), at("2026-03-30T12:00:00Z"));
    assert_eq!(nothing.working_minutes_between(from, to), 0, "that hour did not exist");
    let (from, to) = (at("2026-10-24T12:00:00Z"), at("2026-10-26T12:00:00Z"));
    assert_eq!(nothing.working_minutes_between(from, to), 120, "that hour came twice");
}

#[test]
fn the_next_working_instant_is_now_or_when_work_begins() {
    let office = calendar(&office("Asia/Tashkent"));
    let table = "
        2026-12-04T09:00:00+05:00 | 2026-12-04T09:00:00+05:00
        2026-12-04T12:59:59+05:00 | 2026-12-04T12:59:59+05:00
        2026-12-04T13:00:00+05:00 | 2026-12-04T14:00:00+05:00
        2026-12-04T18:00:00+05:00 | 2026-12-07T09:00:00+05:00
        2026-12-06T23:59:00+05:00 | 2026-12-07T09:00:00+05:00
    ";
    for line in cases(table) {
        let (from, expected) = line.split_once('|').expect("two columns");
        let (from, expected) = (at(from.trim()), at(expected.trim()));
        assert_eq!(office.next_working_instant(from), expected, "{line}");
        assert_eq!(office.is_working(from), from == expected, "{line}");
        assert!(office.is_working(expected), "{line}");
    }
}

#[test]
fn round_the_clock_counts_what_passes() {
    let always = Calendar::round_the_clock();
    let (now, ms) = (at("2026-12-05T23:00:00Z"), 86_400_001);
    assert_eq!(always.plus_working_ms(now, ms), now.plus_ms(ms));
    assert_eq!(always.plus_working_ms(now, -ms), now.plus_ms(-ms));
    assert_eq!(always.working_ms_between(now.plus_ms(ms), now), -ms);
    assert_eq!(always.next_working_instant(now), now);
    // A calendar that says the same in words counts the same.
    let day = json!(["00:00-12:00", "12:00-24:00"]);
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let week: serde_json::Map<String, serde_json::Value> =
        days.iter().map(|name| ((*name).to_owned(), day.clone())).collect();
    let said =
        json!({ "code": "all", "name": "All", "timeZone": "America/Santiago", "week": week });
    assert_eq!(calendar(&said).plus_working_ms(now, ms), now.plus_ms(ms));
}

#[test]
fn a_deadline_of_centuries_still_has_an_end() {
    let office = calendar(&office("Asia/Tashkent"));
    let now = at("2026-12-04T04:00:00Z");
    let far = office.plus_working_minutes(now, 1_000_000_000);
    assert!(far > now.plus_minutes(100_000_000), "{far}");
    assert!(office.plus_working_minutes(now, -1_000_000_000) < now);
}
