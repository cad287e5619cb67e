//! What a database of an older program holds is found again after it was brought up to date.

use crate::support::database::on_empty_databases;
use crate::support::operator::divisions;
use crate::support::orders::{MORNING, connect, decision_in, next, support, transition};
use oms_app::ports::{Health, LoadedOrder, OrderReference, Orders, Organisation};
use oms_app::scenario_ports::{Scenarios, Signature};
use oms_domain::decide::Decision;
use oms_domain::event::EventType;
use oms_domain::limits::BUILT_IN_VERSION_MAX;
use oms_domain::replay::replay;
use oms_domain::scenario::{self, Scenario, ScenarioState};
use oms_store::migrate::{migrate, migrate_to};
use oms_store::native::NativeDatabase;
use oms_store::{Database, Store};
use serde_json::json;

/// The last schema in which own versions of built-in codes were numbered after the built-in ones.
const BEFORE_OWN_NUMBERS: i64 = 8;
/// The last schema in which an order showed only to the people of its division.
const BEFORE_TASK_DIVISIONS: i64 = 9;

/// code, version, state: then the number afterwards
const OWN: &str = "
    connect-individual  2     retired    1002
    connect-individual  3     published  1003
    connect-individual  4     draft      1004
    support-individual  3     draft      1003
    connect-legal       1000  published  2000
    change-legal        1001  published  1001
    fiber               1     published  1
";

fn own() -> Vec<(Scenario, &'static str, u32)> {
    let read = |line: &'static str| {
        let [code, version, state, expected] = line.split_whitespace().collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let built_in = scenario::find("connect-individual", 1).expect("it is built in");
        let version = version.parse().expect("a number");
        // A name by which it is known from the built-in one of its number.
        let mut own = Scenario { code: code.to_owned(), version, ..built_in.clone() };
        own.name.en = format!("{code} {version} of the operator");
        (own, state, expected.parse().expect("a number"))
    };
    OWN.lines().map(str::trim).filter(|line| !line.is_empty()).map(read).collect()
}

async fn write_scenario(database: &NativeDatabase, scenario: &Scenario, state: &str) {
    let statement = "INSERT INTO scenario (code, version, state, revision, name, order_kind, party_type, document, \
         created_at, created_by, changed_at, changed_by) \
         VALUES ($1, $2, $3, 1, $4, 'connect', 'individual', $5, 1, 'olim', 1, 'olim')";
    let parameters = vec![
        scenario.code.as_str().into(),
        i64::from(scenario.version).into(),
        state.into(),
        json!(scenario.name).to_string().into(),
        json!(scenario).to_string().into(),
    ];
    database.execute(statement, parameters).await.unwrap_or_else(|error| panic!("{error}"));
}

async fn write_order(database: &NativeDatabase, decision: &Decision) {
    let order = &decision.order;
    let statement = "INSERT INTO orders (id, number, version, kind, state, stage, division_code, covering_code, \
         channel, registered_at, updated_at, search_text, document) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $9, '', $10)";
    let parameters = vec![
        order.id.as_str().into(),
        order.number.as_str().into(),
        order.version.into(),
        order.kind.code().into(),
        order.state.code().into(),
        order.stage.code.as_str().into(),
        order.division.code.as_str().into(),
        order.channel.code().into(),
        MORNING.0.into(),
        json!(order).to_string().into(),
    ];
    database.execute(statement, parameters).await.unwrap_or_else(|error| panic!("{error}"));
    for event in &decision.events {
        let statement =
            "INSERT INTO order_event (order_id, sequence, document) VALUES ($1, $2, $3)";
        let document = json!(event).to_string();
        let parameters = vec![order.id.as_str().into(), event.sequence.into(), document.into()];
        database.execute(statement, parameters).await.unwrap_or_else(|error| panic!("{error}"));
    }
}

async fn loaded(store: &Store<NativeDatabase>, decision: &Decision) -> LoadedOrder {
    let reference = OrderReference::Id(decision.order.id.clone());
    store.load(&reference).await.expect("it is looked up").expect("it is there")
}

#[test]
fn an_operators_own_versions_of_built_in_codes_get_numbers_that_no_built_in_version_has() {
    on_empty_databases(async |kind, database| {
        migrate_to(&database, BEFORE_OWN_NUMBERS).await.expect("the older schema");
        for (scenario, state, _) in own() {
            write_scenario(&database, &scenario, state).await;
        }
        let store = Store::new(database.clone());
        assert_eq!(store.schema_version().await, Ok(Some(BEFORE_OWN_NUMBERS)), "{kind:?}");

        migrate(&database).await.expect("the newest schema");
        for (before, state, expected) in own() {
            let place = format!("{kind:?} {} {expected}", before.code);
            let found = store.scenario(&before.code, expected).await.expect(&place);
            let (entry, stored) = found.unwrap_or_else(|| panic!("{place}"));
            assert_eq!((entry.state.code(), entry.revision), (state, 1), "{place}");
            assert_eq!(stored, Scenario { version: expected, ..before }, "{place}");
        }
        let count = store.scenarios(None, None, 100).await.expect("listed").len();
        assert_eq!(count, own().len(), "{kind:?}");
        let statement =
            "SELECT document FROM scenario WHERE code = 'connect-individual' AND version = 1003";
        let mut rows = database.query(statement, Vec::new()).await.expect("read");
        let written: Scenario = serde_json::from_str(&rows[0].text(0).expect("text")).expect("one");
        assert_eq!(written.version, 1003, "{kind:?}: the document says it too");
    });
}

#[test]
fn orders_of_an_operators_own_versions_stay_in_them_and_their_history_replays() {
    on_empty_databases(async |kind, database| {
        migrate_to(&database, BEFORE_OWN_NUMBERS).await.expect("the older schema");
        let mut under_way = Vec::new();
        for (scenario, state, expected) in own() {
            write_scenario(&database, &scenario, state).await;
            if state != "draft" {
                let order = decision_in(&scenario, &connect(), MORNING);
                write_order(&database, &order).await;
                under_way.push((scenario, order, expected));
            }
        }
        // The built-in version that has the number of a draft, and one whose number nobody else has.
        let built_in = [("support-individual", 3, support()), ("connect-individual", 1, connect())];
        let built_in = built_in.map(|(code, version, form)| {
            decision_in(scenario::find(code, version).expect("it is built in"), &form, MORNING)
        });
        for order in &built_in {
            write_order(&database, order).await;
        }

        migrate(&database).await.expect("the newest schema");
        let store = Store::new(database.clone());
        for (scenario, before, expected) in under_way {
            let place = format!("{kind:?} {} {}", scenario.code, scenario.version);
            let found = loaded(&store, &before).await;
            let known = found.individual_scenario.unwrap_or_else(|| panic!("{place}"));
            assert_eq!(known.name, scenario.name, "{place}");
            let events = store.history(&before.order.id, 0, 100).await.expect("the history");
            let mut order = before.order.clone();
            if scenario.version != expected {
                order.scenario.version = expected;
                order.version += 1;
                order.last_event += 1;
                order.updated_at = found.order.updated_at;
                let told = events.last().expect("an event");
                assert_eq!(
                    (told.event_type, told.at),
                    (EventType::ScenarioMigrated, found.order.updated_at)
                );
                assert_eq!(told.data["to"]["scenario"], json!(order.scenario), "{place}");
            }
            assert_eq!(found.order, order, "{place}");
            assert_eq!(
                events.len(),
                before.events.len() + usize::from(scenario.version != expected)
            );
            assert_eq!(replay(&events).expect("the history is whole"), order, "{place}");
            let columns = "SELECT version, updated_at FROM orders WHERE id = $1";
            let id = before.order.id.as_str().into();
            let rows = database.query(columns, vec![id]).await.expect("read");
            let columns = (rows[0].integer(0).expect("it"), rows[0].integer(1).expect("it"));
            assert_eq!(columns, (order.version, order.updated_at.0), "{place}");
        }
        for before in &built_in {
            assert_eq!(loaded(&store, before).await.order, before.order, "{kind:?}");
        }
        // The next one is counted on.
        let own = own().into_iter().find(|(_, state, _)| *state == "draft").expect("a draft").0;
        let signature = Signature { at: MORNING, by: "olim".to_owned() };
        let to = ScenarioState::Published;
        let moved = store.move_scenario(&own.code, 1004, to, 1, &signature).await;
        assert_eq!(moved, Ok(true), "{kind:?}");
        let next = store.put_draft(&own, BUILT_IN_VERSION_MAX, &signature).await;
        assert_eq!(next, Ok(1005), "{kind:?}");
    });
}

#[test]
fn orders_under_way_show_to_those_who_have_their_tasks() {
    on_empty_databases(async |kind, database| {
        migrate_to(&database, BEFORE_TASK_DIVISIONS).await.unwrap_or_else(|it| panic!("{it}"));
        let mut form = connect();
        form["party"] = json!({
            "type": "legalEntity", "name": "Tashkent Tekstil", "taxId": "301234567", "phone": "+998712000000",
            "representative": { "name": "Olim Yusupov", "position": "Director" }
        });
        let scenario = scenario::find("connect-legal", 1).expect("it is built in");
        let registered = decision_in(scenario, &form, MORNING);
        let accepted = next(&registered.order, transition("accept"), MORNING);
        write_order(&database, &accepted).await;
        write_order(&database, &decision_in(scenario, &form, MORNING)).await;
        migrate(&database).await.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let store = Store::new(database);
        store.replace_divisions(&divisions()).await.expect("swapped");
        let found = loaded(&store, &accepted).await.task_paths;
        let expected = ("north-sales".to_owned(), "/head/north/north-sales/".to_owned());
        assert_eq!(found, [expected], "{kind:?}");
    });
}
