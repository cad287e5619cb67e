//! What calls carry: who calls, about which object, under which idempotency key. Each fault is a problem document.

use crate::Simulator;
use crate::objects::KINDS;
use crate::problem::Problem;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Characters of a key.
const KEY_CHARACTERS_MAX: usize = 300;
/// Characters of an idempotency key: a caller may build it from an external key, percent-encoded.
const IDEMPOTENCY_KEY_CHARACTERS_MAX: usize = 4000;
const PAGE_ENTRIES_MAX: u32 = 200;
const PAGE_ENTRIES_DEFAULT: u32 = 50;

type Shared = Arc<Simulator>;

/// Shown the right token.
pub struct Caller;

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, simulator: &Shared) -> Result<Self, Problem> {
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        match simulator.token.is_empty() || given == simulator.token {
            true => Ok(Caller),
            false => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "Send Authorization: Bearer TOKEN, with the token of the simulator.",
            )),
        }
    }
}

/// The object that the path names.
pub struct Address {
    pub kind: String,
    pub external_key: String,
}

impl FromRequestParts<Shared> for Address {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, simulator: &Shared) -> Result<Self, Problem> {
        let path: Result<Path<(String, String)>, PathRejection> =
            Path::from_request_parts(parts, simulator).await;
        let Path((kind, external_key)) =
            path.map_err(|error| Problem::bad_request(error.body_text()))?;
        check_kind(&kind)?;
        let characters = external_key.chars().count();
        if characters > KEY_CHARACTERS_MAX || external_key.chars().any(char::is_control) {
            return Err(Problem::bad_request(format!(
                "A key has 1 to {KEY_CHARACTERS_MAX} characters, none of them a control character."
            )));
        }
        Ok(Address { kind, external_key })
    }
}

/// What makes a change safe to repeat.
pub struct IdempotencyKey(pub String);

impl FromRequestParts<Shared> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let header = parts.headers.get("idempotency-key");
        let header = header.ok_or_else(|| Problem::bad_request("Send an Idempotency-Key."))?;
        let key = header.to_str().map(str::trim).unwrap_or_default();
        match (1..=IDEMPOTENCY_KEY_CHARACTERS_MAX).contains(&key.len()) {
            true => Ok(IdempotencyKey(key.to_owned())),
            false => Err(Problem::bad_request(format!(
                "An Idempotency-Key has 1 to {IDEMPOTENCY_KEY_CHARACTERS_MAX} characters of visible ASCII."
            ))),
        }
    }
}

/// A body, as text of JSON.
pub struct Body(pub axum::body::Bytes);

impl FromRequest<Shared> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, simulator: &Shared) -> Result<Self, Problem> {
        let bytes = axum::body::Bytes::from_request(request, simulator).await;
        bytes.map(Body).map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let detail = "A body has at most 64 KiB.";
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
            }
            _ => Problem::bad_request(error.body_text()),
        })
    }
}

/// The body of an ensure.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    #[serde(default)]
    pub parents: Vec<String>,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

impl Wanted {
    pub fn read(body: &Body) -> Result<Wanted, Problem> {
        serde_json::from_slice(&body.0).map_err(|error| {
            Problem::bad_request(format!("The body is not {{parents, attributes}}: {error}."))
        })
    }
}

/// The query of a list, read into what the list knows; anything else in it is refused.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let query = axum::extract::Query::try_from_uri(&parts.uri);
        let axum::extract::Query(query) =
            query.map_err(|error| Problem::bad_request(error.body_text()))?;
        Ok(Query(query))
    }
}

/// How many entries of a list are asked for.
pub fn limit(wanted: Option<u32>) -> Result<u32, Problem> {
    let limit = wanted.unwrap_or(PAGE_ENTRIES_DEFAULT);
    match (1..=PAGE_ENTRIES_MAX).contains(&limit) {
        true => Ok(limit),
        false => Err(Problem::bad_request(format!("limit must be from 1 to {PAGE_ENTRIES_MAX}."))),
    }
}

pub fn check_kind(kind: &str) -> Result<(), Problem> {
    match KINDS.contains(&kind) {
        true => Ok(()),
        false => Err(Problem::bad_request(format!("{kind:?} is none of {}.", KINDS.join(", ")))),
    }
}
