//! A cancellation that is asked for, granted, refused and withdrawn; meanwhile the order stays where it is.

use crate::orders::{actor, neighbourhood, scenario};
use crate::stories::{Step, Story, TO_INSTALLATION, told};
use crate::tell;
use oms_domain::calendar::Calendars;
use oms_domain::decide::{Context, explain};
use oms_domain::party::Language;
use oms_domain::scenario::Scenario;

#[test]
fn who_moves_the_order_on_asks_and_who_may_cancel_grants_it_at_its_price() {
    tell(
        "connect-individual",
        "
        registration                   => acknowledged registered north-sales | registered routed |
        sales does accept
        tech does feasible
        system draws contract
        sales does sign
        system draws work-order
        tech cancels because he moved  => assessingCancellation installation north-tech | cancellationAsked |
        tech cancels because he moved  => nothing
        tech does installed            => ! cancellation-is-assessed
        desk gives olim                => assessingCancellation installation north-tech | assigned |
        desk says he was called        => assessingCancellation installation north-tech | commented |
        sales grants because so        => ! right-missing
        desk grants because so         => ! penalty-unconfirmed
        desk grants at its price because so => cancelled cancelled north-tech | cancellationAccepted documentsSuperseded cancelled |
        ",
    );
}

#[test]
fn what_was_made_is_taken_back_before_a_granted_cancellation_ends() {
    tell(
        "connect-individual",
        "
        registration                => acknowledged registered north-sales | registered routed |
        system provisions
        sales cancels because moved => assessingCancellation registered north-sales | cancellationAsked |
        desk grants because so      => pendingCancellation registered north-sales | cancellationAccepted cancellationRequested retirementRequested | retire
        desk refuses because too late => ! cancellation-is-pending
        system retires              => cancelled cancelled north-sales | retired cancelled |
        ",
    );
}

#[test]
fn who_has_lost_every_right_withdraws_nothing() {
    tell(
        "connect-individual",
        "
        registration                        => acknowledged registered north-sales | registered routed |
        substitute asks because moved       => assessingCancellation registered north-sales | cancellationAsked |
        substitute refuses because he stays => acknowledged registered north-sales | cancellationRefused |
        substitute asks because moved       => assessingCancellation registered north-sales | cancellationAsked |
        after 2880m
        substitute refuses because he stays => ! right-missing
        substitute grants because so        => ! right-missing
        ",
    );
}

#[test]
fn a_refused_or_withdrawn_one_leaves_the_order_as_it_was() {
    tell(
        "connect-individual",
        "
        registration                  => acknowledged registered north-sales | registered routed |
        desk asks because moved       => assessingCancellation registered north-sales | cancellationAsked |
        desk refuses because he stays => acknowledged registered north-sales | cancellationRefused |
        sales cancels because moved
        sales refuses because he stays => acknowledged registered north-sales | cancellationRefused |
        sales cancels because moved
        desk refuses because signed   => acknowledged registered north-sales | cancellationRefused |
        sales does accept             => inProgress feasibility north-tech | transitioned routed |
        ",
    );
}

#[test]
fn the_deadline_goes_on_while_it_is_decided() {
    tell(
        "support-individual",
        "
        registration            => acknowledged registered north-tech | registered routed |
        desk asks because moved
        after 45m
        system checks           => assessingCancellation registered north-tech | deadlineAtRisk | escalate
        after 15m
        system checks           => assessingCancellation registered north-tech | deadlineMissed | escalate
        desk refuses because no => acknowledged registered north-tech | cancellationRefused |
        system checks           => nothing
        ",
    );
}

#[test]
fn a_hold_is_kept_and_may_end_meanwhile() {
    tell(
        "support-individual",
        "
        registration                     => acknowledged registered north-tech | registered routed |
        desk holds because away
        desk asks because moved          => assessingCancellation registered north-tech | cancellationAsked |
        desk refuses because no          => held registered north-tech | cancellationRefused |
        desk holds for 60m because ill   => held registered north-tech | held |
        desk asks because moved
        after 60m
        system checks                    => assessingCancellation registered north-tech | resumed |
        desk refuses because no          => acknowledged registered north-tech | cancellationRefused |
        ",
    );
}

#[test]
fn what_time_would_do_waits_for_the_answer() {
    tell(
        "support-individual",
        "
        registration            => acknowledged registered north-tech | registered routed |
        support does solved
        desk asks because moved => assessingCancellation confirmation north-tech | cancellationAsked |
        after 4321m
        system checks           => assessingCancellation confirmation north-tech | deadlineMissed escalationRaised | escalate escalate
        system checks           => nothing
        desk refuses because no => inProgress confirmation north-tech | cancellationRefused |
        system checks           => completed closed north-tech | transitioned |
        ",
    );
}

/// An order whose objects are being made can still be cancelled.
fn provisioning_without_a_point_of_no_return() -> Story {
    let mut changed: Scenario = scenario("connect-individual").clone();
    for stage in &mut changed.stages {
        stage.point_of_no_return = None;
    }
    let (mut story, _) = Story::in_scenario("connect-individual", Box::leak(Box::new(changed)));
    story.goes(&TO_INSTALLATION);
    story.goes(&["tech does installed"]);
    story
}

#[test]
fn what_follows_work_that_was_done_meanwhile_is_made_when_the_order_goes_on() {
    let ways = [
        ("desk asks because moved", "desk refuses because no", "cancellationRefused"),
        ("desk holds because away", "desk resumes", "resumed"),
    ];
    for (stands_still, goes_on, event) in ways {
        let mut story = provisioning_without_a_point_of_no_return();
        story.step(stands_still);
        story.step("system provisions");
        assert_eq!(story.order.stage.code, "provisioning", "{stands_still}");
        let Step::Decided(decision) = story.step(goes_on) else { panic!("{goes_on} is refused") };
        let expected = format!("completed completed north-tech | {event} transitioned |");
        assert_eq!(told(&decision), expected);
        assert!(decision.order.done_meanwhile.is_empty());
    }
}

#[test]
fn what_was_made_meanwhile_is_taken_back_with_the_rest() {
    let mut story = provisioning_without_a_point_of_no_return();
    story.step("desk asks because moved");
    story.step("system provisions");
    let Step::Decided(decision) = story.step("desk grants because so") else {
        panic!("it is refused")
    };
    assert_eq!(
        told(&decision),
        "pendingCancellation provisioning north-tech | cancellationAccepted documentsSuperseded \
         cancellationRequested retirementRequested | retire"
    );
    story.step("system retires");
    assert_eq!(story.order.state.code(), "cancelled");
}

#[test]
fn it_is_explained_who_asked_and_that_an_answer_is_awaited() {
    let (mut story, _) = Story::of("support-individual");
    story.step("desk asks because she moved");
    let (actor, neighbourhood) = (actor("support"), neighbourhood());
    let context = Context {
        now: story.now,
        actor: &actor,
        scenario: scenario("support-individual"),
        neighbourhood: &neighbourhood,
        workforce: None,
        calendars: Calendars::round_the_clock(),
    };
    for (language, who, what) in [
        (Language::En, "desk has asked to cancel it", "she moved. It waits for an answer."),
        (Language::Ru, "desk просит её отменить", "she moved. Она ждёт ответа."),
    ] {
        let explained = explain(&story.order, context, language);
        let told = explained.place.sentences.iter().find(|sentence| sentence.starts_with(who));
        assert!(told.is_some_and(|told| told.ends_with(what)), "{:?}", explained.place.sentences);
        let codes = explained.missing.iter().flat_map(|missing| &missing.obstacles);
        assert!(codes.into_iter().any(|obstacle| obstacle.code == "cancellation-is-assessed"));
    }
}
