//! What the administration of people needs of the world, and one atomic change of it.

use crate::ports::StoreError;
use oms_domain::access::Reach;
use oms_domain::login::Attempts;
use oms_domain::order::OrderKind;
use oms_domain::rights::Right;
use oms_domain::role::Role;
use oms_domain::staff::Staff;
use oms_domain::time::Instant;
use serde::Serialize;
use serde_json::{Value, json};
use std::future::Future;
use thiserror::Error;
use uuid::Uuid;

/// Why a change of the administration was not made. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdentityError {
    #[error("somebody else changed the person first")]
    Stale,
    #[error("the one-time code was used before")]
    CodeUsed,
    #[error("nobody would be left who may do everything")]
    LastAdministrator,
    /// A login, a role or a token is there already.
    #[error("it is there already")]
    Taken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a log-in is checked against.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// None: nobody has this login.
    pub person: Option<Person>,
    pub attempts: Attempts,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub active: bool,
    pub password_hash: Option<String>,
    pub totp_secret: Option<String>,
    /// The time step of the last one-time code that was used.
    pub totp_step: Option<i64>,
}

/// A grant as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantRecord {
    pub id: String,
    pub login: String,
    pub role: String,
    /// Code of a division; None: the whole organisation.
    pub division: Option<String>,
    /// Empty: every kind of order.
    pub kinds: Vec<OrderKind>,
    pub until: Option<Instant>,
    pub created_at: Instant,
    pub created_by: String,
}

/// A token as people see it: everything but the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRecord {
    pub id: String,
    pub name: String,
    pub rights: Vec<Right>,
    pub division: Option<String>,
    pub kinds: Vec<OrderKind>,
    pub until: Option<Instant>,
    pub created_at: Instant,
    pub created_by: Option<String>,
    pub revoked_at: Option<Instant>,
}

/// An entry of the audit: who did what to whom, and when.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    pub id: String,
    pub at: Instant,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub detail: Value,
}

/// A role or division as a grant finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub rights: Vec<Right>,
    pub reach: Reach,
}

/// One change of the administration, in one atomic step with its entry in the audit. Its parts are what the store's
/// statement takes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Change {
    parts: serde_json::Map<String, Value>,
    /// Afterwards somebody must be left who may do everything for good.
    pub administrator_needed: bool,
}

impl Change {
    /// Adds an entry to a part.
    #[must_use]
    pub fn with(mut self, part: &'static str, entry: Value) -> Change {
        if let Value::Array(entries) = self.parts.entry(part).or_insert_with(|| json!([])) {
            entries.push(entry);
        }
        self
    }

    /// Adds what the audit says about it.
    #[must_use]
    pub fn audited(
        self,
        actor: &str,
        action: &str,
        subject: &str,
        detail: Value,
        now: Instant,
    ) -> Change {
        let id = Uuid::now_v7().to_string();
        let entry = json!({
            "id": id, "at": now.0, "actor": actor, "action": action, "subject": subject, "detail": detail,
        });
        self.with("audit", entry)
    }

    pub fn to_json(&self) -> String {
        Value::Object(self.parts.clone()).to_string()
    }
}

/// Staff, roles, grants, sessions, tokens and the audit: read, and changed by [`Identity::change_identity`] alone.
pub trait Identity: Sync {
    fn credentials(
        &self,
        login: &str,
    ) -> impl Future<Output = Result<Credentials, StoreError>> + Send;

    /// Counts an attempt before it is checked, and answers how many there were one after the other; many at once are
    /// each counted. After a time without any they are forgotten.
    fn count_attempt(
        &self,
        login: &str,
        now: Instant,
    ) -> impl Future<Output = Result<i64, StoreError>> + Send;

    /// By login, after a login.
    fn staff(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Staff>, StoreError>> + Send;

    fn staff_member(
        &self,
        login: &str,
    ) -> impl Future<Output = Result<Option<Staff>, StoreError>> + Send;

    /// The operator's own roles.
    fn roles(&self) -> impl Future<Output = Result<Vec<Role>, StoreError>> + Send;

    /// By id, after an id; of one person or of all.
    fn grants(
        &self,
        login: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<GrantRecord>, StoreError>> + Send;

    /// Of one person, and of those who name them as their substitute from now on, whether they are absent yet or not.
    fn grants_at_hand(
        &self,
        login: &str,
        now: Instant,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<GrantRecord>, StoreError>> + Send;

    fn grant(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Option<GrantRecord>, StoreError>> + Send;

    /// By id, after an id.
    fn tokens(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<TokenRecord>, StoreError>> + Send;

    fn token_record(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Option<TokenRecord>, StoreError>> + Send;

    /// Path of a division; None: there is none of this code.
    fn division_path(
        &self,
        code: &str,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Whether somebody may do everything for good.
    fn has_administrator(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Newest first, before an id.
    fn audit(
        &self,
        before: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AuditEntry>, StoreError>> + Send;

    fn change_identity(
        &self,
        change: &Change,
    ) -> impl Future<Output = Result<(), IdentityError>> + Send;
}
