//! Cleaning of foreign values.

use chrono::{MappedLocalTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use oms_domain::time::Instant;
use serde_json::{Map, Value};

/// Without surrounding blanks and quotes; inner blanks folded to one.
pub fn folded(text: &str) -> String {
    let text = text.trim().trim_matches(['"', '\u{feff}']);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A number with zeros in front, as spreadsheets lose them.
pub fn pad(text: &str, length: usize) -> Result<String, String> {
    if !text.chars().all(|c| c.is_ascii_digit()) {
        return Err(format!("{text:?} is not a number"));
    }
    if text.len() > length {
        return Err(format!("{text:?} has more than {length} digits"));
    }
    Ok(format!("{text:0>length$}"))
}

/// The columns that a template names in braces.
pub fn template_columns(template: &str) -> Vec<String> {
    let pieces = template.split('{').skip(1);
    pieces.filter_map(|piece| piece.split_once('}')).map(|(column, _)| column.to_owned()).collect()
}

pub fn zone_of(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// A local time as an instant. In the hour that clocks repeat it is the first; in the one that they skip, the time that
/// the clock would have shown without the change.
pub fn instant(local: NaiveDateTime, zone: Tz) -> Instant {
    let time = match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => {
            time.with_timezone(&Utc)
        }
        MappedLocalTime::None => {
            let before = local - chrono::Duration::hours(1);
            let earlier = zone.from_local_datetime(&before).earliest();
            earlier.map_or_else(
                || local.and_utc(),
                |time| time.with_timezone(&Utc) + chrono::Duration::hours(1),
            )
        }
    };
    Instant(time.timestamp_millis())
}

/// Puts a value where a dotted path says, making the objects on the way.
pub fn put(document: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            document.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = document.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_become_instants_also_where_clocks_change() {
        let cases = "
            2015-01-06 23:46:30  America/Los_Angeles  2015-01-07T07:46:30.000Z
            2015-06-24 10:13:55  America/New_York     2015-06-24T14:13:55.000Z
            2015-03-08 02:30:00  America/New_York     2015-03-08T07:30:00.000Z
            2015-11-01 01:30:00  America/New_York     2015-11-01T05:30:00.000Z
            2026-11-24 09:00:00  Asia/Tashkent        2026-11-24T04:00:00.000Z
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let local = format!("{} {}", words[0], words[1]);
            let local = NaiveDateTime::parse_from_str(&local, "%Y-%m-%d %H:%M:%S").expect(line);
            let found = instant(local, zone_of(words[2]).expect(line));
            assert_eq!(found.to_string(), words[3], "{line}");
        }
    }

    #[test]
    fn values_go_where_their_path_says() {
        let mut document = Map::new();
        put(&mut document, "kind", "support".into());
        put(&mut document, "address.city", "Boston".into());
        put(&mut document, "address.country", "US".into());
        let expected = serde_json::json!({ "kind": "support", "address": { "city": "Boston", "country": "US" } });
        assert_eq!(Value::Object(document), expected);
    }
}
