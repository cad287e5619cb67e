//! Subscribers get in: a person gives out a one-time code for an order, and whoever types it gets a session for their
//! profile. Such a session is looked up where no other is, so that it opens nothing of the staff's.

use crate::AppError;
use crate::hash::sha256_hex;
use crate::identity::{Change, Identity, IdentityError};
use crate::password;
use crate::ports::{Cursor, StoreError};
use crate::read::order_to_work_on;
use crate::scoped::Scoped;
use crate::sessions::seconds_between;
use crate::tokens::secret;
use oms_domain::limits::{
    ACCESS_CODE_MS, LOGIN_FAILURES_MAX, LOGIN_LOCK_MS, SUBSCRIBER_SESSION_MS,
};
use oms_domain::login::{Attempts, access_code};
use oms_domain::order::Order;
use oms_domain::profile::Subscriber;
use oms_domain::rejection::Rejection;
use oms_domain::rights::{Actor, Right};
use oms_domain::time::Instant;
use serde_json::json;
use std::future::Future;
use uuid::Uuid;

/// Subscribers' sessions are looked up elsewhere than those of the staff; the prefix says so.
const SUBSCRIBER_PREFIX: &str = "oms_subscriber_";
/// Who uses a code, as the audit names them.
const SUBSCRIBER: &str = "subscriber";

/// What a typed code is checked against.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessCredentials {
    /// None: there is no such order, or no code for it.
    pub code: Option<IssuedCode>,
    /// Of this order number, whether there is one or not.
    pub attempts: Attempts,
}

/// A code that was given out and not used yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCode {
    pub order_id: String,
    pub hash: String,
    pub expires_at: Instant,
    /// Whom it was given to: the party that the order had then.
    pub subscriber: Subscriber,
}

/// Codes and sessions of subscribers, changed by [`Subscribers::change_subscribers`] alone, and their orders.
pub trait Subscribers: Sync {
    fn access_credentials(
        &self,
        order_number: &str,
    ) -> impl Future<Output = Result<AccessCredentials, StoreError>> + Send;

    /// Whose session it is; None: it is not known, or has ended.
    fn subscriber(
        &self,
        sha256: &str,
        now: Instant,
    ) -> impl Future<Output = Result<Option<Subscriber>, StoreError>> + Send;

    /// Orders whose party has this phone, newest first, after one of them. Whose they are is decided elsewhere.
    fn orders_of_phone(
        &self,
        phone: &str,
        after: Option<&Cursor>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Order>, StoreError>> + Send;

    fn change_subscribers(
        &self,
        change: &Change,
    ) -> impl Future<Output = Result<(), IdentityError>> + Send;
}

/// A code as it is answered once; only its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCode {
    pub code: String,
    pub expires_at: Instant,
}

/// Makes a code for the subscriber of an order; one that was not used is good no more, and guesses at it count no more.
pub async fn issue<P: Subscribers + Scoped>(
    ports: &P,
    actor: &Actor,
    name: &str,
    now: Instant,
) -> Result<NewCode, AppError> {
    let order = order_to_work_on(ports, actor, name, Right::SubscribersCode).await?;
    let subscriber = Subscriber::of(&order).ok_or(Rejection::PartyRequired)?;
    // The first 48 bits of such a UUID are all random (RFC 9562, section 5.4).
    let entropy = u64::try_from(Uuid::new_v4().as_u128() >> 80).unwrap_or_default();
    let new = NewCode { code: access_code(entropy), expires_at: now.plus_ms(ACCESS_CODE_MS) };
    let entry = json!({
        "order": order.id,
        "hash": password::hash(&new.code),
        "phone": subscriber.phone,
        "identity": subscriber.identity,
        "issuedAt": now.0,
        "issuedBy": actor.name,
        "expiresAt": new.expires_at.0,
    });
    let detail = json!({ "order": order.id, "expiresAt": new.expires_at });
    let change = Change::default()
        .with("codes", entry)
        .with("attemptsForgottenOf", json!(order.number))
        .audited(&actor.name, "accessCode.add", &order.number, detail, now);
    ports.change_subscribers(&change).await?;
    Ok(new)
}

/// What a subscriber types, in its sound form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub order_number: String,
    pub code: String,
}

/// A session as it is answered once; only its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubscriberSession {
    pub token: String,
    pub expires_at: Instant,
}

/// A subscriber gets in, and the code is used up. Each attempt is counted before it is checked, as for the staff; an unknown
/// order costs the same time and gets the same answer as a wrong code.
pub async fn enter<P: Subscribers + Identity>(
    ports: &P,
    entry: &Entry,
    now: Instant,
) -> Result<NewSubscriberSession, AppError> {
    let number = &entry.order_number;
    let found = ports.access_credentials(number).await?;
    if let Some(until) = found.attempts.locked_until(now) {
        return Err(AppError::LoginLocked { seconds: seconds_between(now, until) });
    }
    // A login begins with a letter and a number with a digit: neither counts for the other.
    if ports.count_attempt(number, now).await? > LOGIN_FAILURES_MAX {
        return Err(AppError::LoginLocked { seconds: LOGIN_LOCK_MS / 1000 });
    }
    let code = found.code.filter(|code| now < code.expires_at);
    let is_right = password::verify(&entry.code, code.as_ref().map(|code| code.hash.as_str()));
    let code = code.filter(|_| is_right).ok_or(AppError::AccessCodeWrong)?;
    let session = NewSubscriberSession {
        token: secret(SUBSCRIBER_PREFIX),
        expires_at: now.plus_ms(SUBSCRIBER_SESSION_MS),
    };
    let kept = json!({
        "sha256": sha256_hex(session.token.as_bytes()),
        "order": code.order_id,
        "phone": code.subscriber.phone,
        "identity": code.subscriber.identity,
        "createdAt": now.0,
        "expiresAt": session.expires_at.0,
    });
    let detail = json!({ "order": code.order_id });
    let change = Change::default()
        .with("codesUsed", json!({ "order": code.order_id, "hash": code.hash }))
        .with("attemptsForgottenOf", json!(number))
        .with("forgotten", json!(now.0))
        .with("sessions", kept)
        .audited(SUBSCRIBER, "accessCode.use", number, detail, now);
    match ports.change_subscribers(&change).await {
        Ok(()) => Ok(session),
        Err(IdentityError::CodeUsed) => Err(AppError::AccessCodeWrong),
        Err(error) => Err(error.into()),
    }
}

/// Whether this is a subscriber's session, by its look.
pub fn is_session(token: &str) -> bool {
    token.starts_with(SUBSCRIBER_PREFIX)
}

/// Which subscriber shows this token. None: nobody whom we know; a token of the staff is nobody's here.
pub async fn authenticate<P: Subscribers>(
    ports: &P,
    token: &str,
    now: Instant,
) -> Result<Option<Subscriber>, AppError> {
    if !is_session(token) {
        return Ok(None);
    }
    Ok(ports.subscriber(&sha256_hex(token.as_bytes()), now).await?)
}

/// Ends a session; one that has ended stays so.
pub async fn leave<P: Subscribers>(ports: &P, token: &str) -> Result<(), AppError> {
    let change = Change::default().with("sessionsEnded", json!(sha256_hex(token.as_bytes())));
    Ok(ports.change_subscribers(&change).await?)
}
