//! A story: an order, and what people and the system do with it, one step per line.
//!
//! `role verb …`, or `after 30m` to move the clock. Each step is decided, its bookkeeping is checked, and the decision
//! becomes the next order.

use crate::orders::{ID, NEIGHBOURHOOD, coverage, form, registered_as, scenario};
use crate::substitute::actor_at;
use oms_domain::access::SYSTEM_NAME;
use oms_domain::amendment::Amendment;
use oms_domain::calendar::Calendars;
use oms_domain::decide::{AskedSlot, Command, Context, Decision, Told, VisitRequest, decide};
use oms_domain::effect::{Effect, EffectKind};
use oms_domain::event::Event;
use oms_domain::order::{Document, Order, OrderState};
use oms_domain::provisioning::{BillingObject, BillingStatus, ObjectName, known, plan, retirement};
use oms_domain::rejection::Rejection;
use oms_domain::replay::Replay;
use oms_domain::scenario::{FieldDefinition, FieldType, Scenario};
use oms_domain::time::Instant;
use oms_domain::workforce::Workforce;
use serde_json::{Map, Value};
use std::sync::Arc;

pub struct Story {
    pub order: Order,
    pub now: Instant,
    /// Nobody is registered, unless a story says otherwise.
    pub workforce: Workforce,
    /// Everybody works round the clock, unless a story says otherwise.
    pub calendars: &'static Calendars,
    /// Scenarios that the order can be moved to.
    pub scenarios: &'static [Scenario],
    pub scenario: &'static Scenario,
    events: i64,
    replay: Replay,
    /// What was asked for outside of the order so far.
    effects: Vec<Effect>,
    /// Different bytes for every document.
    documents: usize,
}

/// An individual's connection comes to the technicians who install it.
pub const TO_INSTALLATION: [&str; 5] = [
    "sales does accept",
    "tech does feasible",
    "system draws contract",
    "sales does sign",
    "system draws work-order",
];

/// What one step came to.
pub enum Step {
    Time,
    Decided(Box<Decision>),
    Rejected(Rejection),
}

impl Story {
    /// Steps of which none is refused.
    pub fn goes(&mut self, steps: &[&str]) {
        for step in steps {
            if let Step::Rejected(rejection) = self.step(step) {
                panic!("{step}: {rejection}");
            }
        }
    }

    /// Begins with the registration of a form, see [`form`].
    pub fn of(name: &str) -> (Story, Decision) {
        Story::in_scenario(name, scenario(name))
    }

    /// Begins with the registration of a form in this scenario.
    pub fn in_scenario(name: &str, scenario: &'static Scenario) -> (Story, Decision) {
        Story::with_id(name, scenario, ID)
    }

    /// One of several orders.
    pub fn with_id(name: &str, scenario: &'static Scenario, id: &str) -> (Story, Decision) {
        let decision = registered_as(id, &form(name), scenario);
        (Story::begun(&decision, scenario), decision)
    }

    /// Begins with this decision.
    pub fn begun(decision: &Decision, scenario: &'static Scenario) -> Story {
        let order = Order { version: 0, last_event: 0, ..decision.order.clone() };
        let mut story = Story {
            order,
            now: decision.order.updated_at,
            workforce: Workforce::default(),
            calendars: Calendars::round_the_clock(),
            scenarios: &[],
            scenario,
            events: 0,
            replay: Replay::default(),
            effects: Vec::new(),
            documents: 0,
        };
        story.accept(decision);
        story
    }

    /// Takes one step; a rejected one leaves the order as it was.
    pub fn step(&mut self, line: &str) -> Step {
        if let Some(time) = line.strip_prefix("after ") {
            self.now = self.now.plus_minutes(minutes(time));
            return Step::Time;
        }
        let (role, words) = line.split_once(' ').unwrap_or_else(|| panic!("who does what? {line}"));
        let command = self.command(words);
        self.take(role, command)
    }

    /// The same with a command that has no words.
    pub fn take(&mut self, role: &str, command: Command) -> Step {
        match self.seen_by(role, |order, context| decide(order, command, context)) {
            Err(rejection) => Step::Rejected(rejection),
            Ok(decision) => {
                self.accept(&decision);
                Step::Decided(Box::new(decision))
            }
        }
    }

    /// What the order looks like to somebody.
    pub fn seen_by<T>(&self, role: &str, look: impl FnOnce(&Order, Context<'_>) -> T) -> T {
        let actor = actor_at(role, self.now);
        let context = Context {
            now: self.now,
            actor: &actor,
            scenario: self.scenario,
            neighbourhood: &NEIGHBOURHOOD,
            workforce: Some(&self.workforce),
            calendars: self.calendars,
        };
        look(&self.order, context)
    }

    /// The rules that every decision keeps, whatever it is about.
    fn accept(&mut self, decision: &Decision) {
        let next = &decision.order;
        let sequences: Vec<i64> = decision.events.iter().map(|event| event.sequence).collect();
        let expected: Vec<i64> = (self.events + 1..).take(sequences.len()).collect();
        assert_eq!(sequences, expected, "events are counted without gaps");
        self.events += decision.events.len() as i64;
        assert_eq!(next.last_event, self.events, "the order knows the number of its events");
        let steps = i64::from(!decision.is_empty());
        assert_eq!(next.version, self.order.version + steps, "a change is one version");
        for effect in &decision.effects {
            let asked = |event: &&Event| effect.id == format!("{}.{}", next.id, event.sequence);
            assert!(
                decision.events.iter().any(|event| asked(&event)),
                "{} has no event",
                effect.id
            );
        }
        assert_eq!(next.is_closed(), next.closed_at.is_some(), "closed orders say when");
        let is_held = next.hold.is_some() && next.cancellation_request.is_none();
        assert_eq!(is_held, next.state == OrderState::Held);
        for event in &decision.events {
            self.replay.follow(event).expect("the history is whole");
        }
        let replayed = self.replay.order().expect("the history is whole");
        assert_eq!(&replayed, next, "the history replays to the order");
        assert!(next.fallout.is_empty() || next.has_fallout, "what is in fallout shows");
        self.effects.extend(decision.effects.iter().cloned());
        if self.order.scenario != next.scenario {
            self.scenario = self.found(&next.scenario.code, next.scenario.version);
        }
        self.order = next.clone();
        self.check_state();
    }

    fn found(&self, code: &str, version: u32) -> &'static Scenario {
        let mut scenarios = self.scenarios.iter();
        let found = scenarios.find(|it| it.code == code && it.version == version);
        found.unwrap_or_else(|| panic!("there is no {code} {version}"))
    }

    /// The technical state is that of the stage, but for what stands above it.
    fn check_state(&self) {
        let order = &self.order;
        let stage = self.scenario.stage(&order.stage.code).expect("the stage is in the scenario");
        let expected = match (&order.cancellation, &order.cancellation_request, &order.hold) {
            (Some(_), _, _) => OrderState::PendingCancellation,
            (None, Some(_), _) => OrderState::AssessingCancellation,
            (None, None, Some(_)) => OrderState::Held,
            (None, None, None) => stage.state,
        };
        assert_eq!(order.state, expected, "in {}", order.stage.code);
    }

    fn command(&mut self, words: &str) -> Command {
        let (words, because) = match words.split_once(" because ") {
            Some((words, reason)) => (words, Some(reason.to_owned())),
            None => (words, None),
        };
        let (verb, rest) = words.split_once(' ').unwrap_or((words, ""));
        let reason = || because.clone().unwrap_or_default();
        match verb {
            "does" => transition(rest, because),
            "holds" => {
                let until = rest.strip_prefix("for ");
                let until = until.map(|time| self.now.plus_minutes(minutes(time)));
                let reason_code = rest.strip_prefix("as ").map(str::to_owned);
                Command::Hold { reason: reason(), reason_code, until }
            }
            "moves" => {
                let visit = visit(&mut rest.split_whitespace().collect());
                Command::Reschedule { visit, reason: reason() }
            }
            "resumes" => Command::Resume,
            "cancels" => {
                Command::Cancel { reason: reason(), penalty_confirmed: rest == "at its price" }
            }
            "asks" => Command::AskCancellation { reason: reason() },
            "grants" => Command::AcceptCancellation {
                penalty_confirmed: rest == "at its price",
                comment: because,
            },
            "refuses" => Command::RefuseCancellation { reason: reason() },
            "amends" => {
                let (patch, penalty) = match rest.strip_suffix(" at its price") {
                    Some(patch) => (patch, true),
                    None => (rest, false),
                };
                let mut patch: Value =
                    serde_json::from_str(patch).unwrap_or_else(|_| panic!("{patch} is no JSON"));
                if penalty {
                    patch["penaltyConfirmed"] = Value::Bool(true);
                }
                let amendment = Amendment::read(&self.order, &patch, self.now)
                    .unwrap_or_else(|faults| panic!("{faults:?}"));
                let coverage = amendment.moves().then(|| Box::new(coverage()));
                Command::Amend { amendment: Box::new(amendment), coverage }
            }
            "finishes" => Command::CompleteTask { task: rest.to_owned(), comment: because },
            "gives" => Command::Assign { assignee: Some(rest.to_owned()) },
            "takes" => Command::Assign { assignee: None },
            "says" => Command::Comment { text: rest.to_owned() },
            "adds" => Command::AddDocument { document: self.document(rest, "somebody") },
            "draws" => Command::DocumentDrawn { document: self.document(rest, SYSTEM_NAME) },
            "repeats" => Command::AddDocument { document: self.order.documents[0].clone() },
            "provisions" => Command::Provisioned { objects: objects(&self.order) },
            "retires" if rest.starts_with('[') => {
                let names: Vec<ObjectName> = serde_json::from_str(rest).expect("names of objects");
                Command::Retired { objects: named(&self.order, names), is_partial: true }
            }
            "retires" => {
                Command::Retired { objects: retired(&self.order), is_partial: rest == "a part" }
            }
            "tells" => {
                let to = "division".to_owned();
                let told =
                    vec![Told { to, name: rest.to_owned(), email: None, stands_in_for: None }];
                Command::Escalated { rung: Some("missed".to_owned()), told }
            }
            "answers" => Command::AnswerEscalation { comment: reason() },
            "fails" => {
                let Effect { id, kind, .. } = self.effect(rest);
                let (kind, error) = (kind.code().to_owned(), "refused".to_owned());
                Command::EffectFailed { effect: id, kind, error }
            }
            "repairs" => Command::RetryEffect { effect: self.effect(rest).id, reason: reason() },
            "completes" => {
                let Effect { id, kind, payload } = self.effect(rest);
                Command::CompleteEffect { effect: id, kind, payload, reason: reason() }
            }
            "abandons" => Command::GiveUpEffect { effect: self.effect(rest).id, reason: reason() },
            "outdates" => Command::EffectOutdated { effect: self.effect(rest).id },
            "migrates" => self.migration(rest),
            "checks" => Command::Check,
            _ => panic!("nobody knows how to do {words:?}"),
        }
    }

    /// `retire 2`: the second of this kind that was asked for. `of 7`, whatever stands before: the one that the event with this
    /// number asked for. `retire`: one of before the story, that says nothing of itself; without a word it is one that draws.
    fn effect(&self, words: &str) -> Effect {
        if let Some((_, number)) = words.rsplit_once("of ") {
            let id = format!("{}.{number}", self.order.id);
            let found = self.effects.iter().find(|effect| effect.id == id);
            return found.unwrap_or_else(|| panic!("{words} was not asked for")).clone();
        }
        let (word, place) = words.split_once(' ').unwrap_or((words, ""));
        let kind = EffectKind::WORDS.iter().find(|(known, _)| *known == word);
        let kind = kind.map_or(EffectKind::Draw, |(_, kind)| *kind);
        assert!(word.is_empty() || kind.code() == word, "{word} is no effect");
        if place.is_empty() {
            return Effect { id: format!("{}.1", self.order.id), kind, payload: Value::Null };
        }
        let place: usize = place.parse().expect("a place");
        let mut asked = self.effects.iter().filter(|effect| effect.kind == kind);
        asked.nth(place - 1).unwrap_or_else(|| panic!("{words} was not asked for")).clone()
    }

    /// `connect-individual 1001`, with the stages that have other names there: `contract=agreement`.
    fn migration(&self, words: &str) -> Command {
        let mut words = words.split_whitespace();
        let mut next = || words.next().expect("a code and a version");
        let to = self.found(next(), next().parse().expect("a version"));
        let pair = |word: &str| {
            let (from, to) = word.split_once('=').unwrap_or_else(|| panic!("{word} is no stage"));
            (from.to_owned(), to.to_owned())
        };
        Command::MigrateScenario { to: Arc::new(to.clone()), stages: words.map(pair).collect() }
    }

    fn document(&mut self, kind: &str, created_by: &str) -> Document {
        self.documents += 1;
        Document {
            id: format!("document-{}", self.documents),
            kind: kind.to_owned(),
            name: format!("{kind}.pdf"),
            media_type: "application/pdf".to_owned(),
            sha256: format!("{:064x}", self.documents),
            size: 1,
            revision: self.order.revision,
            created_at: self.now,
            superseded_at: None,
            created_by: created_by.to_owned(),
        }
    }
}

/// `accept`, or `sign signedOn=2026-11-25`; a value that is JSON is taken as JSON.
fn transition(words: &str, comment: Option<String>) -> Command {
    let mut words = words.split_whitespace();
    let transition = words.next().expect("a transition").to_owned();
    let field = |word: &str| {
        let (name, value) = word.split_once('=').unwrap_or_else(|| panic!("{word} is no field"));
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        (name.to_owned(), value)
    };
    let mut words: Vec<&str> = words.collect();
    let visit = visit(&mut words);
    let fields: Map<String, Value> = words.into_iter().map(field).collect();
    Command::Transition { transition, fields, comment, visit }
}

/// `at=2026-11-25T09:00:00Z`, `who=anvar` and `over=true` ask for a visit; they are taken out of the words.
fn visit(words: &mut Vec<&str>) -> VisitRequest {
    let mut take = |name: &str| {
        let place = words.iter().position(|word| word.split('=').next() == Some(name))?;
        words.remove(place).split_once('=').map(|(_, value)| value.to_owned())
    };
    let from = take("at").map(|time| Instant::parse(&time).expect("a time"));
    let technician = take("who");
    let slot = from.map(|from| AskedSlot { from, technician });
    VisitRequest { slot, is_override: take("over").is_some(), rivals: 0 }
}

/// What the billing system makes of the order's plan.
pub fn objects(order: &Order) -> Vec<BillingObject> {
    let made = plan(order).into_iter().enumerate().map(|(index, planned)| BillingObject {
        kind: planned.kind,
        key: planned.key,
        id: format!("bm-{index}"),
        status: BillingStatus::Active,
    });
    made.collect()
}

/// What the billing system retires for the order: what the order does not know of is there, too.
fn retired(order: &Order) -> Vec<BillingObject> {
    named(order, retirement(order))
}

fn named(order: &Order, names: Vec<ObjectName>) -> Vec<BillingObject> {
    let id = |name: &ObjectName| known(order, name).map_or("bm-x", |object| &object.id).to_owned();
    let retired = names.into_iter().map(|name| BillingObject {
        id: id(&name),
        kind: name.kind,
        key: name.key,
        status: BillingStatus::Retired,
    });
    retired.collect()
}

fn minutes(text: &str) -> i64 {
    let number = text.strip_suffix('m').unwrap_or_else(|| panic!("{text} is not minutes"));
    number.parse().expect("minutes")
}

/// State, stage, division, events and effects of a decision, as the tables write them.
pub fn told(decision: &Decision) -> String {
    let Decision { order, events, effects, .. } = decision;
    if decision.is_empty() {
        return "nothing".to_owned();
    }
    let place = format!("{} {} {}", order.state.code(), order.stage.code, order.division.code);
    let events: Vec<String> = events.iter().map(|event| word(&event.event_type)).collect();
    let effects: Vec<String> = effects.iter().map(effect_word).collect();
    format!("{place} | {} | {}", events.join(" "), effects.join(" ")).trim_end().to_owned()
}

fn word<T: serde::Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).expect("it is a word");
    value.as_str().expect("it is a word").to_owned()
}

pub fn effect_word(effect: &Effect) -> String {
    match effect.payload["template"].as_str() {
        Some(template) => format!("{}:{template}", effect.kind.code()),
        None => effect.kind.code().to_owned(),
    }
}

/// A sound value of a field, as steps of stories write it.
pub fn sample(field: &FieldDefinition) -> String {
    let value = match field.field_type {
        FieldType::Text => "x-17",
        FieldType::Date => "2026-12-01",
        FieldType::Boolean => "true",
        FieldType::Number => "17",
        FieldType::Choice => field.choices[0].code.as_str(),
    };
    format!(" {}={value}", field.code)
}
