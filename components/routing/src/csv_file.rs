//! CSV files as operators keep them: a header line, then a row each. Every fault names its line.

use oms_domain::input::Fault;
use oms_web::Problem;
use serde::de::DeserializeOwned;

/// Rows, each with its line in the file.
pub type Rows<T> = Vec<(u64, T)>;

/// Reads all rows, or tells every line that can't be read.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<Rows<T>, Problem> {
    // Spreadsheets put a byte order mark in front.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let headers = reader.headers().map_err(|error| broken(vec![fault(1, &error)]))?.clone();
    let mut rows = Vec::new();
    let mut faults = Vec::new();
    for record in reader.records() {
        match record {
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                faults.push(fault(line, &error));
            }
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                match record.deserialize(Some(&headers)) {
                    Ok(row) => rows.push((line, row)),
                    Err(error) => faults.push(fault(line, &error)),
                }
            }
        }
    }
    match faults.is_empty() {
        true => Ok(rows),
        false => Err(broken(faults)),
    }
}

fn fault(line: u64, error: &csv::Error) -> Fault {
    let message = match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => format!("Line {line}: {err}."),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("Line {line} has {len} columns, the header has {expected_len}.")
        }
        csv::ErrorKind::Utf8 { .. } => format!("Line {line} is not UTF-8 text."),
        _ => format!("Line {line} can't be read as CSV."),
    };
    Fault { pointer: format!("line {line}"), code: "invalid-row".to_owned(), message }
}

fn broken(faults: Vec<Fault>) -> Problem {
    Problem::faults(http::StatusCode::UNPROCESSABLE_ENTITY, faults)
}
