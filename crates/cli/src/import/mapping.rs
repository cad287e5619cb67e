//! The mapping: which column of a foreign file becomes which field of an order, and how.
//!
//! ```toml
//! source = "old-desk"                                   # where the orders come from; unique with imported.key
//! encoding = "windows-1251"                             # of the file, else utf-8
//! delimiter = ";"                                       # between its columns, else a comma
//!
//! [fields]
//! kind = { value = "connect" }                          # the same for every row
//! "party.familyName" = { column = "Surname" }           # as it stands, blanks folded
//! channel = { column = "Via", table = "channel" }       # translated
//! "address.postcode" = { column = "ZIP", pad = 5 }      # digits, filled up with zeros in front
//! "items.0.tariff" = { template = "{Line}-{Speed}" }    # several columns, into the first entry of a list
//! requestedDate = { column = "Wanted", format = "%d.%m.%Y", optional = true }
//! "imported.key" = { column = "Ticket" }
//! "imported.registeredAt" = { template = "{Date} {Time}", format = "%d.%m.%Y %H:%M", zone = "division" }
//!
//! [tables.channel]
//! Web = "public"
//! ```
//!
//! A field with `optional = true` is left out where its value is empty. `format` is chrono's: with a `zone` it makes a
//! time, alone a date. `zone` is an IANA name, or `division` for the time zone of the division that operates the address.

use super::values::{LIST_ENTRIES_MAX, filled, folded, is_path, pad, template_columns, zone_of};
use anyhow::{Context, Result, bail};
use chrono::format::{Item, StrftimeItems};
use chrono::{NaiveDate, NaiveDateTime};
use encoding_rs::{Encoding, UTF_8};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The zone that stands for the one of the covering division.
pub const DIVISION_ZONE: &str = "division";
/// The field that tells orders of one source apart.
pub const KEY_FIELD: &str = "imported.key";

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    pub source: String,
    encoding: Option<String>,
    delimiter: Option<char>,
    pub fields: BTreeMap<String, FieldSource>,
    #[serde(default)]
    tables: BTreeMap<String, BTreeMap<String, String>>,
}

/// Where the value of one field comes from: one of `value`, `column`, `template`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSource {
    value: Option<String>,
    column: Option<String>,
    template: Option<String>,
    table: Option<String>,
    pad: Option<usize>,
    format: Option<String>,
    zone: Option<String>,
    #[serde(default)]
    optional: bool,
}

/// A value of a row, before times are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    Text(String),
    /// A local time, and the zone that it is in.
    Time {
        local: NaiveDateTime,
        zone: String,
    },
}

impl Mapping {
    pub fn read(path: &Path) -> Result<Mapping> {
        let text = String::from_utf8(super::read(path)?)
            .with_context(|| format!("{} is not a mapping", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not a mapping", path.display()))
    }

    /// The encoding of the file.
    pub fn encoding(&self) -> Result<&'static Encoding> {
        let Some(name) = &self.encoding else { return Ok(UTF_8) };
        Encoding::for_label(name.as_bytes())
            .with_context(|| format!("the mapping names the encoding {name:?}, which is unknown"))
    }

    /// What stands between the columns of the file.
    pub fn delimiter(&self) -> Result<u8> {
        let delimiter = self.delimiter.unwrap_or(',');
        u8::try_from(delimiter).ok().filter(u8::is_ascii).with_context(|| {
            format!("the mapping names the delimiter {delimiter:?}; it must be an ASCII character")
        })
    }

    /// Whether a time is in the zone of the division that operates the address.
    pub fn asks_for_divisions(&self) -> bool {
        self.fields.values().any(|source| source.zone.as_deref() == Some(DIVISION_ZONE))
    }

    /// Checks the mapping against the columns of the file; the error has all faults.
    pub fn check(&self, columns: &[String]) -> Result<()> {
        let faults = self.faults(columns);
        if !faults.is_empty() {
            bail!("the mapping does not fit the file:\n  {}", faults.join("\n  "));
        }
        Ok(())
    }

    fn faults(&self, columns: &[String]) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.fields.contains_key(KEY_FIELD) {
            faults.push(format!("fields must have {KEY_FIELD:?}: it tells the rows apart"));
        }
        for (field, source) in &self.fields {
            if !is_path(field) {
                faults.push(format!(
                    "{field:?} is no field: names, or numbers below {LIST_ENTRIES_MAX}, with dots between"
                ));
            }
            let given = [&source.value, &source.column, &source.template];
            if given.into_iter().flatten().count() != 1 {
                faults.push(format!("{field} needs one of value, column and template"));
            }
            let used = source.column.iter().cloned();
            let used = used.chain(source.template.iter().flat_map(|text| template_columns(text)));
            for column in used {
                match columns.iter().filter(|found| **found == column).count() {
                    1 => {}
                    0 => faults.push(format!(
                        "{field} names the column {column:?}, which the file does not have"
                    )),
                    times => faults.push(format!(
                        "{field} names the column {column:?}, which the file has {times} times"
                    )),
                }
            }
            if let Some(table) =
                source.table.as_ref().filter(|table| !self.tables.contains_key(*table))
            {
                faults.push(format!("{field} names the table {table:?}, which is not there"));
            }
            faults.extend(format_fault(source).map(|fault| format!("{field}: {fault}")));
        }
        faults
    }

    /// The values of one row; every fault of it at once. `cell` gives the text of a column.
    pub fn apply(
        &self,
        cell: impl Fn(&str) -> String,
    ) -> Result<BTreeMap<&str, Mapped>, Vec<String>> {
        let mut values = BTreeMap::new();
        let mut faults = Vec::new();
        for (field, source) in &self.fields {
            match self.value(source, &cell) {
                Ok(Some(value)) => {
                    values.insert(field.as_str(), value);
                }
                Ok(None) => {}
                Err(fault) => faults.push(format!("{field}: {fault}")),
            }
        }
        if faults.is_empty() { Ok(values) } else { Err(faults) }
    }

    fn value(
        &self,
        source: &FieldSource,
        cell: &impl Fn(&str) -> String,
    ) -> Result<Option<Mapped>, String> {
        let (text, origin) = match (&source.value, &source.column, &source.template) {
            (Some(value), _, _) => (value.clone(), "value".to_owned()),
            (_, Some(column), _) => (folded(&cell(column)), format!("column {column:?}")),
            (_, _, Some(template)) => {
                (folded(&filled(template, cell)), format!("template {template:?}"))
            }
            _ => return Err("has no source".to_owned()),
        };
        if text.is_empty() {
            return if source.optional { Ok(None) } else { Err(format!("{origin} is empty")) };
        }
        let text = match &source.table {
            None => text,
            Some(name) => {
                let table = self.tables.get(name).ok_or_else(|| format!("no table {name:?}"))?;
                let known = || table.keys().cloned().collect::<Vec<_>>().join(", ");
                table
                    .get(&text)
                    .cloned()
                    .ok_or_else(|| format!("{text:?} is none of {}", known()))?
            }
        };
        if text.is_empty() && source.optional {
            return Ok(None);
        }
        if let Some(length) = source.pad {
            return pad(&text, length).map(|text| Some(Mapped::Text(text)));
        }
        match (&source.format, &source.zone) {
            (Some(format), Some(zone)) => {
                let local = NaiveDateTime::parse_from_str(&text, format)
                    .map_err(|_| format!("{text:?} is not a time as {format}"))?;
                Ok(Some(Mapped::Time { local, zone: zone.clone() }))
            }
            (Some(format), None) => {
                let date = NaiveDate::parse_from_str(&text, format)
                    .map_err(|_| format!("{text:?} is not a date as {format}"))?;
                Ok(Some(Mapped::Text(date.to_string())))
            }
            _ => Ok(Some(Mapped::Text(text))),
        }
    }
}

fn format_fault(source: &FieldSource) -> Option<String> {
    let format = source.format.as_deref();
    if let Some(format) = format
        && StrftimeItems::new(format).any(|item| item == Item::Error)
    {
        return Some(format!("{format:?} is no format of a date or time"));
    }
    match (format, source.zone.as_deref()) {
        (None, Some(_)) => Some("a zone needs a format".to_owned()),
        (Some(_), Some(zone)) if zone != DIVISION_ZONE && zone_of(zone).is_none() => {
            Some(format!("{zone:?} is no time zone"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPPING: &str = r#"
        source = "test"
        [fields]
        kind = { value = "support" }
        channel = { column = "Via", table = "channel" }
        description = { column = "Note", optional = true }
        requestedDate = { column = "Wanted", format = "%d.%m.%Y", optional = true }
        "address.postcode" = { column = "ZIP", pad = 5 }
        "imported.key" = { column = "Ticket" }
        "imported.registeredAt" = { template = "{Date} {Time}", format = "%d-%b-%y %I:%M:%S %p", zone = "division" }
        [tables.channel]
        Internet = "public"
        Call = "operator"
    "#;

    fn row(line: &str) -> impl Fn(&str) -> String + '_ {
        move |column| {
            let index = ["Via", "Note", "ZIP", "Ticket", "Date", "Time", "Wanted"]
                .iter()
                .position(|name| *name == column);
            let cells: Vec<&str> = line.split(';').collect();
            index
                .and_then(|index| cells.get(index))
                .map_or(String::new(), |cell| (*cell).to_owned())
        }
    }

    #[test]
    fn rows_become_values_or_are_told_with_every_fault() {
        let mapping: Mapping = toml::from_str(MAPPING).expect("a mapping");
        let cases = [
            (
                "Internet; a  b ;2128;7;06-Jan-15;11:46:30 PM;31.12.2026",
                "public|a b|02128|7|2015-01-06 23:46:30|2026-12-31",
            ),
            ("Call;;30101;8;24-Jun-15;10:13:55 AM", "operator||30101|8|2015-06-24 10:13:55|"),
            (
                "Pigeon;;30101;8;24-Jun-15;10:13:55 AM",
                "channel: \"Pigeon\" is none of Call, Internet",
            ),
            (
                "Call;;3010A;;99-Jun-15;10:13:55 AM;31.02.2026",
                "address.postcode: \"3010A\" is not a number|imported.key: column \"Ticket\" is empty|\
                 imported.registeredAt: \"99-Jun-15 10:13:55 AM\" is not a time as %d-%b-%y %I:%M:%S %p|\
                 requestedDate: \"31.02.2026\" is not a date as %d.%m.%Y",
            ),
            (
                "Call;;1301010;8;24-Jun-15;10:13:55 AM",
                "address.postcode: \"1301010\" has more than 5 digits",
            ),
        ];
        for (line, expected) in cases {
            let found = match mapping.apply(row(line)) {
                Err(faults) => faults.join("|"),
                Ok(values) => [
                    "channel",
                    "description",
                    "address.postcode",
                    "imported.key",
                    "imported.registeredAt",
                    "requestedDate",
                ]
                .map(|field| match values.get(field) {
                    None => String::new(),
                    Some(Mapped::Text(text)) => text.clone(),
                    Some(Mapped::Time { local, .. }) => local.to_string(),
                })
                .join("|"),
            };
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn a_mapping_that_does_not_fit_the_file_is_told_with_every_fault() {
        let mapping: Mapping = toml::from_str(
            r#"
            source = "test"
            [fields]
            "address..city" = { value = "Boston" }
            channel = { column = "Via", table = "none" }
            description = { column = "Note" }
            kind = { value = "support", column = "Kind" }
            requestedDate = { column = "Via", format = "%Q" }
            "imported.registeredAt" = { column = "Via", format = "%d", zone = "Moon/Base" }
            symptom = { column = "Via", zone = "division" }
        "#,
        )
        .expect("a mapping");
        let faults = mapping.faults(&["Via".to_owned(), "Note".to_owned(), "Note".to_owned()]);
        let expected = [
            "fields must have \"imported.key\": it tells the rows apart",
            "\"address..city\" is no field: names, or numbers below 100, with dots between",
            "channel names the table \"none\", which is not there",
            "description names the column \"Note\", which the file has 2 times",
            "imported.registeredAt: \"Moon/Base\" is no time zone",
            "kind needs one of value, column and template",
            "kind names the column \"Kind\", which the file does not have",
            "requestedDate: \"%Q\" is no format of a date or time",
            "symptom: a zone needs a format",
        ];
        assert_eq!(faults, expected);
    }

    #[test]
    fn encodings_and_delimiters_are_checked() {
        let mapping =
            |head: &str| toml::from_str::<Mapping>(&format!("source = \"test\"\n{head}\n[fields]"));
        let cases = [
            ("", "UTF-8 ,"),
            ("encoding = \"windows-1251\"\ndelimiter = \";\"", "windows-1251 ;"),
            ("delimiter = \"\\t\"", "UTF-8 \t"),
            ("encoding = \"klingon\"", "fault"),
            ("delimiter = \"→\"", "fault"),
        ];
        for (head, expected) in cases {
            let mapping = mapping(head).expect(head);
            let found = match (mapping.encoding(), mapping.delimiter()) {
                (Ok(encoding), Ok(delimiter)) => {
                    format!("{} {}", encoding.name(), char::from(delimiter))
                }
                _ => "fault".to_owned(),
            };
            assert_eq!(found, expected, "{head}");
        }
    }
}
