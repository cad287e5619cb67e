//! The order as the templates get it: checked as far as the document depends on it, its times in the operator's zone.

use crate::{Language, RenderError, Template};
use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat, Timelike};
use serde_json::{Map, Value};
use typst::foundations::Datetime;

/// What one document is drawn from.
pub(crate) struct Input {
    /// The order with what the caller added, as JSON.
    pub json: String,
    /// When the document is drawn, in the operator's time.
    pub drawn_at: Datetime,
    /// The operator's offset from UTC.
    pub offset_minutes: i32,
    /// What tells this document from all others but its template and language.
    identity: String,
}

impl Input {
    /// Reads the input of [`crate::render`].
    pub fn of(order: &Value) -> Result<Input, RenderError> {
        let Value::Object(order) = order else { return Err(RenderError::OrderNotAnObject) };
        let drawn_at = order.get("drawnAt").and_then(Value::as_str).and_then(instant);
        let drawn_at = drawn_at.ok_or(RenderError::InvalidDrawnAt)?;
        let date_time = date_time(&drawn_at).ok_or(RenderError::InvalidDrawnAt)?;
        let zone = *drawn_at.offset();
        let local: Map<String, Value> =
            order.iter().map(|(name, value)| (name.clone(), localised(value, zone))).collect();
        Ok(Input {
            json: Value::Object(local).to_string(),
            drawn_at: date_time,
            offset_minutes: zone.local_minus_utc() / 60,
            identity: identity(order),
        })
    }

    /// A text that identifies the document for good: the PDF's document id is made of it.
    pub fn identity(&self, template: Template, language: Language) -> String {
        format!("{}/{}/{}", template.code(), language.code(), self.identity)
    }
}

fn identity(order: &Map<String, Value>) -> String {
    let parts = ["id", "number", "revision", "documentNumber", "drawnAt"];
    let parts = parts.map(|name| order.get(name).unwrap_or(&Value::Null).to_string());
    parts.join("/")
}

fn instant(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}

fn date_time(instant: &DateTime<FixedOffset>) -> Option<Datetime> {
    if !(1..=9999).contains(&instant.year()) {
        return None;
    }
    let small = |value: u32| u8::try_from(value).ok();
    Datetime::from_ymd_hms(
        instant.year(),
        small(instant.month())?,
        small(instant.day())?,
        small(instant.hour())?,
        small(instant.minute())?,
        small(instant.second())?,
    )
}

/// The value with every RFC 3339 time in it told in another zone: the same instants, as people there read them.
fn localised(value: &Value, zone: FixedOffset) -> Value {
    match value {
        Value::String(text) => match instant(text) {
            Some(instant) => {
                let local = instant.with_timezone(&zone);
                Value::String(local.to_rfc3339_opts(SecondsFormat::Secs, true))
            }
            None => value.clone(),
        },
        Value::Array(values) => values.iter().map(|value| localised(value, zone)).collect(),
        Value::Object(object) => Value::Object(
            object.iter().map(|(name, value)| (name.clone(), localised(value, zone))).collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_told_in_the_zone_of_drawn_at() {
        let order = json!({
            "drawnAt": "2026-11-24T01:30:00+05:00",
            "registeredAt": "2026-11-23T20:00:00.123Z",
            "stage": { "dueAt": "2026-12-31T23:00:00Z", "name": "2026" },
            "requestedDate": "2026-12-01",
            "items": [{ "since": "2026-01-01T00:00:00-01:00" }],
        });
        let input = Input::of(&order).expect("the order is drawable");
        let local: Value = serde_json::from_str(&input.json).expect("it is JSON");
        let expected = json!({
            "drawnAt": "2026-11-24T01:30:00+05:00",
            "registeredAt": "2026-11-24T01:00:00+05:00",
            "stage": { "dueAt": "2027-01-01T04:00:00+05:00", "name": "2026" },
            "requestedDate": "2026-12-01",
            "items": [{ "since": "2026-01-01T06:00:00+05:00" }],
        });
        assert_eq!(local, expected);
        assert_eq!(input.offset_minutes, 300);
        assert_eq!(Some(input.drawn_at), Datetime::from_ymd_hms(2026, 11, 24, 1, 30, 0));
    }

    #[test]
    fn an_input_without_a_time_is_refused() {
        let cases = [
            (json!(null), RenderError::OrderNotAnObject),
            (json!([]), RenderError::OrderNotAnObject),
            (json!({}), RenderError::InvalidDrawnAt),
            (json!({ "drawnAt": null }), RenderError::InvalidDrawnAt),
            (json!({ "drawnAt": "yesterday" }), RenderError::InvalidDrawnAt),
            (json!({ "drawnAt": "2026-11-24" }), RenderError::InvalidDrawnAt),
            (json!({ "drawnAt": "0000-11-24T00:00:00Z" }), RenderError::InvalidDrawnAt),
        ];
        for (order, expected) in cases {
            assert_eq!(Input::of(&order).err(), Some(expected), "{order}");
        }
    }
}
