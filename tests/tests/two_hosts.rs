//! Two hosts tick on one PostgreSQL while they are killed in turn. Twenty seconds of it; `cargo xtask soak` has five
//! minutes.

use oms_tests::ladder_storm::ladder_storm;
use oms_tests::{DatabaseKind, on_database};
use std::time::Duration;

#[test]
fn two_hosts_fire_every_rung_exactly_once_while_one_is_killed() {
    on_database(DatabaseKind::Postgres, |_| async {
        let report = ladder_storm(Duration::from_secs(20), Duration::from_secs(6)).await?;
        println!("{report:?}");
        assert!(report.kills >= 2, "{report:?}");
        assert!(report.ticks > 20 && report.orders > 50, "{report:?}");
        Ok(())
    });
}
