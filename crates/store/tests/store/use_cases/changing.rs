//! An order is changed on the version that the caller has seen, or on whatever it is like.

use crate::support::database::{Kind, TestStore, at_once, run};
use crate::support::operator::{self, admin, nobody};
use crate::support::orders::{MORNING, comment, connect, saved, stored, transition};
use oms_app::change::{Expected, available, change, dry_run};
use oms_app::ports::{OrderFilter, OrderPageQuery, OrderSort, Orders};
use oms_app::{AppError, read};
use oms_domain::decide::Command;
use oms_domain::order::Order;
use oms_domain::rejection::Rejection;

async fn registered(store: &TestStore) -> Order {
    operator::establish(store).await;
    saved(store, &connect(), MORNING).await
}

#[test]
fn of_many_transitions_of_one_version_at_once_one_is_made() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            let order = registered(&store).await;
            let outcomes = at_once(32, |_| {
                let (store, number) = (store.clone(), order.number.clone());
                async move {
                    let seen = Expected::Version(1);
                    change(&*store, &admin(), &number, seen, transition("accept"), MORNING).await
                }
            })
            .await;
            let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let stale = outcomes
                .iter()
                .filter(|outcome| matches!(outcome, Err(AppError::StaleVersion { current: 2 })));
            assert_eq!((made, stale.count()), (1, 31), "{kind:?}: {outcomes:?}");
            let order = stored(&store, &order.id).await;
            assert_eq!((order.version, order.stage.code.as_str()), (2, "feasibility"), "{kind:?}");
            let events = store.history(&order.id, 2, 100).await.expect("the history");
            assert_eq!(events.len() as i64, order.last_event - 2, "{kind:?}");
        });
    }
}

#[test]
fn a_change_that_asks_for_no_version_is_made_on_what_the_order_is_like_then() {
    run(Kind::Sqlite, async |store| {
        let order = registered(&store).await;
        // Fewer at once than a change is attempted again: nobody has to give up.
        let outcomes = at_once(4, |caller| {
            let (store, id) = (store.clone(), order.id.clone());
            async move {
                let text = comment(&format!("caller {caller}"));
                change(&*store, &admin(), &id, Expected::Any, text, MORNING).await
            }
        })
        .await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        let order = stored(&store, &order.id).await;
        assert_eq!((order.version, order.last_event), (5, 6));
    });
}

#[test]
fn what_cannot_be_changed_is_told_and_stays_as_it_is() {
    run(Kind::Sqlite, async |store| {
        let order = registered(&store).await;
        let attempt = async |name: &str, expected, command| {
            let outcome = change(&*store, &admin(), name, expected, command, MORNING).await;
            outcome.err().unwrap_or_else(|| panic!("{name} was changed"))
        };
        let id = order.id.as_str();
        let stale = attempt(id, Expected::Version(7), transition("accept")).await;
        assert!(matches!(stale, AppError::StaleVersion { current: 1 }), "{stale}");
        let rejected = attempt(id, Expected::Version(1), transition("feasible")).await;
        let is_rejection = |error: &AppError| {
            matches!(error, AppError::Rejected(Rejection::TransitionNotFromHere { .. }))
        };
        assert!(is_rejection(&rejected), "{rejected}");
        let names = [
            "261124-4801-9371",
            "no order",
            "",
            "019ab5c6-0000-7000-8000-000000000009",
            "' OR 1=1",
        ];
        for name in names {
            let missing = attempt(name, Expected::Any, comment("hello")).await;
            assert!(matches!(missing, AppError::NotFound { .. }), "{name}: {missing}");
        }
        assert_eq!(stored(&store, id).await, order);
        // What is done already is no change.
        let nothing = Command::Assign { assignee: None };
        let decision = change(&*store, &admin(), id, Expected::Version(1), nothing, MORNING).await;
        assert!(decision.expect("it is decided").is_empty());
        assert_eq!(stored(&store, id).await.version, 1);
    });
}

#[test]
fn an_order_of_a_scenario_that_is_gone_is_not_touched() {
    run(Kind::Sqlite, async |store| {
        let order = registered(&store).await;
        let document = "json_set(document, '$.scenario.version', 99)";
        let statement = format!("UPDATE orders SET document = {document} WHERE id = $1");
        store.execute(&statement, vec![order.id.as_str().into()]).await;
        let outcome =
            change(&*store, &admin(), &order.id, Expected::Any, comment("hello"), MORNING).await;
        let is_unknown = |error: &AppError| {
            matches!(error, AppError::Rejected(Rejection::ScenarioUnknown { version: 99, .. }))
        };
        assert!(outcome.as_ref().is_err_and(is_unknown), "{outcome:?}");
    });
}

#[test]
fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    run(Kind::Sqlite, async |store| {
        let order = registered(&store).await;
        let before = store.footprint().await;
        let (actor, seen) = (admin(), Expected::Version(1));
        let decision =
            dry_run(&*store, &actor, &order.number, seen, transition("accept"), MORNING).await;
        let decision = decision.expect("it is decided");
        assert_eq!(decision.order.stage.code, "feasibility");
        assert_eq!(decision.order.division.code, "north-tech");
        assert_eq!(decision.order.stage.due_at, Some(MORNING.plus_minutes(960)));
        assert_eq!(store.footprint().await, before);
        assert_eq!(stored(&store, &order.id).await, order);

        let (same, transitions) =
            available(&*store, &actor, &order.number, MORNING).await.expect("listed");
        assert_eq!(same, order);
        let codes: Vec<&str> = transitions.iter().map(|t| t.transition.as_str()).collect();
        assert_eq!(codes, ["accept", "refuse"]);
    });
}

#[test]
fn orders_are_read_with_the_right_to_it() {
    run(Kind::Sqlite, async |store| {
        let order = registered(&store).await;
        let query = OrderPageQuery {
            filter: OrderFilter::default(),
            sort: OrderSort::default(),
            after: None,
            limit: 10,
        };
        let (admin, nobody) = (admin(), nobody());
        assert_eq!(read::order(&*store, &admin, &order.number).await.expect("read"), order);
        let page = read::page(&*store, &admin, &query).await.expect("read");
        assert_eq!(page.orders, vec![order.clone()]);
        let (_, history) = read::history(&*store, &admin, &order.id, 0, 1_000).await.expect("read");
        assert_eq!(history.len(), 2);

        let refused = [
            read::order(&*store, &nobody, &order.number).await.map(drop),
            read::page(&*store, &nobody, &query).await.map(drop),
            read::history(&*store, &nobody, &order.id, 0, 10).await.map(drop),
            available(&*store, &nobody, &order.id, MORNING).await.map(drop),
        ];
        for outcome in refused {
            assert!(matches!(outcome, Err(AppError::RightMissing(_))), "{outcome:?}");
        }
    });
}
