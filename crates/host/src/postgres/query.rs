//! Statements on one connection. Each is prepared once for a connection and used again: that saves
//! one of the two journeys to the server that a statement costs on Spin.

use std::{pin::pin, sync::Arc};

use deadpool_postgres::Object;
use futures::{
    TryStreamExt,
    future::{Either, select},
};
use tokio_postgres::{
    RowStream, Statement,
    error::{DbError, SqlState},
    types::ToSql,
};

use super::{
    columns,
    parameters::{Parameter, convert},
};
use crate::{
    bindings::spin::postgres::postgres::{
        Column, DbError as GuestDbError, DbValue, Error, ParameterValue, QueryError, Row, RowSet,
    },
    limits::{POSTGRES_STATEMENTS_CACHED, RESULT_BYTES_MAX},
    rows::{Answer, RowSink},
};

/// A connection while a guest has it; dropping the last one gives it back to its pool.
pub(super) struct Client(Object);

impl Client {
    pub fn new(connection: Object) -> Self {
        Self(connection)
    }

    /// Runs a statement and returns the number of rows that it touched.
    pub async fn execute(&self, sql: &str, parameters: Vec<ParameterValue>) -> Result<u64, Error> {
        let parameters = convert(parameters).map_err(Error::ValueConversionFailed)?;
        let prepared = self.prepare(sql).await?;
        let stale = match self.0.execute_raw(&prepared, references(&parameters)).await {
            Err(error) if is_stale(&error) => error,
            done => return done.map_err(|error| query_failed(&error)),
        };
        let prepared = self.prepare_again(sql, stale).await?;
        let done = self.0.execute_raw(&prepared, references(&parameters)).await;
        done.map_err(|error| query_failed(&error))
    }

    /// Runs a statement and returns all of its rows.
    pub async fn collect(
        &self,
        sql: &str,
        parameters: Vec<ParameterValue>,
    ) -> Result<RowSet, Error> {
        let mut found = pin!(self.start(sql, parameters).await?);
        let mut collected = RowSet { columns: Vec::new(), rows: Vec::new() };
        let mut bytes = 0;
        while let Some(row) = found.try_next().await.map_err(|error| query_failed(&error))? {
            if collected.rows.is_empty() {
                collected.columns = columns_of(&row);
            }
            let row = columns::convert(&row).map_err(text)?;
            bytes += size(&row);
            if bytes > RESULT_BYTES_MAX {
                return Err(too_large());
            }
            collected.rows.push(row);
        }
        Ok(collected)
    }

    /// Runs a statement and returns its first rows, the others follow. As in Spin, an answer
    /// without rows has no columns either.
    pub async fn stream(
        self: Arc<Self>,
        sql: &str,
        parameters: Vec<ParameterValue>,
    ) -> Result<Answer<Column, Row, Error>, Error> {
        let found = self.start(sql, parameters).await?;
        let (mut sink, answer) = RowSink::new();
        let pump = Box::pin(async move {
            let result = pass_on(found, &mut sink).await;
            sink.finish(result).await;
            // Until here, so that nobody else gets a connection with rows on their way.
            drop(self);
        });
        // Almost every answer is over at once; the others go on by themselves.
        let answer = match select(answer, pump).await {
            Either::Left((answer, pump)) => {
                tokio::spawn(pump);
                answer
            }
            Either::Right(((), answer)) => answer.await,
        };
        answer.map_err(|_| text("the query was interrupted".to_owned()))
    }

    async fn start(&self, sql: &str, parameters: Vec<ParameterValue>) -> Result<RowStream, Error> {
        let parameters = convert(parameters).map_err(Error::BadParameter)?;
        let prepared = self.prepare(sql).await?;
        let stale = match self.0.query_raw(&prepared, references(&parameters)).await {
            Err(error) if is_stale(&error) => error,
            started => return started.map_err(|error| query_failed(&error)),
        };
        let prepared = self.prepare_again(sql, stale).await?;
        let started = self.0.query_raw(&prepared, references(&parameters)).await;
        started.map_err(|error| query_failed(&error))
    }

    async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        // Guests that write values into their statements would fill the memory of host and server.
        if self.0.statement_cache.size() >= POSTGRES_STATEMENTS_CACHED {
            self.0.statement_cache.clear();
        }
        self.0.prepare_cached(sql).await.map_err(|error| query_failed(&error))
    }

    /// Inside a transaction the server refuses; then the guest is told what was wrong first.
    async fn prepare_again(
        &self,
        sql: &str,
        stale: tokio_postgres::Error,
    ) -> Result<Statement, Error> {
        self.0.statement_cache.remove(sql, &[]);
        self.0.prepare_cached(sql).await.map_err(|_| query_failed(&stale))
    }
}

/// Whether a statement failed only because it was prepared before something changed. Nothing of it
/// was done then.
fn is_stale(error: &tokio_postgres::Error) -> bool {
    let Some(error) = error.as_db_error() else { return false };
    let is_plan_outdated = *error.code() == SqlState::FEATURE_NOT_SUPPORTED
        && error.routine() == Some("RevalidateCachedQuery");
    is_plan_outdated || *error.code() == SqlState::INVALID_SQL_STATEMENT_NAME
}

fn references(parameters: &[Parameter]) -> impl ExactSizeIterator<Item = &(dyn ToSql + Sync)> {
    parameters.iter().map(|parameter| &**parameter as &(dyn ToSql + Sync))
}

async fn pass_on(found: RowStream, sink: &mut RowSink<Column, Row, Error>) -> Result<(), Error> {
    let mut found = pin!(found);
    let mut is_first = true;
    while let Some(row) = found.try_next().await.map_err(|error| query_failed(&error))? {
        if is_first {
            sink.set_columns(columns_of(&row));
            is_first = false;
        }
        let row = columns::convert(&row).map_err(text)?;
        if size(&row) > RESULT_BYTES_MAX {
            return Err(too_large());
        }
        if sink.push(row).await.is_err() {
            return Err(text("the rows are no longer read".to_owned()));
        }
    }
    Ok(())
}

fn columns_of(row: &tokio_postgres::Row) -> Vec<Column> {
    let columns = row.columns().iter();
    columns
        .map(|column| Column {
            name: column.name().to_owned(),
            data_type: columns::data_type(column.type_()),
        })
        .collect()
}

/// The memory that a row takes, in bytes.
fn size(row: &[DbValue]) -> usize {
    let heap = row.iter().map(|value| match value {
        DbValue::Str(text) | DbValue::Decimal(text) | DbValue::Uuid(text) => text.len(),
        DbValue::Binary(bytes) | DbValue::Jsonb(bytes) | DbValue::Unsupported(bytes) => bytes.len(),
        DbValue::ArrayInt32(values) => values.len() * size_of::<Option<i32>>(),
        DbValue::ArrayInt64(values) => values.len() * size_of::<Option<i64>>(),
        DbValue::ArrayStr(texts) | DbValue::ArrayDecimal(texts) => {
            let own = texts.len() * size_of::<Option<String>>();
            own + texts.iter().flatten().map(String::len).sum::<usize>()
        }
        _ => 0,
    });
    size_of_val(row) + heap.sum::<usize>()
}

fn text(reason: String) -> Error {
    Error::QueryFailed(QueryError::Text(reason))
}

fn too_large() -> Error {
    text(format!("query result exceeds limit of {RESULT_BYTES_MAX} bytes"))
}

fn query_failed(error: &tokio_postgres::Error) -> Error {
    let as_text = format!("{error:?}");
    let Some(fault) = error.as_db_error() else { return text(as_text) };
    Error::QueryFailed(QueryError::DbError(GuestDbError {
        as_text,
        severity: fault.severity().to_owned(),
        code: fault.code().code().to_owned(),
        message: fault.message().to_owned(),
        detail: fault.detail().map(str::to_owned),
        extras: extras(fault),
    }))
}

/// What the server says besides, under the names that Spin gives it.
fn extras(fault: &DbError) -> Vec<(String, String)> {
    let line = fault.line().map(|line| line.to_string());
    let named = [
        ("column", fault.column()),
        ("constraint", fault.constraint()),
        ("routine", fault.routine()),
        ("hint", fault.hint()),
        ("table", fault.table()),
        ("datatype", fault.datatype()),
        ("schema", fault.schema()),
        ("file", fault.file()),
        ("line", line.as_deref()),
        ("where_", fault.where_()),
    ];
    let present = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
    present.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
