//! A fresh database for each test.

use anyhow::{Context, Result};
use oms_store::Store;
use oms_store::native::NativeDatabase;
use tempfile::TempDir;
use uuid::Uuid;

/// The variable that names the PostgreSQL server of the tests.
const POSTGRES_VARIABLE: &str = "OMS_TEST_POSTGRES";
/// Connections that a test itself needs to look into the database.
const CONNECTIONS_MAX: u32 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

/// An empty database, and the folder for whatever else a test keeps. A SQLite file goes with the folder; a PostgreSQL
/// database goes with the throw-away server.
#[derive(Debug)]
pub struct TestDatabase {
    pub kind: DatabaseKind,
    pub url: String,
    folder: TempDir,
}

impl TestDatabase {
    pub async fn create(kind: DatabaseKind) -> Result<TestDatabase> {
        let folder = tempfile::tempdir()?;
        let url = match kind {
            DatabaseKind::Sqlite => format!("sqlite:{}", folder.path().join("oms.db").display()),
            DatabaseKind::Postgres => create_postgres().await?,
        };
        Ok(TestDatabase { kind, url, folder })
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The store over this database, as native programs use it.
    pub async fn store(&self) -> Result<Store<NativeDatabase>> {
        Ok(Store::new(NativeDatabase::open(&self.url, CONNECTIONS_MAX).await?))
    }

    /// Makes the deadline of an order's stage one that has passed: nobody waits for it in a test.
    pub async fn make_overdue(&self, number: &str) -> Result<()> {
        use oms_store::Database;
        // A minute ago: the rungs after the deadline are still to come.
        let due = crate::app::now().plus_minutes(-1);
        let document = match self.kind {
            DatabaseKind::Sqlite => "json_set(document, '$.stage.dueAt', $1)",
            DatabaseKind::Postgres => {
                "jsonb_set(document::jsonb, '{stage,dueAt}', to_jsonb($1::text))::text"
            }
        };
        let statement = format!(
            "UPDATE orders SET document = {document}, due_at = {}, next_check_at = 1 WHERE number = $2",
            due.0
        );
        let store = self.store().await?;
        store.database().execute(&statement, vec![due.to_string().into(), number.into()]).await?;
        store.database().close().await;
        Ok(())
    }

    /// The first column of the first row, as a number.
    pub async fn number(&self, statement: &str) -> Result<i64> {
        use oms_store::Database;
        let store = self.store().await?;
        let rows = store.database().query(statement, Vec::new()).await?;
        let number = rows.first().context("no row")?.integer(0)?;
        store.database().close().await;
        Ok(number)
    }
}

async fn create_postgres() -> Result<String> {
    use oms_store::Database;
    let server = std::env::var(POSTGRES_VARIABLE).with_context(|| {
        format!("{POSTGRES_VARIABLE} is not set; run the tests with `cargo xtask test`")
    })?;
    let name = format!("oms_{}", Uuid::new_v4().simple());
    let admin = NativeDatabase::open(&server, 1).await?;
    admin.execute(&format!("CREATE DATABASE {name}"), Vec::new()).await?;
    admin.close().await;
    let (base, _) = server.rsplit_once('/').context("the server's URL names no database")?;
    Ok(format!("{base}/{name}"))
}
