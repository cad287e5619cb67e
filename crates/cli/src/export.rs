//! `oms export orders`: all orders of a running server, as JSON lines or CSV.

use crate::client::{Api, Server};
use crate::output::Output;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::Value;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const PAGE_ENTRIES: u32 = 200;

/// The columns of CSV: their names, and where their values are in an order.
const COLUMNS: [(&str, &str); 31] = [
    ("number", "/number"),
    ("kind", "/kind"),
    ("state", "/state"),
    ("stage", "/stage/code"),
    ("dueAt", "/stage/dueAt"),
    ("division", "/division/code"),
    ("assignee", "/assignee"),
    ("priority", "/priority"),
    ("channel", "/channel"),
    ("externalId", "/externalId"),
    ("registeredAt", "/registeredAt"),
    ("updatedAt", "/updatedAt"),
    ("closedAt", "/closedAt"),
    ("requestedDate", "/requestedDate"),
    ("promisedDate", "/promisedDate"),
    ("partyType", "/party/type"),
    ("name", "/party/name"),
    ("familyName", "/party/familyName"),
    ("givenName", "/party/givenName"),
    ("phone", "/party/phone"),
    ("email", "/party/email"),
    ("country", "/address/country"),
    ("region", "/address/region"),
    ("city", "/address/city"),
    ("street", "/address/street"),
    ("house", "/address/house"),
    ("flat", "/address/flat"),
    ("postcode", "/address/postcode"),
    ("linePhone", "/linePhone"),
    ("symptom", "/symptom"),
    ("description", "/description"),
];

/// Take data out of a running server.
#[derive(Debug, Args)]
#[command(after_help = "Example: oms export orders --output orders.jsonl")]
pub struct Export {
    #[command(subcommand)]
    command: ExportCommand,
}

#[derive(Debug, Subcommand)]
enum ExportCommand {
    /// All orders, oldest first: one a line. Identity documents are in it for a token with the right to see them.
    #[command(
        after_help = "Examples:\n  oms export orders --output orders.jsonl\n  oms export orders --format csv > orders.csv"
    )]
    Orders {
        /// The file to write; else standard output.
        #[arg(long)]
        output: Option<PathBuf>,
        #[arg(long, value_enum, default_value = "json-lines")]
        format: Format,
        #[command(flatten)]
        server: Server,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The whole orders, as the API answers them.
    JsonLines,
    /// A table of what is in every order, for spreadsheets.
    Csv,
}

/// Writes orders one by one.
enum Sink<W: Write> {
    JsonLines(W),
    Csv(csv::Writer<W>),
}

impl<W: Write> Sink<W> {
    fn new(format: Format, writer: W) -> Result<Sink<W>> {
        match format {
            Format::JsonLines => Ok(Sink::JsonLines(writer)),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(writer);
                writer.write_record(COLUMNS.map(|(name, _)| name))?;
                Ok(Sink::Csv(writer))
            }
        }
    }

    fn write(&mut self, order: &Value) -> Result<()> {
        match self {
            Sink::JsonLines(writer) => Ok(writeln!(writer, "{order}")?),
            Sink::Csv(writer) => {
                let cells = COLUMNS.map(|(_, pointer)| cell(order.pointer(pointer)));
                Ok(writer.write_record(cells)?)
            }
        }
    }

    fn flush(&mut self) -> Result<()> {
        match self {
            Sink::JsonLines(writer) => Ok(writer.flush()?),
            Sink::Csv(writer) => Ok(writer.flush()?),
        }
    }
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

pub async fn run(command: Export, output: Output) -> Result<ExitCode> {
    let ExportCommand::Orders { output: file, format, server } = command.command;
    let api = Api::new(server)?;
    let writer: Box<dyn Write> = match &file {
        None => Box::new(BufWriter::new(std::io::stdout())),
        Some(path) => {
            let file = File::create(path)
                .with_context(|| format!("{} can't be written", path.display()))?;
            Box::new(BufWriter::new(file))
        }
    };
    let mut sink = Sink::new(format, writer)?;
    let mut count = 0;
    let mut cursor: Option<String> = None;
    loop {
        let after = cursor.as_deref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let path = format!(
            "/api/v1/orders?sort=registeredAt&identityDocuments=true&limit={PAGE_ENTRIES}{after}"
        );
        let answer = api.send(|| api.request(Method::GET, &path)).await?;
        if !answer.status.is_success() {
            bail!("{count} orders were written, then: {}", answer.faults().join("; "));
        }
        for order in answer.body["items"].as_array().into_iter().flatten() {
            sink.write(order)?;
            count += 1;
        }
        cursor = answer.body["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    sink.flush()?;
    output.progress(&format!("{count} orders"));
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_have_a_column_for_each_value_and_keep_lines_together() -> Result<()> {
        let order = json!({
            "number": "261124-4156-7560",
            "stage": { "code": "waiting", "dueAt": null },
            "party": { "familyName": "Каримов, А." },
            "description": "two\nlines",
        });
        let mut written = Vec::new();
        let mut sink = Sink::new(Format::Csv, &mut written)?;
        sink.write(&order)?;
        sink.flush()?;
        drop(sink);
        let mut reader = csv::Reader::from_reader(written.as_slice());
        let names = reader.headers()?.clone();
        let rows = reader.records().collect::<Result<Vec<_>, _>>()?;
        assert_eq!(rows.len(), 1);
        let found: Vec<String> = names
            .iter()
            .zip(rows[0].iter())
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        let expected = [
            "number 261124-4156-7560",
            "stage waiting",
            "familyName Каримов, А.",
            "description two\nlines",
        ];
        assert_eq!(found, expected);
        Ok(())
    }

    #[test]
    fn json_lines_are_the_orders_as_they_are() -> Result<()> {
        let mut written = Vec::new();
        let mut sink = Sink::new(Format::JsonLines, &mut written)?;
        sink.write(&json!({ "description": "two\nlines" }))?;
        sink.flush()?;
        drop(sink);
        assert_eq!(String::from_utf8(written)?, "{\"description\":\"two\\nlines\"}\n");
        Ok(())
    }
}
