//! An order is loaded with all the divisions that it is about, wherever they stand.

use crate::support::database::TestStore;
use crate::support::on_both_databases;
use crate::support::operator::{division, divisions, establish};
use crate::support::orders::{MORNING, connect, decision, save_of, saved};
use oms_app::calendars::WorkingTime;
use oms_app::ports::{Effects, LoadedOrder, OrderReference, Orders, Organisation};
use oms_app::tick::tick;
use oms_domain::calendar::CalendarSet;
use oms_domain::catalogue::Service;
use oms_domain::division::{Division, DivisionReference};
use oms_domain::order::Order;
use oms_domain::routing::ServiceDivision;
use serde_json::json;

on_both_databases! {
    an_order_knows_its_division_whatever_stands_beside_it
    an_order_for_several_services_knows_the_division_of_each
}

async fn loaded(store: &TestStore, order: &Order) -> LoadedOrder {
    let reference = OrderReference::Id(order.id.clone());
    store.load(&reference).await.expect("loaded").expect("it is there")
}

fn named(found: Option<&oms_domain::division::Neighbour>) -> Option<&str> {
    found.map(|neighbour| neighbour.code.as_str())
}

/// The sales of the north have the order; another sales department comes before them, then they move to the south.
async fn an_order_knows_its_division_whatever_stands_beside_it(store: TestStore) {
    establish(&store).await;
    let order = saved(&store, &connect(), MORNING).await;
    assert_eq!(order.division.code, "north-sales");
    let mut beside = divisions();
    beside.push(division("north-a-sales", Some("north"), "sales"));
    let mut moved: Vec<Division> = beside.clone();
    for division in moved.iter_mut().filter(|it| it.code == "north-sales") {
        division.parent_code = Some("south".to_owned());
    }
    let day = json!({ "monday": ["00:00-24:00"], "tuesday": ["00:00-24:00"] });
    let calendar =
        json!({ "code": "own", "name": "Own", "timeZone": "Asia/Tashkent", "week": day });
    let set = json!({ "calendars": [calendar], "divisions": { "north-sales": "own" } });
    let known = divisions().into_iter().map(|division| division.code).collect();
    let set = CalendarSet::read(&set, &known).expect("no faults");
    store.replace_calendars(&set, 0).await.expect("swapped");
    for (tree, nearest, parent) in [
        (divisions(), "north-sales", "north"),
        (beside, "north-a-sales", "north"),
        (moved, "north-a-sales", "south"),
    ] {
        store.replace_divisions(&tree).await.expect("swapped");
        let LoadedOrder { neighbourhood, calendars, .. } = loaded(&store, &order).await;
        assert_eq!(named(neighbourhood.start()), Some("north-tech"), "{parent}");
        assert_eq!(named(neighbourhood.nearest("sales")), Some(nearest), "{parent}");
        assert_eq!(named(neighbourhood.parent_of("north-sales")), Some(parent));
        let head = neighbourhood.find("north-sales").and_then(|found| found.head.as_deref());
        assert_eq!(head, Some("head.of.north-sales"), "{parent}");
        assert_eq!(calendars.of("north-sales").code, "own", "{parent}");
        assert_eq!(calendars.of("north-tech").code, "round-the-clock", "{parent}");
    }
    // Four hours are its time: then its head is told, and two hours later the one above.
    for minutes in [241, 361] {
        tick(&*store, MORNING.plus_minutes(minutes)).await.expect("it ticks");
    }
    let effects = store.effects(None, Some(&order.id), None, 10).await.expect("listed");
    let mut told: Vec<String> =
        effects.iter().map(|effect| effect.payload["receivers"].to_string()).collect();
    told.sort();
    let expected = [
        json!([
            { "to": "division", "code": "north-sales", "name": "north-sales division" },
            { "to": "divisionHead", "code": null, "name": "head.of.north-sales" },
        ]),
        json!([
            { "to": "parentDivision", "code": "south", "name": "south division" },
            { "to": "parentHead", "code": null, "name": "head.of.south" },
        ]),
    ];
    let mut expected = expected.map(|receivers| receivers.to_string());
    expected.sort();
    assert_eq!(told, expected);
}

async fn an_order_for_several_services_knows_the_division_of_each(store: TestStore) {
    establish(&store).await;
    let one = saved(&store, &connect(), MORNING).await;
    assert!(loaded(&store, &one).await.neighbourhood.around("south-tech").is_none());
    let mut decision = decision(&connect(), MORNING);
    decision.order.routing.by_service =
        [(Service::Internet, "north-tech"), (Service::Telephony, "south-tech")]
            .map(|(service, code)| ServiceDivision {
                service,
                division: DivisionReference { code: code.to_owned(), name: code.to_owned() },
                rule: None,
            })
            .to_vec();
    store.save(save_of(&decision, MORNING)).await.expect("it is saved");
    let found = loaded(&store, &decision.order).await.neighbourhood;
    assert_eq!(named(found.start()), Some("north-tech"));
    let around = found.around("south-tech").expect("it is known");
    assert_eq!(named(around.nearest("sales")), Some("south-sales-a"));
    assert_eq!(named(found.nearest("sales")), Some("north-sales"));
}
