//! People log in and out.

use crate::AppError;
use crate::hash::sha256_hex;
use crate::identity::{Change, Identity, IdentityError, Person};
use crate::password;
use crate::tokens::{SESSION_PREFIX, secret};
use oms_domain::limits::{LOGIN_FAILURES_MAX, LOGIN_LOCK_MS, SESSION_MS};
use oms_domain::login::totp_step;
use oms_domain::time::Instant;
use serde_json::json;

/// What somebody types.
#[derive(Debug, Clone)]
pub struct LogIn {
    pub login: String,
    pub password: String,
    /// The one-time code, where a second factor is asked for.
    pub totp: Option<String>,
}

/// A session as it is answered once; only its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    pub token: String,
    pub login: String,
    pub name: String,
    pub expires_at: Instant,
}

/// Somebody logs in. Each attempt is counted before it is checked, so that many at once are no more guesses than one after
/// the other; an unknown login costs the same time and gets the same answer as a wrong password.
pub async fn log_in<P: Identity>(
    ports: &P,
    log_in: &LogIn,
    now: Instant,
) -> Result<NewSession, AppError> {
    let login = log_in.login.trim().to_lowercase();
    let found = ports.credentials(&login).await?;
    if let Some(until) = found.attempts.locked_until(now) {
        return Err(AppError::LoginLocked { seconds: seconds_between(now, until) });
    }
    if ports.count_attempt(&login, now).await? > LOGIN_FAILURES_MAX {
        return Err(AppError::LoginLocked { seconds: LOGIN_LOCK_MS / 1000 });
    }
    let hash = found.person.as_ref().and_then(|person| person.password_hash.as_deref());
    let is_right = password::verify(&log_in.password, hash);
    let person = found.person.filter(|person| is_right && person.active);
    let person = person.ok_or(AppError::LoginWrong)?;
    let mut change = Change::default();
    if let Some(step) = check_code(&person, log_in.totp.as_deref(), now)? {
        change = change.with("totpSteps", json!({ "login": login, "step": step }));
    }
    let session = NewSession {
        token: secret(SESSION_PREFIX),
        login: login.clone(),
        name: person.name,
        expires_at: now.plus_ms(SESSION_MS),
    };
    let change = swept(change, now)
        .with("attemptsForgottenOf", json!(login))
        .with("sessions", entry(&session.token, "login", &login, now));
    match ports.change_identity(&change).await {
        Ok(()) => Ok(session),
        Err(IdentityError::CodeUsed) => Err(AppError::LoginWrong),
        Err(error) => Err(error.into()),
    }
}

/// The time step of the code; None: no second factor is asked for.
fn check_code(person: &Person, code: Option<&str>, now: Instant) -> Result<Option<i64>, AppError> {
    let Some(secret) = &person.totp_secret else { return Ok(None) };
    let code = code.ok_or(AppError::CodeMissing)?;
    let step = totp_step(secret, code, person.totp_step, now);
    step.map(Some).ok_or(AppError::LoginWrong)
}

/// A session for whoever shows a token: what a browser keeps instead of the token itself. The token was looked at before.
pub async fn log_in_with_token<P: Identity>(
    ports: &P,
    token: &str,
    now: Instant,
) -> Result<String, AppError> {
    let session = secret(SESSION_PREFIX);
    let owner = sha256_hex(token.as_bytes());
    let change =
        swept(Change::default(), now).with("sessions", entry(&session, "token", &owner, now));
    ports.change_identity(&change).await?;
    Ok(session)
}

/// Ends a session; one that has ended stays so.
pub async fn log_out<P: Identity>(ports: &P, session: &str) -> Result<(), AppError> {
    let sha256 = sha256_hex(session.as_bytes());
    Ok(ports.change_identity(&Change::default().with("sessionsEnded", json!(sha256))).await?)
}

/// Whoever begins a session sweeps away what has ended.
fn swept(change: Change, now: Instant) -> Change {
    change
        .with("sessionsForgotten", json!(now.0))
        .with("attemptsForgotten", json!(now.plus_ms(-LOGIN_LOCK_MS).0))
}

fn entry(session: &str, owner: &str, name: &str, now: Instant) -> serde_json::Value {
    json!({
        "sha256": sha256_hex(session.as_bytes()),
        owner: name,
        "createdAt": now.0,
        "expiresAt": now.plus_ms(SESSION_MS).0,
    })
}

pub(crate) fn seconds_between(now: Instant, until: Instant) -> i64 {
    (until.0 - now.0).div_euclid(1000) + 1
}
