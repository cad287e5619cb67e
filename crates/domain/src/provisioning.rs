//! The provisioning plan: which objects the billing system needs for an order, and in which order they are made.
//!
//! Customer, contract, personal account, then per item the service on its billing plan and access point, in the
//! sequence of Billmaster's own customer registration. The domain (the operating division) and the billing plans (the
//! tariffs) must be there; making sure of them first means that a new branch needs no preparation by hand.

use crate::catalogue::Service;
use crate::order::{ItemAction, Order, OrderItem, ServiceReference};
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

/// The objects that an order of this content needs, parents before children.
pub fn plan(order: &Order) -> Vec<PlannedObject> {
    let mut objects = Vec::new();
    let domain = order.routing.covering.as_ref().unwrap_or(&order.division);
    let customer_key = format!("customer-{}", order.number);
    let contract_key = format!("contract-{}", order.number);
    let account_key = format!("account-{}", order.number);
    let attribute = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut add = |kind, key: &str, parents: &[&str], attributes: Vec<(String, String)>| {
        let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
        objects.push(PlannedObject { kind, key: key.to_owned(), parents, attributes });
    };
    add(BillingObjectKind::Domain, &domain.code, &[], vec![attribute("name", &domain.name)]);
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
    add(BillingObjectKind::Customer, &customer_key, &[&domain.code], customer);
    add(
        BillingObjectKind::Contract,
        &contract_key,
        &[&customer_key],
        vec![attribute("number", &order.number)],
    );
    add(BillingObjectKind::PersonalAccount, &account_key, &[&contract_key], Vec::new());
    for item in order.items.iter().filter(|item| item.action == ItemAction::Add) {
        let service_key = service_key(order, item);
        let point_key = access_point_key(order, item);
        let mut parents = vec![account_key.clone(), point_key.clone()];
        if let Some(tariff) = &item.tariff {
            add(
                BillingObjectKind::BillingPlan,
                tariff,
                &[],
                vec![attribute("service", item.service.code())],
            );
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
        add(BillingObjectKind::AccessPoint, &point_key, &[&domain.code], point);
        let mut service =
            vec![attribute("service", item.service.code()), attribute("order", &order.number)];
        if let Some(phone) =
            order.line_phone.as_deref().filter(|_| item.service == Service::Telephony)
        {
            service.push(attribute("phone", phone));
        }
        let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
        add(BillingObjectKind::Service, &service_key, &parents, service);
    }
    // Two items may share a billing plan.
    let mut seen = std::collections::BTreeSet::new();
    objects.retain(|object| seen.insert((object.kind, object.key.clone())));
    objects
}

/// What is retired when an order's objects are taken back: its own, children before parents. The domain and the billing
/// plans belong to the operator and stay.
pub fn retirement(order: &Order) -> Vec<BillingObject> {
    let own = |object: &&BillingObject| {
        !matches!(object.kind, BillingObjectKind::Domain | BillingObjectKind::BillingPlan)
            && object.status != BillingStatus::Retired
    };
    order.billing_objects.iter().filter(own).rev().cloned().collect()
}

/// The services that the order has made for the subscriber.
pub fn services(order: &Order) -> Vec<ServiceReference> {
    let added = order.items.iter().filter(|item| item.action == ItemAction::Add);
    added
        .map(|item| ServiceReference {
            key: service_key(order, item),
            service: item.service,
            tariff: item.tariff.clone(),
            item: item.id.clone(),
        })
        .collect()
}

fn service_key(order: &Order, item: &OrderItem) -> String {
    format!("service-{}-{}", order.number, item.id)
}

fn access_point_key(order: &Order, item: &OrderItem) -> String {
    format!("access-{}-{}", order.number, item.id)
}
