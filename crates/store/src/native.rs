//! Databases of native programs, through sqlx.

use crate::database::{Database, DatabaseError, Dialect, Row, Value, is_rule};
use crate::dialect::takes_parameters_in_order;
use sqlx::postgres::{PgArguments, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{
    AssertSqlSafe, Column, PgPool, Postgres, Row as _, Sqlite, SqlitePool, TypeInfo, ValueRef,
};
use std::str::FromStr;

/// A pool of connections to either database.
#[derive(Debug, Clone)]
pub enum NativeDatabase {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl NativeDatabase {
    /// Opens `sqlite:PATH` (the file is made when it is not there) or a `postgres://` URL.
    pub async fn open(url: &str, connections_max: u32) -> Result<NativeDatabase, DatabaseError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let pool = PgPoolOptions::new().max_connections(connections_max).connect(url).await;
            return pool.map(NativeDatabase::Postgres).map_err(failed);
        }
        if !url.starts_with("sqlite:") {
            let message = format!("{url:?} must begin with sqlite: or postgres://");
            return Err(DatabaseError::Failed(message));
        }
        let options = SqliteConnectOptions::from_str(url)
            .map_err(failed)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let pool =
            SqlitePoolOptions::new().max_connections(connections_max).connect_with(options).await;
        pool.map(NativeDatabase::Sqlite).map_err(failed)
    }

    pub async fn close(&self) {
        match self {
            NativeDatabase::Sqlite(pool) => pool.close().await,
            NativeDatabase::Postgres(pool) => pool.close().await,
        }
    }
}

impl Database for NativeDatabase {
    fn dialect(&self) -> Dialect {
        match self {
            NativeDatabase::Sqlite(_) => Dialect::Sqlite,
            NativeDatabase::Postgres(_) => Dialect::Postgres,
        }
    }

    async fn query(
        &self,
        statement: &str,
        parameters: Vec<Value>,
    ) -> Result<Vec<Row>, DatabaseError> {
        debug_assert!(takes_parameters_in_order(statement), "{statement}");
        // The statements are the store's own; values are always parameters.
        let statement = AssertSqlSafe(statement.to_owned());
        match self {
            NativeDatabase::Sqlite(pool) => {
                let query = bind_sqlite(sqlx::query(statement), parameters);
                query.fetch_all(pool).await.map_err(failed)?.iter().map(sqlite_row).collect()
            }
            NativeDatabase::Postgres(pool) => {
                let query = bind_postgres(sqlx::query(statement), parameters);
                query.fetch_all(pool).await.map_err(failed)?.iter().map(postgres_row).collect()
            }
        }
    }

    async fn execute(&self, statement: &str, parameters: Vec<Value>) -> Result<(), DatabaseError> {
        debug_assert!(takes_parameters_in_order(statement), "{statement}");
        let statement = AssertSqlSafe(statement.to_owned());
        match self {
            NativeDatabase::Sqlite(pool) => {
                bind_sqlite(sqlx::query(statement), parameters)
                    .execute(pool)
                    .await
                    .map_err(failed)?;
            }
            NativeDatabase::Postgres(pool) => {
                bind_postgres(sqlx::query(statement), parameters)
                    .execute(pool)
                    .await
                    .map_err(failed)?;
            }
        }
        Ok(())
    }
}

type SqliteQuery<'q> = Query<'q, Sqlite, SqliteArguments>;
type PostgresQuery<'q> = Query<'q, Postgres, PgArguments>;

fn bind_sqlite(query: SqliteQuery<'_>, parameters: Vec<Value>) -> SqliteQuery<'_> {
    parameters.into_iter().fold(query, |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Integer(number) => query.bind(number),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}

fn bind_postgres(query: PostgresQuery<'_>, parameters: Vec<Value>) -> PostgresQuery<'_> {
    parameters.into_iter().fold(query, |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Integer(number) => query.bind(number),
        Value::Bytes(bytes) => query.bind(bytes),
    })
}

fn sqlite_row(row: &SqliteRow) -> Result<Row, DatabaseError> {
    let column = |index: usize| -> Result<Value, sqlx::Error> {
        let raw = row.try_get_raw(index)?;
        if raw.is_null() {
            return Ok(Value::Text(None));
        }
        // The type of the value, not of the column: SQLite's expressions have none.
        Ok(match raw.type_info().name() {
            "INTEGER" => Value::Integer(Some(row.try_get_unchecked(index)?)),
            "BLOB" => Value::Bytes(Some(row.try_get_unchecked(index)?)),
            _ => Value::Text(Some(row.try_get_unchecked(index)?)),
        })
    };
    (0..row.len()).map(column).collect::<Result<_, _>>().map(Row).map_err(failed)
}

fn postgres_row(row: &PgRow) -> Result<Row, DatabaseError> {
    let column = |index: usize| -> Result<Value, sqlx::Error> {
        Ok(match row.columns()[index].type_info().name() {
            "INT8" => Value::Integer(row.try_get(index)?),
            "INT4" => Value::Integer(row.try_get::<Option<i32>, _>(index)?.map(i64::from)),
            "INT2" => Value::Integer(row.try_get::<Option<i16>, _>(index)?.map(i64::from)),
            "BOOL" => Value::Integer(row.try_get::<Option<bool>, _>(index)?.map(i64::from)),
            "BYTEA" => Value::Bytes(row.try_get(index)?),
            _ => Value::Text(row.try_get(index)?),
        })
    };
    (0..row.len()).map(column).collect::<Result<_, _>>().map(Row).map_err(failed)
}

fn failed(error: sqlx::Error) -> DatabaseError {
    let message = error.to_string();
    if let sqlx::Error::Database(database) = &error {
        let code = database.code().unwrap_or_default();
        if code.starts_with("23") || code == "P0001" || is_rule(&message) {
            let constraint = database.constraint().unwrap_or_default();
            return DatabaseError::Rule(format!("{message} {constraint}"));
        }
    }
    DatabaseError::Failed(message)
}
