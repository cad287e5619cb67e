//! Errors as problem documents (RFC 9457). Here, and only here, a use case's error becomes a status.

use crate::sentences::sentences;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use oms_app::AppError;
use oms_app::ports::StoreError;
use oms_domain::input::{Fault, UNKNOWN_FIELD};
use oms_domain::rejection::Rejection;
use oms_domain::scenario::LocalText;
use serde_json::{Value, json};

/// Base of the `type` of every problem; the last part is stable.
const TYPE_BASE: &str = "https://billmaster-oms.example/problems/";

/// An error as callers see it.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: String,
    title: &'static str,
    detail: String,
    /// The same for people, in every language of the product.
    messages: Option<LocalText>,
    errors: Vec<Fault>,
    more: Vec<(&'static str, Value)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub fn new(
        status: StatusCode,
        code: &str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Problem {
            status,
            code: code.to_owned(),
            title,
            detail: detail.into(),
            messages: sentences(code),
            errors: Vec::new(),
            more: Vec::new(),
            headers: Vec::new(),
        }
    }

    pub fn bad_request(code: &str, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, code, "The request is malformed", detail)
    }

    /// One fault of a parameter or header.
    pub fn bad_parameter(name: &str, code: &str, message: impl Into<String>) -> Self {
        Problem::faults(
            StatusCode::BAD_REQUEST,
            vec![Fault {
                pointer: name.to_owned(),
                code: code.to_owned(),
                message: message.into(),
            }],
        )
    }

    pub fn faults(status: StatusCode, errors: Vec<Fault>) -> Self {
        let detail = match &errors[..] {
            [one] => one.message.clone(),
            many => format!("{} faults; errors lists them all.", many.len()),
        };
        let mut problem = Problem::new(status, "invalid-input", "The input has faults", detail);
        problem.errors = errors;
        problem
    }

    pub fn unauthorized(detail: &str) -> Self {
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "Who are you?", detail).with_bearer()
    }

    /// Says how one makes oneself known (RFC 9110, section 11.6.1).
    fn with_bearer(mut self) -> Self {
        self.headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        self
    }

    #[must_use]
    fn with_messages(self, messages: LocalText) -> Self {
        Problem { messages: Some(messages), ..self }
    }

    /// What stands in braces in the sentences is filled in.
    #[must_use]
    fn with_filled(mut self, name: &str, value: &str) -> Self {
        let name = format!("{{{name}}}");
        self.messages = self.messages.map(|told| LocalText {
            en: told.en.replace(&name, value),
            ru: told.ru.replace(&name, value),
        });
        self
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.more.push((name, value));
        self
    }

    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn title(&self) -> &'static str {
        self.title
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// One of several rejections. The pointer is empty where no field of the request is at fault, but the order itself.
fn fault(rejection: &Rejection) -> Fault {
    let pointer = match rejection {
        Rejection::FieldInvalid { field, .. } | Rejection::FieldUnknown { field, .. } => {
            format!("/fields/{}", field.replace('~', "~0").replace('/', "~1"))
        }
        Rejection::FieldsRequired { .. } => "/fields".to_owned(),
        Rejection::CommentRequired { .. } => "/comment".to_owned(),
        _ => String::new(),
    };
    Fault { pointer, code: rejection.code().to_owned(), message: rejection.to_string() }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Problem {
        let detail = error.to_string();
        match error {
            AppError::NotFound { .. } => Problem::not_found(detail),
            AppError::RightMissing(right) => {
                Problem::new(StatusCode::FORBIDDEN, "right-missing", "A right is missing", detail)
                    .with_messages(Rejection::RightMissing(right).sentences())
                    .with("right", json!(right.code()))
            }
            AppError::Invalid(faults) => {
                // A field that we don't know makes the request malformed; values out of bounds break the schema.
                let unknown = faults.iter().any(|fault| fault.code == UNKNOWN_FIELD);
                let status = match unknown {
                    true => StatusCode::BAD_REQUEST,
                    false => StatusCode::UNPROCESSABLE_ENTITY,
                };
                Problem::faults(status, faults)
            }
            AppError::Rejected(rejection) => {
                let status = match rejection {
                    Rejection::RightMissing(_) => StatusCode::FORBIDDEN,
                    _ => StatusCode::CONFLICT,
                };
                let problem =
                    Problem::new(status, rejection.code(), "A rule does not allow this", detail)
                        .with_messages(rejection.sentences());
                match &rejection {
                    Rejection::NoFreeSlot { next, .. } => problem.with("slots", json!(next)),
                    Rejection::SeveralFaults { faults } => {
                        Problem { errors: faults.iter().map(fault).collect(), ..problem }
                    }
                    _ => problem,
                }
            }
            AppError::DuplicateOrder { id, number } => {
                let link = format!("/api/v1/orders/{id}");
                Problem::new(
                    StatusCode::CONFLICT,
                    "duplicate-order",
                    "The order is there already",
                    detail,
                )
                .with_header(header::LINK, &format!("<{link}>; rel=\"duplicate\""))
                .with("order", json!({ "id": id, "number": number, "href": link }))
            }
            AppError::StaleVersion { current } => Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "stale-version",
                "The order has changed",
                detail,
            )
            .with_header(header::ETAG, &crate::entity_tag(current)),
            AppError::StaleList { current } => Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "stale-version",
                "The list has changed",
                detail,
            )
            .with_header(header::ETAG, &crate::entity_tag(current)),
            AppError::IdempotencyMismatch => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "The Idempotency-Key was used before",
                detail,
            ),
            AppError::LoginWrong => {
                Problem::new(StatusCode::UNAUTHORIZED, "login-wrong", "Who are you?", detail)
                    .with_bearer()
            }
            AppError::CodeMissing => {
                Problem::new(StatusCode::UNAUTHORIZED, "code-missing", "Who are you?", detail)
                    .with_bearer()
            }
            AppError::AccessCodeWrong => {
                Problem::new(StatusCode::UNAUTHORIZED, "access-code-wrong", "Who are you?", detail)
                    .with_bearer()
            }
            AppError::LoginLocked { seconds } => Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "login-locked",
                "Too many log-ins failed",
                detail,
            )
            .with_filled("seconds", &seconds.to_string())
            .with_header(header::RETRY_AFTER, &seconds.to_string()),
            AppError::Busy => {
                Problem::new(StatusCode::CONFLICT, "busy", "Others are changing the order", detail)
                    .with_header(header::RETRY_AFTER, "1")
            }
            AppError::Store(error) => unavailable(&error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        unavailable(&error)
    }
}

/// The database's own words go to the log, not to callers.
fn unavailable(error: &StoreError) -> Problem {
    eprintln!("store: {error}");
    match error {
        StoreError::Unavailable(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "database-unavailable",
            "The database is not available",
            "Nothing was changed; try again in a moment.",
        )
        .with_header(header::RETRY_AFTER, "2"),
        StoreError::Corrupt(_) => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal-error",
            "Something is wrong inside",
            "Nothing was changed; the log of the server says more.",
        ),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut document = json!({
            "type": format!("{TYPE_BASE}{}", self.code),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Value::Object(object) = &mut document {
            if let Some(messages) = &self.messages {
                object.insert("messages".to_owned(), json!(messages));
            }
            if !self.errors.is_empty() {
                object.insert("errors".to_owned(), json!(self.errors));
            }
            for (name, value) in self.more {
                object.insert(name.to_owned(), value);
            }
        }
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response =
            (self.status, [(header::CONTENT_TYPE, kind)], document.to_string()).into_response();
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// A JSON answer with a status and headers.
pub fn json_answer(status: StatusCode, headers: &[(HeaderName, String)], body: &Value) -> Response {
    json_text_answer(status, headers, body.to_string())
}

/// The same of JSON that is text already.
pub fn json_text_answer(
    status: StatusCode,
    headers: &[(HeaderName, String)],
    text: String,
) -> Response {
    let kind = HeaderValue::from_static("application/json");
    let mut response = (status, [(header::CONTENT_TYPE, kind)], text).into_response();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name.clone(), value);
        }
    }
    response
}
