//! The operator has changed who operates what: open orders go where that sends them, or stay and say why.

use crate::orders::{actor, coverage};
use crate::stories::Story;
use crate::tables::cases;
use oms_domain::calendar::Calendars;
use oms_domain::catalogue::Service;
use oms_domain::decide::{Command, Context, Decision, decide};
use oms_domain::division::{Division, DivisionReference, Neighbourhood};
use oms_domain::order::{Order, TaskState};
use oms_domain::rejection::Rejection;
use oms_domain::routing::{Coverage, ServiceDivision};
use oms_domain::scenario::Scenario;

/// A branch of the same shape as the north.
fn south() -> Coverage {
    let division = |code: &str, parent: &str, kind: &str| Division {
        code: code.to_owned(),
        parent_code: Some(parent.to_owned()).filter(|parent| !parent.is_empty()),
        name: code.to_owned(),
        kind: kind.to_owned(),
        timezone: "Asia/Tashkent".to_owned(),
        email: None,
        head: None,
    };
    let divisions = [
        division("head", "", "branch"),
        division("south", "head", "branch"),
        division("south-sales", "south", "sales"),
        division("south-support", "south", "support"),
        division("south-tech", "south", "technical"),
    ];
    let mut south =
        Coverage { neighbourhood: Neighbourhood::of(&divisions, "south-tech"), ..coverage() };
    let rule = south.rule.as_mut().expect("a rule");
    rule.division_code = "south-tech".to_owned();
    south
}

fn reroute(
    story: &Story,
    scenario: &Scenario,
    role: &str,
    coverage: Coverage,
) -> Result<Decision, Rejection> {
    let actor = actor(role);
    let neighbourhood = coverage.neighbourhood.clone();
    let context = Context {
        now: story.now,
        actor: &actor,
        scenario,
        neighbourhood: &neighbourhood,
        workforce: None,
        calendars: Calendars::round_the_clock(),
    };
    decide(&story.order, Command::Reroute { coverage: Box::new(coverage) }, context)
}

fn coverage_of(name: &str) -> Coverage {
    match name {
        "north" => coverage(),
        "south" => south(),
        // Telephony is another's, the whole stays in the north.
        "split" => Coverage {
            by_service: vec![ServiceDivision {
                service: Service::Telephony,
                division: DivisionReference {
                    code: "south-tech".to_owned(),
                    name: "south-tech".to_owned(),
                },
                rule: None,
            }],
            ..coverage()
        },
        _ => panic!("{name}"),
    }
}

fn told(outcome: Result<Decision, Rejection>, order: &Order) -> String {
    match outcome {
        Err(rejection) => format!("! {}", rejection.code()),
        Ok(decision) if decision.is_empty() => "nothing".to_owned(),
        Ok(decision) => {
            let next = &decision.order;
            assert_eq!(next.stage.due_at, order.stage.due_at, "its deadline stays");
            assert_eq!(next.stage.entered_at, order.stage.entered_at);
            assert_eq!((next.state, &next.hold), (order.state, &order.hold));
            assert!(decision.effects.is_empty() && decision.bookings.is_empty());
            assert_eq!(decision.events.len(), 1);
            let open = next.tasks.iter().filter(|task| task.state != TaskState::Done);
            let tasks: Vec<String> =
                open.map(|task| format!("{}@{}", task.code, task.division.code)).collect();
            let covering = next.routing.covering.as_ref().map_or("-", |it| &it.code);
            format!("{} {covering} {}", next.division.code, tasks.join(" ")).trim_end().to_owned()
        }
    }
}

#[test]
fn an_open_order_goes_where_the_coverage_sends_it_now() {
    // scenario | way to the order | who | coverage | its division, who operates its address, what is left to do
    let table = "
        connect-individual | | desk | south | south-sales south-tech
        connect-individual | | desk | north | nothing
        connect-individual | | sales | south | ! right-missing
        connect-individual | | desk | split | north-sales north-tech
        connect-individual | desk holds because away | desk | south | south-sales south-tech
        connect-individual | sales does accept | desk | south | south-tech south-tech
        connect-individual | desk cancels because moved | desk | south | ! order-is-closed
        connect-individual | sales cancels because moved | desk | south | ! cancellation-is-assessed
        # what is done stays with whom it was done by
        connect-legal | sales does accept | desk | south | \
            south-tech south-tech site-survey@south-tech access-design@south-tech credit-check@south-sales
        connect-legal | sales does accept; tech finishes site-survey | desk | south | \
            south-tech south-tech access-design@south-tech credit-check@south-sales
        # what billing was asked for is the division's
        connect-individual | sales does accept; tech does feasible; system draws contract; sales does sign; system draws work-order; tech does installed | desk | south | ! billing-is-asked
        connect-individual | sales does accept; tech does feasible; system draws contract; sales does sign; system draws work-order; tech does installed | desk | north | nothing
    ";
    for line in cases(table) {
        let [name, steps, who, coverage, expected] =
            line.split('|').map(str::trim).collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let (mut story, _) = Story::of(name);
        let steps: Vec<&str> =
            steps.split(';').map(str::trim).filter(|step| !step.is_empty()).collect();
        story.goes(&steps);
        let scenario = crate::orders::scenario(name);
        let outcome = reroute(&story, scenario, who, coverage_of(coverage));
        assert_eq!(told(outcome, &story.order), expected, "{line}");
    }
}

#[test]
fn a_booked_visit_keeps_the_order_with_its_division() {
    let support = oms_domain::scenario::find("support-individual", 2).expect("with visits");
    let (mut story, _) = Story::in_scenario("support-individual", support);
    story.workforce = crate::visits::workforce(&[]);
    story.goes(&["admin does visit because it is dead"]);
    assert!(story.order.appointment.is_some());
    let outcome = reroute(&story, support, "desk", south());
    assert_eq!(told(outcome, &story.order), "! visit-is-booked");
    // Who operates the address for one of the services does not touch the visit.
    let outcome = reroute(&story, support, "desk", coverage_of("split"));
    assert_eq!(told(outcome, &story.order), "north-tech north-tech");
}

#[test]
fn what_was_escalated_stays_until_another_division_operates_the_address() {
    let (mut story, _) = Story::of("support-individual");
    story.order.division = DivisionReference { code: "north".to_owned(), name: "north".to_owned() };
    let scenario = crate::orders::scenario("support-individual");
    let back = reroute(&story, scenario, "desk", coverage());
    assert_eq!(told(back, &story.order), "north-tech north-tech");
    story.order.escalation.count("up", story.now);
    let stays = reroute(&story, scenario, "desk", coverage());
    assert_eq!(told(stays, &story.order), "nothing");
    let goes = reroute(&story, scenario, "desk", south());
    assert_eq!(told(goes, &story.order), "south-tech south-tech");
}
