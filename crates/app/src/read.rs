//! Orders are read and found.

use crate::AppError;
use crate::outlook::outlook_of;
use crate::ports::{OrderFilter, OrderPage, OrderPageQuery, OrderReference, Orders};
use crate::scoped::{OrderPlaces, Scoped, listed, listed_in_full, shown};
use oms_domain::event::Event;
use oms_domain::limits::PAGE_ENTRIES_MAX;
use oms_domain::order::Order;
use oms_domain::projection::Outlook;
use oms_domain::rights::{Actor, Right};
use oms_domain::time::Instant;

pub fn require(actor: &Actor, right: Right) -> Result<(), AppError> {
    if actor.may(right) { Ok(()) } else { Err(AppError::RightMissing(right)) }
}

/// Reads how a caller names an order; what cannot be an order's name is not found.
pub fn reference(text: &str) -> Result<OrderReference, AppError> {
    OrderReference::parse(text).ok_or_else(|| not_found(text))
}

pub async fn order<P: Scoped>(ports: &P, actor: &Actor, name: &str) -> Result<Order, AppError> {
    order_for(ports, actor, name, Right::OrdersRead).await
}

/// The order with when it will probably be completed, by one statement as well.
pub async fn order_with_outlook<P: Orders>(
    ports: &P,
    actor: &Actor,
    name: &str,
    now: Instant,
) -> Result<(Order, Outlook), AppError> {
    require(actor, Right::OrdersRead)?;
    let loaded = ports.load(&reference(name)?).await?.ok_or_else(|| not_found(name))?;
    let actor = loaded.places().reader(actor).ok_or_else(|| not_found(name))?;
    require(&actor, Right::OrdersRead)?;
    let outlook = outlook_of(&loaded, &loaded.order, now);
    Ok((shown(loaded.order, &actor), outlook))
}

/// The order for a reader who needs this right. An order that the caller does not see is not found.
pub async fn order_for<P: Scoped>(
    ports: &P,
    actor: &Actor,
    name: &str,
    right: Right,
) -> Result<Order, AppError> {
    located(ports, actor, name, right, OrderPlaces::reader).await
}

/// The order for somebody who does something for which they need this right.
pub async fn order_to_work_on<P: Scoped>(
    ports: &P,
    actor: &Actor,
    name: &str,
    right: Right,
) -> Result<Order, AppError> {
    located(ports, actor, name, right, OrderPlaces::insider).await
}

async fn located<P: Scoped>(
    ports: &P,
    actor: &Actor,
    name: &str,
    right: Right,
    of: impl Fn(&OrderPlaces, &Actor) -> Option<Actor> + Send,
) -> Result<Order, AppError> {
    require(actor, right)?;
    let found = ports.locate(&reference(name)?).await?;
    let (order, places) = found.ok_or_else(|| not_found(name))?;
    let actor = of(&places, actor).ok_or_else(|| not_found(name))?;
    require(&actor, right)?;
    Ok(shown(order, &actor))
}

pub async fn page<P: Orders>(
    ports: &P,
    actor: &Actor,
    query: &OrderPageQuery,
) -> Result<OrderPage, AppError> {
    let page = reached_page(ports, actor, query).await?;
    Ok(OrderPage { orders: listed(page.orders), next: page.next })
}

/// The same with the identity documents that the reader may see: for whoever takes orders along, such as an export.
pub async fn page_in_full<P: Orders>(
    ports: &P,
    actor: &Actor,
    query: &OrderPageQuery,
) -> Result<OrderPage, AppError> {
    let page = reached_page(ports, actor, query).await?;
    Ok(OrderPage { orders: listed_in_full(page.orders, actor), next: page.next })
}

async fn reached_page<P: Orders>(
    ports: &P,
    actor: &Actor,
    query: &OrderPageQuery,
) -> Result<OrderPage, AppError> {
    require(actor, Right::OrdersRead)?;
    let filter = within_reach(actor, &query.filter);
    Ok(ports.page(&OrderPageQuery { filter, ..query.clone() }).await?)
}

/// How many orders a filter finds among those that the reader may open, counted up to `limit`.
pub async fn count<P: Orders>(
    ports: &P,
    actor: &Actor,
    filter: &OrderFilter,
    limit: u32,
) -> Result<i64, AppError> {
    require(actor, Right::OrdersRead)?;
    Ok(ports.count(&within_reach(actor, filter), limit).await?)
}

fn within_reach(actor: &Actor, filter: &OrderFilter) -> OrderFilter {
    OrderFilter { within: actor.reach_of(Right::OrdersRead), ..filter.clone() }
}

/// The order, and its history after an event, oldest first.
pub async fn history<P: Orders + Scoped>(
    ports: &P,
    actor: &Actor,
    name: &str,
    after: i64,
    limit: u32,
) -> Result<(Order, Vec<Event>), AppError> {
    let order = order(ports, actor, name).await?;
    let events = ports.history(&order.id, after, limit.min(PAGE_ENTRIES_MAX + 1)).await?;
    Ok((order, events))
}

pub fn not_found(name: &str) -> AppError {
    let shown: String = name.chars().take(64).collect();
    AppError::NotFound { what: format!("Order {shown:?}") }
}
