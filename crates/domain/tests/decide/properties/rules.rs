//! The rules that are kept besides those of every story: they need what was before, or what other commands would do.

use crate::stories::Story;
use crate::substitute::SUBSTITUTE_UNTIL;
use oms_domain::decide::{
    AvailableTransition, Command, Decision, Explanation, VisitRequest, available, decide, explain,
};
use oms_domain::effect::{Effect, EffectKind};
use oms_domain::event::{Event, EventType};
use oms_domain::order::{Appointment, AppointmentState, Order, TaskState};
use oms_domain::party::Language;
use oms_domain::rejection::Rejection;
use oms_domain::time::Instant;
use serde_json::Map;
use std::collections::BTreeMap;

/// So often something is left to do for the clock at one moment, at most.
const CHECKS_MAX: usize = 6;

/// What an order was before, as far as rules ask for it.
#[derive(Default)]
pub struct Past {
    /// All effects that were ever asked for, by id.
    asked: BTreeMap<String, EffectKind>,
    /// The hold under way.
    pause: Option<Pause>,
}

/// A hold since it began.
struct Pause {
    since: Instant,
    /// The deadline that the stage had then.
    due: Option<Instant>,
    division: String,
    /// The deadline has run for some of the time.
    ran: bool,
}

impl Past {
    /// Of an order that was registered just now.
    pub fn of(story: &Story, registration: &Decision) -> Past {
        let mut past = Past::default();
        past.note_effects(&registration.events, &registration.effects);
        let order = &story.order;
        if order.hold.is_some() {
            // It waits for its day.
            let minutes =
                story.scenario.stage(&order.stage.code).and_then(|it| it.deadline_minutes);
            let calendar = story.calendars.of(&order.division.code);
            let due = minutes.map(|it| calendar.plus_working_minutes(story.now, it));
            past.pause = Some(Pause::of(order, due));
        }
        past
    }

    /// After a step was decided, the order was `before`.
    pub fn follow(&mut self, role: &str, story: &Story, before: &Order, decision: &Decision) {
        for event in &decision.events {
            assert_eq!((event.at, event.actor.as_str()), (story.now, role), "{event:?}");
        }
        self.note_effects(&decision.events, &decision.effects);
        self.check_billing_requests(story);
        self.check_pause(story, before, decision);
        check_place(&story.order);
        if role == "substitute" && story.now >= SUBSTITUTE_UNTIL {
            assert!(decision.is_empty(), "the grant has ended");
        }
    }

    fn note_effects(&mut self, events: &[Event], effects: &[Effect]) {
        for effect in effects {
            let number = effect.id.rsplit_once('.').expect("an order and an event").1;
            let event = events.iter().find(|event| event.sequence.to_string() == number);
            let event = event.expect("the event that asks for it");
            let asks = match effect.kind {
                EffectKind::Draw => event.event_type == EventType::DocumentRequested,
                EffectKind::Provision => event.event_type == EventType::ProvisioningRequested,
                EffectKind::Retire => event.event_type == EventType::RetirementRequested,
                EffectKind::Escalate => matches!(
                    event.event_type,
                    EventType::DeadlineAtRisk
                        | EventType::DeadlineMissed
                        | EventType::EscalationRaised
                ),
            };
            assert!(asks, "{event:?} does not ask for {effect:?}");
            let earlier = self.asked.insert(effect.id.clone(), effect.kind);
            assert_eq!(earlier, None, "{} is asked for twice", effect.id);
        }
    }

    /// What stages have asked of the billing system was asked for, by stages that there are.
    fn check_billing_requests(&self, story: &Story) {
        for (id, stage) in &story.order.billing_requests {
            let is_asked =
                matches!(self.asked.get(id), Some(EffectKind::Provision | EffectKind::Retire));
            assert!(is_asked, "{id} was not asked of the billing system");
            assert!(story.scenario.stage(stage).is_some(), "{stage} has asked for {id}");
        }
    }

    /// A hold moves the deadline by the working time that passes meanwhile: never to an earlier time, by less only while the
    /// deadline runs on.
    fn check_pause(&mut self, story: &Story, before: &Order, decision: &Decision) {
        let after = &story.order;
        if before.hold.is_none() && after.hold.is_some() {
            self.pause = Some(Pause::of(after, before.stage.due_at));
        }
        let Some(pause) = &mut self.pause else { return };
        let moves = |event: &Event| event.event_type == EventType::Transitioned;
        let is_left = after.is_closed() || after.cancellation.is_some();
        if is_left || after.division.code != pause.division || decision.events.iter().any(moves) {
            // What came then is no longer the hold's doing.
            self.pause = None;
            return;
        }
        let (Some(was), due) = (pause.due, after.stage.due_at) else {
            assert_eq!(after.stage.due_at, None, "a hold makes no deadline");
            self.pause = self.pause.take().filter(|_| after.hold.is_some());
            return;
        };
        if after.hold.is_some() {
            pause.ran |= due.is_some();
        }
        if let Some(due) = due {
            assert!(due >= was, "the hold has moved the deadline from {was} to {due}");
            let calendar = story.calendars.of(&pause.division);
            let longer = calendar.working_ms_between(was, due);
            let passed = calendar.working_ms_between(pause.since, story.now);
            assert!(longer <= passed, "{longer} ms more after {passed} ms on hold");
            assert!(pause.ran || longer == passed, "{longer} ms more after {passed} ms on hold");
        } else {
            assert!(after.hold.is_some(), "the hold has ended and the deadline is gone");
        }
        if after.hold.is_none() {
            self.pause = None;
        }
    }
}

impl Pause {
    fn of(order: &Order, due: Option<Instant>) -> Pause {
        let hold = order.hold.as_ref().expect("it is on hold");
        Pause { since: hold.since, due, division: order.division.code.clone(), ran: false }
    }
}

/// The order knows where it is, and nothing waits for one that is closed.
fn check_place(order: &Order) {
    assert!(order.stages_entered.contains(&order.stage.code), "{} was entered", order.stage.code);
    let waits = |state: TaskState| matches!(state, TaskState::Open | TaskState::Waiting);
    for task in order.tasks.iter().filter(|task| waits(task.state)) {
        assert_eq!(task.stage, order.stage.code, "{} is to be done elsewhere", task.code);
    }
    if order.is_closed() {
        let is_booked = |it: &Appointment| it.state == AppointmentState::Booked;
        assert!(!order.appointment.as_ref().is_some_and(is_booked), "nobody comes any more");
        assert_eq!((order.stage.due_at, order.next_check_at()), (None, None));
        assert!(order.is_moving(), "nothing is awaited");
    }
}

/// When nothing is left to do for the clock, the order is looked at again later, or never.
pub fn check_clock(story: &Story) {
    let mut order = story.order.clone();
    for _ in 0..CHECKS_MAX {
        let checked = story.seen_by("system", |_, context| decide(&order, Command::Check, context));
        let checked = checked.expect("a look at the clock is never refused");
        if checked.is_empty() {
            let next = order.next_check_at();
            assert!(next.is_none_or(|next| next > story.now), "looked at for ever since {next:?}");
            return;
        }
        order = checked.order;
    }
    panic!("it never stands still at {}", story.now);
}

/// What the order waits for is told by its own stage and scenario: saying something changes nothing of it.
pub fn check_plan(story: &Story) {
    let text = "hello".to_owned();
    let said = story.seen_by("admin", |order, context| {
        decide(order, Command::Comment { text }, context).expect("everybody may listen")
    });
    assert_eq!(story.order.next_check_at(), said.order.next_check_at(), "planned before and after");
    assert_eq!(story.order.escalation, said.order.escalation);
}

/// What somebody is told of the transitions is what happens then. How many were made.
pub fn check_explanation(role: &str, language: Language, story: &Story) -> u64 {
    let explanation = story.seen_by(role, |order, context| explain(order, context, language));
    let offered = story.seen_by(role, available);
    assert_eq!(explanation.missing.len(), offered.len());
    offered.iter().filter(|offered| is_made(role, story, offered, &explanation)).count() as u64
}

fn is_made(
    role: &str,
    story: &Story,
    offered: &AvailableTransition,
    explanation: &Explanation,
) -> bool {
    let command = Command::Transition {
        transition: offered.transition.clone(),
        fields: Map::new(),
        comment: Some("so".to_owned()),
        visit: VisitRequest::default(),
    };
    let outcome = story.seen_by(role, |order, context| decide(order, command, context));
    let needs_fields = offered.fields.iter().any(|field| field.required);
    match outcome {
        Ok(decision) => {
            assert!(offered.allowed, "{} is made in spite of {:?}", offered.transition, offered);
            let mut next = explanation.next.iter();
            let next = next.find(|next| next.transition == offered.transition).expect("it is told");
            let Decision { order, effects, .. } = decision;
            let told = (next.stage.as_str(), next.state, next.due_at, next.division.as_str());
            let stage = &order.stage;
            let found = (
                stage.code.as_str(),
                order.state.code(),
                stage.due_at,
                order.division.name.as_str(),
            );
            assert_eq!(told, found, "{}", offered.transition);
            let kinds: Vec<EffectKind> = effects.iter().map(|effect| effect.kind).collect();
            assert_eq!(next.effects, kinds, "{}", offered.transition);
            true
        }
        Err(rejection) => {
            let is_told = |rejection: &Rejection| {
                let is_obstacle = offered.obstacles.iter().any(|it| it.code == rejection.code());
                is_obstacle || needs_fields && rejection.code() == "fields-required"
            };
            let all_are_told = match &rejection {
                Rejection::SeveralFaults { faults } => faults.iter().all(is_told),
                one => is_told(one),
            };
            assert!(all_are_told, "{}: {rejection}: {:?}", offered.transition, offered.obstacles);
            false
        }
    }
}
