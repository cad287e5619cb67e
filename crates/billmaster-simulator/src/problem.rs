//! Errors as problem documents (RFC 9457).

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

const SILENCE: &str = "silence";

#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem { status, code, detail: detail.into() }
    }

    /// No answer at all: the connection is cut while the head announces a body.
    pub fn silence() -> Problem {
        Problem::new(StatusCode::BAD_GATEWAY, SILENCE, "")
    }

    pub fn bad_request(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    pub fn refused(code: &'static str, detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::CONFLICT, code, detail)
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if self.code == SILENCE {
            let cut = async { Err::<Bytes, _>(std::io::Error::other("told to say nothing")) };
            return Response::new(Body::from_stream(futures::stream::once(cut)));
        }
        let document = json!({
            "type": format!("https://billmaster-oms.example/gateway/{}", self.code),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let kind = HeaderValue::from_static("application/problem+json");
        (self.status, [(header::CONTENT_TYPE, kind)], document.to_string()).into_response()
    }
}
