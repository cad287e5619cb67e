//! What a subscriber sees: which orders are theirs, and what of an order and its history is told to them.
//!
//! A subscriber gets in by a code for one order. Theirs are that order and every other whose party has the same phone and
//! is the same person or company by name or tax number. All of it is asked of the order as it is now: an order that was
//! amended to be somebody else's shows to them alone.

use crate::address::Address;
use crate::event::{Event, EventType};
use crate::order::{
    AppointmentState, Document, Order, OrderItem, OrderKind, OrderState, ServiceReference,
};
use crate::party::{Language, Party, PartyType};
use crate::routing::normalise;
use crate::scenario::{LocalText, Scenario};
use crate::service;
use crate::time::Instant;
use serde::Serialize;
use serde_json::json;

/// Kinds of documents that a subscriber may have: the agreement, and not what the staff works by.
const OWN_DOCUMENTS: [&str; 1] = ["contract"];

/// Who a party is where only its own orders may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// In international form.
    pub phone: String,
    /// The type of the party with its names, of a legal entity with its tax number; compared as it is.
    pub identity: String,
}

impl Subscriber {
    /// None: the order has no party, or one that can't be told from others.
    pub fn of(order: &Order) -> Option<Subscriber> {
        Subscriber::of_party(order.party.as_ref()?)
    }

    /// None: it can't be told from others.
    pub fn of_party(party: &Party) -> Option<Subscriber> {
        let plain = |part: &Option<String>| part.as_deref().map(normalise::text);
        let kind = party.party_type.code();
        let identity = match party.party_type {
            PartyType::LegalEntity => json!([kind, plain(&party.tax_id)?]),
            PartyType::Individual => {
                let (given, middle) = (plain(&party.given_name), plain(&party.middle_name));
                json!([kind, plain(&party.family_name)?, given, middle])
            }
        };
        Some(Subscriber { phone: party.phone.clone()?, identity: identity.to_string() })
    }

    /// Whether the order is theirs.
    pub fn owns(&self, order: &Order) -> bool {
        Subscriber::of(order).as_ref() == Some(self)
    }
}

/// An order as its subscriber sees it: nothing that the staff says to each other, and none of their names.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileOrder<'a> {
    number: &'a str,
    kind: OrderKind,
    state: OrderState,
    stage: ProfileStage<'a>,
    registered_at: Instant,
    closed_at: Option<Instant>,
    requested_date: Option<&'a str>,
    requested_start_date: Option<&'a str>,
    /// The day by which they were promised that it is completed.
    promised_date: Option<&'a str>,
    address: &'a Address,
    items: &'a [OrderItem],
    /// Those that the order made and that run still, with their tariffs of today.
    services: Vec<ServiceReference>,
    symptom: Option<&'a str>,
    /// When an order on hold goes on by itself.
    waits_until: Option<Instant>,
    /// The visit that is booked, or was made.
    appointment: Option<ProfileVisit>,
    documents: Vec<ProfileDocument<'a>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProfileStage<'a> {
    code: &'a str,
    /// In the language that was asked for.
    name: &'a str,
    entered_at: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ProfileVisit {
    from: Instant,
    to: Instant,
    state: AppointmentState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProfileDocument<'a> {
    id: &'a str,
    kind: &'a str,
    name: &'a str,
    media_type: &'a str,
    size: i64,
    created_at: Instant,
    href: String,
}

/// The order as it is answered, with what other orders of the subscriber have done to its services since. None for the
/// scenario: it is not known here any more, and the stage keeps its English name.
pub fn shown<'a>(
    order: &'a Order,
    others: &[Order],
    scenario: Option<&'a Scenario>,
    language: Language,
) -> ProfileOrder<'a> {
    let stage = scenario.and_then(|scenario| scenario.stage(&order.stage.code));
    let document = |document: &'a Document| ProfileDocument {
        id: &document.id,
        kind: &document.kind,
        name: &document.name,
        media_type: &document.media_type,
        size: document.size,
        created_at: document.created_at,
        href: format!("/api/v1/profile/orders/{}/documents/{}", order.number, document.id),
    };
    ProfileOrder {
        number: &order.number,
        kind: order.kind,
        state: order.state,
        stage: ProfileStage {
            code: &order.stage.code,
            name: stage.map_or(&order.stage.name, |stage| stage.name.get(language)),
            entered_at: order.stage.entered_at,
        },
        registered_at: order.registered_at,
        closed_at: order.closed_at,
        requested_date: order.requested_date.as_deref(),
        requested_start_date: order.requested_start_date.as_deref(),
        promised_date: order.promised_date.as_deref(),
        address: &order.address,
        items: &order.items,
        services: service::running(order, others),
        symptom: order.symptom.as_deref(),
        waits_until: order.hold.as_ref().and_then(|hold| hold.until),
        appointment: order.appointment.as_ref().map(|visit| ProfileVisit {
            from: visit.from,
            to: visit.to,
            state: visit.state,
        }),
        documents: order.documents.iter().filter(|it| may_have(it)).map(document).collect(),
    }
}

/// Whether the subscriber of an order may have this document of it.
pub fn may_have(document: &Document) -> bool {
    document.superseded_at.is_none() && OWN_DOCUMENTS.contains(&document.kind.as_str())
}

/// An entry of the history as a subscriber reads it: no actor, no comment, and a sentence of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProfileEvent {
    at: Instant,
    #[serde(rename = "type")]
    event_type: EventType,
    text: String,
    /// When the visit is that the entry is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    visit: Option<ProfileTime>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ProfileTime {
    from: Instant,
    to: Instant,
}

/// What is told of an event. None: it is the staff's own business.
pub fn told(
    event: &Event,
    scenario: Option<&Scenario>,
    language: Language,
) -> Option<ProfileEvent> {
    let (en, ru) = match event.event_type {
        EventType::Registered | EventType::Imported => {
            ("The order was received.", "Заявка принята.")
        }
        EventType::Amended => ("The order was changed.", "Заявка изменена."),
        EventType::Transitioned => ("The order went on.", "Заявка перешла на следующий этап."),
        EventType::Held => ("Work on the order waits.", "Работа по заявке приостановлена."),
        EventType::Resumed => ("Work on the order goes on.", "Работа по заявке продолжается."),
        EventType::CancellationAsked => {
            ("It was asked to cancel the order.", "Запрошена отмена заявки.")
        }
        EventType::CancellationAccepted => {
            ("The cancellation was granted.", "Отмена заявки одобрена.")
        }
        EventType::CancellationRefused => ("The order is not cancelled.", "Заявка не отменяется."),
        EventType::CancellationRequested => ("The order is being cancelled.", "Заявка отменяется."),
        EventType::Cancelled => ("The order was cancelled.", "Заявка отменена."),
        EventType::VisitBooked => ("A visit was booked.", "Назначен выезд специалиста."),
        EventType::VisitMoved => ("The visit was moved.", "Выезд специалиста перенесён."),
        EventType::VisitReleased if event.data["workDone"] == true => {
            ("The visit is no longer needed.", "Выезд специалиста больше не нужен.")
        }
        EventType::VisitReleased => ("The visit was called off.", "Выезд специалиста отменён."),
        EventType::VisitDone => ("The visit took place.", "Выезд специалиста состоялся."),
        EventType::DocumentDrawn if is_own_document(event) => {
            ("The contract is ready.", "Договор готов.")
        }
        EventType::Provisioned => ("The services were set up.", "Услуги подключены."),
        EventType::Retired => ("The services were switched off.", "Услуги отключены."),
        EventType::Routed
        | EventType::ScenarioMigrated
        | EventType::TasksOpened
        | EventType::TaskCompleted
        | EventType::DocumentsSuperseded
        | EventType::VisitNotBooked
        | EventType::Assigned
        | EventType::Commented
        | EventType::DocumentRequested
        | EventType::DocumentDrawn
        | EventType::DocumentUploaded
        | EventType::ProvisioningRequested
        | EventType::RetirementRequested
        | EventType::DeadlineAtRisk
        | EventType::DeadlineMissed
        | EventType::EscalationRaised
        | EventType::EscalationPostponed
        | EventType::Escalated
        | EventType::EscalationAnswered
        | EventType::EffectFailed
        | EventType::EffectRetried
        | EventType::EffectCompletedByHand
        | EventType::EffectGivenUp => return None,
    };
    let text = match (entered(event, scenario), language) {
        (Some(stage), Language::En) => format!("The order went on: {}.", stage.en),
        (Some(stage), Language::Ru) => format!("Заявка перешла на этап: {}.", stage.ru),
        (None, Language::En) => en.to_owned(),
        (None, Language::Ru) => ru.to_owned(),
    };
    let instant = |name: &str| event.data[name].as_str().and_then(Instant::parse);
    let is_visit = matches!(event.event_type, EventType::VisitBooked | EventType::VisitMoved);
    Some(ProfileEvent {
        at: event.at,
        event_type: event.event_type,
        text,
        visit: instant("from")
            .zip(instant("to"))
            .filter(|_| is_visit)
            .map(|(from, to)| ProfileTime { from, to }),
    })
}

/// The name of the stage that a transition led to, if the order's scenario still has it.
fn entered<'a>(event: &Event, scenario: Option<&'a Scenario>) -> Option<&'a LocalText> {
    let is_transition = event.event_type == EventType::Transitioned;
    let code = event.data["to"].as_str().filter(|_| is_transition)?;
    Some(&scenario?.stage(code)?.name)
}

fn is_own_document(event: &Event) -> bool {
    event.data["kind"].as_str().is_some_and(|kind| OWN_DOCUMENTS.contains(&kind))
}
