//! The schema: made once, refused when it is newer, the same in both databases.

use crate::support::database::{Kind, at_once, block_on, on_empty_databases, run};
use oms_app::ports::{Health, StoreError};
use oms_store::migrate::{MigrationError, migrate};
use oms_store::native::NativeDatabase;
use oms_store::{Database, SCHEMA_VERSION, Store};
use std::collections::BTreeSet;

#[test]
fn migrating_twice_changes_nothing() {
    on_empty_databases(async |kind, database| {
        let store = Store::new(database.clone());
        assert_eq!(store.schema_version().await, Ok(None), "{kind:?}: nothing was applied yet");
        for _ in 0..2 {
            migrate(&database).await.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
            assert_eq!(store.schema_version().await, Ok(Some(SCHEMA_VERSION)), "{kind:?}");
        }
    });
}

#[test]
fn programs_that_migrate_at_the_same_time_do_it_once() {
    on_empty_databases(async |kind, database| {
        let outcomes = at_once(4, |_| {
            let database = database.clone();
            async move { migrate(&database).await.map_err(|error| error.to_string()) }
        })
        .await;
        assert!(outcomes.iter().all(Result::is_ok), "{kind:?}: {outcomes:?}");
        let version = Store::new(database).schema_version().await;
        assert_eq!(version, Ok(Some(SCHEMA_VERSION)), "{kind:?}");
    });
}

#[test]
fn a_newer_schema_is_left_alone() {
    on_empty_databases(async |kind, database| {
        migrate(&database).await.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let newer = SCHEMA_VERSION + 1;
        let copy = format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT {newer}, 'of tomorrow', success, checksum, execution_time FROM _sqlx_migrations \
             WHERE version = {SCHEMA_VERSION}"
        );
        database.execute(&copy, Vec::new()).await.unwrap_or_else(|error| panic!("{error}"));
        match migrate(&database).await {
            Err(error @ MigrationError::Newer { found, known }) => {
                assert_eq!((found, known), (newer, SCHEMA_VERSION), "{kind:?}");
                assert!(error.to_string().contains("use a newer program"), "{error}");
            }
            outcome => panic!("{kind:?}: {outcome:?}"),
        }
        assert_eq!(Store::new(database).schema_version().await, Ok(Some(newer)), "{kind:?}");
    });
}

#[test]
fn a_migration_that_was_changed_afterwards_is_noticed() {
    on_empty_databases(async |kind, database| {
        migrate(&database).await.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let statement = match kind {
            Kind::Sqlite => "UPDATE _sqlx_migrations SET checksum = x'00'",
            Kind::Postgres => "UPDATE _sqlx_migrations SET checksum = '\\x00'::bytea",
        };
        database.execute(statement, Vec::new()).await.unwrap_or_else(|error| panic!("{error}"));
        let outcome = migrate(&database).await;
        assert!(matches!(outcome, Err(MigrationError::Changed(1))), "{kind:?}: {outcome:?}");
    });
}

#[test]
fn a_database_that_is_not_there_is_told_as_such() {
    block_on(async {
        let nowhere = NativeDatabase::open("postgres://oms@127.0.0.1:1/oms", 1).await;
        assert!(nowhere.is_err());
        let folder = NativeDatabase::open("sqlite:/no/such/folder/oms.db", 1).await;
        assert!(folder.is_err());
        let other = NativeDatabase::open("mysql://127.0.0.1/oms", 1).await;
        let message = other.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.contains("must begin with sqlite: or postgres://"), "{message}");
    });
}

/// Every table and view of the product with its columns.
async fn columns(kind: Kind, database: &NativeDatabase) -> BTreeSet<String> {
    let statement = match kind {
        Kind::Sqlite => {
            "SELECT object.type || ' ' || object.name || '.' || field.name \
             FROM sqlite_schema object, pragma_table_info(object.name) field \
             WHERE object.type IN ('table', 'view') AND object.name NOT LIKE 'sqlite%' \
               AND object.name NOT LIKE 'order_search%' AND object.name <> '_sqlx_migrations'"
        }
        Kind::Postgres => {
            "SELECT CASE table_type WHEN 'VIEW' THEN 'view' ELSE 'table' END || ' ' || table_name || '.' || \
             column_name FROM information_schema.columns JOIN information_schema.tables \
             USING (table_schema, table_name) \
             WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'"
        }
    };
    let rows = database.query(statement, Vec::new()).await.unwrap_or_else(|e| panic!("{e}"));
    let columns: Result<BTreeSet<String>, StoreError> =
        rows.into_iter().map(|mut row| row.text(0)).collect();
    columns.expect("texts")
}

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let mut found = Vec::new();
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| found.push(columns(kind, store.database()).await));
    }
    assert!(found[0].len() > 80, "{:?}", found[0]);
    let only_in = |a: usize, b: usize| found[a].difference(&found[b]).collect::<Vec<_>>();
    assert_eq!((only_in(0, 1), only_in(1, 0)), (vec![], vec![]));
}
