//! Connections to SQLite that wait for the next guest. Instances come and go all the time; a new connection reads the whole
//! schema and prepares every statement anew, which takes longer than most requests.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use parking_lot::Mutex;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::short_read::Budget;
use super::write_ahead_log::WriteAheadLog;
use crate::limits::{SQLITE_BUSY_TIMEOUT, SQLITE_IDLE_CONNECTIONS_MAX, SQLITE_STATEMENTS_CACHED};

/// Settings that guests usually make, and that can be taken back. Each is a number.
const SETTINGS: [&str; 2] = ["foreign_keys", "synchronous"];

/// An open connection, with what bounds it and what is known of it.
pub(super) struct Handle {
    pub connection: rusqlite::Connection,
    pub budget: Budget,
    changes: Arc<Changes>,
    /// What the [`SETTINGS`] of a new connection are.
    defaults: [i64; SETTINGS.len()],
}

/// What a guest has done to the connection itself.
#[derive(Default)]
struct Changes {
    settings: AtomicBool,
    /// Other settings, temporary tables, attached databases.
    lasting: AtomicBool,
}

impl Handle {
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = rusqlite::Connection::open(path)?;
        connection.busy_timeout(SQLITE_BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(SQLITE_STATEMENTS_CACHED);
        let defaults = read_settings(&connection)?;
        let changes = Arc::new(Changes::default());
        let noted = changes.clone();
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            noted.note(&context);
            authorize(&context.action)
        }));
        WriteAheadLog::watch(&connection);
        let budget = Budget::of(&connection);
        Ok(Self { connection, budget, changes, defaults })
    }

    /// Makes it so that the next guest can't tell it from a new one, but for SQL's own `changes()` and `last_insert_rowid()`,
    /// which nobody asks who has changed nothing; false: that can't be done.
    fn restore(&self) -> bool {
        if !self.connection.is_autocommit() || self.changes.lasting.load(Relaxed) {
            return false;
        }
        if !self.changes.settings.load(Relaxed) {
            return true;
        }
        let set = |(name, value): (&str, i64)| self.connection.pragma_update(None, name, value);
        let is_restored = SETTINGS.into_iter().zip(self.defaults).try_for_each(set).is_ok();
        self.changes.settings.store(false, Relaxed);
        is_restored
    }
}

fn read_settings(connection: &rusqlite::Connection) -> rusqlite::Result<[i64; SETTINGS.len()]> {
    let mut values = [0; SETTINGS.len()];
    for (value, name) in values.iter_mut().zip(SETTINGS) {
        *value = connection.pragma_query_value(None, name, |row| row.get(0))?;
    }
    Ok(values)
}

impl Changes {
    /// A pragma without a value only reads: full-text search asks for the version of the data by one.
    fn note(&self, context: &AuthContext<'_>) {
        match &context.action {
            AuthAction::Pragma { pragma_value: None, .. } => {}
            AuthAction::Pragma { pragma_name, .. }
                if SETTINGS.iter().any(|name| name.eq_ignore_ascii_case(pragma_name)) =>
            {
                self.settings.store(true, Relaxed);
            }
            // A virtual table is told as one like any other, in the database of what is temporary.
            action if changes_connection(action) || context.database_name == Some("temp") => {
                self.lasting.store(true, Relaxed);
            }
            _ => {}
        }
    }
}

/// A guest was granted a database and not the file system around it.
fn authorize(action: &AuthAction<'_>) -> Authorization {
    match action {
        AuthAction::Attach { filename } if !matches!(*filename, "" | ":memory:") => {
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }
}

/// What a statement does to the connection and not to the database; what isn't known counts as such.
fn changes_connection(action: &AuthAction<'_>) -> bool {
    use AuthAction::*;
    matches!(
        action,
        Pragma { .. }
            | Attach { .. }
            | Detach { .. }
            | CreateTempIndex { .. }
            | CreateTempTable { .. }
            | CreateTempTrigger { .. }
            | CreateTempView { .. }
            | DropTempIndex { .. }
            | DropTempTable { .. }
            | DropTempTrigger { .. }
            | DropTempView { .. }
            | Unknown { .. }
    )
}

/// The connections that nobody uses.
#[derive(Default)]
pub(super) struct IdleHandles(Mutex<Vec<Handle>>);

impl IdleHandles {
    /// The one that was used last: most of what it has read is still in memory.
    pub fn take(&self) -> Option<Handle> {
        self.0.lock().pop()
    }

    /// Keeps it for the next guest, or gives it back to be closed.
    pub fn keep(&self, handle: Handle) -> Option<Handle> {
        if !handle.restore() {
            return Some(handle);
        }
        let mut idle = self.0.lock();
        if idle.len() >= SQLITE_IDLE_CONNECTIONS_MAX {
            return Some(handle);
        }
        idle.push(handle);
        None
    }

    pub fn close(&self) {
        std::mem::take(&mut *self.0.lock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_kept_when_the_next_guest_cannot_tell_it_from_a_new_one() {
        let directory = tempfile::tempdir().expect("there is room for a temporary directory");
        let path = directory.path().join("idle.db");
        let cases = "
            CREATE TABLE note (text TEXT)                          | kept
            INSERT INTO note VALUES ('a')                          | kept
            SELECT text FROM note                                  | kept
            BEGIN; INSERT INTO note VALUES ('b'); COMMIT           | kept
            BEGIN; INSERT INTO note VALUES ('c')                   | closed
            SAVEPOINT s                                            | closed
            PRAGMA data_version                                    | kept
            PRAGMA foreign_keys = OFF                              | kept
            PRAGMA synchronous = OFF; PRAGMA Foreign_Keys = 0      | kept
            PRAGMA case_sensitive_like = ON                        | closed
            CREATE TEMP TABLE secret (text TEXT)                   | closed
            CREATE TEMP VIEW seen AS SELECT text FROM note         | closed
            CREATE VIRTUAL TABLE temp.words USING fts5(text)       | closed
            ATTACH ':memory:' AS other                             | closed
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (sql, expected) = line.rsplit_once('|').expect("a statement and what happens");
            let idle = IdleHandles::default();
            let handle = Handle::open(&path).expect("the file opens");
            let defaults = handle.defaults;
            handle.connection.execute_batch(sql).expect("the statement is valid");
            let is_kept = idle.keep(handle).is_none();
            assert_eq!(is_kept, expected.trim() == "kept", "{line}");
            let settings = idle.take().map(|kept| read_settings(&kept.connection));
            assert_eq!(settings, is_kept.then_some(Ok(defaults)), "{line}");
        }
    }

    #[test]
    fn no_more_are_kept_than_the_limit_says() {
        let idle = IdleHandles::default();
        let open = || Handle::open(Path::new(":memory:")).expect("memory is free");
        for _ in 0..SQLITE_IDLE_CONNECTIONS_MAX {
            assert!(idle.keep(open()).is_none());
        }
        assert!(idle.keep(open()).is_some());
        idle.close();
        assert!(idle.take().is_none());
    }
}
