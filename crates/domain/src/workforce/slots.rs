//! Free slots: when a visit has room, and who goes.

use super::agenda::Agenda;
use super::{Booking, Technician};
use crate::time::Instant;
use crate::zone::WallClock;
use chrono::{Days, SecondsFormat};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;
/// No zone is further ahead of UTC; a day begins nowhere earlier than that.
const ZONE_AHEAD_MS_MAX: i64 = 14 * 60 * MINUTE_MS;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotQuery<'a> {
    /// None: whatever the technician can do.
    pub skill: Option<&'a str>,
    pub duration_minutes: i64,
    /// The visit begins then or later, and never in the past.
    pub from: Instant,
    /// The visit has ended by then.
    pub to: Instant,
    pub now: Instant,
    pub limit: usize,
}

/// A time at which somebody is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Slot {
    pub from: Instant,
    pub to: Instant,
    /// The beginning as the clock on the wall shows it there, with its offset.
    pub local_from: String,
    /// Who would go: of those who are free the one with the fewest hours booked that day, then the first by code.
    pub technician: String,
    pub technician_name: String,
    /// How many more are free then.
    pub others: usize,
}

impl Slot {
    /// Day and time without the offset, for sentences.
    pub fn local_time(&self) -> String {
        let minutes: String = self.local_from.chars().take(16).collect();
        minutes.replace('T', " ")
    }
}

/// The first free slots in the order of their time, one entry for each time.
pub fn free_slots(
    technicians: &[Technician],
    bookings: &[Booking],
    query: &SlotQuery<'_>,
) -> Vec<Slot> {
    let able = technicians.iter().filter(|technician| technician.has_skill(query.skill));
    let people: Vec<Agenda<'_>> = able.map(|technician| Agenda::of(technician, bookings)).collect();
    let mut slots = Vec::new();
    let earliest = query.from.max(query.now);
    if people.is_empty() || earliest >= query.to || query.limit == 0 {
        return slots;
    }
    let duration_ms = query.duration_minutes * MINUTE_MS;
    let mut waiting: BTreeMap<Instant, Vec<&Agenda<'_>>> = BTreeMap::new();
    // West of Greenwich it is still yesterday, in the east already tomorrow.
    let one = Days::new(1);
    let first = earliest.date();
    let mut date = first.checked_sub_days(one).unwrap_or(first);
    let last = query.to.date().checked_add_days(one).unwrap_or(first);
    while date <= last {
        for agenda in &people {
            for start in agenda.starts_on(date, earliest, query.to, duration_ms) {
                waiting.entry(start).or_default().push(agenda);
            }
        }
        let Some(next) = date.checked_add_days(one) else { break };
        date = next;
        // The next day has begun nowhere before this: up to here nothing can be added.
        let midnight = date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        let complete = Instant(midnight - ZONE_AHEAD_MS_MAX);
        while let Some(entry) = waiting.first_entry().filter(|entry| *entry.key() < complete) {
            let (start, free) = entry.remove_entry();
            slots.extend(slot(start, duration_ms, &free));
            if slots.len() == query.limit {
                return slots;
            }
        }
    }
    let rest = waiting.into_iter().filter_map(|(start, free)| slot(start, duration_ms, &free));
    slots.extend(rest);
    slots.truncate(query.limit);
    slots
}

fn slot(start: Instant, duration_ms: i64, free: &[&Agenda<'_>]) -> Option<Slot> {
    let order =
        |agenda: &&&Agenda<'_>| (agenda.load_on_day_of(start), agenda.technician.code.clone());
    let proposed = free.iter().min_by_key(order)?;
    Some(Slot {
        from: start,
        to: start.plus_ms(duration_ms),
        local_from: with_offset(proposed.zone, start),
        technician: proposed.technician.code.clone(),
        technician_name: proposed.technician.name.clone(),
        others: free.len() - 1,
    })
}

fn with_offset(zone: Tz, instant: Instant) -> String {
    instant.date_time().with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// An instant as the technician's clock shows it, for sentences: `2026-12-01 14:00`.
pub fn local_time(technician: &Technician, instant: Instant) -> String {
    WallClock::of(technician.timezone.as_deref().unwrap_or_default()).shown(instant)
}

/// Who is free for all of a time, the one with the fewest hours booked that day first. The time need not be on the grid.
pub fn free_at<'a>(
    technicians: &'a [Technician],
    bookings: &[Booking],
    skill: Option<&str>,
    from: Instant,
    to: Instant,
) -> Vec<&'a Technician> {
    without_load(ranked(technicians, bookings, skill, from, |agenda| agenda.is_free(from, to)))
}

/// Those of [`free_at`] who have the fewest hours booked that day: one is as good as the other.
pub fn least_booked_at<'a>(
    technicians: &'a [Technician],
    bookings: &[Booking],
    skill: Option<&str>,
    from: Instant,
    to: Instant,
) -> Vec<&'a Technician> {
    let mut found = ranked(technicians, bookings, skill, from, |agenda| agenda.is_free(from, to));
    let fewest = found.first().map(|(load, _)| *load);
    found.retain(|(load, _)| Some(*load) == fewest);
    without_load(found)
}

/// All with a skill, free or not, the one with the fewest hours booked that day first.
pub fn least_booked<'a>(
    technicians: &'a [Technician],
    bookings: &[Booking],
    skill: Option<&str>,
    day_of: Instant,
) -> Vec<&'a Technician> {
    without_load(ranked(technicians, bookings, skill, day_of, |_| true))
}

fn without_load(ranked: Vec<(i64, &Technician)>) -> Vec<&Technician> {
    ranked.into_iter().map(|(_, technician)| technician).collect()
}

/// With the hours booked that day, in milliseconds; the fewest first, then by code.
fn ranked<'a>(
    technicians: &'a [Technician],
    bookings: &[Booking],
    skill: Option<&str>,
    day_of: Instant,
    wanted: impl Fn(&Agenda<'_>) -> bool,
) -> Vec<(i64, &'a Technician)> {
    let able = technicians.iter().filter(|technician| technician.has_skill(skill));
    let mut found: Vec<(i64, &Technician)> = able
        .filter_map(|technician| {
            let agenda = Agenda::of(technician, bookings);
            wanted(&agenda).then(|| (agenda.load_on_day_of(day_of), technician))
        })
        .collect();
    found.sort_by(|a, b| (a.0, &a.1.code).cmp(&(b.0, &b.1.code)));
    found
}
