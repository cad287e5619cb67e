//! Who read the personal data of which order.

use crate::AppError;
use crate::ports::StoreError;
use crate::read::{not_found, reference};
use crate::scoped::Scoped;
use oms_domain::access::Actor;
use oms_domain::rights::Right;
use oms_domain::time::Instant;
use serde::Serialize;
use std::future::Future;
use uuid::Uuid;

/// One reading of an order or its documents by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonalRead {
    pub id: String,
    #[serde(skip)]
    pub order_id: String,
    pub actor: String,
    /// `order` or `document`.
    pub what: String,
    pub at: Instant,
}

/// Kept for good, like the audit.
pub trait PersonalReads: Sync {
    fn note_read(&self, read: &PersonalRead)
    -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Newest first, before an id.
    fn reads(
        &self,
        order_id: &str,
        before: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<PersonalRead>, StoreError>> + Send;
}

pub async fn note<P: PersonalReads>(
    ports: &P,
    actor: &str,
    order_id: &str,
    what: &str,
    now: Instant,
) -> Result<(), AppError> {
    let read = PersonalRead {
        id: Uuid::now_v7().to_string(),
        order_id: order_id.to_owned(),
        actor: actor.to_owned(),
        what: what.to_owned(),
        at: now,
    };
    Ok(ports.note_read(&read).await?)
}

/// Who read an order. Whoever may see the audit need not be able to open the order itself.
pub async fn list<P: PersonalReads + Scoped>(
    ports: &P,
    actor: &Actor,
    name: &str,
    before: Option<&str>,
    limit: u32,
) -> Result<Vec<PersonalRead>, AppError> {
    crate::scoped::require_everywhere(actor, Right::AuditRead)?;
    let found = ports.locate(&reference(name)?).await?;
    let (order, _) = found.ok_or_else(|| not_found(name))?;
    Ok(ports.reads(&order.id, before, limit).await?)
}
