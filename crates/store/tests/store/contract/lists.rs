//! Lists of orders: filtered, sorted, a page at a time, counted.

use crate::support::database::TestStore;
use crate::support::on_both_databases;
use crate::support::orders::{MORNING, decision, save_of, support};
use oms_app::ports::{Cursor, OrderFilter, OrderPageQuery, OrderSort, Orders};
use oms_domain::order::{Channel, OrderKind, OrderState};
use oms_domain::time::Instant;

on_both_databases! {
    every_sort_is_walked_page_by_page
    an_order_that_comes_meanwhile_disturbs_no_page
    every_filter_finds_its_orders
    orders_are_counted_up_to_a_limit
}

/// name (its external id), minutes after the morning: registered, updated, due (none: `-`); kind state stage division
/// assignee channel
const ORDERS: &str = "
    a   0   90   60  connect     acknowledged  registered   north-sales  -      operator
    b   0   80    -  connect     held          registered   north-sales  olim   public
    c  10   70   60  connect     inProgress    feasibility  north-tech   olim   operator
    d  20   60   50  support     inProgress    repair       north-tech   anvar  public
    e  30   50    -  support     completed     closed       south-tech   -      import
    f  30   40   60  support     acknowledged  registered   south-tech   -      import
    g  30   40   70  disconnect  inProgress    dismantling  south-tech   anvar  api
    h  40   41   80  change      pending       confirmation head         -      profile
";

/// Saves the orders of the table.
async fn fill(store: &TestStore) {
    for line in ORDERS.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [name, registered, updated, due, kind, state, stage, division, assignee, channel] =
            columns[..]
        else {
            panic!("{line}")
        };
        let minutes = |text: &str| MORNING.plus_minutes(text.parse().expect("minutes"));
        let mut decision = decision(&support(), MORNING);
        let order = &mut decision.order;
        order.external_id = Some(name.to_owned());
        order.registered_at = minutes(registered);
        order.updated_at = minutes(updated);
        order.stage.due_at = (due != "-").then(|| minutes(due));
        order.kind = OrderKind::WORDS.iter().find(|(word, _)| *word == kind).expect("a kind").1;
        order.state = OrderState::WORDS.iter().find(|(word, _)| *word == state).expect("a state").1;
        order.stage.code = stage.to_owned();
        order.division.code = division.to_owned();
        order.assignee = (assignee != "-").then(|| assignee.to_owned());
        order.channel = Channel::WORDS.iter().find(|(word, _)| *word == channel).expect("it").1;
        store.save(save_of(&decision, minutes(updated))).await.expect("it is saved");
    }
}

/// The names of all orders that a query finds, page by page.
async fn walk(store: &TestStore, filter: &OrderFilter, sort: OrderSort, limit: u32) -> String {
    let mut names = String::new();
    let mut after: Option<Cursor> = None;
    loop {
        let query = OrderPageQuery { filter: filter.clone(), sort, after, limit };
        let page = store.page(&query).await.expect("a page");
        assert!(page.orders.len() <= limit as usize);
        assert!(page.next.is_none() || page.orders.len() == limit as usize, "a page is full");
        names.extend(page.orders.iter().filter_map(|order| order.external_id.as_deref()));
        match page.next {
            Some(next) => after = Some(next),
            None => return names,
        }
    }
}

async fn every_sort_is_walked_page_by_page(store: TestStore) {
    let all = OrderFilter::default();
    for sort in OrderSort::WORDS {
        assert_eq!(walk(&store, &all, sort.1, 3).await, "", "{}: nothing is there", sort.0);
    }
    fill(&store).await;
    // What is equal comes in the order of its id, which is that of its making.
    let table = [
        (OrderSort::OldestFirst, "abcdefgh"),
        (OrderSort::NewestFirst, "hgfedcba"),
        (OrderSort::RecentlyChangedFirst, "abcdehgf"),
        (OrderSort::DueFirst, "dacfgh"),
    ];
    for (sort, expected) in table {
        for limit in [1, 2, 3, 8, 200] {
            assert_eq!(walk(&store, &all, sort, limit).await, expected, "{sort:?} by {limit}");
        }
    }
}

async fn an_order_that_comes_meanwhile_disturbs_no_page(store: TestStore) {
    fill(&store).await;
    let first = OrderPageQuery {
        filter: OrderFilter::default(),
        sort: OrderSort::NewestFirst,
        after: None,
        limit: 3,
    };
    let page = store.page(&first).await.expect("a page");
    let mut newest = decision(&support(), MORNING);
    newest.order.registered_at = MORNING.plus_minutes(50);
    store.save(save_of(&newest, MORNING)).await.expect("it is saved");
    let second = OrderPageQuery { after: page.next, ..first };
    let page = store.page(&second).await.expect("a page");
    let names: String =
        page.orders.iter().filter_map(|order| order.external_id.as_deref()).collect();
    assert_eq!(names, "edc");
}

async fn every_filter_finds_its_orders(store: TestStore) {
    fill(&store).await;
    let at = |minutes: i64| -> Option<Instant> { Some(MORNING.plus_minutes(minutes)) };
    let text = |text: &str| Some(text.to_owned());
    let none = OrderFilter::default;
    let table = [
        (none(), "abcdefgh"),
        (OrderFilter { kind: text("connect"), ..none() }, "abc"),
        (OrderFilter { kind: text("Connect"), ..none() }, ""),
        (OrderFilter { kind: text("' OR 1=1 --"), ..none() }, ""),
        (OrderFilter { state: text("inProgress"), ..none() }, "cdg"),
        (OrderFilter { stage: text("registered"), ..none() }, "abf"),
        (OrderFilter { division: text("south-tech"), ..none() }, "efg"),
        (OrderFilter { assignee: text("olim"), ..none() }, "bc"),
        (OrderFilter { channel: text("import"), ..none() }, "ef"),
        (OrderFilter { external_id: text("d"), ..none() }, "d"),
        (OrderFilter { created_from: at(30), ..none() }, "efgh"),
        (OrderFilter { created_to: at(10), ..none() }, "abc"),
        (OrderFilter { created_from: at(10), created_to: at(30), ..none() }, "cdefg"),
        (OrderFilter { created_from: at(31), created_to: at(39), ..none() }, ""),
        (OrderFilter { overdue_at: at(60), ..none() }, "d"),
        (OrderFilter { overdue_at: at(61), ..none() }, "acdf"),
        (OrderFilter { kind: text("support"), state: text("inProgress"), ..none() }, "d"),
        (
            OrderFilter {
                kind: text("support"),
                state: text("acknowledged"),
                stage: text("registered"),
                division: text("south-tech"),
                channel: text("import"),
                external_id: text("f"),
                created_from: at(30),
                created_to: at(30),
                overdue_at: at(61),
                terms: vec!["karimov".to_owned()],
                ..none()
            },
            "f",
        ),
    ];
    for (filter, expected) in table {
        for limit in [2, 200] {
            let found = walk(&store, &filter, OrderSort::OldestFirst, limit).await;
            assert_eq!(found, expected, "{filter:?}");
        }
        let newest: String = expected.chars().rev().collect();
        assert_eq!(walk(&store, &filter, OrderSort::NewestFirst, 2).await, newest, "{filter:?}");
        let count = store.count(&filter, 1_000).await;
        assert_eq!(count, Ok(expected.len() as i64), "{filter:?}");
        for sort in [OrderSort::RecentlyChangedFirst, OrderSort::DueFirst] {
            let mut found: Vec<char> = walk(&store, &filter, sort, 2).await.chars().collect();
            found.sort_unstable();
            let with_deadline = |name: &char| sort != OrderSort::DueFirst || !"be".contains(*name);
            let expected: Vec<char> = expected.chars().filter(with_deadline).collect();
            assert_eq!(found, expected, "{filter:?} by {sort:?}");
        }
    }
}

async fn orders_are_counted_up_to_a_limit(store: TestStore) {
    fill(&store).await;
    for (limit, expected) in [(0, 0), (1, 1), (8, 8), (9, 8), (10_000, 8)] {
        assert_eq!(store.count(&OrderFilter::default(), limit).await, Ok(expected), "{limit}");
    }
}
