//! One open database: opened at the first statement, closed away from the threads that serve.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
};

use parking_lot::FairMutex;
use rusqlite::types::{ToSqlOutput, ValueRef};

use super::idle::{Handle, IdleHandles};
use super::short_read::{ShortResult, SlowReads};
use super::write_ahead_log::WriteAheadLog;
use crate::{
    bindings::spin::sqlite::sqlite::{Error, QueryResult, RowResult, Value},
    limits::RESULT_BYTES_MAX,
    rows::{Answer, RowSink},
};

/// The error of a query whose thread ended without a result.
pub(super) const INTERRUPTED: &str = "the query was interrupted";

/// The file behind the label `default`.
pub(crate) struct Database {
    path: Arc<PathBuf>,
    /// A connection that does nothing. SQLite writes its log back and deletes it when the last
    /// connection closes; components open and close all the time, and would pay for that each time.
    keeper: Mutex<Option<rusqlite::Connection>>,
    idle: IdleHandles,
    log: WriteAheadLog,
    /// Statements that write come one after the other, in the order in which they came: SQLite itself
    /// lets those that find it busy sleep for growing times, and some of them for long.
    writers: FairMutex<()>,
    slow_reads: SlowReads,
}

/// What a guest's handle stands for.
#[derive(Clone)]
pub struct Connection(Arc<Opened>);

struct Opened {
    database: Arc<Database>,
    /// Empty until the first statement, as in Spin.
    connection: Mutex<Option<Handle>>,
    /// Kept beside the connection, so that asking for them never waits for a running query.
    changes: AtomicU64,
    last_insert_rowid: AtomicI64,
}

impl Database {
    pub fn new(path: PathBuf) -> Self {
        Self {
            path: Arc::new(path),
            keeper: Mutex::new(None),
            idle: IdleHandles::default(),
            log: WriteAheadLog::default(),
            writers: FairMutex::new(()),
            slow_reads: SlowReads::default(),
        }
    }

    pub fn connect(self: &Arc<Self>) -> Connection {
        Connection(Arc::new(Opened {
            database: self.clone(),
            connection: Mutex::new(None),
            changes: AtomicU64::new(0),
            last_insert_rowid: AtomicI64::new(0),
        }))
    }

    /// Lets SQLite tidy up. Called when no component runs any more.
    pub fn close(&self) {
        self.idle.close();
        self.log.close();
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// After a statement that wrote: has the log written back once it is long.
    fn tend_log(self: &Arc<Self>) {
        // Without threads that may wait there is nobody to do it, and the log waits for the next statement.
        if self.log.is_to_be_written_back()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let database = self.clone();
            runtime
                .spawn_blocking(move || database.log.write_back(&database.path, &database.writers));
        }
    }

    /// One that another guest has left as it found it, or a new one.
    fn open(&self) -> rusqlite::Result<Handle> {
        if let Some(handle) = self.idle.take() {
            return Ok(handle);
        }
        let handle = Handle::open(&self.path)?;
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        if keeper.is_none() {
            let kept = rusqlite::Connection::open(&*self.path)?;
            // Only a connection that has read takes part in the log.
            kept.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
            *keeper = Some(kept);
        }
        Ok(handle)
    }
}

impl Connection {
    /// Runs a statement and returns all of its rows.
    pub async fn collect(&self, sql: String, parameters: Vec<Value>) -> Result<QueryResult, Error> {
        if let Some(ShortResult { columns, rows, .. }) = self.0.read_at_once(&sql, &parameters) {
            return Ok(QueryResult { columns, rows });
        }
        let opened = self.0.clone();
        let run = move || {
            let mut collected = Collected::default();
            opened.run(&sql, &parameters, &mut collected)?;
            Ok(QueryResult { columns: collected.columns, rows: collected.rows })
        };
        tokio::task::spawn_blocking(run)
            .await
            .unwrap_or_else(|_| Err(Error::Io(INTERRUPTED.to_owned())))
    }

    /// Runs a statement and returns its first rows, the others follow. As in Spin, what is wrong
    /// with the statement shows at the end of the answer.
    pub async fn stream(
        &self,
        sql: String,
        parameters: Vec<Value>,
    ) -> Result<Answer<String, RowResult, Error>, Error> {
        if let Some(ShortResult { columns, rows, .. }) = self.0.read_at_once(&sql, &parameters) {
            return Ok(Answer::whole(columns, rows));
        }
        let opened = self.0.clone();
        let (mut sink, answer) = RowSink::new();
        tokio::task::spawn_blocking(move || {
            let result = opened.run(&sql, &parameters, &mut sink);
            sink.finish_blocking(result);
        });
        answer.await.map_err(|_| Error::Io(INTERRUPTED.to_owned()))
    }

    pub fn changes(&self) -> u64 {
        self.0.changes.load(Relaxed)
    }

    pub fn last_insert_rowid(&self) -> i64 {
        self.0.last_insert_rowid.load(Relaxed)
    }
}

/// Where the rows of a statement go.
pub(super) trait Receiver {
    fn columns(&mut self, columns: Vec<String>);
    fn row(&mut self, row: RowResult) -> Result<(), Error>;
}

impl Opened {
    /// The result, if it is there in a moment. The file is opened by a thread that may wait.
    fn read_at_once(&self, sql: &str, parameters: &[Value]) -> Option<ShortResult> {
        let slot = self.connection.try_lock().ok()?;
        let handle = slot.as_ref()?;
        self.database.slow_reads.read(&handle.connection, &handle.budget, sql, parameters)
    }

    fn run(
        &self,
        sql: &str,
        parameters: &[Value],
        receiver: &mut impl Receiver,
    ) -> Result<(), Error> {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *slot {
            Some(opened) => &opened.connection,
            empty => &empty.insert(self.database.open().map_err(io)?).connection,
        };
        let result = query(connection, &self.database.writers, sql, parameters, receiver);
        self.database.tend_log();
        let is_read_only = result?;
        // What it says after a statement that only reads may be of a guest before.
        if !is_read_only {
            self.changes.store(connection.changes(), Relaxed);
            self.last_insert_rowid.store(connection.last_insert_rowid(), Relaxed);
        }
        Ok(())
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let slot = self.connection.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(refused) = slot.take().and_then(|handle| self.database.idle.keep(handle)) else {
            return;
        };
        // Closing rolls back and may write to the disk, so it is done elsewhere where possible.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn_blocking(move || drop(refused));
        }
    }
}

/// Answers whether the statement only reads.
fn query(
    connection: &rusqlite::Connection,
    writers: &FairMutex<()>,
    sql: &str,
    parameters: &[Value],
    receiver: &mut impl Receiver,
) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached(sql).map_err(io)?;
    // Whoever has begun a transaction has SQLite's own lock already, or must not wait for another.
    let is_read_only = statement.readonly();
    let is_write = connection.is_autocommit() && !is_read_only;
    let _turn = is_write.then(|| writers.lock());
    fill(&mut statement, parameters, receiver)?;
    Ok(is_read_only)
}

/// Runs a prepared statement and passes on what it gives.
pub(super) fn fill(
    statement: &mut rusqlite::Statement<'_>,
    parameters: &[Value],
    receiver: &mut impl Receiver,
) -> Result<(), Error> {
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let width = columns.len();
    receiver.columns(columns);
    let parameters = rusqlite::params_from_iter(parameters.iter().map(to_sqlite));
    let mut rows = statement.query(parameters).map_err(io)?;
    while let Some(row) = rows.next().map_err(io)? {
        let values = (0..width).map(|column| row.get_ref(column).map_err(io).and_then(from_sqlite));
        receiver.row(RowResult { values: values.collect::<Result<_, _>>()? })?;
    }
    Ok(())
}

impl Receiver for RowSink<String, RowResult, Error> {
    fn columns(&mut self, columns: Vec<String>) {
        self.set_columns(columns);
    }

    fn row(&mut self, row: RowResult) -> Result<(), Error> {
        if size(&row) > RESULT_BYTES_MAX {
            return Err(too_large());
        }
        self.push_blocking(row).map_err(|_| Error::Io("the rows are no longer read".to_owned()))
    }
}

#[derive(Default)]
struct Collected {
    columns: Vec<String>,
    rows: Vec<RowResult>,
    bytes: usize,
}

impl Receiver for Collected {
    fn columns(&mut self, columns: Vec<String>) {
        self.columns = columns;
    }

    fn row(&mut self, row: RowResult) -> Result<(), Error> {
        self.bytes += size(&row);
        if self.bytes > RESULT_BYTES_MAX {
            return Err(too_large());
        }
        self.rows.push(row);
        Ok(())
    }
}

/// The memory that a row takes, in bytes.
pub(super) fn size(row: &RowResult) -> usize {
    let own = row.values.len() * size_of::<Value>();
    let heap = row.values.iter().map(|value| match value {
        Value::Text(text) => text.len(),
        Value::Blob(blob) => blob.len(),
        Value::Integer(_) | Value::Real(_) | Value::Null => 0,
    });
    own + heap.sum::<usize>()
}

fn to_sqlite(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Integer(number) => ValueRef::Integer(*number),
        Value::Real(number) => ValueRef::Real(*number),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Blob(blob) => ValueRef::Blob(blob),
        Value::Null => ValueRef::Null,
    })
}

fn from_sqlite(value: ValueRef<'_>) -> Result<Value, Error> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(
            String::from_utf8(text.to_vec()).map_err(|error| Error::Io(error.to_string()))?,
        ),
        ValueRef::Blob(blob) => Value::Blob(blob.to_vec()),
    })
}

pub(super) fn io(error: rusqlite::Error) -> Error {
    Error::Io(error.to_string())
}

fn too_large() -> Error {
    Error::Io(format!("query result exceeds limit of {RESULT_BYTES_MAX} bytes"))
}
