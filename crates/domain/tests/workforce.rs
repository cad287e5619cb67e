//! When technicians are free: one case per line, and random days on which no two visits meet.

#[path = "support/tables.rs"]
mod tables;

use oms_domain::time::Instant;
use oms_domain::workforce::{
    Booking, Organisation, Slot, SlotQuery, Technician, free_at, free_slots, least_booked,
    read_list,
};
use oms_domain::zone::{day, zone};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tables::cases;

/// What is asked, what is booked, and the slots.
const SLOTS: &str = include_str!("workforce/slots.txt");
/// A technician with one change, and the faults that it has.
const FAULTS: &str = include_str!("workforce/faults.txt");

fn list(document: &Value) -> Vec<Technician> {
    let divisions = BTreeSet::from(["north-tech".to_owned()]);
    let organisation = Organisation { divisions: &divisions, booked: &[] };
    read_list(document, organisation).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// Anvar in Tashkent with a lunch break and a way of half an hour, Bekzod who has a shift, an absence and other skills, and
/// Clara in Berlin, where the clock is put back on 25 October 2026 and forward on 28 March 2027.
fn technicians() -> Vec<Technician> {
    let week = |hours: Value| {
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
        Value::Object(days.iter().map(|day| ((*day).to_owned(), hours.clone())).collect())
    };
    list(&json!([
        { "code": "anvar", "name": "Anvar", "homeDivision": "north-tech", "skills": ["Internet", "fibre"],
          "timezone": "Asia/Tashkent", "workingPattern": week(json!(["14:00-18:00", "09:00-13:00"])),
          "travelBufferMinutes": 30 },
        { "code": "bekzod", "name": "Bekzod", "homeDivision": "north-tech", "skills": ["internet", "telephony"],
          "timezone": "Asia/Tashkent", "workingPattern": week(json!(["09:00-12:00", "12:00-18:00"])),
          "shifts": [{ "date": "2026-11-28", "hours": ["20:00-24:00"] }, { "date": "2026-11-27", "hours": [] }],
          "absences": [{ "from": "2026-11-26T04:00:00Z", "to": "2026-11-26T08:00:00Z", "reason": "Training" }] },
        { "code": "clara", "name": "Clara", "homeDivision": "north-tech", "skills": ["sea cable"],
          "timezone": "Europe/Berlin", "workingPattern": { "sunday": ["01:00-04:00"] } },
    ]))
}

/// `anvar 25T09:00 60, …`: who, from when in Tashkent in November 2026, and minutes.
fn bookings(text: &str) -> Vec<Booking> {
    let booking = |words: &str| {
        let [technician, from, minutes] = words.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{words}")
        };
        let from = time(from);
        Booking {
            technician: technician.to_owned(),
            order_id: "an order".to_owned(),
            from,
            to: from.plus_minutes(minutes.parse().expect("minutes")),
        }
    };
    text.split(',').map(str::trim).filter(|text| *text != "-").map(booking).collect()
}

/// `25T09:00` is in November 2026 in Tashkent; anything longer says all.
fn time(text: &str) -> Instant {
    let text = match text.len() {
        8 => format!("2026-11-{text}:00+05:00"),
        _ => text.to_owned(),
    };
    Instant::parse(&text).unwrap_or_else(|| panic!("{text} is no time"))
}

fn told(slots: &[Slot]) -> String {
    let one = |slot: &Slot| {
        format!("{} {}+{}", slot.local_time().replace("2026-11-", ""), slot.technician, slot.others)
    };
    if slots.is_empty() {
        "none".to_owned()
    } else {
        slots.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

#[test]
fn slots_are_free_in_working_hours_with_time_to_travel_and_the_least_booked_goes() {
    let technicians = technicians();
    for line in cases(SLOTS) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [question, booked, expected] = columns[..] else { panic!("{line}") };
        let [skill, minutes, range, now, limit] =
            question.split_whitespace().collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let (from, to) = range.split_once("..").expect("a range");
        let skill = skill.replace('_', " ");
        let query = SlotQuery {
            skill: Some(skill.as_str()).filter(|skill| *skill != "-"),
            duration_minutes: minutes.parse().expect("minutes"),
            from: time(from),
            to: time(to),
            now: time(now),
            limit: limit.parse().expect("a limit"),
        };
        assert_eq!(told(&free_slots(&technicians, &bookings(booked), &query)), expected, "{line}");
    }
}

#[test]
fn whoever_has_the_fewest_hours_that_day_goes_first() {
    let technicians = technicians();
    let names = |found: Vec<&Technician>| {
        found.into_iter().map(|it| it.code.clone()).collect::<Vec<_>>().join(" ")
    };
    // Booked, the time of an hour that is asked for, who is free then, and who could go at all.
    let table = "
        -                                        25T09:15  anvar bekzod  anvar bekzod
        anvar 25T14:00 60                        25T09:15  bekzod anvar  bekzod anvar
        anvar 25T14:00 60, bekzod 25T14:00 90    25T09:15  anvar bekzod  anvar bekzod
        anvar 24T14:00 60                        25T09:15  anvar bekzod  anvar bekzod
        anvar 25T10:30 60                        25T09:15  bekzod        bekzod anvar
        anvar 25T10:45 60                        25T09:15  bekzod anvar  bekzod anvar
        -                                        25T12:30  bekzod        anvar bekzod
        -                                        26T09:00  anvar         anvar bekzod
        -                                        27T09:00  anvar         anvar bekzod
        -                                        28T09:00  -             anvar bekzod
    ";
    for line in cases(table) {
        let columns: Vec<&str> =
            line.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
        let [booked, from, free, all] = columns[..] else { panic!("{line}") };
        let (booked, from) = (bookings(booked), time(from));
        let (skill, to) = (Some("internet"), from.plus_minutes(60));
        let found = names(free_at(&technicians, &booked, skill, from, to));
        assert_eq!(if found.is_empty() { "-" } else { &found }, free, "{line}");
        assert_eq!(names(least_booked(&technicians, &booked, skill, from)), all, "{line}");
    }
}

#[test]
fn a_day_is_as_long_as_its_zone_makes_it() {
    for (name, date, hours) in [
        ("Asia/Tashkent", "2026-11-25", 24),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Europe/Berlin", "2027-03-28", 23),
        ("Australia/Lord_Howe", "2026-04-05", 24),
        ("Pacific/Apia", "2011-12-30", 0),
    ] {
        let (from, to) = day(zone(Some(name)), date.parse().expect("a date"));
        assert_eq!((to.0 - from.0) / 3_600_000, hours, "{name} {date}");
    }
}

#[test]
fn every_fault_of_a_list_is_told_with_its_place() {
    let sound = json!({
        "code": "anvar", "name": "Anvar", "homeDivision": "north-tech", "skills": ["internet"],
        "workingPattern": { "monday": ["09:00-18:00"] }
    });
    let divisions = BTreeSet::from(["north-tech".to_owned()]);
    let booked = ["bekzod".to_owned()];
    let told = |document: &Value, booked: &[String]| -> String {
        let organisation = Organisation { divisions: &divisions, booked };
        let faults = read_list(document, organisation).err().unwrap_or_default();
        let told: Vec<String> =
            faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect();
        told.join(", ").trim().to_owned()
    };
    for line in cases(FAULTS) {
        let (change, expected) = line.split_once('|').expect("a change and its faults");
        let (name, value) = change.trim().split_once('=').expect("a field and its value");
        let mut technician = sound.clone();
        let value: Value = serde_json::from_str(value).unwrap_or_else(|_| panic!("{line}"));
        technician[name] = value;
        assert_eq!(told(&json!([technician]), &[]), expected.trim(), "{line}");
    }
    assert_eq!(told(&json!({ "items": [] }), &[]), "wrong-type");
    assert_eq!(told(&json!([7, sound, sound]), &[]), "/0 wrong-type, /2/code twice");
    assert_eq!(told(&json!([sound]), &booked), "technician-in-use");
    let worst = json!([{ "code": "a b", "skills": "all", "workingPattern": { "monday": ["9-18"] }, "x": 1 }]);
    assert_eq!(
        told(&worst, &[]),
        "/0/code bad-code, /0/name required, /0/homeDivision required, /0/skills wrong-type, \
         /0/workingPattern/monday/0 invalid-hours, /0/x unknown-field"
    );
}

#[test]
fn a_list_is_answered_as_it_was_sent() {
    let technicians = technicians();
    let document = serde_json::to_value(&technicians).expect("JSON");
    assert_eq!(document[0]["workingPattern"]["monday"], json!(["14:00-18:00", "09:00-13:00"]));
    assert_eq!(document[0]["skills"], json!(["internet", "fibre"]));
    assert_eq!(document[1]["shifts"][0], json!({ "date": "2026-11-28", "hours": ["20:00-24:00"] }));
    assert_eq!(list(&document), technicians);
    let stored: Vec<Technician> = serde_json::from_value(document).expect("technicians");
    assert_eq!(stored, technicians);
}

/// A number sequence that is the same in every run (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[test]
fn visits_booked_where_slots_are_free_never_meet() {
    let mut technicians = technicians();
    technicians[1].travel_buffer_minutes = 45;
    technicians[2].working_pattern = technicians[1].working_pattern.clone();
    technicians[2].skills = vec!["fibre".to_owned(), "telephony".to_owned()];
    let begin = time("23T00:00");
    let mut numbers = Numbers(20_261_124);
    for round in 0..40 {
        let mut booked: Vec<Booking> = Vec::new();
        for _ in 0..60 {
            let skill = ["internet", "fibre", "telephony"][numbers.below(3) as usize];
            let duration_minutes = 15 + 15 * numbers.below(12) as i64;
            let from = begin.plus_minutes(numbers.below(5 * 24 * 60) as i64);
            let query = SlotQuery {
                skill: Some(skill),
                duration_minutes,
                from,
                to: from.plus_minutes(3 * 24 * 60),
                now: begin,
                limit: 8,
            };
            let slots = free_slots(&technicians, &booked, &query);
            assert!(slots.windows(2).all(|pair| pair[0].from < pair[1].from), "in order of time");
            if slots.is_empty() {
                continue;
            }
            let slot = &slots[numbers.below(slots.len() as u64) as usize];
            assert!(from <= slot.from && slot.to <= query.to);
            let free = free_at(&technicians, &booked, Some(skill), slot.from, slot.to);
            assert_eq!(free[0].code, slot.technician, "proposed and free are the same");
            assert_eq!(free.len() - 1, slot.others);
            booked.push(Booking {
                technician: slot.technician.clone(),
                order_id: round.to_string(),
                from: slot.from,
                to: slot.to,
            });
        }
        assert!(booked.len() > 10, "round {round} books {}", booked.len());
        for (index, one) in booked.iter().enumerate() {
            let who = technicians.iter().find(|it| it.code == one.technician).expect("known");
            let travel = who.travel_buffer_minutes;
            for other in booked[index + 1..].iter().filter(|it| it.technician == one.technician) {
                let apart = one.to.plus_minutes(travel) <= other.from
                    || other.to.plus_minutes(travel) <= one.from;
                assert!(apart, "round {round}: {one:?} and {other:?}");
            }
        }
    }
}
