//! Whatever people and the system do with an order, and in whatever sequence, the rules that all decisions keep hold.
//!
//! They are checked by every story at every step: the state is that of the stage, the history replays to the order, no
//! effect is without its event, events are counted without gaps. Here the steps are drawn by a generator with a seed, so
//! that a failure can be repeated.

use crate::random::{Random, sample};
use crate::stories::{Step, Story};
use oms_domain::scenario::{Scenario, built_in};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Sequences of commands, each of up to this many steps.
const SEQUENCES: u64 = 100_000;
const STEPS_MAX: u64 = 12;
/// Threads that share them, each with a seed of its own.
const SEEDS: [u64; 4] = [20_261_124, 19_700_101, 622, 641];

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
    match random.below(20) {
        0..=5 => {
            let leaving: Vec<_> = scenario.transitions_from(&stage.code).collect();
            let transition = match leaving.is_empty() || random.below(8) == 0 {
                true => random.of(&scenario.transitions),
                false => *random.of(&leaving),
            };
            let fields = transition.fields.iter().filter(|_| random.below(4) > 0);
            let fields: String = fields.map(sample).collect();
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
        _ => format!("after {}m", 1 + random.below(6_000)),
    }
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
    for sequence in 0..SEQUENCES / SEEDS.len() as u64 {
        let scenario = random.of(built_in());
        let (mut story, _) = Story::of(&scenario.code);
        let mut told = Vec::new();
        for _ in 0..=random.below(STEPS_MAX) {
            let step = step(&mut random, scenario, &story);
            told.push(step.clone());
            let outcome = catch_unwind(AssertUnwindSafe(|| story.step(&step)));
            match outcome {
                Ok(Step::Decided(_)) => decided += 1,
                Ok(Step::Rejected(_)) => rejected += 1,
                Ok(Step::Time) => {}
                Err(_) => {
                    panic!("{} broke, seed {seed}, sequence {sequence}: {told:#?}", scenario.code)
                }
            }
        }
    }
    (decided, rejected)
}
