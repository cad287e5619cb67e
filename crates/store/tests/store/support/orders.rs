//! Orders as the domain makes them, ready to be saved.

use crate::support::database::TestStore;
use crate::support::operator::{admin, divisions, rules};
use oms_app::ports::{OrderReference, Orders, Save, SaveError};
use oms_domain::calendar::Calendars;
use oms_domain::decide::{self, Command, Context, Decision};
use oms_domain::division::Neighbourhood;
use oms_domain::effect::{Effect, EffectKind};
use oms_domain::number::order_number;
use oms_domain::order::{Document, Order};
use oms_domain::registration::Registration;
use oms_domain::routing::Coverage;
use oms_domain::scenario::{self, Scenario};
use oms_domain::time::Instant;
use serde_json::{Value, json};
use uuid::Uuid;

/// 2026-11-24T09:00:00Z, a Tuesday.
pub const MORNING: Instant = Instant(1_795_510_800_000);

/// A sound connect order of a person in Tashkent.
pub fn connect() -> Value {
    json!({
        "kind": "connect", "channel": "operator", "externalId": "crm-77",
        "party": {
            "type": "individual", "familyName": "Karimov", "givenName": "Anvar", "phone": "+998901234567",
            "email": "a.karimov@example.org", "language": "ru"
        },
        "address": {
            "country": "UZ", "region": "Tashkent", "city": "Tashkent", "street": "Amir Temur", "house": "12A",
            "flat": "45", "postcode": "100000"
        },
        "items": [{ "id": "1", "service": "internet", "action": "add", "tariff": "home-300" }]
    })
}

/// A call for help of the same person.
pub fn support() -> Value {
    let mut form = connect();
    form["kind"] = "support".into();
    form["symptom"] = "No internet since the morning".into();
    form["items"] = json!([]);
    form
}

/// Registers a form: a decision with its own id and number, not saved yet.
pub fn decision(form: &Value, now: Instant) -> Decision {
    let registration = Registration::read(form, now).unwrap_or_else(|faults| panic!("{faults:?}"));
    let scenario = scenario::for_order(registration.kind, registration.party_type());
    decision_in(scenario.expect("a scenario"), form, now)
}

/// The same in a scenario of the caller's choice.
pub fn decision_in(scenario: &Scenario, form: &Value, now: Instant) -> Decision {
    let registration = Registration::read(form, now).unwrap_or_else(|faults| panic!("{faults:?}"));
    let neighbourhood = Neighbourhood::of(&divisions(), "north-tech");
    let coverage =
        Coverage { rule: rules().into_iter().next(), neighbourhood, ..Coverage::default() };
    let admin = admin();
    let context = Context {
        now,
        actor: &admin,
        scenario,
        neighbourhood: &coverage.neighbourhood,
        workforce: None,
        calendars: Calendars::round_the_clock(),
    };
    let id = Uuid::now_v7();
    let number = order_number(now, Uuid::new_v4().as_u64_pair().1);
    decide::register(registration, id.to_string(), number, &coverage, context).expect("a decision")
}

/// What a command does to an order as it was saved last.
pub fn next(order: &Order, command: Command, now: Instant) -> Decision {
    let scenario = scenario::find(&order.scenario.code, order.scenario.version);
    let neighbourhood = Neighbourhood::of(&divisions(), "north-tech");
    let admin = admin();
    let context = Context {
        now,
        actor: &admin,
        scenario: scenario.expect("a scenario"),
        neighbourhood: &neighbourhood,
        workforce: None,
        calendars: Calendars::round_the_clock(),
    };
    decide::decide(order, command, context).expect("a decision")
}

pub fn comment(text: &str) -> Command {
    Command::Comment { text: text.to_owned() }
}

pub fn transition(code: &str) -> Command {
    let fields = serde_json::Map::new();
    Command::Transition {
        transition: code.to_owned(),
        fields,
        comment: None,
        visit: decide::VisitRequest::default(),
    }
}

/// A save of a decision on the version it was made on, and nothing along.
pub fn save_of(decision: &Decision, now: Instant) -> Save<'_> {
    Save {
        decision,
        // A registration is the first version; it is made on none.
        expected_version: decision.order.version - 1,
        duplicate_key: None,
        import_key: None,
        idempotency: None,
        settlement: None,
        documents: Vec::new(),
        escalations: Vec::new(),
        now,
    }
}

/// Registers and saves an order.
pub async fn saved(store: &TestStore, form: &Value, now: Instant) -> Order {
    let decision = decision(form, now);
    store.save(save_of(&decision, now)).await.expect("it is saved");
    decision.order
}

/// Saves an order that asks for some effects at once.
pub async fn saved_with_effects(store: &TestStore, kinds: &[EffectKind], now: Instant) -> Order {
    let mut decision = decision(&support(), now);
    let effect = |(index, kind): (usize, &EffectKind)| Effect {
        id: format!("{}.{:03}", decision.order.id, index + 1),
        kind: *kind,
        payload: json!({ "place": index }),
    };
    decision.effects = kinds.iter().enumerate().map(effect).collect();
    store.save(save_of(&decision, now)).await.expect("it is saved");
    decision.order
}

/// Decides a command on an order and saves it.
pub async fn change(
    store: &TestStore,
    order: &Order,
    command: Command,
    now: Instant,
) -> Result<Order, SaveError> {
    let decision = next(order, command, now);
    store.save(save_of(&decision, now)).await?;
    Ok(decision.order)
}

/// The order as the database has it now.
pub async fn stored(store: &TestStore, id: &str) -> Order {
    let reference = OrderReference::Id(id.to_owned());
    store.find(&reference).await.expect("it is looked up").expect("it is there")
}

pub fn document(order: &Order, kind: &str, sha256: &str) -> Document {
    Document {
        id: Uuid::now_v7().to_string(),
        kind: kind.to_owned(),
        name: format!("{kind}.pdf"),
        media_type: "application/pdf".to_owned(),
        sha256: sha256.to_owned(),
        size: 3,
        revision: order.revision,
        created_at: MORNING,
        created_by: "admin".to_owned(),
        superseded_at: None,
    }
}
