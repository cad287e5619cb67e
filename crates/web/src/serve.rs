//! How a component answers a request.

use crate::{Backend, Problem};
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use oms_domain::time::Instant;
use oms_store::Store;
use oms_store::spin::SpinDatabase;
use spin_sdk::http::Request;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};
use tower_service::Service;

static BACKEND: OnceLock<Backend> = OnceLock::new();

/// The database that the component's variables name; looked up once per instance.
pub async fn backend() -> Result<Backend, Problem> {
    if let Some(backend) = BACKEND.get() {
        return Ok(backend.clone());
    }
    let misconfigured = |detail: String| {
        eprintln!("configuration: {detail}");
        let detail = "The server is not configured; its log says what is missing.";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "misconfigured", "Not configured", detail)
    };
    let url = spin_sdk::variables::get("database_url")
        .await
        .map_err(|error| misconfigured(error.to_string()))?;
    let database =
        SpinDatabase::from_url(&url).map_err(|error| misconfigured(error.to_string()))?;
    Ok(BACKEND.get_or_init(|| Store::new(database)).clone())
}

/// Now. The only clock of the components; rules get its reading as an argument.
pub fn clock() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Answers a request with the routes of a component; what axum itself refuses becomes a problem document too.
pub async fn serve(
    router: &OnceLock<Router>,
    routes: fn() -> Router,
    request: Request,
) -> Response {
    let mut app = router.get_or_init(|| routes().fallback(no_route)).clone();
    let request = request.map(Body::new);
    let answer = app.call(request).await;
    let Ok(response) = answer;
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some();
    let mut response = match response.status() {
        StatusCode::METHOD_NOT_ALLOWED if !is_problem => method_not_allowed(&response),
        _ => response,
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

async fn no_route() -> Problem {
    Problem::not_found("There is nothing at this address.")
}

fn method_not_allowed(response: &Response) -> Response {
    use axum::response::IntoResponse;
    let allow = response
        .headers()
        .get(header::ALLOW)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let detail = format!("This address takes {allow}.");
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "The method is not allowed here",
        detail,
    )
    .with_header(header::ALLOW, allow)
    .into_response()
}
