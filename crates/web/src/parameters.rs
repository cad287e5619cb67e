//! Query parameters: each is read once, and what nobody read is refused.

use crate::Problem;
use axum::extract::FromRequestParts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use oms_app::ports::Cursor;
use oms_domain::input::{Fault, UNKNOWN_FIELD, check_text};
use oms_domain::limits::{NAME_CHARACTERS_MAX, PAGE_ENTRIES_DEFAULT, PAGE_ENTRIES_MAX};
use oms_domain::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// The parameters of a request; faults are collected until [`finish`](Parameters::finish).
#[derive(Debug, Default)]
pub struct Parameters {
    /// A name may stand there several times; only [`choices`](Parameters::choices) takes more than one value.
    values: BTreeMap<String, Vec<String>>,
    faults: Vec<Fault>,
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Parameters, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let uri = format!("/?{query}").parse().unwrap_or_else(|_| parts.uri.clone());
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri)
            .map_err(|_| Problem::bad_request("invalid-query", "The query is not form-encoded."))?;
        let mut parameters = Parameters::default();
        for (name, value) in pairs.0 {
            parameters.values.entry(name).or_default().push(value);
        }
        Ok(parameters)
    }
}

impl Parameters {
    pub fn fault(&mut self, name: &str, code: &str, message: impl Into<String>) {
        let shown: String = name.chars().take(64).collect();
        self.faults.push(Fault { pointer: shown, code: code.to_owned(), message: message.into() });
    }

    /// A short text; an empty value counts as absent.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.values.remove(name)?;
        if values.len() > 1 {
            self.fault(name, "twice", format!("{name} is given twice."));
        }
        let value = values.pop().filter(|value| !value.trim().is_empty())?;
        match check_text(&value, NAME_CHARACTERS_MAX, false) {
            Ok(text) => Some(text.to_owned()),
            Err((code, message)) => {
                self.fault(name, code, format!("{name} {message}"));
                None
            }
        }
    }

    pub fn flag(&mut self, name: &str) -> bool {
        match self.text(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.fault(name, "wrong-type", format!("{name} must be true or false."));
                false
            }
        }
    }

    pub fn choice<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let listed = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
            self.fault(name, "unknown-value", format!("{name} must be one of: {listed}."));
        }
        found
    }

    /// Any of a set, as a list with commas, or the parameter several times, or both.
    pub fn choices<T: Copy + Ord>(&mut self, name: &str, words: &[(&str, T)]) -> BTreeSet<T> {
        let values = self.values.remove(name).unwrap_or_default();
        let parts: BTreeSet<String> = values
            .iter()
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        let mut chosen = BTreeSet::new();
        for part in parts {
            // Each is read as if it stood alone, so that each wrong one is told.
            self.values.insert(name.to_owned(), vec![part]);
            chosen.extend(self.choice(name, words));
        }
        chosen
    }

    /// A whole number within bounds, both included.
    pub fn number(&mut self, name: &str, default: u32, bounds: (u32, u32)) -> u32 {
        let Some(text) = self.text(name) else { return default };
        match text.parse::<u32>() {
            Ok(number) if (bounds.0..=bounds.1).contains(&number) => number,
            _ => {
                let (least, most) = bounds;
                let message = format!("{name} must be a number from {least} to {most}.");
                self.fault(name, "out-of-range", message);
                default
            }
        }
    }

    /// An instant, or a date, which is the start of its day in UTC.
    pub fn instant(&mut self, name: &str) -> Option<Instant> {
        let text = self.text(name)?;
        let instant =
            Instant::parse(&text).or_else(|| Instant::parse(&format!("{text}T00:00:00Z")));
        if instant.is_none() {
            self.fault(
                name,
                "invalid-time",
                format!("{name} must be a time as 2026-12-01T09:00:00Z or a date."),
            );
        }
        instant
    }

    /// A day of the calendar.
    pub fn date(&mut self, name: &str) -> Option<chrono::NaiveDate> {
        let text = self.text(name)?;
        let date = text.parse().ok().filter(|_| text.len() == "2026-12-01".len());
        if date.is_none() {
            let message = format!("{name} must be a date of the calendar as YYYY-MM-DD.");
            self.fault(name, "invalid-date", message);
        }
        date
    }

    pub fn limit(&mut self) -> u32 {
        let Some(text) = self.text("limit") else { return PAGE_ENTRIES_DEFAULT };
        match text.parse::<u32>() {
            Ok(limit) if (1..=PAGE_ENTRIES_MAX).contains(&limit) => limit,
            _ => {
                self.fault(
                    "limit",
                    "out-of-range",
                    format!("limit must be from 1 to {PAGE_ENTRIES_MAX}."),
                );
                PAGE_ENTRIES_DEFAULT
            }
        }
    }

    pub fn cursor(&mut self) -> Option<Cursor> {
        let text = self.text("cursor")?;
        let cursor = decode_cursor(&text);
        if cursor.is_none() {
            self.fault(
                "cursor",
                "invalid-cursor",
                "cursor must be the nextCursor of the page before.",
            );
        }
        cursor
    }

    /// Reports what was wrong, and every parameter that was never asked for.
    pub fn finish(mut self) -> Result<(), Problem> {
        for name in std::mem::take(&mut self.values).into_keys() {
            self.fault(
                &name,
                UNKNOWN_FIELD,
                format!(
                    "{name:.64} is not a parameter of this request; remove it or mend its name."
                ),
            );
        }
        match self.faults.is_empty() {
            true => Ok(()),
            false => Err(Problem::faults(http::StatusCode::BAD_REQUEST, self.faults)),
        }
    }
}

/// A cursor as callers hand it back; what is in it is nobody's business.
pub fn encode_cursor(cursor: &Cursor) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}|{}", cursor.value, cursor.id))
}

pub fn decode_cursor(text: &str) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let plain = String::from_utf8(bytes).ok()?;
    let (value, id) = plain.split_once('|')?;
    Some(Cursor { value: value.parse().ok()?, id: id.to_owned() })
}
