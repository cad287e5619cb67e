//! Subscribers get in with one-time codes and read their orders, on both databases.

use crate::support::database::{TestStore, at_once};
use crate::support::on_both_databases;
use crate::support::operator::{admin, establish, nobody};
use crate::support::orders::{MORNING, connect, saved, support};
use oms_app::AppError;
use oms_app::profile::{list, one};
use oms_app::subscribers::{Entry, authenticate, enter, issue, leave};
use oms_domain::access::Actor;
use oms_domain::limits::PAGE_ENTRIES_MAX;
use oms_domain::order::Order;
use oms_domain::party::Language;
use oms_domain::profile::Subscriber;
use oms_domain::rejection::Rejection;
use oms_domain::rights::Right;
use oms_domain::time::Instant;
use serde_json::json;

on_both_databases! {
    a_code_is_good_for_one_use_and_a_quarter_of_an_hour
    many_at_once_with_one_code_are_one
    a_session_ends_when_told_and_by_time
    a_code_is_given_out_by_those_who_may_and_for_somebody
    a_list_passes_over_what_is_somebody_elses
}

async fn code_for(store: &TestStore, order: &Order, now: Instant) -> String {
    let issued = issue(&**store, &admin(), &order.number, now).await.expect("it is given out");
    assert_eq!(issued.expires_at, now.plus_minutes(15));
    issued.code
}

async fn typed(
    store: &TestStore,
    order: &Order,
    code: &str,
    now: Instant,
) -> Result<String, AppError> {
    let entry = Entry { order_number: order.number.clone(), code: code.to_owned() };
    enter(&**store, &entry, now).await.map(|session| session.token)
}

async fn who(store: &TestStore, session: &str, now: Instant) -> Option<Subscriber> {
    authenticate(&**store, session, now).await.expect("looked up")
}

async fn a_code_is_good_for_one_use_and_a_quarter_of_an_hour(store: TestStore) {
    let order = saved(&store, &connect(), MORNING).await;
    let is_wrong =
        |outcome: Result<String, AppError>| matches!(outcome, Err(AppError::AccessCodeWrong));
    assert!(is_wrong(typed(&store, &order, "12345678", MORNING).await), "none was given out");
    let late = code_for(&store, &order, MORNING).await;
    let end = MORNING.plus_minutes(15);
    assert!(is_wrong(typed(&store, &order, &late, end).await), "too late");
    let code = code_for(&store, &order, end).await;
    let just = end.plus_ms(15 * 60_000 - 1);
    let session = typed(&store, &order, &code, just).await.expect("in time");
    assert_eq!(who(&store, &session, just).await, Subscriber::of(&order));
    assert!(is_wrong(typed(&store, &order, &code, just).await), "used");
    // The codes are nowhere as they are told.
    for column in ["hash", "phone", "identity", "issued_by"] {
        let statement = format!("SELECT count(*) FROM access_code WHERE {column} = '{code}'");
        assert_eq!(store.number(&statement).await, 0);
    }
}

async fn many_at_once_with_one_code_are_one(store: TestStore) {
    let order = saved(&store, &connect(), MORNING).await;
    let code = code_for(&store, &order, MORNING).await;
    let outcomes = at_once(32, |_| {
        let (store, order, code) = (store.clone(), order.clone(), code.clone());
        async move { typed(&store, &order, &code, MORNING).await }
    })
    .await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1, "{outcomes:?}");
    let told = |outcome: &Result<String, AppError>| {
        matches!(outcome, Ok(_) | Err(AppError::AccessCodeWrong | AppError::LoginLocked { .. }))
    };
    assert!(outcomes.iter().all(told), "{outcomes:?}");
    assert_eq!(store.number("SELECT count(*) FROM subscriber_session").await, 1);
}

async fn a_session_ends_when_told_and_by_time(store: TestStore) {
    let order = saved(&store, &connect(), MORNING).await;
    let code = code_for(&store, &order, MORNING).await;
    let first = typed(&store, &order, &code, MORNING).await.expect("in");
    assert!(who(&store, &first, MORNING.plus_ms(2 * 3_600_000 - 1)).await.is_some());
    let later = MORNING.plus_minutes(120);
    assert!(who(&store, &first, later).await.is_none());
    assert!(who(&store, "oms_subscriber_x", MORNING).await.is_none());
    assert!(who(&store, &first.replace("subscriber", "session"), MORNING).await.is_none());
    // The staff's look-up knows no subscriber.
    let staff = oms_app::tokens::authenticate(&*store, &first, MORNING).await;
    assert_eq!(staff.expect("looked up"), None);
    // Whoever gets in sweeps away what has ended.
    let code = code_for(&store, &order, later).await;
    let second = typed(&store, &order, &code, later).await.expect("in");
    assert_eq!(store.number("SELECT count(*) FROM subscriber_session").await, 1);
    for _ in 0..2 {
        leave(&*store, &second).await.expect("left");
        assert!(who(&store, &second, later).await.is_none());
    }
}

async fn a_code_is_given_out_by_those_who_may_and_for_somebody(store: TestStore) {
    establish(&store).await;
    let order = saved(&store, &connect(), MORNING).await;
    let reader = Actor::with_rights("reader", &[Right::OrdersRead]);
    for actor in [nobody(), reader] {
        let refused = issue(&*store, &actor, &order.number, MORNING).await;
        let is_missing = matches!(refused, Err(AppError::RightMissing(Right::SubscribersCode)));
        assert!(is_missing, "{refused:?}");
    }
    let unknown = issue(&*store, &admin(), "261124-4801-9375", MORNING).await;
    assert!(matches!(unknown, Err(AppError::NotFound { .. })), "{unknown:?}");
    let mut form = support();
    let imported = json!({ "source": "old", "key": "1" });
    if let Some(form) = form.as_object_mut() {
        form.remove("party");
        form.insert("channel".to_owned(), json!("import"));
        form.insert("imported".to_owned(), imported);
    }
    let nobodys = saved(&store, &form, MORNING).await;
    let refused = issue(&*store, &admin(), &nobodys.number, MORNING).await;
    let is_told = matches!(refused, Err(AppError::Rejected(Rejection::PartyRequired)));
    assert!(is_told, "{refused:?}");
}

async fn a_list_passes_over_what_is_somebody_elses(store: TestStore) {
    let mut other = connect();
    other["party"]["givenName"] = json!("Olim");
    let mut own = Vec::new();
    for minute in 0..5 {
        own.push(saved(&store, &connect(), MORNING.plus_minutes(minute)).await);
        saved(&store, &other, MORNING.plus_minutes(minute)).await;
    }
    let elsewhere = saved(&store, &other, MORNING).await;
    let subscriber = Subscriber::of(&own[0]).expect("somebody");
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = list(&*store, &subscriber, after, 2, Language::En).await;
        let (orders, next) = page.expect("listed");
        assert!(orders.len() <= 2);
        found.extend(orders.iter().map(|order| order["number"].clone()));
        after = next;
        if after.is_none() {
            break;
        }
    }
    let newest_first: Vec<_> = own.iter().rev().map(|order| json!(order.number)).collect();
    assert_eq!(found, newest_first);
    let all = list(&*store, &subscriber, None, PAGE_ENTRIES_MAX, Language::En).await;
    assert_eq!(all.expect("listed").0.len(), 5);
    let refused = one(&*store, &subscriber, &elsewhere.number, Language::En).await;
    assert!(matches!(refused, Err(AppError::NotFound { .. })), "{refused:?}");
    one(&*store, &subscriber, &own[0].number, Language::Ru).await.expect("it is theirs");
}
