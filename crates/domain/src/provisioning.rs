//! The provisioning plan: which objects the billing system needs for an order, and in which order they are made.
//!
//! Customer, contract, personal account, then per item the service on its billing plan and access point, in the
//! sequence of Billmaster's own customer registration. The domain (the operating division) and the billing plans (the
//! tariffs) must be there; making sure of them first means that a new branch needs no preparation by hand.
//!
//! An item can also name a service that another order made: a change puts it on its new billing plan, a disconnection
//! retires it with its access point. Everything else of that other order stays as it is.

use crate::catalogue::Service;
use crate::order::{ItemAction, Order, OrderItem, OrderState, ServiceReference};
use crate::scenario::{EntryAction, Scenario};
use crate::service::ServiceKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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

/// Whether a service that the order plans is not known to be in the billing system.
pub fn lacks_services(order: &Order) -> bool {
    let mut planned = plan(order).into_iter().filter(|it| it.kind == BillingObjectKind::Service);
    planned.any(|it| known(order, &ObjectName { kind: it.kind, key: it.key }).is_none())
}

/// Whether a service that the order ends is not known to be retired.
pub fn leaves_services(order: &Order) -> bool {
    removal(order).iter().any(|name| name.kind == BillingObjectKind::Service)
}

/// What an effect says that a stage asks for when it is entered: since when the order has been there.
pub fn payload_of_stage(order: &Order) -> Value {
    json!({ "enteredAt": order.stage.entered_at })
}

/// The order has left the stage that asked for the effect, or has come to it again, which asked anew: what was asked for then
/// is wanted no more. For an order that is taken back all is done that there is to do.
pub fn is_outdated(order: &Order, payload: &Value) -> bool {
    let is_of_a_stage = payload.get("enteredAt").is_some();
    is_of_a_stage && *payload != payload_of_stage(order) && !is_taken_back(order)
}

/// Whether the order has ever asked for its objects.
pub fn is_asked_for(order: &Order, scenario: &Scenario) -> bool {
    let stages = order.stages_entered.iter().filter_map(|code| scenario.stage(code));
    stages.flat_map(|stage| &stage.on_entry).any(|action| *action == EntryAction::Provision)
}

/// Objects of the order's own that were planned and are planned no more, children before parents: those that it knows, and
/// those that an attempt which failed halfway may have made.
pub fn obsolete(order: &Order, planned_before: &[PlannedObject]) -> Vec<ObjectName> {
    let planned = plan(order);
    let name = |kind: BillingObjectKind, key: &str| ObjectName { kind, key: key.to_owned() };
    let before = planned_before.iter().map(|object| name(object.kind, &object.key));
    let known = order.billing_objects.iter().map(|object| name(object.kind, &object.key));
    let is_there = |it: &ObjectName| self::known(order, it).is_none_or(is_left);
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
