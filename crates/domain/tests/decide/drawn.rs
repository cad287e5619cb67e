//! What follows a document that was drawn.

use crate::tell_in;
use oms_domain::effect::EffectKind;
use oms_domain::scenario::{EntryAction, Guard, Scenario, find};

/// A connection whose contract needs nobody who signs it: the order goes on to the installation once it is drawn, with these
/// guards. The stage draws and asks for more than the contract.
fn drawing(guards: &[Guard], draws: &[&str], asks: &[&str]) -> &'static Scenario {
    let mut scenario = find("connect-individual", 3).expect("a scenario").clone();
    let sign = scenario.transitions.iter_mut().find(|it| it.code == "sign").expect("a way on");
    sign.right = None;
    sign.fields.clear();
    sign.automatic_after = Some(EffectKind::Draw);
    sign.guards = guards.to_vec();
    let stage = scenario.stages.iter_mut().find(|it| it.code == "contract").expect("a stage");
    let draw = |template: &&str| EntryAction::Draw { template: (*template).to_owned() };
    stage.on_entry.extend(draws.iter().map(draw));
    stage.documents.extend(asks.iter().map(|kind| (*kind).to_owned()));
    Box::leak(Box::new(scenario))
}

const TO_CONTRACT: &str = "
    registration        => acknowledged registered north-sales | registered routed |
    sales does accept
    tech does feasible
    ";

fn tell(scenario: &'static Scenario, steps: &str) {
    tell_in("connect-individual", scenario, &format!("{TO_CONTRACT}{steps}"));
}

#[test]
fn an_order_that_waits_for_its_document_goes_on_once_it_is_drawn() {
    let one = drawing(&[], &[], &[]);
    tell(
        one,
        "
        desk adds photo          => inProgress contract north-sales | documentUploaded |
        desk adds contract       => inProgress contract north-sales | documentUploaded |
        system draws act         => inProgress contract north-sales | documentDrawn |
        system draws contract    => inProgress installation north-tech | documentDrawn transitioned routed visitNotBooked documentRequested | draw:work-order
        # Drawn anew it leads nowhere from here.
        system draws contract    => inProgress installation north-tech | documentsSuperseded documentDrawn |
        system draws work-order  => inProgress installation north-tech | documentDrawn |
        ",
    );
    // On hold it waits for the end of that.
    tell(
        one,
        "
        desk holds because away  => held contract north-sales | held |
        system draws contract    => held contract north-sales | documentDrawn |
        desk resumes             => inProgress installation north-tech | resumed transitioned routed visitNotBooked documentRequested | draw:work-order
        ",
    );
    // So it does while somebody decides whether it is cancelled, and nothing follows once it is.
    tell(
        one,
        "
        sales asks because moved  => assessingCancellation contract north-sales | cancellationAsked |
        system draws contract     => assessingCancellation contract north-sales | documentDrawn |
        desk refuses because no   => inProgress installation north-tech | cancellationRefused transitioned routed visitNotBooked documentRequested | draw:work-order
        ",
    );
    tell(
        one,
        "
        desk cancels because moved
        system draws contract     => cancelled cancelled north-sales | documentDrawn |
        ",
    );
}

#[test]
fn of_several_documents_the_first_leads_on_unless_a_guard_waits_for_all() {
    tell(
        drawing(&[], &["act"], &[]),
        "
        system draws act         => inProgress installation north-tech | documentDrawn transitioned routed visitNotBooked documentRequested | draw:work-order
        ",
    );
    let all = drawing(&[Guard::Checklist], &["act"], &["act", "passport"]);
    for order in [
        ["system draws act", "system draws contract", "desk adds passport"],
        ["desk adds passport", "system draws contract", "system draws act"],
    ] {
        let [first, second, last] = order;
        let event = if last.starts_with("desk") { "documentUploaded" } else { "documentDrawn" };
        tell(
            all,
            &format!(
                "
                {first}
                {second}
                {last} => inProgress installation north-tech | {event} transitioned routed visitNotBooked documentRequested | draw:work-order
                "
            ),
        );
    }
}

#[test]
fn what_is_declared_drawn_by_hand_leads_on_from_the_stage_that_draws_it() {
    let one = drawing(&[], &[], &[]);
    tell(
        one,
        "
        system fails draw 1      => inProgress contract north-sales | effectFailed |
        admin completes draw 1 because on paper => inProgress installation north-tech | effectCompletedByHand transitioned routed visitNotBooked documentRequested | draw:work-order
        system fails draw 2
        tech does revisit because locked
        tech does feasible
        admin completes draw 2 because on paper => inProgress contract north-sales | effectCompletedByHand |
        ",
    );
}

#[test]
fn a_document_that_comes_after_the_order_was_sent_back_leads_nowhere() {
    tell(
        drawing(&[Guard::Party], &[], &[]),
        r#"
        desk amends {"address":{"house":"14"}} => inProgress feasibility north-tech | amended routed |
        system draws contract
        "#,
    );
}

#[test]
fn what_leaves_by_itself_is_tried_again_when_a_document_is_drawn_late() {
    let mut late = drawing(&[Guard::Checklist], &[], &[]).clone();
    let sign = late.transitions.iter_mut().find(|it| it.code == "sign").expect("a way on");
    sign.automatic_after = None;
    sign.automatic_after_minutes = Some(100);
    tell(
        Box::leak(Box::new(late)),
        "
        after 100m
        system checks            => inProgress contract north-sales | commented |
        after 1m
        system checks            => nothing
        system draws contract    => inProgress contract north-sales | documentDrawn |
        system checks            => inProgress installation north-tech | transitioned routed visitNotBooked documentRequested | draw:work-order
        ",
    );
}
