//! `GET` and `PUT /api/v1/coverage`: all rules, checked, swapped at once.

use crate::csv_file;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use oms_app::organisation;
use oms_domain::catalogue::Service;
use oms_domain::input::Fault;
use oms_domain::limits::COVERAGE_BODY_BYTES_MAX;
use oms_domain::routing::{CoverageRule, Parity};
use oms_web::{Parameters, Problem, Session, json_answer, read_body, read_entries};
use serde::Deserialize;
use serde_json::json;

pub async fn list(session: Session, parameters: Parameters) -> Result<Response, Problem> {
    parameters.finish()?;
    let rules = organisation::rules(&session.backend, &session.actor).await?;
    Ok(json_answer(StatusCode::OK, &[], &json!({ "items": rules, "nextCursor": null })))
}

/// A row of the coverage file; an empty column means "any", and so does `*` as the service.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CoverageRow {
    division_code: String,
    service: String,
    country: String,
    region: String,
    city: String,
    street: String,
    /// One house with its letter and part; files without the column name none.
    #[serde(default)]
    house: String,
    house_from: String,
    house_to: String,
    parity: String,
    postcode_prefix: String,
    phone_prefix: String,
}

pub async fn replace(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let sent = Sent::read(&headers, body).await?;
    let place_of = sent.places();
    let replaced =
        organisation::replace_coverage(&session.backend, &session.actor, sent.rules, place_of)
            .await?;
    let (count, warnings) = replaced;
    Ok(json_answer(StatusCode::OK, &[], &json!({ "rules": count, "warnings": warnings })))
}

/// A coverage as it was sent.
pub struct Sent {
    pub rules: Vec<CoverageRule>,
    /// The line of each rule; None: it was JSON.
    lines: Option<Vec<u64>>,
}

impl Sent {
    pub async fn read(headers: &HeaderMap, body: Body) -> Result<Sent, Problem> {
        let is_csv = oms_web::is_csv(headers)?;
        let bytes = read_body(headers, body, COVERAGE_BODY_BYTES_MAX).await?;
        match is_csv {
            false => Ok(Sent { rules: read_entries(&bytes)?, lines: None }),
            true => {
                let (rules, lines) = read_rows(&bytes)?;
                Ok(Sent { rules, lines: Some(lines) })
            }
        }
    }

    /// Where a column of a rule stands in what was sent.
    pub fn places(&self) -> impl Fn(usize, &str) -> String + Send + use<> {
        let lines = self.lines.clone();
        move |index, column| match &lines {
            Some(lines) => {
                let line = lines.get(index).copied().unwrap_or_default();
                format!("line {line} {column}").trim_end().to_owned()
            }
            None => format!("/{index}/{}", json_name(column)).trim_end_matches('/').to_owned(),
        }
    }
}

/// The name of a column of the file in a JSON document.
fn json_name(column: &str) -> String {
    let mut words = column.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        name + &initial.to_ascii_uppercase() + rest
    })
}

fn read_rows(bytes: &[u8]) -> Result<(Vec<CoverageRule>, Vec<u64>), Problem> {
    let rows = csv_file::read::<CoverageRow>(bytes)?;
    let mut faults = Vec::new();
    let mut rules = Vec::with_capacity(rows.len());
    let mut lines = Vec::with_capacity(rows.len());
    for (line, row) in rows {
        rules.push(read_row(line, row, &mut faults));
        lines.push(line);
    }
    match faults.is_empty() {
        true => Ok((rules, lines)),
        false => Err(Problem::faults(StatusCode::UNPROCESSABLE_ENTITY, faults)),
    }
}

fn read_row(line: u64, row: CoverageRow, faults: &mut Vec<Fault>) -> CoverageRule {
    let mut fault = |column: &str, message: String| {
        let pointer = format!("line {line} {column}");
        faults.push(Fault {
            pointer,
            code: "invalid-row".to_owned(),
            message: format!("Line {line}: {message}"),
        });
    };
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let service = match row.service.as_str() {
        "" | "*" => None,
        word => {
            let found = Service::WORDS
                .iter()
                .find(|(known, _)| *known == word)
                .map(|(_, service)| *service);
            if found.is_none() {
                fault("service", format!("service {word:?} must be internet, telephony or *."));
            }
            found
        }
    };
    let mut number = |column: &str, text: String| {
        let text = some(text)?;
        let parsed = text.parse::<u32>().ok();
        if parsed.is_none() {
            fault(column, format!("{column} {text:?} must be a whole number."));
        }
        parsed
    };
    let house_from = number("house_from", row.house_from);
    let house_to = number("house_to", row.house_to);
    let parity = match row.parity.as_str() {
        "" | "any" | "*" => None,
        "odd" => Some(Parity::Odd),
        "even" => Some(Parity::Even),
        other => {
            fault("parity", format!("parity {other:?} must be odd, even or empty."));
            None
        }
    };
    CoverageRule {
        division_code: row.division_code,
        service,
        country: some(row.country),
        region: some(row.region),
        city: some(row.city),
        street: some(row.street),
        house: some(row.house),
        house_from,
        house_to,
        parity,
        postcode_prefix: some(row.postcode_prefix),
        phone_prefix: some(row.phone_prefix),
    }
}
