//! Who comes, and when: the slot that was asked for, or the first that is free.

use super::change::Change;
use super::visits::{VisitRequest, horizon, is_in_reach};
use crate::limits::{SLOT_AHEAD_DAYS_MAX, SLOTS_TOLD};
use crate::rejection::Rejection;
use crate::scenario::Visit;
use crate::time::Instant;
use crate::workforce::{
    Booking, Slot, SlotQuery, Technician, Workforce, free_at, free_slots, least_booked,
    least_booked_at, local_time,
};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Those who were too late spread over so many visits: eight after the first time, 64 after the second, at most these.
const SPREAD_BASE: usize = 8;
const SPREAD_MAX: usize = 256;
/// Free times that are looked at for each of them: those of one technician begin every half hour.
const TIMES_FOR_EACH: usize = 8;

/// A technician and a time.
pub(super) struct Chosen<'a> {
    pub technician: &'a Technician,
    pub from: Instant,
    pub to: Instant,
    pub is_override: bool,
}

pub(super) fn choose<'a>(
    change: &Change<'_>,
    workforce: &'a Workforce,
    visit: Visit<'_>,
    request: &VisitRequest,
) -> Result<Chosen<'a>, Rejection> {
    let division = &change.order.division;
    let technicians = workforce.of(&division.code);
    let others = bookings_of_others(change, workforce);
    let Some(asked) = &request.slot else {
        let chosen = first_free(change, technicians, &others, visit, request.rivals);
        return chosen.ok_or_else(|| no_free_slot(change, visit, None, Vec::new()));
    };
    if !is_in_reach(asked.from, change.context.now) {
        let (from, days) = (asked.from.to_string(), SLOT_AHEAD_DAYS_MAX);
        return Err(Rejection::SlotOutOfReach { from, days });
    }
    let is_named = |technician: &Technician| {
        asked.technician.as_ref().is_none_or(|code| *code == technician.code)
    };
    if let Some(code) = &asked.technician
        && !technicians.iter().any(is_named)
    {
        let (technician, division) = (code.clone(), division.name.clone());
        return Err(Rejection::TechnicianUnknown { technician, division });
    }
    let (from, to) = (asked.from, asked.from.plus_minutes(visit.duration_minutes));
    let mut found = free_at(technicians, &others, visit.skill, from, to).into_iter();
    if let Some(technician) = found.find(|technician| is_named(technician)) {
        return Ok(Chosen { technician, from, to, is_override: false });
    }
    if request.is_override {
        // Who was named need not have the skill; otherwise those who have it go first.
        let able = least_booked(technicians, &others, visit.skill, from);
        let all = least_booked(technicians, &others, None, from);
        let mut candidates = able.into_iter().chain(all);
        if let Some(technician) = candidates.find(|technician| is_named(technician)) {
            return Ok(Chosen { technician, from, to, is_override: true });
        }
    }
    let next = free(technicians, &others, visit, from, change, SLOTS_TOLD);
    let shown = technicians.first().map_or_else(|| from.to_string(), |it| local_time(it, from));
    Err(no_free_slot(change, visit, Some(shown), next))
}

/// The first free slot, with one of those who have the fewest hours booked that day: which of them depends on the order, so
/// that orders which come at once seldom meet. Those who were too late take one of the next visits for which there is room
/// beside each other instead, at the same time if others are free then, so that they don't all meet at the second.
fn first_free<'a>(
    change: &Change<'_>,
    technicians: &'a [Technician],
    bookings: &[Booking],
    visit: Visit<'_>,
    rivals: u32,
) -> Option<Chosen<'a>> {
    let spread = SPREAD_BASE.checked_pow(rivals).unwrap_or(SPREAD_MAX).min(SPREAD_MAX);
    let now = change.context.now;
    if spread == 1 {
        let slot = free(technicians, bookings, visit, now, change, 1).into_iter().next()?;
        let equal = least_booked_at(technicians, bookings, visit.skill, slot.from, slot.to);
        let place = spread_of(&change.order.id, rivals) % equal.len().max(1);
        let technician = equal.into_iter().nth(place)?;
        return Some(Chosen { technician, from: slot.from, to: slot.to, is_override: false });
    }
    let times = spread * TIMES_FOR_EACH;
    let mut found = Vec::new();
    // Until when technicians are taken by what was found, with the way to the next.
    let mut taken_until: BTreeMap<&str, Instant> = BTreeMap::new();
    for slot in free(technicians, bookings, visit, now, change, times) {
        let is_idle = |technician: &Technician, taken: &BTreeMap<&str, Instant>| {
            taken.get(technician.code.as_str()).is_none_or(|until| *until <= slot.from)
        };
        if !technicians.iter().any(|technician| is_idle(technician, &taken_until)) {
            continue;
        }
        for technician in free_at(technicians, bookings, visit.skill, slot.from, slot.to) {
            if is_idle(technician, &taken_until) {
                let until = slot.to.plus_minutes(technician.travel_buffer_minutes);
                taken_until.insert(&technician.code, until);
                found.push(Chosen { technician, from: slot.from, to: slot.to, is_override: false });
            }
        }
        if found.len() >= spread {
            break;
        }
    }
    found.truncate(spread);
    let place = spread_of(&change.order.id, rivals) % found.len().max(1);
    found.into_iter().nth(place)
}

/// The order's own visit does not stand in its way.
pub(super) fn bookings_of_others(change: &Change<'_>, workforce: &Workforce) -> Vec<Booking> {
    let others = workforce.bookings.iter().filter(|booking| booking.order_id != change.order.id);
    others.cloned().collect()
}

pub(super) fn free(
    technicians: &[Technician],
    bookings: &[Booking],
    visit: Visit<'_>,
    from: Instant,
    change: &Change<'_>,
    limit: usize,
) -> Vec<Slot> {
    let now = change.context.now;
    let query = SlotQuery {
        skill: visit.skill,
        duration_minutes: visit.duration_minutes,
        from,
        to: horizon(from.max(now)),
        now,
        limit,
    };
    free_slots(technicians, bookings, &query)
}

/// A number that is another for nearly every order and each time, and always the same for one at one time. An order whose
/// number stayed would come to one of the first places each time, where most others go.
fn spread_of(id: &str, rivals: u32) -> usize {
    let mut hasher = DefaultHasher::new();
    (id, rivals).hash(&mut hasher);
    // The lower half is as good as the whole.
    (hasher.finish() & u64::from(u32::MAX)) as usize
}

fn no_free_slot(
    change: &Change<'_>,
    visit: Visit<'_>,
    asked: Option<String>,
    next: Vec<Slot>,
) -> Rejection {
    let division = change.order.division.name.clone();
    Rejection::NoFreeSlot { division, skill: visit.skill.map(str::to_owned), asked, next }
}
