//! Calendars: swapped as a whole, and loaded with what counts by them.

use crate::support::database::{TestStore, at_once};
use crate::support::on_both_databases;
use crate::support::operator::{self, admin, divisions};
use crate::support::orders::{MORNING, connect, saved, stored};
use oms_app::calendars::{Swap, WorkingTime, replace_calendars};
use oms_app::ports::{OrderReference, Orders, Organisation};
use oms_app::register::{Outcome, Request, register};
use oms_app::{AppError, change};
use oms_domain::calendar::{CalendarSet, Calendars};
use oms_domain::decide::Command;
use serde_json::{Value, json};

on_both_databases! {
    a_set_comes_back_as_it_was_and_counts_its_swaps
    of_swaps_at_once_each_has_a_version_of_its_own
    a_swap_on_an_older_version_changes_nothing
    an_order_is_loaded_with_the_calendars_around_it
    a_stage_has_its_deadline_in_the_working_time_of_its_division
    a_hold_keeps_working_time
}

fn office(code: &str) -> Value {
    let day = json!(["09:00-13:00", "14:00-18:00"]);
    json!({
        "code": code, "name": "Office", "timeZone": "Asia/Tashkent",
        "week": { "monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day },
        "holidays": [{ "date": "2026-12-08", "name": "День Конституции" }],
        "movedDays": [{ "date": "2026-12-12", "worksLike": "monday" }],
    })
}

/// A set of these divisions and their calendars.
fn set(divisions: &Value) -> CalendarSet {
    let calendars = ["day", "other"].map(office);
    let known = operator::divisions().into_iter().map(|division| division.code).collect();
    CalendarSet::read(&json!({ "calendars": calendars, "divisions": divisions }), &known)
        .expect("no faults")
}

async fn swap(store: &TestStore, divisions: &Value) {
    let version = store.calendars().await.expect("read").version;
    let swapped = store.replace_calendars(&set(divisions), version).await;
    assert_eq!(swapped, Ok(Swap::Swapped(version + 1)));
}

async fn a_set_comes_back_as_it_was_and_counts_its_swaps(store: TestStore) {
    operator::establish(&store).await;
    let none = store.calendars().await.expect("read");
    assert_eq!((none.version, none.set), (0, CalendarSet::default()));
    let full = json!({ "head": "day", "north": "other" });
    swap(&store, &full).await;
    swap(&store, &full).await;
    let found = store.calendars().await.expect("read");
    assert_eq!((found.version, found.set), (2, set(&full)));

    // A division that is gone is not shown, so that what was answered can be sent again.
    let mut tree = divisions();
    tree.retain(|division| !division.code.starts_with("north"));
    store.replace_divisions(&tree).await.expect("swapped");
    let found = store.calendars().await.expect("read").set;
    assert_eq!(found.divisions, set(&json!({ "head": "day" })).divisions);
}

async fn of_swaps_at_once_each_has_a_version_of_its_own(store: TestStore) {
    operator::establish(&store).await;
    let outcomes = at_once(8, |index| {
        let (store, actor) = (store.clone(), admin());
        let division = if index % 2 == 0 { "head" } else { "north" };
        let document = set(&json!({ division: "day" })).to_json();
        async move { replace_calendars(&*store, &actor, &document, None).await }
    })
    .await;
    let mut versions: Vec<i64> = outcomes
        .into_iter()
        .filter_map(|outcome| match outcome {
            Ok(swapped) => Some(swapped.version),
            Err(AppError::Busy) => None,
            Err(error) => panic!("{error}"),
        })
        .collect();
    versions.sort_unstable();
    let expected: Vec<i64> = (1..=versions.len() as i64).collect();
    assert_eq!(versions, expected);
    assert_eq!(store.calendars().await.expect("read").set.divisions.len(), 1, "never mixed");
}

async fn a_swap_on_an_older_version_changes_nothing(store: TestStore) {
    operator::establish(&store).await;
    swap(&store, &json!({ "head": "day" })).await;
    let document = set(&json!({ "head": "other" })).to_json();
    let refused = replace_calendars(&*store, &admin(), &document, Some(0)).await;
    assert!(matches!(refused, Err(AppError::StaleList { current: 1 })), "{refused:?}");
    let late = store.replace_calendars(&set(&json!({})), 0).await;
    assert_eq!(late, Ok(Swap::Stale));
    assert_eq!(store.calendars().await.expect("read").set, set(&json!({ "head": "day" })));
}

fn codes(calendars: &Calendars) -> [&str; 4] {
    ["north-tech", "north-sales", "north", "head"].map(|code| calendars.of(code).code.as_str())
}

async fn an_order_is_loaded_with_the_calendars_around_it(store: TestStore) {
    operator::establish(&store).await;
    let order = saved(&store, &connect(), MORNING).await;
    let reference = OrderReference::Id(order.id);
    let loaded = async || store.load(&reference).await.expect("loaded").expect("it is there");
    assert_eq!(codes(&loaded().await.calendars), ["round-the-clock"; 4]);
    swap(&store, &json!({ "north": "day", "north-sales": "other", "south": "other" })).await;
    assert_eq!(codes(&loaded().await.calendars), ["day", "other", "day", "round-the-clock"]);
    assert_eq!(loaded().await.calendars.of("north-tech"), &set(&json!({})).calendars[0]);
}

async fn a_stage_has_its_deadline_in_the_working_time_of_its_division(store: TestStore) {
    operator::establish(&store).await;
    swap(&store, &json!({ "head": "day" })).await;
    let (actor, document) = (admin(), connect());
    // 14:00 in Tashkent; four hours are left of the day, and the sales department has as many.
    let request = Request {
        actor: &actor,
        document: &document,
        body: b"{}",
        idempotency_key: None,
        now: MORNING.plus_minutes(60),
    };
    let outcome = register(&*store, request).await.expect("registered");
    let Outcome::Registered { order, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(
        order.stage.due_at.map(|due| due.to_string()).as_deref(),
        Some("2026-11-25T05:00:00.000Z"),
        "three hours on Tuesday, and one on Wednesday"
    );
}

async fn a_hold_keeps_working_time(store: TestStore) {
    operator::establish(&store).await;
    swap(&store, &json!({ "head": "day" })).await;
    let actor = admin();
    let order = saved(&store, &connect(), MORNING).await;
    assert_eq!(order.stage.due_at, Some(MORNING.plus_minutes(240)), "made round the clock");
    let reference = order.id.clone();
    let apply = async |command: Command, minutes: i64| {
        let now = MORNING.plus_minutes(minutes);
        let any = change::Expected::Any;
        change::change(&*store, &actor, &reference, any, command, now).await.expect("changed");
    };
    // Held on Tuesday at 15:00 with three hours left; taken off it in the night.
    let hold = Command::Hold { reason: "away".to_owned(), reason_code: None, until: None };
    apply(hold, 60).await;
    let held = stored(&store, &order.id).await;
    assert_eq!(held.hold.and_then(|hold| hold.remaining_working_ms), Some(3 * 60 * 60 * 1000));
    apply(Command::Resume, 13 * 60).await;
    let resumed = stored(&store, &order.id).await;
    let due = resumed.stage.due_at.map(|due| due.to_string());
    assert_eq!(due.as_deref(), Some("2026-11-25T07:00:00.000Z"), "from nine to noon");
}
