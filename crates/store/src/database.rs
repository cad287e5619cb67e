//! A database as the store sees it: statements with parameters in, rows out.

use oms_app::ports::StoreError;
use std::future::Future;
use thiserror::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// A parameter or a column. Absent values keep their type, which PostgreSQL wants to know.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(Some(text))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Value {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Integer(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Value {
        Value::Integer(number)
    }
}

/// The columns of a row, in the order of the statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Value>);

impl Row {
    pub fn text(&mut self, column: usize) -> Result<String, StoreError> {
        self.optional_text(column)?.ok_or_else(|| corrupt(column, "a text", "nothing"))
    }

    pub fn optional_text(&mut self, column: usize) -> Result<Option<String>, StoreError> {
        match self.0.get_mut(column) {
            Some(Value::Text(text)) => Ok(text.take()),
            // A database that knows no types says nothing about what is absent.
            Some(Value::Integer(None) | Value::Bytes(None)) => Ok(None),
            Some(Value::Bytes(Some(_))) => Err(corrupt(column, "a text", "bytes")),
            Some(Value::Integer(Some(_))) => Err(corrupt(column, "a text", "a number")),
            None => Err(corrupt(column, "a text", "no such column")),
        }
    }

    pub fn integer(&self, column: usize) -> Result<i64, StoreError> {
        self.optional_integer(column)?.ok_or_else(|| corrupt(column, "a number", "nothing"))
    }

    pub fn optional_integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(column) {
            Some(Value::Integer(number)) => Ok(*number),
            Some(Value::Text(None) | Value::Bytes(None)) => Ok(None),
            _ => Err(corrupt(column, "a number", "something else")),
        }
    }

    pub fn bytes(&mut self, column: usize) -> Result<Vec<u8>, StoreError> {
        match self.0.get_mut(column) {
            Some(Value::Bytes(Some(bytes))) => Ok(std::mem::take(bytes)),
            _ => Err(corrupt(column, "bytes", "something else")),
        }
    }
}

fn corrupt(column: usize, wanted: &str, found: &str) -> StoreError {
    StoreError::Corrupt(format!("column {column} should be {wanted} and is {found}"))
}

/// What a database answers instead of rows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DatabaseError {
    /// A rule of the schema was broken: the text names the constraint, or is what the schema raised.
    #[error("a rule of the database was broken: {0}")]
    Rule(String),
    #[error("the database failed: {0}")]
    Failed(String),
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> StoreError {
        StoreError::Unavailable(error.to_string())
    }
}

/// A connection, or a way to get one for each statement.
pub trait Database: Sync + Send {
    fn dialect(&self) -> Dialect;

    /// Runs one statement, with parameters `$1…` in order of their first use, and answers all of its rows.
    fn query(
        &self,
        statement: &str,
        parameters: Vec<Value>,
    ) -> impl Future<Output = Result<Vec<Row>, DatabaseError>> + Send;

    /// Runs one statement that answers no rows.
    fn execute(
        &self,
        statement: &str,
        parameters: Vec<Value>,
    ) -> impl Future<Output = Result<(), DatabaseError>> + Send;
}

/// Whether a message tells of a broken rule; both databases name the constraint in it. A reference to what is not there
/// is no rule that a caller can break: it is our bug, and its connection is not used on.
pub fn is_rule(message: &str) -> bool {
    const MARKS: [&str; 11] = [
        "UNIQUE constraint failed",
        "order_stale",
        "effect_lease_lost",
        "calendars_stale",
        "slot_taken",
        "technicians_stale",
        "identity_stale",
        "totp_used",
        "access_code_used",
        "last_administrator",
        "violates",
    ];
    MARKS.iter().any(|mark| message.contains(mark))
}
