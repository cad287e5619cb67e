//! The journal: every change of the objects that had an effect. Repetitions leave no trace in it.

use crate::objects::{Objects, now};
use crate::problem::Problem;
use rusqlite::{Connection, params};
use serde::Serialize;

pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS journal (
        entry           INTEGER PRIMARY KEY AUTOINCREMENT,
        at              INTEGER NOT NULL,
        operation       TEXT NOT NULL,
        kind            TEXT NOT NULL,
        external_key    TEXT NOT NULL,
        idempotency_key TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS journal_by_object ON journal (kind, external_key, operation);";

/// A change that had an effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    pub entry: i64,
    /// Milliseconds since 1970, UTC.
    pub at: i64,
    /// `made`, `changed` or `retired`.
    pub operation: String,
    pub kind: String,
    pub external_key: String,
    pub idempotency_key: String,
    /// How many objects of this kind and key were ever made; more than one is a fault.
    pub times_made: i64,
}

/// Which entries are asked for; what is not named does not matter.
#[derive(Debug, Default)]
pub struct Entries {
    pub kind: Option<String>,
    pub external_key: Option<String>,
    pub operation: Option<String>,
}

/// All that ever happened, in numbers. As many made as objects there are: none was made twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Objects that are there, the retired ones too.
    pub objects: i64,
    pub made: i64,
    pub changed: i64,
    pub retired: i64,
}

pub fn write(
    connection: &Connection,
    operation: &str,
    kind: &str,
    external_key: &str,
    idempotency_key: &str,
) -> Result<(), Problem> {
    connection.execute(
        "INSERT INTO journal (at, operation, kind, external_key, idempotency_key) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![now(), operation, kind, external_key, idempotency_key],
    )?;
    Ok(())
}

impl Objects {
    /// The journal after an entry, oldest first.
    pub fn journal(
        &self,
        wanted: &Entries,
        after: i64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, Problem> {
        let mut statement = self.connection().prepare_cached(
            "SELECT entry, at, operation, kind, external_key, idempotency_key, \
             (SELECT count(*) FROM journal m WHERE m.kind = j.kind \
              AND m.external_key = j.external_key AND m.operation = 'made') \
             FROM journal j WHERE entry > ?1 AND (?2 IS NULL OR kind = ?2) \
             AND (?3 IS NULL OR external_key = ?3) AND (?4 IS NULL OR operation = ?4) \
             ORDER BY entry LIMIT ?5",
        )?;
        let given = params![after, wanted.kind, wanted.external_key, wanted.operation, limit];
        let rows = statement.query_map(given, |row| {
            Ok(JournalEntry {
                entry: row.get(0)?,
                at: row.get(1)?,
                operation: row.get(2)?,
                kind: row.get(3)?,
                external_key: row.get(4)?,
                idempotency_key: row.get(5)?,
                times_made: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn totals(&self) -> Result<Totals, Problem> {
        let statement = "SELECT (SELECT count(*) FROM object), \
            count(*) FILTER (WHERE operation = 'made'), \
            count(*) FILTER (WHERE operation = 'changed'), \
            count(*) FILTER (WHERE operation = 'retired') FROM journal";
        let mut statement = self.connection().prepare_cached(statement)?;
        let totals = statement.query_row([], |row| {
            Ok(Totals {
                objects: row.get(0)?,
                made: row.get(1)?,
                changed: row.get(2)?,
                retired: row.get(3)?,
            })
        })?;
        Ok(totals)
    }
}
