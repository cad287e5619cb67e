//! Technicians of the small operator.

use crate::support::database::TestStore;
use oms_app::workforce::Workforces;
use oms_domain::calendar::Interval;
use oms_domain::decide::BookingChange;
use oms_domain::order::Order;
use oms_domain::time::Instant;
use oms_domain::workforce::{Technician, WorkingPattern};

/// Works every day around the clock.
pub fn technician(code: &str, division: &str) -> Technician {
    let always = vec![Interval::parse("00:00-24:00").expect("hours")];
    Technician {
        code: code.to_owned(),
        name: format!("{code} by name"),
        home_division: division.to_owned(),
        skills: vec!["internet".to_owned()],
        timezone: None,
        working_pattern: WorkingPattern {
            monday: always.clone(),
            tuesday: always.clone(),
            wednesday: always.clone(),
            thursday: always.clone(),
            friday: always.clone(),
            saturday: always.clone(),
            sunday: always,
        },
        shifts: Vec::new(),
        absences: Vec::new(),
        travel_buffer_minutes: 30,
    }
}

/// Anvar and Bekzod in the north, Clara in the south.
pub async fn employ(store: &TestStore, now: Instant) {
    let technicians = [
        technician("anvar", "north-tech"),
        technician("bekzod", "north-tech"),
        technician("clara", "south-tech"),
    ];
    store.replace_technicians(&technicians, None, now).await.expect("the list is swapped");
}

/// An hour of a technician, with half an hour to travel.
pub fn booking(order: &Order, technician: &str, from: Instant) -> BookingChange {
    BookingChange::Book {
        id: format!("{}.{}", order.id, order.version + 1),
        technician: technician.to_owned(),
        from,
        to: from.plus_minutes(60),
        travel_ms: 30 * 60_000,
        is_override: false,
    }
}
