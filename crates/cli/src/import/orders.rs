//! `oms import orders`: rows of any CSV file become orders; bad rows are reported, the rest comes in, none twice.

use super::mapping::{DIVISION_ZONE, Mapped, Mapping};
use super::values::{instant, put, zone_of};
use crate::PARTLY;
use crate::client::{Api, Server};
use crate::output::Output;
use anyhow::{Context, Result, bail};
use chrono_tz::Tz;
use clap::Args;
use futures::stream::{self, StreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

/// Requests under way at once.
const REQUESTS_AT_ONCE: usize = 8;

#[derive(Debug, Args)]
pub struct OrdersImport {
    /// A CSV file with a header line.
    file: PathBuf,
    /// What its columns mean.
    #[arg(long)]
    mapping: PathBuf,
    /// Where rows that were left out are written, with line and reason.
    #[arg(long)]
    report: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

/// A row as it stands in the file.
struct FileRow {
    /// From one; the header is the first.
    line: u64,
    cells: Result<csv::StringRecord, String>,
}

/// What became of a row.
enum Outcome {
    Imported,
    AlreadyThere,
    LeftOut(String),
}

/// Time zones of divisions, and the divisions of addresses that were looked up before.
struct Zones {
    by_division: BTreeMap<String, Tz>,
    by_address: Mutex<BTreeMap<String, Tz>>,
}

pub async fn run(command: OrdersImport, output: Output) -> Result<ExitCode> {
    let (columns, rows) = read_rows(&command.file)?;
    let mapping = Mapping::read(&command.mapping, &columns)?;
    let api = Api::new(command.server.clone())?;
    let zones = Zones::read(&api).await?;
    let bar = progress_bar(rows.len(), output);
    let importing = rows.iter().map(|row| async {
        let outcome = import(&api, &mapping, &columns, &zones, row).await;
        bar.inc(1);
        outcome.map(|outcome| (row.line, outcome))
    });
    let mut outcomes = stream::iter(importing).buffered(REQUESTS_AT_ONCE);
    let (mut imported, mut already, mut left_out) = (0, 0, Vec::new());
    while let Some(outcome) = outcomes.next().await {
        match outcome? {
            (_, Outcome::Imported) => imported += 1,
            (_, Outcome::AlreadyThere) => already += 1,
            (line, Outcome::LeftOut(reason)) => left_out.push((line, reason)),
        }
    }
    bar.finish_and_clear();
    if let Some(path) = &command.report {
        write_report(path, &left_out)
            .with_context(|| format!("{} can't be written", path.display()))?;
    } else if !output.json {
        left_out.iter().for_each(|(line, reason)| eprintln!("line {line}: {reason}"));
    }
    let sentence =
        format!("{imported} imported, {already} were there already, {} left out", left_out.len());
    let value = json!({ "imported": imported, "alreadyThere": already, "leftOut": left_out.len() });
    output.outcome(&sentence, &value);
    Ok(if left_out.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(PARTLY) })
}

fn read_rows(path: &std::path::Path) -> Result<(Vec<String>, Vec<FileRow>)> {
    let content = super::read(path)?;
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&content);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(content);
    let columns: Vec<String> =
        reader.headers()?.iter().map(|column| column.trim().to_owned()).collect();
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let line = record.position().map_or(line, csv::Position::line);
                let cells = match record.len() == columns.len() {
                    true => Ok(record.clone()),
                    false => Err(format!("{} columns instead of {}", record.len(), columns.len())),
                };
                rows.push(FileRow { line, cells });
            }
            Err(error) => match error.kind() {
                csv::ErrorKind::Utf8 { .. } => {
                    rows.push(FileRow { line, cells: Err("not UTF-8 text".to_owned()) });
                }
                _ => bail!("{} can't be read: {error}", path.display()),
            },
        }
    }
    Ok((columns, rows))
}

fn progress_bar(rows: usize, output: Output) -> ProgressBar {
    // indicatif draws on a terminal only.
    let bar = if output.json { ProgressBar::hidden() } else { ProgressBar::new(rows as u64) };
    match ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

async fn import(
    api: &Api,
    mapping: &Mapping,
    columns: &[String],
    zones: &Zones,
    row: &FileRow,
) -> Result<Outcome> {
    let cells = match &row.cells {
        Ok(cells) => cells,
        Err(reason) => return Ok(Outcome::LeftOut(reason.clone())),
    };
    let cell = |name: &str| {
        let index = columns.iter().position(|column| column == name);
        index.and_then(|index| cells.get(index)).unwrap_or_default().to_owned()
    };
    let values = match mapping.apply(cell) {
        Ok(values) => values,
        Err(faults) => return Ok(Outcome::LeftOut(faults.join("; "))),
    };
    let mut document = Map::new();
    put(&mut document, "imported.source", json!(mapping.source));
    for (field, value) in &values {
        if let Mapped::Text(text) = value {
            put(&mut document, field, json!(text));
        }
    }
    for (field, value) in &values {
        if let Mapped::Time { local, zone } = value {
            let zone = match zone.as_str() {
                DIVISION_ZONE => match zones.of(api, &document["address"]).await? {
                    Ok(zone) => zone,
                    Err(reason) => return Ok(Outcome::LeftOut(reason)),
                },
                name => zone_of(name).with_context(|| format!("{name:?} is no time zone"))?,
            };
            put(&mut document, field, json!(instant(*local, zone)));
        }
    }
    let body = Value::Object(document);
    let answer = api.send(|| api.request(Method::POST, "/api/v1/orders").json(&body)).await?;
    match answer.status {
        StatusCode::CREATED => Ok(Outcome::Imported),
        StatusCode::CONFLICT if answer.problem() == "duplicate-order" => Ok(Outcome::AlreadyThere),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => bail!(answer.faults().join("; ")),
        _ => Ok(Outcome::LeftOut(answer.faults().join("; "))),
    }
}

fn write_report(path: &std::path::Path, left_out: &[(u64, String)]) -> Result<()> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(["line", "reason"])?;
    for (line, reason) in left_out {
        writer.write_record([&line.to_string(), reason])?;
    }
    Ok(writer.flush()?)
}

impl Zones {
    async fn read(api: &Api) -> Result<Zones> {
        let answer = api.send(|| api.request(Method::GET, "/api/v1/divisions")).await?;
        if !answer.status.is_success() {
            bail!("the divisions can't be read: {}", answer.faults().join("; "));
        }
        let divisions = answer.body["items"].as_array().cloned().unwrap_or_default();
        let by_division = divisions
            .iter()
            .filter_map(|division| {
                let zone = division["timezone"].as_str().and_then(zone_of)?;
                Some((division["code"].as_str()?.to_owned(), zone))
            })
            .collect();
        Ok(Zones { by_division, by_address: Mutex::default() })
    }

    /// The zone of the division that operates an address, or why there is none.
    async fn of(&self, api: &Api, address: &Value) -> Result<Result<Tz, String>> {
        let key = address.to_string();
        let known =
            self.by_address.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some(zone) = known {
            return Ok(Ok(zone));
        }
        let fields = ["country", "region", "city", "street", "house", "postcode"];
        let query: Vec<(&str, &str)> =
            fields.into_iter().filter_map(|name| Some((name, address[name].as_str()?))).collect();
        let path = "/api/v1/coverage/lookup";
        let answer = api.send(|| api.request(Method::GET, path).query(&query)).await?;
        if !answer.status.is_success() {
            return Ok(Err(answer.faults().join("; ")));
        }
        let code = answer.body["division"]["code"].as_str().unwrap_or_default();
        let Some(zone) = self.by_division.get(code).copied() else {
            return Ok(Err(format!("division {code:?} has no known time zone")));
        };
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner).insert(key, zone);
        Ok(Ok(zone))
    }
}
