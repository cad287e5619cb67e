//! `oms import orders`: rows of any CSV file become orders; bad rows are reported, the rest comes in, none twice.

use super::mapping::{DIVISION_ZONE, Mapped, Mapping};
use super::rows::{FileRow, Rows};
use super::values::{instant, put, zone_of};
use super::zones::Zones;
use crate::PARTLY;
use crate::client::{Api, Server};
use crate::output::Output;
use anyhow::{Context, Result, bail};
use clap::Args;
use futures::stream::{self, StreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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

/// What became of a row.
enum Outcome {
    Imported,
    AlreadyThere,
    LeftOut(String),
}

/// What became of all of them.
#[derive(Default)]
struct Summary {
    imported: usize,
    already_there: usize,
    /// Rows by their place in the file, with the reason.
    left_out: Vec<(usize, String)>,
}

pub async fn run(command: OrdersImport, output: Output) -> Result<ExitCode> {
    let mapping = Mapping::read(&command.mapping)?;
    let file = Rows::read(&command.file, mapping.encoding()?, mapping.delimiter()?)?;
    mapping.check(&file.columns)?;
    let api = Api::new(command.server.clone())?;
    let zones = match mapping.asks_for_divisions() {
        true => Zones::read(&api).await?,
        false => Zones::none(),
    };
    let mut summary = Summary::default();
    let ended = import_all(&api, &mapping, &file, &zones, output, &mut summary).await;
    if let Some(path) = &command.report {
        write_report(path, &file, &summary.left_out)
            .with_context(|| format!("{} can't be written", path.display()))?;
    } else if !output.json {
        for (index, reason) in &summary.left_out {
            eprintln!("line {}: {reason}", file.rows[*index].line);
        }
    }
    let counts = format!(
        "{} imported, {} were there already, {} left out",
        summary.imported,
        summary.already_there,
        summary.left_out.len()
    );
    if let Err(error) = ended {
        bail!("stopped by an error ({error:#}) after {counts}; run it again to go on");
    }
    let reasons = summary.left_out.iter();
    let reasons = reasons
        .map(|(index, reason)| json!({ "line": file.rows[*index].line, "reason": reason }))
        .collect::<Vec<_>>();
    let value = json!({
        "imported": summary.imported,
        "alreadyThere": summary.already_there,
        "leftOut": reasons.len(),
        "reasons": reasons,
    });
    output.outcome(&counts, &value);
    Ok(if reasons.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(PARTLY) })
}

/// Sends every row; the error is what makes it useless to go on. What was done until then is in the summary.
async fn import_all(
    api: &Api,
    mapping: &Mapping,
    file: &Rows,
    zones: &Zones,
    output: Output,
    summary: &mut Summary,
) -> Result<()> {
    let bar = progress_bar(file.rows.len(), output);
    let importing = file.rows.iter().enumerate().map(|(index, row)| async move {
        (index, import(api, mapping, &file.columns, zones, row).await)
    });
    let mut outcomes = stream::iter(importing).buffered(REQUESTS_AT_ONCE);
    while let Some((index, outcome)) = outcomes.next().await {
        bar.inc(1);
        match outcome? {
            Outcome::Imported => summary.imported += 1,
            Outcome::AlreadyThere => summary.already_there += 1,
            Outcome::LeftOut(reason) => summary.left_out.push((index, reason)),
        }
    }
    bar.finish_and_clear();
    Ok(())
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
    if let Some(fault) = &row.fault {
        return Ok(Outcome::LeftOut(fault.clone()));
    }
    let cell = |name: &str| {
        let index = columns.iter().position(|column| column == name);
        index.and_then(|index| row.cells.get(index)).unwrap_or_default().to_owned()
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

/// The rows that were left out, with line and reason before their own columns: mended, they can be imported as they are.
fn write_report(path: &Path, file: &Rows, left_out: &[(usize, String)]) -> Result<()> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_path(path)?;
    let columns = file.columns.iter().map(String::as_str);
    writer.write_record(["line", "reason"].into_iter().chain(columns))?;
    for (index, reason) in left_out {
        let row = &file.rows[*index];
        let line = row.line.to_string();
        writer.write_record([line.as_str(), reason].into_iter().chain(row.cells.iter()))?;
    }
    Ok(writer.flush()?)
}
