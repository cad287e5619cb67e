//! Migrations: applied by native programs, the same numbers and names for both databases.

use crate::SCHEMA_VERSION;
use crate::database::DatabaseError;
use crate::native::NativeDatabase;
use oms_app::ports::StoreError;
use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use thiserror::Error;

/// One step of the schema, in the words of both databases.
struct Step {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// All steps, oldest first. A shipped step is never edited. Listed here instead of read by sqlx's macro, which would
/// build sqlx and SQLite a second time for the compiler's own use.
const STEPS: &[Step] = &[
    Step {
        version: 1,
        name: "orders",
        sqlite: include_str!("../../../migrations/sqlite/0001_orders.sql"),
        postgres: include_str!("../../../migrations/postgres/0001_orders.sql"),
    },
    Step {
        version: 2,
        name: "calendars",
        sqlite: include_str!("../../../migrations/sqlite/0002_calendars.sql"),
        postgres: include_str!("../../../migrations/postgres/0002_calendars.sql"),
    },
    Step {
        version: 3,
        name: "technicians",
        sqlite: include_str!("../../../migrations/sqlite/0003_technicians.sql"),
        postgres: include_str!("../../../migrations/postgres/0003_technicians.sql"),
    },
    Step {
        version: 4,
        name: "identity",
        sqlite: include_str!("../../../migrations/sqlite/0004_identity.sql"),
        postgres: include_str!("../../../migrations/postgres/0004_identity.sql"),
    },
    Step {
        version: 5,
        name: "scenarios",
        sqlite: include_str!("../../../migrations/sqlite/0005_scenarios.sql"),
        postgres: include_str!("../../../migrations/postgres/0005_scenarios.sql"),
    },
    Step {
        version: 6,
        name: "stage_times",
        sqlite: include_str!("../../../migrations/sqlite/0006_stage_times.sql"),
        postgres: include_str!("../../../migrations/postgres/0006_stage_times.sql"),
    },
    Step {
        version: 7,
        name: "subscribers",
        sqlite: include_str!("../../../migrations/sqlite/0007_subscribers.sql"),
        postgres: include_str!("../../../migrations/postgres/0007_subscribers.sql"),
    },
    Step {
        version: 8,
        name: "division_heads",
        sqlite: include_str!("../../../migrations/sqlite/0008_division_heads.sql"),
        postgres: include_str!("../../../migrations/postgres/0008_division_heads.sql"),
    },
    Step {
        version: 9,
        name: "scenario_versions",
        sqlite: include_str!("../../../migrations/sqlite/0009_scenario_versions.sql"),
        postgres: include_str!("../../../migrations/postgres/0009_scenario_versions.sql"),
    },
    Step {
        version: 10,
        name: "task_divisions",
        sqlite: include_str!("../../../migrations/sqlite/0010_task_divisions.sql"),
        postgres: include_str!("../../../migrations/postgres/0010_task_divisions.sql"),
    },
];

fn migrator(steps: &[Step], sql: fn(&Step) -> &'static str) -> Migrator {
    let migration = |step: &Step| {
        let sql = sql(step).into_sql_str();
        Migration::new(step.version, step.name.into(), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(steps.iter().map(migration).collect())
}

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
    #[error("The keys of the coverage could not be brought up to date: {0}")]
    Keys(#[from] StoreError),
}

/// Applies what is missing. A database that a newer program has migrated is left alone.
pub async fn migrate(database: &NativeDatabase) -> Result<(), MigrationError> {
    apply(database, STEPS).await?;
    // Rules are found under a key that this program may write differently from the one that stored them.
    crate::Store::new(database.clone()).refresh_lookup_keys().await?;
    Ok(())
}

/// Applies what is missing up to a version: the schema of an older program, with which the test of a later step begins.
pub async fn migrate_to(database: &NativeDatabase, version: i64) -> Result<(), MigrationError> {
    let count = STEPS.iter().take_while(|step| step.version <= version).count();
    apply(database, &STEPS[..count]).await
}

async fn apply(database: &NativeDatabase, steps: &[Step]) -> Result<(), MigrationError> {
    let outcome = match database {
        NativeDatabase::Sqlite(pool) => {
            let migrator = migrator(steps, |step| step.sqlite);
            let mut outcome = migrator.run(pool).await;
            // SQLite has no lock for this: another program may have applied a step at the same moment, and then it is done.
            // That can happen at each step.
            for _ in steps {
                // The one error is of the step's own statements, the other of noting that it was applied.
                let is_late = matches!(
                    outcome,
                    Err(MigrateError::ExecuteMigration(..) | MigrateError::Execute(_))
                );
                if !is_late {
                    break;
                }
                outcome = migrator.run(pool).await;
            }
            outcome
        }
        NativeDatabase::Postgres(pool) => migrator(steps, |step| step.postgres).run(pool).await,
    };
    outcome.map_err(failed)
}

fn failed(error: MigrateError) -> MigrationError {
    match error {
        MigrateError::VersionMissing(found) => {
            MigrationError::Newer { found, known: SCHEMA_VERSION }
        }
        MigrateError::VersionMismatch(version) => MigrationError::Changed(version),
        other => MigrationError::Failed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_of_the_folders_is_a_step_of_both_databases() {
        for folder in ["sqlite", "postgres"] {
            let path = format!("{}/../../migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
            let entries = std::fs::read_dir(path).expect("the folder is there");
            let mut files: Vec<String> = entries
                .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
                .collect();
            files.sort();
            let steps: Vec<String> =
                STEPS.iter().map(|step| format!("{:04}_{}.sql", step.version, step.name)).collect();
            assert_eq!(files, steps, "{folder}");
        }
        assert_eq!(STEPS.last().map(|step| step.version), Some(SCHEMA_VERSION));
    }
}
