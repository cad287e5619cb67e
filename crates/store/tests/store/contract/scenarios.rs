//! Scenarios of the operator's own: drafts with a number, published ones that new orders take, and never two drafts.

use crate::support::database::{TestStore, at_once};
use crate::support::on_both_databases;
use crate::support::orders::MORNING;
use oms_app::ports::{Cursor, Orders, RegistrationQuery};
use oms_app::scenario_ports::{Scenarios, Signature};
use oms_domain::order::OrderKind;
use oms_domain::party::PartyType;
use oms_domain::routing::Query;
use oms_domain::scenario::{self, Scenario, ScenarioState};

on_both_databases! {
    a_draft_gets_the_next_number_and_is_replaced
    drafts_that_begin_at_once_are_one
    a_published_version_is_no_draft_any_more
    a_new_order_takes_the_one_for_its_party_that_was_published_last
    versions_are_listed_by_code_and_number
}

fn scenario(code: &str, party: Option<PartyType>) -> Scenario {
    let built_in = scenario::find("connect-individual", 1).expect("it is built in");
    Scenario { code: code.to_owned(), party_type: party, ..built_in.clone() }
}

fn signed(minutes: i64) -> Signature {
    Signature { at: MORNING.plus_minutes(minutes), by: "olim".to_owned() }
}

async fn published(store: &TestStore, scenario: &Scenario, minutes: i64) -> u32 {
    let version = store.put_draft(scenario, 0, &signed(minutes)).await.expect("a draft");
    let (to, code) = (ScenarioState::Published, &scenario.code);
    let moved = store.move_scenario(code, version, to, 1, &signed(minutes)).await;
    assert!(moved.expect("it is moved"));
    version
}

async fn a_draft_gets_the_next_number_and_is_replaced(store: TestStore) {
    let first = scenario("fiber", None);
    assert_eq!(store.put_draft(&first, 0, &signed(0)).await, Ok(1));
    let mut second = first.clone();
    second.name.en = "Fiber".to_owned();
    second.party_type = Some(PartyType::LegalEntity);
    assert_eq!(store.put_draft(&second, 0, &signed(1)).await, Ok(1));
    let (entry, stored) = store.scenario("fiber", 1).await.expect("read").expect("it is there");
    assert_eq!((entry.revision, entry.state), (2, ScenarioState::Draft));
    assert_eq!((entry.created, entry.changed), (signed(0), signed(1)));
    assert_eq!((entry.name, entry.party_type), (second.name.clone(), second.party_type));
    assert_eq!(stored, Scenario { version: 1, ..second.clone() });

    // One that has a built-in namesake begins after it.
    let namesake = scenario("connect-individual", None);
    assert_eq!(store.put_draft(&namesake, 1, &signed(0)).await, Ok(2));

    assert_eq!(store.replace_draft(&second, 1, &signed(2)).await, Ok(false), "it is at 2");
    let third = Scenario { version: 1, ..first };
    assert_eq!(store.replace_draft(&third, 2, &signed(2)).await, Ok(true));
    let (entry, _) = store.scenario("fiber", 1).await.expect("read").expect("it is there");
    assert_eq!((entry.revision, entry.changed, entry.party_type), (3, signed(2), None));
    assert_eq!(store.published_scenario("fiber", 1).await, Ok(None), "a draft is no order's");
    assert_eq!(store.delete_draft("fiber", 1, 2).await, Ok(false), "it is at 3");
    assert_eq!(store.delete_draft("fiber", 1, 3).await, Ok(true));
    assert_eq!(store.scenario("fiber", 1).await, Ok(None));
}

async fn drafts_that_begin_at_once_are_one(store: TestStore) {
    let versions = at_once(8, |_| {
        let store = store.clone();
        async move { store.put_draft(&scenario("fiber", None), 0, &signed(0)).await }
    })
    .await;
    assert_eq!(versions, vec![Ok(1); 8]);
    assert_eq!(store.number("SELECT revision FROM scenario").await, 8);
}

async fn a_published_version_is_no_draft_any_more(store: TestStore) {
    let one = scenario("fiber", None);
    assert_eq!(published(&store, &one, 0).await, 1);
    assert_eq!(store.replace_draft(&one, 2, &signed(1)).await, Ok(false));
    assert_eq!(store.delete_draft("fiber", 1, 2).await, Ok(false));
    assert_eq!(store.put_draft(&one, 0, &signed(1)).await, Ok(2), "the next version");
    let kept = store.published_scenario("fiber", 1).await.expect("read").expect("it is there");
    assert_eq!(*kept, Scenario { version: 1, ..one });

    let to = ScenarioState::Retired;
    assert_eq!(store.move_scenario("fiber", 1, to, 1, &signed(3)).await, Ok(false), "it is at 2");
    assert_eq!(store.move_scenario("fiber", 1, to, 2, &signed(3)).await, Ok(true));
    let (entry, _) = store.scenario("fiber", 1).await.expect("read").expect("it is there");
    assert_eq!(
        (entry.state, entry.published, entry.retired),
        (to, Some(signed(0)), Some(signed(3)))
    );
    let again = store.published_scenario("fiber", 1).await.expect("read");
    assert_eq!(again.as_deref(), Some(&*kept), "its orders keep it");
}

async fn a_new_order_takes_the_one_for_its_party_that_was_published_last(store: TestStore) {
    let individual = Some(PartyType::Individual);
    let taken = async |kind, party| {
        let query = RegistrationQuery {
            idempotency_key: None,
            duplicate_key: None,
            import_key: None,
            place: Query::default(),
            scenario_for: Some((kind, party)),
            makers: Vec::new(),
        };
        let found = store.registration_context(&query).await.expect("looked up");
        found.individual_scenario.map(|it| (it.code.clone(), it.version))
    };
    let is = |code: &str, version: u32| Some((code.to_owned(), version));
    assert_eq!(taken(OrderKind::Connect, individual).await, None);
    store.put_draft(&scenario("draft", individual), 0, &signed(0)).await.expect("a draft");
    assert_eq!(taken(OrderKind::Connect, individual).await, None, "a draft is not taken");
    published(&store, &scenario("for-all", None), 5).await;
    assert_eq!(taken(OrderKind::Connect, individual).await, is("for-all", 1));
    assert_eq!(taken(OrderKind::Connect, None).await, is("for-all", 1));
    assert_eq!(taken(OrderKind::Change, individual).await, None, "another kind");
    published(&store, &scenario("people", individual), 2).await;
    assert_eq!(taken(OrderKind::Connect, individual).await, is("people", 1));
    assert_eq!(taken(OrderKind::Connect, Some(PartyType::LegalEntity)).await, is("for-all", 1));
    published(&store, &scenario("people", individual), 8).await;
    assert_eq!(taken(OrderKind::Connect, individual).await, is("people", 2));
    let retired = store.move_scenario("people", 2, ScenarioState::Retired, 2, &signed(9)).await;
    assert_eq!(retired, Ok(true));
    assert_eq!(taken(OrderKind::Connect, individual).await, is("people", 1), "the one before");
}

async fn versions_are_listed_by_code_and_number(store: TestStore) {
    published(&store, &scenario("b", None), 0).await;
    published(&store, &scenario("b", None), 1).await;
    store.put_draft(&scenario("a", None), 0, &signed(0)).await.expect("a draft");
    let listed = async |state, after: Option<(&str, i64)>, limit| {
        let after = after.map(|(id, value)| Cursor { value, id: id.to_owned() });
        let entries = store.scenarios(state, after.as_ref(), limit).await.expect("listed");
        entries.into_iter().map(|it| format!("{} {}", it.code, it.version)).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, None, 10).await, ["a 1", "b 1", "b 2"]);
    assert_eq!(listed(None, Some(("b", 1)), 10).await, ["b 2"]);
    assert_eq!(listed(None, None, 2).await, ["a 1", "b 1"]);
    assert_eq!(listed(Some(ScenarioState::Published), None, 10).await, ["b 1", "b 2"]);
    assert_eq!(listed(Some(ScenarioState::Draft), Some(("a", 1)), 10).await, [""; 0]);
}
