//! Services that there are already: how an item names one, and whether its order may be about it.
//!
//! The order that made a service tells its key (`services[].key`). What became of the service since is known from the
//! orders that changed or ended it.

use crate::input::Fault;
use crate::number::parse_order_number;
use crate::order::{Channel, Order, OrderItem, ServiceReference};
use crate::party::Party;
use crate::profile::Subscriber;
use crate::provisioning::{BillingObject, BillingObjectKind, BillingStatus};
use serde::Deserialize;

/// Characters of an order's number, as people write it.
const NUMBER_CHARACTERS: usize = 16;

/// The key of a service: `service-{number of the order that made it}-{id of its item}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceKey {
    pub number: String,
    pub item: String,
}

impl ServiceKey {
    /// None: it does not look like one.
    pub fn parse(text: &str) -> Option<ServiceKey> {
        Self::parse_object("service-", text)
    }

    /// The same of an access point.
    pub(crate) fn parse_access_point(text: &str) -> Option<ServiceKey> {
        Self::parse_object("access-", text)
    }

    fn parse_object(kind: &str, text: &str) -> Option<ServiceKey> {
        let rest = text.strip_prefix(kind)?;
        let number = rest.get(..NUMBER_CHARACTERS)?;
        let item = rest.get(NUMBER_CHARACTERS..)?.strip_prefix('-')?;
        let is_number = parse_order_number(number).as_deref() == Some(number);
        (is_number && !item.is_empty())
            .then(|| ServiceKey { number: number.to_owned(), item: item.to_owned() })
    }

    /// The service itself, as the billing system knows it.
    pub fn service(&self) -> String {
        format!("service-{}-{}", self.number, self.item)
    }

    /// Where it enters the network.
    pub fn access_point(&self) -> String {
        format!("access-{}-{}", self.number, self.item)
    }

    /// Who pays for it.
    pub fn account(&self) -> String {
        format!("account-{}", self.number)
    }
}

/// Numbers of the orders that made the services which these items name, each once.
pub fn orders_named<'a>(items: impl IntoIterator<Item = &'a OrderItem>) -> Vec<String> {
    let keys = items.into_iter().filter_map(|item| ServiceKey::parse(item.service_id.as_deref()?));
    let mut numbers: Vec<String> = keys.map(|key| key.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Whether the item names a service that the order did not name as such before: what it is about already is not asked again.
fn is_named_anew(before: &Order, item: &OrderItem) -> bool {
    let is_same = |it: &OrderItem| (&it.service_id, it.service) == (&item.service_id, item.service);
    item.service_id.is_some() && !before.items.iter().any(is_same)
}

/// [`orders_named`] by items that an amendment gives an order, of the services that it did not name before.
pub fn orders_named_anew(before: &Order, amended: &[OrderItem]) -> Vec<String> {
    orders_named(amended.iter().filter(|item| is_named_anew(before, item)))
}

/// What an order tells of services: those that it made or changed, and what it did to them in the billing system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRecord {
    pub number: String,
    pub party: Option<Party>,
    pub services: Option<Vec<ServiceReference>>,
    pub billing_objects: Option<Vec<BillingObject>>,
}

impl ServiceRecord {
    /// The service of this key, if this is the order that made it.
    fn made(&self, key: &ServiceKey) -> Option<&ServiceReference> {
        let is_it = |service: &&ServiceReference| service.key == key.service();
        self.services.iter().flatten().find(is_it).filter(|_| self.number == key.number)
    }

    fn has_retired(&self, key: &str) -> bool {
        self.billing_objects.iter().flatten().any(|object| is_retired(object, key))
    }
}

fn is_retired(object: &BillingObject, key: &str) -> bool {
    object.kind == BillingObjectKind::Service
        && object.key == key
        && object.status == BillingStatus::Retired
}

/// Who says which services an order is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Namer {
    /// May name every service.
    Staff,
    /// Only those of their own orders; None: somebody who can't be told from others, and has none.
    Subscriber(Option<Subscriber>),
}

impl Namer {
    /// By the channel: what comes in by the public form or the profile are the words of the party itself.
    pub fn of(channel: Channel, party: Option<&Party>) -> Namer {
        match channel {
            Channel::Public | Channel::Profile => {
                Namer::Subscriber(party.and_then(Subscriber::of_party))
            }
            Channel::Operator | Channel::Api | Channel::Import => Namer::Staff,
        }
    }

    fn may_name(&self, record: &ServiceRecord) -> bool {
        match self {
            Namer::Staff => true,
            Namer::Subscriber(None) => false,
            Namer::Subscriber(subscriber) => {
                record.party.as_ref().and_then(Subscriber::of_party) == *subscriber
            }
        }
    }
}

/// What is wrong with the services that items name, by what the orders tell of them. A service of somebody else and one that
/// does not exist are told alike.
pub fn check_named(items: &[OrderItem], records: &[ServiceRecord], namer: &Namer) -> Vec<Fault> {
    let records: Vec<&ServiceRecord> = records.iter().collect();
    check(items.iter().enumerate(), &records, namer)
}

/// The same of the items that an amendment gives an order, for the services that it did not name before. An order is about
/// services of others: those of its own are its items. Whoever amends is of the staff, and may name all.
pub fn check_named_anew(
    before: &Order,
    amended: &[OrderItem],
    records: &[ServiceRecord],
) -> Vec<Fault> {
    let of_others: Vec<&ServiceRecord> =
        records.iter().filter(|record| record.number != before.number).collect();
    let anew = amended.iter().enumerate().filter(|(_, item)| is_named_anew(before, item));
    check(anew, &of_others, &Namer::Staff)
}

fn check<'a>(
    places: impl Iterator<Item = (usize, &'a OrderItem)>,
    records: &[&ServiceRecord],
    namer: &Namer,
) -> Vec<Fault> {
    let fault = |(index, item): (usize, &OrderItem)| {
        let key = ServiceKey::parse(item.service_id.as_deref()?)?;
        let (code, message) = wrong(item, &key, records, namer)?;
        let pointer = format!("/items/{index}/serviceId");
        Some(Fault { pointer, code: code.to_owned(), message })
    };
    places.filter_map(fault).collect()
}

fn wrong(
    item: &OrderItem,
    key: &ServiceKey,
    records: &[&ServiceRecord],
    namer: &Namer,
) -> Option<(&'static str, String)> {
    let name = key.service();
    let mut made = records.iter().filter(|record| namer.may_name(record));
    let Some(service) = made.find_map(|record| record.made(key)) else {
        let message = format!(
            "There is no service {name:?} that this order can be about; send a key that services of the party's \
             order tells, or leave serviceId out."
        );
        return Some(("unknown-service", message));
    };
    if service.service != item.service {
        let (is, said) = (service.service.code(), item.service.code());
        let message = format!(
            "Service {name:?} is {is}, and the item says {said}; mend the item's service or its serviceId."
        );
        return Some(("another-service", message));
    }
    if records.iter().any(|record| record.has_retired(&name)) {
        let message = format!(
            "Service {name:?} was retired, which is for good; name a service that runs, or order a new one."
        );
        return Some(("retired-service", message));
    }
    None
}

/// The services that an order made and that run still, with their tariffs of today, by what other orders of the party tell.
pub fn running(order: &Order, others: &[Order]) -> Vec<ServiceReference> {
    let own = |service: &&ServiceReference| {
        ServiceKey::parse(&service.key).is_some_and(|key| key.number == order.number)
    };
    let is_retired = |key: &str| {
        let mut all = others.iter().chain([order]).flat_map(|order| &order.billing_objects);
        all.any(|object| is_retired(object, key))
    };
    let made = order.services.iter().filter(own);
    let running = made.filter(|service| !is_retired(&service.key));
    let as_of_today = |service: &ServiceReference| {
        let changed = others
            .iter()
            .filter(|other| other.number != order.number)
            .flat_map(|other| other.services.iter().map(move |it| (other.registered_at, it)))
            .filter(|(_, it)| it.key == service.key);
        let latest = changed.max_by_key(|(registered_at, _)| *registered_at);
        let tariff = latest.map_or(&service.tariff, |(_, it)| &it.tariff).clone();
        ServiceReference { tariff, ..service.clone() }
    };
    running.map(as_of_today).collect()
}
