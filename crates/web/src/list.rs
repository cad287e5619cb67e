//! Lists that go on after a name.

use crate::{encode_cursor, json_answer};
use axum::response::Response;
use http::StatusCode;
use oms_app::ports::Cursor;
use serde::Serialize;
use serde_json::json;

/// A page of a list of which one entry more than asked for was looked up: it tells whether there is a next page.
pub fn list_answer<T: Serialize>(
    mut found: Vec<T>,
    limit: u32,
    name: impl Fn(&T) -> String,
) -> Response {
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| more);
    let next = last.map(|entry| encode_cursor(&Cursor { value: 0, id: name(entry) }));
    json_answer(StatusCode::OK, &[], &json!({ "items": found, "nextCursor": next }))
}
