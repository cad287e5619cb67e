//! The outbox: effects are claimed under a lease, given back, and listed.

use crate::support::database::TestStore;
use crate::support::on_both_databases;
use crate::support::orders::{MORNING, decision, save_of, saved_with_effects, support};
use oms_app::ports::{EffectRecord, Effects, NewIdempotencyKey, Orders, Save};
use oms_domain::effect::EffectKind::{Draw, Escalate, Provision, Retire};
use oms_domain::effect::{EffectKind, EffectState};
use oms_domain::limits::EFFECT_LEASE_MS;
use oms_domain::time::Instant;
use serde_json::json;

on_both_databases! {
    effects_are_claimed_by_kind_and_up_to_a_number
    a_lease_lasts_its_time
    an_effect_that_is_given_back_waits_for_its_next_attempt
    what_is_released_counts_as_never_claimed
    only_the_holder_gives_an_effect_back
    kinds_with_something_due_are_known
    effects_are_listed_by_state_and_order_in_pieces
    old_idempotency_keys_are_forgotten
}

async fn claimed(store: &TestStore, kinds: &[EffectKind], now: Instant, limit: u32) -> Vec<String> {
    let claimed = store.claim(kinds, "lease", now, limit).await.expect("claimed");
    let mut ids: Vec<String> = claimed
        .into_iter()
        .map(|effect| {
            assert_eq!(effect.lease, "lease");
            assert!(effect.id.starts_with(&effect.order_id));
            let place = effect.id.rsplit_once('.').expect("a place").1;
            assert_eq!(effect.payload, json!({ "place": place.parse::<i64>().expect("it") - 1 }));
            format!("{} {place}", effect.kind.code())
        })
        .collect();
    ids.sort();
    ids
}

async fn effects_are_claimed_by_kind_and_up_to_a_number(store: TestStore) {
    saved_with_effects(&store, &[Draw, Provision, Retire, Escalate, Draw], MORNING).await;
    let none = [""; 0];
    assert_eq!(claimed(&store, &[], MORNING, 10).await, none);
    assert_eq!(claimed(&store, &[Draw], MORNING.plus_ms(-1), 10).await, none, "not yet");
    assert_eq!(claimed(&store, &[Draw], MORNING, 0).await, none);
    assert_eq!(
        claimed(&store, &[Provision, Retire], MORNING, 10).await,
        ["provision 002", "retire 003"]
    );
    assert_eq!(claimed(&store, &[Draw], MORNING, 1).await.len(), 1);
    assert_eq!(claimed(&store, &[Draw], MORNING, 10).await.len(), 1);
    assert_eq!(claimed(&store, &[Draw, Provision, Retire], MORNING, 10).await, none);
    assert_eq!(claimed(&store, &[Escalate], MORNING, 10).await, ["escalate 004"]);
}

async fn a_lease_lasts_its_time(store: TestStore) {
    saved_with_effects(&store, &[Draw], MORNING).await;
    for attempt in 1..=3 {
        let now = MORNING.plus_ms((attempt - 1) * EFFECT_LEASE_MS);
        let taken = store.claim(&[Draw], "lease", now, 10).await.expect("claimed");
        assert_eq!(taken.iter().map(|effect| effect.attempts).collect::<Vec<_>>(), [attempt]);
        let before_its_end = now.plus_ms(EFFECT_LEASE_MS - 1);
        assert_eq!(claimed(&store, &[Draw], before_its_end, 10).await, [""; 0]);
    }
}

async fn an_effect_that_is_given_back_waits_for_its_next_attempt(store: TestStore) {
    let order = saved_with_effects(&store, &[Provision], MORNING).await;
    let id = format!("{}.001", order.id);
    store.claim(&[Provision], "lease", MORNING, 1).await.expect("claimed");
    let later = MORNING.plus_minutes(5);
    store.postpone(&id, "lease", "the billing system is down", later).await.expect("given back");
    let record = store.effect(&id).await.expect("looked up").expect("it is there");
    assert_eq!((record.state, record.attempts), (EffectState::Waiting, 1));
    assert_eq!(record.next_attempt_at, Some(later));
    assert_eq!(record.last_error.as_deref(), Some("the billing system is down"));
    assert_eq!(claimed(&store, &[Provision], later.plus_ms(-1), 1).await, [""; 0]);
    assert_eq!(claimed(&store, &[Provision], later, 1).await, ["provision 001"]);
}

async fn only_the_holder_gives_an_effect_back(store: TestStore) {
    let order = saved_with_effects(&store, &[Draw], MORNING).await;
    let id = format!("{}.001", order.id);
    store.claim(&[Draw], "lease", MORNING, 1).await.expect("claimed");
    store.postpone(&id, "another lease", "no", MORNING).await.expect("nothing happens");
    store.postpone("no effect", "lease", "no", MORNING).await.expect("nothing happens");
    let record = store.effect(&id).await.expect("looked up").expect("it is there");
    assert_eq!(record.last_error, None);
    assert_eq!(record.next_attempt_at, Some(MORNING.plus_ms(EFFECT_LEASE_MS)));
}

async fn what_is_released_counts_as_never_claimed(store: TestStore) {
    let order = saved_with_effects(&store, &[Draw, Draw], MORNING).await;
    let (first, second) = (format!("{}.001", order.id), format!("{}.002", order.id));
    store.claim(&[Draw], "lease", MORNING, 2).await.expect("claimed");
    let now = MORNING.plus_minutes(1);
    store.release(&[first.as_str(), "no effect"], "another lease", now).await.expect("nothing");
    store.release(&[], "lease", now).await.expect("nothing");
    store.release(&[first.as_str()], "lease", now).await.expect("given back");
    let released = store.effect(&first).await.expect("looked up").expect("it is there");
    assert_eq!((released.attempts, released.next_attempt_at), (0, Some(now)));
    let held = store.effect(&second).await.expect("looked up").expect("it is there");
    assert_eq!((held.attempts, held.next_attempt_at), (1, Some(MORNING.plus_ms(EFFECT_LEASE_MS))));
}

async fn kinds_with_something_due_are_known(store: TestStore) {
    assert_eq!(store.due_kinds(MORNING).await, Ok(vec![]));
    saved_with_effects(&store, &[Draw, Draw, Escalate], MORNING).await;
    saved_with_effects(&store, &[Retire], MORNING.plus_minutes(5)).await;
    assert_eq!(store.due_kinds(MORNING.plus_ms(-1)).await, Ok(vec![]));
    assert_eq!(store.due_kinds(MORNING).await, Ok(vec![Draw, Escalate]));
    assert_eq!(store.due_kinds(MORNING.plus_minutes(5)).await, Ok(vec![Draw, Retire, Escalate]));
    store.claim(&[Draw], "lease", MORNING, 1).await.expect("claimed");
    assert_eq!(store.due_kinds(MORNING).await, Ok(vec![Draw, Escalate]), "another one is left");
    store.claim(&[Draw, Escalate], "lease", MORNING, 10).await.expect("claimed");
    assert_eq!(store.due_kinds(MORNING).await, Ok(vec![]));
}

async fn effects_are_listed_by_state_and_order_in_pieces(store: TestStore) {
    let first = saved_with_effects(&store, &[Draw, Provision, Retire], MORNING).await;
    let second = saved_with_effects(&store, &[Escalate], MORNING).await;
    let ids = |records: Vec<EffectRecord>| -> Vec<String> {
        records.into_iter().map(|record| record.id).collect()
    };
    let list = async |state, order, after: Option<&str>, limit| {
        ids(store.effects(state, order, after, limit).await.expect("listed"))
    };
    let of_first: Vec<String> = (1..=3).map(|n| format!("{}.{n:03}", first.id)).collect();
    let mut all = of_first.clone();
    all.push(format!("{}.001", second.id));
    all.sort();
    assert_eq!(list(None, None, None, 10).await, all);
    assert_eq!(list(None, None, None, 2).await, all[..2]);
    assert_eq!(list(None, None, Some(&all[1]), 10).await, all[2..]);
    assert_eq!(list(None, Some(&first.id), None, 10).await, of_first);
    assert_eq!(list(Some(EffectState::Waiting), None, None, 10).await, all);
    assert_eq!(list(Some(EffectState::Done), None, None, 10).await, [""; 0]);
    assert_eq!(
        list(Some(EffectState::Waiting), Some(&first.id), Some(&of_first[0]), 1).await,
        of_first[1..2]
    );
    assert_eq!(store.effect("no effect").await, Ok(None));
}

async fn old_idempotency_keys_are_forgotten(store: TestStore) {
    for (key, minutes) in [("old", 0), ("new", 10)] {
        let now = MORNING.plus_minutes(minutes);
        let decision = decision(&support(), now);
        let idempotency = Some(NewIdempotencyKey {
            key: key.to_owned(),
            body_sha256: String::new(),
            response: "{}".to_owned(),
        });
        store.save(Save { idempotency, ..save_of(&decision, now) }).await.expect("it is saved");
    }
    store.forget_idempotency_keys(MORNING.plus_minutes(10)).await.expect("forgotten");
    assert_eq!(store.number("SELECT count(*) FROM idempotency_key").await, 1);
    assert_eq!(store.number("SELECT count(*) FROM idempotency_key WHERE key = 'new'").await, 1);
    store.forget_idempotency_keys(MORNING.plus_minutes(11)).await.expect("forgotten");
    assert_eq!(store.number("SELECT count(*) FROM idempotency_key").await, 0);
    assert_eq!(store.number("SELECT count(*) FROM orders").await, 2, "the orders stay");
}
