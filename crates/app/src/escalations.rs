//! Notices of escalations are listed.

use crate::AppError;
use crate::ports::{Cursor, OrderReference, StoreError};
use crate::read::{not_found, reference, require};
use crate::scoped::Scoped;
use oms_domain::access::Reach;
use oms_domain::rights::{Actor, Right};
use oms_domain::time::Instant;
use serde_json::Value;
use std::future::Future;

/// A notice that a division was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    pub id: String,
    pub order_id: String,
    pub order_number: String,
    /// Code of the division.
    pub division: String,
    pub email: Option<String>,
    pub stage: String,
    pub due_at: Option<Instant>,
    pub told_at: Instant,
    /// What the rung said: its code, who else was told, what it changed. Null when the work of the system that gave the
    /// notice is not known any more.
    pub rung: Value,
}

/// Which notices a list shows. Absent: all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoticeFilter {
    pub division: Option<String>,
    /// Id of an order.
    pub order_id: Option<String>,
    /// Only notices of orders within one of these.
    pub within: Option<Vec<Reach>>,
}

/// Notices of escalations.
pub trait Notices: Sync {
    /// A page, newest first.
    fn notices(
        &self,
        filter: &NoticeFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Notice>, StoreError>> + Send;
}

/// A page of notices, newest first, and where the next one begins: those of orders that the reader may open. An order that
/// they do not see is not found.
pub async fn notices<P: Notices + Scoped>(
    ports: &P,
    actor: &Actor,
    division: Option<String>,
    order: Option<&str>,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<(Vec<Notice>, Option<Cursor>), AppError> {
    require(actor, Right::OrdersRead)?;
    let order_id = match order.map(reference).transpose()? {
        None => None,
        Some(OrderReference::Id(id)) => Some(id),
        Some(number @ OrderReference::Number(_)) => {
            let found =
                ports.locate(&number).await?.filter(|(_, places)| places.reader(actor).is_some());
            Some(found.ok_or_else(|| not_found(order.unwrap_or_default()))?.0.id)
        }
    };
    let filter = NoticeFilter { division, order_id, within: actor.reach_of(Right::OrdersRead) };
    // One more than asked for tells whether there is a next page.
    let mut notices = ports.notices(&filter, after, limit + 1).await?;
    let more = notices.len() > limit as usize;
    notices.truncate(limit as usize);
    let next = notices.last().filter(|_| more);
    let next = next.map(|last| Cursor { value: last.told_at.0, id: last.id.clone() });
    Ok((notices, next))
}
