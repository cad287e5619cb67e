//! Answers that are pages.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use oms_domain::party::Language;
use oms_pages::{Page, STYLE, render};
use oms_web::Problem;
use serde::Serialize;
use serde_json::json;

/// Nothing but our own style sheet is loaded, no script runs, nobody frames the page.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Renders a page; a fault of its template goes to the log and becomes a plain answer.
pub fn page(
    status: StatusCode,
    page: Page,
    language: Language,
    model: &impl Serialize,
) -> Response {
    match render(page, language, model) {
        Ok(html) => {
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            let policy = HeaderValue::from_static(POLICY);
            let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)];
            (status, headers, html).into_response()
        }
        Err(error) => {
            eprintln!("page: {error:#}");
            let title = "Something is wrong inside";
            let detail = "The page could not be drawn; the log of the server says more.";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal-error", title, detail)
                .into_response()
        }
    }
}

/// A problem as a person sees it.
pub fn problem(problem: &Problem, language: Language) -> Response {
    let model = json!({ "title": problem.title(), "detail": problem.detail() });
    page(problem.status(), Page::Problem, language, &model)
}

pub async fn style() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/css"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (StatusCode::OK, headers, STYLE).into_response()
}
