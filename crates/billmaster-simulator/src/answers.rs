//! The answers of idempotency keys: kept beside the work, in the same transaction.

use crate::objects::now;
use crate::problem::Problem;
use axum::http::StatusCode;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// How long the answer of an idempotency key is kept, in milliseconds: seven days.
const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;

pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS answered (
        idempotency_key TEXT PRIMARY KEY,
        request_sha256  TEXT NOT NULL,
        status          INTEGER NOT NULL,
        answer          TEXT NOT NULL,
        at              INTEGER NOT NULL
    );";

/// A change that is asked for.
#[derive(Debug)]
pub struct Call {
    pub idempotency_key: String,
    request_sha256: String,
}

/// What a change is answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: String,
    /// The key was seen before: this is what it was answered then.
    pub repeated: bool,
}

impl Call {
    /// The request is all that the caller asks for, in one fixed order.
    pub fn new(idempotency_key: String, request: &Value) -> Call {
        let digest = Sha256::digest(request.to_string());
        let request_sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Call { idempotency_key, request_sha256 }
    }
}

/// The answer of a key that was answered before; another request under the same key is a mistake of the caller.
pub fn known(connection: &Connection, call: &Call) -> Result<Option<Answer>, Problem> {
    let statement = "SELECT request_sha256, status, answer FROM answered \
                     WHERE idempotency_key = ?1 AND at > ?2";
    let read = |row: &Row<'_>| -> rusqlite::Result<(String, u16, String)> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    };
    let mut statement = connection.prepare_cached(statement)?;
    let found = statement.query_row(params![call.idempotency_key, now() - KEPT_MS], read);
    let Some((request_sha256, status, body)) = found.optional()? else { return Ok(None) };
    if request_sha256 != call.request_sha256 {
        let detail = "This Idempotency-Key was used for another request.";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", detail));
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    Ok(Some(Answer { status, body, repeated: true }))
}

/// Keeps what a key is answered.
pub fn keep(
    connection: &Connection,
    call: &Call,
    status: StatusCode,
    body: String,
) -> Result<Answer, Problem> {
    connection.execute(
        "INSERT OR REPLACE INTO answered (idempotency_key, request_sha256, status, answer, at) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![call.idempotency_key, call.request_sha256, status.as_u16(), body, now()],
    )?;
    Ok(Answer { status, body, repeated: false })
}

/// Deletes what is older than it has to be.
pub fn purge(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM answered WHERE at <= ?1", [now() - KEPT_MS])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_kept_for_seven_days() {
        let connection = Connection::open_in_memory().expect("a database");
        connection.execute_batch(SCHEMA).expect("a schema");
        let call = Call::new("k".to_owned(), &json!(["ensure"]));
        keep(&connection, &call, StatusCode::CREATED, "{}".to_owned()).expect("kept");
        let second = 1000;
        for (age_ms, expected) in [(0, true), (KEPT_MS - 60 * second, true), (KEPT_MS, false)] {
            connection.execute("UPDATE answered SET at = ?1", [now() - age_ms]).expect("aged");
            let found = known(&connection, &call).expect("asked");
            assert_eq!(found.is_some_and(|answer| answer.repeated), expected, "{age_ms}");
        }
        purge(&connection).expect("purged");
        let left: i64 = connection
            .query_row("SELECT count(*) FROM answered", [], |row| row.get(0))
            .expect("counted");
        assert_eq!(left, 0);
    }
}
