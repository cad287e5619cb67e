//! Staff: who they are, when they are absent, and who stands in for them.

use crate::access::{Period, SYSTEM_NAME};
use crate::input::{Fault, Faults, ObjectReader};
use crate::limits::{
    ABSENCES_MAX, COMMENT_CHARACTERS_MAX, LOGIN_CHARACTERS_MAX, NAME_CHARACTERS_MAX,
};
use crate::login::check_password;
use crate::party::{read_email, read_phone};
use crate::time::Instant;
use serde::Serialize;
use serde_json::Value;

/// Somebody who works for the operator. Passwords and secrets are kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Staff {
    pub login: String,
    /// Counts the changes.
    pub version: i64,
    pub name: String,
    pub position: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// Whether they may log in; a session of somebody who may not has ended.
    pub active: bool,
    /// Who has their grants during their absences.
    pub substitute: Option<Substitute>,
    pub absences: Vec<Absence>,
    /// Whether a second factor is asked for.
    pub totp: bool,
    pub created_at: Instant,
}

impl Staff {
    /// Login of who stands in for them at an instant. None: they are there, or nobody does.
    pub fn stand_in(&self, at: Instant) -> Option<&str> {
        let substitute = self.substitute.as_ref()?;
        let term = Period { from: substitute.from, until: substitute.until };
        let is_absent = self.absences.iter().any(|absence| absence.period().contains(at));
        (is_absent && term.contains(at)).then_some(substitute.login.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Substitute {
    pub login: String,
    /// None: at any absence.
    pub from: Option<Instant>,
    pub until: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absence {
    pub from: Instant,
    pub until: Instant,
    pub reason: Option<String>,
}

impl Absence {
    pub fn period(&self) -> Period {
        Period { from: Some(self.from), until: Some(self.until) }
    }
}

/// Somebody new as they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStaff {
    pub login: String,
    pub name: String,
    pub position: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// None: they cannot log in until they get one.
    pub password: Option<String>,
}

/// A login is what people type and histories show: small letters, digits, dot, hyphen, underscore.
pub fn is_login(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    let first = text.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    first && text.len() <= LOGIN_CHARACTERS_MAX && text.chars().all(plain) && text != SYSTEM_NAME
}

const LOGIN_RULE: &str =
    "must begin with a small letter and have small letters, digits, dots, hyphens or underscores";

fn read_login(reader: &ObjectReader<'_>, name: &str) -> Option<String> {
    let login = reader.required_text(name, LOGIN_CHARACTERS_MAX)?;
    if !is_login(&login) {
        reader.fault(name, "invalid-login", format!("{name} {LOGIN_RULE}."));
        return None;
    }
    Some(login)
}

fn read_password(reader: &ObjectReader<'_>) -> Option<String> {
    let Value::String(password) = reader.value("password")? else {
        reader.fault("password", "wrong-type", "password must be a text.");
        return None;
    };
    if let Err(message) = check_password(password) {
        reader.fault("password", "weak-password", message);
    }
    Some(password.clone())
}

impl NewStaff {
    pub fn read(document: &Value) -> Result<NewStaff, Vec<Fault>> {
        let faults = Faults::default();
        let staff = faults.document(document).and_then(|reader| {
            let login = read_login(&reader, "login");
            let name = reader.required_text("name", NAME_CHARACTERS_MAX);
            let position = reader.text("position", NAME_CHARACTERS_MAX);
            let email = read_email(&reader);
            let phone = read_phone(&reader, "phone", false);
            let password = read_password(&reader);
            reader.finish();
            Some(NewStaff { login: login?, name: name?, position, email, phone, password })
        });
        match staff {
            Some(staff) if faults.is_empty() => Ok(staff),
            _ => Err(faults.into_vec()),
        }
    }
}

/// A merge patch (RFC 7396) of one of the staff: what it names changes, null removes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaffPatch {
    pub name: Option<String>,
    pub position: Option<Option<String>>,
    pub email: Option<Option<String>>,
    pub phone: Option<Option<String>>,
    pub active: Option<bool>,
    pub password: Option<String>,
    /// True asks for a new secret, false takes the second factor away.
    pub totp: Option<bool>,
    pub substitute: Option<Option<Substitute>>,
    pub absences: Option<Vec<Absence>>,
}

impl StaffPatch {
    pub fn read(document: &Value) -> Result<StaffPatch, Vec<Fault>> {
        let faults = Faults::default();
        let patch = faults.document(document).map(|reader| {
            // Absent is not null: what is not named stays.
            let named = |name: &str| document.get(name).is_some();
            let patch = StaffPatch {
                name: named("name")
                    .then(|| reader.required_text("name", NAME_CHARACTERS_MAX))
                    .flatten(),
                position: named("position").then(|| reader.text("position", NAME_CHARACTERS_MAX)),
                email: named("email").then(|| read_email(&reader)),
                phone: named("phone").then(|| read_phone(&reader, "phone", false)),
                active: reader.boolean("active"),
                password: read_password(&reader),
                totp: reader.boolean("totp"),
                substitute: named("substitute").then(|| read_substitute(&reader)),
                absences: named("absences").then(|| read_absences(&reader)),
            };
            reader.finish();
            patch
        });
        match patch {
            Some(patch) if faults.is_empty() => Ok(patch),
            _ => Err(faults.into_vec()),
        }
    }

    /// The words of the audit: what it changes.
    pub fn changes(&self) -> Vec<&'static str> {
        let named = [
            ("name", self.name.is_some()),
            ("position", self.position.is_some()),
            ("email", self.email.is_some()),
            ("phone", self.phone.is_some()),
            ("active", self.active.is_some()),
            ("password", self.password.is_some()),
            ("totp", self.totp.is_some()),
            ("substitute", self.substitute.is_some()),
            ("absences", self.absences.is_some()),
        ];
        named.into_iter().filter(|(_, is_named)| *is_named).map(|(name, _)| name).collect()
    }

    /// The person as they will be.
    #[must_use]
    pub fn apply(&self, staff: &Staff) -> Staff {
        let patch = self.clone();
        Staff {
            login: staff.login.clone(),
            version: staff.version + 1,
            name: patch.name.unwrap_or_else(|| staff.name.clone()),
            position: patch.position.unwrap_or_else(|| staff.position.clone()),
            email: patch.email.unwrap_or_else(|| staff.email.clone()),
            phone: patch.phone.unwrap_or_else(|| staff.phone.clone()),
            active: patch.active.unwrap_or(staff.active),
            substitute: patch.substitute.unwrap_or_else(|| staff.substitute.clone()),
            absences: patch.absences.unwrap_or_else(|| staff.absences.clone()),
            totp: patch.totp.unwrap_or(staff.totp),
            created_at: staff.created_at,
        }
    }
}

fn read_substitute(reader: &ObjectReader<'_>) -> Option<Substitute> {
    let reader = reader.object("substitute")?;
    let login = read_login(&reader, "login");
    let from = reader.instant("from");
    let until = reader.instant("until");
    require_order(&reader, from, until);
    reader.finish();
    Some(Substitute { login: login?, from, until })
}

fn read_absences(reader: &ObjectReader<'_>) -> Vec<Absence> {
    let entries = reader.objects("absences", ABSENCES_MAX).unwrap_or_default();
    let read = |reader: &ObjectReader<'_>| {
        let required = |name: &str| {
            if reader.value(name).is_none() {
                reader.required(name);
            }
            reader.instant(name)
        };
        let (from, until) = (required("from"), required("until"));
        let reason = reader.text("reason", COMMENT_CHARACTERS_MAX);
        require_order(reader, from, until);
        reader.finish();
        Some(Absence { from: from?, until: until?, reason })
    };
    entries.iter().filter_map(read).collect()
}

fn require_order(reader: &ObjectReader<'_>, from: Option<Instant>, until: Option<Instant>) {
    if from.zip(until).is_some_and(|(from, until)| until <= from) {
        reader.fault("until", "out-of-order", "until must be after from.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_stands_in_during_an_absence_and_within_the_time_of_substitution() {
        let day = |text: &str| Instant::parse(&format!("2026-12-{text}T00:00:00Z"));
        // absent from, until | substitute from, until | day | who stands in
        let table = "
            10 20 | -  -  | 09 | -
            10 20 | -  -  | 10 | olim
            10 20 | -  -  | 20 | -
            10 20 | 12 15 | 11 | -
            10 20 | 12 15 | 12 | olim
            10 20 | 12 15 | 15 | -
            -  -  | -  -  | 12 | -
        ";
        for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "|").collect();
            let [absent_from, absent_until, from, until, at, expected] = words[..] else {
                panic!("{line}")
            };
            let absence = day(absent_from).zip(day(absent_until));
            let absence = absence.map(|(from, until)| Absence { from, until, reason: None });
            let substitute =
                Substitute { login: "olim".to_owned(), from: day(from), until: day(until) };
            let staff = Staff {
                login: "aziza".to_owned(),
                version: 1,
                name: "Aziza".to_owned(),
                position: None,
                email: None,
                phone: None,
                active: true,
                substitute: Some(substitute),
                absences: absence.into_iter().collect(),
                totp: false,
                created_at: Instant(0),
            };
            let found = staff.stand_in(day(at).expect(line)).unwrap_or("-");
            assert_eq!(found, expected, "{line}");
        }
    }
}
