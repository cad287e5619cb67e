//! What the billing system has done, or is to do, when the order has changed or moved meanwhile.

use crate::stories::{Step, Story};
use crate::{tell_in, tell_newest};
use oms_domain::decide::{Command, Decision};
use oms_domain::effect::{Effect, EffectKind};
use oms_domain::provisioning::{BillingObject, BillingStatus, ObjectName};
use oms_domain::provisioning::{named_obsolete, plan};
use oms_domain::scenario::{self, Scenario};
use serde_json::{Value, json};

const NAMES: &str = r#"{"items":[{"id":"1","service":"internet","action":"delete","tariff":"home-300","serviceId":"service-261124-4801-9375-1"}]}"#;

fn begun(code: &str, version: u32, steps: &[&str]) -> Story {
    let scenario = scenario::find(code, version).expect("a scenario");
    let (mut story, _) = Story::in_scenario(code, scenario);
    story.goes(steps);
    story
}

fn decision_of(step: Step) -> Box<Decision> {
    match step {
        Step::Decided(decision) => decision,
        Step::Rejected(rejection) => panic!("{rejection}"),
        Step::Time => panic!("no decision"),
    }
}

fn decided(story: &mut Story, step: &str) -> Box<Decision> {
    decision_of(story.step(step))
}

fn reported(story: &mut Story, command: Command) -> Box<Decision> {
    decision_of(story.take("system", command))
}

fn asked(decision: &Decision) -> Effect {
    decision.effects.last().expect("an effect").clone()
}

fn is_outdated(story: &Story, effect: &Effect) -> bool {
    oms_domain::provisioning::is_outdated(&story.order, &effect.id, &effect.payload)
}

/// A disconnection that waits for billing, and what it has asked there.
fn to_deactivation() -> (Story, Effect) {
    let mut story = begun(
        "disconnect-individual",
        2,
        &[&format!("desk amends {NAMES}"), "sales does accept", "system draws work-order"],
    );
    let decision = decided(&mut story, "tech does dismantled");
    (story, asked(&decision))
}

fn names(names: &[ObjectName]) -> Vec<&str> {
    names.iter().map(|name| name.key.as_str()).collect()
}

#[test]
fn what_a_stage_asked_for_is_not_done_any_more_once_the_order_was_sent_back() {
    let (mut story, first) = to_deactivation();
    assert!(!is_outdated(&story, &first), "it is what the stage waits for");
    story.goes(&["after 5m", "tech does back-to-dismantling because the line is needed"]);
    assert!(is_outdated(&story, &first), "the customer may stay");
    // Here again, the stage has asked anew.
    story.goes(&["after 5m", "system draws work-order"]);
    let second = asked(&decided(&mut story, "tech does dismantled"));
    assert!(is_outdated(&story, &first) && !is_outdated(&story, &second));
    story.goes(&["system retires"]);
    assert_eq!(story.order.stage.code, "completed");
    assert!(is_outdated(&story, &first));
}

/// Goes on from its deactivation without waiting for the billing system.
fn hasty() -> &'static Scenario {
    let mut hasty = scenario::find("disconnect-individual", 2).expect("a scenario").clone();
    let way = |it: &&mut scenario::Transition| it.automatic_after == Some(EffectKind::Retire);
    let way = hasty.transitions.iter_mut().find(way).expect("a way on");
    way.automatic_after = None;
    way.code = "go-on".to_owned();
    way.right = Some(oms_domain::rights::Right::OrdersSales);
    Box::leak(Box::new(hasty))
}

#[test]
fn what_a_stage_asked_for_is_done_though_a_hasty_scenario_has_gone_on_without_it() {
    let (mut story, _) = Story::in_scenario("disconnect-individual", hasty());
    story.goes(&[&format!("desk amends {NAMES}"), "sales does accept", "system draws work-order"]);
    let effect = asked(&decided(&mut story, "tech does dismantled"));
    story.goes(&["sales does go-on"]);
    assert_eq!(story.order.stage.code, "completed");
    assert!(!is_outdated(&story, &effect), "else the service ran for ever");
}

#[test]
fn what_no_stage_asked_for_is_never_outdated() {
    let (story, effect) = to_deactivation();
    let without_stage = Effect { id: "another".to_owned(), payload: Value::Null, ..effect };
    assert!(!is_outdated(&story, &without_stage));
}

#[test]
fn an_effect_that_is_outdated_is_told_in_the_history_and_moves_nothing() {
    let (mut story, _) = to_deactivation();
    let decision = reported(&mut story, Command::EffectOutdated { effect: "x.7".to_owned() });
    let event = &decision.events[0];
    assert_eq!(event.summary, "Not done: the order was sent back meanwhile.");
    assert_eq!(event.data, json!({ "effect": "x.7" }));
    assert_eq!(decision.order.stage.code, "deactivation");
    assert!(decision.effects.is_empty());
}

#[test]
fn what_a_cancelled_order_has_asked_for_is_never_outdated() {
    let mut story = begun(
        "connect-legal",
        3,
        &[
            "sales does accept",
            "tech finishes site-survey",
            "tech finishes access-design",
            "tech does feasible",
            "sales finishes credit-check",
            "sales does offer-accepted",
            "system draws contract",
            "sales does sign",
            "system draws work-order",
            "tech finishes cabling",
            "tech finishes equipment",
            "tech finishes measurement",
        ],
    );
    let effect = asked(&decided(&mut story, "tech does installed"));
    story.goes(&["desk cancels at its price because he moved"]);
    assert!(!is_outdated(&story, &effect));
    // What was made before is taken back, and the subscriber never had a service.
    let decision = decided(&mut story, "system provisions");
    assert!(decision.order.services.is_empty());
}

#[test]
fn a_service_that_was_named_while_another_was_ended_is_ended_as_well() {
    let (mut story, _) = to_deactivation();
    let ended = |key: &str| BillingObject {
        kind: oms_domain::provisioning::BillingObjectKind::Service,
        key: key.to_owned(),
        id: "BM-1".to_owned(),
        status: BillingStatus::Retired,
    };
    story.goes(&[&format!("desk amends {}", NAMES.replace("9375-1", "9375-2"))]);
    let objects = vec![ended("service-261124-4801-9375-1")];
    let decision = reported(&mut story, Command::Retired { objects, is_partial: false });
    assert_eq!(decision.order.stage.code, "deactivation", "the named one still runs");
    assert_eq!(decision.effects.len(), 1);
    let objects = vec![ended("service-261124-4801-9375-2")];
    let decision = reported(&mut story, Command::Retired { objects, is_partial: false });
    assert_eq!(decision.order.stage.code, "completed");
}

#[test]
fn what_an_amendment_leaves_over_is_retired_though_nobody_knows_whether_it_was_made() {
    let two = r#"{"items":[{"id":"1","service":"internet","action":"add","tariff":"home-300"},{"id":"2","service":"telephony","action":"add","tariff":"phone-basic"}]}"#;
    let mut story = begun("connect-individual", 3, &[&format!("desk amends {two}")]);
    story.goes(&["sales does accept", "tech does feasible", "system draws contract"]);
    story.goes(&["sales does sign", "system draws work-order", "tech does installed"]);
    let made = plan(&story.order);
    story.goes(&["tech does back-to-installation because of the port"]);
    assert_eq!(made.iter().filter(|object| object.key.ends_with("-2")).count(), 2);

    let mut before = story.order.clone();
    before.items.truncate(1);
    let left = oms_domain::provisioning::obsolete(&before, &made);
    let number = &before.number;
    let expected = [format!("service-{number}-2"), format!("access-{number}-2")];
    assert_eq!(names(&left), expected);
    let payload = json!({ "objects": left });
    let read = |order: &oms_domain::order::Order, payload: &Value| {
        named_obsolete(order, payload).expect("names")
    };
    assert_eq!(read(&before, &payload).map(|it| it.len()), Some(2));
    assert_eq!(read(&story.order, &payload).map(|it| it.len()), Some(0), "wanted once more");
    assert_eq!(read(&before, &json!(null)), None, "all that is to be retired");
    assert!(named_obsolete(&before, &json!({ "objects": ["service"] })).is_err());
}

/// A connection that comes to its activation for the second time, with what it asked for the first time still undone.
const ACTIVATED_TWICE: &str = "
    registration                => acknowledged registered north-sales | registered routed |
    sales does accept
    tech does feasible
    system draws contract
    sales does sign
    system draws work-order
    tech does installed         => inProgress provisioning north-tech | transitioned provisioningRequested | provision
    system fails provision 1    => inProgress provisioning north-tech | effectFailed |
    tech does back-to-installation because of the port
    admin completes provision 1 because it is there => inProgress installation north-tech | effectCompletedByHand |
    system draws work-order
    tech does installed         => inProgress provisioning north-tech | transitioned provisioningRequested | provision
    ";

#[test]
fn what_is_declared_done_by_hand_leads_on_only_from_the_stage_that_asked_for_it() {
    let newest = scenario::find("connect-individual", 3).expect("a scenario");
    let told =
        |rest: &str| tell_in("connect-individual", newest, &format!("{ACTIVATED_TWICE}{rest}"));
    told(
        "
        admin completes provision 1 because it is there => inProgress provisioning north-tech | effectCompletedByHand |
        system fails provision 2
        admin completes provision 2 because it is there => completed completed north-tech | effectCompletedByHand transitioned |
        ",
    );
    // Of an order that was stored before its stages were kept with what they ask for.
    told(
        "
        admin completes provision because it is there => completed completed north-tech | effectCompletedByHand transitioned |
        ",
    );
}

#[test]
fn what_a_hasty_scenario_has_left_behind_does_not_lead_on_a_later_stage() {
    let (mut story, _) = Story::in_scenario("disconnect-individual", hasty_twice());
    story.goes(&[&format!("desk amends {NAMES}"), "sales does accept", "system draws work-order"]);
    story.goes(&["tech does dismantled", "sales does go-on"]);
    assert_eq!(story.order.stage.code, "second");
    story.goes(&["admin completes retire 1 because it is off"]);
    assert_eq!(story.order.stage.code, "second", "it waits for what it has asked for itself");
    story.goes(&["admin completes retire 2 because it is off"]);
    assert_eq!(story.order.stage.code, "completed");
}

/// Retires twice, and waits for the second time only.
fn hasty_twice() -> &'static Scenario {
    let mut hasty = scenario::find("disconnect-individual", 2).expect("a scenario").clone();
    let place = hasty.place("deactivation").expect("a stage");
    let second = scenario::Stage { code: "second".to_owned(), ..hasty.stages[place].clone() };
    hasty.stages.insert(place + 1, second);
    let way = |it: &scenario::Transition| it.automatic_after == Some(EffectKind::Retire);
    let last = hasty.transitions.iter().find(|it| way(it)).expect("a way on").clone();
    let first = hasty.transitions.iter_mut().find(|it| way(it)).expect("a way on");
    first.automatic_after = None;
    first.code = "go-on".to_owned();
    first.to = "second".to_owned();
    first.right = Some(oms_domain::rights::Right::OrdersSales);
    hasty.transitions.push(scenario::Transition { from: vec!["second".to_owned()], ..last });
    Box::leak(Box::new(hasty))
}

#[test]
fn a_part_that_is_retired_ends_no_stage_and_no_cancellation() {
    let two = r#"{"items":[{"id":"1","service":"internet","action":"add","tariff":"home-300"},{"id":"2","service":"telephony","action":"add","tariff":"phone-basic"}]}"#;
    let one = r#"{"items":[{"id":"1","service":"internet","action":"add","tariff":"home-300"}]}"#;
    let begun = |rest: &str| {
        let steps = format!(
            "
            registration                => acknowledged registered north-sales | registered routed |
            desk amends {two}
            sales does accept
            tech finishes site-survey
            tech finishes access-design
            tech does feasible
            sales finishes credit-check
            sales does offer-accepted
            system draws contract
            sales does sign
            system draws work-order
            tech finishes cabling
            tech finishes equipment
            tech finishes measurement
            tech does installed
            system provisions
            desk amends {one} at its price
            {rest}
            "
        );
        tell_newest("connect-legal", &steps);
    };
    let cancelled = "
        system fails retire 1       => inProgress contract north-sales | effectFailed |
        desk cancels because moved  => pendingCancellation contract north-sales | cancellationRequested retirementRequested | retire
        ";
    begun(&format!(
        "{cancelled}
        admin completes retire 1 because it is off => pendingCancellation contract north-sales | effectCompletedByHand |
        system retires a part       => pendingCancellation contract north-sales | retired |
        system retires              => cancelled cancelled north-sales | retired cancelled |
        "
    ));
    begun(&format!(
        "{cancelled}
        system fails retire 2
        admin completes retire 2 because it is off => cancelled cancelled north-sales | effectCompletedByHand cancelled |
        "
    ));
    let (mut story, _) = to_deactivation();
    let payload = json!({ "objects": [] });
    let (effect, reason) = ("x.7".to_owned(), "it is off".to_owned());
    let command = Command::CompleteEffect { effect, kind: EffectKind::Retire, payload, reason };
    let decision = decision_of(story.take("admin", command));
    assert_eq!(decision.order.stage.code, "deactivation", "its service still runs");
}
