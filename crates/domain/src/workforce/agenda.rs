//! What one technician has to do, and whether there is room for another visit.

use super::hours::instants;
use super::{Booking, Technician};
use crate::time::Instant;
use crate::zone::{date_in, exactly, zone};
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;
/// Proposed slots begin on the hour and the half hour.
const GRID_MINUTES: u32 = 30;

pub(super) struct Agenda<'a> {
    pub technician: &'a Technician,
    pub zone: Tz,
    bookings: Vec<&'a Booking>,
    booked_ms: BTreeMap<NaiveDate, i64>,
}

impl<'a> Agenda<'a> {
    pub fn of(technician: &'a Technician, bookings: &'a [Booking]) -> Agenda<'a> {
        let zone = zone(technician.timezone.as_deref());
        let own = |booking: &&Booking| booking.technician == technician.code;
        let bookings: Vec<&Booking> = bookings.iter().filter(own).collect();
        let mut booked_ms = BTreeMap::new();
        for booking in &bookings {
            *booked_ms.entry(date_in(zone, booking.from)).or_default() +=
                booking.to.0 - booking.from.0;
        }
        Agenda { technician, zone, bookings, booked_ms }
    }

    /// Milliseconds booked on the day of an instant: who has the least goes first.
    pub fn load_on_day_of(&self, instant: Instant) -> i64 {
        self.booked_ms.get(&date_in(self.zone, instant)).copied().unwrap_or_default()
    }

    /// The beginnings on the grid of a day at which a visit of so long has room, none before `earliest`.
    pub fn starts_on(
        &self,
        date: NaiveDate,
        earliest: Instant,
        latest_end: Instant,
        duration_ms: i64,
    ) -> Vec<Instant> {
        let mut starts = Vec::new();
        for (from, to) in self.working(date) {
            for minute in (0..24 * 60).step_by(GRID_MINUTES as usize) {
                let Some(start) = exactly(self.zone, date, minute) else { continue };
                let end = start.plus_ms(duration_ms);
                let within = from <= start && end <= to;
                if within
                    && earliest <= start
                    && end <= latest_end
                    && self.is_unoccupied(start, end)
                {
                    starts.push(start);
                }
            }
        }
        starts
    }

    /// Whether the technician works all of this time and has nothing else to do.
    pub fn is_free(&self, from: Instant, to: Instant) -> bool {
        let hours = self.working(date_in(self.zone, from));
        hours.into_iter().any(|(begin, end)| begin <= from && to <= end)
            && self.is_unoccupied(from, to)
    }

    /// No absence, and the way to and from other visits left over.
    fn is_unoccupied(&self, from: Instant, to: Instant) -> bool {
        let travel = self.technician.travel_buffer_minutes * MINUTE_MS;
        let away = |(begin, end): (Instant, Instant)| from < end && begin < to;
        !self.technician.absences.iter().any(|absence| away((absence.from, absence.to)))
            && !self
                .bookings
                .iter()
                .any(|other| away((other.from.plus_ms(-travel), other.to.plus_ms(travel))))
    }

    /// When the technician works on a day. Hours that touch are one.
    fn working(&self, date: NaiveDate) -> Vec<(Instant, Instant)> {
        let technician = self.technician;
        let shift = technician.shifts.iter().find(|shift| shift.date == date);
        let hours = match shift {
            Some(shift) => shift.hours.as_slice(),
            None => technician.working_pattern.of_date(date),
        };
        let mut hours = hours.to_vec();
        hours.sort_unstable();
        let mut working: Vec<(Instant, Instant)> = Vec::new();
        for (from, to) in hours.into_iter().map(|hours| instants(self.zone, date, hours)) {
            match working.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => working.push((from, to)),
            }
        }
        working
    }
}
