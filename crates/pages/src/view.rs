//! What the pages show: plain values, made of the domain's.

use oms_domain::effect::EffectState;
use oms_domain::event::Event;
use oms_domain::order::{AppointmentState, Order, OrderState, Task};
use oms_domain::party::Language;
use oms_domain::projection::Outlook;
use oms_domain::scenario::{self, Scenario};
use oms_domain::time::Instant;
use oms_domain::zone::WallClock;
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct OrderRow {
    number: String,
    id: String,
    registered: String,
    party: String,
    address: String,
    kind: String,
    stage: String,
    state: String,
    division: String,
    due: Option<String>,
    overdue: bool,
}

/// The list of orders.
#[derive(Debug, Clone, Serialize)]
pub struct OrdersPage {
    pub actor: String,
    pub question: String,
    pub rows: Vec<OrderRow>,
    /// The address of the next page.
    pub next: Option<String>,
    /// There are no orders at all, not even unfound ones.
    pub filtered: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Named {
    name: String,
    value: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct DocumentRow {
    href: String,
    name: String,
    kind: String,
    created: String,
    by: String,
    kilobytes: i64,
    /// Since when it no longer counts.
    superseded: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct WorkRow {
    pub kind: String,
    pub state: String,
    pub attempts: i64,
    pub next: Option<String>,
    pub error: Option<String>,
    pub waits: bool,
    pub fallout: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct HistoryRow {
    at: String,
    actor: String,
    summary: String,
    comment: Option<String>,
}

/// A task of the stage; `state` is the word of the API.
#[derive(Debug, Clone, Serialize)]
pub struct TaskRow {
    name: String,
    division: String,
    state: String,
    by: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct StageStep {
    name: String,
    current: bool,
}

/// The visit of a technician that is booked, or was made.
#[derive(Debug, Clone, Serialize)]
pub struct VisitRow {
    technician: String,
    time: String,
    done: bool,
}

/// What an order's page is drawn with, beside the order itself.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// None: it is not known here any more; the page does without its stages.
    pub scenario: Option<&'a Scenario>,
    /// That of the order's division; all times of the page are read on it.
    pub clock: WallClock,
    pub language: Language,
    pub now: Instant,
    /// When it will probably be completed. None: the page does not tell.
    pub outlook: Option<&'a Outlook>,
}

/// One order with all that a person asks about it.
#[derive(Debug, Clone, Serialize)]
pub struct OrderPage {
    pub actor: String,
    pub order: OrderRow,
    /// Name of the time zone of all times.
    zone: String,
    visit: Option<VisitRow>,
    /// The day that the subscriber was promised, and whether it is at risk.
    promised: Option<String>,
    promise_at_risk: bool,
    /// The day on which the order will probably be completed.
    projected: Option<String>,
    reason: String,
    hold: Option<String>,
    /// Why it is being cancelled, while what it has made is taken back.
    cancellation: Option<String>,
    /// Who has asked to cancel it and why, until that is answered.
    cancellation_request: Option<Named>,
    assignee: Option<String>,
    steps: Vec<StageStep>,
    next_transitions: Vec<String>,
    tasks: Vec<TaskRow>,
    items: Vec<Named>,
    fields: Vec<Named>,
    contact: Vec<Named>,
    symptom: Option<String>,
    documents: Vec<DocumentRow>,
    objects: Vec<Named>,
    work: Vec<WorkRow>,
    history: Vec<HistoryRow>,
}

fn row(order: &Order, around: Surroundings<'_>) -> OrderRow {
    let Surroundings { scenario, clock, language, now, .. } = around;
    let stage = scenario.and_then(|scenario| scenario.stage(&order.stage.code));
    OrderRow {
        number: order.number.clone(),
        id: order.id.clone(),
        registered: clock.shown(order.registered_at),
        party: order.party.as_ref().map(|party| party.display_name()).unwrap_or_default(),
        address: order.address.line(),
        kind: order.kind.code().to_owned(),
        stage: stage.map_or(order.stage.name.as_str(), |stage| stage.name.get(language)).to_owned(),
        state: order.state.code().to_owned(),
        division: order.division.name.clone(),
        due: order.stage.due_at.map(|due| clock.shown(due)),
        overdue: order.stage.due_at.is_some_and(|due| due < now),
    }
}

/// Orders of several divisions: their times are in UTC.
pub fn orders_page(
    actor: &str,
    question: &str,
    orders: &[Order],
    next: Option<String>,
    language: Language,
    now: Instant,
) -> OrdersPage {
    let row = |order: &Order| {
        let scenario = scenario::find(&order.scenario.code, order.scenario.version);
        row(order, Surroundings { scenario, clock: WallClock::UTC, language, now, outlook: None })
    };
    OrdersPage {
        actor: actor.to_owned(),
        question: question.to_owned(),
        rows: orders.iter().map(row).collect(),
        next,
        filtered: !question.is_empty(),
    }
}

pub fn order_page(
    actor: &str,
    order: &Order,
    history: &[Event],
    work: Vec<WorkRow>,
    around: Surroundings<'_>,
) -> OrderPage {
    let Surroundings { scenario, clock, language, outlook, .. } = around;
    let named = |name: &str, value: &str| Named { name: name.to_owned(), value: value.to_owned() };
    let mut contact = Vec::new();
    if let Some(party) = &order.party {
        contact.extend(party.phone.as_deref().map(|phone| named("phone", phone)));
        contact.extend(party.email.as_deref().map(|email| named("email", email)));
    }
    contact.extend(order.line_phone.as_deref().map(|phone| named("line", phone)));
    let items = order.items.iter().map(|item| {
        let known = [item.tariff.as_deref(), item.service_id.as_deref()];
        named(item.service.code(), &known.into_iter().flatten().collect::<Vec<_>>().join(" · "))
    });
    let value_text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    OrderPage {
        actor: actor.to_owned(),
        order: row(order, around),
        zone: clock.zone_name().to_owned(),
        visit: order.appointment.as_ref().map(|visit| VisitRow {
            technician: visit.technician_name.clone(),
            time: clock.shown_period(visit.from, visit.to),
            done: visit.state == AppointmentState::Done,
        }),
        promised: order.promised_date.clone(),
        promise_at_risk: outlook.is_some_and(|outlook| outlook.promise_at_risk),
        projected: outlook.and_then(|outlook| outlook.projected_date.clone()),
        reason: order.routing.reason.clone(),
        hold: order.hold.as_ref().map(|hold| hold.reason.clone()),
        cancellation: order.cancellation.as_ref().map(|cancellation| cancellation.reason.clone()),
        cancellation_request: order
            .cancellation_request
            .as_ref()
            .map(|request| named(&request.requested_by, &request.reason)),
        assignee: order.assignee.clone(),
        steps: scenario.map_or_else(Vec::new, |scenario| {
            // A closed order's way is known; an open one may still come through every stage.
            let usual = scenario.stages.iter().filter(|stage| match order.is_closed() {
                true => order.stages_entered.contains(&stage.code),
                false => !matches!(stage.state, OrderState::Rejected | OrderState::Cancelled),
            });
            let step = |stage: &scenario::Stage| StageStep {
                name: stage.name.get(language).to_owned(),
                current: stage.code == order.stage.code,
            };
            usual.map(step).collect()
        }),
        next_transitions: scenario.map_or_else(Vec::new, |scenario| {
            let leaving = scenario.transitions_from(&order.stage.code);
            leaving.map(|transition| transition.name.get(language).to_owned()).collect()
        }),
        tasks: task_rows(order, scenario, language),
        items: items.collect(),
        fields: order
            .fields
            .iter()
            .map(|(code, value)| {
                let definition = definition_of(scenario, code);
                let name = definition.map_or(code.as_str(), |it| it.name.get(language));
                let choices = definition.map(|it| it.choices.as_slice()).unwrap_or_default();
                let chosen = choices.iter().find(|choice| value.as_str() == Some(&choice.code));
                let text = chosen.map(|choice| choice.name.get(language).to_owned());
                named(name, &text.unwrap_or_else(|| value_text(value)))
            })
            .collect(),
        contact,
        symptom: order.symptom.clone(),
        documents: order
            .documents
            .iter()
            .map(|document| DocumentRow {
                href: format!("/api/v1/documents/{}", document.id),
                name: document.name.clone(),
                kind: document.kind.clone(),
                created: clock.shown(document.created_at),
                by: document.created_by.clone(),
                superseded: document.superseded_at.map(|at| clock.shown(at)),
                kilobytes: (document.size + 1023) / 1024,
            })
            .collect(),
        objects: order
            .billing_objects
            .iter()
            .map(|object| {
                named(
                    &format!("{:?} {}", object.kind, object.key),
                    &format!("{} · {:?}", object.id, object.status),
                )
            })
            .collect(),
        work,
        history: history
            .iter()
            .map(|event| HistoryRow {
                at: clock.shown(event.at),
                actor: event.actor.clone(),
                summary: event.summary.clone(),
                comment: event.comment.clone(),
            })
            .collect(),
    }
}

/// The field as the scenario's transitions ask for it.
fn definition_of<'a>(
    scenario: Option<&'a scenario::Scenario>,
    code: &str,
) -> Option<&'a scenario::FieldDefinition> {
    let transitions = scenario.into_iter().flat_map(|scenario| &scenario.transitions);
    transitions.flat_map(|transition| &transition.fields).find(|field| field.code == code)
}

/// What is to be done in the stage where the order is.
fn task_rows(
    order: &Order,
    scenario: Option<&scenario::Scenario>,
    language: Language,
) -> Vec<TaskRow> {
    let stage = scenario.and_then(|scenario| scenario.stage(&order.stage.code));
    let definitions = stage.map(|stage| stage.tasks.as_slice()).unwrap_or_default();
    let tasks = order.tasks.iter().filter(|task| task.stage == order.stage.code);
    let row = |task: &Task| {
        let definition = definitions.iter().find(|it| it.code == task.definition());
        let name = definition.map(|it| task.named(it.name.get(language)));
        TaskRow {
            name: name.unwrap_or_else(|| task.name.clone()),
            division: task.division.name.clone(),
            state: task.state.code().to_owned(),
            by: task.completed_by.clone(),
        }
    };
    tasks.map(row).collect()
}

impl WorkRow {
    /// An effect of the order as its page shows it.
    pub fn new(
        kind: &str,
        state: EffectState,
        attempts: i64,
        next: Option<Instant>,
        error: Option<String>,
        clock: WallClock,
    ) -> WorkRow {
        WorkRow {
            kind: kind.to_owned(),
            state: state.code().to_owned(),
            attempts,
            next: next.filter(|_| state == EffectState::Waiting).map(|at| clock.shown(at)),
            error,
            waits: state == EffectState::Waiting,
            fallout: state == EffectState::Fallout,
        }
    }
}
