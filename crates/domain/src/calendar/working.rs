//! Counting by a calendar, exact to the millisecond.

use super::Calendar;
use super::spans::Span;
use crate::limits::CALENDAR_SPANS_MAX;
use crate::time::Instant;
use crate::zone::{date_in, day};
use chrono::NaiveDate;

const MINUTE_MS: i64 = 60_000;

impl Calendar {
    /// The date on the wall of whoever works by this calendar.
    pub fn date_of(&self, at: Instant) -> NaiveDate {
        date_in(self.zone, at)
    }

    /// When a date of that wall begins: at midnight, or where the clock is put forward over that a little later.
    pub fn begin_of(&self, date: NaiveDate) -> Instant {
        day(self.zone, date).0
    }

    pub fn is_working(&self, at: Instant) -> bool {
        self.is_round_the_clock
            || self
                .stretches(&Span::at(self.zone, at.0))
                .any(|(from, to)| from <= at.0 && at.0 < to)
    }

    /// The instant itself when it is a working one, else the begin of the next working interval.
    pub fn next_working_instant(&self, at: Instant) -> Instant {
        if self.is_round_the_clock {
            return at;
        }
        let mut position = at.0;
        for _ in 0..CALENDAR_SPANS_MAX {
            let span = Span::at(self.zone, position);
            if let Some((from, _)) = self.stretches(&span).find(|(_, to)| *to > position) {
                return Instant(from.max(position));
            }
            position = span.to;
        }
        at
    }

    /// The instant at which so many working minutes have passed; with a negative number, from which so many have passed
    /// until then.
    pub fn plus_working_minutes(&self, from: Instant, minutes: i64) -> Instant {
        self.plus_working_ms(from, minutes.saturating_mul(MINUTE_MS))
    }

    /// The same in milliseconds. Where a break could be counted in or not it is left out: forward the answer is the end
    /// of an interval rather than the begin of the next, backward the begin rather than the end of the one before.
    pub fn plus_working_ms(&self, from: Instant, ms: i64) -> Instant {
        if self.is_round_the_clock {
            return from.plus_ms(ms);
        }
        if ms < 0 { self.minus(from.0, ms.saturating_neg()) } else { self.plus(from.0, ms) }
    }

    /// Working milliseconds from one instant to another; negative when the other is earlier.
    pub fn working_ms_between(&self, from: Instant, to: Instant) -> i64 {
        if self.is_round_the_clock {
            return to.0.saturating_sub(from.0);
        }
        match from <= to {
            true => self.elapsed(from.0, to.0),
            false => -self.elapsed(to.0, from.0),
        }
    }

    /// Whole working minutes from one instant to another.
    pub fn working_minutes_between(&self, from: Instant, to: Instant) -> i64 {
        self.working_ms_between(from, to) / MINUTE_MS
    }

    /// The working stretches of a span, in their order.
    fn stretches(&self, span: &Span) -> impl DoubleEndedIterator<Item = (i64, i64)> + use<'_> {
        let span = *span;
        let instant = move |minute: u32| span.midnight + i64::from(minute) * MINUTE_MS;
        self.hours_of(span.date)
            .iter()
            .map(move |interval| {
                (instant(interval.from).max(span.from), instant(interval.to).min(span.to))
            })
            .filter(|(from, to)| from < to)
    }

    fn plus(&self, start: i64, ms: i64) -> Instant {
        let (mut position, mut left) = (start, ms);
        for _ in 0..CALENDAR_SPANS_MAX {
            if left == 0 {
                return Instant(position);
            }
            let span = Span::at(self.zone, position);
            for (from, to) in self.stretches(&span) {
                let from = from.max(position);
                if to - from >= left && from < to {
                    return Instant(from + left);
                }
                left -= (to - from).max(0);
            }
            position = span.to;
        }
        // Beyond what anybody plans for, every minute counts.
        Instant(position.saturating_add(left))
    }

    fn minus(&self, end: i64, ms: i64) -> Instant {
        let (mut position, mut left) = (end, ms);
        for _ in 0..CALENDAR_SPANS_MAX {
            if left == 0 {
                return Instant(position);
            }
            let span = Span::at(self.zone, position - 1);
            for (from, to) in self.stretches(&span).rev() {
                let to = to.min(position);
                if to - from >= left && from < to {
                    return Instant(to - left);
                }
                left -= (to - from).max(0);
            }
            position = span.from;
        }
        Instant(position.saturating_sub(left))
    }

    fn elapsed(&self, from: i64, to: i64) -> i64 {
        let (mut position, mut elapsed) = (from, 0);
        for _ in 0..CALENDAR_SPANS_MAX {
            if position >= to {
                return elapsed;
            }
            let span = Span::at(self.zone, position);
            let within = |(begin, end): (i64, i64)| (end.min(to) - begin.max(position)).max(0);
            elapsed += self.stretches(&span).map(within).sum::<i64>();
            position = span.to;
        }
        elapsed + (to - position).max(0)
    }
}
