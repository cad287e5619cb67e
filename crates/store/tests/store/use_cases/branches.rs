//! Somebody with a grant for one branch keeps what is of that branch, and nothing that is the whole organisation's.

use crate::support::database::TestStore;
use crate::support::on_both_databases;
use crate::support::operator::{admin, establish};
use crate::support::orders::{
    MORNING, comment, connect, decision_in, next, save_of, saved, stored, support,
};
use crate::support::technicians::{employ, technician};
use oms_app::calendars::replace_calendars;
use oms_app::escalations::notices;
use oms_app::migration::{Request, migrate};
use oms_app::ports::{Escalation, Orders, Save};
use oms_app::workforce::{self, SlotsWanted, TechnicianList};
use oms_app::{AppError, scenarios};
use oms_domain::access::{Actor, Divisions, Grant, Holder, Reach};
use oms_domain::order::{OrderKind, ScenarioReference};
use oms_domain::rights::Right;
use oms_domain::role::built_in_rights;
use oms_domain::scenario;
use oms_domain::workforce::Technician;
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both_databases! {
    what_is_the_whole_organisations_is_not_changed_from_a_branch
    a_branch_reads_and_swaps_its_own_technicians
    notices_are_those_of_orders_that_the_reader_may_open
    a_migration_passes_over_what_its_caller_does_not_see
}

fn grant(rights: &[Right], path: &str, kinds: &[OrderKind]) -> Grant {
    let divisions = match path {
        "" => Divisions::Whole,
        path => Divisions::Subtree(path.to_owned()),
    };
    let reach = Reach { divisions, kinds: kinds.to_vec() };
    Grant { rights: rights.to_vec(), reach, periods: Vec::new() }
}

fn somebody(grants: Vec<Grant>) -> Actor {
    Actor::of(Holder { name: "somebody".to_owned(), grants }, MORNING)
}

fn of_branch(role: &str, path: &str) -> Actor {
    somebody(vec![grant(built_in_rights(role).expect("a role"), path, &[])])
}

fn missing<T: std::fmt::Debug>(outcome: Result<T, AppError>) -> Right {
    match outcome {
        Err(AppError::RightMissing(right)) => right,
        outcome => panic!("{outcome:?}"),
    }
}

async fn what_is_the_whole_organisations_is_not_changed_from_a_branch(store: TestStore) {
    establish(&store).await;
    let ports = &*store;
    let everything = &[Right::Admin][..];
    for actor in [
        somebody(vec![grant(everything, "/head/", &[])]),
        somebody(vec![grant(everything, "", &[OrderKind::Connect])]),
    ] {
        let calendars = json!({ "calendars": [], "divisions": {} });
        let swapped = replace_calendars(ports, &actor, &calendars, None).await;
        assert_eq!(missing(swapped), Right::OrganisationWrite);
        let own = scenario::find("connect-individual", 1).expect("it is built in").clone();
        let code = "connect-individual";
        let made = scenarios::create(ports, &actor, own.clone(), MORNING).await;
        assert_eq!(missing(made), Right::ScenariosWrite);
        let made = scenarios::replace(ports, &actor, own, None, MORNING).await;
        assert_eq!(missing(made), Right::ScenariosWrite);
        let gone = scenarios::delete(ports, &actor, code, 1001, None).await;
        assert_eq!(missing(gone), Right::ScenariosWrite);
        let published = scenarios::publish(ports, &actor, code, 1001, None, MORNING).await;
        assert_eq!(missing(published), Right::ScenariosWrite);
        let retired = scenarios::retire(ports, &actor, code, 1001, MORNING).await;
        assert_eq!(missing(retired), Right::ScenariosWrite);
        let moved = migrate(ports, &actor, &request(), MORNING).await;
        assert_eq!(missing(moved), Right::ScenariosWrite);
    }
}

fn codes(list: &TechnicianList) -> Vec<&str> {
    list.technicians.iter().map(|technician| technician.code.as_str()).collect()
}

fn document(technicians: &[Technician]) -> Value {
    serde_json::to_value(technicians).expect("a list")
}

async fn a_branch_reads_and_swaps_its_own_technicians(store: TestStore) {
    establish(&store).await;
    employ(&store, MORNING).await;
    let ports = &*store;
    let north = of_branch("head-of-division", "/head/north/");
    let south = of_branch("technician", "/head/south/");
    let anvar = || technician("anvar", "north-tech");
    let clara = || technician("clara", "south-tech");
    for (actor, expected) in [
        (&admin(), &["anvar", "bekzod", "clara"][..]),
        (&north, &["anvar", "bekzod"]),
        (&south, &["clara"]),
        (&of_branch("technician", "/head/north/north-sales/"), &[]),
    ] {
        let list = workforce::list(ports, actor).await.expect("listed");
        assert_eq!((codes(&list).as_slice(), list.version), (expected, 1));
    }
    // A grant for some kinds reads as well: a technician is sent to whatever there is to do.
    let rights = built_in_rights("head-of-division").expect("a role");
    let kinds = &[OrderKind::Support];
    let support = somebody(vec![grant(rights, "/head/north/", kinds)]);
    let list = workforce::list(ports, &support).await.expect("listed");
    assert_eq!(codes(&list), ["anvar", "bekzod"]);

    let replace = async |actor: &Actor, technicians: &[Technician], version: Option<i64>| {
        let document = document(technicians);
        workforce::replace(ports, actor, &document, version, MORNING).await
    };
    // Neither somebody of another branch, nor somebody moved there or taken from there.
    let mut busy = clara();
    busy.travel_buffer_minutes = 0;
    for refused in [
        vec![anvar(), technician("dilya", "south-tech")],
        vec![technician("anvar", "south-tech")],
        vec![technician("clara", "north-tech")],
        vec![anvar(), busy],
    ] {
        let outcome = replace(&north, &refused, None).await;
        assert_eq!(missing(outcome), Right::TechniciansWrite, "{refused:?}");
    }
    assert_eq!(missing(replace(&south, &[], None).await), Right::TechniciansWrite);
    assert_eq!(missing(replace(&support, &[anvar()], None).await), Right::TechniciansWrite);
    let stale = replace(&north, &[anvar()], Some(7)).await;
    assert!(matches!(stale, Err(AppError::StaleList { current: 1 })), "{stale:?}");
    // What others have stays, whether it is left out or sent as it is.
    let list = replace(&north, &[anvar()], Some(1)).await.expect("swapped");
    assert_eq!((codes(&list), list.version), (vec!["anvar"], 2));
    let list = replace(&north, &[clara(), technician("dilya", "north")], None).await;
    assert_eq!(codes(&list.expect("swapped")), ["dilya"]);
    let all = workforce::list(ports, &admin()).await.expect("listed");
    assert_eq!(codes(&all), ["clara", "dilya"]);
    assert_eq!(all.technicians[0], clara());

    let wanted = |division: &str| SlotsWanted {
        division: division.to_owned(),
        skill: None,
        duration_minutes: 60,
        from: MORNING,
        to: MORNING.plus_minutes(120),
        limit: 5,
    };
    for (division, is_read) in
        [("north", true), ("north-tech", true), ("south", false), ("head", false), ("x", false)]
    {
        let slots = workforce::slots(ports, &north, &wanted(division), MORNING).await;
        match is_read {
            true => assert!(slots.is_ok(), "{division}: {slots:?}"),
            false => assert_eq!(missing(slots), Right::TechniciansRead, "{division}"),
        }
    }
    let route = workforce::route(ports, &north, "dilya", None, MORNING).await;
    assert_eq!(route.expect("a route").technician.code, "dilya");
    for code in ["clara", "nobody"] {
        let route = workforce::route(ports, &north, code, None, MORNING).await;
        assert!(matches!(route, Err(AppError::NotFound { .. })), "{code}: {route:?}");
    }
}

async fn notices_are_those_of_orders_that_the_reader_may_open(store: TestStore) {
    establish(&store).await;
    let order = saved(&store, &support(), MORNING).await;
    let escalation = Escalation {
        id: format!("{}.2", order.id),
        // Whoever was told, the order stands in the north.
        division: "south-tech".to_owned(),
        email: None,
        stage: "registered".to_owned(),
        due_at: None,
    };
    let decision = next(&order, comment("late"), MORNING);
    let save = Save { escalations: vec![escalation], ..save_of(&decision, MORNING) };
    store.save(save).await.expect("it is saved");
    let listed = async |actor: &Actor, name: Option<&str>| {
        let found = notices(&*store, actor, None, name, None, 50).await;
        found.map(|(notices, _)| notices.len())
    };
    let north = of_branch("technician", "/head/north/");
    let south = of_branch("administrator", "/head/south/");
    let names = [None, Some(order.number.as_str()), Some(order.id.as_str())];
    for name in names {
        assert_eq!(listed(&north, name).await.expect("listed"), 1, "{name:?}");
    }
    // To the south it is as an order that does not exist.
    assert_eq!(listed(&south, None).await.expect("listed"), 0);
    let strange = "019ab5c6-0000-7000-8000-000000000001";
    for id in [&*order.id, strange] {
        assert_eq!(listed(&south, Some(id)).await.expect("listed"), 0, "{id}");
    }
    for number in [&*order.number, "261124-4801-9375"] {
        let told = listed(&south, Some(number)).await.expect_err("it is not found");
        assert_eq!(told.to_string(), oms_app::read::not_found(number).to_string());
    }
}

fn request() -> Request {
    Request {
        to: ScenarioReference { code: "connect-individual".to_owned(), version: 3 },
        from_code: "connect-individual".to_owned(),
        from_versions: None,
        stages: BTreeMap::new(),
        dry_run: false,
        after: None,
        limit: 50,
    }
}

async fn a_migration_passes_over_what_its_caller_does_not_see(store: TestStore) {
    establish(&store).await;
    let old = scenario::find("connect-individual", 1).expect("it is built in");
    let mut ids = Vec::new();
    for division in ["south-sales-a", "north-sales", "south-sales-b"] {
        let mut decision = decision_in(old, &connect(), MORNING);
        decision.order.division.code = division.to_owned();
        store.save(save_of(&decision, MORNING)).await.expect("it is saved");
        ids.push(decision.order.id);
    }
    let scenarios = [Right::ScenariosRead, Right::ScenariosWrite];
    let actor = somebody(vec![
        grant(&scenarios, "", &[]),
        grant(&[Right::OrdersRead], "/head/south/", &[]),
    ]);
    let report = migrate(&*store, &actor, &request(), MORNING).await.expect("a report");
    let moved: Vec<&String> = report.moved.iter().map(|moved| &moved.id).collect();
    assert_eq!((moved, report.stay), (vec![&ids[0], &ids[2]], vec![]));
    assert_eq!(stored(&store, &ids[1]).await.scenario.version, 1);
}
