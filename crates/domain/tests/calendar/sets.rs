//! A set of calendars is read whole, and a division goes by that of its nearest ancestor.

use crate::office;
use crate::tables::cases;
use oms_domain::calendar::{CalendarSet, Calendars};
use oms_domain::division::{Division, Neighbourhood};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn known() -> BTreeSet<String> {
    ["head", "north", "south"].map(str::to_owned).into()
}

#[test]
fn a_set_is_answered_as_it_was_sent() {
    let mut office = office("Asia/Tashkent");
    office["holidays"] = json!([{ "date": "2026-12-08", "name": "Constitution Day" }]);
    office["movedDays"] = json!([
        { "date": "2026-12-11", "hours": ["09:00-12:00", "22:00-24:00"] },
        { "date": "2026-12-12", "worksLike": "monday" },
    ]);
    let set =
        json!({ "calendars": [office], "divisions": { "head": "office", "south": "office" } });
    let read = CalendarSet::read(&set, &known()).expect("it has no faults");
    assert_eq!(read.to_json(), set);
}

#[test]
fn every_fault_of_a_set_is_told_at_once() {
    let table = r#"
        {"calendars": [{"code": "", "week": {"monday": ["9-13"], "someday": []}}]} => /calendars/0/code empty, /calendars/0/name required, /calendars/0/timeZone required, /calendars/0/week/monday/0 invalid-interval, /calendars/0/week/someday unknown-field
        {"calendars": [{"code": "a", "name": "A", "timeZone": "Mars/Olympus", "week": {"monday": ["09:00-13:00", "12:00-18:00"], "friday": ["18:00-09:00", "09:00-24:01"]}}]} => /calendars/0/timeZone unknown-value, /calendars/0/week/monday/1 intervals-overlap, /calendars/0/week/friday/0 invalid-interval, /calendars/0/week/friday/1 invalid-interval
        {"calendars": [{"code": "a", "name": "A", "timeZone": "UTC", "week": {}}]} => /calendars/0/week no-working-time
        {"calendars": [{"code": "a", "name": "A", "timeZone": "UTC", "week": {"monday": []}}]} => /calendars/0/week no-working-time
        {"calendars": [{"code": "a", "name": "A", "timeZone": "UTC", "week": {"monday": [9]}}]} => /calendars/0/week/monday/0 wrong-type
        {"calendars": [{"code": "a", "name": "A", "timeZone": "UTC"}]} => /calendars/0/week required
        {"calendars": [{"code": "a", "name": "A", "timeZone": "UTC", "week": {"monday": ["00:00-24:00"]}, "holidays": [{"date": "2026-02-30", "name": "X"}, {"date": "2026-05-01", "name": "Y"}, {"date": "2026-05-01", "name": "Z"}], "movedDays": [{"date": "2026-05-01", "worksLike": "monday"}, {"date": "2026-05-02"}, {"date": "2026-05-03", "hours": ["x"]}, {"worksLike": "monday"}]}]} => /calendars/0/holidays/0/date invalid-date, /calendars/0/holidays/2/date twice, /calendars/0/movedDays/1/worksLike required, /calendars/0/movedDays/2/hours/0 invalid-interval, /calendars/0/movedDays/3/date required
        {"calendars": [{"code": "a", "name": "A", "timeZone": "UTC", "week": {"monday": ["00:00-24:00"]}, "holidays": [{"date": "2026-05-01", "name": "Y"}], "movedDays": [{"date": "2026-05-01", "worksLike": "monday"}]}]} => /calendars/0/movedDays/0/date twice
        {"calendars": [{"code": "a", "name": "A", "timeZone": "UTC", "week": {"monday": ["00:00-24:00"]}}, {"code": "a", "name": "B", "timeZone": "UTC", "week": {"monday": ["00:00-24:00"]}}]} => /calendars/1/code twice
        {"calendars": [], "divisions": {"head": "office", "moon": "office", "north": 1}} => /divisions/head unknown-calendar, /divisions/moon unknown-division, /divisions/moon unknown-calendar, /divisions/north wrong-type
        {"divisions": {}} => /calendars required
        {"calendars": {}, "holidays": []} => /calendars wrong-type, /holidays unknown-field
        [] => ˗ not-an-object
    "#;
    for line in cases(table) {
        let (document, expected) = line.rsplit_once("=>").expect("two columns");
        let document: Value = serde_json::from_str(document).expect("JSON");
        let faults = CalendarSet::read(&document, &known()).expect_err(line);
        let told: Vec<String> = faults
            .iter()
            .map(|fault| match fault.pointer.as_str() {
                "" => format!("˗ {}", fault.code),
                pointer => format!("{pointer} {}", fault.code),
            })
            .collect();
        assert_eq!(told.join(", "), expected.trim(), "{line}");
        assert!(faults.iter().all(|fault| fault.message.ends_with('.')), "{faults:?}");
    }
}

#[test]
fn a_division_works_by_the_calendar_of_its_nearest_ancestor() {
    let division = |(code, parent): (&str, &str)| Division {
        code: code.to_owned(),
        parent_code: Some(parent.to_owned()).filter(|parent| !parent.is_empty()),
        name: code.to_owned(),
        kind: "branch".to_owned(),
        timezone: "UTC".to_owned(),
        email: None,
        head: None,
    };
    let tree =
        [("head", ""), ("north", "head"), ("south", "head"), ("lab", "north"), ("hut", "north")];
    let divisions: Vec<Division> = tree.map(division).into();
    let mut around = Neighbourhood::of(&divisions, "lab");
    // Of the covering division only its way up is known, and that of the division that has the order.
    around.neighbours.retain(|neighbour| neighbour.is_ancestor || neighbour.code == "south");
    let mut other = Neighbourhood::of(&divisions, "hut");
    other.neighbours.retain(|neighbour| neighbour.is_ancestor);
    around.others.push(other);
    let named = |code: &str| {
        let mut document = office("UTC");
        document["code"] = json!(code);
        crate::calendar(&document)
    };
    // calendars that divisions have of their own => lab hut north south head elsewhere
    let table = "
        -                        => round-the-clock round-the-clock round-the-clock round-the-clock round-the-clock round-the-clock
        head:a                   => a a a a a a
        north:b                  => b b b round-the-clock round-the-clock b
        head:a north:b           => b b b a a b
        head:a south:c hut:d     => a d a c a a
        lab:e                    => e round-the-clock round-the-clock round-the-clock round-the-clock e
    ";
    for line in cases(table) {
        let (given, expected) = line.split_once("=>").expect("two columns");
        let given = given.split_whitespace().filter_map(|word| word.split_once(':'));
        let given = given.map(|(division, code)| (division.to_owned(), named(code))).collect();
        let calendars = Calendars::around(&around, given);
        let found = ["lab", "hut", "north", "south", "head", "elsewhere"]
            .map(|code| calendars.of(code).code.as_str());
        // Out of reach of an order: as where its address is; with nothing said there, round the clock.
        assert_eq!(found.join(" "), expected.trim(), "{line}");
    }
}
