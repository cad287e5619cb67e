//! What is retired in the billing system: what an order ends of other orders' making, what it needs no more of its own, and
//! all that it has made when nothing comes of it.

use super::{
    BillingObject, BillingObjectKind, ObjectName, PlannedObject, is_foreign, is_left, is_operators,
    known, named, plan,
};
use crate::order::{ItemAction, Order, OrderState};
use crate::service::ServiceKey;
use serde_json::Value;

/// What the order ends of other orders' making, children before parents: the services that its items delete, then their
/// access points. Customer, contract and account stay: they may have other services, and get a final invoice.
pub fn removal(order: &Order) -> Vec<ObjectName> {
    let deleted = order.items.iter().filter(|item| item.action == ItemAction::Delete);
    let keys: Vec<ServiceKey> = deleted.filter_map(named).collect();
    let services = keys.iter().map(|key| (BillingObjectKind::Service, key.service()));
    let points = keys.iter().map(|key| (BillingObjectKind::AccessPoint, key.access_point()));
    let names = services.chain(points).map(|(kind, key)| ObjectName { kind, key });
    names.filter(|name| known(order, name).is_none_or(is_left)).collect()
}

/// Objects of the order's own making that live in the billing system, children before parents, as far as the order knows.
pub fn own(order: &Order) -> Vec<BillingObject> {
    let is_own = |object: &&BillingObject| {
        !is_operators(object.kind) && !is_foreign(order, object.kind, &object.key)
    };
    let objects = order.billing_objects.iter().rev();
    objects.filter(is_own).filter(|object| is_left(object)).cloned().collect()
}

/// Planned objects of the order's own of which it does not know whether they exist, children before parents: an attempt that
/// failed halfway may have made them.
pub fn doubtful(order: &Order) -> Vec<ObjectName> {
    let objects = plan(order).into_iter().rev();
    let own = objects.filter(|object| {
        !is_operators(object.kind) && !is_foreign(order, object.kind, &object.key)
    });
    own.map(|object| ObjectName { kind: object.kind, key: object.key })
        .filter(|name| known(order, name).is_none())
        .collect()
}

/// Nothing more comes of the order, it was cancelled or refused or has failed: what it has made is taken back.
pub fn is_taken_back(order: &Order) -> bool {
    order.cancellation.is_some() || order.state == OrderState::Cancelled || order.state.is_refusal()
}

/// Whether a service that the order ends is not known to be retired.
pub fn leaves_services(order: &Order) -> bool {
    removal(order).iter().any(|name| name.kind == BillingObjectKind::Service)
}

/// Objects of the order's own that were planned and are planned no more, children before parents: those that it knows, and
/// those that an attempt which failed halfway may have made.
pub fn obsolete(order: &Order, planned_before: &[PlannedObject]) -> Vec<ObjectName> {
    let planned = plan(order);
    let name = |kind: BillingObjectKind, key: &str| ObjectName { kind, key: key.to_owned() };
    let before = planned_before.iter().map(|object| name(object.kind, &object.key));
    let known = order.billing_objects.iter().map(|object| name(object.kind, &object.key));
    let is_there = |it: &ObjectName| super::known(order, it).is_none_or(is_left);
    let mut obsolete: Vec<ObjectName> = before
        .chain(known)
        .filter(|it| !is_operators(it.kind) && !is_foreign(order, it.kind, &it.key))
        .filter(|it| !planned.iter().any(|object| object.kind == it.kind && object.key == it.key))
        .filter(is_there)
        .collect();
    obsolete.sort_by(|a, b| (b.kind, &a.key).cmp(&(a.kind, &b.key)));
    obsolete.dedup();
    obsolete
}

/// A retire effect names what an amendment has made obsolete: the order stays where it is, and whatever else it has made too.
pub fn is_partial(payload: &Value) -> bool {
    payload.get("objects").is_some() || payload.get("keys").is_some()
}

/// What an effect names that is no longer needed, but for what is planned once more meanwhile. `None`: it names nothing, and is
/// about all that is to be retired. Effects from before named keys alone. Fails when it names what are no names.
pub fn named_obsolete(
    order: &Order,
    payload: &Value,
) -> Result<Option<Vec<ObjectName>>, serde_json::Error> {
    let planned = plan(order);
    let is_wanted = |it: &ObjectName| {
        planned.iter().any(|object| object.kind == it.kind && object.key == it.key)
    };
    let named: Vec<ObjectName> = match (payload.get("objects"), payload.get("keys")) {
        (Some(objects), _) => serde_json::from_value(objects.clone())?,
        (None, Some(keys)) => {
            let keys: Vec<String> = serde_json::from_value(keys.clone())?;
            retirement(order).into_iter().filter(|it| keys.contains(&it.key)).collect()
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(named.into_iter().filter(|it| !is_wanted(it)).collect()))
}

/// What is retired for an order, children before parents: what it ends, unless it is taken back itself, and all of its own.
pub fn retirement(order: &Order) -> Vec<ObjectName> {
    let ended = if is_taken_back(order) { Vec::new() } else { removal(order) };
    let mut own: Vec<ObjectName> = own(order)
        .into_iter()
        .map(|object| ObjectName { kind: object.kind, key: object.key })
        .chain(doubtful(order))
        .collect();
    // What the order knows and what it does not may be each other's parents.
    own.sort_by_key(|name| std::cmp::Reverse(name.kind));
    ended.into_iter().chain(own).collect()
}
