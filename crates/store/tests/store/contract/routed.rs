//! Orders as a coverage sees them, and the keys under which its rules are found.

use crate::support::database::TestStore;
use crate::support::on_both_databases;
use crate::support::operator::{self, rules};
use crate::support::orders::{MORNING, change, connect, saved};
use oms_app::coverage::{RoutedOrder, RoutedOrders};
use oms_app::ports::Organisation;
use oms_domain::catalogue::Service;
use oms_domain::decide::Command;
use oms_store::Database;
use std::collections::BTreeSet;

on_both_databases! {
    orders_are_read_a_part_at_a_time
    closed_orders_are_not_open
    keys_of_an_older_program_are_refreshed
}

async fn orders_are_read_a_part_at_a_time(store: TestStore) {
    operator::establish(&store).await;
    let mut expected = BTreeSet::new();
    for minute in 0..5 {
        let order = saved(&store, &connect(), MORNING.plus_minutes(minute)).await;
        expected.insert(order.number);
    }
    for is_open in [false, true] {
        let (mut last, mut seen): (Option<RoutedOrder>, Vec<RoutedOrder>) = (None, Vec::new());
        loop {
            let part = match is_open {
                true => store
                    .open(last.as_ref().map(RoutedOrder::cursor).as_ref(), 2)
                    .await
                    .expect("read"),
                false => store.registered_since(MORNING, last.as_ref(), 2).await.expect("read"),
            };
            assert!(part.len() <= 2);
            let Some(end) = part.last().cloned() else { break };
            last = Some(end);
            seen.extend(part);
        }
        let numbers: BTreeSet<String> = seen.iter().map(|order| order.number.clone()).collect();
        assert_eq!((seen.len(), &numbers), (5, &expected), "each once; open: {is_open}");
        let order = &seen[0];
        assert_eq!(order.address.country, "UZ");
        assert_eq!(order.services, BTreeSet::from([Service::Internet]));
        assert_eq!(order.division.code, "north-sales");
        assert_eq!(order.division_kind.as_deref(), Some("sales"));
        assert_eq!(order.covering.as_ref().map(|found| found.code.as_str()), Some("north-tech"));
    }
    let later = store.registered_since(MORNING.plus_minutes(3), None, 9).await.expect("read");
    assert_eq!(later.len(), 2);
}

async fn closed_orders_are_not_open(store: TestStore) {
    operator::establish(&store).await;
    let order = saved(&store, &connect(), MORNING).await;
    assert_eq!(store.open(None, 9).await.expect("read").len(), 1);
    let cancel = Command::Cancel { reason: "moved".to_owned(), penalty_confirmed: false };
    change(&store, &order, cancel, MORNING).await.expect("cancelled");
    assert_eq!(store.open(None, 9).await, Ok(vec![]));
    assert_eq!(store.registered_since(MORNING, None, 9).await.expect("read").len(), 1);
}

async fn keys_of_an_older_program_are_refreshed(store: TestStore) {
    operator::establish(&store).await;
    assert_eq!(store.refresh_lookup_keys().await, Ok(0), "nothing is to be done");
    let older = "UPDATE coverage_rule SET lookup_key = 's|tashkent|зеленая ул.' \
                 WHERE lookup_key = 's|tashkent|зеленая'";
    store.database().execute(older, Vec::new()).await.expect("changed");
    assert_eq!(store.refresh_lookup_keys().await, Ok(1));
    assert_eq!(store.refresh_lookup_keys().await, Ok(0));
    assert_eq!(store.coverage().await, Ok(rules()), "the rules themselves stay");
}
