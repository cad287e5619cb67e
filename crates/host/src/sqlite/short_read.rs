//! Reads that are over in a moment run at once on the thread that serves: handing them to a thread
//! that may wait, and waiting for it, costs more than they do. A read that turns out to be long is
//! broken off and done again by such a thread; nothing is lost but the moment.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::connection::{Receiver, fill, io, size};
use crate::{
    bindings::spin::sqlite::sqlite::{Error, RowResult, Value},
    limits::{
        ROWS_PER_BATCH, SHORT_READ_BYTES_MAX, SHORT_READ_STEPS_MAX, SHORT_READ_TIME_MAX,
        SQLITE_BUSY_TIMEOUT,
    },
};

/// The steps of SQLite after which it asks whether to go on.
const STEPS_BETWEEN_QUESTIONS: i32 = 500;

/// A statement that was this often too slow for the thread that serves isn't tried there again.
const STRIKES_MAX: u8 = 3;

/// Statements that are remembered; a guest that never repeats one must not fill memory.
const STATEMENTS_REMEMBERED_MAX: usize = 1_000;

/// Which statements have been too slow, by a hash of their text.
#[derive(Default)]
pub(super) struct SlowReads(Mutex<HashMap<u64, u8>>);

/// The questions that SQLite may still ask a connection before a read is broken off; below zero
/// stands for any number.
#[derive(Clone)]
pub(super) struct Budget(Arc<AtomicI32>);

/// All of a small result.
#[derive(Default)]
pub(super) struct ShortResult {
    pub columns: Vec<String>,
    pub rows: Vec<RowResult>,
    bytes: usize,
}

impl Budget {
    /// A budget that bounds the statements of `connection`.
    pub fn of(connection: &rusqlite::Connection) -> Self {
        let left = Arc::new(AtomicI32::new(-1));
        let budget = left.clone();
        let is_spent = move || match budget.load(Relaxed) {
            0 => true,
            unlimited if unlimited < 0 => false,
            questions => {
                budget.store(questions - 1, Relaxed);
                false
            }
        };
        connection.progress_handler(STEPS_BETWEEN_QUESTIONS, Some(is_spent));
        Self(left)
    }
}

impl SlowReads {
    /// The whole result of a read, if it is a read and a short one.
    pub fn read(
        &self,
        connection: &rusqlite::Connection,
        budget: &Budget,
        sql: &str,
        parameters: &[Value],
    ) -> Option<ShortResult> {
        if !looks_like_read(sql) || !connection.is_autocommit() {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        sql.hash(&mut hasher);
        let key = hasher.finish();
        if self.0.lock().get(&key).is_some_and(|strikes| *strikes >= STRIKES_MAX) {
            return None;
        }
        let begin = Instant::now();
        budget.0.store(SHORT_READ_STEPS_MAX / STEPS_BETWEEN_QUESTIONS, Relaxed);
        let result = read_without_waiting(connection, sql, parameters);
        let is_spent = budget.0.swap(-1, Relaxed) == 0;
        self.judge(key, begin.elapsed(), is_spent || result.is_err());
        result.ok()
    }

    fn judge(&self, key: u64, took: Duration, is_broken_off: bool) {
        if took <= SHORT_READ_TIME_MAX && !is_broken_off {
            return;
        }
        let mut slow = self.0.lock();
        if slow.len() >= STATEMENTS_REMEMBERED_MAX {
            slow.clear();
        }
        *slow.entry(key).or_default() += 1;
    }
}

/// Only what certainly reads: others do their work while they are prepared.
fn looks_like_read(sql: &str) -> bool {
    let word = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next();
    word.is_some_and(|word| {
        word.eq_ignore_ascii_case("select") || word.eq_ignore_ascii_case("with")
    })
}

fn read_without_waiting(
    connection: &rusqlite::Connection,
    sql: &str,
    parameters: &[Value],
) -> Result<ShortResult, Error> {
    let mut result = ShortResult::default();
    connection.busy_timeout(Duration::ZERO).map_err(io)?;
    let read = connection.prepare_cached(sql).map_err(io).and_then(|mut statement| {
        if statement.readonly() {
            fill(&mut statement, parameters, &mut result)
        } else {
            Err(too_much())
        }
    });
    connection.busy_timeout(SQLITE_BUSY_TIMEOUT).map_err(io)?;
    read.map(|()| result)
}

impl Receiver for ShortResult {
    fn columns(&mut self, columns: Vec<String>) {
        self.columns = columns;
    }

    fn row(&mut self, row: RowResult) -> Result<(), Error> {
        self.bytes += size(&row);
        if self.rows.len() >= ROWS_PER_BATCH || self.bytes > SHORT_READ_BYTES_MAX {
            return Err(too_much());
        }
        self.rows.push(row);
        Ok(())
    }
}

/// Never seen by a guest: whatever goes wrong here is done again by a thread that may wait.
fn too_much() -> Error {
    Error::Io("not a short read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> (rusqlite::Connection, Budget) {
        let connection = rusqlite::Connection::open_in_memory().expect("memory is free");
        connection
            .execute_batch("CREATE TABLE n (i INTEGER PRIMARY KEY); INSERT INTO n VALUES (1), (2)")
            .expect("the statements are valid");
        let budget = Budget::of(&connection);
        (connection, budget)
    }

    #[test]
    fn short_reads_are_done_and_the_rest_is_left() {
        let (connection, budget) = database();
        let slow = SlowReads::default();
        let many = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300) SELECT i FROM c";
        let cases = [
            ("SELECT i FROM n", Some(2)),
            ("  with m AS (SELECT 1) SELECT * FROM m", Some(1)),
            ("SELECT i FROM n WHERE i = 9", Some(0)),
            ("WITH m AS (SELECT 7 AS i) INSERT INTO n SELECT i FROM m", None),
            ("INSERT INTO n VALUES (8)", None),
            ("PRAGMA table_info(n)", None),
            ("BEGIN", None),
            ("SELECT nothing FROM n", None),
            (many, None),
            ("SELECT zeroblob(2000000)", None),
            ("", None),
        ];
        for (sql, rows) in cases {
            let read = slow.read(&connection, &budget, sql, &[]).map(|found| found.rows.len());
            assert_eq!(read, rows, "{sql}");
        }
        let left: i64 = connection
            .query_row("SELECT count(*) FROM n", [], |row| row.get(0))
            .expect("the table is still there");
        assert_eq!(left, 2);
        connection.execute_batch("BEGIN").expect("no transaction is open");
        assert!(slow.read(&connection, &budget, "SELECT i FROM n", &[]).is_none());
    }

    #[test]
    fn long_reads_are_broken_off_and_not_tried_for_ever() {
        let (connection, budget) = database();
        let slow = SlowReads::default();
        let long = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000000) SELECT max(i) FROM c";
        for _ in 0..5 {
            assert!(slow.read(&connection, &budget, long, &[]).is_none());
        }
        assert_eq!(slow.0.lock().values().copied().collect::<Vec<_>>(), [STRIKES_MAX]);
        // Where it may wait, the same connection takes the time that it needs.
        let found: i64 = connection.query_row(long, [], |row| row.get(0)).expect("it ends");
        assert_eq!(found, 1_000_000);
    }
}
