//! `oms export orders`: all orders of a running server, as JSON lines.

use crate::client::{Api, Server};
use crate::output::Output;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use reqwest::Method;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const PAGE_ENTRIES: u32 = 200;

/// Take data out of a running server.
#[derive(Debug, Args)]
#[command(after_help = "Example: oms export orders --output orders.jsonl")]
pub struct Export {
    #[command(subcommand)]
    command: ExportCommand,
}

#[derive(Debug, Subcommand)]
enum ExportCommand {
    /// All orders, oldest first, one JSON document a line.
    #[command(after_help = "Example: oms export orders --output orders.jsonl")]
    Orders {
        /// The file to write; else standard output.
        #[arg(long)]
        output: Option<PathBuf>,
        #[command(flatten)]
        server: Server,
    },
}

pub async fn run(command: Export, output: Output) -> Result<ExitCode> {
    let ExportCommand::Orders { output: file, server } = command.command;
    let api = Api::new(server)?;
    let mut writer: Box<dyn Write> = match &file {
        None => Box::new(std::io::stdout().lock()),
        Some(path) => {
            let file = File::create(path)
                .with_context(|| format!("{} can't be written", path.display()))?;
            Box::new(BufWriter::new(file))
        }
    };
    let mut count = 0;
    let mut cursor: Option<String> = None;
    loop {
        let after = cursor.as_deref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let path = format!("/api/v1/orders?sort=registeredAt&limit={PAGE_ENTRIES}{after}");
        let answer = api.send(|| api.request(Method::GET, &path)).await?;
        if !answer.status.is_success() {
            bail!(answer.faults().join("; "));
        }
        for order in answer.body["items"].as_array().into_iter().flatten() {
            writeln!(writer, "{order}")?;
            count += 1;
        }
        cursor = answer.body["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    writer.flush()?;
    output.progress(&format!("{count} orders"));
    Ok(ExitCode::SUCCESS)
}
