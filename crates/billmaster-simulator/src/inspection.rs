//! What is the simulator's own: a page, lists and the journal to look at, and the faults to set. It works whatever the faults.

use crate::Simulator;
use crate::api::answered;
use crate::control::Control;
use crate::extract::{Body, Caller, Query, check_kind, limit};
use crate::journal::Entries;
use crate::objects::Filter;
use crate::page;
use crate::problem::Problem;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Objects on the page for people.
const SHOWN_MAX: u32 = 100;

type Shared = Arc<Simulator>;

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(show))
        .route("/v1/objects", get(list))
        .route("/v1/journal", get(journal))
        .route("/control", get(faults).put(set_faults).delete(end_faults))
}

async fn show(State(simulator): State<Shared>) -> Result<Html<String>, Problem> {
    let faults = json!(*simulator.control()).to_string();
    let objects = simulator.objects();
    let newest = objects.newest(SHOWN_MAX)?;
    let totals = objects.totals()?;
    Ok(Html(page::objects(&newest, &totals, &faults)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListQuery {
    kind: Option<String>,
    external_key: Option<String>,
    order: Option<String>,
    cursor: Option<i64>,
    limit: Option<u32>,
}

async fn list(
    _: Caller,
    Query(query): Query<ListQuery>,
    State(simulator): State<Shared>,
) -> Result<Response, Problem> {
    query.kind.as_deref().map_or(Ok(()), check_kind)?;
    let limit = limit(query.limit)?;
    let filter = Filter { kind: query.kind, external_key: query.external_key, order: query.order };
    let objects = simulator.objects().list(&filter, query.cursor.unwrap_or(0), limit + 1)?;
    let page = paged(objects, limit, |object| object.number);
    Ok(answered(StatusCode::OK, page.to_string()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct JournalQuery {
    kind: Option<String>,
    external_key: Option<String>,
    operation: Option<String>,
    cursor: Option<i64>,
    limit: Option<u32>,
}

async fn journal(
    _: Caller,
    Query(query): Query<JournalQuery>,
    State(simulator): State<Shared>,
) -> Result<Response, Problem> {
    query.kind.as_deref().map_or(Ok(()), check_kind)?;
    let limit = limit(query.limit)?;
    let wanted =
        Entries { kind: query.kind, external_key: query.external_key, operation: query.operation };
    let objects = simulator.objects();
    let entries = objects.journal(&wanted, query.cursor.unwrap_or(0), limit + 1)?;
    let mut page = paged(entries, limit, |entry| entry.entry);
    page["totals"] = json!(objects.totals()?);
    Ok(answered(StatusCode::OK, page.to_string()))
}

/// One entry more than asked for tells whether there is a next page.
fn paged<T: serde::Serialize>(
    mut entries: Vec<T>,
    limit: u32,
    number: impl Fn(&T) -> i64,
) -> Value {
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let next = entries.last().filter(|_| more).map(|entry| number(entry).to_string());
    json!({ "items": entries, "nextCursor": next })
}

async fn faults(State(simulator): State<Shared>) -> Response {
    answered(StatusCode::OK, json!(*simulator.control()).to_string())
}

async fn set_faults(State(simulator): State<Shared>, body: Body) -> Result<Response, Problem> {
    let wanted = Control::read(&body.0)?;
    let shown = json!(wanted).to_string();
    *simulator.control() = wanted;
    Ok(answered(StatusCode::OK, shown))
}

async fn end_faults(State(simulator): State<Shared>) -> Response {
    *simulator.control() = Control::default();
    StatusCode::NO_CONTENT.into_response()
}
