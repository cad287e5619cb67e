//! The simulator as a program of its own.

use anyhow::Result;
use billmaster_simulator::{Options, start};
use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// A Billmaster for trying: keeps objects, shows them at /, misbehaves on demand.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Example: billmaster-simulator --listen 127.0.0.1:3900 --token secret"
)]
struct Arguments {
    /// Where to listen; port 0 takes any that is free.
    #[arg(long, default_value = "127.0.0.1:3900")]
    listen: SocketAddr,
    /// The SQLite file that keeps the objects.
    #[arg(long, default_value = "billmaster.db")]
    database: PathBuf,
    /// What callers must show; empty lets everybody in.
    #[arg(long, env = "BILLMASTER_TOKEN", default_value = "", hide_env_values = true)]
    token: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("billmaster-simulator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(Arguments { listen, database, token }: Arguments) -> Result<()> {
    let simulator = start(Options { listen, database, token }).await?;
    println!("listening on http://{}", simulator.address());
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(())
}
