//! Orders about services that there are already: they are changed and ended in the billing system, and the order goes on.

use crate::stories::{Step, Story, told};
use crate::tables::cases;
use oms_domain::effect::EffectKind;
use oms_domain::provisioning::{BillingObject, BillingStatus};
use oms_domain::scenario::{EntryAction, Scenario};

const NAMED: &str = "service-261124-4801-9375-1";

/// A scenario in which a stage does something in the billing system, and is left once that is done.
fn acting(name: &str, stage: &str, transition: &str, kind: EffectKind) -> &'static Scenario {
    let mut scenario = crate::orders::scenario(name).clone();
    let stage = scenario.stages.iter_mut().find(|it| it.code == stage).expect("a stage");
    stage.on_entry.push(match kind {
        EffectKind::Retire => EntryAction::Retire,
        _ => EntryAction::Provision,
    });
    let transition = scenario.transitions.iter_mut().find(|it| it.code == transition);
    let transition = transition.expect("a transition");
    transition.right = None;
    transition.automatic_after = Some(kind);
    transition.guards.clear();
    Box::leak(Box::new(scenario))
}

fn disconnection() -> Story {
    let scenario = acting("disconnect-individual", "dismantling", "dismantled", EffectKind::Retire);
    Story::in_scenario("disconnect-individual", scenario).0
}

fn change() -> Story {
    let scenario =
        acting("change-individual", "reconfiguration", "reconfigured", EffectKind::Provision);
    Story::in_scenario("change-individual", scenario).0
}

/// Steps with what they come to: `step => state stage division | events | effects`.
fn goes(story: &mut Story, table: &str) {
    for line in cases(table) {
        let (step, expected) = line.split_once("=>").unwrap_or_else(|| panic!("{line}"));
        let found = match story.step(step.trim()) {
            Step::Time => String::new(),
            Step::Decided(decision) => told(&decision),
            Step::Rejected(rejection) => format!("! {}", rejection.code()),
        };
        assert_eq!(found, expected.trim(), "{line}");
    }
}

fn objects(story: &Story) -> Vec<(&str, bool)> {
    let is_retired = |object: &BillingObject| object.status == BillingStatus::Retired;
    let objects = story.order.billing_objects.iter();
    objects.map(|object| (object.key.as_str(), is_retired(object))).collect()
}

#[test]
fn a_disconnection_that_names_nothing_is_mended_past_the_point_of_no_return_and_goes_on() {
    let mut story = disconnection();
    goes(
        &mut story,
        r#"
        sales does accept  => inProgress dismantling north-tech | transitioned routed documentRequested retirementRequested | draw:work-order retire
        system fails retire => inProgress dismantling north-tech | effectFailed |
        desk amends {"address":{"house":"14"}} => ! amendment-past-point-of-no-return
        desk amends {"items":[{"id":"1","service":"telephony","action":"delete","serviceId":"service-261124-4801-9375-1"}]} => ! amendment-past-point-of-no-return
        desk amends {"items":[{"id":"1","service":"internet","action":"delete","tariff":"home-300","serviceId":"service-261124-4801-9375-9"}]} => inProgress dismantling north-tech | amended |
        desk amends {"items":[{"id":"1","service":"internet","action":"delete","tariff":"home-300","serviceId":"service-261124-4801-9375-1"}]} => inProgress dismantling north-tech | amended |
        admin repairs because it is named now => inProgress dismantling north-tech | effectRetried |
        system retires => completed completed north-tech | retired transitioned |
        "#,
    );
    assert_eq!(objects(&story), [(NAMED, true), ("access-261124-4801-9375-1", true)]);
    assert!(story.order.billing_objects.iter().all(|object| !object.id.is_empty()));
    assert!(story.order.services.is_empty());
}

#[test]
fn what_an_amendment_retires_moves_no_order_and_what_a_person_did_by_hand_does() {
    for (end, expected) in [
        ("system retires", "completed completed north-tech | retired transitioned |"),
        (
            "admin completes retire because done there",
            "completed completed north-tech | effectCompletedByHand transitioned |",
        ),
    ] {
        let mut story = disconnection();
        story.goes(&["sales does accept"]);
        goes(&mut story, "system retires a part => inProgress dismantling north-tech | retired |");
        goes(&mut story, &format!("{end} => {expected}"));
    }
}

const NAMES: &str = r#"desk amends {"items":[{"id":"1","service":"internet","action":"modify","tariff":"home-100","serviceId":"service-261124-4801-9375-1"}]}"#;

#[test]
fn a_change_goes_on_with_the_service_on_its_new_plan() {
    let mut story = change();
    story.goes(&[NAMES]);
    goes(
        &mut story,
        r#"
        sales does accept => inProgress reconfiguration north-tech | transitioned routed documentRequested provisioningRequested | draw:work-order provision
        system provisions => pending confirmation north-support | provisioned transitioned routed |
        desk amends {"items":[{"id":"1","service":"internet","action":"modify","tariff":"home-100","serviceId":"service-261124-4801-9375-9"}]} => ! amendment-past-point-of-no-return
        "#,
    );
    assert_eq!(objects(&story), [("home-100", false), (NAMED, false)]);
    let service = &story.order.services[0];
    assert_eq!((service.key.as_str(), service.tariff.as_deref()), (NAMED, Some("home-100")));
}

#[test]
fn a_cancelled_change_leaves_what_is_anothers() {
    let mut story = change();
    story.goes(&[NAMES, "sales does accept", "desk holds because he is away", "system provisions"]);
    goes(
        &mut story,
        "desk cancels because he stays with it => cancelled cancelled north-tech | cancelled |",
    );
    assert_eq!(objects(&story), [("home-100", false), (NAMED, false)]);
}

#[test]
fn what_a_provisioning_made_before_it_failed_is_taken_back_with_the_order() {
    let mut scenario = crate::orders::scenario("connect-individual").clone();
    let stage = scenario.stages.iter_mut().find(|stage| stage.code == "provisioning");
    stage.expect("a stage").point_of_no_return = None;
    let scenario = Box::leak(Box::new(scenario));
    let mut story = Story::in_scenario("connect-individual", scenario).0;
    story.goes(&crate::stories::TO_INSTALLATION);
    story.goes(&["tech does installed", "system fails provision"]);
    goes(
        &mut story,
        "
        desk cancels because he moved => pendingCancellation provisioning north-tech | documentsSuperseded cancellationRequested retirementRequested | retire
        system retires                => cancelled cancelled north-tech | retired cancelled |
        ",
    );
    let retired = objects(&story);
    assert_eq!(retired.len(), 5, "{retired:?}");
    assert!(retired.iter().all(|(_, is_retired)| *is_retired), "{retired:?}");
}
