//! The list of technicians as it comes in: every fault at once, each with its place.

use super::{Absence, Shift, Technician, WorkingPattern};
use crate::calendar::Interval;
use crate::input::{Fault, Faults, ObjectReader, check_text};
use crate::limits::{
    ABSENCES_MAX, CODE_CHARACTERS_MAX, HOURS_PER_DAY_MAX, NAME_CHARACTERS_MAX, SHIFTS_MAX,
    SKILLS_MAX, TECHNICIANS_MAX, TRAVEL_BUFFER_MINUTES_MAX,
};
use crate::zone::is_known_zone;
use serde_json::Value;
use std::collections::BTreeSet;

/// What the list must agree with.
#[derive(Debug, Clone, Copy)]
pub struct Organisation<'a> {
    /// Codes of all divisions.
    pub divisions: &'a BTreeSet<String>,
    /// Codes of technicians with visits ahead: they can't be left out.
    pub booked: &'a [String],
}

/// Reads the whole list.
pub fn read_list(
    document: &Value,
    organisation: Organisation<'_>,
) -> Result<Vec<Technician>, Vec<Fault>> {
    let faults = Faults::default();
    let entries = faults.documents(document, TECHNICIANS_MAX).unwrap_or_default();
    let mut technicians = Vec::with_capacity(entries.len());
    let mut codes = BTreeSet::new();
    for entry in &entries {
        let technician = technician(entry, organisation.divisions);
        entry.finish();
        if let Some(code) = entry.value("code").and_then(Value::as_str)
            && !codes.insert(code.trim())
        {
            entry.fault("code", "twice", format!("Technician {code:?} is there twice."));
        }
        technicians.extend(technician);
    }
    for code in organisation.booked.iter().filter(|code| !codes.contains(code.as_str())) {
        let message = format!(
            "Technician {code:?} has visits ahead; move those first, or keep the entry with an absence."
        );
        faults.add("", "technician-in-use", message);
    }
    match faults.is_empty() {
        true => Ok(technicians),
        false => Err(faults.into_vec()),
    }
}

fn technician(reader: &ObjectReader<'_>, divisions: &BTreeSet<String>) -> Option<Technician> {
    let code = reader.required_text("code", CODE_CHARACTERS_MAX);
    let code = code.filter(|code| is_code(reader, code));
    let name = reader.required_text("name", NAME_CHARACTERS_MAX);
    let home_division = reader.required_text("homeDivision", CODE_CHARACTERS_MAX);
    if let Some(unknown) = home_division.as_ref().filter(|code| !divisions.contains(*code)) {
        let message =
            format!("There is no division {unknown:?}; GET /api/v1/divisions lists them.");
        reader.fault("homeDivision", "unknown-division", message);
    }
    let timezone = reader.text("timezone", CODE_CHARACTERS_MAX);
    if let Some(unknown) = timezone.as_ref().filter(|name| !is_known_zone(name)) {
        let message = format!("{unknown:?} must be an IANA name such as Asia/Tashkent.");
        reader.fault("timezone", "unknown-value", message);
    }
    let skills = skills(reader);
    let working_pattern = working_pattern(reader);
    let shifts = shifts(reader);
    let absences = absences(reader);
    let travel_buffer_minutes = minutes(reader, "travelBufferMinutes");
    Some(Technician {
        code: code?,
        name: name?,
        home_division: home_division?,
        skills,
        timezone,
        working_pattern: working_pattern?,
        shifts,
        absences,
        travel_buffer_minutes,
    })
}

/// Codes stand in addresses.
fn is_code(reader: &ObjectReader<'_>, code: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let sound = code.chars().all(plain);
    if !sound {
        let message = format!("{code:?} may have letters, digits, hyphens, dots and underlines.");
        reader.fault("code", "bad-code", message);
    }
    sound
}

/// The texts of an array, each with its place.
fn texts<'a>(reader: &ObjectReader<'a>, name: &str, entries_max: usize) -> Vec<(usize, &'a str)> {
    let Some(value) = reader.value(name) else { return Vec::new() };
    let Value::Array(entries) = value else {
        reader.fault(name, "wrong-type", format!("{name} must be an array of texts."));
        return Vec::new();
    };
    if entries.len() > entries_max {
        reader.fault(name, "too-many", format!("{name} may have at most {entries_max} entries."));
        return Vec::new();
    }
    let mut found = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        match entry.as_str() {
            Some(text) => found.push((index, text)),
            None => reader.fault_at(name, index, "wrong-type", "Every entry must be a text."),
        }
    }
    found
}

fn skills(reader: &ObjectReader<'_>) -> Vec<String> {
    if reader.value("skills").is_none() {
        reader.fault("skills", "required", "skills is required; an empty array means none.");
        return Vec::new();
    }
    let mut skills: Vec<String> = Vec::new();
    for (index, text) in texts(reader, "skills", SKILLS_MAX) {
        match check_text(text, CODE_CHARACTERS_MAX, false) {
            Err((code, message)) => {
                reader.fault_at("skills", index, code, format!("A skill {message}"));
            }
            Ok(text) => {
                let skill = text.to_lowercase();
                match skills.contains(&skill) {
                    true => {
                        let message = format!("Skill {skill:?} is there twice.");
                        reader.fault_at("skills", index, "twice", message);
                    }
                    false => skills.push(skill),
                }
            }
        }
    }
    skills
}

fn working_pattern(reader: &ObjectReader<'_>) -> Option<WorkingPattern> {
    if reader.value("workingPattern").is_none() {
        reader.required("workingPattern");
        return None;
    }
    let days = reader.object("workingPattern")?;
    let pattern = WorkingPattern {
        monday: hours(&days, "monday"),
        tuesday: hours(&days, "tuesday"),
        wednesday: hours(&days, "wednesday"),
        thursday: hours(&days, "thursday"),
        friday: hours(&days, "friday"),
        saturday: hours(&days, "saturday"),
        sunday: hours(&days, "sunday"),
    };
    days.finish();
    Some(pattern)
}

fn hours(reader: &ObjectReader<'_>, name: &str) -> Vec<Interval> {
    let mut found: Vec<Interval> = Vec::new();
    for (index, text) in texts(reader, name, HOURS_PER_DAY_MAX) {
        let Some(hours) = Interval::parse(text) else {
            let message = format!(
                "{text:?} must be hours such as 09:00-18:00; those over midnight are two, up to 24:00 and from 00:00."
            );
            reader.fault_at(name, index, "invalid-hours", message);
            continue;
        };
        let overlaps = |other: &Interval| hours.from < other.to && other.from < hours.to;
        match found.iter().find(|other| overlaps(other)) {
            Some(other) => {
                let message = format!("{hours} and {other} overlap; make them one.");
                reader.fault_at(name, index, "overlap", message);
            }
            None => found.push(hours),
        }
    }
    found
}

fn shifts(reader: &ObjectReader<'_>) -> Vec<Shift> {
    if reader.value("shifts").is_none() {
        return Vec::new();
    }
    let mut shifts: Vec<Shift> = Vec::new();
    for entry in reader.objects("shifts", SHIFTS_MAX).unwrap_or_default() {
        if entry.value("date").is_none() {
            entry.required("date");
        }
        let date = entry.date("date").and_then(|date| date.parse().ok());
        let hours = hours(&entry, "hours");
        entry.finish();
        let Some(date) = date else { continue };
        match shifts.iter().any(|shift| shift.date == date) {
            true => entry.fault("date", "twice", format!("{date} is there twice.")),
            false => shifts.push(Shift { date, hours }),
        }
    }
    shifts
}

fn absences(reader: &ObjectReader<'_>) -> Vec<Absence> {
    if reader.value("absences").is_none() {
        return Vec::new();
    }
    let mut absences = Vec::new();
    for entry in reader.objects("absences", ABSENCES_MAX).unwrap_or_default() {
        for name in ["from", "to"] {
            if entry.value(name).is_none() {
                entry.required(name);
            }
        }
        let (from, to) = (entry.instant("from"), entry.instant("to"));
        let reason = entry.required_text("reason", NAME_CHARACTERS_MAX);
        entry.finish();
        let (Some(from), Some(to), Some(reason)) = (from, to, reason) else { continue };
        match from < to {
            true => absences.push(Absence { from, to, reason }),
            false => entry.fault("to", "out-of-range", "An absence must end after it begins."),
        }
    }
    absences
}

fn minutes(reader: &ObjectReader<'_>, name: &str) -> i64 {
    let Some(value) = reader.value(name) else { return 0 };
    match value.as_i64().filter(|it| (0..=i64::from(TRAVEL_BUFFER_MINUTES_MAX)).contains(it)) {
        Some(minutes) => minutes,
        None => {
            let message =
                format!("{name} must be a whole number from 0 to {TRAVEL_BUFFER_MINUTES_MAX}.");
            reader.fault(name, "out-of-range", message);
            0
        }
    }
}
