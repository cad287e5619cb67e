//! Conditional requests (RFC 9110, section 13). The entity tag of an order is its version.

use crate::Problem;
use http::{HeaderMap, StatusCode, header};

pub fn entity_tag(version: i64) -> String {
    format!("\"v{version}\"")
}

/// The version that `If-Match` names; None: the header is absent. `*` matches whatever is there.
pub fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.strip_prefix("\"v").and_then(|rest| rest.strip_suffix('"'));
    match version.and_then(|digits| digits.parse().ok()) {
        Some(version) => Ok(Some(version)),
        // A tag that we never gave can match nothing.
        None => Err(Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "stale-version",
            "The order has changed",
            "If-Match names a version that the order does not have; read the order again and send its ETag.",
        )),
    }
}

/// Whether `If-None-Match` names this tag.
pub fn none_match_hits(headers: &HeaderMap, tag: &str) -> bool {
    let values =
        headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|candidate| candidate == "*" || candidate.trim_start_matches("W/") == tag)
}
