//! Reading JSON from outside: every fault of a document is found in one pass, each with its place and how to mend it.

use serde::Serialize;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where: a JSON Pointer (RFC 6901), or the name of a parameter or header.
    pub pointer: String,
    /// What: a stable word for programs.
    pub code: String,
    /// What and how to mend it: a sentence for people.
    pub message: String,
}

/// A field that the product does not know. Such faults make the answer 400, others 422.
pub const UNKNOWN_FIELD: &str = "unknown-field";

/// Collects faults while an input is read.
#[derive(Debug, Default)]
pub struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    pub fn add(&self, pointer: &str, code: &str, message: impl Into<String>) {
        self.0.borrow_mut().push(Fault {
            pointer: pointer.to_owned(),
            code: code.to_owned(),
            message: message.into(),
        });
    }

    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub fn into_vec(self) -> Vec<Fault> {
        self.0.into_inner()
    }

    /// The document as an array of objects; every entry that is none is a fault.
    pub fn documents<'a>(
        &'a self,
        value: &'a Value,
        entries_max: usize,
    ) -> Option<Vec<ObjectReader<'a>>> {
        let Value::Array(entries) = value else {
            self.add("", "wrong-type", "Send a JSON array.");
            return None;
        };
        if entries.len() > entries_max {
            self.add("", "too-many", format!("At most {entries_max} entries are taken."));
            return None;
        }
        let mut readers = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let pointer = format!("/{index}");
            match entry {
                Value::Object(object) => readers.push(ObjectReader::new(pointer, object, self)),
                _ => self.add(&pointer, "wrong-type", "Every entry must be an object."),
            }
        }
        Some(readers)
    }

    /// The document as an object, or a fault.
    pub fn document<'a>(&'a self, value: &'a Value) -> Option<ObjectReader<'a>> {
        match value {
            Value::Object(object) => Some(ObjectReader::new(String::new(), object, self)),
            _ => {
                self.add("", "not-an-object", "Send a JSON object.");
                None
            }
        }
    }
}

/// Reads one JSON object, field by field; [`finish`](ObjectReader::finish) then reports the fields that nobody read.
pub struct ObjectReader<'a> {
    pointer: String,
    object: &'a Map<String, Value>,
    faults: &'a Faults,
    read: RefCell<BTreeSet<&'a str>>,
}

impl<'a> ObjectReader<'a> {
    fn new(pointer: String, object: &'a Map<String, Value>, faults: &'a Faults) -> Self {
        ObjectReader { pointer, object, faults, read: RefCell::default() }
    }

    pub fn pointer_to(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"))
    }

    pub fn fault(&self, name: &str, code: &str, message: impl Into<String>) {
        self.faults.add(&self.pointer_to(name), code, message);
    }

    /// A fault of one entry of an array.
    pub fn fault_at(&self, name: &str, index: usize, code: &str, message: impl Into<String>) {
        self.faults.add(&format!("{}/{index}", self.pointer_to(name)), code, message);
    }

    pub fn required(&self, name: &str) {
        self.fault(name, "required", format!("{name} is required."));
    }

    /// The raw value; null counts as absent.
    pub fn value(&self, name: &str) -> Option<&'a Value> {
        let (name, value) = self.object.get_key_value(name)?;
        self.read.borrow_mut().insert(name);
        (!value.is_null()).then_some(value)
    }

    /// A text without surrounding blanks; empty, over-long and control characters are faults.
    pub fn text(&self, name: &str, characters_max: usize) -> Option<String> {
        self.checked_text(name, characters_max, false)
    }

    /// A text that may have several lines.
    pub fn lines(&self, name: &str, characters_max: usize) -> Option<String> {
        self.checked_text(name, characters_max, true)
    }

    fn checked_text(
        &self,
        name: &str,
        characters_max: usize,
        lines_allowed: bool,
    ) -> Option<String> {
        let Value::String(text) = self.value(name)? else {
            self.fault(name, "wrong-type", format!("{name} must be a text."));
            return None;
        };
        match check_text(text, characters_max, lines_allowed) {
            Ok(text) => Some(text.to_owned()),
            Err((code, message)) => {
                self.fault(name, code, format!("{name} {message}"));
                None
            }
        }
    }

    pub fn required_text(&self, name: &str, characters_max: usize) -> Option<String> {
        if self.value(name).is_none() {
            self.required(name);
            return None;
        }
        self.text(name, characters_max)
    }

    pub fn boolean(&self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(value) => Some(*value),
            _ => {
                self.fault(name, "wrong-type", format!("{name} must be true or false."));
                None
            }
        }
    }

    /// One of a closed set of words.
    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let listed = || choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        let Value::String(text) = self.value(name)? else {
            self.fault(name, "wrong-type", format!("{name} must be one of: {}.", listed()));
            return None;
        };
        let found = choices.iter().find(|(word, _)| word == text).map(|(_, value)| *value);
        if found.is_none() {
            self.fault(name, "unknown-value", format!("{name} must be one of: {}.", listed()));
        }
        found
    }

    pub fn required_choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        if self.value(name).is_none() {
            let listed = choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
            self.fault(name, "required", format!("{name} is required: one of {listed}."));
            return None;
        }
        self.choice(name, choices)
    }

    /// A calendar date, `YYYY-MM-DD`.
    pub fn date(&self, name: &str) -> Option<String> {
        let text = self.text(name, CODE_LENGTH)?;
        match chrono::NaiveDate::parse_from_str(&text, "%Y-%m-%d") {
            Ok(date) if text.len() == 10 => Some(date.to_string()),
            _ => {
                self.fault(
                    name,
                    "invalid-date",
                    format!("{name} must be a date of the calendar as YYYY-MM-DD."),
                );
                None
            }
        }
    }

    /// An instant, RFC 3339.
    pub fn instant(&self, name: &str) -> Option<crate::time::Instant> {
        let text = self.text(name, CODE_LENGTH)?;
        let instant = crate::time::Instant::parse(&text);
        if instant.is_none() {
            self.fault(
                name,
                "invalid-time",
                format!("{name} must be a time as 2026-12-01T09:00:00Z."),
            );
        }
        instant
    }

    pub fn object(&self, name: &str) -> Option<ObjectReader<'a>> {
        match self.value(name)? {
            Value::Object(object) => {
                Some(ObjectReader::new(self.pointer_to(name), object, self.faults))
            }
            _ => {
                self.fault(name, "wrong-type", format!("{name} must be an object."));
                None
            }
        }
    }

    /// The objects of an array.
    pub fn objects(&self, name: &str, entries_max: usize) -> Option<Vec<ObjectReader<'a>>> {
        let Value::Array(entries) = self.value(name)? else {
            self.fault(name, "wrong-type", format!("{name} must be an array."));
            return None;
        };
        if entries.len() > entries_max {
            self.fault(name, "too-many", format!("{name} may have at most {entries_max} entries."));
            return None;
        }
        let base = self.pointer_to(name);
        let mut readers = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let pointer = format!("{base}/{index}");
            match entry {
                Value::Object(object) => {
                    readers.push(ObjectReader::new(pointer, object, self.faults))
                }
                _ => self.faults.add(&pointer, "wrong-type", "Every entry must be an object."),
            }
        }
        Some(readers)
    }

    /// The texts of an array.
    pub fn texts(&self, name: &str, entries_max: usize) -> Option<Vec<String>> {
        let Value::Array(entries) = self.value(name)? else {
            self.fault(name, "wrong-type", format!("{name} must be an array of texts."));
            return None;
        };
        if entries.len() > entries_max {
            self.fault(name, "too-many", format!("{name} may have at most {entries_max} entries."));
            return None;
        }
        let mut texts = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            match entry.as_str() {
                Some(text) => texts.push(text.trim().to_owned()),
                None => self.fault_in(name, index, "wrong-type", "Every entry must be a text."),
            }
        }
        (texts.len() == entries.len()).then_some(texts)
    }

    /// A fault of one entry of an array.
    pub fn fault_in(&self, name: &str, index: usize, code: &str, message: impl Into<String>) {
        self.faults.add(&format!("{}/{index}", self.pointer_to(name)), code, message);
    }

    /// Names of the fields, for objects with free names.
    pub fn names(&self) -> impl Iterator<Item = &'a String> + use<'a> {
        self.object.keys()
    }

    /// Reports every field that was never asked for.
    pub fn finish(&self) {
        let read = self.read.borrow();
        for name in self.object.keys().filter(|name| !read.contains(name.as_str())) {
            let shown: String = name.chars().take(CODE_LENGTH).collect();
            self.fault(
                &shown,
                UNKNOWN_FIELD,
                format!("{shown:?} is not a field of this object; remove it or mend its name."),
            );
        }
    }
}

const CODE_LENGTH: usize = crate::limits::CODE_CHARACTERS_MAX;

/// A text without surrounding blanks, or what is wrong with it: a code and the rest of a sentence.
pub fn check_text(
    text: &str,
    characters_max: usize,
    lines_allowed: bool,
) -> Result<&str, (&'static str, String)> {
    let text = text.trim();
    if text.is_empty() {
        return Err(("empty", "must not be empty.".to_owned()));
    }
    if text.chars().any(|c| c.is_control() && !(lines_allowed && matches!(c, '\n' | '\r' | '\t'))) {
        return Err(("control-character", "must not contain control characters.".to_owned()));
    }
    if text.chars().count() > characters_max {
        return Err(("too-long", format!("must have at most {characters_max} characters.")));
    }
    Ok(text)
}
