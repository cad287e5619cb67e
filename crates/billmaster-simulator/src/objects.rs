//! The objects, in SQLite.

use crate::problem::Problem;
use axum::http::StatusCode;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::{Map, Value};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Kinds of object, as paths name them.
pub const KINDS: [&str; 7] =
    ["domain", "customer", "contract", "personalAccount", "service", "billingPlan", "accessPoint"];
/// How long the answer of an idempotency key is kept, in milliseconds: seven days.
const KEY_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS object (
        number       INTEGER PRIMARY KEY AUTOINCREMENT,
        kind         TEXT NOT NULL,
        external_key TEXT NOT NULL,
        status       TEXT NOT NULL,
        parents      TEXT NOT NULL,
        attributes   TEXT NOT NULL,
        revision     INTEGER NOT NULL,
        UNIQUE (kind, external_key)
    );
    CREATE TABLE IF NOT EXISTS answered (
        idempotency_key TEXT PRIMARY KEY,
        request_sha256  TEXT NOT NULL,
        status          INTEGER NOT NULL,
        answer          TEXT NOT NULL,
        at              INTEGER NOT NULL,
        lost            INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE IF NOT EXISTS journal (
        entry           INTEGER PRIMARY KEY AUTOINCREMENT,
        at              INTEGER NOT NULL,
        operation       TEXT NOT NULL,
        kind            TEXT NOT NULL,
        external_key    TEXT NOT NULL,
        idempotency_key TEXT NOT NULL
    );";
const COLUMNS: &str = "number, kind, external_key, status, parents, attributes, revision";

#[derive(Debug)]
pub struct Objects {
    connection: Connection,
}

/// An object as it is answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    #[serde(skip)]
    pub number: i64,
    pub id: String,
    pub kind: String,
    pub external_key: String,
    pub status: String,
    pub parents: Vec<String>,
    pub attributes: Map<String, Value>,
    /// Counts the changes of its attributes, from 1.
    pub revision: i64,
}

/// A change of the objects that had an effect.
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
}

/// The answer that an idempotency key got the first time.
#[derive(Debug, Clone)]
pub struct Answered {
    pub request_sha256: String,
    pub status: u16,
    pub answer: String,
}

/// An object as a caller wants it.
#[derive(Debug, Clone)]
pub struct Desired<'a> {
    pub kind: &'a str,
    pub external_key: &'a str,
    pub parents: Vec<String>,
    pub attributes: Map<String, Value>,
}

impl Objects {
    pub fn open(path: &Path) -> rusqlite::Result<Objects> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Objects { connection })
    }

    pub fn find(&self, kind: &str, external_key: &str) -> Result<Option<Object>, Problem> {
        find(&self.connection, kind, external_key)
    }

    /// What an idempotency key was answered, unless that was too long ago.
    pub fn answered(&self, key: &str) -> Result<Option<Answered>, Problem> {
        let statement = "SELECT request_sha256, status, answer FROM answered \
                         WHERE idempotency_key = ?1 AND at > ?2";
        let read = |row: &Row<'_>| {
            Ok(Answered { request_sha256: row.get(0)?, status: row.get(1)?, answer: row.get(2)? })
        };
        let oldest = now() - KEY_KEPT_MS;
        Ok(self.connection.query_row(statement, params![key, oldest], read).optional()?)
    }

    /// Whether the first answer of this key is still to be lost; from now on it has been.
    pub fn lose_once(&self, key: &str) -> Result<bool, Problem> {
        let statement = "UPDATE answered SET lost = 1 WHERE idempotency_key = ?1 AND lost = 0";
        Ok(self.connection.execute(statement, [key])? == 1)
    }

    /// Makes an object or brings its attributes in line; the answer is kept under the key in the same transaction.
    pub fn ensure(
        &mut self,
        desired: &Desired<'_>,
        key: &str,
        request_sha256: &str,
    ) -> Result<(StatusCode, Object), Problem> {
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        check_parents(&transaction, &desired.parents)?;
        let (status, operation) = match find(&transaction, desired.kind, desired.external_key)? {
            None => {
                transaction.execute(
                    "INSERT INTO object (kind, external_key, status, parents, attributes, revision) \
                     VALUES (?1, ?2, 'active', ?3, ?4, 1)",
                    params![
                        desired.kind,
                        desired.external_key,
                        serde_json::json!(desired.parents).to_string(),
                        Value::Object(desired.attributes.clone()).to_string()
                    ],
                )?;
                (StatusCode::CREATED, Some("made"))
            }
            Some(known) if known.status == "retired" => {
                let detail = format!("{} {} is retired.", desired.kind, desired.external_key);
                return Err(Problem::refused("retired", detail));
            }
            Some(known) if known.attributes == desired.attributes => (StatusCode::OK, None),
            Some(known) => {
                transaction.execute(
                    "UPDATE object SET attributes = ?1, revision = revision + 1 WHERE number = ?2",
                    params![Value::Object(desired.attributes.clone()).to_string(), known.number],
                )?;
                (StatusCode::OK, Some("changed"))
            }
        };
        let object = find(&transaction, desired.kind, desired.external_key)?
            .ok_or_else(|| Problem::refused("lost", "The object is not there."))?;
        if let Some(operation) = operation {
            write_journal(&transaction, operation, desired.kind, desired.external_key, key)?;
        }
        let answer = serde_json::json!(object).to_string();
        keep_answer(&transaction, key, request_sha256, status.as_u16(), &answer)?;
        transaction.commit()?;
        Ok((status, object))
    }

    /// Retires an object; one that is not there counts as retired.
    pub fn retire(
        &mut self,
        kind: &str,
        external_key: &str,
        key: &str,
        request_sha256: &str,
    ) -> Result<(), Problem> {
        let transaction =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let changed = transaction.execute(
            "UPDATE object SET status = 'retired', revision = revision + 1 \
             WHERE kind = ?1 AND external_key = ?2 AND status <> 'retired'",
            params![kind, external_key],
        )?;
        if changed > 0 {
            write_journal(&transaction, "retired", kind, external_key, key)?;
        }
        keep_answer(&transaction, key, request_sha256, StatusCode::NO_CONTENT.as_u16(), "")?;
        transaction.commit()?;
        Ok(())
    }

    /// Objects after a number, oldest first; `order` is the attribute of that name.
    pub fn list(
        &self,
        kind: Option<&str>,
        external_key: Option<&str>,
        order: Option<&str>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Object>, Problem> {
        let statement = format!(
            "SELECT {COLUMNS} FROM object WHERE number > ?1 AND (?2 IS NULL OR kind = ?2) \
             AND (?3 IS NULL OR external_key = ?3) AND (?4 IS NULL OR attributes ->> 'order' = ?4) \
             ORDER BY number LIMIT ?5"
        );
        let mut statement = self.connection.prepare_cached(&statement)?;
        let rows = statement.query_map(params![after, kind, external_key, order, limit], read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The journal after an entry, oldest first.
    pub fn journal(&self, after: i64, limit: u32) -> Result<Vec<JournalEntry>, Problem> {
        let mut statement = self.connection.prepare_cached(
            "SELECT entry, at, operation, kind, external_key, idempotency_key FROM journal \
             WHERE entry > ?1 ORDER BY entry LIMIT ?2",
        )?;
        let rows = statement.query_map(params![after, limit], |row| {
            Ok(JournalEntry {
                entry: row.get(0)?,
                at: row.get(1)?,
                operation: row.get(2)?,
                kind: row.get(3)?,
                external_key: row.get(4)?,
                idempotency_key: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn find(
    connection: &Connection,
    kind: &str,
    external_key: &str,
) -> Result<Option<Object>, Problem> {
    let statement = format!("SELECT {COLUMNS} FROM object WHERE kind = ?1 AND external_key = ?2");
    let mut statement = connection.prepare_cached(&statement)?;
    Ok(statement.query_row(params![kind, external_key], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Object> {
    let number: i64 = row.get(0)?;
    let json = |column: usize| -> rusqlite::Result<Value> {
        let text: String = row.get(column)?;
        serde_json::from_str(&text).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(
                column,
                rusqlite::types::Type::Text,
                Box::new(error),
            )
        })
    };
    let parents = json(4)?;
    let parents = parents.as_array().into_iter().flatten();
    Ok(Object {
        number,
        id: format!("BM-{number:06}"),
        kind: row.get(1)?,
        external_key: row.get(2)?,
        status: row.get(3)?,
        parents: parents.filter_map(Value::as_str).map(str::to_owned).collect(),
        attributes: json(5)?.as_object().cloned().unwrap_or_default(),
        revision: row.get(6)?,
    })
}

/// A parent is any object of that key that lives.
fn check_parents(connection: &Connection, parents: &[String]) -> Result<(), Problem> {
    for parent in parents {
        let statement = "SELECT 1 FROM object WHERE external_key = ?1 AND status <> 'retired'";
        let found: Option<i64> =
            connection.query_row(statement, [parent], |row| row.get(0)).optional()?;
        if found.is_none() {
            let detail = format!("The parent {parent:?} does not exist, or is retired.");
            return Err(Problem::refused("parent-missing", detail));
        }
    }
    Ok(())
}

fn write_journal(
    connection: &Connection,
    operation: &str,
    kind: &str,
    external_key: &str,
    key: &str,
) -> Result<(), Problem> {
    connection.execute(
        "INSERT INTO journal (at, operation, kind, external_key, idempotency_key) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![now(), operation, kind, external_key, key],
    )?;
    Ok(())
}

fn keep_answer(
    connection: &Connection,
    key: &str,
    request_sha256: &str,
    status: u16,
    answer: &str,
) -> Result<(), Problem> {
    connection.execute(
        "INSERT OR REPLACE INTO answered (idempotency_key, request_sha256, status, answer, at) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![key, request_sha256, status, answer, now()],
    )?;
    Ok(())
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
