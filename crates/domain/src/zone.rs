//! Time zones: the wall clock of a place, and the instants at which its days and hours begin and end.

use crate::time::Instant;
use chrono::{Days, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// Steps by which the end of a gap in local time is looked for; gaps are an hour, and once were a whole day.
const GAP_STEP_MINUTES: i64 = 15;
const GAP_STEPS_MAX: i32 = 24 * 4 + 4;

/// Whether there is a time zone of this IANA name.
pub fn is_known_zone(name: &str) -> bool {
    name.parse::<Tz>().is_ok()
}

/// The zone of an IANA name. A name that is not known here is read as UTC: what is saved was checked before.
pub fn zone(name: Option<&str>) -> Tz {
    name.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
}

/// The wall clock of a place, by which people read instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallClock(Tz);

impl WallClock {
    pub const UTC: WallClock = WallClock(Tz::UTC);

    /// That of a time zone by its IANA name; UTC when that is not known here.
    pub fn of(zone: &str) -> WallClock {
        WallClock(self::zone(Some(zone)))
    }

    /// IANA name of the time zone.
    pub fn zone_name(self) -> &'static str {
        self.0.name()
    }

    /// Day and minute: `2026-12-01 14:00`.
    pub fn shown(self, at: Instant) -> String {
        at.date_time().with_timezone(&self.0).format("%Y-%m-%d %H:%M").to_string()
    }

    /// From one instant to another: `2026-12-01 14:00–15:30`; the end has its day too when that is another one.
    pub fn shown_period(self, from: Instant, to: Instant) -> String {
        let (from, to) = (self.shown(from), self.shown(to));
        let end = match (from.split_once(' '), to.split_once(' ')) {
            (Some((begins_on, _)), Some((ends_on, time))) if begins_on == ends_on => time,
            _ => to.as_str(),
        };
        format!("{from}–{end}")
    }
}

/// The first instant of a day in a zone, and that of the next day.
pub fn day(zone: Tz, date: NaiveDate) -> (Instant, Instant) {
    let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
    (begins(zone, midnight(date)), begins(zone, midnight(next)))
}

/// The day in a zone to which an instant belongs.
pub fn date_in(zone: Tz, instant: Instant) -> NaiveDate {
    instant.date_time().with_timezone(&zone).date_naive()
}

/// The instant of a local time. None: the clock is put forward over it. Of two the first.
pub(crate) fn exactly(zone: Tz, date: NaiveDate, minute: u32) -> Option<Instant> {
    let time = zone.from_local_datetime(&local(date, minute)).earliest()?;
    Some(Instant(time.timestamp_millis()))
}

fn midnight(date: NaiveDate) -> NaiveDateTime {
    date.and_time(chrono::NaiveTime::MIN)
}

/// A minute of a day, on the wall.
pub(crate) fn local(date: NaiveDate, minute: u32) -> NaiveDateTime {
    midnight(date) + TimeDelta::minutes(i64::from(minute))
}

/// When a local time is, as the begin of something.
pub(crate) fn begins(zone: Tz, time: NaiveDateTime) -> Instant {
    resolved(zone, time, |earliest, _| earliest)
}

/// When it is, as the end of something.
pub(crate) fn ends(zone: Tz, time: NaiveDateTime) -> Instant {
    resolved(zone, time, |_, latest| latest)
}

/// A local time that does not exist is taken as the end of the gap; of one that exists twice the caller chooses.
fn resolved(zone: Tz, time: NaiveDateTime, choose: fn(i64, i64) -> i64) -> Instant {
    let mut time = time;
    for _ in 0..GAP_STEPS_MAX {
        match zone.from_local_datetime(&time) {
            LocalResult::Single(found) => return Instant(found.timestamp_millis()),
            LocalResult::Ambiguous(earliest, latest) => {
                return Instant(choose(earliest.timestamp_millis(), latest.timestamp_millis()));
            }
            LocalResult::None => time += TimeDelta::minutes(GAP_STEP_MINUTES),
        }
    }
    Instant(time.and_utc().timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_on_the_wall_of_a_place() {
        // zone | from | minutes | as it is read
        let table = "
            UTC              | 2026-12-01T09:00:00Z | 90   | 2026-12-01 09:00–10:30
            Asia/Tashkent    | 2026-12-01T09:00:00Z | 90   | 2026-12-01 14:00–15:30
            Asia/Tashkent    | 2026-12-01T18:30:00Z | 60   | 2026-12-01 23:30–2026-12-02 00:30
            America/New_York | 2026-12-01T04:00:00Z | 60   | 2026-11-30 23:00–2026-12-01 00:00
            Mars/Olympus     | 2026-12-01T09:00:00Z | 0    | 2026-12-01 09:00–09:00
        ";
        for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let columns: Vec<&str> = line.split('|').map(str::trim).collect();
            let clock = WallClock::of(columns[0]);
            let from = Instant::parse(columns[1]).expect(line);
            let to = from.plus_minutes(columns[2].parse().expect(line));
            assert_eq!(clock.shown_period(from, to), columns[3], "{line}");
        }
        assert_eq!(WallClock::of("Asia/Tashkent").zone_name(), "Asia/Tashkent");
        assert_eq!(WallClock::of("Mars/Olympus").zone_name(), "UTC");
    }
}
