//! `oms token create`: a token for a program. It is shown once and kept as a hash.

use crate::database::open;
use crate::output::Output;
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use oms_domain::rights::Right;
use oms_domain::time::Instant;
use serde_json::json;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Tokens of programs.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: oms token create --name crm --right orders.read --right orders.register"
)]
pub struct Token {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token and print it alone on standard output; it can't be shown again.
    #[command(
        after_help = "Example: oms token create --name crm --right orders.read --right orders.register"
    )]
    Create {
        /// `sqlite:PATH` or `postgres://…`.
        #[arg(long, env = "OMS_DATABASE", hide_env_values = true)]
        database: String,
        /// The name in the history.
        #[arg(long)]
        name: String,
        /// A right; repeat it for more. `admin` has them all.
        #[arg(long = "right", required = true)]
        rights: Vec<String>,
    },
}

pub async fn run(command: Token, output: Output) -> Result<ExitCode> {
    let TokenCommand::Create { database, name, rights } = command.command;
    let rights = parse(&rights)?;
    let name = oms_domain::input::check_text(&name, oms_domain::limits::NAME_CHARACTERS_MAX, false);
    let name = match name {
        Ok(name) => name,
        Err((_, message)) => bail!("--name {message}"),
    };
    let store = open(&database).await?;
    let token = oms_app::tokens::create(&store, name, &rights, now()).await?;
    store.database().close().await;
    output.outcome(&token, &json!({ "token": token, "name": name }));
    Ok(ExitCode::SUCCESS)
}

fn parse(codes: &[String]) -> Result<Vec<Right>> {
    let unknown: Vec<&str> =
        codes.iter().map(String::as_str).filter(|code| Right::parse(code).is_none()).collect();
    if !unknown.is_empty() {
        let known = Right::ALL.iter().map(|right| right.code()).collect::<Vec<_>>().join(", ");
        bail!("there is no right {}; there are {known}", unknown.join(", "));
    }
    Ok(codes.iter().filter_map(|code| Right::parse(code)).collect())
}

pub fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
