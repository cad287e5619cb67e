//! Writing the log of SQLite back into the database. SQLite itself has the statement do it whose commit made the log long,
//! while all that write after it wait; here it is done beside them.

use std::{
    cell::Cell,
    ffi::c_int,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use parking_lot::FairMutex;
use rusqlite::hooks::Wal;

use crate::limits::SQLITE_LOG_PAGES;

thread_local! {
    /// Pages in the log after the last commit of this thread.
    static LOG_PAGES: Cell<c_int> = const { Cell::new(0) };
}

/// What keeps the log of a database short.
#[derive(Default)]
pub(super) struct WriteAheadLog {
    is_being_written_back: AtomicBool,
    /// Opened at the first time. A connection of its own: what guests begin on theirs must not come in between.
    connection: Mutex<Option<rusqlite::Connection>>,
}

impl WriteAheadLog {
    /// Commits of this connection no longer write the log back, but tell how long it is.
    pub fn watch(connection: &rusqlite::Connection) {
        fn note_length(_: &Wal, pages: c_int) -> rusqlite::Result<()> {
            LOG_PAGES.set(pages);
            Ok(())
        }
        connection.wal_hook(Some(note_length));
    }

    /// Whether the last commit of this thread left a log that is too long, and nobody is at it.
    pub fn is_to_be_written_back(&self) -> bool {
        LOG_PAGES.take() >= SQLITE_LOG_PAGES && !self.is_being_written_back.swap(true, Relaxed)
    }

    /// Writes back nearly all while others go on writing, then the rest while they wait: only a log that is written back
    /// to its end is begun anew. Blocks. What can't be written back now is when the log is found long the next time.
    pub fn write_back(&self, path: &Path, writers: &FairMutex<()>) {
        let written = self.write(path).and_then(|()| {
            let _turn = writers.lock();
            self.write(path)
        });
        self.is_being_written_back.store(false, Relaxed);
        if let Err(error) = written {
            eprintln!("the log of {} was not written back: {error}", path.display());
        }
    }

    pub fn close(&self) {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn write(&self, path: &Path) -> rusqlite::Result<()> {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *slot {
            Some(opened) => opened,
            empty => empty.insert(rusqlite::Connection::open(path)?),
        };
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_is_written_back_to_its_end_and_begun_anew() {
        let directory = tempfile::tempdir().expect("there is room for a temporary directory");
        let path = directory.path().join("log.db");
        let writer = rusqlite::Connection::open(&path).expect("a database");
        WriteAheadLog::watch(&writer);
        let schema = "PRAGMA journal_mode = wal; CREATE TABLE note (text BLOB)";
        writer.execute_batch(schema).expect("a table");
        let (log, writers) = (WriteAheadLog::default(), FairMutex::new(()));
        assert!(!log.is_to_be_written_back(), "the log is short");

        let write = "INSERT INTO note VALUES (zeroblob(1000000))";
        let mut commits = 0;
        while !log.is_to_be_written_back() {
            writer.execute(write, []).expect("a note");
            commits += 1;
            assert!(commits < 1_000, "the log is never found long");
        }
        assert!(commits > 1);
        writer.execute(write, []).expect("a note");
        assert!(!log.is_to_be_written_back(), "somebody is at it");

        log.write_back(&path, &writers);
        writer.execute("INSERT INTO note VALUES ('short')", []).expect("a note");
        let pages = LOG_PAGES.get();
        assert!(0 < pages && pages < 10, "the log is begun anew, and not {pages} pages long");
        assert!(!log.is_to_be_written_back(), "and it is short");
        log.close();
    }
}
