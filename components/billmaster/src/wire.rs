//! The gateway's wire format: paths, bodies, and what answers mean.

use http::StatusCode;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Bytes of an answer; an object is far smaller, and more is not for us.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Characters of the gateway's own words that an error repeats.
const DETAIL_CHARACTERS_MAX: usize = 300;
/// How the type of the problem ends that says: there is no such object.
const NOT_FOUND: &str = "/not-found";

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
    pub status: Status,
    #[serde(default)]
    pub attributes: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    Active,
    Blocked,
    Retired,
}

/// What stays as it is in a path: the unreserved characters of RFC 3986.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// What a header can't carry, and the sign that stands for it.
const HEADER: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// The path of an object.
pub fn path(kind: &str, external_key: &str) -> String {
    format!("/v1/objects/{kind}/{}", utf8_percent_encode(external_key, PATH))
}

/// An idempotency key, as a header can carry it: an external key in it may be in any script.
pub fn header_key(idempotency_key: &str) -> String {
    utf8_percent_encode(idempotency_key, HEADER).to_string()
}

/// The address of an object at a gateway; a gateway that is none is a fault of the settings, a key that a path can't hold
/// one of the caller.
pub fn address(gateway: &str, kind: &str, external_key: &str) -> Result<String, Failure> {
    let gateway = gateway.trim().trim_end_matches('/');
    if !gateway.starts_with("http://") && !gateway.starts_with("https://") {
        let message = format!("billmaster_url {gateway:?} must begin with http:// or https://");
        return Err(Failure::Misconfigured(message));
    }
    // Servers on the way resolve dots, encoded or not: another object would be addressed, or none.
    if matches!(external_key, "" | "." | "..") {
        let message = format!("{external_key:?} can't be the key of an object");
        return Err(Failure::Refused(message));
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
        // A gateway explains itself: this is another server, or another path of it.
        404 | 405 | 410 if problem_type(body).is_empty() => Failure::Misconfigured(format!(
            "{message}, and not as a gateway does: is billmaster_url right?"
        )),
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
    if object.kind != kind || object.external_key != external_key {
        let message = format!(
            "the gateway answered about {} {:?}, not {kind} {external_key:?}",
            object.kind, object.external_key
        );
        return Err(Failure::Unavailable(message));
    }
    if object.id.is_empty() {
        let message = format!("the gateway answered without an id for {kind} {external_key:?}");
        return Err(Failure::Unavailable(message));
    }
    Ok(object)
}

/// Whether an answer says that there is no such object.
pub fn absent(status: StatusCode, body: &[u8]) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE)
        && problem_type(body).ends_with(NOT_FOUND)
}

/// Whether a retirement is done; what is not there counts as retired.
pub fn retired(status: StatusCode, body: &[u8]) -> Result<(), Failure> {
    match status {
        StatusCode::OK | StatusCode::NO_CONTENT => Ok(()),
        _ if absent(status, body) => Ok(()),
        _ => Err(failure(status, body)),
    }
}

/// The type of a problem document; empty if the answer is none.
fn problem_type(body: &[u8]) -> String {
    let document: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    document["type"].as_str().unwrap_or_default().to_owned()
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

    const NORTH: &str = r#"{"id":"BM-1","kind":"domain","externalKey":"north","status":"active"}"#;

    fn status(text: &str) -> StatusCode {
        text.parse().expect("a status")
    }

    fn word<T>(found: Result<T, Failure>) -> &'static str {
        match found {
            Ok(_) => "done",
            Err(Failure::Unavailable(_)) => "unavailable",
            Err(Failure::Refused(_)) => "refused",
            Err(Failure::Misconfigured(_)) => "misconfigured",
        }
    }

    #[test]
    fn every_status_has_its_meaning() {
        let problem = r#"{"type":"https://gateway.example/parent-missing","detail":"No parent."}"#;
        let absent = r#"{"type":"https://gateway.example/not-found","detail":"None."}"#;
        // The answer's status and body; what it means for an ensure, and for a retirement.
        let cases = "
            200 object  done          done
            201 object  done          unavailable
            204 nothing unavailable   done
            302 nothing unavailable   unavailable
            400 problem refused       refused
            401 problem misconfigured misconfigured
            403 nothing misconfigured misconfigured
            404 problem refused       refused
            404 absent  refused       done
            404 nothing misconfigured misconfigured
            404 page    misconfigured misconfigured
            405 page    misconfigured misconfigured
            408 nothing unavailable   unavailable
            409 problem refused       refused
            409 nothing refused       refused
            410 absent  refused       done
            410 nothing misconfigured misconfigured
            413 nothing refused       refused
            422 problem refused       refused
            425 nothing unavailable   unavailable
            429 problem unavailable   unavailable
            500 page    unavailable   unavailable
            502 nothing unavailable   unavailable
            503 problem unavailable   unavailable
            504 nothing unavailable   unavailable
            599 nothing unavailable   unavailable
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let body = match words[1] {
                "object" => NORTH,
                "problem" => problem,
                "absent" => absent,
                "page" => "<html>Not here</html>",
                _ => "",
            };
            let ensured = object(status(words[0]), body.as_bytes(), "domain", "north");
            assert_eq!(word(ensured), words[2], "ensure: {line}");
            assert_eq!(
                word(retired(status(words[0]), body.as_bytes())),
                words[3],
                "retire: {line}"
            );
        }
    }

    #[test]
    fn an_object_is_absent_only_if_the_gateway_says_so() {
        let absent_body = br#"{"type":"https://gateway.example/not-found"}"#;
        let cases: [(&str, &[u8], bool); 5] = [
            ("404", absent_body, true),
            ("410", absent_body, true),
            ("404", br#"{"type":"about:blank"}"#, false),
            ("404", b"<html>404</html>", false),
            ("409", absent_body, false),
        ];
        for (code, body, expected) in cases {
            assert_eq!(absent(status(code), body), expected, "{code} {body:?}");
        }
    }

    #[test]
    fn an_object_is_read_with_all_that_it_says() {
        let body = r#"{"id":"BM-7","kind":"service","externalKey":"Чорсу","status":"blocked",
            "parents":["a"],"attributes":{"order":"1"},"revision":3,"more":true}"#;
        let found = object(StatusCode::CREATED, body.as_bytes(), "service", "Чорсу");
        let found = found.expect("an object");
        assert_eq!((found.id.as_str(), found.status), ("BM-7", Status::Blocked));
        assert_eq!(found.attributes["order"], "1");
    }

    #[test]
    fn an_answer_about_something_else_is_not_taken() {
        // The answer, and what the person who looks at it is told.
        let cases = [
            (r#"{"id":"BM-1","kind":"domain","externalKey":"south","status":"active"}"#, "south"),
            (
                r#"{"id":"BM-1","kind":"customer","externalKey":"north","status":"active"}"#,
                "customer",
            ),
            (
                r#"{"id":"","kind":"domain","externalKey":"north","status":"active"}"#,
                "without an id",
            ),
            (r#"{"id":"BM-1","kind":"domain","externalKey":"north","status":"asleep"}"#, "asleep"),
            (r#"{"id":"BM-1","kind":"domain","externalKey":"north"}"#, "status"),
            (r#"{"id":7,"kind":"domain","externalKey":"north","status":"active"}"#, "string"),
            (r#"{"kind":"domain"}"#, "missing field"),
            (r#"[]"#, "can't be read"),
            ("<html>welcome</html>", "can't be read"),
            ("", "can't be read"),
        ];
        for (body, expected) in cases {
            let found = object(StatusCode::OK, body.as_bytes(), "domain", "north");
            let Err(Failure::Unavailable(message)) = found else { panic!("{body}: {found:?}") };
            assert!(message.contains(expected), "{body}: {message}");
        }
    }

    #[test]
    fn the_gateways_words_are_repeated_without_control_characters() {
        let body = b"{\"detail\":\"The parent \\u0007is missing.\"}";
        let Failure::Refused(message) = failure(StatusCode::CONFLICT, body) else {
            panic!("refused")
        };
        assert_eq!(message, "the gateway answered 409 Conflict: The parent is missing.");
        let long = json!({ "detail": "ы".repeat(10_000) }).to_string();
        let Failure::Refused(message) = failure(StatusCode::CONFLICT, long.as_bytes()) else {
            panic!("refused")
        };
        assert!(message.chars().count() < DETAIL_CHARACTERS_MAX + 40, "{message}");
    }

    #[test]
    fn keys_are_encoded_in_paths_and_headers() {
        // The key, as a path has it, and as a header has it.
        let cases = [
            ("service-261124-0001-1", "service-261124-0001-1", "service-261124-0001-1"),
            ("a/../b", "a%2F..%2Fb", "a/../b"),
            ("Чорсу", "%D0%A7%D0%BE%D1%80%D1%81%D1%83", "%D0%A7%D0%BE%D1%80%D1%81%D1%83"),
            ("a b?c#d", "a%20b%3Fc%23d", "a%20b?c#d"),
            ("a%20b", "a%2520b", "a%2520b"),
            ("a\r\nb", "a%0D%0Ab", "a%0D%0Ab"),
        ];
        for (key, in_path, in_header) in cases {
            assert_eq!(path("service", key), format!("/v1/objects/service/{in_path}"));
            assert_eq!(header_key(key), in_header);
        }
    }

    #[test]
    fn an_address_is_a_gateways_or_a_fault_of_whoever_gave_it() {
        let cases = [
            ("http://127.0.0.1:3900/", "a", Some("http://127.0.0.1:3900/v1/objects/service/a")),
            (
                " https://billing.example/oms ",
                "a",
                Some("https://billing.example/oms/v1/objects/service/a"),
            ),
        ];
        for (gateway, key, expected) in cases {
            assert_eq!(address(gateway, "service", key).ok().as_deref(), expected, "{gateway}");
        }
        for gateway in ["", "ftp://x", "127.0.0.1:3900"] {
            assert_eq!(word(address(gateway, "service", "a")), "misconfigured", "{gateway}");
        }
        for key in ["", ".", ".."] {
            assert_eq!(word(address("http://x", "service", key)), "refused", "{key}");
        }
    }

    #[test]
    fn an_ensure_says_parents_and_attributes() {
        let attributes = [("name".to_owned(), "North \"1\"".to_owned())];
        let body = ensure_body(&["top".to_owned()], &attributes);
        assert_eq!(body, r#"{"attributes":{"name":"North \"1\""},"parents":["top"]}"#);
    }
}
