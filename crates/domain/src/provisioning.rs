//! The provisioning plan: which objects the billing system needs for an order, and in which order they are made.
//!
//! Customer, contract, personal account, then per item the service on its billing plan and access point, in the
//! sequence of Billmaster's own customer registration. The domain (the operating division) and the billing plans (the
//! tariffs) must be there; making sure of them first means that a new branch needs no preparation by hand.
//!
//! An item can also name a service that another order made: a change puts it on its new billing plan, a disconnection
//! retires it with its access point. Everything else of that other order stays as it is.

mod request;
mod retirement;

pub use request::{is_asked_for, is_of_present_stage, is_outdated, payload_of_stage};
pub use retirement::{
    doubtful, is_partial, is_taken_back, leaves_services, named_obsolete, obsolete, own, removal,
    retirement,
};

use crate::catalogue::Service;
use crate::order::{ItemAction, Order, OrderItem, ServiceReference};
use crate::service::ServiceKey;
use serde::{Deserialize, Serialize};

/// Kinds of billing object, in the order of their making.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BillingObjectKind {
    Domain,
    Customer,
    Contract,
    PersonalAccount,
    BillingPlan,
    AccessPoint,
    Service,
}

/// An object that the order needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedObject {
    pub kind: BillingObjectKind,
    /// Our name of it, the same at every repetition.
    pub key: String,
    pub parents: Vec<String>,
    pub attributes: Vec<(String, String)>,
}

/// An object that exists in the billing system for this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BillingObject {
    pub kind: BillingObjectKind,
    pub key: String,
    /// The billing system's identifier.
    pub id: String,
    pub status: BillingStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BillingStatus {
    Active,
    Blocked,
    Retired,
}

/// An object by its name, as it is retired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectName {
    pub kind: BillingObjectKind,
    pub key: String,
}

/// An object as the billing system has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundObject {
    pub object: BillingObject,
    pub attributes: Vec<(String, String)>,
}

/// The objects that an order of this content needs, parents before children.
pub fn plan(order: &Order) -> Vec<PlannedObject> {
    let mut objects = Vec::new();
    if order.items.iter().any(|item| item.action == ItemAction::Add) {
        plan_account(order, &mut objects);
    }
    for item in &order.items {
        match item.action {
            ItemAction::Add => plan_addition(order, item, &mut objects),
            ItemAction::Modify => plan_modification(order, item, &mut objects),
            ItemAction::Delete | ItemAction::NoChange => {}
        }
    }
    // Two items may share a billing plan.
    let mut seen = std::collections::BTreeSet::new();
    objects.retain(|object| seen.insert((object.kind, object.key.clone())));
    objects
}

/// Whose the new services are.
fn plan_account(order: &Order, objects: &mut Vec<PlannedObject>) {
    let domain = domain(order);
    let customer_key = format!("customer-{}", order.number);
    let contract_key = format!("contract-{}", order.number);
    let account_key = format!("account-{}", order.number);
    let name = vec![attribute("name", &domain.name)];
    objects.push(planned(BillingObjectKind::Domain, &domain.code, &[], name));
    let mut customer = vec![attribute("order", &order.number)];
    if let Some(party) = &order.party {
        customer.push(attribute("name", &party.display_name()));
        let optional = [("phone", &party.phone), ("email", &party.email), ("taxId", &party.tax_id)];
        customer.extend(
            optional
                .into_iter()
                .filter_map(|(name, value)| Some(attribute(name, value.as_deref()?))),
        );
    }
    let number = vec![attribute("number", &order.number)];
    objects.extend([
        planned(BillingObjectKind::Customer, &customer_key, &[&domain.code], customer),
        planned(BillingObjectKind::Contract, &contract_key, &[&customer_key], number),
        planned(BillingObjectKind::PersonalAccount, &account_key, &[&contract_key], Vec::new()),
    ]);
}

/// A service of the order's own.
fn plan_addition(order: &Order, item: &OrderItem, objects: &mut Vec<PlannedObject>) {
    let key = own_key(order, item);
    let mut parents = vec![key.account(), key.access_point()];
    if let Some(tariff) = &item.tariff {
        objects.push(billing_plan(item, tariff));
        parents.push(tariff.clone());
    }
    let mut point = vec![
        attribute("service", item.service.code()),
        attribute("address", &order.address.line()),
    ];
    if let Some(technology) =
        item.characteristics.get("technology").and_then(|value| value.as_str())
    {
        point.push(attribute("technology", technology));
    }
    let domain = &domain(order).code;
    objects.push(planned(BillingObjectKind::AccessPoint, &key.access_point(), &[domain], point));
    let mut service =
        vec![attribute("service", item.service.code()), attribute("order", &order.number)];
    service.extend(line_phone(order, item));
    let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
    objects.push(planned(BillingObjectKind::Service, &key.service(), &parents, service));
}

/// The named service on its new billing plan. What else billing keeps of it stays, see [`overlaid`].
fn plan_modification(order: &Order, item: &OrderItem, objects: &mut Vec<PlannedObject>) {
    let (Some(key), Some(tariff)) = (named(item), &item.tariff) else { return };
    objects.push(billing_plan(item, tariff));
    let mut service = vec![attribute("service", item.service.code())];
    service.extend(line_phone(order, item));
    let parents = [key.account(), key.access_point(), tariff.clone()];
    let parents = parents.each_ref().map(String::as_str);
    objects.push(planned(BillingObjectKind::Service, &key.service(), &parents, service));
}

fn billing_plan(item: &OrderItem, tariff: &str) -> PlannedObject {
    let service = vec![attribute("service", item.service.code())];
    planned(BillingObjectKind::BillingPlan, tariff, &[], service)
}

/// The number by which a telephony service is called.
fn line_phone(order: &Order, item: &OrderItem) -> Option<(String, String)> {
    let phone = order.line_phone.as_deref().filter(|_| item.service == Service::Telephony)?;
    Some(attribute("phone", phone))
}

fn domain(order: &Order) -> &crate::division::DivisionReference {
    order.routing.covering.as_ref().unwrap_or(&order.division)
}

fn attribute(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn planned(
    kind: BillingObjectKind,
    key: &str,
    parents: &[&str],
    attributes: Vec<(String, String)>,
) -> PlannedObject {
    let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
    PlannedObject { kind, key: key.to_owned(), parents, attributes }
}

/// Whether a service or access point is another order's: this one may change it, and does not take it back.
pub fn is_foreign(order: &Order, kind: BillingObjectKind, key: &str) -> bool {
    let key = match kind {
        BillingObjectKind::Service => ServiceKey::parse(key),
        BillingObjectKind::AccessPoint => ServiceKey::parse_access_point(key),
        BillingObjectKind::Domain
        | BillingObjectKind::Customer
        | BillingObjectKind::Contract
        | BillingObjectKind::PersonalAccount
        | BillingObjectKind::BillingPlan => None,
    };
    key.is_some_and(|key| key.number != order.number)
}

/// The domain and the billing plans belong to the operator, and stay whatever becomes of an order.
fn is_operators(kind: BillingObjectKind) -> bool {
    matches!(kind, BillingObjectKind::Domain | BillingObjectKind::BillingPlan)
}

const WAY_OUT: &str = "Amend the order so that its item names another service (serviceId) and retry this, or do by hand \
                       what is to be done in the billing system and declare this done.";

fn not_there(key: &str) -> String {
    format!("The billing system has no service {key:?}. {WAY_OUT}")
}

/// Why an object that is to be retired must be looked for by a person when billing does not have it: somebody pays for the
/// service that was meant. None: what is not there counts as retired.
pub fn missing(order: &Order, name: &ObjectName) -> Option<String> {
    let is_named =
        name.kind == BillingObjectKind::Service && is_foreign(order, name.kind, &name.key);
    is_named.then(|| not_there(&name.key))
}

/// Another order's service as it shall be: what the order plans, over what billing has. Else a sentence for the person who
/// must look at it.
pub fn overlaid(
    planned: PlannedObject,
    found: Option<FoundObject>,
) -> Result<PlannedObject, String> {
    let key = &planned.key;
    let Some(found) = found else { return Err(not_there(key)) };
    if found.object.status == BillingStatus::Retired {
        return Err(format!("Service {key:?} is retired in the billing system. {WAY_OUT}"));
    }
    let is_planned = |name: &str| planned.attributes.iter().any(|(planned, _)| planned == name);
    let kept = found.attributes.iter().filter(|(name, _)| !is_planned(name));
    let mut attributes: Vec<(String, String)> = kept.chain(&planned.attributes).cloned().collect();
    // The same at every attempt, in whatever order billing tells them.
    attributes.sort();
    Ok(PlannedObject { attributes, ..planned })
}

/// Why nothing can be done to services that are to be changed or ended: a sentence that names the items. None: it can.
pub fn unnamed(order: &Order) -> Option<String> {
    let ids = |is_it: fn(&OrderItem) -> bool| {
        let items = order.items.iter().filter(|item| is_it(item));
        items.map(|item| item.id.as_str()).collect::<Vec<_>>().join(", ")
    };
    let nameless = ids(|item| {
        matches!(item.action, ItemAction::Modify | ItemAction::Delete) && named(item).is_none()
    });
    let planless = ids(|item| {
        item.action == ItemAction::Modify && named(item).is_some() && item.tariff.is_none()
    });
    let mut sentences = Vec::new();
    if !nameless.is_empty() {
        sentences.push(format!(
            "Which service is meant is not said by item {nameless}: amend the order so that it names one (serviceId) \
             and retry this."
        ));
    }
    if !planless.is_empty() {
        sentences.push(format!(
            "Item {planless} names no tariff, and the billing system knows nothing else that could change."
        ));
    }
    if sentences.is_empty() {
        return None;
    }
    sentences.push(
        "Or do by hand what is to be done in the billing system, and declare this done.".into(),
    );
    Some(sentences.join(" "))
}

/// Whether a service that the order plans is not known to be in the billing system.
pub fn lacks_services(order: &Order) -> bool {
    let mut planned = plan(order).into_iter().filter(|it| it.kind == BillingObjectKind::Service);
    planned.any(|it| known(order, &ObjectName { kind: it.kind, key: it.key }).is_none())
}

/// The object of this name as the order knows it.
pub fn known<'a>(order: &'a Order, name: &ObjectName) -> Option<&'a BillingObject> {
    let mut objects = order.billing_objects.iter();
    objects.find(|object| object.kind == name.kind && object.key == name.key)
}

fn is_left(object: &BillingObject) -> bool {
    object.status != BillingStatus::Retired
}

/// The services that the order has made or changed for the subscriber.
pub fn services(order: &Order) -> Vec<ServiceReference> {
    let reference = |item: &OrderItem| {
        let key = match item.action {
            ItemAction::Add => own_key(order, item),
            ItemAction::Modify => named(item).filter(|_| item.tariff.is_some())?,
            ItemAction::Delete | ItemAction::NoChange => return None,
        };
        Some(ServiceReference {
            key: key.service(),
            service: item.service,
            tariff: item.tariff.clone(),
            item: item.id.clone(),
        })
    };
    order.items.iter().filter_map(reference).collect()
}

fn own_key(order: &Order, item: &OrderItem) -> ServiceKey {
    ServiceKey { number: order.number.clone(), item: item.id.clone() }
}

/// The service that an item is about.
fn named(item: &OrderItem) -> Option<ServiceKey> {
    ServiceKey::parse(item.service_id.as_deref()?)
}
