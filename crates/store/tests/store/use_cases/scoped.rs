//! A caller with a part of the organisation sees the orders that stand there, and no other.

use crate::support::database::TestStore;
use crate::support::on_both_databases;
use crate::support::operator::{self, divisions, establish};
use crate::support::orders::{
    MORNING, change as save_change, comment, connect, decision, decision_in, document, next,
    save_of, saved, stored, support, transition,
};
use oms_app::AppError;
use oms_app::change::{Expected, available, change, dry_run};
use oms_app::documents::describe;
use oms_app::ports::{
    Documents, OrderFilter, OrderPageQuery, OrderSort, Orders, Organisation, Save,
};
use oms_app::read;
use oms_domain::access::{Actor, Divisions, Grant, Holder, Reach};
use oms_domain::decide::Command;
use oms_domain::order::{Order, OrderKind};
use oms_domain::rights::Right;
use oms_domain::role::built_in_rights;
use oms_domain::scenario;
use serde_json::json;

on_both_databases! {
    lists_counts_and_searches_have_what_their_reader_may_open
    an_order_elsewhere_is_not_found_whatever_is_asked_of_it
    orders_follow_a_division_that_moves
    an_order_shows_to_those_who_have_a_task_of_it_and_they_complete_that_task
    identity_documents_show_to_those_who_may_see_them
}

fn somebody(role: &str, path: &str, kinds: &[OrderKind]) -> Actor {
    let reach = Reach { divisions: Divisions::Subtree(path.to_owned()), kinds: kinds.to_vec() };
    let rights = built_in_rights(role).expect("a role").to_vec();
    let grant = Grant { rights, reach, periods: Vec::new() };
    Actor::of(Holder { name: role.to_owned(), grants: vec![grant] }, MORNING)
}

async fn found(store: &TestStore, actor: &Actor, terms: &[&str]) -> Vec<String> {
    let filter = OrderFilter {
        terms: terms.iter().map(|term| (*term).to_owned()).collect(),
        ..OrderFilter::default()
    };
    let mut pages = Vec::new();
    for (_, sort) in OrderSort::WORDS {
        let query = OrderPageQuery { filter: filter.clone(), sort: *sort, after: None, limit: 50 };
        let page = read::page(&**store, actor, &query).await.expect("a page");
        let mut numbers: Vec<String> = page.orders.into_iter().map(|order| order.number).collect();
        numbers.sort();
        pages.push(numbers);
    }
    let count = read::count(&**store, actor, &filter, 100).await.expect("counted");
    assert_eq!(count, pages[0].len() as i64);
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
    pages.remove(0)
}

async fn lists_counts_and_searches_have_what_their_reader_may_open(store: TestStore) {
    establish(&store).await;
    // A connect order begins at the sales of the north, a call for help where the address is covered.
    let sales = saved(&store, &connect(), MORNING).await;
    let help = saved(&store, &support(), MORNING).await;
    assert_eq!((&*sales.division.code, &*help.division.code), ("north-sales", "north-tech"));
    let numbers = |orders: &[&Order]| {
        let mut numbers: Vec<String> = orders.iter().map(|order| order.number.clone()).collect();
        numbers.sort();
        numbers
    };
    for (path, kinds, expected) in [
        ("/head/", &[][..], numbers(&[&sales, &help])),
        ("/head/north/", &[], numbers(&[&sales, &help])),
        ("/head/north/", &[OrderKind::Support], numbers(&[&help])),
        ("/head/north/north-sales/", &[], numbers(&[&sales])),
        ("/head/north/north-sales/", &[OrderKind::Support], vec![]),
        ("/head/south/", &[], vec![]),
    ] {
        let actor = somebody("operator", path, kinds);
        assert_eq!(found(&store, &actor, &[]).await, expected, "{path} {kinds:?}");
        assert_eq!(found(&store, &actor, &["karimov"]).await, expected, "{path} {kinds:?}");
    }
    let nobody = operator::nobody();
    let query = OrderPageQuery {
        filter: OrderFilter::default(),
        sort: OrderSort::NewestFirst,
        after: None,
        limit: 50,
    };
    let refused = read::page(&*store, &nobody, &query).await;
    assert!(matches!(refused, Err(AppError::RightMissing(Right::OrdersRead))), "{refused:?}");
}

async fn an_order_elsewhere_is_not_found_whatever_is_asked_of_it(store: TestStore) {
    establish(&store).await;
    let decision = decision(&connect(), MORNING);
    let drawn = document(&decision.order, "work-order", "hash");
    store.put_content("hash", b"pdf").await.expect("kept");
    let save = Save { documents: vec![drawn.clone()], ..save_of(&decision, MORNING) };
    store.save(save).await.expect("it is saved");
    let name = &decision.order.number;
    let ports = &*store;
    let south = somebody("administrator", "/head/south/", &[]);
    let comment = || Command::Comment { text: "hello".to_owned() };
    let outcomes = [
        read::order(ports, &south, name).await.err(),
        read::history(ports, &south, name, 0, 10).await.err(),
        available(ports, &south, name, MORNING).await.err(),
        change(ports, &south, name, Expected::Any, comment(), MORNING).await.err(),
        dry_run(ports, &south, name, Expected::Any, comment(), MORNING).await.err(),
        describe(ports, &south, &drawn.id).await.err(),
    ];
    for (index, outcome) in outcomes.iter().enumerate() {
        assert!(matches!(outcome, Some(AppError::NotFound { .. })), "{index}: {outcome:?}");
    }
    // By its id it is told of in the words for one that there is not.
    let told = async |id: &str| {
        let outcomes = [
            available(ports, &south, id, MORNING).await.err(),
            change(ports, &south, id, Expected::Any, comment(), MORNING).await.err(),
            dry_run(ports, &south, id, Expected::Any, comment(), MORNING).await.err(),
        ];
        let sentences = outcomes.map(|outcome| outcome.expect("it is refused").to_string());
        sentences.map(|sentence| sentence.replace(id, "ID"))
    };
    assert_eq!(told(&decision.order.id).await, told("019ab5c6-0000-7000-8000-000000000001").await);
    let north = somebody("technician", "/head/north/", &[]);
    let order = read::order(ports, &north, name).await.expect("it is seen");
    assert_eq!(order.number, *name);
    assert_eq!(describe(ports, &north, &drawn.id).await.expect("it is seen").0, drawn);
    let cancel = Command::Cancel { reason: "Not wanted".to_owned(), penalty_confirmed: false };
    let refused = change(ports, &north, name, Expected::Any, cancel, MORNING).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("orders.cancel")));
    change(ports, &north, name, Expected::Any, comment(), MORNING).await.expect("it is done");
}

async fn orders_follow_a_division_that_moves(store: TestStore) {
    establish(&store).await;
    let order = saved(&store, &connect(), MORNING).await;
    let (north, south) =
        (somebody("operator", "/head/north/", &[]), somebody("operator", "/head/south/", &[]));
    assert_eq!(found(&store, &north, &[]).await.len(), 1);
    let mut moved = divisions();
    for division in &mut moved {
        if division.code == "north-sales" {
            division.parent_code = Some("south".to_owned());
        }
    }
    store.replace_divisions(&moved).await.expect("swapped");
    assert_eq!(found(&store, &north, &[]).await.len(), 0);
    assert_eq!(found(&store, &south, &[]).await.len(), 1);
    assert!(read::order(&*store, &north, &order.number).await.is_err());
    assert!(read::order(&*store, &south, &order.number).await.is_ok());
}

/// The technicians of the north have the order of a company, and the sales of the north have its credit check.
async fn an_order_shows_to_those_who_have_a_task_of_it_and_they_complete_that_task(
    store: TestStore,
) {
    establish(&store).await;
    let mut form = connect();
    form["party"] = json!({
        "type": "legalEntity", "name": "Tashkent Tekstil", "taxId": "301234567", "phone": "+998712000000",
        "representative": { "name": "Olim Karimov", "position": "Director" }
    });
    let scenario = scenario::find("connect-legal", 1).expect("it is built in");
    let registered = decision_in(scenario, &form, MORNING);
    store.save(save_of(&registered, MORNING)).await.expect("it is saved");
    let order =
        save_change(&store, &registered.order, transition("accept"), MORNING).await.expect("saved");
    assert_eq!(order.division.code, "north-tech");
    let other = saved(&store, &connect(), MORNING.plus_minutes(1)).await;
    let own = "/head/north/north-sales/";
    let sales = somebody("sales", own, &[]);
    let mut both = vec![order.number.clone(), other.number.clone()];
    both.sort();
    for (actor, expected) in [
        (&sales, &both[..]),
        (&somebody("sales", own, &[OrderKind::Connect]), &both),
        (&somebody("sales", own, &[OrderKind::Support]), &[]),
        (&somebody("sales", "/head/south/", &[]), &[]),
        (&somebody("sales", "/head/north/", &[]), &both),
    ] {
        assert_eq!(found(&store, actor, &[]).await, expected);
        assert_eq!(found(&store, actor, &["karimov"]).await, expected);
    }
    // A page ends where it ends, whichever way its orders are reached.
    let mut after = None;
    for expected in [&other, &order] {
        let (filter, sort) = (OrderFilter::default(), OrderSort::NewestFirst);
        let query = OrderPageQuery { filter, sort, after: after.take(), limit: 1 };
        let page = read::page(&*store, &sales, &query).await.expect("a page");
        assert_eq!(page.orders[0].number, expected.number);
        after = page.next;
    }
    assert_eq!(after, None);

    let (ports, name) = (&*store, &order.number);
    assert_eq!(read::order(ports, &sales, name).await.expect("it is seen").number, *name);
    let does = async |actor: &Actor, command: Command| {
        change(ports, actor, name, Expected::Any, command, MORNING).await.map(drop)
    };
    let finish = |task: &str| Command::CompleteTask { task: task.to_owned(), comment: None };
    let technicians_of_sales = somebody("technician", own, &[]);
    let elsewhere = somebody("sales", "/head/south/", &[]);
    for (actor, command) in [
        (&sales, finish("site-survey")),
        (&sales, Command::Comment { text: "hello".to_owned() }),
        (&technicians_of_sales, finish("site-survey")),
        (&technicians_of_sales, finish("credit-check")),
    ] {
        let refused = does(actor, command.clone()).await;
        assert!(matches!(refused, Err(AppError::Rejected(_))), "{command:?}: {refused:?}");
    }
    let unseen = does(&elsewhere, finish("credit-check")).await;
    assert!(matches!(unseen, Err(AppError::NotFound { .. })), "{unseen:?}");
    for _ in 0..2 {
        does(&sales, finish("credit-check")).await.expect("it is done, and stays so");
    }
    assert_eq!(found(&store, &sales, &[]).await, both, "until the order goes on");
    let used = store.divisions_in_use().await.expect("listed");
    assert!(used.contains(&"north-sales".to_owned()));
    let cancel = Command::Cancel { reason: "Not wanted".to_owned(), penalty_confirmed: false };
    does(&operator::admin(), cancel).await.expect("it is cancelled");
    assert_eq!(found(&store, &sales, &[]).await, [other.number]);
    assert!(read::order(ports, &sales, name).await.is_err());
}

async fn identity_documents_show_to_those_who_may_see_them(store: TestStore) {
    establish(&store).await;
    let mut form = connect();
    form["party"]["identityDocument"] = "AA 1234567".into();
    let order = saved(&store, &form, MORNING).await;
    let shown =
        |order: &Order| order.party.as_ref().and_then(|party| party.identity_document.clone());
    let query = OrderPageQuery {
        filter: OrderFilter::default(),
        sort: OrderSort::NewestFirst,
        after: None,
        limit: 50,
    };
    for (role, is_shown) in [("operator", true), ("technician", false), ("administrator", true)] {
        let actor = somebody(role, "/head/north/", &[]);
        let expected = is_shown.then(|| "AA 1234567".to_owned());
        let read = read::order(&*store, &actor, &order.number).await.expect("it is seen");
        assert_eq!(shown(&read), expected, "{role}");
        // Nobody needs those of everybody on a page.
        let page = read::page(&*store, &actor, &query).await.expect("a page");
        assert_eq!(shown(&page.orders[0]), None, "{role}");
        let comment = Command::Comment { text: format!("of {role}") };
        let changed = change(&*store, &actor, &order.number, Expected::Any, comment, MORNING).await;
        assert_eq!(shown(&changed.expect("it is done").order), expected, "{role}");
    }
    // Nor does a document show them to anybody else: neither the contract, nor a scan.
    let kinds = ["contract", "passport", "work-order"];
    let documents = kinds.map(|kind| document(&order, kind, "hash"));
    store.put_content("hash", b"pdf").await.expect("kept");
    let decision = next(&stored(&store, &order.id).await, comment("documents"), MORNING);
    let save = Save { documents: documents.to_vec(), ..save_of(&decision, MORNING) };
    store.save(save).await.expect("it is saved");
    let cases = [
        ("administrator", [true, true, true]),
        ("operator", [true, true, true]),
        ("technician", [false, false, true]),
        ("auditor", [false, false, true]),
    ];
    for (role, expected) in cases {
        let actor = somebody(role, "/head/north/", &[]);
        for (document, is_shown) in documents.iter().zip(expected) {
            let outcome = describe(&*store, &actor, &document.id).await;
            let is_missing =
                matches!(outcome, Err(AppError::RightMissing(Right::IdentityDocuments)));
            assert_eq!((outcome.is_ok(), is_missing), (is_shown, !is_shown), "{role} {document:?}");
        }
    }
    // What is kept is whole.
    let kept = stored(&store, &order.id).await;
    assert_eq!(shown(&kept).as_deref(), Some("AA 1234567"));
}
