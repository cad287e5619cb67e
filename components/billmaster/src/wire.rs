//! The gateway's wire format: paths, bodies, and what answers mean.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Bytes of an answer; an object is far smaller, and more is not for us.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Characters of the gateway's own words that an error repeats.
const DETAIL_CHARACTERS_MAX: usize = 300;

/// What went wrong, by what helps: time, a person, or mending the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    Unavailable(String),
    Refused(String),
    Misconfigured(String),
}

/// An object as the gateway has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayObject {
    pub id: String,
    pub kind: String,
    pub external_key: String,
    pub status: String,
    #[serde(default)]
    pub attributes: Map<String, Value>,
}

/// The path of an object.
pub fn path(kind: &str, external_key: &str) -> String {
    let key: String = external_key
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    format!("/v1/objects/{kind}/{key}")
}

/// The address of an object at a gateway; a gateway that is none is a fault of the settings.
pub fn address(gateway: &str, kind: &str, external_key: &str) -> Result<String, Failure> {
    let gateway = gateway.trim().trim_end_matches('/');
    if !gateway.starts_with("http://") && !gateway.starts_with("https://") {
        let message = format!("billmaster_url {gateway:?} must begin with http:// or https://");
        return Err(Failure::Misconfigured(message));
    }
    Ok(format!("{gateway}{}", path(kind, external_key)))
}

/// The body of an ensure.
pub fn ensure_body(parents: &[String], attributes: &[(String, String)]) -> String {
    let attributes: Map<String, Value> =
        attributes.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({ "parents": parents, "attributes": attributes }).to_string()
}

/// What a status without a useful object means.
pub fn failure(status: StatusCode, body: &[u8]) -> Failure {
    let detail = detail(body);
    let message = match detail.is_empty() {
        true => format!("the gateway answered {status}"),
        false => format!("the gateway answered {status}: {detail}"),
    };
    match status.as_u16() {
        401 | 403 => Failure::Misconfigured(message),
        408 | 425 | 429 | 500..=599 => Failure::Unavailable(message),
        400..=499 => Failure::Refused(message),
        // Neither done nor refused: a redirection, or another server at this address.
        _ => Failure::Unavailable(message),
    }
}

/// The object in an answer to `ensure` or `find`; it must be the one that was asked for.
pub fn object(
    status: StatusCode,
    body: &[u8],
    kind: &str,
    external_key: &str,
) -> Result<GatewayObject, Failure> {
    if !matches!(status, StatusCode::OK | StatusCode::CREATED) {
        return Err(failure(status, body));
    }
    let object: GatewayObject = serde_json::from_slice(body).map_err(|error| {
        Failure::Unavailable(format!("the gateway's answer can't be read: {error}"))
    })?;
    if object.kind != kind || object.external_key != external_key || object.id.is_empty() {
        let message = format!(
            "the gateway answered about {} {:?}, not {kind} {external_key:?}",
            object.kind, object.external_key
        );
        return Err(Failure::Unavailable(message));
    }
    Ok(object)
}

/// Whether a retirement is done; what is not there counts as retired.
pub fn retired(status: StatusCode, body: &[u8]) -> Result<(), Failure> {
    match status {
        StatusCode::OK | StatusCode::NO_CONTENT | StatusCode::NOT_FOUND | StatusCode::GONE => {
            Ok(())
        }
        _ => Err(failure(status, body)),
    }
}

/// The gateway's own words, if it sent a problem document.
fn detail(body: &[u8]) -> String {
    let document: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let text = document["detail"].as_str().unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).take(DETAIL_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_meaning() {
        let cases = "
            200 done          201 done         204 unavailable   302 unavailable
            400 refused       401 misconfigured 403 misconfigured 404 refused
            408 unavailable   409 refused      422 refused       425 unavailable
            429 unavailable   500 unavailable  503 unavailable   599 unavailable
        ";
        let body = br#"{"id":"BM-1","kind":"domain","externalKey":"north","status":"active"}"#;
        let words: Vec<&str> = cases.split_whitespace().collect();
        for pair in words.chunks(2) {
            let status = pair[0].parse().expect("a status");
            let found = match object(status, body, "domain", "north") {
                Ok(_) => "done",
                Err(Failure::Unavailable(_)) => "unavailable",
                Err(Failure::Refused(_)) => "refused",
                Err(Failure::Misconfigured(_)) => "misconfigured",
            };
            assert_eq!(found, pair[1], "{}", pair[0]);
        }
    }

    #[test]
    fn an_answer_about_something_else_is_not_taken() {
        let cases = [
            r#"{"id":"BM-1","kind":"domain","externalKey":"south","status":"active"}"#,
            r#"{"id":"BM-1","kind":"customer","externalKey":"north","status":"active"}"#,
            r#"{"id":"","kind":"domain","externalKey":"north","status":"active"}"#,
            r#"{"kind":"domain"}"#,
            "<html>welcome</html>",
            "",
        ];
        for body in cases {
            let found = object(StatusCode::OK, body.as_bytes(), "domain", "north");
            assert!(matches!(found, Err(Failure::Unavailable(_))), "{body}");
        }
    }

    #[test]
    fn the_gateways_words_are_repeated_without_control_characters() {
        let body = b"{\"detail\":\"The parent \\u0007is missing.\"}";
        let Failure::Refused(message) = failure(StatusCode::CONFLICT, body) else {
            panic!("refused")
        };
        assert_eq!(message, "the gateway answered 409 Conflict: The parent is missing.");
    }

    #[test]
    fn keys_are_encoded_in_paths() {
        let cases = [
            ("service-261124-0001-0001-1", "/v1/objects/service/service-261124-0001-0001-1"),
            ("a/../b", "/v1/objects/service/a%2F..%2Fb"),
            ("Чорсу", "/v1/objects/service/%D0%A7%D0%BE%D1%80%D1%81%D1%83"),
            ("a b?c#d", "/v1/objects/service/a%20b%3Fc%23d"),
        ];
        for (key, expected) in cases {
            assert_eq!(path("service", key), expected);
        }
        assert!(matches!(address("ftp://x", "service", "a"), Err(Failure::Misconfigured(_))));
        assert_eq!(
            address("http://127.0.0.1:3900/", "service", "a"),
            Ok("http://127.0.0.1:3900/v1/objects/service/a".to_owned())
        );
    }

    #[test]
    fn what_is_not_there_counts_as_retired() {
        for (status, expected) in
            [(200, true), (204, true), (404, true), (410, true), (409, false), (503, false)]
        {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(retired(status, b"").is_ok(), expected, "{status}");
        }
    }
}
