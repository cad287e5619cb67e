//! Spin's databases, inside a component.
//!
//! An instance keeps a few connections and hands each to one request at a time: opening is what costs most, and two
//! requests on one connection would mix. A connection on which a statement failed for a reason that is not a rule of the
//! schema is dropped.

use crate::database::{Database, DatabaseError, Dialect, Row, Value, is_rule};
use spin_sdk::pg::wit::postgres as pg;
use spin_sdk::sqlite::wit::sqlite;
use std::sync::Mutex;

/// Connections that one instance keeps to PostgreSQL. They count against the host's 64 and there may be many instances.
const POSTGRES_IDLE_MAX: usize = 2;
/// Connections that one instance keeps to SQLite: one for each request that it may serve at once.
const SQLITE_IDLE_MAX: usize = 16;

static SQLITE_IDLE: Mutex<Vec<sqlite::Connection>> = Mutex::new(Vec::new());
static POSTGRES_IDLE: Mutex<Vec<pg::Connection>> = Mutex::new(Vec::new());

/// Which database the component uses: the variable `database_url`.
#[derive(Debug, Clone)]
pub enum SpinDatabase {
    /// Spin's database of the name `default`.
    Sqlite,
    Postgres {
        url: String,
    },
}

impl SpinDatabase {
    /// Reads the variable's value: `sqlite`, or a `postgres://` URL.
    pub fn from_url(url: &str) -> Result<SpinDatabase, DatabaseError> {
        if url == "sqlite" {
            return Ok(SpinDatabase::Sqlite);
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(SpinDatabase::Postgres { url: url.to_owned() });
        }
        let message = "the variable database_url must be sqlite, or begin with postgres://";
        Err(DatabaseError::Failed(message.to_owned()))
    }
}

impl Database for SpinDatabase {
    fn dialect(&self) -> Dialect {
        match self {
            SpinDatabase::Sqlite => Dialect::Sqlite,
            SpinDatabase::Postgres { .. } => Dialect::Postgres,
        }
    }

    async fn query(
        &self,
        statement: &str,
        parameters: Vec<Value>,
    ) -> Result<Vec<Row>, DatabaseError> {
        match self {
            SpinDatabase::Sqlite => sqlite_query(statement, parameters).await,
            SpinDatabase::Postgres { url } => postgres_query(url, statement, parameters).await,
        }
    }

    async fn execute(&self, statement: &str, parameters: Vec<Value>) -> Result<(), DatabaseError> {
        match self {
            SpinDatabase::Sqlite => sqlite_query(statement, parameters).await.map(|_| ()),
            SpinDatabase::Postgres { url } => postgres_execute(url, statement, parameters).await,
        }
    }
}

/// Takes a kept connection; a lock that a panic has poisoned is used on: the instance is gone with that panic.
fn take<T>(idle: &Mutex<Vec<T>>) -> Option<T> {
    idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop()
}

fn keep<T>(idle: &Mutex<Vec<T>>, connection: T, most: usize) {
    let mut idle = idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if idle.len() < most {
        idle.push(connection);
    }
}

async fn sqlite_connection() -> Result<sqlite::Connection, DatabaseError> {
    if let Some(connection) = take(&SQLITE_IDLE) {
        return Ok(connection);
    }
    let connection =
        sqlite::Connection::open_async("default".to_owned()).await.map_err(sqlite_error)?;
    for pragma in ["PRAGMA foreign_keys = ON", "PRAGMA synchronous = NORMAL"] {
        let (_, rows, result) =
            connection.execute_async(pragma.to_owned(), Vec::new()).await.map_err(sqlite_error)?;
        rows.collect().await;
        result.await.map_err(sqlite_error)?;
    }
    Ok(connection)
}

async fn sqlite_query(statement: &str, parameters: Vec<Value>) -> Result<Vec<Row>, DatabaseError> {
    let connection = sqlite_connection().await?;
    let parameters = parameters.into_iter().map(sqlite_parameter).collect();
    let answer = async {
        let (_, rows, result) = connection.execute_async(statement.to_owned(), parameters).await?;
        let rows = rows.collect().await;
        result.await?;
        Ok(rows)
    };
    let answer = answer.await.map_err(sqlite_error);
    if !matches!(answer, Err(DatabaseError::Failed(_))) {
        keep(&SQLITE_IDLE, connection, SQLITE_IDLE_MAX);
    }
    let row = |row: sqlite::RowResult| Row(row.values.into_iter().map(sqlite_column).collect());
    Ok(answer?.into_iter().map(row).collect())
}

fn sqlite_parameter(value: Value) -> sqlite::Value {
    match value {
        Value::Text(Some(text)) => sqlite::Value::Text(text),
        Value::Integer(Some(number)) => sqlite::Value::Integer(number),
        Value::Bytes(Some(bytes)) => sqlite::Value::Blob(bytes),
        Value::Text(None) | Value::Integer(None) | Value::Bytes(None) => sqlite::Value::Null,
    }
}

fn sqlite_column(value: sqlite::Value) -> Value {
    match value {
        sqlite::Value::Text(text) => Value::Text(Some(text)),
        sqlite::Value::Integer(number) => Value::Integer(Some(number)),
        sqlite::Value::Blob(bytes) => Value::Bytes(Some(bytes)),
        sqlite::Value::Null => Value::Text(None),
        sqlite::Value::Real(number) => Value::Text(Some(number.to_string())),
    }
}

fn sqlite_error(error: sqlite::Error) -> DatabaseError {
    match error {
        sqlite::Error::Io(message) if is_rule(&message) => DatabaseError::Rule(message),
        other => DatabaseError::Failed(other.to_string()),
    }
}

async fn postgres_connection(url: &str) -> Result<pg::Connection, DatabaseError> {
    match take(&POSTGRES_IDLE) {
        Some(connection) => Ok(connection),
        None => pg::Connection::open_async(url.to_owned()).await.map_err(postgres_error),
    }
}

async fn postgres_query(
    url: &str,
    statement: &str,
    parameters: Vec<Value>,
) -> Result<Vec<Row>, DatabaseError> {
    let connection = postgres_connection(url).await?;
    let parameters = parameters.into_iter().map(postgres_parameter).collect();
    let answer = async {
        let (_, rows, result) = connection.query_async(statement.to_owned(), parameters).await?;
        let rows = rows.collect().await;
        result.await?;
        Ok(rows)
    };
    let answer = answer.await.map_err(postgres_error);
    if !matches!(answer, Err(DatabaseError::Failed(_))) {
        keep(&POSTGRES_IDLE, connection, POSTGRES_IDLE_MAX);
    }
    let rows = answer?.into_iter().map(|row: Vec<pg::DbValue>| {
        row.into_iter().map(postgres_column).collect::<Result<_, _>>().map(Row)
    });
    rows.collect()
}

async fn postgres_execute(
    url: &str,
    statement: &str,
    parameters: Vec<Value>,
) -> Result<(), DatabaseError> {
    let connection = postgres_connection(url).await?;
    let parameters = parameters.into_iter().map(postgres_parameter).collect();
    let answer =
        connection.execute_async(statement.to_owned(), parameters).await.map_err(postgres_error);
    if !matches!(answer, Err(DatabaseError::Failed(_))) {
        keep(&POSTGRES_IDLE, connection, POSTGRES_IDLE_MAX);
    }
    answer.map(|_| ())
}

fn postgres_parameter(value: Value) -> pg::ParameterValue {
    match value {
        Value::Text(Some(text)) => pg::ParameterValue::Str(text),
        Value::Integer(Some(number)) => pg::ParameterValue::Int64(number),
        Value::Bytes(Some(bytes)) => pg::ParameterValue::Binary(bytes),
        Value::Text(None) | Value::Integer(None) | Value::Bytes(None) => pg::ParameterValue::DbNull,
    }
}

fn postgres_column(value: pg::DbValue) -> Result<Value, DatabaseError> {
    Ok(match value {
        pg::DbValue::Str(text) => Value::Text(Some(text)),
        pg::DbValue::Int64(number) => Value::Integer(Some(number)),
        pg::DbValue::Int32(number) => Value::Integer(Some(number.into())),
        pg::DbValue::Int16(number) => Value::Integer(Some(number.into())),
        pg::DbValue::Boolean(flag) => Value::Integer(Some(flag.into())),
        pg::DbValue::Binary(bytes) => Value::Bytes(Some(bytes)),
        pg::DbValue::DbNull => Value::Text(None),
        other => return Err(DatabaseError::Failed(format!("unexpected column {other:?}"))),
    })
}

fn postgres_error(error: pg::Error) -> DatabaseError {
    if let pg::Error::QueryFailed(pg::QueryError::DbError(error)) = &error {
        // Class 23 are broken constraints, P0001 is what the schema raises itself.
        if error.code.starts_with("23") || error.code == "P0001" {
            return DatabaseError::Rule(format!("{} {}", error.message, error.as_text));
        }
    }
    DatabaseError::Failed(error.to_string())
}
