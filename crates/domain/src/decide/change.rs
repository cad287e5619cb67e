//! A change in the making: the next state with the events and effects so far.

use super::visits::{BookingChange, VisitRequest};
use super::{Context, ladder, tasks, timed, visits};
use crate::calendar::Calendar;
use crate::catalogue::Service;
use crate::division::DivisionReference;
use crate::effect::{Effect, EffectKind};
use crate::escalation::{Jeopardy, StageEscalation};
use crate::event::{Event, EventType};
use crate::order::{CurrentStage, Order, OrderState};
use crate::party::Language;
use crate::projection::{Known, Medians, Outlook, outlook};
use crate::provisioning;
use crate::rejection::Rejection;
use crate::replay;
use crate::routing::{Coverage, ServiceDivision};
use crate::scenario::{EntryAction, LocalText, Scenario, Stage};
use serde_json::{Value, json};

/// The next state of an order, its new history, and what is to be done outside of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub order: Order,
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
    /// What becomes of visits.
    pub bookings: Vec<BookingChange>,
    /// When the order will probably be completed, as it is after this; None: nobody has asked.
    pub outlook: Option<Outlook>,
}

impl Decision {
    /// The order as callers see it, with its outlook.
    pub fn order_to_api(&self) -> Value {
        let mut answer = self.order.to_api();
        if let Some(outlook) = &self.outlook {
            outlook.add_to(&mut answer);
        }
        answer
    }

    /// Tells when the order will probably be completed, by what the stages of its scenario took other orders.
    pub fn with_outlook(self, context: Context<'_>, medians: &Medians) -> Decision {
        let Context { now, scenario, neighbourhood, calendars, .. } = context;
        let known = Known { now, scenario, medians, neighbourhood, calendars };
        let outlook = Some(outlook(&self.order, known));
        Decision { outlook, ..self }
    }

    /// The command found its work done already.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

pub(super) struct Change<'a> {
    pub order: Order,
    pub context: Context<'a>,
    /// None: the order is new.
    before: Option<&'a Order>,
    /// What the caller wants of a visit, if a stage with one is entered.
    pub visit: VisitRequest,
    /// The stage is done again where the order stands, because what was ordered changes: a visit that was agreed on may stay.
    pub is_redo: bool,
    pub bookings: Vec<BookingChange>,
    events: Vec<Event>,
    effects: Vec<Effect>,
}

impl<'a> Change<'a> {
    /// Of a new order.
    pub fn new(order: Order, context: Context<'a>) -> Self {
        Change {
            order,
            context,
            before: None,
            visit: VisitRequest::default(),
            is_redo: false,
            bookings: Vec::new(),
            events: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// Of an order that there is.
    pub fn of(order: &'a Order, context: Context<'a>) -> Self {
        Change { before: Some(order), ..Change::new(order.clone(), context) }
    }

    /// The services that the order was about before this change.
    pub fn services_before(&self) -> Vec<Service> {
        tasks::services(self.before.unwrap_or(&self.order))
    }

    /// Adds to the history; answers the number of the event.
    pub fn record(
        &mut self,
        event_type: EventType,
        summary: String,
        comment: Option<String>,
        data: Value,
    ) -> i64 {
        self.order.last_event += 1;
        let sequence = self.order.last_event;
        let actor = self.context.actor.name.clone();
        self.events.push(Event {
            sequence,
            at: self.context.now,
            event_type,
            actor,
            summary,
            comment,
            data,
            change: None,
        });
        sequence
    }

    /// Asks for something outside the order. The event says so in the history and gives the effect its id, which is answered.
    pub fn request(
        &mut self,
        kind: EffectKind,
        event_type: EventType,
        summary: String,
        payload: Value,
    ) -> String {
        let sequence = self.record(event_type, summary, None, payload.clone());
        let id = format!("{}.{sequence}", self.order.id);
        self.effects.push(Effect { id: id.clone(), kind, payload });
        id
    }

    /// Asks the billing system for what the stage wants in which the order is: wanted until the order is sent back.
    pub fn request_of_stage(&mut self, kind: EffectKind, event_type: EventType, summary: &str) {
        let stage = self.order.stage.code.clone();
        let payload = provisioning::payload_of_stage(&stage);
        let id = self.request(kind, event_type, summary.to_owned(), payload);
        self.order.billing_requests.insert(id, stage);
    }

    /// What the stage wants into which the order is sent back, and every stage after it, is wanted no more, or asked for anew.
    fn forget_requests(&mut self, next: &Stage) {
        let scenario = self.context.scenario;
        let place = scenario.place(&next.code);
        if place <= scenario.place(&self.order.stage.code) {
            self.order.billing_requests.retain(|_, stage| scenario.place(stage) < place);
        }
    }

    /// The order is, or was sent back, before every stage that draws documents of this template.
    pub fn is_before_drawing(&self, template: &str) -> bool {
        let scenario = self.context.scenario;
        let draws = |action: &EntryAction| matches!(action, EntryAction::Draw { template: drawn } if drawn == template);
        let first = scenario.stages.iter().position(|stage| stage.on_entry.iter().any(draws));
        first.is_some_and(|first| scenario.place(&self.order.stage.code) < Some(first))
    }

    /// Puts the order into a stage: state, responsible division, deadline, and what the stage does on entry.
    pub fn enter_stage(&mut self, stage: &Stage) -> Result<(), Rejection> {
        let now = self.context.now;
        visits::leave(self, stage);
        self.forget_requests(stage);
        self.order.stage = CurrentStage {
            code: stage.code.clone(),
            name: stage.name.get(Language::En).to_owned(),
            entered_at: now,
            due_at: None,
        };
        self.order.state = stage.state;
        self.order.escalated = false;
        self.order.jeopardy = Jeopardy::None;
        self.order.done_meanwhile.clear();
        self.order.escalation = StageEscalation::default();
        self.order.stood_still_ms = None;
        self.order.leaves_at = timed::first_minutes(self.context.scenario, &stage.code)
            .map(|minutes| now.plus_minutes(minutes));
        if !self.order.stages_entered.contains(&stage.code) {
            self.order.stages_entered.push(stage.code.clone());
        }
        self.order.closed_at = None;
        if stage.state.is_closed() {
            self.order.closed_at = Some(now);
        } else {
            self.route(stage)?;
            // In the working time of the division that has the order now.
            let calendar = self.calendar();
            self.order.stage.due_at =
                stage.deadline_minutes.map(|minutes| calendar.plus_working_minutes(now, minutes));
        }
        tasks::open(self, stage)?;
        for action in &stage.on_entry {
            match action {
                EntryAction::Draw { template } => {
                    let summary = format!("Document {template} is asked for.");
                    let payload = json!({ "template": template });
                    self.request(EffectKind::Draw, EventType::DocumentRequested, summary, payload);
                }
                EntryAction::Provision => {
                    let summary = "The objects in the billing system are asked for.";
                    let event_type = EventType::ProvisioningRequested;
                    self.request_of_stage(EffectKind::Provision, event_type, summary);
                }
                EntryAction::Retire => {
                    let summary = "What the order ends is to be retired.";
                    let event_type = EventType::RetirementRequested;
                    self.request_of_stage(EffectKind::Retire, event_type, summary);
                }
                EntryAction::Book { .. } => visits::book(self, stage)?,
            }
        }
        Ok(())
    }

    /// The name of the stage in which the order is; of one that its scenario does not have the English one twice.
    pub fn stage_name(&self) -> LocalText {
        let stage = &self.order.stage;
        let known = self.context.scenario.stage(&stage.code).map(|known| known.name.clone());
        known.unwrap_or_else(|| LocalText { en: stage.name.clone(), ru: stage.name.clone() })
    }

    /// The technical state of the order where it is: that of its stage, but for what stands above it.
    pub fn state_of_stage(&self) -> OrderState {
        let order = &self.order;
        let stage = self.context.scenario.stage(&order.stage.code);
        match (&order.cancellation_request, &order.hold) {
            (Some(_), _) => OrderState::AssessingCancellation,
            (None, Some(_)) => OrderState::Held,
            (None, None) => stage.map_or(OrderState::InProgress, |stage| stage.state),
        }
    }

    /// When the division works that has the order.
    pub fn calendar(&self) -> &'a Calendar {
        self.context.calendars.of(&self.order.division.code)
    }

    /// The division above the one that has the order; None: there is none within reach.
    pub fn parent_division(&self) -> Option<DivisionReference> {
        let parent = self.context.neighbourhood.parent_of(&self.order.division.code)?;
        Some(DivisionReference { code: parent.code.clone(), name: parent.name.clone() })
    }

    pub fn request_retirement(&mut self) {
        let summary = "The order's objects in the billing system are to be retired.".to_owned();
        self.request(EffectKind::Retire, EventType::RetirementRequested, summary, Value::Null);
    }

    /// The division of a kind that is nearest to the one that operates the address.
    pub fn division_of_kind(&self, kind: Option<&str>) -> Result<DivisionReference, Rejection> {
        let found = self.coverage().division_for(kind);
        found.map(|(division, _)| division).ok_or_else(|| self.division_missing())
    }

    /// The same for one of the order's services. Where that division is no longer in the organisation: as for the whole.
    pub fn division_of_service(
        &self,
        service: &ServiceDivision,
        kind: Option<&str>,
    ) -> Result<DivisionReference, Rejection> {
        let Some(around) = self.context.neighbourhood.around(&service.division.code) else {
            return self.division_of_kind(kind);
        };
        let coverage = Coverage {
            rule: service.rule.clone(),
            neighbourhood: around.alone(),
            ..Coverage::default()
        };
        let found = coverage.division_for(kind);
        found.map(|(division, _)| division).ok_or_else(|| self.division_missing())
    }

    /// The division that operates the order's address is not in the organisation any more, or there is none at all.
    fn division_missing(&self) -> Rejection {
        match &self.order.routing.covering {
            Some(covering) => Rejection::DivisionMissing { division: covering.name.clone() },
            None => Rejection::OrganisationMissing,
        }
    }

    fn coverage(&self) -> Coverage {
        Coverage {
            rule: self.order.routing.rule.clone(),
            beaten: self.order.routing.beaten.clone(),
            neighbourhood: self.context.neighbourhood.alone(),
            by_service: self.order.routing.by_service.clone(),
        }
    }

    /// Finds the division that the stage asks for. The covering division and its rule stay as they were found.
    pub fn route(&mut self, stage: &Stage) -> Result<(), Rejection> {
        let found = self.coverage().division_for(stage.division_kind.as_deref());
        let (division, decision) = found.ok_or_else(|| self.division_missing())?;
        let moved = self.order.division != division;
        self.order.routing = decision;
        if moved {
            let summary = format!("Goes to {}: {}", division.name, self.order.routing.reason);
            let data = json!({ "from": self.order.division.code, "to": division.code });
            self.order.division = division;
            self.order.assignee = None;
            self.record(EventType::Routed, summary, None, data);
        }
        Ok(())
    }

    pub fn into_decision(self) -> Decision {
        let scenario = self.context.scenario;
        self.into_decision_by(scenario)
    }

    /// The decision about an order that goes on by this scenario.
    pub fn into_decision_by(mut self, scenario: &Scenario) -> Decision {
        let next_rung_at = ladder::next_rung_at(&self, scenario);
        if let Some(last) = self.events.last_mut() {
            self.order.version += 1;
            self.order.updated_at = self.context.now;
            self.order.escalation.next_rung_at = next_rung_at;
            last.change = Some(replay::difference(self.before, &self.order));
        }
        Decision {
            order: self.order,
            events: self.events,
            effects: self.effects,
            bookings: self.bookings,
            outlook: None,
        }
    }
}
