//! Who read which order is kept and told.

use crate::support::database::TestStore;
use crate::support::on_both_databases;
use crate::support::orders::{MORNING, connect, saved, support};
use oms_app::reads::{PersonalRead, PersonalReads, Reading, note};
use oms_domain::limits::PAGE_ENTRIES_MAX;
use oms_domain::time::Instant;
use std::collections::BTreeSet;

on_both_databases! {
    many_orders_that_were_read_at_once_are_noted_each
    as_many_orders_as_a_page_has_are_noted
    readings_are_noted_all_or_none
}

async fn told(store: &TestStore, order_id: &str) -> Vec<PersonalRead> {
    store.reads(order_id, None, 50).await.expect("listed")
}

async fn many_orders_that_were_read_at_once_are_noted_each(store: TestStore) {
    let (first, second) =
        (saved(&store, &connect(), MORNING).await, saved(&store, &support(), MORNING).await);
    let unread = saved(&store, &support(), MORNING).await;
    let ids = [&first.id, &second.id, &first.id].map(Clone::clone);
    let later = MORNING.plus_ms(1);
    note(&*store, "karimov", &ids, Reading::List, MORNING).await.expect("noted");
    note(&*store, "Юсупова \"Д.\"", &ids[..1], Reading::Order, later).await.expect("noted");
    note(&*store, "karimov", &[], Reading::List, later).await.expect("nothing to note");
    let shown = |read: &PersonalRead| (read.actor.clone(), read.what.clone(), read.at);
    let list = ("karimov".to_owned(), "list".to_owned(), MORNING);
    let order = ("Юсупова \"Д.\"".to_owned(), "order".to_owned(), later);
    // Newest first, and what was there twice is there once.
    let reads = told(&store, &first.id).await;
    assert_eq!(reads.iter().map(shown).collect::<Vec<_>>(), [order, list.clone()]);
    assert_eq!(told(&store, &second.id).await.iter().map(shown).collect::<Vec<_>>(), [list]);
    assert_eq!(told(&store, &unread.id).await, []);
    // They are read on from one to the next.
    let older = store.reads(&first.id, Some(&reads[0].id), 50).await.expect("listed");
    assert_eq!(older, reads[1..]);
    assert_eq!(store.reads(&first.id, None, 1).await.expect("listed"), reads[..1]);
}

async fn as_many_orders_as_a_page_has_are_noted(store: TestStore) {
    let mut ids = Vec::new();
    for _ in 0..PAGE_ENTRIES_MAX {
        ids.push(saved(&store, &support(), MORNING).await.id);
    }
    note(&*store, "karimov", &ids, Reading::List, MORNING).await.expect("noted");
    let mut names = BTreeSet::new();
    for id in &ids {
        let reads = told(&store, id).await;
        assert_eq!(reads.len(), 1, "{id}");
        let name = uuid::Uuid::parse_str(&reads[0].id).expect("a UUID");
        assert_eq!(name.get_version_num(), 7);
        names.insert(name);
    }
    assert_eq!(names.len(), ids.len(), "each has a name of its own");
}

async fn readings_are_noted_all_or_none(store: TestStore) {
    let order = saved(&store, &connect(), MORNING).await;
    let read = |id: &str, order_id: &str, at: Instant| PersonalRead {
        id: id.to_owned(),
        order_id: order_id.to_owned(),
        actor: "karimov".to_owned(),
        what: Reading::Route.code().to_owned(),
        at,
    };
    let known = read("1", &order.id, MORNING);
    let unknown = read("2", "no order", MORNING);
    store.note_reads(&[known.clone(), unknown]).await.expect_err("there is no such order");
    assert_eq!(told(&store, &order.id).await, []);
    store.note_reads(&[known.clone()]).await.expect("noted");
    assert_eq!(told(&store, &order.id).await, [known]);
}
