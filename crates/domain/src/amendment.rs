//! Amendment: what a caller wants changed in what was ordered, read against the order as it is.
//!
//! It comes as a merge patch (RFC 7396) of the order as it was sent: what is named takes the place of what was there,
//! null removes it. The amended order is read as a registration is, so that nothing gets in that a new order could not
//! have.

use crate::input::{Fault, Faults, UNKNOWN_FIELD};
use crate::limits::COMMENT_CHARACTERS_MAX;
use crate::order::{Order, OrderItem};
use crate::party::Party;
use crate::registration::{Leniency, Registration, has_passed};
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Fields that can be amended.
const AMENDABLE: [&str; 11] = [
    "externalId",
    "priority",
    "requestedDate",
    "promisedDate",
    "requestedStartDate",
    "party",
    "address",
    "linePhone",
    "items",
    "symptom",
    "description",
];

/// Fields of an order that other routes change, or nobody.
const FIXED: [&str; 22] = [
    "id",
    "number",
    "revision",
    "kind",
    "channel",
    "state",
    "stage",
    "scenario",
    "division",
    "assignee",
    "hold",
    "fields",
    "registeredAt",
    "updatedAt",
    "closedAt",
    "services",
    "cancellation",
    "cancellationRequest",
    "imported",
    "projectedDate",
    "promiseAtRisk",
    "projection",
];

/// What an amendment is about: by this a scenario says which of its stages must be gone through again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Aspect {
    /// Who the party is.
    Party,
    /// How the party is reached: phone, e-mail, language.
    Contact,
    /// Where: the address, the phone line.
    Address,
    /// What: services, tariffs, characteristics.
    Items,
    RequestedDate,
    /// What is wrong, in words: the symptom, the description. The work-order shows it.
    Description,
    /// Priority, external id, promised date, the day of the start: nothing is made of them. And which service is meant, until
    /// something was done with it: what was agreed on stays the same.
    Details,
}

impl Aspect {
    pub const ALL: [Aspect; 7] = [
        Aspect::Party,
        Aspect::Contact,
        Aspect::Address,
        Aspect::Items,
        Aspect::RequestedDate,
        Aspect::Description,
        Aspect::Details,
    ];

    /// The agreement itself changes: what was signed and what was made no longer hold.
    pub fn is_substance(self) -> bool {
        matches!(self, Aspect::Party | Aspect::Address | Aspect::Items)
    }

    /// A document of this template says so.
    pub fn is_shown_in(self, template: &str) -> bool {
        match self {
            Aspect::Details => false,
            Aspect::Description => template == "work-order",
            Aspect::Party
            | Aspect::Contact
            | Aspect::Address
            | Aspect::Items
            | Aspect::RequestedDate => true,
        }
    }
}

/// One field that changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    pub field: &'static str,
    /// Null: there was none.
    pub from: Value,
    /// Null: there will be none.
    pub to: Value,
}

impl FieldChange {
    /// As the history tells it: who may read the history may not see the number of a passport, only that it changed.
    pub fn to_history(&self) -> Value {
        let mut told = json!(self);
        for side in ["from", "to"] {
            if let Some(number) = told[side].get_mut("identityDocument") {
                *number = json!("…");
            }
        }
        told
    }
}

/// A sound amendment of one order.
#[derive(Debug, Clone, PartialEq)]
pub struct Amendment {
    /// The order as it would be sent now.
    pub amended: Registration,
    /// Empty: the order is like that already.
    pub changes: Vec<FieldChange>,
    pub aspects: BTreeSet<Aspect>,
    pub reason: Option<String>,
    /// Somebody has seen and accepted what it costs past a soft point of no return.
    pub penalty_confirmed: bool,
}

impl Amendment {
    /// Reads a merge patch of an order, with `reason` and `penaltyConfirmed` beside it; all faults at once.
    pub fn read(order: &Order, document: &Value, now: Instant) -> Result<Amendment, Vec<Fault>> {
        let faults = Faults::default();
        let Value::Object(patch) = document else {
            faults.add("", "not-an-object", "Send a JSON object.");
            return Err(faults.into_vec());
        };
        check_names(patch, &faults);
        let reader = faults.document(document);
        let reason =
            reader.as_ref().and_then(|reader| reader.lines("reason", COMMENT_CHARACTERS_MAX));
        let penalty_confirmed =
            reader.as_ref().and_then(|reader| reader.boolean("penaltyConfirmed")).unwrap_or(false);
        let before = form(order);
        let mut after = before.clone();
        let named = patch.iter().filter(|(name, _)| AMENDABLE.contains(&name.as_str()));
        let named: Map<String, Value> =
            named.map(|(name, value)| (name.clone(), value.clone())).collect();
        json_patch::merge(&mut after, &Value::Object(named));
        // A day that has come meanwhile is no fault of this amendment.
        let starts_later = order.hold.as_ref().is_some_and(|hold| hold.waits_for_start(now));
        let has_come =
            |date: &Option<String>| date.as_ref().is_some_and(|date| has_passed(date, now));
        let same = |name: &str| before.get(name) == after.get(name);
        let keeps_day = same("requestedDate") && has_come(&order.requested_date);
        let keeps_promise = same("promisedDate") && has_come(&order.promised_date);
        let keeps_start = same("requestedStartDate") && !starts_later;
        let kept = [
            ("requestedDate", keeps_day),
            ("promisedDate", keeps_promise),
            ("requestedStartDate", keeps_start),
        ];
        for (name, is_kept) in kept {
            if is_kept && let Some(object) = after.as_object_mut() {
                object.remove(name);
            }
        }
        let leniency =
            Leniency { party: order.party.is_none(), address: !order.address.is_complete() };
        let (amended, mut found) = match Registration::read_leniently(&after, now, leniency) {
            Ok(registration) => (Some(registration), Vec::new()),
            Err(found) => (None, found),
        };
        found.extend(faults.into_vec());
        let Some(mut amended) = amended.filter(|_| found.is_empty()) else { return Err(found) };
        if keeps_day {
            amended.requested_date.clone_from(&order.requested_date);
        }
        if keeps_promise {
            amended.promised_date.clone_from(&order.promised_date);
        }
        if keeps_start {
            amended.requested_start_date.clone_from(&order.requested_start_date);
        }
        let changes = changes(&before, &form_of(&amended));
        let aspects = changes.iter().map(|change| aspect(change.field, order, &amended)).collect();
        Ok(Amendment { amended, changes, aspects, reason, penalty_confirmed })
    }

    /// Another passport, or none: for those only who may see such documents.
    pub fn changes_identity_document(&self, order: &Order) -> bool {
        let of = |party: Option<&Party>| party.and_then(|party| party.identity_document.clone());
        of(order.party.as_ref()) != of(self.amended.party.as_ref())
    }

    /// The division may be another one.
    pub fn moves(&self) -> bool {
        self.aspects.contains(&Aspect::Address) || self.aspects.contains(&Aspect::Items)
    }

    /// Puts what was amended into the order.
    pub fn apply(&self, order: &mut Order) {
        let amended = self.amended.clone();
        order.external_id = amended.external_id;
        order.priority = amended.priority;
        order.requested_date = amended.requested_date;
        order.promised_date = amended.promised_date;
        order.requested_start_date = amended.requested_start_date;
        order.party = amended.party;
        order.address = amended.address;
        order.line_phone = amended.line_phone;
        order.items = amended.items;
        order.symptom = amended.symptom;
        order.description = amended.description;
    }
}

fn check_names(patch: &Map<String, Value>, faults: &Faults) {
    for name in patch.keys().map(String::as_str) {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        if FIXED.contains(&name) {
            let message =
                format!("{name} can not be amended; these can: {}.", AMENDABLE.join(", "));
            faults.add(&pointer, "not-amendable", message);
        } else if !AMENDABLE.contains(&name) && !["reason", "penaltyConfirmed"].contains(&name) {
            faults.add(&pointer, UNKNOWN_FIELD, format!("{name} is not a field of an order."));
        }
    }
}

/// The order as it would have to be sent.
fn form(order: &Order) -> Value {
    let mut form = json!({
        "kind": order.kind,
        "channel": order.channel,
        "externalId": order.external_id,
        "priority": order.priority,
        "requestedDate": order.requested_date,
        "promisedDate": order.promised_date,
        "requestedStartDate": order.requested_start_date,
        "party": order.party,
        "address": order.address,
        "linePhone": order.line_phone,
        "items": order.items,
        "symptom": order.symptom,
        "description": order.description,
    });
    strip(&mut form);
    form
}

fn form_of(registration: &Registration) -> Value {
    let mut form = json!({
        "kind": registration.kind,
        "channel": registration.channel,
        "externalId": registration.external_id,
        "priority": registration.priority,
        "requestedDate": registration.requested_date,
        "promisedDate": registration.promised_date,
        "requestedStartDate": registration.requested_start_date,
        "party": registration.party,
        "address": registration.address,
        "linePhone": registration.line_phone,
        "items": registration.items,
        "symptom": registration.symptom,
        "description": registration.description,
    });
    strip(&mut form);
    form
}

/// What is not there is not named; nor are no items, which only support orders have.
fn strip(form: &mut Value) {
    if let Some(object) = form.as_object_mut() {
        object.retain(|_, value| {
            !value.is_null() && value.as_array().is_none_or(|all| !all.is_empty())
        });
    }
}

fn changes(before: &Value, after: &Value) -> Vec<FieldChange> {
    let of = |form: &Value, field: &str| form.get(field).cloned().unwrap_or_default();
    AMENDABLE
        .iter()
        .map(|field| FieldChange { field, from: of(before, field), to: of(after, field) })
        .filter(|change| change.from != change.to)
        .collect()
}

fn aspect(field: &str, order: &Order, amended: &Registration) -> Aspect {
    match field {
        "party" if same_person(order.party.as_ref(), amended.party.as_ref()) => Aspect::Contact,
        "party" => Aspect::Party,
        "address" | "linePhone" => Aspect::Address,
        "items" if only_names_services(order, &amended.items) => Aspect::Details,
        "items" => Aspect::Items,
        "requestedDate" => Aspect::RequestedDate,
        "symptom" | "description" => Aspect::Description,
        _ => Aspect::Details,
    }
}

/// Whether the items differ in nothing but the services that they name, and the billing system was not told of one named
/// before.
fn only_names_services(order: &Order, amended: &[OrderItem]) -> bool {
    let nameless = |item: &OrderItem| OrderItem { service_id: None, ..item.clone() };
    let is_told = |key: &str| order.billing_objects.iter().any(|object| object.key == key);
    let keeps_agreement = |(before, after): (&OrderItem, &OrderItem)| {
        let is_kept = before.service_id == after.service_id;
        let may_go = before.service_id.as_deref().is_none_or(|key| !is_told(key));
        nameless(before) == nameless(after) && (is_kept || may_go)
    };
    order.items.len() == amended.len() && order.items.iter().zip(amended).all(keeps_agreement)
}

/// Whether two parties differ at most in how they are reached.
fn same_person(before: Option<&Party>, after: Option<&Party>) -> bool {
    let person = |party: &Party| Party {
        phone: None,
        email: None,
        language: Default::default(),
        ..party.clone()
    };
    before.map(person) == after.map(person)
}
