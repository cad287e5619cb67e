//! `oms`: starts the product on one machine, looks after its database, and works with a running server.
//!
//! One file per command. Exit codes: 0 all was done, 1 it failed, 2 it was called wrongly, 3 part of it was done.

mod client;
mod database;
mod demo;
mod doctor;
mod export;
mod import;
mod output;
mod spin;
mod token;
mod up;

use clap::{Parser, Subcommand};
use output::Output;
use std::process::ExitCode;

/// Part of the work was done, and what was not is told.
pub const PARTLY: u8 = 3;

/// Order management for telecom operators.
#[derive(Debug, Parser)]
#[command(name = "oms", version, arg_required_else_help = true)]
#[command(after_help = "Example: oms up --demo")]
struct Arguments {
    /// Answer as JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Up),
    Migrate(database::Migrate),
    Doctor(doctor::Doctor),
    Token(token::Token),
    Import(import::Import),
    Export(export::Export),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output { json: arguments.json };
    let outcome = match arguments.command {
        Command::Up(command) => up::run(command, output).await,
        Command::Migrate(command) => database::run(command, output).await,
        Command::Doctor(command) => doctor::run(command, output).await,
        Command::Token(command) => token::run(command, output).await,
        Command::Import(command) => import::run(command, output).await,
        Command::Export(command) => export::run(command, output).await,
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            output.failure(&error);
            ExitCode::FAILURE
        }
    }
}
