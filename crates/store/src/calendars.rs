//! Calendars of divisions: swapped as a whole, and read with each order that they count for.

use crate::Store;
use crate::codec::read;
use crate::database::{Database, DatabaseError, Dialect};
use oms_app::calendars::{CalendarVersion, Swap, WorkingTime};
use oms_app::ports::StoreError;
use oms_domain::calendar::{Calendar, CalendarSet};
use oms_domain::input::Faults;
use oms_domain::limits::CALENDARS_MAX;
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl<D: Database> WorkingTime for Store<D> {
    async fn calendars(&self) -> Result<CalendarVersion, StoreError> {
        let dialect = self.database.dialect();
        let calendars = dialect.array_of(&dialect.json("document"));
        let divisions = dialect.array_of(&dialect.tuple_of("division_code, calendar_code"));
        let statement = format!(
            "SELECT version, \
             (SELECT {calendars} FROM (SELECT document FROM calendar ORDER BY position LIMIT {CALENDARS_MAX}) AS ordered), \
             (SELECT {divisions} FROM division_calendar JOIN division ON code = division_code) \
             FROM calendar_version WHERE id = 1"
        );
        let mut rows = self.database.query(&statement, Vec::new()).await?;
        let row = rows.first_mut().ok_or_else(|| StoreError::Corrupt("no version".to_owned()))?;
        let documents: Vec<Value> = read("calendars", &row.text(1)?)?;
        let divisions: Vec<(String, String)> = read("divisions", &row.text(2)?)?;
        let calendars = documents.iter().map(calendar).collect::<Result<_, _>>()?;
        let set = CalendarSet { calendars, divisions: divisions.into_iter().collect() };
        Ok(CalendarVersion { set, version: row.integer(0)? })
    }

    async fn replace_calendars(
        &self,
        set: &CalendarSet,
        expected: i64,
    ) -> Result<Swap, StoreError> {
        let statement = "INSERT INTO calendar_swap (expected_version, calendars, divisions) VALUES ($1, $2, $3)";
        let calendars: Vec<Value> = set.calendars.iter().map(Calendar::to_json).collect();
        let divisions = json!(set.divisions).to_string();
        let parameters =
            vec![expected.into(), json!(calendars).to_string().into(), divisions.into()];
        match self.database.execute(statement, parameters).await {
            Ok(()) => Ok(Swap::Swapped(expected + 1)),
            Err(DatabaseError::Rule(message)) if message.contains("calendars_stale") => {
                Ok(Swap::Stale)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The calendars that divisions around an order have of their own, as one column: each with the division's code.
pub fn calendars_json(dialect: Dialect) -> String {
    let tuple = dialect.tuple_of(&format!("own.division_code, {}", dialect.json("c.document")));
    let array = dialect.array_of(&tuple);
    format!(
        "(SELECT {array} FROM division_calendar own JOIN calendar c ON c.code = own.calendar_code \
         WHERE own.division_code IN (SELECT code FROM around))"
    )
}

/// Reads that column. A calendar that several divisions have is read once.
pub fn read_calendars(text: &str) -> Result<Vec<(String, Calendar)>, StoreError> {
    let entries: Vec<(String, Value)> = read("calendars", text)?;
    let mut known: BTreeMap<String, Calendar> = BTreeMap::new();
    let mut calendars = Vec::with_capacity(entries.len());
    for (division, document) in entries {
        let code = document["code"].as_str().unwrap_or_default().to_owned();
        let found = match known.get(&code) {
            Some(found) => found.clone(),
            None => known.entry(code).or_insert(calendar(&document)?).clone(),
        };
        calendars.push((division, found));
    }
    Ok(calendars)
}

fn calendar(document: &Value) -> Result<Calendar, StoreError> {
    let faults = Faults::default();
    let calendar = faults.document(document).and_then(|reader| Calendar::read(&reader));
    calendar.ok_or_else(|| StoreError::Corrupt(format!("calendar: {:?}", faults.into_vec())))
}
