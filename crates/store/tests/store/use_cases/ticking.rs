//! The tick: what time does to orders, on however many replicas at once.

use crate::support::database::{Kind, TestStore, at_once, run};
use crate::support::operator;
use crate::support::orders::{
    MORNING, change, saved, saved_with_effects, stored, support, transition,
};
use oms_app::outlook::StageTimes;
use oms_app::ports::{Effects, OrderReference, Orders};
use oms_app::tick::{Report, tick};
use oms_domain::decide::Command;
use oms_domain::effect::EffectKind;
use oms_domain::event::EventType;
use oms_domain::limits::{IDEMPOTENCY_KEPT_MS, TICK_ORDERS_MAX};
use oms_domain::order::Order;
use oms_domain::projection::Median;
use oms_domain::time::Instant;

/// Seventy minutes later: support orders of the morning should have been started ten minutes ago.
const LATE: Instant = Instant(MORNING.0 + 70 * 60 * 1000);

async fn events_of(store: &TestStore, order: &Order, event_type: EventType) -> usize {
    let history = store.history(&order.id, 0, 100).await.expect("the history");
    history.iter().filter(|event| event.event_type == event_type).count()
}

#[test]
fn an_overdue_stage_gets_one_event_and_one_effect_however_many_ticks() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            operator::establish(&store).await;
            let mut orders = Vec::new();
            for _ in 0..20 {
                orders.push(saved(&store, &support(), MORNING).await);
            }
            let reports = at_once(4, |_| {
                let store = store.clone();
                async move { tick(&*store, LATE).await.expect("it ticks") }
            })
            .await;
            let found: u32 = reports.iter().map(|report| report.deadlines).sum();
            assert_eq!(found, 20, "{kind:?}: {reports:?}");
            assert_eq!(tick(&*store, LATE).await.expect("it ticks").deadlines, 0);
            for order in &orders {
                assert_eq!(
                    events_of(&store, order, EventType::DeadlineMissed).await,
                    1,
                    "{kind:?}"
                );
                let effects = store.effects(None, Some(&order.id), None, 10).await.expect("listed");
                assert_eq!(effects.len(), 1, "{kind:?}");
                assert_eq!(effects[0].kind, EffectKind::Escalate);
                assert_eq!(effects[0].payload["stage"], "registered");
                assert!(stored(&store, &order.id).await.escalated);
            }
        });
    }
}

#[test]
fn a_hold_with_an_end_ends_and_the_deadline_goes_on() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let order = saved(&store, &support(), MORNING).await;
        let until = Some(MORNING.plus_minutes(30));
        let hold = Command::Hold { reason: "away".to_owned(), reason_code: None, until };
        change(&store, &order, hold, MORNING.plus_minutes(10)).await.expect("held");

        let early = tick(&*store, MORNING.plus_minutes(29)).await.expect("it ticks");
        assert_eq!(early, Report::default());
        let now = MORNING.plus_minutes(30);
        let report = tick(&*store, now).await.expect("it ticks");
        assert_eq!((report.holds_ended, report.deadlines), (1, 0));
        let order = stored(&store, &order.id).await;
        assert_eq!(order.hold, None);
        assert_eq!(order.stage.due_at, Some(now.plus_minutes(50)), "ten of sixty were used up");
        let report = tick(&*store, now.plus_minutes(50)).await.expect("it ticks");
        assert_eq!((report.holds_ended, report.deadlines), (0, 1));
    });
}

#[test]
fn a_hold_that_ended_long_ago_and_the_deadline_after_it_are_found_by_one_tick() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let order = saved(&store, &support(), MORNING.plus_minutes(-59)).await;
        let hold = Command::Hold {
            reason: "away".to_owned(),
            reason_code: None,
            until: Some(MORNING.plus_minutes(5)),
        };
        change(&store, &order, hold, MORNING).await.expect("held");
        // The deadline goes on when the tick ends the hold: a minute is left then.
        let report = tick(&*store, LATE).await.expect("it ticks");
        assert_eq!((report.holds_ended, report.deadlines), (1, 0));
        let order = stored(&store, &order.id).await;
        assert_eq!(order.stage.due_at, Some(LATE.plus_minutes(1)));
        let report = tick(&*store, LATE.plus_minutes(1)).await.expect("it ticks");
        assert_eq!(report.deadlines, 1);
    });
}

#[test]
fn more_overdue_orders_than_one_round_takes_are_all_found() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        for _ in 0..230 {
            saved(&store, &support(), MORNING).await;
        }
        assert_eq!(tick(&*store, LATE).await.expect("it ticks").deadlines, 230);
        assert_eq!(store.number("SELECT count(*) FROM effect WHERE kind = 'escalate'").await, 230);
    });
}

/// What makes an order one that nothing can be done with: its scenario is gone, or what is stored of it is no order.
const SPOILT: [&str; 2] = [
    r#"replace(document, '"support-individual"', '"of-another-time"')"#,
    r#"replace(document, '"registeredAt"', '"nowhere"')"#,
];

#[test]
fn orders_that_nothing_can_be_done_with_are_told_and_stand_in_nobodys_way() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            operator::establish(&store).await;
            let mut spoilt = Vec::new();
            // More than a round takes, all of them due before the others.
            for index in 0..=TICK_ORDERS_MAX as usize {
                let order = saved(&store, &support(), MORNING.plus_minutes(-1)).await;
                let statement =
                    format!("UPDATE orders SET document = {} WHERE id = $1", SPOILT[index % 2]);
                store.execute(&statement, vec![order.id.as_str().into()]).await;
                spoilt.push(order.id);
            }
            let late = saved(&store, &support(), MORNING).await;
            for _ in 0..2 {
                let report = tick(&*store, LATE).await.expect("it ticks");
                let mut failed: Vec<String> =
                    report.failures.iter().map(|failure| failure.order_id.clone()).collect();
                failed.sort_unstable();
                spoilt.sort_unstable();
                assert_eq!(failed, spoilt, "{kind:?}");
                let said = |text: &str| {
                    report.failures.iter().filter(|failure| failure.error.contains(text)).count()
                };
                let whole = (said("of-another-time"), said("cannot be read"));
                assert_eq!(whole, (spoilt.len().div_ceil(2), spoilt.len() / 2), "{kind:?}");
            }
            assert_eq!(events_of(&store, &late, EventType::DeadlineMissed).await, 1, "{kind:?}");
        });
    }
}

#[test]
fn the_tick_names_who_has_work_and_forgets_old_keys() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let kinds = [EffectKind::Draw, EffectKind::Provision, EffectKind::Retire];
        saved_with_effects(&store, &kinds, MORNING).await;
        let report = tick(&*store, MORNING).await.expect("it ticks");
        assert_eq!(report.executors, ["documents", "provisioning"]);
        store.claim(&kinds, "somebody", MORNING, 10).await.expect("claimed");
        let report = tick(&*store, MORNING).await.expect("it ticks");
        assert_eq!(report.executors, [""; 0]);

        let statement = "INSERT INTO idempotency_key (key, body_sha256, response, created_at) VALUES ($1, '', '', $2)";
        for (key, at) in [("old", MORNING.0 - 1), ("kept", MORNING.0)] {
            store.execute(statement, vec![key.into(), at.into()]).await;
        }
        tick(&*store, MORNING.plus_ms(IDEMPOTENCY_KEPT_MS)).await.expect("it ticks");
        assert_eq!(store.number("SELECT count(*) FROM idempotency_key").await, 1);
        assert_eq!(
            store.number("SELECT count(*) FROM idempotency_key WHERE key = 'kept'").await,
            1
        );
    });
}

/// Five support orders that were started so many minutes after they came in, beginning at an instant.
async fn started_after(store: &TestStore, minutes: i64, from: Instant) {
    for _ in 0..5 {
        let order = saved(store, &support(), from).await;
        let now = from.plus_minutes(minutes);
        change(store, &order, transition("start"), now).await.expect("started");
    }
}

async fn median_of(store: &TestStore, order: &Order, stage: &str) -> Option<Median> {
    let reference = OrderReference::Id(order.id.clone());
    let loaded = store.load(&reference).await.expect("looked up").expect("it is there");
    loaded.medians.of(stage)
}

#[test]
fn what_stages_take_is_measured_at_most_every_hour_and_forgotten_after_ninety_days() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            operator::establish(&store).await;
            let order = saved(&store, &support(), MORNING).await;
            started_after(&store, 20, MORNING).await;
            assert_eq!(median_of(&store, &order, "registered").await, None, "{kind:?}");

            let twenty = Some(Median { samples: 5, working_minutes: 20 });
            tick(&*store, LATE).await.expect("it ticks");
            assert_eq!(median_of(&store, &order, "registered").await, twenty, "{kind:?}");
            assert_eq!(median_of(&store, &order, "repair").await, None, "{kind:?}");

            // What came meanwhile is looked at when the hour is over.
            started_after(&store, 40, LATE).await;
            started_after(&store, 50, LATE).await;
            tick(&*store, LATE.plus_minutes(59)).await.expect("it ticks");
            assert_eq!(median_of(&store, &order, "registered").await, twenty, "{kind:?}");
            tick(&*store, LATE.plus_minutes(60)).await.expect("it ticks");
            let forty = Some(Median { samples: 15, working_minutes: 40 });
            assert_eq!(median_of(&store, &order, "registered").await, forty, "{kind:?}");
            let latest = store.stage_times(7).await.expect("listed");
            assert_eq!(latest.len(), 1, "{kind:?}: {latest:?}");
            let mut minutes = latest[0].working_minutes.clone();
            minutes.sort_unstable();
            assert_eq!(minutes, [40, 40, 50, 50, 50, 50, 50], "{kind:?}: the latest ones");

            let days = |days: i64| LATE.plus_minutes(days * 24 * 60);
            tick(&*store, days(89)).await.expect("it ticks");
            assert_eq!(median_of(&store, &order, "registered").await, forty, "{kind:?}");
            tick(&*store, days(91)).await.expect("it ticks");
            assert_eq!(median_of(&store, &order, "registered").await, None, "{kind:?}");
            assert_eq!(store.number("SELECT count(*) FROM stage_time").await, 0, "{kind:?}");
        });
    }
}

#[test]
fn of_many_ticks_at_once_one_measures() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            let turns = at_once(8, |_| {
                let store = store.clone();
                async move { store.begin_measuring(LATE, MORNING).await.expect("asked") }
            })
            .await;
            assert_eq!(turns.iter().filter(|turn| **turn).count(), 1, "{kind:?}");
        });
    }
}
