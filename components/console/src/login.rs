//! Logging in: with login and password, or with a token. The browser keeps a session in a cookie that no script can read.

use crate::page::page;
use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use oms_app::{sessions, tokens};
use oms_domain::limits::{JSON_BODY_BYTES_MAX, SESSION_MS};
use oms_pages::Page;
use oms_web::{
    Problem, SESSION_COOKIE, backend, clear_cookie, clock, language, read_body, session_cookie,
    set_cookie,
};
use serde::Deserialize;
use serde_json::{Value, json};
use spin_sdk::http::FullBody;

/// What the form sends; what was left empty counts as absent.
#[derive(Deserialize, Default)]
pub struct Login {
    login: Option<String>,
    password: Option<String>,
    totp: Option<String>,
    token: Option<String>,
}

/// How a log-in ended.
enum Entered {
    /// The session that the cookie will keep.
    In(String),
    /// Why not, in the word of the page.
    Refused(StatusCode, &'static str),
}

/// `GET /login`: the form; with `?token=` the link that `up` prints.
pub async fn form(headers: HeaderMap, Query(login): Query<Login>) -> Result<Response, Problem> {
    match login.token {
        Some(token) => answer(&headers, with_token(token.trim()).await?),
        None => Ok(page(StatusCode::OK, Page::Login, language(&headers), &json!({ "wrong": "" }))),
    }
}

pub async fn log_in(headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let bytes = read_body(&headers, body, JSON_BODY_BYTES_MAX).await?;
    let query = String::from_utf8_lossy(&bytes).into_owned();
    let uri = format!("/?{query}").parse().unwrap_or_default();
    let typed = Query::<Login>::try_from_uri(&uri).map(|Query(typed)| typed).unwrap_or_default();
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let entered = match (filled(typed.token), filled(typed.login)) {
        (None, Some(login)) => {
            let password = typed.password.unwrap_or_default();
            with_password(&login, &password, filled(typed.totp).as_deref()).await?
        }
        (token, _) => with_token(token.unwrap_or_default().trim()).await?,
    };
    answer(&headers, entered)
}

async fn with_token(token: &str) -> Result<Entered, Problem> {
    let backend = backend().await?;
    let now = clock();
    match tokens::authenticate(&backend, token, now).await? {
        Some(_) => Ok(Entered::In(sessions::log_in_with_token(&backend, token, now).await?)),
        None => Ok(Entered::Refused(StatusCode::UNAUTHORIZED, "token")),
    }
}

/// Passwords are hashed in a room of their own: there a hash keeps nobody waiting for a page.
async fn with_password(
    login: &str,
    password: &str,
    totp: Option<&str>,
) -> Result<Entered, Problem> {
    let unreachable = |error: &dyn std::fmt::Display| {
        eprintln!("identity is not reached: {error}");
        let detail = "Nobody was logged in; try again in a moment.";
        let title = "Logging in is not possible now";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "identity-unavailable", title, detail)
    };
    let body = json!({ "login": login, "password": password, "totp": totp }).to_string();
    let request = http::Request::builder()
        .method(Method::POST)
        .uri("http://identity.spin.internal/api/v1/session")
        .header(header::CONTENT_TYPE, "application/json")
        .body(FullBody::new(Bytes::from(body)))
        .map_err(|error| unreachable(&error))?;
    let response = spin_sdk::http::send(request).await.map_err(|error| unreachable(&error))?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, JSON_BODY_BYTES_MAX).collect().await;
    let bytes = body.map_err(|error| unreachable(&error))?.to_bytes();
    let document: Value = serde_json::from_slice(&bytes).map_err(|error| unreachable(&error))?;
    let is = |code: &str| document["type"].as_str().is_some_and(|text| text.ends_with(code));
    match (head.status, document["token"].as_str()) {
        (StatusCode::CREATED, Some(session)) => Ok(Entered::In(session.to_owned())),
        (status @ StatusCode::TOO_MANY_REQUESTS, _) => Ok(Entered::Refused(status, "locked")),
        (status @ StatusCode::UNAUTHORIZED, _) if is("/code-missing") => {
            Ok(Entered::Refused(status, "code"))
        }
        // Too long to be a login or a password: none that exists.
        (StatusCode::UNAUTHORIZED | StatusCode::UNPROCESSABLE_ENTITY, _) => {
            Ok(Entered::Refused(StatusCode::UNAUTHORIZED, "login"))
        }
        (status, _) => Err(unreachable(&status)),
    }
}

fn answer(headers: &HeaderMap, entered: Entered) -> Result<Response, Problem> {
    match entered {
        Entered::In(session) => {
            Ok(redirect("/", set_cookie(headers, SESSION_COOKIE, &session, SESSION_MS)))
        }
        Entered::Refused(status, wrong) => {
            Ok(page(status, Page::Login, language(headers), &json!({ "wrong": wrong })))
        }
    }
}

/// The session ends, not only its cookie.
pub async fn log_out(headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(session) = session_cookie(&headers) {
        sessions::log_out(&backend().await?, &session).await?;
    }
    Ok(redirect("/login", clear_cookie(&headers, SESSION_COOKIE)))
}

fn redirect(to: &'static str, cookie: String) -> Response {
    let headers = [(header::LOCATION, to.to_owned()), (header::SET_COOKIE, cookie)];
    (StatusCode::SEE_OTHER, headers).into_response()
}
