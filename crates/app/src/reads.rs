//! Who read the personal data of which order.

use crate::AppError;
use crate::ports::StoreError;
use crate::read::{not_found, reference};
use crate::scoped::Scoped;
use oms_domain::access::Actor;
use oms_domain::rights::Right;
use oms_domain::time::Instant;
use serde::Serialize;
use std::collections::BTreeSet;
use std::future::Future;
use uuid::Uuid;

/// What a person had before them when they read of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The order alone: its resource, or its page in the console with all that is on it.
    Order,
    /// A page of a list or of a search, in which it was one of several.
    List,
    /// The order as a command to it was answered.
    Change,
    /// Its history: what was amended and what people wrote.
    History,
    /// What the billing system shall have for it: name, phone, address.
    Provisioning,
    /// The file of one of its documents.
    Document,
    /// A technician's route of the day, with those who are visited.
    Route,
}

impl Reading {
    /// The word by which it is kept.
    pub fn code(self) -> &'static str {
        match self {
            Reading::Order => "order",
            Reading::List => "list",
            Reading::Change => "change",
            Reading::History => "history",
            Reading::Provisioning => "provisioning",
            Reading::Document => "document",
            Reading::Route => "route",
        }
    }
}

/// One reading of an order by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonalRead {
    pub id: String,
    #[serde(skip)]
    pub order_id: String,
    pub actor: String,
    /// The word of a [`Reading`].
    pub what: String,
    pub at: Instant,
}

/// Kept for good, like the audit.
pub trait PersonalReads: Sync {
    /// Keeps them by one statement, all or none.
    fn note_reads(
        &self,
        reads: &[PersonalRead],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Newest first, before an id.
    fn reads(
        &self,
        order_id: &str,
        before: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<PersonalRead>, StoreError>> + Send;
}

/// Notes what a person has read at once. An order that is there twice, as one that is visited twice a day, was read once.
pub async fn note<P: PersonalReads>(
    ports: &P,
    actor: &str,
    order_ids: &[String],
    reading: Reading,
    now: Instant,
) -> Result<(), AppError> {
    let order_ids: BTreeSet<&String> = order_ids.iter().collect();
    let reads: Vec<PersonalRead> = order_ids
        .into_iter()
        .map(|order_id| PersonalRead {
            id: Uuid::now_v7().to_string(),
            order_id: order_id.clone(),
            actor: actor.to_owned(),
            what: reading.code().to_owned(),
            at: now,
        })
        .collect();
    if reads.is_empty() {
        return Ok(());
    }
    Ok(ports.note_reads(&reads).await?)
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
