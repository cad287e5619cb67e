//! Cleaning of foreign values.

use chrono::{MappedLocalTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use oms_domain::time::Instant;
use serde_json::{Map, Value};

/// Without surrounding blanks, inner blanks folded to one; without quotes, where a pair of them encloses it all.
pub fn folded(text: &str) -> String {
    let text = text.trim();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let text = inner.filter(|inner| !inner.contains('"')).unwrap_or(text);
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

/// A piece of a template: text that stands for itself, or a column.
enum Piece<'a> {
    Text(&'a str),
    Column(&'a str),
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((column, after)) = after.split_once('}') else { break };
        pieces.extend([Piece::Text(before), Piece::Column(column)]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// The columns that a template names in braces.
pub fn template_columns(template: &str) -> Vec<String> {
    let columns = pieces(template).into_iter().filter_map(|piece| match piece {
        Piece::Column(column) => Some(column.to_owned()),
        Piece::Text(_) => None,
    });
    columns.collect()
}

/// A template with the values of its columns. Braces in a value stand for themselves.
pub fn filled(template: &str, cell: impl Fn(&str) -> String) -> String {
    let values = pieces(template).into_iter().map(|piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Column(column) => cell(column),
    });
    values.collect()
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

/// Puts a value where a dotted path says, making the objects on the way; a number in the path is a place in a list.
pub fn put(document: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            document.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            put_inside(document.entry(first).or_insert(Value::Null), rest, value)
        }
    }
}

/// Entries that a mapping may name in one list; more are a slip of the pen.
pub const LIST_ENTRIES_MAX: usize = 100;

/// Whether a path can be followed: names and small numbers between its dots.
pub fn is_path(path: &str) -> bool {
    let mut steps = path.split('.');
    let is_name = |step: &str| !step.is_empty() && !step.starts_with(|c: char| c.is_ascii_digit());
    let is_place = |step: &str| step.parse::<usize>().is_ok_and(|place| place < LIST_ENTRIES_MAX);
    steps.next().is_some_and(is_name) && steps.all(|step| is_name(step) || is_place(step))
}

fn put_inside(place: &mut Value, path: &str, value: Value) {
    let (step, rest) = match path.split_once('.') {
        Some((step, rest)) => (step, Some(rest)),
        None => (path, None),
    };
    let inner = match step.parse::<usize>() {
        Ok(index) => {
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            let Value::Array(entries) = place else { return };
            if entries.len() <= index {
                entries.resize(index + 1, Value::Null);
            }
            &mut entries[index]
        }
        Err(_) => {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(fields) = place else { return };
            fields.entry(step).or_insert(Value::Null)
        }
    };
    match rest {
        None => *inner = value,
        Some(rest) => put_inside(inner, rest, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lose_the_dirt_around_them_and_nothing_else() {
        let cases = [
            ("  a  b\t c ", "a b c"),
            ("\"Acworth\"", "Acworth"),
            ("data cap \"trials\"", "data cap \"trials\""),
            ("\"50 mb/s\" speed", "\"50 mb/s\" speed"),
            ("\"one\" and \"two\"", "\"one\" and \"two\""),
            ("\"", "\""),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(folded(text), expected, "{text}");
        }
    }

    #[test]
    fn templates_are_filled_once() {
        let cell = |name: &str| match name {
            "A" => "{B}".to_owned(),
            "B" => "b".to_owned(),
            _ => String::new(),
        };
        let cases = [
            ("{A} {B}", "{B} b"),
            ("{C}", ""),
            ("x", "x"),
            ("{A", "{A"),
            ("", ""),
            ("}{B}{", "}b{"),
        ];
        for (template, expected) in cases {
            assert_eq!(filled(template, cell), expected, "{template}");
        }
        assert_eq!(template_columns("{A}-{B c}"), ["A", "B c"]);
    }

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
        put(&mut document, "kind", "connect".into());
        put(&mut document, "address.city", "Boston".into());
        put(&mut document, "address.country", "US".into());
        put(&mut document, "items.0.id", "1".into());
        put(&mut document, "items.0.characteristics.technology", "FTTB".into());
        let expected = serde_json::json!({
            "kind": "connect",
            "address": { "city": "Boston", "country": "US" },
            "items": [{ "id": "1", "characteristics": { "technology": "FTTB" } }],
        });
        assert_eq!(Value::Object(document), expected);
    }

    #[test]
    fn paths_have_names_and_small_places() {
        let cases = "
            kind                 yes
            items.0.id           yes
            items.99.id          yes
            items.100.id         no
            0.kind               no
            address.             no
            .city                no
            items.0x.id          no
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (path, expected) = line.split_once(' ').expect(line);
            assert_eq!(is_path(path), expected.trim() == "yes", "{line}");
        }
    }
}
