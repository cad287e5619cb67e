//! Divisions and coverage: read, and swapped as a whole.

use crate::support::database::{TestStore, at_once};
use crate::support::on_both_databases;
use crate::support::operator::{self, division, divisions, rules};
use crate::support::orders::{MORNING, change, connect, saved, transition};
use oms_app::ports::{Organisation, StoreError};
use oms_domain::catalogue::Service;
use oms_domain::decide::Command;
use oms_domain::division::Division;
use oms_domain::routing::{CoverageRule, Parity};
use std::collections::BTreeSet;

on_both_databases! {
    the_organisation_comes_back_as_it_was
    a_swap_that_fails_changes_nothing
    nobody_sees_half_a_swap
    of_swaps_at_once_one_is_left_whole
    divisions_that_rules_or_open_orders_name_are_in_use
}

async fn the_organisation_comes_back_as_it_was(store: TestStore) {
    assert_eq!(store.divisions().await, Ok(vec![]));
    assert_eq!(store.coverage().await, Ok(vec![]));
    assert_eq!(store.division("head").await, Ok(None));

    let mut tree = divisions();
    tree.reverse(); // the order of the file is kept, whatever it is
    tree[0].email = None;
    tree[0].name = "Отдел \"продаж\"".to_owned();
    store.replace_divisions(&tree).await.expect("swapped");
    assert_eq!(store.divisions().await, Ok(tree.clone()));
    assert_eq!(store.division(&tree[0].code).await, Ok(Some(tree[0].clone())));

    let mut all = rules();
    all.push(CoverageRule {
        division_code: "north-tech".to_owned(),
        service: Some(Service::Telephony),
        country: Some("UZ".to_owned()),
        region: Some("Ташкент".to_owned()),
        city: Some("Tashkent".to_owned()),
        street: Some("Amir Temur".to_owned()),
        house: None,
        house_from: Some(1),
        house_to: Some(99),
        parity: Some(Parity::Odd),
        postcode_prefix: Some("1000".to_owned()),
        phone_prefix: Some("+998 71".to_owned()),
    });
    all.push(CoverageRule {
        division_code: "north-tech".to_owned(),
        street: Some("ул. Навои".to_owned()),
        house: Some("12 корп. 2".to_owned()),
        ..CoverageRule::default()
    });
    all.push(CoverageRule { division_code: "head".to_owned(), ..CoverageRule::default() });
    store.replace_coverage(&all).await.expect("swapped");
    assert_eq!(store.coverage().await, Ok(all));

    // A swap replaces, it does not add.
    store.replace_divisions(&tree[..1]).await.expect("swapped");
    assert_eq!(store.divisions().await, Ok(tree[..1].to_vec()));
    store.replace_coverage(&[]).await.expect("swapped");
    assert_eq!(store.coverage().await, Ok(vec![]));
}

async fn a_swap_that_fails_changes_nothing(store: TestStore) {
    operator::establish(&store).await;
    let twice = [division("new", None, "branch"), division("new", None, "branch")];
    let outcome = store.replace_divisions(&twice).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert_eq!(store.divisions().await, Ok(divisions()));
}

fn tree_of(prefix: &str, size: usize) -> Vec<Division> {
    (0..size).map(|n| division(&format!("{prefix}{n}"), None, "branch")).collect()
}

fn rules_of(code: &str, size: usize) -> Vec<CoverageRule> {
    let rule = |n: usize| CoverageRule {
        division_code: code.to_owned(),
        city: Some(format!("city {n}")),
        ..CoverageRule::default()
    };
    (0..size).map(rule).collect()
}

async fn nobody_sees_half_a_swap(store: TestStore) {
    const SWAPS: usize = 10;
    store.replace_divisions(&tree_of("a", 50)).await.expect("swapped");
    store.replace_coverage(&rules_of("a", 50)).await.expect("swapped");
    let seen = at_once(4, |caller| {
        let store = store.clone();
        async move {
            let mut seen = BTreeSet::new();
            for round in 0..SWAPS {
                if caller == 0 {
                    let (prefix, size) = if round % 2 == 0 { ("b", 70) } else { ("a", 50) };
                    store.replace_divisions(&tree_of(prefix, size)).await.expect("swapped");
                    store.replace_coverage(&rules_of(prefix, size)).await.expect("swapped");
                }
                let tree = store.divisions().await.expect("read");
                let kinds: BTreeSet<String> = tree.iter().map(|d| d.code[..1].to_owned()).collect();
                seen.insert(format!("{} of {kinds:?}", tree.len()));
                let rules = store.coverage().await.expect("read");
                let codes: BTreeSet<String> = rules.into_iter().map(|r| r.division_code).collect();
                assert_eq!(codes.len(), 1, "rules of both swaps: {codes:?}");
            }
            seen
        }
    })
    .await;
    let seen: BTreeSet<String> = seen.into_iter().flatten().collect();
    let whole = ["50 of {\"a\"}".to_owned(), "70 of {\"b\"}".to_owned()];
    assert!(seen.iter().all(|seen| whole.contains(seen)), "{seen:?}");
}

async fn of_swaps_at_once_one_is_left_whole(store: TestStore) {
    let outcomes = at_once(8, |caller| {
        let store = store.clone();
        async move {
            let prefix = char::from(b'a' + caller as u8).to_string();
            store.replace_divisions(&tree_of(&prefix, 20 + caller)).await?;
            store.replace_coverage(&rules_of(&prefix, 20 + caller)).await
        }
    })
    .await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let tree = store.divisions().await.expect("read");
    let prefix = tree[0].code[..1].to_owned();
    assert_eq!(tree, tree_of(&prefix, tree.len()));
    let rules = store.coverage().await.expect("read");
    assert_eq!(rules, rules_of(&rules[0].division_code, rules.len()));
}

async fn divisions_that_rules_or_open_orders_name_are_in_use(store: TestStore) {
    let in_use = async || {
        let mut codes = store.divisions_in_use().await.expect("read");
        codes.sort();
        codes
    };
    assert_eq!(in_use().await, [""; 0]);
    let order = saved(&store, &connect(), MORNING).await;
    assert_eq!(in_use().await, ["north-sales", "north-tech"], "who has it, and who operates there");
    let order = change(&store, &order, transition("accept"), MORNING).await.expect("accepted");
    assert_eq!(in_use().await, ["north-tech"]);
    let cancel = Command::Cancel { reason: "moved".to_owned(), penalty_confirmed: false };
    change(&store, &order, cancel, MORNING).await.expect("cancelled");
    assert_eq!(in_use().await, [""; 0], "closed orders keep the name of their division");
    store.replace_coverage(&rules()).await.expect("swapped");
    assert_eq!(in_use().await, ["north-tech", "south-tech"]);
}
