//! Orders are read and found.

use crate::AppError;
use crate::ports::{OrderPage, OrderPageQuery, OrderReference, Orders};
use oms_domain::event::Event;
use oms_domain::limits::PAGE_ENTRIES_MAX;
use oms_domain::order::Order;
use oms_domain::rights::{Actor, Right};

pub fn require(actor: &Actor, right: Right) -> Result<(), AppError> {
    if actor.may(right) { Ok(()) } else { Err(AppError::RightMissing(right)) }
}

/// Reads how a caller names an order; what cannot be an order's name is not found.
pub fn reference(text: &str) -> Result<OrderReference, AppError> {
    OrderReference::parse(text).ok_or_else(|| not_found(text))
}

pub async fn order<P: Orders>(ports: &P, actor: &Actor, name: &str) -> Result<Order, AppError> {
    require(actor, Right::OrdersRead)?;
    ports.find(&reference(name)?).await?.ok_or_else(|| not_found(name))
}

pub async fn page<P: Orders>(
    ports: &P,
    actor: &Actor,
    query: &OrderPageQuery,
) -> Result<OrderPage, AppError> {
    require(actor, Right::OrdersRead)?;
    Ok(ports.page(query).await?)
}

/// The history after an event, oldest first.
pub async fn history<P: Orders>(
    ports: &P,
    actor: &Actor,
    name: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<Event>, AppError> {
    let order = order(ports, actor, name).await?;
    Ok(ports.history(&order.id, after, limit.min(PAGE_ENTRIES_MAX + 1)).await?)
}

pub fn not_found(name: &str) -> AppError {
    let shown: String = name.chars().take(64).collect();
    AppError::NotFound { what: format!("Order {shown:?}") }
}
