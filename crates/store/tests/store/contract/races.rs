//! Callers who come at the same moment: one of them wins, the others change nothing.

use crate::support::database::{TestStore, at_once};
use crate::support::on_both_databases;
use crate::support::orders::{
    MORNING, comment, connect, decision, next, save_of, saved, saved_with_effects, stored, support,
};
use oms_app::ports::{
    ClaimedEffect, Effects, NewIdempotencyKey, OrderReference, Orders, Save, SaveError, Settlement,
};
use oms_domain::effect::{EffectKind, EffectState};
use oms_domain::limits::EFFECT_LEASE_MS;
use oms_store::Store;
use oms_store::native::NativeDatabase;
use std::collections::BTreeSet;

/// How many come at once.
const CALLERS: usize = 32;

on_both_databases! {
    of_many_changes_of_one_version_one_wins
    of_many_registrations_with_one_key_one_wins
    changes_of_different_orders_do_not_disturb_each_other
    no_effect_is_claimed_twice
    an_effect_whose_lease_has_ended_goes_to_one_new_holder
    of_many_settlements_of_one_lease_one_wins
    a_refused_save_leaves_its_connection_as_it_was
}

async fn of_many_changes_of_one_version_one_wins(store: TestStore) {
    let order = saved(&store, &support(), MORNING).await;
    let outcomes = at_once(CALLERS, |caller| {
        let (store, order) = (store.clone(), order.clone());
        async move {
            let decision = next(&order, comment(&format!("caller {caller}")), MORNING);
            store.save(save_of(&decision, MORNING)).await
        }
    })
    .await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let stale = outcomes.iter().filter(|outcome| **outcome == Err(SaveError::Stale)).count();
    assert_eq!((won, stale), (1, CALLERS - 1), "{outcomes:?}");
    let history = store.history(&order.id, order.last_event, 100).await.expect("the history");
    assert_eq!(history.len(), 1, "one event");
    let winner = outcomes.iter().position(Result::is_ok).map(|caller| format!("caller {caller}"));
    assert_eq!(history[0].comment, winner);
    assert_eq!(stored(&store, &order.id).await.version, order.version + 1);
}

async fn of_many_registrations_with_one_key_one_wins(store: TestStore) {
    // What they share, and what the losers are told.
    let shared = [
        ("number", SaveError::NumberTaken),
        ("duplicate", SaveError::DuplicateOpen),
        ("import", SaveError::AlreadyImported),
        ("idempotency", SaveError::IdempotencyKeyTaken),
    ];
    let number = decision(&connect(), MORNING).order.number;
    for (round, (what, expected)) in shared.into_iter().enumerate() {
        let before = store.footprint().await;
        let outcomes = at_once(CALLERS, |_| {
            let (store, number) = (store.clone(), number.clone());
            async move {
                let mut decision = decision(&connect(), MORNING);
                if what == "number" {
                    decision.order.number = number;
                }
                let save = Save {
                    duplicate_key: (what == "duplicate").then(|| "one door".to_owned()),
                    import_key: (what == "import").then(|| "source|1".to_owned()),
                    idempotency: (what == "idempotency").then(|| NewIdempotencyKey {
                        key: "one key".to_owned(),
                        body_sha256: "hash".to_owned(),
                        response: "{}".to_owned(),
                    }),
                    ..save_of(&decision, MORNING)
                };
                store.save(save).await.map(|()| decision)
            }
        })
        .await;
        let winners: Vec<_> = outcomes.iter().flatten().collect();
        assert_eq!(winners.len(), 1, "{what}: {outcomes:?}");
        let losers = outcomes.iter().filter(|outcome| outcome.as_ref().err() == Some(&expected));
        assert_eq!(losers.count(), CALLERS - 1, "{what}: {outcomes:?}");
        let mut expected = before;
        expected[0] += 1;
        expected[1] += winners[0].events.len() as i64;
        expected[3] += i64::from(what == "idempotency");
        assert_eq!(store.footprint().await, expected, "{what} in round {round}");
    }
}

async fn changes_of_different_orders_do_not_disturb_each_other(store: TestStore) {
    let mut orders = Vec::new();
    for _ in 0..CALLERS {
        orders.push(saved(&store, &support(), MORNING).await);
    }
    let outcomes = at_once(CALLERS, |caller| {
        let (store, mut order) = (store.clone(), orders[caller].clone());
        async move {
            for round in 0..4 {
                let decision = next(&order, comment(&format!("round {round}")), MORNING);
                store.save(save_of(&decision, MORNING)).await?;
                order = decision.order;
            }
            Ok::<_, SaveError>(order)
        }
    })
    .await;
    for outcome in outcomes {
        let order = outcome.expect("nobody is in the way");
        assert_eq!(stored(&store, &order.id).await, order);
        let history = store.history(&order.id, 0, 100).await.expect("the history");
        assert_eq!(history.len() as i64, order.last_event);
    }
}

async fn no_effect_is_claimed_twice(store: TestStore) {
    const EFFECTS: usize = 96;
    for _ in 0..4 {
        saved_with_effects(&store, &[EffectKind::Draw; EFFECTS / 4], MORNING).await;
    }
    let claims = at_once(16, |caller| {
        let store = store.clone();
        async move {
            let mut mine = Vec::new();
            loop {
                let lease = format!("caller {caller} {}", mine.len());
                let claimed = store.claim(&[EffectKind::Draw], &lease, MORNING, 3).await;
                let claimed = claimed.expect("claimed");
                if claimed.is_empty() {
                    return mine;
                }
                mine.extend(claimed);
            }
        }
    })
    .await;
    let claimed: Vec<ClaimedEffect> = claims.into_iter().flatten().collect();
    let different: BTreeSet<&str> = claimed.iter().map(|effect| effect.id.as_str()).collect();
    assert_eq!((claimed.len(), different.len()), (EFFECTS, EFFECTS));
    assert!(claimed.iter().all(|effect| effect.attempts == 1));
}

async fn an_effect_whose_lease_has_ended_goes_to_one_new_holder(store: TestStore) {
    saved_with_effects(&store, &[EffectKind::Provision], MORNING).await;
    let kinds = [EffectKind::Provision];
    store.claim(&kinds, "the dead", MORNING, 1).await.expect("claimed");
    let claims = at_once(16, |caller| {
        let store = store.clone();
        async move {
            let now = MORNING.plus_ms(EFFECT_LEASE_MS);
            store.claim(&kinds, &format!("heir {caller}"), now, 5).await.expect("claimed")
        }
    })
    .await;
    let claimed: Vec<ClaimedEffect> = claims.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 1, "{claimed:?}");
    assert_eq!(claimed[0].attempts, 2);
}

async fn of_many_settlements_of_one_lease_one_wins(store: TestStore) {
    let order = saved_with_effects(&store, &[EffectKind::Escalate], MORNING).await;
    store.claim(&[EffectKind::Escalate], "mine", MORNING, 1).await.expect("claimed");
    let outcomes = at_once(CALLERS, |_| {
        let (store, order) = (store.clone(), order.clone());
        async move {
            let decision = next(&order, comment("told"), MORNING);
            let settlement = Settlement {
                effect: format!("{}.001", order.id),
                lease: Some("mine".to_owned()),
                state: EffectState::Done,
                error: None,
            };
            let save = Save { settlement: Some(settlement), ..save_of(&decision, MORNING) };
            store.save(save).await
        }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    let lost = |outcome: &&Result<(), SaveError>| {
        matches!(outcome, Err(SaveError::Stale | SaveError::LeaseLost))
    };
    assert_eq!(outcomes.iter().filter(lost).count(), CALLERS - 1, "{outcomes:?}");
    assert_eq!(store.number("SELECT count(*) FROM effect WHERE state = 'done'").await, 1);
    let history = store.history(&order.id, order.last_event, 100).await.expect("the history");
    assert_eq!(history.len(), 1);
}

/// After a refused save the next statement on the same connection sees what others have saved meanwhile, and can save.
async fn a_refused_save_leaves_its_connection_as_it_was(store: TestStore) {
    let database = NativeDatabase::open(&store.url, 1).await.expect("the database opens");
    let single = Store::new(database.clone());
    let taken = decision(&support(), MORNING);
    let full = |decision| Save {
        duplicate_key: Some("one door".to_owned()),
        import_key: Some("source|1".to_owned()),
        idempotency: Some(NewIdempotencyKey {
            key: "one key".to_owned(),
            body_sha256: "hash".to_owned(),
            response: "{}".to_owned(),
        }),
        ..save_of(decision, MORNING)
    };
    store.save(full(&taken)).await.expect("it is saved");
    for what in ["number", "duplicate", "import", "idempotency", "version"] {
        let mut refused = decision(&support(), MORNING);
        let mut save = full(&taken);
        match what {
            "number" => refused.order.number.clone_from(&taken.order.number),
            "version" => refused.order.version = 7,
            _ => {}
        }
        save.decision = &refused;
        save.expected_version = refused.order.version - 1;
        save.duplicate_key = save.duplicate_key.filter(|_| what == "duplicate");
        save.import_key = save.import_key.filter(|_| what == "import");
        save.idempotency = save.idempotency.filter(|_| what == "idempotency");
        let outcome = single.save(save).await;
        assert!(!matches!(outcome, Ok(()) | Err(SaveError::Store(_))), "{what}: {outcome:?}");
        let meanwhile = saved(&store, &support(), MORNING).await;
        let next = decision(&support(), MORNING);
        single
            .save(save_of(&next, MORNING))
            .await
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        let id = OrderReference::Id(meanwhile.id.clone());
        assert_eq!(single.find(&id).await, Ok(Some(meanwhile)), "{what}");
    }
    database.close().await;
}
