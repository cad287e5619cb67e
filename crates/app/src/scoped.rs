//! Orders and documents together with where they stand: what a caller may see of them depends on it.
//!
//! An order stands at its division. While it is in a stage, it shows also to the people of other divisions that have, or
//! have done, a task of that stage: they complete that task and read the order, and no more.

use crate::AppError;
use crate::ports::{LoadedOrder, OrderReference, StoreError};
use oms_domain::access::OrderPlace;
use oms_domain::decide::Command;
use oms_domain::order::{Document, Order, Task};
use oms_domain::rights::{Actor, Right};
use std::future::Future;

/// Looked up with their place, each by one statement.
pub trait Scoped: Sync {
    fn locate(
        &self,
        reference: &OrderReference,
    ) -> impl Future<Output = Result<Option<(Order, OrderPlaces)>, StoreError>> + Send;

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
    pub places: OrderPlaces,
}

/// Where an order stands, and where work on it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPlaces {
    pub own: OrderPlace,
    /// Of other divisions that have a task: code and path.
    tasks: Vec<(String, OrderPlace)>,
}

impl OrderPlaces {
    pub fn new(own: OrderPlace, task_paths: Vec<(String, String)>) -> OrderPlaces {
        let place = |(code, path): (String, String)| {
            (code, OrderPlace { division_path: Some(path), kind: own.kind })
        };
        let tasks = task_paths.into_iter().map(place).collect();
        OrderPlaces { own, tasks }
    }

    fn all(&self) -> Vec<OrderPlace> {
        let tasks = self.tasks.iter().map(|(_, place)| place);
        std::iter::once(&self.own).chain(tasks).cloned().collect()
    }

    /// Whether the order exists for this caller.
    fn are_seen_by(&self, actor: &Actor) -> bool {
        actor.sees(&self.own) || self.tasks.iter().any(|(_, place)| actor.sees(place))
    }

    /// The caller as far as reading is concerned; None: the order does not exist for them.
    pub fn reader(&self, actor: &Actor) -> Option<Actor> {
        self.are_seen_by(actor).then(|| actor.at_any(&self.all()))
    }

    /// The caller as far as anything else is concerned, which is the business of the order's own division; None: the order
    /// does not exist for them.
    pub fn insider(&self, actor: &Actor) -> Option<Actor> {
        self.are_seen_by(actor).then(|| actor.at(&self.own))
    }

    /// The caller as far as a task of this division is concerned.
    fn worker(&self, actor: &Actor, division: &str) -> Actor {
        let task = self.tasks.iter().filter(|(code, _)| code == division).map(|(_, place)| place);
        let places: Vec<OrderPlace> = std::iter::once(&self.own).chain(task).cloned().collect();
        actor.at_any(&places)
    }
}

impl LoadedOrder {
    pub fn places(&self) -> OrderPlaces {
        let own = OrderPlace { division_path: self.division_path.clone(), kind: self.order.kind };
        OrderPlaces::new(own, self.task_paths.clone())
    }

    /// The caller as far as this command is concerned: a task is its division's as well as the order's.
    pub fn doer(&self, actor: &Actor, command: &Command) -> Actor {
        let places = self.places();
        let Command::CompleteTask { task, .. } = command else { return actor.at(&places.own) };
        let order = &self.order;
        let is_it = |it: &&Task| it.stage == order.stage.code && it.code == *task;
        match order.tasks.iter().find(is_it) {
            Some(task) => places.worker(actor, &task.division.code),
            None => actor.at(&places.own),
        }
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

/// The orders of a list whose reader asks for identity documents as well, as far as they may see them.
#[must_use]
pub fn listed_in_full(orders: Vec<Order>, to: &Actor) -> Vec<Order> {
    let other = viewer(to);
    let viewer = other.as_ref().unwrap_or(to);
    orders.into_iter().map(|order| shown(order, viewer)).collect()
}

/// The orders of a list. It has nobody's identity document: who looks for an order among others has no use
/// for those of all the others. The order itself, opened alone, shows it.
#[must_use]
pub fn listed(mut orders: Vec<Order>) -> Vec<Order> {
    orders.iter_mut().for_each(hide_identity_document);
    orders
}
