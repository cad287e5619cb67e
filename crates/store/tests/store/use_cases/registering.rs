//! An order is registered: routed with a reason, once, however often and however fast it is sent.

use crate::support::database::{Kind, TestStore, at_once, run};
use crate::support::operator::{self, admin, nobody};
use crate::support::orders::{MORNING, connect, stored, support};
use oms_app::AppError;
use oms_app::ports::Orders;
use oms_app::register::{Outcome, Request, register};
use oms_domain::event::EventType;
use oms_domain::order::Order;
use oms_domain::rejection::Rejection;
use oms_domain::rights::{Actor, Right};
use serde_json::{Value, json};

async fn send(
    store: &TestStore,
    actor: &Actor,
    form: &Value,
    key: Option<&str>,
) -> Result<Outcome, AppError> {
    let body = form.to_string();
    let request = Request {
        actor,
        document: form,
        body: body.as_bytes(),
        idempotency_key: key,
        now: MORNING,
    };
    register(&**store, request).await
}

fn order(outcome: Result<Outcome, AppError>) -> Order {
    match outcome {
        Ok(Outcome::Registered { order, .. }) => *order,
        other => panic!("{other:?}"),
    }
}

fn at(street: &str) -> Value {
    let mut form = connect();
    form["address"]["street"] = street.into();
    form
}

#[test]
fn an_order_goes_to_its_division_and_knows_why() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let order = order(send(&store, &admin(), &at("Amir Temur"), None).await);
        assert_eq!(order.division.code, "north-sales");
        assert_eq!(order.routing.covering.as_ref().map(|c| c.code.as_str()), Some("north-tech"));
        assert_eq!(
            order.routing.reason,
            "north-tech division operates this address: rule [UZ, Tashkent]. \
             The stage asks for a sales division; the nearest is north-sales division."
        );
        assert_eq!(stored(&store, &order.id).await, order);
        let history = store.history(&order.id, 0, 10).await.expect("the history");
        let types: Vec<EventType> = history.iter().map(|event| event.event_type).collect();
        assert_eq!(types, [EventType::Registered, EventType::Routed]);

        // One street of the same city is another division's; of its two sales departments the first by code.
        let street = self::order(send(&store, &admin(), &at("ул. ЗЕЛЕНАЯ"), None).await);
        assert_eq!(street.division.code, "south-sales-a");
        assert_eq!(street.routing.beaten.len(), 1);
        let more_specific = "It is more specific than rule [UZ, Tashkent] of north-tech.";
        assert!(street.routing.reason.contains(more_specific), "{}", street.routing.reason);

        // Without a rule it waits at the root, whatever the stage asks for.
        let mut nowhere = at("Amir Temur");
        nowhere["address"]["city"] = "Bukhara".into();
        let nowhere = self::order(send(&store, &admin(), &nowhere, None).await);
        assert_eq!(nowhere.division.code, "head");
        assert!(nowhere.routing.unmatched);
        assert!(nowhere.routing.reason.starts_with("No coverage rule matches this address"));
    });
}

#[test]
fn without_an_organisation_nothing_is_registered() {
    run(Kind::Sqlite, async |store| {
        let outcome = send(&store, &admin(), &connect(), Some("key")).await;
        let missing = AppError::Rejected(Rejection::OrganisationMissing);
        assert_eq!(outcome.map_err(|e| e.to_string()), Err(missing.to_string()));
        assert_eq!(store.footprint().await, [0; 8]);
    });
}

#[test]
fn the_same_key_gives_the_same_answer() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let (first, answer) = match send(&store, &admin(), &connect(), Some("key")).await {
            Ok(Outcome::Registered { order, outlook, .. }) => {
                let mut answer = order.to_api();
                outlook.add_to(&mut answer);
                (order, answer)
            }
            other => panic!("{other:?}"),
        };
        let before = store.footprint().await;
        match send(&store, &admin(), &connect(), Some("key")).await {
            Ok(Outcome::Replayed { response }) => assert_eq!(response, answer),
            other => panic!("{other:?}"),
        }
        let other_body = send(&store, &admin(), &at("Navoi"), Some("key")).await;
        assert!(matches!(other_body, Err(AppError::IdempotencyMismatch)), "{other_body:?}");
        assert_eq!(store.footprint().await, before);
        // Keys of different callers never meet.
        let desk = Actor::with_rights("desk", &[Right::OrdersRegister]);
        let other_caller = order(send(&store, &desk, &at("Navoi"), Some("key")).await);
        assert_ne!(other_caller.id, first.id);
    });
}

#[test]
fn the_same_request_is_a_duplicate_until_its_order_is_closed() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let first = order(send(&store, &admin(), &connect(), None).await);
        let same_door = at("AMIR TEMUR street");
        match send(&store, &admin(), &same_door, None).await {
            Err(AppError::DuplicateOrder { id, number }) => {
                assert_eq!((id, number), (first.id.clone(), first.number.clone()));
            }
            other => panic!("{other:?}"),
        }
        // Another flat, another person, another service or another kind is another request.
        let mut others = [connect(), connect(), connect(), support()];
        others[0]["address"]["flat"] = "46".into();
        others[1]["party"]["phone"] = "+998901234568".into();
        others[2]["items"][0] =
            json!({ "id": "1", "service": "telephony", "action": "add", "tariff": "phone-basic" });
        for other in &others {
            order(send(&store, &admin(), other, None).await);
        }
        let mut allowed = connect();
        allowed["allowDuplicate"] = true.into();
        order(send(&store, &admin(), &allowed, None).await);

        let cancel = oms_domain::decide::Command::Cancel {
            reason: "moved".to_owned(),
            penalty_confirmed: false,
        };
        crate::support::orders::change(&store, &first, cancel, MORNING).await.expect("cancelled");
        order(send(&store, &admin(), &connect(), None).await);
    });
}

#[test]
fn an_order_is_imported_once_and_two_complaints_about_one_line_are_two() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let import = |key: &str| {
            let mut form = support();
            form["channel"] = "import".into();
            form["imported"] = json!({
                "source": "complaints", "key": key, "stage": "closed", "registeredAt": "2015-04-22T21:59:40Z"
            });
            form
        };
        let first = order(send(&store, &admin(), &import("1"), None).await);
        assert_eq!(first.registered_at.to_string(), "2015-04-22T21:59:40.000Z");
        assert!(first.is_closed());
        match send(&store, &admin(), &import("1"), None).await {
            Err(AppError::DuplicateOrder { id, .. }) => assert_eq!(id, first.id),
            other => panic!("{other:?}"),
        }
        order(send(&store, &admin(), &import("2"), None).await);
        assert_eq!(store.footprint().await[0], 2);
        let desk = Actor::with_rights("desk", &[Right::OrdersRegister]);
        let refused = send(&store, &desk, &import("3"), None).await;
        assert!(matches!(refused, Err(AppError::RightMissing(Right::OrdersImport))), "{refused:?}");
    });
}

#[test]
fn what_is_wrong_with_a_registration_leaves_no_trace() {
    run(Kind::Sqlite, async |store| {
        operator::establish(&store).await;
        let refused = send(&store, &nobody(), &connect(), Some("key")).await;
        assert!(
            matches!(refused, Err(AppError::RightMissing(Right::OrdersRegister))),
            "{refused:?}"
        );
        let faulty = json!({ "kind": "connect", "channel": "smoke" });
        match send(&store, &admin(), &faulty, Some("key")).await {
            Err(AppError::Invalid(faults)) => assert_eq!(faults.len(), 4, "{faults:?}"),
            other => panic!("{other:?}"),
        }
        let mut elsewhere = support();
        elsewhere["imported"] = json!({ "source": "s", "key": "k", "stage": "feasibility" });
        let unknown = send(&store, &admin(), &elsewhere, Some("key")).await;
        let is_unknown =
            |error: &AppError| matches!(error, AppError::Rejected(Rejection::StageUnknown { .. }));
        assert!(unknown.as_ref().is_err_and(is_unknown), "{unknown:?}");
        assert_eq!(store.footprint().await, [0; 8]);
    });
}

#[test]
fn of_many_requests_with_one_key_at_once_one_becomes_an_order() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            operator::establish(&store).await;
            let outcomes = at_once(32, |_| {
                let store = store.clone();
                async move { send(&store, &admin(), &connect(), Some("key")).await }
            })
            .await;
            let mut registered = Vec::new();
            let mut replayed = Vec::new();
            for outcome in outcomes {
                match outcome {
                    Ok(Outcome::Registered { order, outlook, .. }) => {
                        let mut answer = order.to_api();
                        outlook.add_to(&mut answer);
                        registered.push(answer);
                    }
                    Ok(Outcome::Replayed { response }) => replayed.push(response),
                    Err(error) => panic!("{kind:?}: {error}"),
                }
            }
            assert_eq!((registered.len(), replayed.len()), (1, 31), "{kind:?}");
            assert!(replayed.iter().all(|answer| *answer == registered[0]), "{kind:?}");
            assert_eq!(store.footprint().await[0], 1, "{kind:?}");
        });
    }
}

#[test]
fn of_many_requests_for_one_door_at_once_one_becomes_an_order() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            operator::establish(&store).await;
            let outcomes = at_once(32, |caller| {
                let store = store.clone();
                async move {
                    let key = format!("key {caller}");
                    send(&store, &admin(), &connect(), Some(&key)).await
                }
            })
            .await;
            let duplicates = outcomes
                .iter()
                .filter(|outcome| matches!(outcome, Err(AppError::DuplicateOrder { .. })));
            assert_eq!(duplicates.count(), 31, "{kind:?}: {outcomes:?}");
            assert_eq!(store.footprint().await[0], 1, "{kind:?}");
        });
    }
}
