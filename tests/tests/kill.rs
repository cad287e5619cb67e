//! The product is killed at random moments under load: nothing that was acknowledged is lost, nothing happens twice.
//! A short storm; `cargo xtask soak` has the long one.

use anyhow::Result;
use oms_tests::storm::storm;
use oms_tests::{DatabaseKind, on_database};
use std::time::Duration;

const KILLS: u32 = 3;

#[test]
fn killed_on_sqlite_nothing_is_lost() {
    on_database(DatabaseKind::Sqlite, short_storm);
}

#[test]
fn killed_on_postgres_nothing_is_lost() {
    on_database(DatabaseKind::Postgres, short_storm);
}

async fn short_storm(kind: DatabaseKind) -> Result<()> {
    let report = storm(kind, KILLS, Duration::from_secs(3)).await?;
    println!("{kind:?}: {report:?}");
    assert_eq!(report.kills, KILLS);
    assert!(report.orders > 0);
    Ok(())
}
