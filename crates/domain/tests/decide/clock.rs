//! What time does to an order: deadlines, holds, and that each is told once.

use crate::orders::MORNING;
use crate::stories::{Step, Story};
use crate::tell;
use oms_domain::time::Instant;

#[test]
fn a_missed_deadline_is_told_once_per_stage_entered() {
    tell(
        "connect-individual",
        "
        registration            => acknowledged registered north-sales | registered routed |
        after 179m
        system checks           => nothing
        after 61m
        system checks           => acknowledged registered north-sales | deadlineMissed | escalate
        system checks           => nothing
        system tells north-sales => acknowledged registered north-sales | escalated |
        after 119m
        system checks           => nothing
        after 5000m
        system checks           => acknowledged registered north-sales | escalationRaised | escalate
        system checks           => nothing
        sales does accept       => inProgress feasibility north-tech | transitioned routed |
        system checks           => nothing
        after 1440m
        system checks           => inProgress feasibility north-tech | deadlineMissed | escalate
        system checks           => nothing
        ",
    );
}

#[test]
fn a_stage_that_is_entered_again_has_a_new_deadline() {
    tell(
        "support-individual",
        "
        registration         => acknowledged registered north-tech | registered routed |
        support does start
        after 1440m
        system checks        => inProgress repair north-tech | deadlineMissed | escalate
        support does ask because which router
        support does start
        system checks        => nothing
        after 1440m
        system checks        => inProgress repair north-tech | deadlineMissed | escalate
        ",
    );
}

#[test]
fn the_deadline_stands_still_while_the_order_is_on_hold() {
    tell(
        "support-individual",
        "
        registration                    => acknowledged registered north-tech | registered routed |
        after 40m
        desk holds because away         => held registered north-tech | held |
        after 5000m
        system checks                   => nothing
        desk resumes                    => acknowledged registered north-tech | resumed |
        after 4m
        system checks                   => nothing
        after 1m
        system checks                   => acknowledged registered north-tech | deadlineAtRisk | escalate
        after 15m
        system checks                   => acknowledged registered north-tech | deadlineMissed | escalate
        ",
    );
}

#[test]
fn a_hold_with_an_end_ends_by_itself() {
    tell(
        "support-individual",
        "
        registration                    => acknowledged registered north-tech | registered routed |
        support does start
        desk holds for 60m because away => held repair north-tech | held |
        after 59m
        system checks                   => nothing
        after 1m
        system checks                   => inProgress repair north-tech | resumed |
        system checks                   => nothing
        ",
    );
}

#[test]
fn holding_again_changes_the_hold_and_not_the_clock() {
    tell(
        "support-individual",
        "
        registration                    => acknowledged registered north-tech | registered routed |
        after 50m
        desk holds because away         => held registered north-tech | held |
        desk holds because away         => nothing
        after 300m
        desk holds for 60m because ill  => held registered north-tech | held |
        after 60m
        system checks                   => acknowledged registered north-tech | resumed |
        after 9m
        system checks                   => acknowledged registered north-tech | deadlineAtRisk | escalate
        after 1m
        system checks                   => acknowledged registered north-tech | deadlineMissed | escalate
        ",
    );
}

#[test]
fn an_overdue_order_that_was_on_hold_is_not_told_again() {
    tell(
        "support-individual",
        "
        registration            => acknowledged registered north-tech | registered routed |
        after 61m
        system checks           => acknowledged registered north-tech | deadlineMissed | escalate
        desk holds because away => held registered north-tech | held |
        after 60m
        desk resumes            => acknowledged registered north-tech | resumed |
        system checks           => nothing
        ",
    );
}

#[test]
fn closed_orders_have_no_deadline_and_a_cancelled_one_no_hold() {
    tell(
        "support-individual",
        "
        registration                    => acknowledged registered north-tech | registered routed |
        desk holds for 60m because away => held registered north-tech | held |
        desk cancels because moved      => cancelled cancelled north-tech | cancelled |
        after 9000m
        system checks                   => nothing
        ",
    );
}

#[test]
fn the_next_look_at_an_order_is_due_at_its_next_rung_or_at_the_end_of_its_hold() {
    // step, then the minutes after the morning at which somebody must look; none: never
    let table = [
        ("after 0m", Some(45)),
        ("desk holds because away", None),
        ("desk holds for 30m because away", Some(30)),
        ("after 20m", Some(30)),
        ("desk resumes", Some(65)),
        ("after 60m", Some(65)),
        ("system checks", Some(80 + 30)),
        ("support does start", Some(80 + 1080)),
        ("desk cancels because moved", None),
    ];
    let (mut story, _) = Story::of("support-individual");
    for (step, expected) in table {
        assert!(!matches!(story.step(step), Step::Rejected(_)), "{step}");
        let expected = expected.map(|minutes| MORNING.plus_minutes(minutes));
        assert_eq!(story.order.next_check_at(), expected, "{step}");
    }
    assert_eq!(MORNING, Instant::parse("2026-11-24T09:00:00Z").expect("a time"));
}

#[test]
fn an_order_for_a_day_to_come_waits_and_starts_in_time() {
    tell(
        "connect-later",
        "
        registration       => held registered north-sales | registered routed held |
        after 5219m
        system checks      => nothing
        sales does accept  => ! order-is-held
        after 1m
        system checks      => acknowledged registered north-sales | resumed |
        after 179m
        system checks      => nothing
        after 61m
        system checks      => acknowledged registered north-sales | deadlineMissed | escalate
        sales does accept  => inProgress feasibility north-tech | transitioned routed |
        ",
    );
    tell(
        "connect-later",
        "
        registration       => held registered north-sales | registered routed held |
        desk resumes       => acknowledged registered north-sales | resumed |
        ",
    );
}
