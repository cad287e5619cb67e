//! `GET` and `PUT /api/v1/divisions`: a whole tree, checked, swapped at once.

use crate::csv_file;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use oms_app::organisation;
use oms_domain::division::Division;
use oms_domain::limits::COVERAGE_BODY_BYTES_MAX;
use oms_web::{Parameters, Problem, Session, json_answer, read_body, read_entries};
use serde::Deserialize;
use serde_json::json;

pub async fn list(session: Session, parameters: Parameters) -> Result<Response, Problem> {
    parameters.finish()?;
    let divisions = organisation::divisions(&session.backend, &session.actor).await?;
    let answer = json!({ "items": divisions, "nextCursor": null });
    Ok(json_answer(StatusCode::OK, &[], &answer))
}

/// A row of the division file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DivisionRow {
    code: String,
    parent_code: Option<String>,
    name: String,
    kind: String,
    timezone: String,
    email: Option<String>,
    head: Option<String>,
}

pub async fn replace(
    session: Session,
    parameters: Parameters,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameters.finish()?;
    let is_csv = oms_web::is_csv(&headers)?;
    let bytes = read_body(&headers, body, COVERAGE_BODY_BYTES_MAX).await?;
    let divisions: Vec<Division> = match is_csv {
        false => read_entries(&bytes)?,
        true => {
            let rows = csv_file::read::<DivisionRow>(&bytes)?;
            let division = |(_, row): (u64, DivisionRow)| Division {
                code: row.code,
                parent_code: row.parent_code.filter(|parent| !parent.is_empty()),
                name: row.name,
                kind: row.kind,
                timezone: row.timezone,
                email: row.email.filter(|email| !email.is_empty()),
                head: row.head.filter(|head| !head.is_empty()),
            };
            rows.into_iter().map(division).collect()
        }
    };
    let count =
        organisation::replace_divisions(&session.backend, &session.actor, divisions).await?;
    Ok(json_answer(StatusCode::OK, &[], &json!({ "divisions": count, "warnings": [] })))
}
