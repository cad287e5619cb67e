//! One save is one atomic step: state, events, effects and what belongs to them, or nothing.

use crate::support::database::TestStore;
use crate::support::on_both_databases;
use crate::support::operator::{self, divisions};
use crate::support::orders::{
    MORNING, change, comment, connect, decision, document, next, save_of, saved,
    saved_with_effects, stored, support, transition,
};
use oms_app::ports::{
    Cursor, Documents, Effects, Escalation, LoadedOrder, NewIdempotencyKey, OrderReference, Orders,
    RegistrationContext, RegistrationQuery, Replay, Save, SaveError, Settlement, StoreError,
};
use oms_domain::decide::Command;
use oms_domain::division::Neighbourhood;
use oms_domain::effect::{EffectKind, EffectState};
use oms_domain::event::EventType;
use oms_domain::order::Order;
use oms_domain::routing::normalise::Place;
use oms_domain::routing::{Query, Street};

on_both_databases! {
    a_new_order_is_found_by_id_and_number
    an_order_comes_with_what_surrounds_its_covering_division
    a_change_adds_to_the_history_and_the_outbox
    a_save_on_an_old_version_changes_nothing
    a_save_that_breaks_a_rule_changes_nothing
    a_closed_order_makes_room_for_the_same_request
    an_effect_is_settled_by_the_holder_of_its_lease_alone
    fallout_is_settled_by_a_person
    what_comes_along_is_saved_in_the_same_step
    a_registration_looks_everything_up_at_once
    the_history_is_read_in_pieces
    what_is_due_is_found_longest_due_first
}

async fn a_new_order_is_found_by_id_and_number(store: TestStore) {
    let order = saved(&store, &connect(), MORNING).await;
    let (id, number) =
        (OrderReference::Id(order.id.clone()), OrderReference::Number(order.number.clone()));
    for reference in [&id, &number] {
        assert_eq!(store.find(reference).await, Ok(Some(order.clone())));
        let loaded = store.load(reference).await.expect("it is loaded").expect("it is there");
        assert_eq!(loaded.order, order);
    }
    let unknown = [
        OrderReference::Id(order.number.clone()),
        OrderReference::Number(order.id.clone()),
        OrderReference::Number("' OR ''='".to_owned()),
    ];
    for reference in unknown {
        assert_eq!(store.find(&reference).await, Ok(None), "{reference:?}");
        assert_eq!(store.load(&reference).await, Ok(None), "{reference:?}");
    }
}

async fn an_order_comes_with_what_surrounds_its_covering_division(store: TestStore) {
    let order = saved(&store, &connect(), MORNING).await;
    let reference = OrderReference::Id(order.id.clone());
    let load = async || -> LoadedOrder {
        store.load(&reference).await.expect("it is loaded").expect("it is there")
    };
    assert_eq!(load().await.neighbourhood, Neighbourhood::default(), "no organisation yet");

    operator::establish(&store).await;
    let found = load().await.neighbourhood;
    let expected = Neighbourhood::of(&divisions(), "north-tech");
    assert_eq!(found.start(), expected.start());
    for kind in ["technical", "support", "sales", "branch", "kitchen"] {
        assert_eq!(found.nearest(kind), expected.nearest(kind), "{kind}");
    }
}

async fn a_change_adds_to_the_history_and_the_outbox(store: TestStore) {
    let order = saved(&store, &connect(), MORNING).await;
    let first = change(&store, &order, comment("a good customer"), MORNING).await;
    let accepted = transition("accept");
    let order = change(&store, &first.expect("commented"), accepted, MORNING.plus_minutes(1)).await;
    let decision = next(&order.expect("accepted"), transition("feasible"), MORNING.plus_minutes(2));
    store.save(save_of(&decision, MORNING.plus_minutes(2))).await.expect("it is saved");

    assert_eq!(stored(&store, &decision.order.id).await, decision.order);
    let order = &decision.order;
    let history = store.history(&order.id, 0, 100).await.expect("the history");
    let sequences: Vec<i64> = history.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=decision.order.last_event).collect::<Vec<_>>());
    assert_eq!(history[0].event_type, EventType::Registered);
    assert!(history.ends_with(&decision.events), "as they were decided");
    let commented = history.iter().find(|event| event.event_type == EventType::Commented);
    assert_eq!(commented.and_then(|event| event.comment.as_deref()), Some("a good customer"));

    let outbox = store.effects(None, Some(&order.id), None, 10).await.expect("the outbox");
    assert_eq!(outbox.len(), 1);
    let (effect, asked) = (&outbox[0], &decision.effects[0]);
    assert_eq!((&effect.id, effect.kind, &effect.payload), (&asked.id, asked.kind, &asked.payload));
    assert_eq!((effect.state, effect.attempts), (EffectState::Waiting, 0));
    assert_eq!(effect.next_attempt_at, Some(MORNING.plus_minutes(2)));
    assert_eq!((&effect.order_id, &effect.order_number), (&order.id, &order.number));
}

async fn a_save_on_an_old_version_changes_nothing(store: TestStore) {
    let first = saved(&store, &support(), MORNING).await;
    let second = change(&store, &first, comment("first"), MORNING).await.expect("it is saved");
    let before = store.footprint().await;
    let late = change(&store, &first, comment("second"), MORNING).await;
    assert_eq!(late, Err(SaveError::Stale));
    assert_eq!(stored(&store, &first.id).await, second);
    assert_eq!(store.footprint().await, before);

    // An order that was never saved has no version.
    let unknown = decision(&support(), MORNING).order;
    let outcome = change(&store, &unknown, comment("to nobody"), MORNING).await;
    assert_eq!(outcome, Err(SaveError::Stale));
    assert_eq!(store.footprint().await, before);
}

async fn a_save_that_breaks_a_rule_changes_nothing(store: TestStore) {
    let taken = {
        let decision = decision(&connect(), MORNING);
        let mut save = save_of(&decision, MORNING);
        save.duplicate_key = Some("the same door".to_owned());
        save.import_key = Some("source|1".to_owned());
        save.idempotency = Some(key("the same key"));
        store.save(save).await.expect("the first is saved");
        decision.order
    };
    let before = store.footprint().await;

    let new = decision(&connect(), MORNING);
    let save = || save_of(&new, MORNING);
    let mut number = new.clone();
    number.order.number.clone_from(&taken.number);
    let mut events = new.clone();
    events.events.push(events.events[0].clone());
    let unkept = document(&new.order, "contract", &"0".repeat(64));
    let broken = [
        (save_of(&number, MORNING), SaveError::NumberTaken),
        (
            Save { duplicate_key: Some("the same door".to_owned()), ..save() },
            SaveError::DuplicateOpen,
        ),
        (Save { import_key: Some("source|1".to_owned()), ..save() }, SaveError::AlreadyImported),
        (Save { idempotency: Some(key("the same key")), ..save() }, SaveError::IdempotencyKeyTaken),
        (save_of(&events, MORNING), SaveError::Stale),
        (
            Save {
                settlement: Some(settlement("no effect", Some("no lease"), EffectState::Done)),
                ..save()
            },
            SaveError::LeaseLost,
        ),
    ];
    for (save, expected) in broken {
        assert_eq!(store.save(save).await, Err(expected.clone()));
        assert_eq!(store.footprint().await, before, "{expected}");
    }
    // A document whose bytes are not kept: our bug, and still nothing is half done.
    let outcome = store.save(Save { documents: vec![unkept], ..save() }).await;
    assert!(matches!(outcome, Err(SaveError::Store(StoreError::Unavailable(_)))), "{outcome:?}");
    assert_eq!(store.footprint().await, before);
    // With none of it the same order is saved.
    store.save(save()).await.expect("it is saved");
}

async fn a_closed_order_makes_room_for_the_same_request(store: TestStore) {
    let registered = |duplicate_key: &str| {
        let decision = decision(&support(), MORNING);
        (decision, Some(duplicate_key.to_owned()))
    };
    let (first, duplicate_key) = registered("one door");
    let save = Save { duplicate_key, ..save_of(&first, MORNING) };
    store.save(save).await.expect("the first is saved");
    let (second, duplicate_key) = registered("one door");
    let again = Save { duplicate_key, ..save_of(&second, MORNING) };
    assert_eq!(store.save(again.clone()).await, Err(SaveError::DuplicateOpen));
    // A change keeps the key, the end gives it back.
    let order = change(&store, &first.order, comment("hello"), MORNING).await.expect("commented");
    assert_eq!(store.save(again.clone()).await, Err(SaveError::DuplicateOpen));
    let cancel = Command::Cancel { reason: "he moved".to_owned(), penalty_confirmed: false };
    change(&store, &order, cancel, MORNING).await.expect("cancelled");
    store.save(again).await.expect("there is room again");
}

async fn an_effect_is_settled_by_the_holder_of_its_lease_alone(store: TestStore) {
    let order = saved_with_effects(&store, &[EffectKind::Draw], MORNING).await;
    let effect = format!("{}.001", order.id);
    let settle = async |order: &Order, lease: Option<&str>| {
        let decision = next(order, comment("done"), MORNING);
        let settlement = Some(settlement(&effect, lease, EffectState::Done));
        let save = Save { settlement, ..save_of(&decision, MORNING) };
        store.save(save).await.map(|()| decision.order)
    };
    let before = store.footprint().await;
    assert_eq!(settle(&order, Some("mine")).await, Err(SaveError::LeaseLost), "nobody has it");
    assert_eq!(settle(&order, None).await, Err(SaveError::LeaseLost), "it is no fallout");
    let claimed = store.claim(&[EffectKind::Draw], "mine", MORNING, 1).await.expect("claimed");
    assert_eq!(claimed.len(), 1);
    assert_eq!(settle(&order, Some("yours")).await, Err(SaveError::LeaseLost));
    assert_eq!(settle(&order, None).await, Err(SaveError::LeaseLost));
    assert_eq!(stored(&store, &order.id).await, order);
    assert_eq!(store.footprint().await, before);

    let order = settle(&order, Some("mine")).await.expect("it is settled");
    let record = store.effect(&effect).await.expect("looked up").expect("it is there");
    assert_eq!((record.state, record.attempts), (EffectState::Done, 1));
    assert_eq!((record.settled_at, record.next_attempt_at), (Some(MORNING), None));
    assert_eq!(settle(&order, Some("mine")).await, Err(SaveError::LeaseLost), "only once");
}

async fn fallout_is_settled_by_a_person(store: TestStore) {
    let order = saved_with_effects(&store, &[EffectKind::Provision], MORNING).await;
    let effect = format!("{}.001", order.id);
    store.claim(&[EffectKind::Provision], "mine", MORNING, 1).await.expect("claimed");
    let settle = async |order: &Order, settlement: Settlement, minutes: i64| {
        let now = MORNING.plus_minutes(minutes);
        let decision = next(order, comment("settled"), now);
        let save = Save { settlement: Some(settlement), ..save_of(&decision, now) };
        store.save(save).await.map(|()| decision.order)
    };
    let record = async || store.effect(&effect).await.expect("looked up").expect("it is there");

    let failure = Settlement {
        error: Some("no such plan".to_owned()),
        ..settlement(&effect, Some("mine"), EffectState::Fallout)
    };
    let order = settle(&order, failure, 1).await.expect("it failed for good");
    let fallen = record().await;
    assert_eq!((fallen.state, fallen.next_attempt_at), (EffectState::Fallout, None));
    assert_eq!(fallen.last_error.as_deref(), Some("no such plan"));
    let claimed = store.claim(&[EffectKind::Provision], "yours", MORNING.plus_minutes(600), 1);
    assert_eq!(claimed.await, Ok(vec![]), "fallout waits for a person");

    let again = settlement(&effect, None, EffectState::Waiting);
    let order = settle(&order, again, 2).await.expect("to be attempted again");
    let waiting = record().await;
    assert_eq!(
        (waiting.state, waiting.attempts, waiting.settled_at),
        (EffectState::Waiting, 0, None)
    );
    assert_eq!(waiting.next_attempt_at, Some(MORNING.plus_minutes(2)));
    assert_eq!(waiting.last_error.as_deref(), Some("no such plan"), "it is still known why");
    let claimed = store.claim(&[EffectKind::Provision], "yours", MORNING.plus_minutes(2), 1);
    assert_eq!(claimed.await.expect("claimed").len(), 1);
    let done = settlement(&effect, None, EffectState::Done);
    assert_eq!(settle(&order, done, 3).await, Err(SaveError::LeaseLost), "it is no fallout now");
}

async fn what_comes_along_is_saved_in_the_same_step(store: TestStore) {
    let order = saved(&store, &support(), MORNING).await;
    store.put_content("abc", b"pdf").await.expect("kept");
    let document = document(&order, "contract", "abc");
    let escalation = Escalation {
        id: format!("{}.2", order.id),
        division: "north-tech".to_owned(),
        email: Some("north-tech@operator.example".to_owned()),
        stage: "registered".to_owned(),
        due_at: Some(MORNING),
    };
    let decision = next(&order, Command::AddDocument { document: document.clone() }, MORNING);
    let save = Save {
        documents: vec![document.clone()],
        escalations: vec![escalation.clone()],
        ..save_of(&decision, MORNING)
    };
    store.save(save).await.expect("it is saved");
    assert_eq!(store.document(&document.id).await, Ok(Some((document, order.id.clone()))));
    let told =
        "SELECT count(*) FROM escalation WHERE division_code = 'north-tech' AND due_at = told_at";
    assert_eq!(store.number(told).await, 1);
    // The division is told once, however often its effect is executed.
    let again = next(&decision.order, comment("again"), MORNING);
    let save = Save { escalations: vec![escalation], ..save_of(&again, MORNING) };
    store.save(save).await.expect("it is saved");
    assert_eq!(store.number("SELECT count(*) FROM escalation").await, 1);
}

async fn a_registration_looks_everything_up_at_once(store: TestStore) {
    let query = |key: &str, street: &str| RegistrationQuery {
        scenario_for: None,
        makers: Vec::new(),
        idempotency_key: Some(key.to_owned()),
        duplicate_key: Some(format!("duplicate of {key}")),
        import_key: Some(format!("import of {key}")),
        place: Query {
            place: Place {
                country: "uz".to_owned(),
                city: "tashkent".to_owned(),
                street: Street::parse(street),
                ..Place::default()
            },
            ..Query::default()
        },
    };
    let nothing = store.registration_context(&query("k", "")).await.expect("looked up");
    assert_eq!(nothing, RegistrationContext::default(), "nothing is set up yet");

    operator::establish(&store).await;
    let decision = decision(&connect(), MORNING);
    let save = Save {
        duplicate_key: Some("duplicate of k".to_owned()),
        import_key: Some("import of k".to_owned()),
        idempotency: Some(key("k")),
        ..save_of(&decision, MORNING)
    };
    store.save(save).await.expect("it is saved");
    let known = (decision.order.id.clone(), decision.order.number.clone());

    let found = store.registration_context(&query("k", "зеленая")).await.expect("looked up");
    let replay = Replay { body_sha256: "hash of k".to_owned(), response: "{\"k\":1}".to_owned() };
    assert_eq!(found.replay, Some(replay));
    assert_eq!(found.duplicate, Some(known.clone()));
    assert_eq!(found.imported, Some(known));
    assert_eq!(found.root.as_deref(), Some("head"));
    let mut codes: Vec<&str> = found.candidates.iter().map(|c| c.division_code.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["north-tech", "south-tech"], "the city's rule and the street's");
    let mut starts: Vec<&str> = Vec::new();
    for around in &found.neighbourhoods {
        let start = around.start().expect("a start");
        let expected = Neighbourhood::of(&divisions(), &start.code);
        for kind in ["technical", "support", "sales", "branch"] {
            assert_eq!(around.nearest(kind), expected.nearest(kind), "{} {kind}", start.code);
        }
        starts.push(&start.code);
    }
    starts.sort_unstable();
    assert_eq!(starts, ["head", "north-tech", "south-tech"]);

    let other = store.registration_context(&query("other", "")).await.expect("looked up");
    assert_eq!((other.replay, other.duplicate, other.imported), (None, None, None));
    assert_eq!(other.candidates.len(), 1);
}

async fn the_history_is_read_in_pieces(store: TestStore) {
    let mut order = saved(&store, &support(), MORNING).await;
    for text in ["one", "two", "three"] {
        order = change(&store, &order, comment(text), MORNING).await.expect("commented");
    }
    let sequences = async |after: i64, limit: u32| -> Vec<i64> {
        let history = store.history(&order.id, after, limit).await.expect("the history");
        history.iter().map(|event| event.sequence).collect()
    };
    assert_eq!(sequences(0, 2).await, [1, 2]);
    assert_eq!(sequences(2, 2).await, [3, 4]);
    assert_eq!(sequences(4, 2).await, [5]);
    assert_eq!(sequences(5, 2).await, [0; 0]);
    assert_eq!(store.history("nobody's order", 0, 10).await, Ok(vec![]));
}

async fn what_is_due_is_found_longest_due_first(store: TestStore) {
    // Support orders have an hour; three quarters of it are the first rung.
    let late = saved(&store, &support(), MORNING.plus_minutes(10)).await;
    let later = saved(&store, &support(), MORNING.plus_minutes(20)).await;
    let latest = saved(&store, &support(), MORNING.plus_minutes(30)).await;
    let due_after = async |after: Option<&Cursor>, minutes: i64, limit: u32| {
        store.due(MORNING.plus_minutes(minutes), after, limit).await.expect("looked up")
    };
    let due = async |minutes: i64, limit: u32| -> Vec<String> {
        due_after(None, minutes, limit).await.into_iter().map(|found| found.id).collect()
    };
    assert_eq!(due(54, 10).await, [""; 0]);
    assert_eq!(due(55, 10).await, vec![late.id.clone()]);
    assert_eq!(due(300, 10).await, [late.id.clone(), later.id.clone(), latest.id.clone()]);
    assert_eq!(due(300, 2).await, [late.id.clone(), later.id.clone()]);
    // Behind one that was found: those due later, and of those due in the same moment the ones with a greater id.
    let first = due_after(None, 300, 1).await.remove(0);
    assert_eq!(due_after(Some(&first), 300, 1).await[0].id, later.id);
    let same = saved(&store, &support(), MORNING.plus_minutes(10)).await;
    let (least, greatest) = match late.id < same.id {
        true => (&late.id, &same.id),
        false => (&same.id, &late.id),
    };
    assert_eq!(due(300, 2).await, [least.clone(), greatest.clone()]);
    let first = Cursor { id: least.clone(), ..first };
    assert_eq!(due_after(Some(&first), 55, 10).await[0].id, *greatest);
    let cancel = Command::Cancel { reason: "twice".to_owned(), penalty_confirmed: false };
    change(&store, &same, cancel, MORNING.plus_minutes(40)).await.expect("cancelled");
    // Nobody looks at what is on hold or closed.
    let hold = Command::Hold { reason: "away".to_owned(), reason_code: None, until: None };
    change(&store, &late, hold, MORNING.plus_minutes(40)).await.expect("held");
    let cancel = Command::Cancel { reason: "moved".to_owned(), penalty_confirmed: false };
    change(&store, &later, cancel, MORNING.plus_minutes(40)).await.expect("cancelled");
    assert_eq!(due(300, 10).await, [latest.id]);
}

fn key(key: &str) -> NewIdempotencyKey {
    NewIdempotencyKey {
        key: key.to_owned(),
        body_sha256: format!("hash of {key}"),
        response: format!("{{\"{key}\":1}}"),
    }
}

fn settlement(effect: &str, lease: Option<&str>, state: EffectState) -> Settlement {
    Settlement { effect: effect.to_owned(), lease: lease.map(str::to_owned), state, error: None }
}
