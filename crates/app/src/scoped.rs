//! Orders and documents together with where they stand: what a caller may see of them depends on it.

use crate::AppError;
use crate::ports::{LoadedOrder, OrderReference, StoreError};
use oms_domain::access::{OrderPlace, Reach};
use oms_domain::order::{Document, Order};
use oms_domain::rights::{Actor, Right};
use std::future::Future;

/// Looked up with their place, each by one statement.
pub trait Scoped: Sync {
    fn locate(
        &self,
        reference: &OrderReference,
    ) -> impl Future<Output = Result<Option<(Order, OrderPlace)>, StoreError>> + Send;

    fn locate_document(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Option<LocatedDocument>, StoreError>> + Send;
}

/// A document's description, and where its order stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocatedDocument {
    pub document: Document,
    pub order_id: String,
    pub place: OrderPlace,
}

impl LoadedOrder {
    pub fn place(&self) -> OrderPlace {
        OrderPlace { division_path: self.division_path.clone(), kind: self.order.kind }
    }
}

/// What is not of one order, division or kind needs the right everywhere.
pub fn require_everywhere(actor: &Actor, right: Right) -> Result<(), AppError> {
    if actor.may_everywhere(right) { Ok(()) } else { Err(AppError::RightMissing(right)) }
}

/// The order as this caller may see it; who sees it is decided elsewhere.
#[must_use]
pub fn shown(mut order: Order, to: &Actor) -> Order {
    if !to.may(Right::IdentityDocuments)
        && let Some(party) = &mut order.party
    {
        party.identity_document = None;
    }
    order
}

/// The orders of a list as this caller may see them. Where a right reaches less than the list does, nothing of it shows:
/// the order itself, opened alone, shows it.
#[must_use]
pub fn listed(orders: Vec<Order>, to: &Actor) -> Vec<Order> {
    let shows_all = match (to.reach_of(Right::OrdersRead), to.reach_of(Right::IdentityDocuments)) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(listed), Some(shown)) => {
            let is_shown = |reach: &Reach| shown.iter().any(|wider| wider.contains(reach));
            listed.iter().all(is_shown)
        }
    };
    let nobody = Actor::system();
    let viewer = if shows_all { to } else { &nobody };
    orders.into_iter().map(|order| shown(order, viewer)).collect()
}
