//! The mapping: which column of a foreign file becomes which field of an order, and how.
//!
//! ```toml
//! source = "old-desk"                                   # where the orders come from; unique with imported.key
//!
//! [fields]
//! kind = { value = "support" }                          # the same for every row
//! symptom = { column = "Subject" }                      # as it stands, blanks folded
//! channel = { column = "Via", table = "channel" }       # translated
//! "address.postcode" = { column = "ZIP", pad = 5 }      # digits, filled up with zeros in front
//! description = { template = "{Text} ({Agent})" }       # several columns
//! "imported.key" = { column = "Ticket" }
//! "imported.registeredAt" = { template = "{Date} {Time}", format = "%d.%m.%Y %H:%M", zone = "division" }
//!
//! [tables.channel]
//! Web = "public"
//! ```
//!
//! A field with `optional = true` is left out where its value is empty. `format` is chrono's. `zone` is an IANA name, or
//! `division` for the time zone of the division that operates the address.

use super::values::{folded, pad, template_columns, zone_of};
use anyhow::{Context, Result, bail};
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
        local: chrono::NaiveDateTime,
        zone: String,
    },
}

impl Mapping {
    /// Reads a mapping and checks it against the columns of the file.
    pub fn read(path: &Path, columns: &[String]) -> Result<Mapping> {
        let text = String::from_utf8(super::read(path)?)?;
        let mapping: Mapping = toml::from_str(&text)
            .with_context(|| format!("{} is not a mapping", path.display()))?;
        let faults = mapping.faults(columns);
        if !faults.is_empty() {
            bail!("{} does not fit:\n  {}", path.display(), faults.join("\n  "));
        }
        Ok(mapping)
    }

    fn faults(&self, columns: &[String]) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.fields.contains_key(KEY_FIELD) {
            faults.push(format!("fields must have {KEY_FIELD:?}: it tells the rows apart"));
        }
        for (field, source) in &self.fields {
            let given = [&source.value, &source.column, &source.template];
            if given.into_iter().flatten().count() != 1 {
                faults.push(format!("{field} needs one of value, column and template"));
            }
            let used = source.column.iter().cloned();
            let used = used.chain(source.template.iter().flat_map(|text| template_columns(text)));
            for column in used.filter(|column| !columns.contains(column)) {
                faults.push(format!(
                    "{field} names the column {column:?}, which the file does not have"
                ));
            }
            if let Some(table) =
                source.table.as_ref().filter(|table| !self.tables.contains_key(*table))
            {
                faults.push(format!("{field} names the table {table:?}, which is not there"));
            }
            match (&source.format, source.zone.as_deref()) {
                (None, None) | (Some(_), Some(DIVISION_ZONE)) => {}
                (Some(_), Some(zone)) if zone_of(zone).is_some() => {}
                (Some(_), Some(zone)) => faults.push(format!("{field}: {zone:?} is no time zone")),
                _ => faults.push(format!("{field}: format and zone go together")),
            }
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
                let filled = template_columns(template)
                    .into_iter()
                    .fold(template.clone(), |text, column| {
                        text.replace(&format!("{{{column}}}"), &cell(&column))
                    });
                (folded(&filled), format!("template {template:?}"))
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
                let local = chrono::NaiveDateTime::parse_from_str(&text, format)
                    .map_err(|_| format!("{text:?} is not a time as {format}"))?;
                Ok(Some(Mapped::Time { local, zone: zone.clone() }))
            }
            _ => Ok(Some(Mapped::Text(text))),
        }
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
        "address.postcode" = { column = "ZIP", pad = 5 }
        "imported.key" = { column = "Ticket" }
        "imported.registeredAt" = { template = "{Date} {Time}", format = "%d-%b-%y %I:%M:%S %p", zone = "division" }
        [tables.channel]
        Internet = "public"
        Call = "operator"
    "#;

    fn row(line: &str) -> impl Fn(&str) -> String + '_ {
        move |column| {
            let index = ["Via", "Note", "ZIP", "Ticket", "Date", "Time"]
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
                "Internet; a  b ;2128;7;06-Jan-15;11:46:30 PM",
                "public|a b|02128|7|2015-01-06 23:46:30",
            ),
            ("Call;;30101;8;24-Jun-15;10:13:55 AM", "operator||30101|8|2015-06-24 10:13:55"),
            (
                "Pigeon;;30101;8;24-Jun-15;10:13:55 AM",
                "channel: \"Pigeon\" is none of Call, Internet",
            ),
            (
                "Call;;3010A;;99-Jun-15;10:13:55 AM",
                "address.postcode: \"3010A\" is not a number|imported.key: column \"Ticket\" is empty|\
                 imported.registeredAt: \"99-Jun-15 10:13:55 AM\" is not a time as %d-%b-%y %I:%M:%S %p",
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
            kind = { value = "support", column = "Kind" }
            channel = { column = "Via", table = "none" }
            "imported.registeredAt" = { column = "Date", format = "%d" }
        "#,
        )
        .expect("a mapping");
        let faults = mapping.faults(&["Via".to_owned()]);
        assert_eq!(faults.len(), 6, "{faults:#?}");
    }
}
