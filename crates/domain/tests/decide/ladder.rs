//! The ladder of a stage: who is told when, and what stops it.

use crate::orders::{MORNING, actor, form, neighbourhood, registered};
use crate::stories::{Step, Story};
use crate::{tables::cases, tell};
use oms_domain::calendar::{CalendarSet, Calendars};
use oms_domain::decide::{Command, Context, Decision, decide};
use oms_domain::division::Neighbourhood;
use oms_domain::escalation::Jeopardy;
use oms_domain::event::EventType;
use oms_domain::order::{Order, Priority};
use oms_domain::scenario::{self, Rung, Scenario};
use oms_domain::time::Instant;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn people_are_told_before_the_deadline_at_it_and_after_it() {
    tell(
        "support-individual",
        "
        registration     => acknowledged registered north-tech | registered routed |
        desk gives olim  => acknowledged registered north-tech | assigned |
        after 45m
        system checks    => acknowledged registered north-tech | deadlineAtRisk | escalate
        system checks    => nothing
        after 9m
        system checks    => acknowledged registered north-tech | deadlineAtRisk | escalate
        after 6m
        system checks    => acknowledged registered north-tech | deadlineMissed | escalate
        after 30m
        system checks    => acknowledged registered north-tech | escalationRaised | escalate
        after 9000m
        system checks    => nothing
        ",
    );
}

#[test]
fn who_looks_late_tells_what_still_helps() {
    tell(
        "support-individual",
        "
        registration     => acknowledged registered north-tech | registered routed |
        after 55m
        system checks    => acknowledged registered north-tech | deadlineAtRisk | escalate
        after 500m
        system checks    => acknowledged registered north-tech | deadlineMissed escalationRaised | escalate escalate
        system checks    => nothing
        ",
    );
}

#[test]
fn an_answer_stops_the_ladder_until_the_stage_changes() {
    tell(
        "support-individual",
        "
        registration                   => acknowledged registered north-tech | registered routed |
        after 50m
        system checks                  => acknowledged registered north-tech | deadlineAtRisk | escalate
        support answers because on it  => acknowledged registered north-tech | escalationAnswered |
        support answers because again  => nothing
        after 500m
        system checks                  => nothing
        support does start             => inProgress repair north-tech | transitioned |
        after 1440m
        system checks                  => inProgress repair north-tech | deadlineMissed | escalate
        ",
    );
    let (mut story, _) = Story::of("support-individual");
    for step in ["desk gives nobody", "after 50m", "system checks", "nobody answers because mine"] {
        assert!(!matches!(story.step(step), Step::Rejected(_)), "{step}");
    }
    let answer = story.order.escalation.answered.as_ref().expect("it is answered");
    assert_eq!((answer.by.as_str(), answer.comment.as_str()), ("nobody", "mine"));
    assert_eq!(story.order.next_check_at(), None);
}

#[test]
fn the_effect_says_who_is_told_and_the_order_how_bad_it_is() {
    let (mut story, _) = Story::of("support-individual");
    // step, jeopardy afterwards, receivers of the last effect
    let table = [
        ("desk gives olim", Jeopardy::None, ""),
        ("after 45m", Jeopardy::None, ""),
        ("system checks", Jeopardy::AtRisk, "assignee olim, division north-tech"),
        ("after 10m", Jeopardy::AtRisk, ""),
        ("system checks", Jeopardy::Critical, "division north-tech"),
        ("after 10m", Jeopardy::Critical, ""),
        ("system checks", Jeopardy::Breached, "division north-tech"),
        ("after 40m", Jeopardy::Breached, ""),
        ("system checks", Jeopardy::Breached, "parentDivision north"),
        ("support does start", Jeopardy::None, ""),
    ];
    for (step, jeopardy, expected) in table {
        let receivers = match story.step(step) {
            Step::Rejected(rejection) => panic!("{step}: {rejection}"),
            Step::Time => String::new(),
            Step::Decided(decision) => told(&decision).join(", "),
        };
        assert_eq!(receivers, expected, "{step}");
        assert_eq!(story.order.jeopardy, jeopardy, "{step}");
    }
}

fn told(decision: &Decision) -> Vec<String> {
    let receivers = decision
        .effects
        .iter()
        .flat_map(|effect| effect.payload["receivers"].as_array().cloned().unwrap_or_default());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    receivers.map(|one| format!("{} {}", text(&one["to"]), text(&one["name"]))).collect()
}

/// Support of individuals with a ladder of its own in the first stage, which has an hour.
fn with_ladder(rungs: &Value) -> &'static Scenario {
    let mut scenario = scenario::find("support-individual", 1).expect("it is there").clone();
    scenario.stages[0].ladder = serde_json::from_value(rungs.clone()).expect("rungs");
    let faults = scenario::check(&scenario);
    assert!(faults.is_empty(), "{faults:?}");
    Box::leak(Box::new(scenario))
}

/// An order in such a stage and the working time of its division.
struct Watch {
    order: Order,
    scenario: &'static Scenario,
    calendars: Calendars,
    neighbourhood: Neighbourhood,
    fired: Vec<(String, i64)>,
}

impl Watch {
    fn of(rungs: &Value, calendars: Calendars) -> Watch {
        let scenario = with_ladder(rungs);
        let order = registered(&form("support-individual"), scenario).order;
        let neighbourhood = neighbourhood();
        let mut watch = Watch { order, scenario, calendars, neighbourhood, fired: Vec::new() };
        watch.does("desk", Command::Assign { assignee: Some("olim".to_owned()) }, 0);
        watch
    }

    fn does(&mut self, role: &str, command: Command, minutes: i64) -> Decision {
        let actor = actor(role);
        let context = Context {
            now: MORNING.plus_minutes(minutes),
            actor: &actor,
            scenario: self.scenario,
            neighbourhood: &self.neighbourhood,
            calendars: &self.calendars,
            workforce: None,
        };
        let decision = decide(&self.order, command, context).expect("it is allowed");
        self.order = decision.order.clone();
        decision
    }

    /// A tick every minute, until nothing is planned any more or so much time has passed.
    fn tick_until(&mut self, minutes: i64) -> Vec<Decision> {
        let mut decisions = Vec::new();
        for minute in 0..=minutes {
            let due =
                self.order.next_check_at().is_some_and(|at| at <= MORNING.plus_minutes(minute));
            if due {
                let decision = self.does("system", Command::Check, minute);
                assert!(!decision.is_empty(), "a look that changes nothing would be repeated");
                for effect in &decision.effects {
                    let rung = effect.payload["rung"].as_str().expect("a rung").to_owned();
                    self.fired.push((rung, minute));
                }
                decisions.push(decision);
            }
        }
        decisions
    }

    fn fired(&self) -> String {
        let fired = self.fired.iter().map(|(rung, minute)| format!("{rung}@{minute}"));
        fired.collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn heads_of_divisions_are_told_where_they_are_named() {
    let rungs = json!([
        { "code": "due", "at": { "percent": 100 }, "tell": ["divisionHead"] },
        { "code": "both", "at": { "percent": 110 }, "tell": ["division", "divisionHead"] },
        { "code": "up", "at": { "percent": 120 }, "tell": ["parentHead", "divisionHead"] },
        { "code": "above", "at": { "percent": 130 }, "tell": ["parentDivision", "parentHead"],
          "change": { "moveToParent": true } },
        { "code": "top", "at": { "percent": 140 }, "tell": ["parentHead"], "change": { "moveToParent": true } },
        { "code": "over", "at": { "percent": 150 }, "tell": ["parentHead", "divisionHead"] },
    ]);
    // heads | who is told, rung by rung
    let table = [
        (
            "north-tech olim, north aziza, head dilnoza",
            "divisionHead olim; division north-tech, divisionHead olim; parentHead aziza, divisionHead olim; \
             parentDivision north, parentHead aziza; parentHead dilnoza; division head, divisionHead dilnoza",
        ),
        (
            "north aziza",
            "division north-tech; division north-tech; parentHead aziza, division north-tech; \
             parentDivision north, parentHead aziza; parentDivision head; division head",
        ),
        (
            "",
            "division north-tech; division north-tech; parentDivision north, division north-tech; \
             parentDivision north; parentDivision head; division head",
        ),
    ];
    for (heads, expected) in table {
        let mut watch = Watch::of(&rungs, Calendars::default());
        for (division, head) in heads.split(", ").filter_map(|line| line.split_once(' ')) {
            let neighbours = watch.neighbourhood.neighbours.iter_mut();
            for neighbour in neighbours.filter(|neighbour| neighbour.code == division) {
                neighbour.head = Some(head.to_owned());
            }
        }
        let decisions = watch.tick_until(600);
        let lines: Vec<String> = decisions.iter().map(|one| told(one).join(", ")).collect();
        assert_eq!(lines.join("; "), expected, "{heads}");
    }
}

#[test]
fn a_scenario_says_itself_who_is_told_how_often_and_what_changes() {
    let rungs = json!([
        { "code": "half", "at": { "percent": 50 }, "tell": ["assignee"] },
        { "code": "due", "at": { "percent": 100 }, "tell": ["assignee", "division", "parentDivision"],
          "change": { "priority": "urgent", "unassign": true } },
        { "code": "up", "at": { "afterDueMinutes": 20 },
          "tell": ["parentDivision", { "watcher": "head@example.org" }, { "watcher": "aziza" }],
          "change": { "moveToParent": true }, "repeatEveryMinutes": 15, "repeatAtMost": 2 },
    ]);
    let mut watch = Watch::of(&rungs, Calendars::default());
    let decisions = watch.tick_until(600);
    assert_eq!(watch.fired(), "half@30 due@60 up@80 up@95 up@110");
    let lines: Vec<Vec<String>> = decisions.iter().map(told).collect();
    assert_eq!(lines[0], ["assignee olim"]);
    assert_eq!(lines[1], ["assignee olim", "division north-tech", "parentDivision north"]);
    assert_eq!(
        (decisions[1].order.priority, &decisions[1].order.assignee),
        (Priority::Urgent, &None)
    );
    // Each time it goes one up; at the root it stays, and the root is told.
    let divisions: Vec<&str> =
        decisions.iter().map(|decision| decision.order.division.code.as_str()).collect();
    assert_eq!(divisions, ["north-tech", "north-tech", "north", "head", "head"]);
    let watchers = ["watcher head@example.org", "watcher aziza"];
    for (line, told) in
        lines[2..].iter().zip(["parentDivision north", "parentDivision head", "division head"])
    {
        assert_eq!(line[..1], [told]);
        assert_eq!(line[1..], watchers);
    }
    assert_eq!(lines.len(), 5);
    let routed = |decision: &&Decision| {
        decision.events.iter().any(|event| event.event_type == EventType::Routed)
    };
    assert_eq!(decisions.iter().filter(routed).count(), 2);
    assert_eq!(watch.order.stage.due_at, Some(MORNING.plus_minutes(60)), "the deadline stays");
}

/// Everybody works from nine to six in Tashkent, with a break; the morning of the stories is 14:00 there, a Tuesday.
fn office() -> Calendars {
    let day = json!(["09:00-13:00", "14:00-18:00"]);
    let set = json!({ "calendars": [{
        "code": "office", "name": "Office", "timeZone": "Asia/Tashkent",
        "week": { "monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day },
    }]});
    let set = CalendarSet::read(&set, &["head".to_owned()].into()).expect("no faults");
    Calendars::around(&neighbourhood(), vec![("head".to_owned(), set.calendars[0].clone())])
}

#[test]
fn every_rung_fires_once_and_in_working_hours() {
    // minutes at which the order is put on hold and taken off it | rungs with their minute
    let table = "
        -       | half@30 due@60 up@1140
        10   50 | half@70 due@100 up@1180
        20 1300 | half@1310 due@1340 up@1580
    ";
    let rungs = json!([
        { "code": "half", "at": { "percent": 50 }, "tell": ["assignee"] },
        { "code": "due", "at": { "percent": 100 }, "tell": ["division"] },
        { "code": "up", "at": { "afterDueMinutes": 180 }, "tell": ["parentDivision"] },
    ]);
    for line in cases(table) {
        let (held, expected) = line.split_once('|').expect("two columns");
        let held: Vec<i64> = held.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let mut watch = Watch::of(&rungs, office());
        if let [from, to] = held[..] {
            let hold = Command::Hold { reason: "away".to_owned(), reason_code: None, until: None };
            watch.does("desk", hold, from);
            assert_eq!(watch.order.next_check_at(), None, "{line}");
            watch.does("desk", Command::Resume, to);
        }
        watch.tick_until(4000);
        let office = office();
        let calendar = office.of("north-tech");
        let mut times: BTreeMap<&str, u32> = BTreeMap::new();
        for (rung, minute) in &watch.fired {
            *times.entry(rung).or_default() += 1;
            assert!(calendar.is_working(MORNING.plus_minutes(*minute)), "{line}: {rung}@{minute}");
        }
        assert_eq!(watch.fired(), expected.trim(), "{line}");
        assert!(times.values().all(|times| *times == 1), "{line}: {}", watch.fired());
    }
}

#[test]
fn a_rung_that_is_due_at_night_waits_for_the_morning() {
    let rungs = json!([
        { "code": "due", "at": { "percent": 100 }, "tell": ["division"] },
        { "code": "up", "at": { "afterDueMinutes": 200 }, "tell": ["parentDivision"] },
    ]);
    // The stage has an hour from 14:00 on: until 15:00; 200 minutes later is 09:20 of the next day.
    let mut watch = Watch::of(&rungs, office());
    watch.tick_until(3000);
    assert_eq!(watch.fired(), "due@60 up@1160");
    // Nobody looked before six in the evening: then nobody is told before nine.
    let mut late = Watch::of(&rungs, office());
    let decision = late.does("system", Command::Check, 300);
    assert_eq!(decision.events[0].event_type, EventType::EscalationPostponed);
    assert!(decision.effects.is_empty());
    let nine = Instant::parse("2026-11-25T09:00:00+05:00");
    assert_eq!(late.order.next_check_at(), nine);
    late.tick_until(3000);
    assert_eq!(late.fired(), "due@1140 up@1160");
}

#[test]
fn the_ladder_that_nobody_wrote_is_a_sound_one() {
    let rungs: Vec<Rung> = scenario::default_ladder().to_vec();
    let scenario = with_ladder(&json!(rungs));
    assert_eq!(scenario.stages[0].ladder, rungs);
}
