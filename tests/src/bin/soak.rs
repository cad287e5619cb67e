//! The long kill tests: `cargo xtask soak [KILLS [SECONDS]]`. Prints a row per database for docs/performance.md, and one for
//! two hosts that tick on one PostgreSQL for so many seconds.

use anyhow::{Context, Result};
use oms_tests::DatabaseKind;
use oms_tests::ladder_storm::ladder_storm;
use oms_tests::storm::storm;
use std::time::{Duration, Instant};

const KILLS_DEFAULT: u32 = 20;
/// How long two hosts tick at once, and after how long one of them is killed.
const SECONDS_DEFAULT: u64 = 300;
const KILL_EVERY: Duration = Duration::from_secs(20);
/// The product lives so long at the most between two kills.
const MOMENT_MAX: Duration = Duration::from_secs(4);

#[tokio::main]
async fn main() -> Result<()> {
    let kills = match std::env::args().nth(1) {
        None => KILLS_DEFAULT,
        Some(text) => {
            text.parse().with_context(|| format!("{text:?} must be a number of kills"))?
        }
    };
    println!(
        "| Database | Kills | Orders acknowledged | Transitions acknowledged | Effects, each once | Billing objects, each once | Time |"
    );
    println!("|---|---|---|---|---|---|---|");
    for kind in [DatabaseKind::Sqlite, DatabaseKind::Postgres] {
        let begin = Instant::now();
        let report =
            storm(kind, kills, MOMENT_MAX).await.with_context(|| format!("on {kind:?}"))?;
        println!(
            "| {kind:?} | {} | {} | {} | {} | {} | {:.0} s |",
            report.kills,
            report.orders,
            report.transitions,
            report.effects,
            report.billing_objects,
            begin.elapsed().as_secs_f32()
        );
    }
    let seconds = match std::env::args().nth(2) {
        None => SECONDS_DEFAULT,
        Some(text) => {
            text.parse().with_context(|| format!("{text:?} must be a number of seconds"))?
        }
    };
    println!();
    println!("| Two hosts for | Kills | Ticks | Orders | Rungs, each once | Notices, each once |");
    println!("|---|--:|--:|--:|--:|--:|");
    let report = ladder_storm(Duration::from_secs(seconds), KILL_EVERY).await?;
    println!(
        "| {seconds} s | {} | {} | {} | {} | {} |",
        report.kills, report.ticks, report.orders, report.rungs, report.notices
    );
    Ok(())
}
