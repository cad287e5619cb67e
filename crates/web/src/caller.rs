//! Who calls: a program with a bearer token, or a person's browser with a session cookie.

use crate::{Backend, Problem, backend};
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, header};
use oms_app::tokens;
use oms_domain::rights::{Actor, Right};

/// Name of the console's cookie; its value is a session.
pub const SESSION_COOKIE: &str = "oms_session";

/// An authenticated caller, and the database.
#[derive(Debug, Clone)]
pub struct Session {
    pub actor: Actor,
    pub backend: Backend,
    /// Somebody who has logged in; else a program with a token.
    pub is_person: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Session, Problem> {
        let backend = backend().await?;
        let token = credential(&parts.headers)?;
        let actor =
            tokens::authenticate(&backend, &token, crate::clock()).await?.ok_or_else(|| {
                Problem::unauthorized(
                    "This token is not known, has ended, or was revoked; log in again, or make one with `oms token create`.",
                )
            })?;
        Ok(Session { actor, backend, is_person: tokens::is_session(&token) })
    }
}

/// What a caller shows: a bearer token, or the session in the console's cookie.
fn credential(headers: &HeaderMap) -> Result<String, Problem> {
    bearer(headers)?.or_else(|| session_cookie(headers)).ok_or_else(|| {
        Problem::unauthorized("Send Authorization: Bearer TOKEN, or log in at /login.")
    })
}

/// The bearer token. None: nothing is said of who calls.
pub fn bearer(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() {
        return Ok(Some(token.trim().to_owned()));
    }
    Err(Problem::unauthorized("Send Authorization: Bearer TOKEN."))
}

/// The token in the console's cookie.
pub fn session_cookie(headers: &HeaderMap) -> Option<String> {
    cookie_of(headers, SESSION_COOKIE)
}

/// The value of a cookie.
pub fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies =
        headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// The cookie that keeps a session for so long: no script reads it, no other site's form sends it, and where the browser
/// came over TLS it never goes without.
pub fn set_cookie(headers: &HeaderMap, name: &str, session: &str, lasts_ms: i64) -> String {
    cookie(headers, &format!("{name}={session}; Max-Age={}", lasts_ms / 1000))
}

/// Takes the cookie back.
pub fn clear_cookie(headers: &HeaderMap, name: &str) -> String {
    cookie(headers, &format!("{name}=; Max-Age=0"))
}

fn cookie(headers: &HeaderMap, pair: &str) -> String {
    // Whoever ends TLS in front of the product says so.
    let scheme = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    let secure = if scheme == Some("https") { "; Secure" } else { "" };
    format!("{pair}; Path=/; HttpOnly; SameSite=Lax{secure}")
}

pub fn require_right(actor: &Actor, right: Right) -> Result<(), Problem> {
    oms_app::read::require(actor, right).map_err(Problem::from)
}
