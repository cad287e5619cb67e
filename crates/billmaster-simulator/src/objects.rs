//! The objects, in SQLite.

use crate::answers::{self, Answer, Call};
use crate::journal;
use crate::problem::Problem;
use axum::http::StatusCode;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Kinds of object, as paths name them.
pub const KINDS: [&str; 7] =
    ["domain", "customer", "contract", "personalAccount", "service", "billingPlan", "accessPoint"];
/// How long to wait for another process that writes the same file.
const BUSY_TIME_MAX: Duration = Duration::from_secs(5);

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
    pub attributes: BTreeMap<String, String>,
    /// Counts its changes, from 1.
    pub revision: i64,
}

/// An object as a caller wants it.
#[derive(Debug, Clone)]
pub struct Desired {
    pub kind: String,
    pub external_key: String,
    pub parents: Vec<String>,
    pub attributes: BTreeMap<String, String>,
}

/// Which objects are asked for; what is not named does not matter.
#[derive(Debug, Default)]
pub struct Filter {
    pub kind: Option<String>,
    pub external_key: Option<String>,
    /// The number of an order: in the attribute `order`, or in the key.
    pub order: Option<String>,
}

impl Objects {
    /// Opens the file, and makes what is not there yet.
    pub fn open(path: &Path) -> rusqlite::Result<Objects> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIME_MAX)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        for schema in [SCHEMA, answers::SCHEMA, journal::SCHEMA] {
            connection.execute_batch(schema)?;
        }
        answers::purge(&connection)?;
        Ok(Objects { connection })
    }

    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    pub fn find(&self, kind: &str, external_key: &str) -> Result<Option<Object>, Problem> {
        find(&self.connection, kind, external_key)
    }

    /// Makes an object, or brings its parents and attributes in line.
    ///
    /// `refuses` refuses what was not done before; without `keeps`, the answer is the usual one and nothing is kept.
    pub fn ensure(
        &mut self,
        desired: &Desired,
        call: &Call,
        refuses: bool,
        keeps: bool,
    ) -> Result<Answer, Problem> {
        let transaction = self.begin()?;
        if let Some(answer) = answers::known(&transaction, call)? {
            return Ok(answer);
        }
        if refuses {
            let detail = format!("Objects of kind {} are refused.", desired.kind);
            return Err(Problem::refused("refused", detail));
        }
        check_parents(&transaction, desired)?;
        let (status, operation) = bring_in_line(&transaction, desired)?;
        if let Some(operation) = operation {
            let Desired { kind, external_key, .. } = desired;
            journal::write(&transaction, operation, kind, external_key, &call.idempotency_key)?;
        }
        let object = find(&transaction, &desired.kind, &desired.external_key)?;
        let answer = answers::keep(&transaction, call, status, json!(object).to_string())?;
        finish(transaction, keeps)?;
        Ok(answer)
    }

    /// Retires an object; one that is not there counts as retired.
    pub fn retire(
        &mut self,
        kind: &str,
        external_key: &str,
        call: &Call,
        keeps: bool,
    ) -> Result<Answer, Problem> {
        let transaction = self.begin()?;
        if let Some(answer) = answers::known(&transaction, call)? {
            return Ok(answer);
        }
        let changed = transaction.execute(
            "UPDATE object SET status = 'retired', revision = revision + 1 \
             WHERE kind = ?1 AND external_key = ?2 AND status <> 'retired'",
            params![kind, external_key],
        )?;
        if changed > 0 {
            journal::write(&transaction, "retired", kind, external_key, &call.idempotency_key)?;
        }
        let answer = answers::keep(&transaction, call, StatusCode::NO_CONTENT, String::new())?;
        finish(transaction, keeps)?;
        Ok(answer)
    }

    /// Objects after a number, oldest first.
    pub fn list(&self, filter: &Filter, after: i64, limit: u32) -> Result<Vec<Object>, Problem> {
        let statement = format!(
            "SELECT {COLUMNS} FROM object WHERE number > ?1 AND (?2 IS NULL OR kind = ?2) \
             AND (?3 IS NULL OR external_key = ?3) AND (?4 IS NULL \
             OR attributes ->> 'order' = ?4 OR instr(external_key, ?4) > 0) \
             ORDER BY number LIMIT ?5"
        );
        let mut statement = self.connection.prepare_cached(&statement)?;
        let given = params![after, filter.kind, filter.external_key, filter.order, limit];
        let rows = statement.query_map(given, read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The objects that were made last, newest first.
    pub fn newest(&self, limit: u32) -> Result<Vec<Object>, Problem> {
        let statement = format!("SELECT {COLUMNS} FROM object ORDER BY number DESC LIMIT ?1");
        let mut statement = self.connection.prepare_cached(&statement)?;
        let rows = statement.query_map([limit], read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Writers one after the other: of two equal calls, the second finds the work of the first.
    fn begin(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.connection.transaction_with_behavior(TransactionBehavior::Immediate)
    }
}

/// Which kinds of parent a kind of object can have.
fn parent_kinds(kind: &str) -> &'static [&'static str] {
    match kind {
        "domain" | "customer" | "billingPlan" | "accessPoint" => &["domain"],
        "contract" => &["customer"],
        "personalAccount" => &["contract"],
        "service" => &["personalAccount", "accessPoint", "billingPlan"],
        _ => &[],
    }
}

fn check_parents(connection: &Connection, desired: &Desired) -> Result<(), Problem> {
    let kinds = parent_kinds(&desired.kind);
    for parent in &desired.parents {
        let mut lives = false;
        for kind in kinds {
            let found = find(connection, kind, parent)?;
            lives |= found.is_some_and(|object| object.status != "retired");
        }
        let itself = *parent == desired.external_key && kinds.contains(&desired.kind.as_str());
        if !lives || itself {
            let kinds = kinds.join(", ");
            let detail = format!("There is no other living parent {parent:?} among: {kinds}.");
            return Err(Problem::refused("parent-missing", detail));
        }
    }
    Ok(())
}

/// Answers the status, and what was done if anything was.
fn bring_in_line(
    connection: &Connection,
    desired: &Desired,
) -> Result<(StatusCode, Option<&'static str>), Problem> {
    let Desired { kind, external_key, parents, attributes } = desired;
    let (parents_json, attributes_json) =
        (json!(parents).to_string(), json!(attributes).to_string());
    match find(connection, kind, external_key)? {
        None => {
            connection.execute(
                "INSERT INTO object (kind, external_key, status, parents, attributes, revision) \
                 VALUES (?1, ?2, 'active', ?3, ?4, 1)",
                params![kind, external_key, parents_json, attributes_json],
            )?;
            Ok((StatusCode::CREATED, Some("made")))
        }
        Some(known) if known.status == "retired" => {
            let detail = format!("The {kind} {external_key:?} is retired, which is for good.");
            Err(Problem::refused("retired", detail))
        }
        Some(known) if known.attributes == *attributes && known.parents == *parents => {
            Ok((StatusCode::OK, None))
        }
        Some(known) => {
            connection.execute(
                "UPDATE object SET parents = ?1, attributes = ?2, revision = revision + 1 \
                 WHERE number = ?3",
                params![parents_json, attributes_json, known.number],
            )?;
            Ok((StatusCode::OK, Some("changed")))
        }
    }
}

fn finish(transaction: Transaction<'_>, keeps: bool) -> rusqlite::Result<()> {
    match keeps {
        true => transaction.commit(),
        false => transaction.rollback(),
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
    Ok(Object {
        number,
        id: format!("BM-{number:06}"),
        kind: row.get(1)?,
        external_key: row.get(2)?,
        status: row.get(3)?,
        parents: read_json(row, 4)?,
        attributes: read_json(row, 5)?,
        revision: row.get(6)?,
    })
}

fn read_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        let text = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(column, text, Box::new(error))
    })
}

/// Milliseconds since 1970, UTC.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
