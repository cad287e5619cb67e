//! The wire format of the gateway, and the routes that are the simulator's own.

use crate::control::{Control, Fate};
use crate::objects::{Desired, KINDS, Object};
use crate::problem::Problem;
use crate::{Simulator, page};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes of a request body.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// Characters of a key.
const KEY_CHARACTERS_MAX: usize = 300;
const PAGE_ENTRIES_MAX: u32 = 200;
/// Objects on the page for people.
const SHOWN_MAX: usize = 100;

type Shared = Arc<Simulator>;

pub fn routes(simulator: Shared) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/v1/objects", get(list))
        .route("/v1/objects/{kind}/{key}", get(find).put(ensure).delete(retire))
        .route("/v1/journal", get(journal))
        .route("/control", get(control).put(set_control).delete(reset_control))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(simulator)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ensure {
    #[serde(default)]
    parents: Vec<String>,
    #[serde(default)]
    attributes: Map<String, Value>,
}

async fn ensure(
    State(simulator): State<Shared>,
    Path((kind, key)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let request = mutation(&simulator, &kind, &key, &headers)?;
    let fate = fate(&simulator).await?;
    let body: Ensure = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("The body is not an object: {error}.")))?;
    let desired = Desired {
        kind: &kind,
        external_key: &key,
        parents: body.parents,
        attributes: body.attributes,
    };
    if lock(&simulator.control).refuse_kinds.contains(&kind) {
        return Err(Problem::refused("refused", format!("Objects of kind {kind} are refused.")));
    }
    let sha256 =
        sha256(&format!("PUT {kind} {key} {:?} {:?}", desired.parents, desired.attributes));
    if let Some(answer) = repeated(&simulator, &request, &sha256)? {
        return Ok(answer);
    }
    if fate == Fate::Forgets {
        let object = json!({
            "id": "BM-999999", "kind": kind, "externalKey": key, "status": "active",
            "parents": desired.parents, "attributes": desired.attributes, "revision": 1,
        });
        return Ok(answered(StatusCode::CREATED, &object.to_string()));
    }
    let (status, object) = lock(&simulator.objects).ensure(&desired, &request, &sha256)?;
    finish(&simulator, &request, status, &json!(object).to_string())
}

async fn retire(
    State(simulator): State<Shared>,
    Path((kind, key)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let request = mutation(&simulator, &kind, &key, &headers)?;
    let fate = fate(&simulator).await?;
    let sha256 = sha256(&format!("DELETE {kind} {key}"));
    if let Some(answer) = repeated(&simulator, &request, &sha256)? {
        return Ok(answer);
    }
    if fate == Fate::Forgets {
        return Ok(answered(StatusCode::NO_CONTENT, ""));
    }
    lock(&simulator.objects).retire(&kind, &key, &request, &sha256)?;
    finish(&simulator, &request, StatusCode::NO_CONTENT, "")
}

async fn find(
    State(simulator): State<Shared>,
    Path((kind, key)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    authorize(&simulator, &headers)?;
    check_kind(&kind)?;
    fate(&simulator).await?;
    let found = lock(&simulator.objects).find(&kind, &key)?;
    match found {
        Some(object) => Ok(answered(StatusCode::OK, &json!(object).to_string())),
        None => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "not-found",
            format!("There is no {kind} {key:?}."),
        )),
    }
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
    State(simulator): State<Shared>,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    authorize(&simulator, &headers)?;
    let Query(query) = query.map_err(|error| Problem::bad_request(error.body_text()))?;
    let limit = query.limit.unwrap_or(50).clamp(1, PAGE_ENTRIES_MAX);
    let objects = lock(&simulator.objects).list(
        query.kind.as_deref(),
        query.external_key.as_deref(),
        query.order.as_deref(),
        query.cursor.unwrap_or(0),
        limit + 1,
    )?;
    let (items, next) = paged(objects, limit, |object| object.number);
    Ok(answered(StatusCode::OK, &json!({ "items": items, "nextCursor": next }).to_string()))
}

async fn journal(
    State(simulator): State<Shared>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    authorize(&simulator, &headers)?;
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<i64>().ok());
    let limit =
        u32::try_from(number("limit").unwrap_or(50)).unwrap_or(50).clamp(1, PAGE_ENTRIES_MAX);
    let entries = lock(&simulator.objects).journal(number("cursor").unwrap_or(0), limit + 1)?;
    let (items, next) = paged(entries, limit, |entry| entry.entry);
    Ok(answered(StatusCode::OK, &json!({ "items": items, "nextCursor": next }).to_string()))
}

/// One entry more than asked for tells whether there is a next page.
fn paged<T>(
    mut entries: Vec<T>,
    limit: u32,
    number: impl Fn(&T) -> i64,
) -> (Vec<T>, Option<String>) {
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let next = entries.last().filter(|_| more).map(|entry| number(entry).to_string());
    (entries, next)
}

async fn show(State(simulator): State<Shared>) -> Result<Html<String>, Problem> {
    let faults = json!(*lock(&simulator.control)).to_string();
    let mut objects: Vec<Object> = lock(&simulator.objects).list(None, None, None, 0, u32::MAX)?;
    objects.reverse();
    objects.truncate(SHOWN_MAX);
    Ok(Html(page::objects(&objects, &faults)))
}

async fn control(State(simulator): State<Shared>) -> Response {
    answered(StatusCode::OK, &json!(*lock(&simulator.control)).to_string())
}

async fn set_control(State(simulator): State<Shared>, body: Bytes) -> Result<Response, Problem> {
    let wanted: Control = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("These are not faults: {error}.")))?;
    if !(400..=599).contains(&wanted.fail_status) {
        return Err(Problem::bad_request("failStatus must be from 400 to 599."));
    }
    if let Some(kind) = wanted.refuse_kinds.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(Problem::bad_request(format!("There is no kind {kind:?}.")));
    }
    *lock(&simulator.control) = wanted.clone();
    Ok(answered(StatusCode::OK, &json!(wanted).to_string()))
}

async fn reset_control(State(simulator): State<Shared>) -> Response {
    *lock(&simulator.control) = Control::default();
    StatusCode::NO_CONTENT.into_response()
}

/// Checks what every mutating call must have; answers its idempotency key.
fn mutation(
    simulator: &Simulator,
    kind: &str,
    key: &str,
    headers: &HeaderMap,
) -> Result<String, Problem> {
    authorize(simulator, headers)?;
    check_kind(kind)?;
    if key.is_empty() || key.chars().count() > KEY_CHARACTERS_MAX {
        return Err(Problem::bad_request(format!(
            "A key has 1 to {KEY_CHARACTERS_MAX} characters."
        )));
    }
    let request = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let request = request.map(str::trim).filter(|text| !text.is_empty());
    request.map(str::to_owned).ok_or_else(|| Problem::bad_request("Send an Idempotency-Key."))
}

fn authorize(simulator: &Simulator, headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
    if simulator.token.is_empty() || given == simulator.token {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "Send Authorization: Bearer TOKEN."))
}

fn check_kind(kind: &str) -> Result<(), Problem> {
    if KINDS.contains(&kind) {
        return Ok(());
    }
    Err(Problem::bad_request(format!("{kind:?} is none of {}.", KINDS.join(", "))))
}

/// What happens to this call, after the delay that every call has.
async fn fate(simulator: &Simulator) -> Result<Fate, Problem> {
    let (fate, delay_ms) = {
        let mut control = lock(&simulator.control);
        (control.next(), control.delay_ms)
    };
    if delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    }
    match fate {
        Fate::Silence => Err(Problem::silence()),
        Fate::Fails(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            Err(Problem::new(status, "told-to-fail", "The simulator was told to fail."))
        }
        other => Ok(other),
    }
}

/// The answer of a key that was answered before; another request under the same key is a mistake.
fn repeated(simulator: &Simulator, key: &str, sha256: &str) -> Result<Option<Response>, Problem> {
    let Some(answer) = lock(&simulator.objects).answered(key)? else { return Ok(None) };
    if answer.request_sha256 != sha256 {
        let detail = "This Idempotency-Key was used for another request.";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", detail));
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    Ok(Some(answered(status, &answer.answer)))
}

/// Answers, unless this answer is one that shall be lost.
fn finish(
    simulator: &Simulator,
    key: &str,
    status: StatusCode,
    answer: &str,
) -> Result<Response, Problem> {
    let loses = lock(&simulator.control).answer_twice;
    if loses && lock(&simulator.objects).lose_once(key)? {
        return Err(Problem::silence());
    }
    Ok(answered(status, answer))
}

fn answered(status: StatusCode, answer: &str) -> Response {
    let kind = HeaderValue::from_static("application/json");
    match answer.is_empty() {
        true => status.into_response(),
        false => (status, [(header::CONTENT_TYPE, kind)], answer.to_owned()).into_response(),
    }
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
