//! Effects are executed: done, later, or never without a person.

use crate::support::database::{Kind, TestStore, at_once, run};
use crate::support::operator::{self, admin, nobody};
use crate::support::orders::{MORNING, saved_with_effects, stored};
use oms_app::AppError;
use oms_app::change::Along;
use oms_app::effects::{Execution, Executor, Intervention, Tally, intervene, run as execute};
use oms_app::ports::{ClaimedEffect, EffectRecord, Effects, Orders};
use oms_domain::access::{Actor, Divisions, Grant, Holder, Reach};
use oms_domain::decide::Command;
use oms_domain::effect::{EffectKind, EffectState};
use oms_domain::event::EventType;
use oms_domain::limits::{EFFECT_ATTEMPTS_MAX, EFFECT_LEASE_MS, EFFECT_RETRY_DELAY_MS_MIN};
use oms_domain::order::Order;
use oms_domain::rejection::Rejection;
use oms_domain::rights::Right;
use oms_domain::time::Instant;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// Does what it is told, and counts how often.
struct Scripted {
    outcome: fn(&ClaimedEffect) -> Execution,
    executions: AtomicU32,
}

impl Scripted {
    fn new(outcome: fn(&ClaimedEffect) -> Execution) -> Scripted {
        Scripted { outcome, executions: AtomicU32::new(0) }
    }
}

impl Executor for Scripted {
    async fn execute(&self, effect: &ClaimedEffect, order: &Order, _: Instant) -> Execution {
        assert_eq!(effect.order_id, order.id, "it gets the order of the effect");
        self.executions.fetch_add(1, Ordering::SeqCst);
        (self.outcome)(effect)
    }
}

fn told(_: &ClaimedEffect) -> Execution {
    let command = Command::Escalated { rung: None, told: Vec::new() };
    Execution::Done { command: Box::new(command), along: Along::default() }
}

fn later(_: &ClaimedEffect) -> Execution {
    Execution::Later("the line is busy".to_owned())
}

fn refused(_: &ClaimedEffect) -> Execution {
    Execution::Refused("no such division".to_owned())
}

const KINDS: [EffectKind; 1] = [EffectKind::Escalate];

async fn executed(
    store: &TestStore,
    outcome: fn(&ClaimedEffect) -> Execution,
    now: Instant,
) -> Tally {
    let executor = Scripted::new(outcome);
    let (tally, _) = execute(&**store, &executor, &KINDS, || now).await.expect("it is executed");
    assert_eq!(executor.executions.into_inner(), tally.claimed());
    tally
}

async fn record(store: &TestStore, order: &Order) -> EffectRecord {
    let id = format!("{}.001", order.id);
    store.effect(&id).await.expect("looked up").expect("it is there")
}

async fn last_event(store: &TestStore, order: &Order) -> (EventType, Option<String>) {
    let history = store.history(&order.id, 0, 200).await.expect("the history");
    let event = history.last().expect("an event");
    (event.event_type, event.comment.clone())
}

/// An order whose only effect failed for good.
async fn fallen(store: &TestStore) -> Order {
    operator::establish(store).await;
    let order = saved_with_effects(store, &KINDS, MORNING).await;
    assert_eq!(executed(store, refused, MORNING).await.fallout, 1);
    stored(store, &order.id).await
}

#[test]
fn what_is_done_is_recorded_with_what_the_order_learns() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let order = saved_with_effects(&store, &KINDS, MORNING).await;
        let tally = executed(&store, told, MORNING).await;
        assert_eq!(tally, Tally { done: 1, ..Tally::default() });
        assert_eq!(record(&store, &order).await.state, EffectState::Done);
        assert_eq!(last_event(&store, &order).await.0, EventType::Escalated);
        assert_eq!(executed(&store, told, MORNING).await, Tally::default(), "nothing is left");
    });
}

#[test]
fn what_cannot_be_done_now_is_attempted_later_and_less_and_less_often() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let order = saved_with_effects(&store, &KINDS, MORNING).await;
        let mut now = MORNING;
        let mut longest = 0;
        for attempt in 1..EFFECT_ATTEMPTS_MAX {
            assert_eq!(executed(&store, later, now).await.postponed, 1, "attempt {attempt}");
            let effect = record(&store, &order).await;
            assert_eq!((effect.state, effect.attempts), (EffectState::Waiting, attempt));
            assert_eq!(effect.last_error.as_deref(), Some("the line is busy"));
            let next = effect.next_attempt_at.expect("it will be attempted again");
            assert!(next.0 - now.0 >= EFFECT_RETRY_DELAY_MS_MIN / 2);
            longest = longest.max(next.0 - now.0);
            assert_eq!(executed(&store, later, next.plus_ms(-1)).await, Tally::default());
            now = next;
        }
        assert!(longest > 60_000, "{longest}");
        // The last attempt is the last.
        assert_eq!(executed(&store, later, now).await.fallout, 1);
        assert_eq!(record(&store, &order).await.state, EffectState::Fallout);
        assert!(stored(&store, &order.id).await.has_fallout);
        assert_eq!(last_event(&store, &order).await.0, EventType::EffectFailed);
    });
}

#[test]
fn what_is_refused_waits_for_a_person() {
    run(Kind::Sqlite, async |store| {
        let order = fallen(&store).await;
        let effect = record(&store, &order).await;
        assert_eq!((effect.state, effect.next_attempt_at), (EffectState::Fallout, None));
        assert_eq!(effect.last_error.as_deref(), Some("no such division"));
        assert!(order.has_fallout);
        let much_later = MORNING.plus_minutes(100_000);
        assert_eq!(executed(&store, told, much_later).await, Tally::default());
    });
}

#[test]
fn an_outcome_that_the_order_rejects_is_fallout() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let order = saved_with_effects(&store, &KINDS, MORNING).await;
        let tally = executed(
            &store,
            |_| Execution::Done { command: Box::new(Command::Resume), along: Along::default() },
            MORNING,
        )
        .await;
        assert_eq!(tally, Tally { fallout: 1, ..Tally::default() });
        let effect = record(&store, &order).await;
        assert_eq!(effect.state, EffectState::Fallout);
        assert!(effect.last_error.is_some_and(|error| error.contains("orders.hold")));
    });
}

#[test]
fn each_effect_is_executed_once_however_many_executors() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            operator::establish(&store).await;
            let mut orders = Vec::new();
            for _ in 0..24 {
                orders.push(saved_with_effects(&store, &KINDS, MORNING).await);
            }
            let tallies = at_once(4, |_| {
                let store = store.clone();
                async move {
                    let mut done = 0;
                    loop {
                        let tally = executed(&store, told, MORNING).await;
                        done += tally.done;
                        if tally.claimed() == 0 {
                            return done;
                        }
                    }
                }
            })
            .await;
            assert_eq!(tallies.iter().sum::<u32>(), 24, "{kind:?}: {tallies:?}");
            for order in &orders {
                let history = store.history(&order.id, order.last_event, 9).await.expect("it");
                assert_eq!(history.len(), 1, "{kind:?}: told once");
            }
        });
    }
}

#[test]
fn an_executor_that_is_too_slow_does_not_record_what_another_has_recorded() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let order = saved_with_effects(&store, &KINDS, MORNING).await;
        /// While it works its lease ends, and somebody else does the same.
        struct Slow(TestStore);
        impl Executor for Slow {
            async fn execute(&self, effect: &ClaimedEffect, _: &Order, now: Instant) -> Execution {
                let tally = executed(&self.0, told, now.plus_ms(EFFECT_LEASE_MS)).await;
                assert_eq!(tally.done, 1);
                told(effect)
            }
        }
        let slow = Slow(store.clone());
        let (tally, _) = execute(&*store, &slow, &KINDS, || MORNING).await.expect("executed");
        assert_eq!(tally, Tally { postponed: 1, ..Tally::default() });
        assert_eq!(record(&store, &order).await.state, EffectState::Done);
        let history = store.history(&order.id, order.last_event, 9).await.expect("the history");
        assert_eq!(history.len(), 1, "told once in the history");
    });
}

#[test]
fn what_a_slow_batch_does_not_reach_in_half_its_lease_is_given_back_unattempted() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        saved_with_effects(&store, &[EffectKind::Draw; 4], MORNING).await;
        // Each look at the clock is a twelfth of a lease later.
        let looks = AtomicI64::new(0);
        let clock =
            || MORNING.plus_ms(EFFECT_LEASE_MS / 12 * looks.fetch_add(1, Ordering::Relaxed));
        let executor = Scripted::new(later);
        let (tally, _) =
            execute(&*store, &executor, &[EffectKind::Draw], clock).await.expect("executed");
        assert_eq!(tally.postponed, 2);
        let effects = store.effects(None, None, None, 9).await.expect("listed");
        let attempts: Vec<i64> = effects.iter().map(|effect| effect.attempts).collect();
        assert_eq!(attempts, [1, 1, 0, 0]);
    });
}

#[test]
fn an_executor_names_whose_turn_it_is_next() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let kinds = [EffectKind::Provision];
        let order = saved_with_effects(&store, &kinds, MORNING).await;
        // The order is cancelled while its objects are made: they are to be retired.
        let cancel = Command::Cancel { reason: "moved".to_owned(), penalty_confirmed: false };
        crate::support::orders::change(&store, &order, cancel, MORNING).await.expect("cancelled");
        let executor = Scripted::new(|_| {
            let command = Command::Provisioned { objects: Vec::new() };
            Execution::Done { command: Box::new(command), along: Along::default() }
        });
        let (tally, next) =
            execute(&*store, &executor, &kinds, || MORNING).await.expect("executed");
        assert_eq!((tally.done, next), (1, vec!["provisioning"]));
    });
}

#[test]
fn a_person_repeats_completes_or_gives_up_what_failed() {
    // what is done, state afterwards, what the history says, whom to nudge
    let table = [
        (Intervention::Retry, EffectState::Waiting, EventType::EffectRetried, vec!["escalation"]),
        (Intervention::Complete, EffectState::Done, EventType::EffectCompletedByHand, vec![]),
        (Intervention::GiveUp, EffectState::Failed, EventType::EffectGivenUp, vec![]),
    ];
    for (intervention, state, event, expected) in table {
        run(Kind::Sqlite, async |store| {
            let order = fallen(&store).await;
            let id = format!("{}.001", order.id);
            let now = MORNING.plus_minutes(1);
            let reason = "I called them".to_owned();
            let (effect, nudges) =
                intervene(&*store, &admin(), &id, intervention, reason, now).await.expect("done");
            assert_eq!((effect.state, nudges), (state, expected), "{intervention:?}");
            assert_eq!(last_event(&store, &order).await, (event, Some("I called them".to_owned())));
            assert!(!stored(&store, &order.id).await.has_fallout);

            let again = intervene(&*store, &admin(), &id, intervention, String::new(), now).await;
            let in_no_fallout = |error: &AppError| {
                let code = state.code();
                matches!(error, AppError::Rejected(Rejection::EffectNotInFallout { state }) if *state == code)
            };
            assert!(again.as_ref().is_err_and(in_no_fallout), "{again:?}");
            let done = u32::from(intervention == Intervention::Retry);
            assert_eq!(executed(&store, told, now).await.done, done, "{intervention:?}");
        });
    }
}

#[test]
fn interventions_need_their_right_and_an_effect() {
    run(Kind::Sqlite, async |store| {
        let order = fallen(&store).await;
        let id = format!("{}.001", order.id);
        let attempt = async |actor, id: &str| {
            let reason = "why not".to_owned();
            let outcome =
                intervene(&*store, &actor, id, Intervention::Retry, reason, MORNING).await;
            outcome.err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert!(attempt(nobody(), &id).await.contains("effects.manage"));
        assert!(attempt(admin(), "no effect").await.contains("was not found"));
        // Where its order is not seen, an effect is as one that there is not.
        let divisions = Divisions::Subtree("/head/south/".to_owned());
        let reach = Reach { divisions, kinds: Vec::new() };
        let grant = Grant { rights: vec![Right::Admin], reach, periods: Vec::new() };
        let south = Actor::of(Holder { name: "south".to_owned(), grants: vec![grant] }, MORNING);
        let told = attempt(south, &id).await;
        assert_eq!(told, attempt(admin(), "no effect").await.replace("no effect", &id));
        assert_eq!(record(&store, &order).await.state, EffectState::Fallout);
        assert_eq!(stored(&store, &order.id).await, order);
    });
}

#[test]
fn of_two_people_who_complete_the_same_effect_at_once_one_does() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            let order = fallen(&store).await;
            let id = format!("{}.001", order.id);
            let outcomes = at_once(8, |person| {
                let (store, id) = (store.clone(), id.clone());
                async move {
                    let reason = format!("person {person}");
                    let what = Intervention::Complete;
                    intervene(&*store, &admin(), &id, what, reason, MORNING).await.map(drop)
                }
            })
            .await;
            assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1, "{kind:?}: {outcomes:?}");
            let history = store.history(&order.id, order.last_event, 20).await.expect("it");
            assert_eq!(history.len(), 1, "{kind:?}");
            let order = stored(&store, &order.id).await;
            assert!(!order.has_fallout, "{kind:?}");
        });
    }
}
