//! A pause lengthens a deadline by its working time and never by more, whoever has the order and whatever calendar they
//! go by: a slow reference counts every minute.

use crate::forms::form;
use crate::minutes::Minutes;
use crate::orders::actor;
use crate::random::Random;
use oms_domain::amendment::Amendment;
use oms_domain::calendar::Calendars;
use oms_domain::decide::{self, Command, Context, Decision};
use oms_domain::division::{Division, Neighbourhood};
use oms_domain::order::Order;
use oms_domain::registration::Registration;
use oms_domain::rejection::Rejection;
use oms_domain::routing::Coverage;
use oms_domain::scenario::{LocalText, PauseReason, Scenario};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

const SEQUENCES: u64 = 1_000;
const STEPS: u64 = 14;
const SEED: u64 = 20_261_126;
/// Worlds, each with four calendars, that the sequences share.
const WORLDS: usize = 6;
/// So many days are counted around this one, when clocks are put back in Europe and America.
const DAYS: i64 = 240;
const DAY: &str = "2026-10-28";
/// Sequences begin in the two weeks around that day.
const BEGIN: i64 = (DAYS / 2 - 7) * 24 * 60;
const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Asia/Tashkent", "Asia/Kolkata"];

/// code, parent, kind
const ORGANISATION: [(&str, Option<&str>, &str); 7] = [
    ("head", None, "branch"),
    ("north", Some("head"), "branch"),
    ("north-sales", Some("north"), "sales"),
    ("north-tech", Some("north"), "technical"),
    ("south", Some("head"), "branch"),
    ("south-sales", Some("south"), "sales"),
    ("south-tech", Some("south"), "technical"),
];
/// Who operates addresses, and who has calendars of their own.
const COVERING: [&str; 2] = ["north-tech", "south-tech"];
const AT_WORK: [&str; 4] = ["north-sales", "north-tech", "south-sales", "south-tech"];

/// An operator with calendars drawn by chance.
struct World {
    minutes: BTreeMap<&'static str, Minutes>,
    /// Around each of the divisions that operate addresses.
    around: Vec<(Neighbourhood, Calendars)>,
    /// Two versions that differ in who is responsible and in the time they leave.
    scenarios: [Arc<Scenario>; 2],
}

impl World {
    fn drawn(random: &mut Random) -> World {
        let divisions: Vec<Division> = ORGANISATION
            .iter()
            .map(|(code, parent, kind)| Division {
                code: (*code).to_owned(),
                parent_code: parent.map(str::to_owned),
                name: (*code).to_owned(),
                kind: (*kind).to_owned(),
                timezone: "UTC".to_owned(),
                email: None,
                head: None,
            })
            .collect();
        let minutes: BTreeMap<&str, Minutes> = AT_WORK
            .iter()
            .map(|code| {
                let zone: &str = random.of::<&str>(&ZONES);
                (*code, Minutes::drawn(zone, DAY, DAYS, random))
            })
            .collect();
        let own = || minutes.iter().map(|(code, it)| ((*code).to_owned(), it.calendar.clone()));
        let around = COVERING.map(|covering| {
            let neighbourhood = Neighbourhood::of(&divisions, covering);
            let calendars = Calendars::around(&neighbourhood, own().collect());
            (neighbourhood, calendars)
        });
        let scenarios = [(1, "sales"), (2, "technical")].map(|(version, kind)| {
            let deadline = *random.of(&[30, 240, 900, 2_400]);
            Arc::new(scenario(version, kind, deadline))
        });
        World { minutes, around: around.into(), scenarios }
    }
}

/// Orders wait in its first stage, with a clock that some pauses stop and one does not.
fn scenario(version: u32, kind: &str, deadline_minutes: i64) -> Scenario {
    let mut scenario =
        Scenario { version, ..crate::orders::scenario("connect-individual").clone() };
    let stage = &mut scenario.stages[0];
    stage.division_kind = Some(kind.to_owned());
    stage.deadline_minutes = Some(deadline_minutes);
    let name = LocalText { en: "Why".to_owned(), ru: "Почему".to_owned() };
    stage.pause_reasons = [("theirs", false), ("ours", true)]
        .map(|(code, deadline_runs)| PauseReason {
            code: code.to_owned(),
            name: name.clone(),
            deadline_runs,
        })
        .into();
    scenario
}

/// Since when a clock stands still, and what it showed.
struct Stopped {
    division: String,
    at: i64,
    due: i64,
    /// Working minutes that were left, negative when there were none.
    left: i64,
}

/// An order beside what the reference knows of its deadline.
struct Watched<'a> {
    world: &'a World,
    order: Order,
    covering: usize,
    scenario: usize,
    now: i64,
    due: Option<i64>,
    stopped: Option<Stopped>,
}

impl<'a> Watched<'a> {
    fn registered(world: &'a World, covering: usize, now: i64) -> Watched<'a> {
        let instant = world.minutes["north-tech"].instant(now);
        let registration =
            Registration::read(&form("connect-individual"), instant).expect("a sound form");
        let (neighbourhood, calendars) = &world.around[covering];
        let actor = actor("admin");
        let context = Context {
            now: instant,
            actor: &actor,
            scenario: &world.scenarios[0],
            neighbourhood,
            workforce: None,
            calendars,
        };
        let (id, number) = ("an-order".to_owned(), "1".to_owned());
        let decision =
            decide::register(registration, id, number, &coverage(neighbourhood), context)
                .expect("it is registered");
        let mut watched = Watched {
            world,
            order: decision.order,
            covering,
            scenario: 0,
            now,
            due: None,
            stopped: None,
        };
        let deadline = world.scenarios[0].stages[0].deadline_minutes.expect("a deadline");
        watched.due = watched.minutes().plus(now, deadline);
        watched
    }

    /// By what the division counts that has the order.
    fn minutes(&self) -> &'a Minutes {
        &self.world.minutes[self.order.division.code.as_str()]
    }

    fn decide(&mut self, command: Command) -> Result<Decision, Rejection> {
        let (neighbourhood, calendars) = &self.world.around[self.covering];
        let actor = actor("admin");
        let context = Context {
            now: self.minutes().instant(self.now),
            actor: &actor,
            scenario: &self.world.scenarios[self.scenario],
            neighbourhood,
            workforce: None,
            calendars,
        };
        let decision = decide::decide(&self.order, command, context)?;
        self.order = decision.order.clone();
        Ok(decision)
    }

    /// Working minutes from one to another, negative when that is earlier.
    fn between(&self, from: i64, to: i64) -> i64 {
        match from <= to {
            true => self.minutes().between(from, to),
            false => -self.minutes().between(to, from),
        }
    }

    fn stop(&mut self) {
        let Some(due) = self.due.take() else { return };
        let division = self.order.division.code.clone();
        let left = self.between(self.now, due);
        self.stopped = Some(Stopped { division, at: self.now, due, left });
    }

    /// The clock goes on with what was left, by the calendar of whoever has the order now.
    fn go_on(&mut self) {
        let Some(Stopped { division, at, due, left }) = self.stopped.take() else { return };
        let after = match left < 0 {
            true => self.minutes().minus(self.now, -left),
            false => self.minutes().plus(self.now, left),
        };
        let after = after.expect("within the days that are counted");
        self.due = Some(after);
        if division == self.order.division.code {
            let lengthened = self.between(due, after);
            assert_eq!(lengthened, self.between(at, self.now), "by its working time, no more");
        }
        assert_eq!(self.between(self.now, after), left, "what was left is left");
    }

    /// One step; how it was, for a person who reads of a failure.
    fn step(&mut self, random: &mut Random, number: u64) -> String {
        match random.below(10) {
            0..=2 => {
                let most = *random.of(&[90, 1_500, 6_000]);
                let passed = 1 + random.below(most) as i64;
                self.now += passed;
                format!("after {passed} minutes")
            }
            3 | 4 => self.hold(random, number),
            5 => {
                let resumed = self.decide(Command::Resume).is_ok();
                self.go_on();
                format!("resumed: {resumed}")
            }
            6 => {
                let ends = self.order.hold.as_ref().and_then(|hold| hold.until);
                let has_ended = ends.is_some_and(|ends| ends <= self.minutes().instant(self.now));
                self.decide(Command::Check).expect("it can always be looked at");
                if has_ended {
                    self.go_on();
                }
                format!("checked, ended: {has_ended}")
            }
            7 => self.moves_house(number),
            8 => {
                let priority = *random.of(&["low", "normal", "high", "urgent"]);
                self.amend(json!({ "priority": priority }), None);
                format!("priority {priority}")
            }
            _ => {
                let next = 1 - self.scenario;
                let to = Arc::clone(&self.world.scenarios[next]);
                self.decide(Command::MigrateScenario { to, stages: BTreeMap::new() })
                    .expect("it fits");
                self.scenario = next;
                format!("version {}", next + 1)
            }
        }
    }

    fn hold(&mut self, random: &mut Random, number: u64) -> String {
        let code = *random.of(&[None, Some("theirs"), Some("ours")]);
        let until = (random.below(3) == 0).then(|| self.now + 1 + random.below(3_000) as i64);
        let command = Command::Hold {
            reason: format!("reason {number}"),
            reason_code: code.map(str::to_owned),
            until: until.map(|minute| self.minutes().instant(minute)),
        };
        self.decide(command).expect("it can be held");
        self.go_on();
        if code != Some("ours") {
            self.stop();
        }
        format!("held as {code:?} until {until:?}")
    }

    /// To where another division is responsible, which counts by another calendar.
    fn moves_house(&mut self, number: u64) -> String {
        self.covering = 1 - self.covering;
        let coverage = coverage(&self.world.around[self.covering].0);
        self.amend(json!({ "address": { "house": number.to_string() } }), Some(coverage));
        let expected = COVERING[self.covering].split('-').next();
        assert_eq!(self.order.division.code.split('-').next(), expected);
        format!("moved to {}", self.order.division.code)
    }

    fn amend(&mut self, patch: serde_json::Value, coverage: Option<Coverage>) {
        let now = self.minutes().instant(self.now);
        let amendment = Amendment::read(&self.order, &patch, now).expect("a sound amendment");
        let command =
            Command::Amend { amendment: Box::new(amendment), coverage: coverage.map(Box::new) };
        self.decide(command).expect("it can be amended");
    }

    /// The order's deadline is that of the reference.
    fn check(&self) -> Result<(), String> {
        let due = self.due.map(|minute| self.minutes().instant(minute));
        let left = self.stopped.as_ref().map(|stopped| stopped.left * 60_000);
        let found = self.order.hold.as_ref().and_then(|hold| hold.remaining_working_ms);
        match (self.order.stage.due_at == due, found == left) {
            (true, true) => Ok(()),
            _ => Err(format!(
                "due {:?} instead of {due:?}, left {found:?} instead of {left:?}",
                self.order.stage.due_at
            )),
        }
    }
}

fn coverage(neighbourhood: &Neighbourhood) -> Coverage {
    Coverage {
        rule: None,
        beaten: Vec::new(),
        neighbourhood: neighbourhood.clone(),
        by_service: Vec::new(),
    }
}

#[test]
fn a_pause_lengthens_a_deadline_by_its_working_time_and_never_by_more() {
    let mut random = Random::seeded(SEED);
    let worlds: Vec<World> = (0..WORLDS).map(|_| World::drawn(&mut random)).collect();
    let mut pauses = 0;
    for sequence in 0..SEQUENCES {
        let world = random.of(&worlds);
        let begin = BEGIN + random.below(14 * 24 * 60) as i64;
        let covering = random.below(2) as usize;
        let mut watched = Watched::registered(world, covering, begin);
        let mut told = Vec::new();
        for number in 1..=STEPS {
            let was_stopped = watched.stopped.is_some();
            told.push(watched.step(&mut random, number));
            pauses += u64::from(was_stopped && watched.stopped.is_none());
            if let Err(unlike) = watched.check() {
                panic!("seed {SEED}, sequence {sequence}, {unlike}: {told:#?}");
            }
        }
    }
    assert!(pauses > SEQUENCES / 2, "{pauses} pauses ended");
}
