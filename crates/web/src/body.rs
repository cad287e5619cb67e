//! Request bodies: bounded, of the right type, and JSON with a place for each fault.

use crate::Problem;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use oms_domain::input::Fault;
use oms_domain::limits::JSON_BODY_BYTES_MAX;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The bytes of a body.
pub type RawBody = Bytes;

/// A JSON document and the bytes that it was.
#[derive(Debug, Clone)]
pub struct JsonBody {
    pub value: Value,
    pub bytes: Bytes,
}

/// Reads a body up to a limit; a longer one is refused as soon as that is known.
pub async fn read_body(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<RawBody, Problem> {
    let too_large = || {
        let detail = format!("The body may have at most {bytes_max} bytes.");
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            "The body is too large",
            detail,
        )
    };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced
        .and_then(|text| text.parse::<usize>().ok())
        .is_some_and(|length| length > bytes_max)
    {
        return Err(too_large());
    }
    let mut body = body;
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| Problem::bad_request("body-broken", "The body ended early."))?;
        if let Some(data) = frame.data_ref() {
            if bytes.len() + data.len() > bytes_max {
                return Err(too_large());
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok(bytes.freeze())
}

/// Reads a JSON body.
pub async fn json_body(headers: &HeaderMap, body: Body) -> Result<JsonBody, Problem> {
    json_body_up_to(headers, body, JSON_BODY_BYTES_MAX).await
}

/// Reads a JSON body that may have more bytes than others, or fewer.
pub async fn json_body_up_to(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<JsonBody, Problem> {
    require_media_type(headers, &["application/json", "application/merge-patch+json"])?;
    let bytes = read_body(headers, body, bytes_max).await?;
    let value = serde_json::from_slice(&bytes).map_err(|error| {
        let detail = format!("The body is not JSON: {error}.");
        Problem::bad_request("invalid-json", detail)
    })?;
    Ok(JsonBody { value, bytes })
}

/// The media type of a body, without parameters.
pub fn media_type(headers: &HeaderMap) -> String {
    let value =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn require_media_type(headers: &HeaderMap, allowed: &[&str]) -> Result<(), Problem> {
    if allowed.contains(&media_type(headers).as_str()) {
        return Ok(());
    }
    let detail = format!("Send Content-Type: {}.", allowed[0]);
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The type of the body is not supported",
        detail,
    ))
}

/// Whether a body is CSV; else it is JSON. Anything else is refused.
pub fn is_csv(headers: &HeaderMap) -> Result<bool, Problem> {
    require_media_type(headers, &["application/json", "text/csv"])?;
    Ok(media_type(headers) == "text/csv")
}

/// The entries of a JSON array; all that can't be read are told at once.
pub fn read_entries<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, Problem> {
    let document: Value = serde_json::from_slice(bytes).map_err(|error| {
        Problem::bad_request("invalid-json", format!("The body is not JSON: {error}."))
    })?;
    let Value::Array(values) = document else {
        let fault = fault("", "wrong-type", "Send a JSON array.".to_owned());
        return Err(Problem::faults(StatusCode::UNPROCESSABLE_ENTITY, vec![fault]));
    };
    let mut entries = Vec::with_capacity(values.len());
    let mut faults = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        match serde_json::from_value(value) {
            Ok(entry) => entries.push(entry),
            Err(error) => {
                faults.push(fault(
                    &format!("/{index}"),
                    "invalid-entry",
                    format!("Entry {index}: {error}."),
                ));
            }
        }
    }
    match faults.is_empty() {
        true => Ok(entries),
        false => Err(Problem::faults(StatusCode::UNPROCESSABLE_ENTITY, faults)),
    }
}

fn fault(pointer: &str, code: &str, message: String) -> Fault {
    Fault { pointer: pointer.to_owned(), code: code.to_owned(), message }
}
