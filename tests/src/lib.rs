//! What the whole-app tests, the soak and the benchmark share: the running product, its databases, and callers.
//!
//! The product is the real one: the program `oms` with the real `.wasm` files, started as a process of its own, so that
//! it can also be killed. Each [`TestApp`] has a database and a Billmaster simulator of its own.

pub mod app;
pub mod bench;
pub mod caller;
pub mod database;
pub mod ladder_storm;
pub mod orders;
pub mod storm;
pub mod subscribers;

pub use app::{AppOptions, TestApp};
pub use caller::{Answer, Caller};
pub use database::{DatabaseKind, TestDatabase};

/// Runs an async test body once on SQLite and once on PostgreSQL; a failure says on which.
pub fn on_both_databases<F, Fut>(body: F)
where
    F: Fn(DatabaseKind) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    for kind in [DatabaseKind::Sqlite, DatabaseKind::Postgres] {
        on_database(kind, &body);
    }
}

/// Runs an async test body on one database.
pub fn on_database<F, Fut>(kind: DatabaseKind, body: F)
where
    F: Fn(DatabaseKind) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    if let Err(error) = runtime.block_on(body(kind)) {
        panic!("on {kind:?}: {error:#}");
    }
}
