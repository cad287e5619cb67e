//! An operator's own scenario from the draft to the orders in it.

use crate::support::database::{Kind, TestStore, run};
use crate::support::operator::{self, admin, nobody};
use crate::support::orders::{MORNING, connect, stored, transition};
use oms_app::change::{Expected, change};
use oms_app::register::{Outcome, Request, register};
use oms_app::{AppError, scenarios};
use oms_domain::order::Order;
use oms_domain::rejection::Rejection;
use oms_domain::scenario::{self, Scenario, ScenarioState};
use oms_store::Store;

/// As the built-in one, but an order begins in the stage where its feasibility is tested.
fn own(code: &str) -> Scenario {
    let built_in = scenario::find("connect-individual", 1).expect("it is built in");
    let mut own = Scenario { code: code.to_owned(), ..built_in.clone() };
    own.initial_stage = "feasibility".to_owned();
    let first = built_in.initial_stage.as_str();
    own.stages.retain(|stage| stage.code != first);
    for transition in &mut own.transitions {
        transition.from.retain(|from| from != first);
    }
    own.transitions.retain(|transition| !transition.from.is_empty());
    own
}

async fn registered(store: &TestStore) -> Order {
    let mut form = connect();
    form["allowDuplicate"] = true.into();
    let body = form.to_string();
    let actor = admin();
    let request = Request {
        actor: &actor,
        document: &form,
        body: body.as_bytes(),
        idempotency_key: None,
        now: MORNING,
    };
    match register(&**store, request).await {
        Ok(Outcome::Registered { order, .. }) => *order,
        other => panic!("{other:?}"),
    }
}

async fn published(store: &TestStore, scenario: Scenario) -> u32 {
    let (admin, code) = (admin(), scenario.code.clone());
    let draft = scenarios::create(&**store, &admin, scenario, MORNING).await.expect("a draft");
    let version = draft.entry.version;
    let published = scenarios::publish(&**store, &admin, &code, version, None, MORNING).await;
    assert_eq!(published.expect("published").entry.state, ScenarioState::Published);
    version
}

#[test]
fn new_orders_take_the_published_scenario_and_keep_it_after_it_is_retired() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            operator::establish(&store).await;
            let before = registered(&store).await;
            assert_eq!(
                (before.scenario.code.as_str(), before.scenario.version),
                ("connect-individual", 3)
            );
            assert_eq!(
                published(&store, own("connect-individual")).await,
                1001,
                "after all that the product may ever have"
            );
            let order = registered(&store).await;
            assert_eq!(
                (order.scenario.code.as_str(), order.scenario.version),
                ("connect-individual", 1001)
            );
            assert_eq!(order.stage.code, "feasibility");

            let retired =
                scenarios::retire(&*store, &admin(), "connect-individual", 1001, MORNING).await;
            assert_eq!(retired.expect("retired").state, ScenarioState::Retired);
            assert_eq!(registered(&store).await.scenario.version, 3, "the built-in one again");
            // An instance that has never seen the scenario moves its order all the same.
            let fresh = Store::new(store.database().clone());
            let feasible = transition("feasible");
            let (actor, seen) = (admin(), Expected::Version(1));
            let moved = change(&fresh, &actor, &order.id, seen, feasible, MORNING).await;
            let moved = moved.expect("it is moved").order;
            assert_eq!(stored(&store, &order.id).await, moved);
            assert_eq!(moved.scenario, order.scenario);
            assert_ne!(moved.stage.code, "feasibility");
        });
    }
}

#[test]
fn a_draft_may_have_faults_and_a_publication_refuses_them_all() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let admin = admin();
        let mut faulty = own("fiber");
        faulty.initial_stage = "nowhere".to_owned();
        faulty.name.ru = String::new();
        let draft =
            scenarios::create(&*store, &admin, faulty.clone(), MORNING).await.expect("kept");
        let codes: Vec<&str> = draft.warnings.iter().map(|fault| fault.code.as_str()).collect();
        assert!(codes.contains(&"unknown-stage") && codes.contains(&"empty-text"), "{codes:?}");
        let refused = scenarios::publish(&*store, &admin, "fiber", 1001, None, MORNING).await;
        let Err(AppError::Invalid(faults)) = refused else { panic!("{refused:?}") };
        assert!(faults.iter().all(|fault| draft.warnings.contains(fault)), "{faults:?}");

        // Mended on the revision that was seen.
        let mended = Scenario { version: 1001, ..own("fiber") };
        let stale = scenarios::replace(&*store, &admin, mended.clone(), Some(7), MORNING).await;
        assert!(matches!(stale, Err(AppError::StaleList { current: 1 })), "{stale:?}");
        let replaced = scenarios::replace(&*store, &admin, mended, Some(1), MORNING).await;
        assert_eq!(replaced.expect("replaced").warnings, []);
        for _ in 0..2 {
            let published = scenarios::publish(&*store, &admin, "fiber", 1001, None, MORNING).await;
            assert_eq!(published.expect("published").entry.revision, 3, "again is nothing new");
        }
        faulty.version = 1001;
        let late = scenarios::replace(&*store, &admin, faulty, None, MORNING).await;
        let is_published = |error: &AppError| {
            matches!(
                error,
                AppError::Rejected(Rejection::ScenarioNotDraft { state: "published", .. })
            )
        };
        assert!(late.as_ref().is_err_and(is_published), "{late:?}");
        let deleted = scenarios::delete(&*store, &admin, "fiber", 1001, None).await;
        assert!(deleted.as_ref().is_err_and(is_published), "{deleted:?}");
    });
}

#[test]
fn what_cannot_be_done_with_a_scenario_is_told() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let (admin, nobody) = (admin(), nobody());
        let mut nameless = own("fiber");
        nameless.code = "Not A Code/".to_owned();
        let refused = scenarios::create(&*store, &admin, nameless, MORNING).await;
        assert!(matches!(refused, Err(AppError::Invalid(_))), "{refused:?}");
        let built_in = scenarios::retire(&*store, &admin, "connect-individual", 1, MORNING).await;
        let is_built_in = |error: &AppError| {
            matches!(error, AppError::Rejected(Rejection::ScenarioBuiltIn { .. }))
        };
        assert!(built_in.as_ref().is_err_and(is_built_in), "{built_in:?}");
        let missing = scenarios::publish(&*store, &admin, "fiber", 1001, None, MORNING).await;
        assert!(matches!(missing, Err(AppError::NotFound { .. })), "{missing:?}");
        scenarios::create(&*store, &admin, own("fiber"), MORNING).await.expect("a draft");
        let draft = scenarios::retire(&*store, &admin, "fiber", 1001, MORNING).await;
        let is_draft = |error: &AppError| {
            matches!(
                error,
                AppError::Rejected(Rejection::ScenarioNotPublished { state: "draft", .. })
            )
        };
        assert!(draft.as_ref().is_err_and(is_draft), "{draft:?}");
        let refused = [
            scenarios::create(&*store, &nobody, own("fiber"), MORNING).await.map(drop),
            scenarios::replace(&*store, &nobody, own("fiber"), None, MORNING).await.map(drop),
            scenarios::delete(&*store, &nobody, "fiber", 1001, None).await,
            scenarios::publish(&*store, &nobody, "fiber", 1001, None, MORNING).await.map(drop),
            scenarios::retire(&*store, &nobody, "fiber", 1001, MORNING).await.map(drop),
            scenarios::one(&*store, &nobody, "fiber", 1001).await.map(drop),
            scenarios::list(&*store, &nobody, None, None, 10).await.map(drop),
        ];
        for outcome in refused {
            assert!(matches!(outcome, Err(AppError::RightMissing(_))), "{outcome:?}");
        }
        scenarios::delete(&*store, &admin, "fiber", 1001, Some(1)).await.expect("deleted");
    });
}
