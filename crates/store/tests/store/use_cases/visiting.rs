//! A transition books a visit in the same step, whoever else asks for the same time.

use crate::support::database::{Kind, TestStore, at_once, run};
use crate::support::operator::{self, admin};
use crate::support::orders::{MORNING, saved, stored, support};
use crate::support::technicians::employ;
use oms_app::AppError;
use oms_app::change::{Expected, available, change, dry_run};
use oms_app::workforce::{self, SlotsWanted};
use oms_domain::decide::{AskedSlot, Command, VisitRequest};
use oms_domain::order::Order;
use oms_domain::rejection::Rejection;
use oms_domain::time::Instant;
use std::collections::BTreeSet;

const CALLERS: usize = 32;

fn visit(from: Option<Instant>) -> Command {
    let slot = from.map(|from| AskedSlot { from, technician: Some("anvar".to_owned()) });
    Command::Transition {
        transition: "visit".to_owned(),
        fields: serde_json::Map::new(),
        comment: Some("The line is dead".to_owned()),
        visit: VisitRequest { slot, ..VisitRequest::default() },
    }
}

async fn registered(store: &TestStore, count: usize) -> Vec<Order> {
    operator::establish(store).await;
    employ(store, MORNING).await;
    let mut orders = Vec::new();
    for _ in 0..count {
        orders.push(saved(store, &support(), MORNING).await);
    }
    orders
}

#[test]
fn of_many_who_want_one_slot_at_once_one_gets_it_and_the_others_are_told_the_next_five() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            let orders = registered(&store, CALLERS).await;
            let wanted = MORNING.plus_minutes(60);
            let outcomes = at_once(CALLERS, |caller| {
                let (store, id) = (store.clone(), orders[caller].id.clone());
                async move {
                    let seen = Expected::Version(1);
                    change(&*store, &admin(), &id, seen, visit(Some(wanted)), MORNING).await
                }
            })
            .await;
            let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let told = outcomes.iter().filter(|outcome| {
                matches!(outcome, Err(AppError::Rejected(Rejection::NoFreeSlot { next, .. })) if next.len() == 5)
            });
            assert_eq!((made, told.count()), (1, CALLERS - 1), "{kind:?}: {outcomes:?}");
            assert_eq!(store.number("SELECT count(*) FROM booking").await, 1, "{kind:?}");
        });
    }
}

#[test]
fn many_who_want_any_slot_at_once_all_get_one_and_none_meet() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            let orders = registered(&store, CALLERS).await;
            let outcomes = at_once(CALLERS, |caller| {
                let (store, id) = (store.clone(), orders[caller].id.clone());
                async move {
                    change(&*store, &admin(), &id, Expected::Version(1), visit(None), MORNING).await
                }
            })
            .await;
            let mut booked = BTreeSet::new();
            for outcome in &outcomes {
                let decision = outcome.as_ref().unwrap_or_else(|error| panic!("{kind:?}: {error}"));
                let visit = decision.order.appointment.clone().expect("a visit");
                booked.insert((visit.technician, visit.from));
            }
            assert_eq!(booked.len(), CALLERS, "{kind:?}");
            let booked: Vec<_> = booked.into_iter().collect();
            for pair in booked.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
                // An hour, and half an hour to travel.
                assert!(pair[0].1.plus_minutes(90) <= pair[1].1, "{kind:?}: {pair:?}");
            }
        });
    }
}

#[test]
fn a_visit_is_moved_released_and_found_in_the_route() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(kind, async |store| {
            let orders = registered(&store, 2).await;
            let (id, actor) = (orders[0].id.as_str(), admin());
            let at = |hours: i64| MORNING.plus_minutes(hours * 60);
            let preview = dry_run(&*store, &actor, id, Expected::Any, visit(Some(at(1))), MORNING);
            assert!(preview.await.expect("decided").order.appointment.is_some());
            assert_eq!(store.number("SELECT count(*) FROM booking").await, 0, "nothing is saved");
            let (_, listed) = available(&*store, &actor, id, MORNING).await.expect("listed");
            let slots: Vec<usize> = listed.iter().map(|it| it.slots.len()).collect();
            assert_eq!(slots.iter().sum::<usize>(), 5, "{slots:?}");

            let make =
                async |command| change(&*store, &actor, id, Expected::Any, command, MORNING).await;
            make(visit(Some(at(1)))).await.expect("booked");
            let slot = Some(AskedSlot { from: at(4), technician: None });
            let request = VisitRequest { slot, ..VisitRequest::default() };
            let reason = "She asked".to_owned();
            make(Command::Reschedule { visit: request, reason }).await.expect("moved");
            let order = stored(&store, id).await;
            let visit = order.appointment.clone().expect("a visit");
            assert_eq!((visit.from, visit.is_override), (at(4), false));
            let route = workforce::route(&*store, &actor, &visit.technician, None, MORNING).await;
            let route = route.expect("a route");
            assert_eq!(route.visits.len(), 1);
            assert_eq!(route.visits[0].0.order, order);
            let possible: Vec<&str> =
                route.visits[0].1.iter().map(|it| it.transition.as_str()).collect();
            assert_eq!(possible, ["visit-failed"], "the work-order is not there yet");

            let wanted = SlotsWanted {
                division: "north".to_owned(),
                skill: None,
                duration_minutes: 60,
                from: at(4),
                to: at(6),
                limit: 50,
            };
            let slots = workforce::slots(&*store, &actor, &wanted, MORNING).await.expect("slots");
            let others: Vec<usize> = slots.iter().map(|slot| slot.others).collect();
            assert_eq!(others, [0, 0, 0], "{slots:?}");
            let hold = Command::Hold { reason: "Away".to_owned(), reason_code: None, until: None };
            make(hold).await.expect("held");
            let slots = workforce::slots(&*store, &actor, &wanted, MORNING).await.expect("slots");
            let others: Vec<usize> = slots.iter().map(|slot| slot.others).collect();
            assert_eq!(others, [1, 1, 1], "{slots:?}");
            assert_eq!(store.number("SELECT count(*) FROM booking").await, 0);
        });
    }
}
