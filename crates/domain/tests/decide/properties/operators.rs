//! What operators differ in: the hours that their divisions work, and the scenarios of their own.

use crate::orders::{MORNING, NEIGHBOURHOOD};
use oms_domain::calendar::{Calendar, CalendarSet, Calendars};
use oms_domain::order::Priority;
use oms_domain::rights::Right;
use oms_domain::scenario::{
    Receiver, Rung, RungChange, RungMoment, Scenario, Transition, built_in, check, find,
};
use oms_domain::time::Instant;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// By what calendars an operator's divisions work, and when its orders are registered.
pub struct Hours {
    pub name: &'static str,
    pub calendars: Calendars,
    pub begin: Instant,
}

/// Round the clock; by day with a break for lunch; at night, over the hour that is missing when the clocks are put forward; and
/// the technicians at night, the others by day.
pub static HOURS: LazyLock<[Hours; 4]> = LazyLock::new(|| {
    let day = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let night = ["tuesday", "wednesday", "thursday", "saturday", "sunday"];
    let by_day = calendar("Asia/Tashkent", &day, &["09:00-13:00", "14:00-18:00"], "2026-11-26");
    let by_night = calendar("Europe/Berlin", &night, &["00:00-06:00", "20:00-24:00"], "2027-03-25");
    let head = |it: &Calendar| ("head".to_owned(), it.clone());
    let tech = |it: &Calendar| ("north-tech".to_owned(), it.clone());
    let hours = |name, given, begin| {
        let calendars = Calendars::around(&NEIGHBOURHOOD, given);
        Hours { name, calendars, begin }
    };
    // A Wednesday; the clocks are put forward in the night to Sunday.
    let march = Instant::parse("2027-03-24T09:00:00Z").expect("a time");
    [
        hours("round the clock", Vec::new(), MORNING),
        hours("by day", vec![head(&by_day)], MORNING),
        hours("by night", vec![head(&by_night)], march),
        hours("by day and by night", vec![head(&by_day), tech(&by_night)], march),
    ]
});

fn calendar(zone: &str, days: &[&str], hours: &[&str], holiday: &str) -> Calendar {
    let week: Map<String, Value> =
        days.iter().map(|day| ((*day).to_owned(), json!(hours))).collect();
    let document = json!({ "calendars": [{
        "code": "here", "name": "Here", "timeZone": zone, "week": week,
        "holidays": [{ "date": holiday, "name": "Holiday" }],
    }]});
    let set = CalendarSet::read(&document, &BTreeSet::new());
    set.unwrap_or_else(|faults| panic!("{faults:?}")).calendars.remove(0)
}

/// The built-in scenarios, and an operator's own versions of the newest of each code.
pub static SCENARIOS: LazyLock<Vec<Scenario>> = LazyLock::new(|| {
    let newest = built_in().filter(|it| find(&it.code, it.version + 1).is_none());
    let own = newest.flat_map(|it| [renamed(it), by_hand(it), hasty(it)]);
    let own: Vec<Scenario> = own.collect();
    for scenario in &own {
        assert_eq!(check(scenario), [], "{} {}", scenario.code, scenario.version);
    }
    built_in().cloned().chain(own).collect()
});

/// What the operator's own stages are called.
const OWN: &str = "own-";

/// The code of a stage in the built-in scenario.
pub fn built_in_code(stage: &str) -> &str {
    stage.strip_prefix(OWN).unwrap_or(stage)
}

/// All stages have other names.
fn renamed(newest: &Scenario) -> Scenario {
    let mut own = Scenario { version: 1_001, ..newest.clone() };
    let rename = |code: &mut String| code.insert_str(0, OWN);
    rename(&mut own.initial_stage);
    rename(&mut own.cancelled_stage);
    own.stages.iter_mut().for_each(|stage| rename(&mut stage.code));
    for transition in &mut own.transitions {
        rename(&mut transition.to);
        transition.from.iter_mut().for_each(rename);
    }
    own
}

/// Nothing happens by itself: what only time does is gone, what follows an effect is a person's.
fn by_hand(newest: &Scenario) -> Scenario {
    let mut own = Scenario { version: 1_002, ..newest.clone() };
    let only_time = |it: &Transition| it.automatic_after_minutes.is_some() && it.right.is_none();
    for transition in &mut own.transitions {
        if transition.automatic_after.take().is_some() {
            transition.right.get_or_insert(Right::OrdersTechnical);
        }
    }
    let dropped = Scenario {
        transitions: own.transitions.iter().filter(|it| !only_time(it)).cloned().collect(),
        ..own.clone()
    };
    if check(&dropped).is_empty() { dropped } else { own }
}

/// Less time, a ladder of its own that takes the order to the division above, fewer tasks, and no named reasons to wait.
fn hasty(newest: &Scenario) -> Scenario {
    let mut own = Scenario { version: 1_003, ..newest.clone() };
    for stage in &mut own.stages {
        stage.pause_reasons.clear();
        if stage.tasks.len() > 1 {
            stage.tasks.pop();
        }
        if let Some(minutes) = &mut stage.deadline_minutes {
            *minutes = (*minutes / 2).max(1);
            stage.ladder = ladder();
        }
    }
    own
}

fn ladder() -> Vec<Rung> {
    let rung = |code: &str, at: RungMoment, tell: Receiver| Rung {
        code: code.to_owned(),
        at,
        tell: vec![tell],
        change: None,
        repeat_every_minutes: None,
        repeat_at_most: None,
    };
    let change =
        RungChange { priority: Some(Priority::Urgent), unassign: true, move_to_parent: true };
    vec![
        rung("half", RungMoment::Percent(50), Receiver::Assignee),
        Rung {
            change: Some(change),
            ..rung("over", RungMoment::Percent(100), Receiver::DivisionHead)
        },
        Rung {
            repeat_every_minutes: Some(120),
            repeat_at_most: Some(3),
            ..rung("still-over", RungMoment::AfterDueMinutes(60), Receiver::ParentDivision)
        },
    ]
}
