//! Technicians and their visits: kept, found by division, and never booked twice.

use crate::support::database::{TestStore, at_once};
use crate::support::on_both_databases;
use crate::support::operator;
use crate::support::orders::{MORNING, comment, next, save_of, saved, stored, support};
use crate::support::technicians::{booking, employ, technician};
use oms_app::ports::{Orders, Organisation, SaveError};
use oms_app::workforce::Workforces;
use oms_domain::decide::BookingChange;
use oms_domain::order::{AppointmentState, Order};
use oms_domain::time::Instant;
use oms_domain::workforce::WorkforceQuery;

on_both_databases! {
    the_list_is_swapped_as_a_whole_and_counts_its_versions
    a_swap_on_another_version_changes_nothing
    the_technicians_of_a_division_are_those_below_it_too
    visits_of_the_time_in_question_are_found
    a_visit_that_meets_another_is_refused_and_nothing_is_saved
    a_released_time_is_free_again_and_a_done_one_is_not
    of_many_visits_at_one_time_at_once_one_is_booked
    who_has_visits_ahead_stays
}

const CALLERS: usize = 32;

async fn established(store: &TestStore) {
    operator::establish(store).await;
    employ(store, MORNING).await;
}

/// Saves a comment on the order with changes of bookings along.
async fn save(
    store: &TestStore,
    order: &Order,
    bookings: Vec<BookingChange>,
) -> Result<Order, SaveError> {
    let mut decision = next(order, comment("a visit"), MORNING);
    decision.bookings = bookings;
    store.save(save_of(&decision, MORNING)).await?;
    Ok(decision.order)
}

fn id_of(change: &BookingChange) -> String {
    let BookingChange::Book { id, .. } = change else { panic!("{change:?} books nothing") };
    id.clone()
}

async fn the_list_is_swapped_as_a_whole_and_counts_its_versions(store: TestStore) {
    let empty = store.technicians().await.expect("read");
    assert_eq!((empty.version, empty.technicians.len()), (0, 0));
    established(&store).await;
    let list = store.technicians().await.expect("read");
    let codes: Vec<&str> = list.technicians.iter().map(|it| it.code.as_str()).collect();
    assert_eq!((list.version, codes), (1, vec!["anvar", "bekzod", "clara"]));
    let next = [technician("dilshod", "south-tech"), technician("anvar", "south-tech")];
    store.replace_technicians(&next, Some(1), MORNING).await.expect("swapped");
    let list = store.technicians().await.expect("read");
    assert_eq!((list.version, list.technicians), (2, next.to_vec()));
    let anvar = store.technician("anvar").await.expect("read").expect("there");
    assert_eq!(anvar.timezone.as_deref(), Some("Asia/Tashkent"), "the zone of the division");
    assert_eq!(store.technician("bekzod").await, Ok(None));
    let in_use = store.divisions_in_use().await.expect("read");
    assert!(in_use.contains(&"south-tech".to_owned()), "{in_use:?}");
}

async fn a_swap_on_another_version_changes_nothing(store: TestStore) {
    established(&store).await;
    let before = store.technicians().await;
    let outcome = store.replace_technicians(&[], Some(7), MORNING).await;
    assert_eq!(outcome, Err(SaveError::Stale));
    assert_eq!(store.technicians().await, before);
    // Of many who have seen the same version one swaps.
    let swaps = at_once(8, |index| {
        let store = store.clone();
        async move {
            let list = [technician(&format!("swap-{index}"), "north-tech")];
            store.replace_technicians(&list, Some(1), MORNING).await
        }
    })
    .await;
    assert_eq!(swaps.iter().filter(|swap| swap.is_ok()).count(), 1, "{swaps:?}");
    let list = store.technicians().await.expect("read");
    assert_eq!((list.version, list.technicians.len()), (2, 1));
}

fn query(divisions: &[&str]) -> WorkforceQuery {
    WorkforceQuery {
        divisions: divisions.iter().map(|code| (*code).to_owned()).collect(),
        from: MORNING,
        to: MORNING.plus_minutes(24 * 60),
    }
}

async fn the_technicians_of_a_division_are_those_below_it_too(store: TestStore) {
    operator::establish(&store).await;
    let none = store.workforce(&query(&["head"])).await.expect("read");
    assert!(!none.is_registered && none.technicians.is_empty());
    employ(&store, MORNING).await;
    let found =
        store.workforce(&query(&["head", "south-tech", "north-sales"])).await.expect("read");
    assert!(found.is_registered);
    // The division asked for, and who could go.
    let cases = [
        ("head", vec!["anvar", "bekzod", "clara"]),
        ("south-tech", vec!["clara"]),
        ("north-sales", vec![]),
        ("north-tech", vec![]),
    ];
    for (division, expected) in cases {
        let mut codes: Vec<&str> = found.of(division).iter().map(|it| it.code.as_str()).collect();
        codes.sort_unstable();
        assert_eq!(codes, expected, "{division}");
        let zones = found.of(division).iter().map(|it| it.timezone.as_deref());
        assert!(zones.into_iter().all(|zone| zone == Some("Asia/Tashkent")));
    }
}

async fn visits_of_the_time_in_question_are_found(store: TestStore) {
    established(&store).await;
    let mut order = saved(&store, &support(), MORNING).await;
    let hours = [-13, -11, 0, 23, 24];
    for hour in hours {
        let from = MORNING.plus_minutes(hour * 60);
        order = save(&store, &order, vec![booking(&order, "anvar", from)]).await.expect("booked");
    }
    let clara = booking(&order, "clara", MORNING);
    save(&store, &order, vec![clara]).await.expect("booked");
    let found = store.workforce(&query(&["north"])).await.expect("read");
    let mut begins: Vec<i64> =
        found.bookings.iter().map(|it| (it.from.0 - MORNING.0) / 3_600_000).collect();
    begins.sort_unstable();
    assert_eq!(begins, [-11, 0, 23], "what could reach into the time, and nothing of others");
    assert!(found.bookings.iter().all(|it| it.technician == "anvar" && it.order_id == order.id));
    let visits = store.visits("anvar", MORNING, MORNING.plus_minutes(24 * 60), 50).await;
    let visits = visits.expect("read");
    assert_eq!(visits.len(), 2);
    assert_eq!(visits[0].order, stored(&store, &order.id).await);
    assert_eq!((visits[0].from, visits[0].state), (MORNING, AppointmentState::Booked));
}

async fn a_visit_that_meets_another_is_refused_and_nothing_is_saved(store: TestStore) {
    established(&store).await;
    let at = |minutes: i64| MORNING.plus_minutes(minutes);
    let first = saved(&store, &support(), MORNING).await;
    save(&store, &first, vec![booking(&first, "anvar", at(600))]).await.expect("booked");
    let over = |change: BookingChange| match change {
        BookingChange::Book { id, technician, from, to, travel_ms, .. } => {
            BookingChange::Book { id, technician, from, to, travel_ms, is_override: true }
        }
        other => other,
    };
    let order = saved(&store, &support(), MORNING).await;
    let before = store.footprint().await;
    for (technician, minutes) in
        [("anvar", 600), ("anvar", 511), ("anvar", 689), ("anvar", 630), ("nobody", 0)]
    {
        let outcome = save(&store, &order, vec![booking(&order, technician, at(minutes))]).await;
        assert_eq!(outcome.err(), Some(SaveError::SlotTaken), "{technician} {minutes}");
    }
    assert_eq!(store.footprint().await, before);
    assert_eq!(stored(&store, &order.id).await, order);
    // Before and after with the way between, another technician, and whoever may book over it.
    let mut order = order;
    for (technician, minutes) in [("anvar", 510), ("anvar", 690), ("bekzod", 600)] {
        let booked = save(&store, &order, vec![booking(&order, technician, at(minutes))]).await;
        order = booked.unwrap_or_else(|error| panic!("{technician} {minutes}: {error}"));
    }
    let third = saved(&store, &support(), MORNING).await;
    save(&store, &third, vec![over(booking(&third, "anvar", at(600)))]).await.expect("over it");
    assert_eq!(store.number("SELECT count(*) FROM booking").await, 5);
    assert_eq!(store.number("SELECT count(*) FROM booking WHERE overridden = 1").await, 1);
}

async fn a_released_time_is_free_again_and_a_done_one_is_not(store: TestStore) {
    established(&store).await;
    let first = saved(&store, &support(), MORNING).await;
    let visit = booking(&first, "anvar", MORNING);
    let first = save(&store, &first, vec![visit.clone()]).await.expect("booked");
    // Moved within one save: the old time does not stand in the way of the new one.
    let moved = booking(&first, "anvar", MORNING.plus_minutes(30));
    let release = BookingChange::Release { id: id_of(&visit) };
    let first = save(&store, &first, vec![release, moved.clone()]).await.expect("moved");
    let other = saved(&store, &support(), MORNING).await;
    let refused = save(&store, &other, vec![booking(&other, "anvar", MORNING)]).await;
    assert_eq!(refused.err(), Some(SaveError::SlotTaken));
    let done = BookingChange::Done { id: id_of(&moved) };
    let first = save(&store, &first, vec![done]).await.expect("done");
    assert_eq!(store.number("SELECT count(*) FROM booking WHERE state = 'done'").await, 1);
    let refused = save(&store, &other, vec![booking(&other, "anvar", MORNING)]).await;
    assert_eq!(refused.err(), Some(SaveError::SlotTaken));
    let release = BookingChange::Release { id: id_of(&moved) };
    save(&store, &first, vec![release]).await.expect("released");
    save(&store, &other, vec![booking(&other, "anvar", MORNING)]).await.expect("it is free");
}

async fn of_many_visits_at_one_time_at_once_one_is_booked(store: TestStore) {
    established(&store).await;
    let mut orders = Vec::new();
    for _ in 0..CALLERS {
        orders.push(saved(&store, &support(), MORNING).await);
    }
    let outcomes = at_once(CALLERS, |caller| {
        let (store, order) = (store.clone(), orders[caller].clone());
        // Some begin a little later: they meet it all the same.
        let from = MORNING.plus_minutes((caller as i64 % 4) * 10);
        async move { save(&store, &order, vec![booking(&order, "anvar", from)]).await }
    })
    .await;
    let booked = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let taken = outcomes.iter().filter(|outcome| matches!(outcome, Err(SaveError::SlotTaken)));
    assert_eq!((booked, taken.count()), (1, CALLERS - 1), "{outcomes:?}");
    assert_eq!(store.number("SELECT count(*) FROM booking").await, 1);
}

async fn who_has_visits_ahead_stays(store: TestStore) {
    established(&store).await;
    let order = saved(&store, &support(), MORNING).await;
    let ahead = MORNING.plus_minutes(60);
    save(&store, &order, vec![booking(&order, "anvar", ahead)]).await.expect("booked");
    assert_eq!(store.booked_technicians(MORNING).await, Ok(vec!["anvar".to_owned()]));
    assert_eq!(store.booked_technicians(ahead).await, Ok(vec![]));
    store.replace_technicians(&[], None, MORNING).await.expect("swapped");
    let codes = async |store: &TestStore| -> Vec<String> {
        let list = store.technicians().await.expect("read");
        list.technicians.into_iter().map(|it| it.code).collect()
    };
    assert_eq!(codes(&store).await, ["anvar"]);
    let later: Instant = ahead;
    store.replace_technicians(&[], None, later).await.expect("swapped");
    assert_eq!(codes(&store).await, [""; 0]);
}
