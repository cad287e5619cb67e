//! Orders and documents together with where they stand: what a caller may see of them depends on it.

use crate::AppError;
use crate::ports::{LoadedOrder, OrderReference, StoreError};
use oms_domain::access::OrderPlace;
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
    if !to.may(Right::IdentityDocuments) {
        hide_identity_document(&mut order);
    }
    order
}

fn hide_identity_document(order: &mut Order) {
    if let Some(party) = &mut order.party {
        party.identity_document = None;
    }
}

/// As whom a caller sees an order whose place was not looked at; None: as themselves. Where a right reaches less than
/// the reading does, nothing of it shows: the order itself, opened alone, shows it.
#[must_use]
pub fn viewer(actor: &Actor) -> Option<Actor> {
    let shows_all =
        match (actor.reach_of(Right::OrdersRead), actor.reach_of(Right::IdentityDocuments)) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(read), Some(shown)) => {
                read.iter().all(|reach| shown.iter().any(|wider| wider.contains(reach)))
            }
        };
    (!shows_all).then(|| Actor::with_rights(&actor.name, &[]))
}

/// The orders of a list. It has nobody's identity document, whoever asks: who looks for an order among others has no use
/// for those of all the others. The order itself, opened alone, shows it.
#[must_use]
pub fn listed(mut orders: Vec<Order>) -> Vec<Order> {
    orders.iter_mut().for_each(hide_identity_document);
    orders
}
