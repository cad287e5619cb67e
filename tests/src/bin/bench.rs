//! `cargo xtask bench [SECONDS [OPEN]]`: the tables of docs/performance.md. OPEN are the open orders of the larger tick;
//! with 0 seconds only the ticks are measured.

use anyhow::{Context, Result};
use oms_tests::DatabaseKind;
use oms_tests::bench::ticks::{OPEN_FEW, TickRow, measure_ticks};
use oms_tests::bench::{Row, coverage, measure};
use std::time::Duration;

/// Time of each of the two halves of a measurement.
const SECONDS_DEFAULT: u64 = 4;
const CONNECTIONS: [usize; 2] = [1, 16];
const OPEN_DEFAULT: u64 = 1_000_000;

/// The native program has what the product has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<()> {
    let seconds = match std::env::args().nth(1) {
        None => SECONDS_DEFAULT,
        Some(text) => {
            text.parse().with_context(|| format!("{text:?} must be a number of seconds"))?
        }
    };
    let open = match std::env::args().nth(2) {
        None => OPEN_DEFAULT,
        Some(text) => {
            text.parse().with_context(|| format!("{text:?} must be a number of orders"))?
        }
    };
    if seconds > 0 {
        requests(seconds).await?;
    }
    ticks(open).await
}

async fn requests(seconds: u64) -> Result<()> {
    println!(
        "| Database | Operation | Connections | Product/s | p50 ms | p99 ms | Native/s | p50 ms | p99 ms | Ratio | Statements |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let mut peaks = Vec::new();
    for kind in [DatabaseKind::Sqlite, DatabaseKind::Postgres] {
        let report = measure(kind, &CONNECTIONS, Duration::from_secs(seconds)).await?;
        report.rows.iter().for_each(print);
        peaks.push((kind, report.memory_peak_mib, report.lookup_statement));
    }
    println!();
    for (kind, peak, lookup) in peaks {
        println!(
            "The statement of a lookup among {} rules on {kind:?}: p50 {:.2} ms, p99 {:.2} ms.",
            coverage::RULES,
            lookup.p50_ms,
            lookup.p99_ms
        );
        match peak {
            Some(mib) => println!("Peak memory of the product on {kind:?}: {mib} MiB."),
            None => println!("Peak memory on {kind:?}: not known on this system."),
        }
    }
    Ok(())
}

async fn ticks(open: u64) -> Result<()> {
    println!();
    println!(
        "| Database | Escalations/s | 1,000 due of {OPEN_FEW}, ms | 1,000 due of {open}, ms | Ratio |"
    );
    println!("|---|--:|--:|--:|--:|");
    for kind in [DatabaseKind::Sqlite, DatabaseKind::Postgres] {
        let row: TickRow = measure_ticks(kind, open).await?;
        println!(
            "| {:?} | {:.0} | {} | {} | {:.2} |",
            row.database,
            row.escalations_per_second(),
            row.few.as_millis(),
            row.many.as_millis(),
            row.ratio()
        );
    }
    Ok(())
}

fn print(row: &Row) {
    println!(
        "| {:?} | {:?} | {} | {:.0} | {:.1} | {:.1} | {:.0} | {:.1} | {:.1} | {:.2} | {:.1} |",
        row.database,
        row.operation,
        row.connections,
        row.product.per_second,
        row.product.p50_ms,
        row.product.p99_ms,
        row.ceiling.per_second,
        row.ceiling.p50_ms,
        row.ceiling.p99_ms,
        row.ratio(),
        row.statements_per_request
    );
}
