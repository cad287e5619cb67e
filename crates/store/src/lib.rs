//! All SQL of the product, once, behind a tiny driver trait.
//!
//! [`Store`] implements the ports of `oms-app` over any [`Database`]: Spin's SQLite and PostgreSQL inside components
//! (feature `spin`), sqlx in native programs (feature `native`). Statements differ between the two databases only where
//! [`dialect`] says so.

mod calendars;
mod codec;
pub mod database;
mod dialect;
mod documents;
mod effects;
mod escalations;
mod health;
mod identity;
mod orders;
mod organisation;
mod page;
mod reads;
mod routed;
mod running;
mod save;
mod scenarios;
mod scoped;
mod stage_times;
mod subscribers;
mod tokens;
mod workforce;

#[cfg(feature = "native")]
pub mod migrate;
#[cfg(feature = "native")]
pub mod native;
#[cfg(feature = "spin")]
pub mod spin;

pub use database::{Database, DatabaseError, Dialect, Row, Value};

/// The ports of the use cases over one database.
#[derive(Debug, Clone)]
pub struct Store<D> {
    database: D,
    scenarios: scenarios::Kept,
}

impl<D: Database> Store<D> {
    pub fn new(database: D) -> Self {
        Store { database, scenarios: scenarios::Kept::default() }
    }

    pub fn database(&self) -> &D {
        &self.database
    }
}

/// The newest migration that this program knows.
pub const SCHEMA_VERSION: i64 = 10;
