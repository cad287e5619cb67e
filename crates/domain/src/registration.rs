//! Registration: what comes in as a new order, read and checked with every fault at once.

use crate::address::Address;
use crate::catalogue::{self, Service};
use crate::input::{Fault, Faults, ObjectReader};
use crate::limits::{
    CHARACTERISTICS_MAX, CODE_CHARACTERS_MAX, COMMENT_CHARACTERS_MAX, ITEMS_MAX,
    NAME_CHARACTERS_MAX, SERVICE_KEY_CHARACTERS_MAX,
};
use crate::order::{Channel, ItemAction, OrderItem, OrderKind, Priority};
use crate::party::{Party, PartyType, read_phone};
use crate::service::ServiceKey;
use crate::time::Instant;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A new order whose form is right. What depends on the database (duplicates, divisions) is checked later.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    pub kind: OrderKind,
    pub channel: Channel,
    pub external_id: Option<String>,
    pub priority: Priority,
    pub requested_date: Option<String>,
    /// The day before which nobody shall work on the order.
    pub requested_start_date: Option<String>,
    /// What the subscriber was promised: the day by which the order is completed.
    pub promised_date: Option<String>,
    pub party: Option<Party>,
    pub address: Address,
    pub line_phone: Option<String>,
    pub items: Vec<OrderItem>,
    pub symptom: Option<String>,
    pub description: Option<String>,
    pub allow_duplicate: bool,
    pub imported: Option<Imported>,
}

/// What an order brings along from the system that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Where it comes from, and its name there: together unique, so that importing twice adds nothing.
    pub source: String,
    pub key: String,
    pub registered_at: Option<Instant>,
    pub stage: Option<String>,
    /// The status in the words of that system, for the history.
    pub status: Option<String>,
}

/// What an order may lack that a new one must have, because it came over from a system that did not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leniency {
    pub party: bool,
    pub address: bool,
}

impl Registration {
    pub fn party_type(&self) -> Option<PartyType> {
        self.party.as_ref().map(|party| party.party_type)
    }

    pub fn services(&self) -> BTreeSet<Service> {
        self.items.iter().map(|item| item.service).collect()
    }

    /// Reads a registration; all faults at once.
    pub fn read(document: &Value, now: Instant) -> Result<Registration, Vec<Fault>> {
        Self::read_leniently(document, now, Leniency::default())
    }

    /// The same for an order that there is already, and that may lack something.
    pub fn read_leniently(
        document: &Value,
        now: Instant,
        leniency: Leniency,
    ) -> Result<Registration, Vec<Fault>> {
        let faults = Faults::default();
        let registration =
            faults.document(document).and_then(|reader| read_order(&reader, now, leniency));
        match registration {
            Some(registration) if faults.is_empty() => Ok(registration),
            _ => Err(faults.into_vec()),
        }
    }
}

fn read_order(reader: &ObjectReader<'_>, now: Instant, leniency: Leniency) -> Option<Registration> {
    let kind = reader.required_choice("kind", OrderKind::WORDS);
    let imported = reader.object("imported").and_then(|imported| read_imported(&imported));
    let is_import = reader.value("imported").is_some();
    let support = kind == Some(OrderKind::Support);
    let channel = reader.required_choice("channel", Channel::WORDS);
    let party = match reader.value("party") {
        None if is_import || leniency.party => None,
        None => {
            reader.required("party");
            None
        }
        Some(_) => reader.object("party").and_then(|party| Party::read(&party)),
    };
    let address = match reader.value("address") {
        None => {
            reader.required("address");
            None
        }
        // Support orders may come in with what the caller knows; whoever is connected needs a door.
        Some(_) => reader.object("address").and_then(|address| {
            Address::read(&address, !support && !is_import && !leniency.address)
        }),
    };
    let line_phone = read_phone(reader, "linePhone", false);
    let items = read_items(reader, kind);
    let (symptom, description) = if support {
        let symptom = reader.required_text("symptom", COMMENT_CHARACTERS_MAX);
        (symptom, reader.lines("description", COMMENT_CHARACTERS_MAX))
    } else {
        (None, None)
    };
    let requested_date = reader.date("requestedDate");
    let requested_start_date = reader.date("requestedStartDate");
    let promised_date = reader.date("promisedDate");
    let dates = [
        ("requestedDate", &requested_date),
        ("requestedStartDate", &requested_start_date),
        ("promisedDate", &promised_date),
    ];
    for (name, date) in dates.into_iter().filter(|_| !is_import) {
        if date.as_ref().is_some_and(|date| has_passed(date, now)) {
            let message = format!("{name} has passed; ask for a day to come.");
            reader.fault(name, "in-the-past", message);
        }
    }
    // What another system promised may have passed, but nobody promised it before the order was there.
    if let (Some(promised), Some(imported)) = (&promised_date, &imported) {
        let registered = imported.registered_at.unwrap_or(now);
        if *promised < registered.plus_minutes(-12 * 60).date().to_string() {
            let message = "promisedDate must not be before the day of the registration.";
            reader.fault("promisedDate", "before-the-registration", message);
        }
    }
    if requested_date.is_some() && requested_start_date > requested_date {
        let message = "requestedStartDate must not be after requestedDate.";
        reader.fault("requestedStartDate", "after-the-end", message);
    }
    let external_id = reader.text("externalId", CODE_CHARACTERS_MAX);
    let priority = reader.choice("priority", Priority::WORDS).unwrap_or_default();
    let allow_duplicate = reader.boolean("allowDuplicate").unwrap_or(false);
    if kind.is_some() {
        reader.finish();
    }
    Some(Registration {
        kind: kind?,
        channel: channel?,
        external_id,
        priority,
        requested_date,
        requested_start_date,
        promised_date,
        party,
        address: address?,
        line_phone,
        items,
        symptom,
        description,
        allow_duplicate,
        imported,
    })
}

/// Whether a day (`YYYY-MM-DD`) is the past wherever in the world one asks: UTC minus 12 hours is the last place of all.
pub(crate) fn has_passed(date: &str, now: Instant) -> bool {
    *date < *now.plus_minutes(-12 * 60).date().to_string()
}

fn read_imported(reader: &ObjectReader<'_>) -> Option<Imported> {
    let source = reader.required_text("source", CODE_CHARACTERS_MAX);
    let key = reader.required_text("key", CODE_CHARACTERS_MAX);
    let registered_at = reader.instant("registeredAt");
    let stage = reader.text("stage", CODE_CHARACTERS_MAX);
    let status = reader.text("status", NAME_CHARACTERS_MAX);
    reader.finish();
    Some(Imported { source: source?, key: key?, registered_at, stage, status })
}

fn read_items(reader: &ObjectReader<'_>, kind: Option<OrderKind>) -> Vec<OrderItem> {
    let Some(kind) = kind else {
        reader.value("items");
        return Vec::new();
    };
    let Some(entries) = reader.objects("items", ITEMS_MAX) else {
        if kind != OrderKind::Support && reader.value("items").is_none() {
            reader.required("items");
        }
        return Vec::new();
    };
    // Entries that are no objects are faults of their own.
    let sent = reader.value("items").and_then(Value::as_array).map_or(0, Vec::len);
    if sent == 0 && kind != OrderKind::Support {
        reader.fault("items", "empty", "items must name at least one service.");
    }
    let mut ids = BTreeSet::new();
    let mut services = BTreeSet::new();
    let mut items = Vec::with_capacity(entries.len());
    for entry in entries {
        if let Some(item) = read_item(&entry, kind) {
            if !ids.insert(item.id.clone()) {
                entry.fault(
                    "id",
                    "twice",
                    format!("Item id {:?} is there twice; give each item its own.", item.id),
                );
            }
            if let Some(service) = &item.service_id
                && !services.insert(service.clone())
            {
                let message = format!(
                    "Service {service:?} is named twice; say in one item what happens to it."
                );
                entry.fault("serviceId", "twice", message);
            }
            items.push(item);
        }
    }
    items
}

fn read_item(reader: &ObjectReader<'_>, kind: OrderKind) -> Option<OrderItem> {
    let id = reader.required_text("id", CODE_CHARACTERS_MAX);
    let service = reader.required_choice("service", Service::WORDS);
    let action = reader.required_choice("action", ItemAction::WORDS);
    let fitting: &[ItemAction] = match kind {
        OrderKind::Connect => &[ItemAction::Add],
        OrderKind::Disconnect => &[ItemAction::Delete],
        OrderKind::Change => {
            &[ItemAction::Add, ItemAction::Modify, ItemAction::Delete, ItemAction::NoChange]
        }
        OrderKind::Support => &[ItemAction::NoChange],
    };
    if let Some(action) = action
        && !fitting.contains(&action)
    {
        let words = |action: &ItemAction| {
            ItemAction::WORDS.iter().find(|(_, value)| value == action).map(|(word, _)| *word)
        };
        let listed = fitting.iter().filter_map(words).collect::<Vec<_>>().join(", ");
        reader.fault(
            "action",
            "action-does-not-fit",
            format!("A {} order takes the action {listed}.", kind.code()),
        );
    }
    let tariff = reader.text("tariff", CODE_CHARACTERS_MAX);
    match (&tariff, service, action) {
        (None, Some(_), Some(ItemAction::Add)) if reader.value("tariff").is_none() => {
            reader.required("tariff")
        }
        (Some(code), Some(service), _) if catalogue::tariff(service, code).is_none() => {
            let known = catalogue::tariffs().iter().filter(|tariff| tariff.service == service);
            let listed = known.map(|tariff| tariff.code.as_str()).collect::<Vec<_>>().join(", ");
            let message =
                format!("{code:?} is not a tariff of {}; there are: {listed}.", service.code());
            reader.fault("tariff", "unknown-tariff", message);
        }
        _ => {}
    }
    let service_id = read_service_id(reader, action);
    let characteristics = read_characteristics(reader);
    reader.finish();
    Some(OrderItem {
        id: id?,
        service: service?,
        action: action?,
        service_id,
        tariff,
        characteristics,
    })
}

/// The service that the item is about. Whether there is such a one is looked up later.
fn read_service_id(reader: &ObjectReader<'_>, action: Option<ItemAction>) -> Option<String> {
    let text = reader.text("serviceId", SERVICE_KEY_CHARACTERS_MAX)?;
    if action == Some(ItemAction::Add) {
        let message = "serviceId names a service that there is already, and the item adds a new one; leave it out, \
                       or send the action modify or delete.";
        reader.fault("serviceId", "service-of-an-addition", message);
        return None;
    }
    if ServiceKey::parse(&text).is_none() {
        let message = format!(
            "{text:?} is not the key of a service; send it as services of the order that made it tells: \
             service-, the number of that order, a hyphen, and the id of its item."
        );
        reader.fault("serviceId", "invalid-service", message);
        return None;
    }
    Some(text)
}

fn read_characteristics(reader: &ObjectReader<'_>) -> Map<String, Value> {
    let mut characteristics = Map::new();
    let Some(object) = reader.object("characteristics") else { return characteristics };
    if object.names().count() > CHARACTERISTICS_MAX {
        reader.fault(
            "characteristics",
            "too-many",
            format!("At most {CHARACTERISTICS_MAX} characteristics."),
        );
        return characteristics;
    }
    for name in object.names() {
        if crate::input::check_text(name, CODE_CHARACTERS_MAX, false).is_err() {
            reader.fault(
                "characteristics",
                "invalid-name",
                "A characteristic's name must be a short text.",
            );
            continue;
        }
        match object.value(name) {
            Some(Value::String(_)) => {
                if let Some(text) = object.text(name, NAME_CHARACTERS_MAX) {
                    characteristics.insert(name.clone(), Value::String(text));
                }
            }
            Some(value @ (Value::Bool(_) | Value::Number(_))) => {
                characteristics.insert(name.clone(), value.clone());
            }
            Some(_) => object.fault(
                name,
                "wrong-type",
                "A characteristic must be a text, a number, true or false.",
            ),
            None => {}
        }
    }
    characteristics
}
