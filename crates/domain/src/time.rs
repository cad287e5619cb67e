//! Instants. The product keeps them as milliseconds since 1970 in UTC and shows them as RFC 3339 with `Z`.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(pub i64);

impl Instant {
    /// Reads RFC 3339, with any offset.
    pub fn parse(text: &str) -> Option<Instant> {
        DateTime::parse_from_rfc3339(text).ok().map(|time| Instant(time.timestamp_millis()))
    }

    #[must_use]
    pub fn plus_minutes(self, minutes: i64) -> Instant {
        Instant(self.0.saturating_add(minutes.saturating_mul(60_000)))
    }

    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Instant {
        Instant(self.0.saturating_add(ms))
    }

    /// The year, month and day in UTC.
    pub fn date(self) -> chrono::NaiveDate {
        self.date_time().date_naive()
    }

    pub fn date_time(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

/// The wall clock of a place, by which people read instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallClock(Tz);

impl WallClock {
    pub const UTC: WallClock = WallClock(Tz::UTC);

    /// That of a time zone by its IANA name; UTC when that is not known here.
    pub fn of(zone: &str) -> WallClock {
        zone.parse().map_or(WallClock::UTC, WallClock)
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

impl std::fmt::Display for Instant {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.date_time().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        let text = String::deserialize(deserializer)?;
        Instant::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is not an RFC 3339 time")))
    }
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
