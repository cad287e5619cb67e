//! Whatever people and the system do with an order, and in whatever sequence, the rules that all decisions keep hold.
//!
//! They are checked by every story at every step: the state is that of the stage, the history replays to the order, no
//! effect is without its event, events are counted without gaps. Orders that share technicians never have one of them at
//! the same time. More rules are in `properties/rules.rs`. Here the steps are drawn by a generator with a seed, so that a
//! failure can be repeated.

use crate::agenda::Agenda;
use crate::orders::{ID, form, registered_by};
use crate::properties_onward::Outbox;
use crate::properties_operators::{HOURS, Hours, SCENARIOS};
use crate::properties_rules::{Past, check_clock, check_explanation, check_plan};
use crate::properties_steps::{Drawn, ROLES, day, step};
use crate::random::Random;
use crate::stories::{Step, Story};
use crate::visits::workforce;
use oms_domain::order::{Appointment, Order};
use oms_domain::party::Language;
use oms_domain::scenario::Scenario;
use oms_domain::workforce::Workforce;
use serde_json::json;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Sequences of commands, each of up to this many steps.
const SEQUENCES: u64 = 100_000;
const STEPS_MAX: u64 = 14;
/// Threads that share them, each with a seed of its own.
const SEEDS: [u64; 4] = [20_261_124, 19_700_101, 622, 641];

/// Of how many orders a sequence is. Those of one share their technicians; one alone is of an operator without any.
const ORDERS: [usize; 6] = [1, 1, 1, 1, 2, 3];

/// One step in so many is looked at from all sides: what is planned, and what somebody is told of it.
const LOOKS_EVERY: u64 = 16;

/// What was carried out how often at least: the verb of a step that changed something, or what a sequence came to.
const CARRIED_OUT: &str = "
    does                                  150000
    adds                                  10000
    draws                                 20000
    finishes                              20000
    holds                                 8000
    resumes                               15000
    hold ends                             18000
    amends                                18000
    amends items                          1800
    amends the start                      5000
    migrates                              20000
    migrates to a stage of another name   6000
    checks                                10000
    answers                               1000
    tells                                 8000
    moves                                 800
    books over                            220
    asks                                  2000
    grants                                900
    refuses                               1200
    cancels                               5000
    provisions                            6000
    retires                               7000
    outdates                              270
    fails                                 10000
    repairs                               6000
    completes                             6000
    abandons                              600
    gives                                 1300
    says                                  1600
    time passes                           50000

    # Neither only accepted nor only refused: the generator meets the rules from both sides.
    decided                               330000
    refused                               150000
    nothing to do                         20000
    explained                             28000

    # How far sequences come, and where.
    sequences with an end                 30000
    orders ended                          32000
    completed                             4200
    rejected                              24000
    failed                                190
    cancelled                             4800
    in an operator's own scenario         50000
    round the clock                       20000
    by day                                20000
    by night                              20000
    by day and by night                   20000
";

/// How often what was done.
#[derive(Default)]
struct Tally(BTreeMap<String, u64>);

impl Tally {
    fn count(&mut self, what: &str, times: u64) {
        match self.0.get_mut(what) {
            Some(count) => *count += times,
            None => drop(self.0.insert(what.to_owned(), times)),
        }
    }
}

#[test]
fn every_sequence_of_commands_keeps_the_rules() {
    let tellers = SEEDS.map(|seed| std::thread::spawn(move || tell_many(seed)));
    let mut tally = Tally::default();
    for teller in tellers {
        let told = teller.join().expect("no sequence broke a rule");
        told.0.iter().for_each(|(what, times)| tally.count(what, *times));
    }
    for line in crate::tables::cases(CARRIED_OUT) {
        let (what, least) = line.rsplit_once(' ').expect("a word and a number");
        let least: u64 = least.parse().expect(line);
        let times = tally.0.get(what.trim()).copied().unwrap_or_default();
        assert!(times >= least, "{what}: {times} times; {:#?}", tally.0);
    }
}

/// One order of a sequence.
struct Told {
    id: String,
    story: Story,
    outbox: Outbox,
    past: Past,
}

impl Told {
    fn begin(
        id: String,
        scenario: &'static Scenario,
        hours: &'static Hours,
        random: &mut Random,
    ) -> Told {
        let mut form = form(&scenario.code);
        if random.below(5) == 0 {
            form["requestedStartDate"] = json!(day(random, hours.begin));
        }
        let decision = registered_by(&hours.calendars, hours.begin, &id, &form, scenario);
        let mut story = Story::begun(&decision, scenario);
        story.calendars = &hours.calendars;
        story.scenarios = &SCENARIOS;
        let past = Past::of(&story, &decision);
        let outbox = Outbox { waiting: decision.effects, ..Outbox::default() };
        Told { id, story, outbox, past }
    }

    /// Takes a step; what it came to is counted.
    fn take(&mut self, drawn: &Drawn, look: u64, agenda: &mut Agenda, tally: &mut Tally) -> bool {
        let Told { id, story, outbox, past } = self;
        let before = story.order.clone();
        std::mem::swap(&mut story.workforce, &mut agenda.workforce);
        let step = story.step(&drawn.words);
        std::mem::swap(&mut story.workforce, &mut agenda.workforce);
        let (role, words) = drawn.words.split_once(' ').expect("a role and a verb");
        let verb = words.split(' ').next().expect("a verb");
        match &step {
            Step::Time => tally.count("time passes", 1),
            Step::Rejected(_) => {
                assert_eq!(story.order, before, "what was refused has changed something");
                tally.count("refused", 1);
            }
            Step::Decided(decision) => {
                agenda.keep(id, &decision.bookings);
                agenda.agrees_with(&story.order);
                past.follow(role, story, &before, decision);
                if let Some((effect, fate)) = &drawn.effect {
                    outbox.settle(effect, *fate);
                }
                outbox.waiting.extend(decision.effects.iter().cloned());
                if verb == "checks" {
                    check_clock(story);
                }
                if decision.is_empty() {
                    tally.count("nothing to do", 1);
                } else {
                    count(verb, &before, story, tally);
                    if verb == "migrates" || look == 0 {
                        check_plan(story);
                    }
                }
            }
        }
        if look < 2 {
            std::mem::swap(&mut story.workforce, &mut agenda.workforce);
            check_clock(story);
            let language = [Language::En, Language::Ru][look as usize];
            let asked = ROLES[(look + before.version.unsigned_abs()) as usize % ROLES.len()];
            tally.count("explained", check_explanation(asked, language, story));
            std::mem::swap(&mut story.workforce, &mut agenda.workforce);
        }
        matches!(step, Step::Time)
    }
}

/// What was carried out by a command, and what came of it.
fn count(verb: &str, before: &Order, story: &Story, tally: &mut Tally) {
    tally.count("decided", 1);
    tally.count(verb, 1);
    let after = &story.order;
    if after.hold.is_none() && before.hold.is_some() {
        tally.count("hold ends", 1);
    }
    if before.is_open() && after.is_closed() {
        tally.count(after.state.code(), 1);
    }
    if before.stage.code != after.stage.code && verb == "migrates" {
        tally.count("migrates to a stage of another name", 1);
    }
    if verb == "amends" && before.items != after.items {
        tally.count("amends items", 1);
    }
    if verb == "amends" && before.requested_start_date != after.requested_start_date {
        tally.count("amends the start", 1);
    }
    let is_over = |it: &Appointment| it.is_override;
    if before.appointment != after.appointment && after.appointment.as_ref().is_some_and(is_over) {
        tally.count("books over", 1);
    }
}

/// Tells one seed's share.
fn tell_many(seed: u64) -> Tally {
    let mut random = Random::seeded(seed);
    let mut tally = Tally::default();
    let technicians = workforce(&[]);
    let all: Vec<&Scenario> = SCENARIOS.iter().collect();
    let has_visits = |scenario: &&Scenario| scenario.stages.iter().any(|it| it.visit().is_some());
    let with_visits: Vec<&Scenario> = SCENARIOS.iter().filter(has_visits).collect();
    for sequence in 0..SEQUENCES / SEEDS.len() as u64 {
        let orders = *random.of(&ORDERS);
        let scenario = match orders {
            1 => *random.of(&all),
            _ => *random.of(&with_visits),
        };
        let hours = random.of(&*HOURS);
        let mut begin = |order| Told::begin(format!("{ID}{order}"), scenario, hours, &mut random);
        let mut orders: Vec<Told> = (0..orders).map(&mut begin).collect();
        let mut agenda = Agenda::of(match orders.len() {
            1 => Workforce::default(),
            _ => technicians.clone(),
        });
        let mut told = Vec::new();
        for _ in 0..=random.below(STEPS_MAX) {
            let place = random.below(orders.len() as u64) as usize;
            let order = &mut orders[place];
            let drawn = step(&mut random, &order.story, &order.outbox);
            let look = random.below(LOOKS_EVERY);
            told.push((place, drawn.words.clone()));
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                order.take(&drawn, look, &mut agenda, &mut tally)
            }));
            match outcome {
                Ok(false) => {}
                Ok(true) => {
                    let now = order.story.now;
                    orders.iter_mut().for_each(|order| order.story.now = now);
                }
                Err(_) => panic!(
                    "{} {}, {}, broke, seed {seed}, sequence {sequence}: {told:#?}",
                    scenario.code, scenario.version, hours.name
                ),
            }
        }
        tally.count(hours.name, 1);
        let ended = orders.iter().filter(|it| it.story.order.is_closed()).count() as u64;
        tally.count("orders ended", ended);
        tally.count("sequences with an end", u64::from(ended > 0));
        let has_own = |it: &Told| it.story.scenario.version > 1_000;
        tally.count("in an operator's own scenario", u64::from(orders.iter().any(has_own)));
    }
    tally
}
