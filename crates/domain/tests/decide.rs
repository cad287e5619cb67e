//! How orders move: each scenario to each of its ends, and the rules that all of them share.

#[path = "support/agenda.rs"]
mod agenda;
#[path = "support/forms.rs"]
mod forms;
#[path = "support/minutes.rs"]
mod minutes;
#[path = "support/orders.rs"]
mod orders;
#[path = "support/random.rs"]
mod random;
#[path = "support/stories.rs"]
mod stories;
#[path = "support/substitute.rs"]
mod substitute;
#[path = "support/tables.rs"]
mod tables;

#[path = "decide/activation.rs"]
mod activation;
#[path = "decide/amended.rs"]
mod amended;
#[path = "decide/amendments.rs"]
mod amendments;
#[path = "decide/assessment.rs"]
mod assessment;
#[path = "decide/bookkeeping.rs"]
mod bookkeeping;
#[path = "decide/clock.rs"]
mod clock;
#[path = "decide/drawn.rs"]
mod drawn;
#[path = "decide/ends.rs"]
mod ends;
#[path = "decide/ladder.rs"]
mod ladder;
#[path = "decide/late_effects.rs"]
mod late_effects;
#[path = "decide/migration.rs"]
mod migration;
#[path = "decide/pauses.rs"]
mod pauses;
#[path = "decide/properties.rs"]
mod properties;
#[path = "decide/properties/onward.rs"]
mod properties_onward;
#[path = "decide/properties/operators.rs"]
mod properties_operators;
#[path = "decide/properties/rules.rs"]
mod properties_rules;
#[path = "decide/properties/steps.rs"]
mod properties_steps;
#[path = "decide/rejections.rs"]
mod rejections;
#[path = "decide/rerouting.rs"]
mod rerouting;
#[path = "decide/services.rs"]
mod services;
#[path = "decide/start_dates.rs"]
mod start_dates;
#[path = "decide/tasks.rs"]
mod tasks;
#[path = "decide/timed.rs"]
mod timed;
#[path = "decide/visits.rs"]
mod visits;
#[path = "decide/walks.rs"]
mod walks;

use oms_domain::scenario::{Scenario, find};
use stories::{Step, Story, told};
use tables::cases;

/// Tells a story: `step => state stage division | events | effects`, or `step => ! rejection`. The first line is the
/// registration; steps without an arrow only prepare.
fn tell(name: &str, table: &str) {
    tell_in(name, orders::scenario(name), table);
}

/// The same in the version that new orders take.
fn tell_newest(name: &str, table: &str) {
    let newest = (1..).map_while(|version| find(name, version)).last();
    tell_in(name, newest.expect("a scenario"), table);
}

fn tell_in(name: &str, scenario: &'static Scenario, table: &str) {
    let (mut story, registration) = Story::in_scenario(name, scenario);
    let mut lines = cases(table);
    let (_, expected) = columns(lines.next().expect("the registration"), "=>");
    assert_eq!(folded(&told(&registration)), expected, "{name}: registration");
    for line in lines {
        let (step, expected) = match line.contains("=>") {
            true => columns(line, "=>"),
            false => (folded(line), String::new()),
        };
        let actual = match story.step(&step) {
            Step::Time => String::new(),
            Step::Decided(decision) => told(&decision),
            Step::Rejected(rejection) => format!("! {}", rejection.code()),
        };
        match line.contains("=>") {
            true => assert_eq!(folded(&actual), expected, "{name}: {step}"),
            false => assert!(!actual.starts_with('!'), "{name}: {step}: {actual}"),
        }
    }
}

/// What stands before and after the last sign of a line; blanks within don't matter.
fn columns(line: &str, sign: &str) -> (String, String) {
    let (left, right) = line.rsplit_once(sign).unwrap_or_else(|| panic!("no {sign:?} in: {line}"));
    (folded(left), folded(right))
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
