//! All calendars of an operator, and which division goes by which.

use super::Calendar;
use crate::input::{Fault, Faults};
use crate::limits::{CALENDARS_MAX, CODE_CHARACTERS_MAX, DIVISIONS_MAX};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// All calendars and their divisions; swapped as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CalendarSet {
    pub calendars: Vec<Calendar>,
    /// Code of a division → code of its calendar. Divisions below it that are not named go by it too.
    pub divisions: BTreeMap<String, String>,
}

impl CalendarSet {
    /// Reads a whole set, with every fault at once. `known` are the codes of the divisions that there are.
    pub fn read(document: &Value, known: &BTreeSet<String>) -> Result<CalendarSet, Vec<Fault>> {
        let faults = Faults::default();
        let Some(reader) = faults.document(document) else { return Err(faults.into_vec()) };
        let mut set = CalendarSet::default();
        let mut codes = BTreeSet::new();
        if reader.value("calendars").is_none() {
            reader.required("calendars");
        } else {
            for entry in reader.objects("calendars", CALENDARS_MAX).unwrap_or_default() {
                let code = entry.value("code").and_then(Value::as_str).map(str::trim);
                if let Some(code) = code.filter(|code| !codes.insert((*code).to_owned())) {
                    entry.fault("code", "twice", format!("Calendar {code:?} is there twice."));
                }
                set.calendars.extend(Calendar::read(&entry));
            }
        }
        if reader.value("divisions").is_some()
            && let Some(divisions) = reader.object("divisions")
        {
            if divisions.names().count() > DIVISIONS_MAX {
                let message = format!("At most {DIVISIONS_MAX} divisions.");
                reader.fault("divisions", "too-many", message);
                return Err(faults.into_vec());
            }
            for division in divisions.names() {
                let calendar = divisions.required_text(division, CODE_CHARACTERS_MAX);
                if !known.contains(division) {
                    let message = format!("There is no division {division:.64?}.");
                    divisions.fault(division, "unknown-division", message);
                }
                let Some(calendar) = calendar else { continue };
                if !codes.contains(&calendar) {
                    let message = format!("There is no calendar {calendar:?} in this set.");
                    divisions.fault(division, "unknown-calendar", message);
                }
                set.divisions.insert(division.clone(), calendar);
            }
        }
        reader.finish();
        if faults.is_empty() { Ok(set) } else { Err(faults.into_vec()) }
    }

    /// The set as it is sent.
    pub fn to_json(&self) -> Value {
        let calendars: Vec<Value> = self.calendars.iter().map(Calendar::to_json).collect();
        json!({ "calendars": calendars, "divisions": self.divisions })
    }
}
