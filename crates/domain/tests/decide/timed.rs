//! Transitions that the product makes when an order has been long enough in its stage: several out of one stage.

use crate::orders::MORNING;
use crate::stories::{Step, Story, told};
use crate::tables::cases;
use oms_domain::scenario::{Guard, Scenario, find};

/// The customer is reminded after a day, once the report is made and a photo is there; after three days the order is closed
/// as it is.
fn reminding() -> &'static Scenario {
    let mut scenario = find("support-legal", 3).expect("a scenario").clone();
    let close = scenario.transitions.iter_mut().find(|it| it.code == "close-unanswered");
    let close = close.expect("a way on");
    close.guards.clear();
    close.automatic_after_minutes = Some(4320);
    let mut remind = close.clone();
    remind.code = "remind".to_owned();
    remind.to = "repair".to_owned();
    remind.automatic_after_minutes = Some(1440);
    remind.guards = vec![Guard::Tasks, Guard::Document { kind: "photo".to_owned() }];
    scenario.transitions.push(remind);
    Box::leak(Box::new(scenario))
}

/// Minutes after the order came into the stage, what is done then, the stage, and the minutes after which the order leaves
/// it by itself. Each line goes on from the one before, and after an empty line another story begins.
const STORIES: &str = "
    # The reminder comes in time
    0 support finishes fault-report | confirmation | 1440
    0 desk adds photo               | confirmation | 1440
    1439 system checks              | confirmation | 1440
    1440 system checks              | repair       | -

    # It is refused, and the order is closed though
    1440 system checks              | confirmation | 4320
    4320 system checks              | closed       | -

    # It is refused, then half allowed, then allowed and made at once
    1440 system checks              | confirmation | 4320
    2000 support finishes fault-report | confirmation | 2000
    2001 system checks              | confirmation | 4320
    2100 desk adds photo            | confirmation | 2100
    2100 system checks              | repair       | -

    # It is refused again and again, and the order is closed in time
    1440 system checks              | confirmation | 4320
    2000 desk adds photo            | confirmation | 2000
    2000 system checks              | confirmation | 4320
    4000 desk adds act              | confirmation | 4000
    4000 system checks              | confirmation | 4320
    4320 system checks              | closed       | -

    # What is not due yet is not looked at because of a document
    100 desk adds photo             | confirmation | 1440
    100 support finishes fault-report | confirmation | 1440

    # On hold before the first time: both are put off, and neither is taken for due by the hold
    100 desk holds because away     | confirmation | 1440
    5100 desk resumes               | confirmation | 6440
    6440 system checks              | confirmation | 9320
    9319 system checks              | confirmation | 9320
    9320 system checks              | closed       | -

    # On hold after it: the second is put off
    1440 system checks              | confirmation | 4320
    2000 desk holds because away    | confirmation | 4320
    3000 desk resumes               | confirmation | 5320
    5319 system checks              | confirmation | 5320
    5320 system checks              | closed       | -

    # On hold before and after it
    100 desk holds because away     | confirmation | 1440
    200 desk resumes                | confirmation | 1540
    1540 system checks              | confirmation | 4420
    2000 desk holds because away    | confirmation | 4420
    3000 desk resumes               | confirmation | 5420
    5420 system checks              | closed       | -

    # Allowed while it is on hold: made when that ends, and no later
    100 support finishes fault-report | confirmation | 1440
    1440 system checks              | confirmation | 4320
    2000 desk holds because away    | confirmation | 4320
    2500 desk adds photo            | confirmation | 2000
    2600 system checks              | confirmation | 2000
    3000 desk resumes               | confirmation | 3000
    3000 system checks              | repair       | -

    # Nobody looked in time: what is allowed is made
    5000 system checks              | closed       | -
";

fn begun(scenario: &'static Scenario) -> Story {
    let (mut story, _) = Story::in_scenario("support-legal", scenario);
    story.goes(&["support does solved cause=line"]);
    assert_eq!(story.order.stage.code, "confirmation");
    story
}

#[test]
fn each_of_several_times_comes_and_time_on_hold_does_not_count() {
    let scenario = reminding();
    for table in STORIES.split("\n\n") {
        let mut story = begun(scenario);
        for line in cases(table) {
            let [step, stage, leaves] = line.split('|').map(str::trim).collect::<Vec<_>>()[..]
            else {
                panic!("{line}")
            };
            let (minutes, step) = step.split_once(' ').expect("a time and a step");
            story.now = MORNING.plus_minutes(minutes.parse().expect("minutes"));
            // The ladder has its own times.
            loop {
                match story.step(step) {
                    Step::Decided(decision) if told(&decision).contains("escalate") => {}
                    Step::Rejected(rejection) => panic!("{line}: {rejection}"),
                    Step::Decided(_) | Step::Time => break,
                }
            }
            let at = |leaves: oms_domain::time::Instant| (leaves.0 - MORNING.0) / 60_000;
            let found = story.order.leaves_at.map_or("-".to_owned(), |it| at(it).to_string());
            assert_eq!(
                (story.order.stage.code.as_str(), found.as_str()),
                (stage, leaves),
                "{line}"
            );
        }
    }
}
