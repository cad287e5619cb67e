//! Notices of escalations: newest first, a page at a time, and only those of orders within a reach.

use crate::support::database::TestStore;
use crate::support::on_both_databases;
use crate::support::operator::establish;
use crate::support::orders::{MORNING, decision, save_of, support};
use oms_app::escalations::{NoticeFilter, Notices};
use oms_app::ports::{Cursor, Escalation, Orders, Save};
use oms_domain::access::{Divisions, Reach};
use oms_domain::order::OrderKind;

on_both_databases! {
    notices_are_those_of_orders_within_reach
}

/// name of the notice (it is its id), kind and division of its order, the division that was told, minutes after the morning
const NOTICES: &str = "
    a  connect  north-sales  head         0
    b  support  north-tech   north-tech  10
    c  support  south-tech   north-tech  20
    d  connect  south-tech   south-tech  20
    e  support  gone         head        30
    f  change   head         head        40
";

/// Saves the notices of the table, each of an order of its own. Answers the ids of the orders.
async fn fill(store: &TestStore) -> Vec<String> {
    let mut orders = Vec::new();
    for line in NOTICES.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let [name, kind, division, told, minutes] = line.split_whitespace().collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let mut decision = decision(&support(), MORNING);
        decision.order.kind =
            OrderKind::WORDS.iter().find(|(word, _)| *word == kind).expect("a kind").1;
        decision.order.division.code = division.to_owned();
        orders.push(decision.order.id.clone());
        let escalation = Escalation {
            id: name.to_owned(),
            division: told.to_owned(),
            email: None,
            stage: "registered".to_owned(),
            due_at: None,
        };
        let now = MORNING.plus_minutes(minutes.parse().expect("minutes"));
        let save = save_of(&decision, now);
        let save = Save { escalations: vec![escalation], ..save };
        store.save(save).await.expect("it is saved");
    }
    orders
}

/// The names of all notices that a filter finds, page by page.
async fn walk(store: &TestStore, filter: &NoticeFilter, limit: u32) -> String {
    let mut names = String::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = store.notices(filter, after.as_ref(), limit).await.expect("a page");
        let Some(last) = page.last() else { return names };
        after = Some(Cursor { value: last.told_at.0, id: last.id.clone() });
        names.extend(page.iter().map(|notice| notice.id.as_str()));
    }
}

async fn notices_are_those_of_orders_within_reach(store: TestStore) {
    establish(&store).await;
    let orders = fill(&store).await;
    // divisions and kinds of each reach (everywhere: no reach is asked for); the division that was told; the notices
    let table = "
        everywhere                                  -           fedcba
        everywhere                                  north-tech  cb
        whole:all                                   -           fedcba
        whole:support                               -           ecb
        /head/:all                                  -           fdcba
        /head/north/:all                            -           ba
        /head/north/:all                            north-tech  b
        /head/north/:connect                        -           a
        /head/south/:all                            -           dc
        /head/south/:all                            north-tech  c
        /head/south/:all                            head        -
        /head/south/:connect,/head/north/:support   -           db
        /head/sou/:all                              -           -
        gone:all                                    -           -
        nothing                                     -           -
    ";
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let [reaches, told, expected] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let within = match reaches {
            "everywhere" => None,
            "nothing" => Some(Vec::new()),
            reaches => Some(reaches.split(',').map(reach).collect()),
        };
        let division = Some(told.to_owned()).filter(|told| told != "-");
        let expected = if expected == "-" { "" } else { expected };
        let filter = NoticeFilter { division, within, ..NoticeFilter::default() };
        for limit in [1, 2, 50] {
            assert_eq!(walk(&store, &filter, limit).await, expected, "{line} by {limit}");
        }
    }
    // One order's, for those who reach it and for those who do not.
    for (path, expected) in [("/head/north/", "b"), ("/head/south/", "")] {
        let within = Some(vec![reach(&format!("{path}:all"))]);
        let order_id = Some(orders[1].clone());
        let filter = NoticeFilter { order_id, within, ..NoticeFilter::default() };
        assert_eq!(walk(&store, &filter, 50).await, expected, "{path}");
    }
}

fn reach(words: &str) -> Reach {
    let (divisions, kinds) = words.split_once(':').expect(words);
    let divisions = match divisions {
        "whole" => Divisions::Whole,
        "gone" => Divisions::Nowhere,
        path => Divisions::Subtree(path.to_owned()),
    };
    let kinds = OrderKind::WORDS.iter().filter(|(word, _)| *word == kinds);
    Reach { divisions, kinds: kinds.map(|(_, kind)| *kind).collect() }
}
