//! Migrations: applied by native programs, the same numbers and names for both databases.

use crate::SCHEMA_VERSION;
use crate::database::DatabaseError;
use crate::native::NativeDatabase;
use sqlx::migrate::{MigrateError, Migrator};
use thiserror::Error;

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Why the schema was not brought up to date.
#[derive(Debug, Error)]
pub enum MigrationError {
    #[error(
        "The database has schema version {found}, this program knows {known}; use a newer program, or another database."
    )]
    Newer { found: i64, known: i64 },
    #[error("Migration {0} was changed after it was applied; restore the program that applied it.")]
    Changed(i64),
    #[error("The schema could not be brought up to date: {0}")]
    Failed(String),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Applies what is missing. A database that a newer program has migrated is left alone.
pub async fn migrate(database: &NativeDatabase) -> Result<(), MigrationError> {
    let outcome = match database {
        NativeDatabase::Sqlite(pool) => SQLITE.run(pool).await,
        NativeDatabase::Postgres(pool) => POSTGRES.run(pool).await,
    };
    outcome.map_err(|error| match error {
        MigrateError::VersionMissing(found) => {
            MigrationError::Newer { found, known: SCHEMA_VERSION }
        }
        MigrateError::VersionMismatch(version) => MigrationError::Changed(version),
        other => MigrationError::Failed(other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_the_same_migrations() {
        let list = |migrator: &Migrator| -> Vec<(i64, String)> {
            migrator
                .iter()
                .map(|migration| (migration.version, migration.description.to_string()))
                .collect()
        };
        assert_eq!(list(&SQLITE), list(&POSTGRES));
        assert_eq!(list(&SQLITE).last().map(|(version, _)| *version), Some(SCHEMA_VERSION));
    }
}
