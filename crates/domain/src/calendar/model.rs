//! A calendar: read from JSON with every fault at once, and written back.

use super::hours::{DAY_MINUTES, Interval, WEEKDAYS, check_day};
use crate::input::ObjectReader;
use crate::limits::{
    CALENDAR_DAYS_MAX, CALENDAR_INTERVALS_MAX, CODE_CHARACTERS_MAX, NAME_CHARACTERS_MAX,
};
use chrono::{Datelike, NaiveDate, Weekday};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// When a division works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    pub code: String,
    pub name: String,
    pub(super) zone: Tz,
    /// The hours of each day of the week, Monday first, in the order of the day.
    pub(super) week: [Vec<Interval>; 7],
    /// Days without work, with their name.
    pub(super) holidays: BTreeMap<NaiveDate, String>,
    pub(super) moved_days: BTreeMap<NaiveDate, Hours>,
    pub(super) is_round_the_clock: bool,
}

/// When a day works that is not like its day of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    WorksLike(Weekday),
    Intervals(Vec<Interval>),
}

/// Code of the calendar of divisions that have none.
const ROUND_THE_CLOCK_CODE: &str = "round-the-clock";

impl Calendar {
    /// Always at work: what holds where nobody has said anything.
    pub fn round_the_clock() -> &'static Calendar {
        static ROUND_THE_CLOCK: LazyLock<Calendar> = LazyLock::new(|| Calendar {
            code: ROUND_THE_CLOCK_CODE.to_owned(),
            name: "Round the clock".to_owned(),
            zone: Tz::UTC,
            week: std::array::from_fn(|_| vec![Interval { from: 0, to: DAY_MINUTES }]),
            holidays: BTreeMap::new(),
            moved_days: BTreeMap::new(),
            is_round_the_clock: true,
        });
        &ROUND_THE_CLOCK
    }

    /// The working intervals of a date, in the order of the day.
    pub fn hours_of(&self, date: NaiveDate) -> &[Interval] {
        match self.moved_days.get(&date) {
            Some(Hours::Intervals(intervals)) => intervals,
            Some(Hours::WorksLike(weekday)) => self.hours_on(*weekday),
            None if self.holidays.contains_key(&date) => &[],
            None => self.hours_on(date.weekday()),
        }
    }

    fn hours_on(&self, weekday: Weekday) -> &[Interval] {
        &self.week[weekday.num_days_from_monday() as usize]
    }

    /// Reads a calendar; None: it has faults, and they are told to the reader.
    pub fn read(reader: &ObjectReader<'_>) -> Option<Calendar> {
        let code = reader.required_text("code", CODE_CHARACTERS_MAX);
        let name = reader.required_text("name", NAME_CHARACTERS_MAX);
        let zone = read_zone(reader);
        let week = read_week(reader);
        let holidays = read_holidays(reader);
        let moved_days = read_moved_days(reader, holidays.as_ref());
        reader.finish();
        let (week, holidays, moved_days) = (week?, holidays?, moved_days?);
        let is_full = |hours: &Vec<Interval>| {
            hours.first().is_some_and(|first| first.from == 0)
                && hours.last().is_some_and(|last| last.to == DAY_MINUTES)
                && hours.windows(2).all(|pair| pair[0].to == pair[1].from)
        };
        let is_round_the_clock =
            holidays.is_empty() && moved_days.is_empty() && week.iter().all(is_full);
        let (code, name, zone) = (code?, name?, zone?);
        Some(Calendar { code, name, zone, week, holidays, moved_days, is_round_the_clock })
    }

    /// The calendar as it is sent and kept.
    pub fn to_json(&self) -> Value {
        let days = WEEKDAYS.iter().zip(&self.week).filter(|(_, hours)| !hours.is_empty());
        let week: Map<String, Value> =
            days.map(|((day, _), hours)| ((*day).to_owned(), texts(hours))).collect();
        let holidays: Vec<Value> = self
            .holidays
            .iter()
            .map(|(date, name)| json!({ "date": date.to_string(), "name": name }))
            .collect();
        let moved = |(date, hours): (&NaiveDate, &Hours)| match hours {
            Hours::WorksLike(weekday) => {
                let word = WEEKDAYS.iter().find(|(_, day)| day == weekday).map(|(word, _)| *word);
                json!({ "date": date.to_string(), "worksLike": word })
            }
            Hours::Intervals(hours) => json!({ "date": date.to_string(), "hours": texts(hours) }),
        };
        let moved_days: Vec<Value> = self.moved_days.iter().map(moved).collect();
        json!({
            "code": self.code,
            "name": self.name,
            "timeZone": self.zone.name(),
            "week": week,
            "holidays": holidays,
            "movedDays": moved_days,
        })
    }
}

fn texts(hours: &[Interval]) -> Value {
    json!(hours.iter().map(Interval::to_string).collect::<Vec<_>>())
}

fn read_zone(reader: &ObjectReader<'_>) -> Option<Tz> {
    let name = reader.required_text("timeZone", CODE_CHARACTERS_MAX)?;
    let zone = name.parse::<Tz>().ok();
    if zone.is_none() {
        let message = format!("timeZone {name:?} must be an IANA name such as Asia/Tashkent.");
        reader.fault("timeZone", "unknown-value", message);
    }
    zone
}

/// The hours of a list, with a fault for each that is wrong.
fn read_hours(reader: &ObjectReader<'_>, name: &str) -> Option<Vec<Interval>> {
    let texts = reader.texts(name, CALENDAR_INTERVALS_MAX)?;
    match check_day(&texts) {
        Ok(intervals) => Some(intervals),
        Err(faults) => {
            for (index, code, message) in faults {
                reader.fault_in(name, index, code, message);
            }
            None
        }
    }
}

fn read_week(reader: &ObjectReader<'_>) -> Option<[Vec<Interval>; 7]> {
    if reader.value("week").is_none() {
        reader.required("week");
        return None;
    }
    let days = reader.object("week")?;
    let mut week: [Vec<Interval>; 7] = Default::default();
    let mut is_sound = true;
    for (place, (day, _)) in WEEKDAYS.iter().enumerate() {
        if days.value(day).is_some() {
            match read_hours(&days, day) {
                Some(intervals) => week[place] = intervals,
                None => is_sound = false,
            }
        }
    }
    days.finish();
    if is_sound && week.iter().all(Vec::is_empty) {
        let message = "Nobody would ever work; name the hours of at least one day of the week.";
        reader.fault("week", "no-working-time", message);
        return None;
    }
    is_sound.then_some(week)
}

fn read_date(reader: &ObjectReader<'_>) -> Option<NaiveDate> {
    if reader.value("date").is_none() {
        reader.required("date");
        return None;
    }
    reader.date("date")?.parse().ok()
}

fn read_holidays(reader: &ObjectReader<'_>) -> Option<BTreeMap<NaiveDate, String>> {
    let mut holidays = BTreeMap::new();
    if reader.value("holidays").is_none() {
        return Some(holidays);
    }
    let mut is_sound = true;
    for entry in reader.objects("holidays", CALENDAR_DAYS_MAX)? {
        let (date, name) = (read_date(&entry), entry.required_text("name", NAME_CHARACTERS_MAX));
        entry.finish();
        match (date, name) {
            (Some(date), Some(name)) => is_sound &= add_once(&mut holidays, &entry, date, name),
            _ => is_sound = false,
        }
    }
    is_sound.then_some(holidays)
}

fn read_moved_days(
    reader: &ObjectReader<'_>,
    holidays: Option<&BTreeMap<NaiveDate, String>>,
) -> Option<BTreeMap<NaiveDate, Hours>> {
    let mut moved = BTreeMap::new();
    if reader.value("movedDays").is_none() {
        return Some(moved);
    }
    let mut is_sound = true;
    for entry in reader.objects("movedDays", CALENDAR_DAYS_MAX)? {
        let date = read_date(&entry);
        let has_hours = entry.value("hours").is_some();
        let hours = match (entry.value("worksLike").is_some(), has_hours) {
            (true, false) => entry.choice("worksLike", &WEEKDAYS).map(Hours::WorksLike),
            (false, true) => read_hours(&entry, "hours").map(Hours::Intervals),
            _ => {
                let message = "Name either worksLike, a day of the week, or hours.";
                entry.fault("worksLike", "required", message);
                None
            }
        };
        entry.finish();
        let holiday = date.and_then(|date| holidays?.get(&date));
        if let Some(name) = holiday {
            let message = format!("The day is the holiday {name:?} too; it can be only one.");
            entry.fault("date", "twice", message);
            is_sound = false;
        }
        match (date, hours) {
            (Some(date), Some(hours)) => is_sound &= add_once(&mut moved, &entry, date, hours),
            _ => is_sound = false,
        }
    }
    is_sound.then_some(moved)
}

fn add_once<T>(
    days: &mut BTreeMap<NaiveDate, T>,
    entry: &ObjectReader<'_>,
    date: NaiveDate,
    value: T,
) -> bool {
    let is_new = days.insert(date, value).is_none();
    if !is_new {
        entry.fault("date", "twice", format!("{date} is there twice."));
    }
    is_new
}
