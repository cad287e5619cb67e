//! Working time: calendars are read with every fault at once, and counting by them is exact.

#[path = "calendar/counting.rs"]
mod counting;
#[path = "support/minutes.rs"]
mod minutes;
#[path = "support/random.rs"]
mod random;
#[path = "calendar/reference.rs"]
mod reference;
#[path = "calendar/sets.rs"]
mod sets;
#[path = "support/tables.rs"]
mod tables;

use oms_domain::calendar::{Calendar, CalendarSet};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The one calendar of a set that has no faults.
fn calendar(document: &Value) -> Calendar {
    let set = CalendarSet::read(&json!({ "calendars": [document] }), &BTreeSet::new());
    let mut calendars = set.unwrap_or_else(|faults| panic!("{faults:?}")).calendars;
    calendars.remove(0)
}

/// Monday to Friday from nine to six with a break, in a time zone.
fn office(zone: &str) -> Value {
    let day = json!(["09:00-13:00", "14:00-18:00"]);
    json!({
        "code": "office", "name": "Office", "timeZone": zone,
        "week": { "monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day },
    })
}
