//! `oms import`: divisions, coverage and orders from files into a running server.

mod mapping;
mod orders;
mod rows;
mod values;
mod zones;

use crate::client::{Api, Server};
use crate::output::Output;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Bring data from files into a running server.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: oms import divisions examples/complaints/divisions.csv --server http://127.0.0.1:3000 --token TOKEN"
)]
pub struct Import {
    #[command(subcommand)]
    command: ImportCommand,
}

#[derive(Debug, Subcommand)]
enum ImportCommand {
    /// Swap the whole organisation tree for the one of a CSV file.
    #[command(after_help = "Example: oms import divisions examples/complaints/divisions.csv")]
    Divisions {
        file: PathBuf,
        #[command(flatten)]
        server: Server,
    },
    /// Swap all coverage rules for those of a CSV file.
    #[command(after_help = "Example: oms import coverage examples/complaints/coverage.csv")]
    Coverage {
        file: PathBuf,
        #[command(flatten)]
        server: Server,
    },
    /// Bring orders over from any CSV file; what came in before is left alone.
    #[command(
        after_help = "Example: oms import orders examples/complaints/complaints-2015.csv --mapping examples/complaints/mapping.toml --report rows-left-out.csv"
    )]
    Orders(orders::OrdersImport),
}

pub async fn run(command: Import, output: Output) -> Result<ExitCode> {
    match command.command {
        ImportCommand::Divisions { file, server } => {
            swap(server, &file, "/api/v1/divisions", "divisions", output).await
        }
        ImportCommand::Coverage { file, server } => {
            swap(server, &file, "/api/v1/coverage", "rules", output).await
        }
        ImportCommand::Orders(command) => orders::run(command, output).await,
    }
}

/// Sends a whole file; it is taken as a whole, or its faults are told and nothing has changed.
async fn swap(
    server: Server,
    file: &Path,
    path: &str,
    what: &str,
    output: Output,
) -> Result<ExitCode> {
    let content = read(file)?;
    let api = Api::new(server)?;
    let answer = api
        .send(|| {
            api.request(Method::PUT, path).header("content-type", "text/csv").body(content.clone())
        })
        .await?;
    if !answer.status.is_success() {
        let faults = answer.faults();
        match output.json {
            true => println!("{}", json!({ "faults": faults })),
            false => {
                eprintln!("oms: {} was not taken, nothing has changed:", file.display());
                faults.iter().for_each(|fault| eprintln!("  {fault}"));
            }
        }
        return Ok(ExitCode::FAILURE);
    }
    let count = &answer.body[what];
    let warnings = answer.body["warnings"].as_array().cloned().unwrap_or_default();
    for warning in warnings.iter().filter_map(Value::as_str) {
        output.progress(&format!("warning: {warning}"));
    }
    output.outcome(&format!("{count} {what}"), &answer.body);
    Ok(ExitCode::SUCCESS)
}

pub fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("{} can't be read", file.display()))
}
