//! A subscriber reads their own orders. Whatever is somebody else's is not there.

use crate::AppError;
use crate::ports::{Cursor, OrderReference, Orders};
use crate::read::{not_found, reference};
use crate::scenario_ports::{Scenarios, known};
use crate::subscribers::Subscribers;
use oms_domain::event::Event;
use oms_domain::limits::{PAGE_ENTRIES_MAX, PROFILE_READS_MAX};
use oms_domain::order::{Document, Order};
use oms_domain::party::Language;
use oms_domain::profile::{Subscriber, may_have, shown, told};
use serde_json::{Value, json};

/// A page of the subscriber's orders, newest first, and where it goes on.
pub async fn list<P: Subscribers + Scenarios>(
    ports: &P,
    subscriber: &Subscriber,
    after: Option<Cursor>,
    limit: u32,
    language: Language,
) -> Result<(Vec<Value>, Option<Cursor>), AppError> {
    let wanted = limit as usize;
    let is_first_page = after.is_none();
    let mut read: Vec<Order> = Vec::new();
    let mut last = after;
    // Others may have the same phone; what is theirs is passed over, so that nothing tells of it.
    for _ in 0..PROFILE_READS_MAX {
        let found =
            ports.orders_of_phone(&subscriber.phone, last.as_ref(), PAGE_ENTRIES_MAX).await?;
        let is_last = found.len() < PAGE_ENTRIES_MAX as usize;
        last = found.last().map(place);
        read.extend(found);
        let own = read.iter().filter(|order| subscriber.owns(order)).count();
        if is_last || own > wanted {
            break;
        }
    }
    let own = read.iter().filter(|order| subscriber.owns(order));
    let shown_here: Vec<&Order> = own.clone().take(wanted).collect();
    let next = shown_here.last().filter(|_| own.count() > wanted).map(|order| place(order));
    // The first page has read all that is later than what it shows.
    let later = match is_first_page {
        true => Vec::new(),
        false => later(ports, subscriber, &shown_here).await?,
    };
    let others = if is_first_page { &read } else { &later };
    let mut orders = Vec::with_capacity(shown_here.len());
    for order in shown_here {
        // One of the operator's own is read the first time, and then kept.
        let scenario = known(ports, &order.scenario).await?;
        orders.push(json!(shown(order, others, scenario.as_deref(), language)));
    }
    Ok((orders, next))
}

/// Orders of the phone since the oldest of these that made services: among them are those that changed or ended one.
async fn later<P: Subscribers>(
    ports: &P,
    subscriber: &Subscriber,
    shown: &[&Order],
) -> Result<Vec<Order>, AppError> {
    let made = shown.iter().filter(|order| !order.services.is_empty());
    let Some(since) = made.map(|order| order.registered_at).min() else { return Ok(Vec::new()) };
    let mut later: Vec<Order> = Vec::new();
    for _ in 0..PROFILE_READS_MAX {
        let after = later.last().map(place);
        let found =
            ports.orders_of_phone(&subscriber.phone, after.as_ref(), PAGE_ENTRIES_MAX).await?;
        let is_last = found.len() < PAGE_ENTRIES_MAX as usize;
        later.extend(found);
        if is_last || later.last().is_some_and(|order| order.registered_at < since) {
            break;
        }
    }
    Ok(later)
}

fn place(order: &Order) -> Cursor {
    Cursor { value: order.registered_at.0, id: order.id.clone() }
}

/// One order with its history.
pub async fn one<P: Orders + Subscribers + Scenarios>(
    ports: &P,
    subscriber: &Subscriber,
    name: &str,
    language: Language,
) -> Result<Value, AppError> {
    let order = own(ports, subscriber, name).await?;
    let scenario = known(ports, &order.scenario).await?;
    let scenario = scenario.as_deref();
    let history = history(ports, &order.id).await?;
    let told = history.iter().filter_map(|event| told(event, scenario, language));
    let told: Vec<_> = told.collect();
    let later = later(ports, subscriber, &[&order]).await?;
    let mut answer = json!(shown(&order, &later, scenario, language));
    answer["history"] = json!(told);
    Ok(answer)
}

/// The order of this name, if it is the subscriber's.
async fn own<P: Orders>(ports: &P, subscriber: &Subscriber, name: &str) -> Result<Order, AppError> {
    let reference: OrderReference = reference(name)?;
    let found = ports.find(&reference).await?.filter(|order| subscriber.owns(order));
    found.ok_or_else(|| not_found(name))
}

/// The whole history, oldest first.
async fn history<P: Orders>(ports: &P, order_id: &str) -> Result<Vec<Event>, AppError> {
    let mut events: Vec<Event> = Vec::new();
    for _ in 0..PROFILE_READS_MAX {
        let after = events.last().map_or(0, |event| event.sequence);
        let found = ports.history(order_id, after, PAGE_ENTRIES_MAX).await?;
        let is_last = found.len() < PAGE_ENTRIES_MAX as usize;
        events.extend(found);
        if is_last {
            break;
        }
    }
    Ok(events)
}

/// A document of an order of theirs that the subscriber may have.
pub async fn document<P: Orders>(
    ports: &P,
    subscriber: &Subscriber,
    name: &str,
    id: &str,
) -> Result<Document, AppError> {
    let order = own(ports, subscriber, name).await?;
    let found = order.documents.into_iter().find(|it| it.id == id && may_have(it));
    let shown: String = id.chars().take(64).collect();
    found.ok_or_else(|| AppError::NotFound { what: format!("Document {shown:?}") })
}
