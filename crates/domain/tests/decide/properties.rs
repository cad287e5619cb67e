//! Whatever people and the system do with an order, and in whatever sequence, the rules that all decisions keep hold.
//!
//! They are checked by every story at every step: the state is that of the stage, the history replays to the order, no
//! effect is without its event, events are counted without gaps. Orders that share technicians never have one of them at
//! the same time. Here the steps are drawn by a generator with a seed, so that a failure can be repeated.

use crate::agenda::Agenda;
use crate::orders::ID;
use crate::random::Random;
use crate::stories::{Step, Story, sample};
use crate::visits::workforce;
use oms_domain::scenario::{Scenario, built_in};
use oms_domain::workforce::Workforce;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Sequences of commands, each of up to this many steps.
const SEQUENCES: u64 = 100_000;
const STEPS_MAX: u64 = 12;
/// Threads that share them, each with a seed of its own.
const SEEDS: [u64; 4] = [20_261_124, 19_700_101, 622, 641];

/// Of how many orders a sequence is. Those of one share their technicians; one alone is of an operator without any.
const ORDERS: [usize; 6] = [1, 1, 1, 1, 2, 3];

const ROLES: [&str; 5] = ["admin", "desk", "sales", "tech", "support"];

const AMENDMENTS: [&str; 6] = [
    r#"{"priority":"urgent"}"#,
    r#"{"address":{"house":"77"}}"#,
    r#"{"address":{"flat":null}}"#,
    r#"{"party":{"phone":"+998907654321"}}"#,
    r#"{"requestedDate":"2026-12-24"}"#,
    r#"{"externalId":"crm-9"}"#,
];

/// One step, likely to be possible and sometimes not.
fn step(random: &mut Random, scenario: &Scenario, story: &Story) -> String {
    let role = *random.of(&ROLES);
    let stage = scenario.stage(&story.order.stage.code).expect("a stage");
    match random.below(22) {
        0..=5 => {
            let leaving: Vec<_> = scenario.transitions_from(&stage.code).collect();
            let transition = match leaving.is_empty() || random.below(8) == 0 {
                true => random.of(&scenario.transitions),
                false => *random.of(&leaving),
            };
            let fields = transition.fields.iter().filter(|_| random.below(4) > 0);
            let mut fields: String = fields.map(sample).collect();
            let to = scenario.stage(&transition.to).expect("a stage");
            if to.visit().is_some() && random.below(2) == 0 {
                fields.push_str(&visit(random, story));
            }
            format!("admin does {}{fields} because it is so", transition.code)
        }
        6 | 7 => {
            let kinds = ["contract", "work-order", "acceptance-act", "photo"];
            let kind = stage.documents.first().map_or(*random.of(&kinds), String::as_str);
            format!("{} {kind}", random.of(&["system draws", "desk adds"]))
        }
        8 => match stage.pause_reasons.is_empty() {
            true => format!("{role} holds for {}m because of the weather", 1 + random.below(9_000)),
            false => format!("{role} holds as {} because so", random.of(&stage.pause_reasons).code),
        },
        9 | 10 => format!("{role} resumes"),
        11 => format!("{role} cancels{} because he moved", random.of(&["", " at its price"])),
        12 => match stage.tasks.is_empty() {
            true => format!("{role} finishes nothing"),
            false => format!("admin finishes {}", random.of(&stage.tasks).code),
        },
        13 => {
            format!("{role} amends {}{}", random.of(&AMENDMENTS), random.of(&["", " at its price"]))
        }
        14 => random.of(&["system provisions", "system retires"]).to_string(),
        15 => format!("{role} {}", random.of(&["gives anna", "takes", "says hello"])),
        16 => format!("system {}", random.of(&["tells north", "fails provision", "fails draw"])),
        17 => {
            let verb =
                random.of(&["repairs", "abandons", "completes retire", "completes provision"]);
            format!("admin {verb} because so")
        }
        18 => "system checks".to_owned(),
        19 => format!("{role} moves{} because so", visit(random, story)),
        20 => {
            let verb = random.of(&["asks", "grants", "grants at its price", "refuses"]);
            format!("{} {verb} because he moved", random.of(&["desk", "desk", role]))
        }
        _ => format!("after {}m", 1 + random.below(6_000)),
    }
}

/// A time that was agreed on within the next days, often one that others want as well.
fn visit(random: &mut Random, story: &Story) -> String {
    let minutes = 30 * (1 + random.below(60)) as i64 + 10 * random.below(2) as i64;
    let who = *random.of(&["", " who=anvar", " who=bekzod", " who=clara"]);
    let over = if random.below(6) == 0 { " over=true" } else { "" };
    format!(" at={}{who}{over}", story.now.plus_minutes(minutes))
}

#[test]
fn every_sequence_of_commands_keeps_the_rules() {
    let tellers = SEEDS.map(|seed| std::thread::spawn(move || tell_many(seed)));
    let told = tellers.map(|teller| teller.join().expect("no sequence broke a rule"));
    let decided: u64 = told.iter().map(|(decided, _)| decided).sum();
    let rejected: u64 = told.iter().map(|(_, rejected)| rejected).sum();
    // Neither only accepted nor only refused: the generator meets the rules from both sides.
    assert!(decided > SEQUENCES * 2, "{decided} were decided");
    assert!(rejected > SEQUENCES, "{rejected} were rejected");
}

/// Tells one seed's share; how many steps were decided, and how many rejected.
fn tell_many(seed: u64) -> (u64, u64) {
    let mut random = Random::seeded(seed);
    let (mut decided, mut rejected) = (0, 0);
    let technicians = workforce(&[]);
    let all: Vec<&Scenario> = built_in().collect();
    let has_visits = |scenario: &&Scenario| scenario.stages.iter().any(|it| it.visit().is_some());
    let with_visits: Vec<&Scenario> = built_in().filter(has_visits).collect();
    for sequence in 0..SEQUENCES / SEEDS.len() as u64 {
        let orders = *random.of(&ORDERS);
        let scenario = match orders {
            1 => *random.of(&all),
            _ => *random.of(&with_visits),
        };
        let id = |order: usize| format!("{ID}{order}");
        let begin = |order| Story::with_id(&scenario.code, scenario, &id(order)).0;
        let mut stories: Vec<Story> = (0..orders).map(begin).collect();
        let mut agenda = Agenda::of(match orders {
            1 => Workforce::default(),
            _ => technicians.clone(),
        });
        let mut told = Vec::new();
        for _ in 0..=random.below(STEPS_MAX) {
            let order = random.below(orders as u64) as usize;
            let story = &mut stories[order];
            let step = step(&mut random, scenario, story);
            told.push((order, step.clone()));
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                std::mem::swap(&mut story.workforce, &mut agenda.workforce);
                let step = story.step(&step);
                std::mem::swap(&mut story.workforce, &mut agenda.workforce);
                if let Step::Decided(decision) = &step {
                    agenda.keep(&id(order), &decision.bookings);
                }
                step
            }));
            match outcome {
                Ok(Step::Decided(_)) => decided += 1,
                Ok(Step::Rejected(_)) => rejected += 1,
                Ok(Step::Time) => {
                    let now = stories[order].now;
                    stories.iter_mut().for_each(|story| story.now = now);
                }
                Err(_) => {
                    panic!("{} broke, seed {seed}, sequence {sequence}: {told:#?}", scenario.code)
                }
            }
        }
    }
    (decided, rejected)
}
