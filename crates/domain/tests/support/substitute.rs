//! Somebody who does the work of the desk for a while.

use crate::orders::{DESK, MORNING, actor};
use oms_domain::access::{Grant, Holder, Period, Reach};
use oms_domain::rights::Actor;
use oms_domain::time::Instant;

/// Until when the substitute does the work of the desk: two days from the morning.
pub const SUBSTITUTE_UNTIL: Instant = Instant(MORNING.0 + 2 * 24 * 60 * 60_000);

/// People by the name of their role, with what their grants give at this instant.
pub fn actor_at(role: &str, now: Instant) -> Actor {
    if role != "substitute" {
        return actor(role);
    }
    let period = Period { from: None, until: Some(SUBSTITUTE_UNTIL) };
    let grant = Grant { rights: DESK.to_vec(), reach: Reach::EVERYTHING, periods: vec![period] };
    Actor::of(Holder { name: role.to_owned(), grants: vec![grant] }, now)
}
