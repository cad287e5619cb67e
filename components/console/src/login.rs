//! Logging in with a token, which the browser then keeps in a cookie that no script can read.

use crate::page::{language, page};
use axum::body::Body;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use oms_app::tokens;
use oms_domain::limits::JSON_BODY_BYTES_MAX;
use oms_pages::Page;
use oms_web::{Problem, SESSION_COOKIE, backend, clock, read_body};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct Login {
    token: Option<String>,
}

/// `GET /login`: the form; with `?token=` the link that `up` prints.
pub async fn form(headers: HeaderMap, Query(login): Query<Login>) -> Result<Response, Problem> {
    match login.token {
        Some(token) => enter(&headers, &token).await,
        None => {
            Ok(page(StatusCode::OK, Page::Login, language(&headers), &json!({ "wrong": false })))
        }
    }
}

pub async fn log_in(headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let bytes = read_body(&headers, body, JSON_BODY_BYTES_MAX).await?;
    let query = String::from_utf8_lossy(&bytes).into_owned();
    let uri = format!("/?{query}").parse().unwrap_or_default();
    let login = Query::<Login>::try_from_uri(&uri);
    let token = login.ok().and_then(|Query(login)| login.token).unwrap_or_default();
    enter(&headers, &token).await
}

async fn enter(headers: &HeaderMap, token: &str) -> Result<Response, Problem> {
    let token = token.trim();
    // Only what can be a token is put into a header.
    let plausible =
        !token.is_empty() && token.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !plausible || tokens::authenticate(&backend().await?, token, clock()).await?.is_none() {
        let model = json!({ "wrong": true });
        return Ok(page(StatusCode::UNAUTHORIZED, Page::Login, language(headers), &model));
    }
    let cookie = format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200");
    Ok(redirect("/", &cookie))
}

pub async fn log_out() -> Response {
    redirect("/login", &format!("{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"))
}

fn redirect(to: &str, cookie: &str) -> Response {
    let headers = [(header::LOCATION, to), (header::SET_COOKIE, cookie)];
    (StatusCode::SEE_OTHER, headers).into_response()
}
