//! A fresh database for each test.

use oms_store::migrate::migrate;
use oms_store::native::NativeDatabase;
use oms_store::{Database, Store, Value};
use std::ops::Deref;
use tempfile::TempDir;
use uuid::Uuid;

/// The variable that names the PostgreSQL server of the tests.
const POSTGRES_VARIABLE: &str = "OMS_TEST_POSTGRES";
/// Connections of one test: enough that callers who come at once really are in the database at once.
const CONNECTIONS_MAX: u32 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A database that nobody has migrated yet. What it leaves behind goes with [`EmptyDatabase::remove`].
pub struct EmptyDatabase {
    pub kind: Kind,
    pub url: String,
    name: String,
    folder: TempDir,
}

impl EmptyDatabase {
    pub async fn create(kind: Kind) -> EmptyDatabase {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let name = format!("store_{}", Uuid::new_v4().simple());
        let url = match kind {
            Kind::Sqlite => format!("sqlite:{}", folder.path().join("oms.db").display()),
            Kind::Postgres => {
                on_server(&format!("CREATE DATABASE {name}")).await;
                let server = server();
                let (base, _) = server.rsplit_once('/').expect("the server's URL names a database");
                format!("{base}/{name}")
            }
        };
        EmptyDatabase { kind, url, name, folder }
    }

    pub async fn open(&self, connections_max: u32) -> NativeDatabase {
        NativeDatabase::open(&self.url, connections_max).await.expect("the database opens")
    }

    pub async fn remove(self) {
        if self.kind == Kind::Postgres {
            on_server(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
        }
        self.folder.close().expect("the folder is removed");
    }
}

fn server() -> String {
    std::env::var(POSTGRES_VARIABLE).unwrap_or_else(|_| {
        panic!("{POSTGRES_VARIABLE} is not set; run the tests with `cargo xtask test`")
    })
}

async fn on_server(statement: &str) {
    let server = NativeDatabase::open(&server(), 1).await.expect("the PostgreSQL server is there");
    server
        .execute(statement, Vec::new())
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    server.close().await;
}

/// A migrated database and the store over it.
#[derive(Clone)]
pub struct TestStore {
    pub kind: Kind,
    pub url: String,
    store: Store<NativeDatabase>,
}

impl Deref for TestStore {
    type Target = Store<NativeDatabase>;

    fn deref(&self) -> &Self::Target {
        &self.store
    }
}

impl TestStore {
    /// The first column of the first row, as a number.
    pub async fn number(&self, statement: &str) -> i64 {
        let rows = self.database().query(statement, Vec::new()).await;
        let rows = rows.unwrap_or_else(|error| panic!("{statement}: {error}"));
        rows.first().expect("a row").integer(0).expect("a number")
    }

    /// Changes what no port can change.
    pub async fn execute(&self, statement: &str, parameters: Vec<Value>) {
        let outcome = self.database().execute(statement, parameters).await;
        outcome.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// Rows of every table that a save writes, to see that nothing was left behind.
    pub async fn footprint(&self) -> Vec<i64> {
        let tables = [
            "orders",
            "order_event",
            "effect",
            "idempotency_key",
            "document",
            "escalation",
            "booking",
            "stage_time",
        ];
        let mut counts = Vec::new();
        for table in tables {
            counts.push(self.number(&format!("SELECT count(*) FROM {table}")).await);
        }
        counts
    }
}

/// Runs a test on a fresh, migrated database.
pub fn run(kind: Kind, test: impl AsyncFnOnce(TestStore)) {
    block_on(async {
        let empty = EmptyDatabase::create(kind).await;
        let database = empty.open(CONNECTIONS_MAX).await;
        migrate(&database).await.expect("the schema is made");
        let url = empty.url.clone();
        test(TestStore { kind, url, store: Store::new(database.clone()) }).await;
        database.close().await;
        empty.remove().await;
    });
}

/// Runs a test on an empty database of each kind, which nobody has migrated yet.
pub fn on_empty_databases(test: impl AsyncFn(Kind, NativeDatabase)) {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        block_on(async {
            let empty = EmptyDatabase::create(kind).await;
            let database = empty.open(CONNECTIONS_MAX).await;
            test(kind, database.clone()).await;
            database.close().await;
            empty.remove().await;
        });
    }
}

/// Runs a test that makes its databases itself.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(future)
}

/// Does the same many times at once, and answers all outcomes.
pub async fn at_once<T, F>(times: usize, mut work: impl FnMut(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let begin = std::sync::Arc::new(tokio::sync::Barrier::new(times));
    let mut tasks = Vec::new();
    for index in 0..times {
        let (begin, work) = (begin.clone(), work(index));
        tasks.push(tokio::spawn(async move {
            begin.wait().await;
            work.await
        }));
    }
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.expect("no task panics"));
    }
    outcomes
}
