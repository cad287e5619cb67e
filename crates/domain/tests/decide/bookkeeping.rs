//! What people and executors note on an order, and how the history tells it.

use crate::orders::{actor, form, neighbourhood, registered, scenario};
use crate::stories::{Step, Story, TO_INSTALLATION};
use crate::tell;
use oms_domain::calendar::Calendars;
use oms_domain::decide::{Command, Context, Decision, decide};
use oms_domain::event::{Event, EventType};
use oms_domain::order::Order;
use oms_domain::provisioning::BillingStatus;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

fn decided(story: &mut Story, step: &str) -> Decision {
    match story.step(step) {
        Step::Decided(decision) => *decision,
        Step::Time => panic!("{step} only moves the clock"),
        Step::Rejected(rejection) => panic!("{step}: {rejection}"),
    }
}

fn last(decision: &Decision) -> &Event {
    decision.events.last().expect("an event")
}

#[test]
fn an_order_is_given_to_somebody_and_loses_him_when_it_goes_to_another_division() {
    tell(
        "connect-individual",
        "
        registration         => acknowledged registered north-sales | registered routed |
        desk gives olim      => acknowledged registered north-sales | assigned |
        desk gives olim      => nothing
        desk gives anvar     => acknowledged registered north-sales | assigned |
        desk takes           => acknowledged registered north-sales | assigned |
        desk takes           => nothing
        desk gives olim      => acknowledged registered north-sales | assigned |
        sales does accept    => inProgress feasibility north-tech | transitioned routed |
        desk takes           => nothing
        ",
    );
}

#[test]
fn comments_are_kept_each_time_also_afterwards() {
    tell(
        "support-individual",
        "
        registration               => acknowledged registered north-tech | registered routed |
        desk says he called        => acknowledged registered north-tech | commented |
        desk says he called        => acknowledged registered north-tech | commented |
        desk cancels because moved => cancelled cancelled north-tech | cancelled |
        desk says he called again  => cancelled cancelled north-tech | commented |
        ",
    );
}

#[test]
fn the_same_document_twice_is_one_document() {
    tell(
        "support-individual",
        "
        registration            => acknowledged registered north-tech | registered routed |
        desk adds passport      => acknowledged registered north-tech | documentUploaded |
        desk repeats            => nothing
        desk adds passport      => acknowledged registered north-tech | documentUploaded |
        system draws contract   => acknowledged registered north-tech | documentDrawn |
        desk holds because away => held registered north-tech | held |
        system draws contract   => held registered north-tech | documentsSuperseded documentDrawn |
        desk adds photo         => held registered north-tech | documentUploaded |
        desk cancels because no => cancelled cancelled north-tech | cancelled |
        desk adds act           => cancelled cancelled north-tech | documentUploaded |
        ",
    );
}

#[test]
fn fallout_marks_the_order_until_a_person_has_decided() {
    let ends = [
        ("admin repairs because the line is back", EventType::EffectRetried),
        ("admin completes draw because on paper", EventType::EffectCompletedByHand),
        ("admin abandons because not needed", EventType::EffectGivenUp),
    ];
    for (step, event_type) in ends {
        let (mut story, registration) = Story::of("support-individual");
        assert!(!registration.order.has_fallout);
        let failed = decided(&mut story, "system fails draw");
        assert!(failed.order.has_fallout);
        assert_eq!(last(&failed).event_type, EventType::EffectFailed);
        assert_eq!(last(&failed).data["error"], "refused");
        let mended = decided(&mut story, step);
        assert!(!mended.order.has_fallout, "{step}");
        assert_eq!(last(&mended).event_type, event_type, "{step}");
        assert!(last(&mended).comment.is_some(), "{step}: the reason is kept");
    }
}

/// What happens, and whether somebody must still look at the order.
const SEVERAL_FALLOUTS: &str = "
    system fails draw 1                      | yes
    system fails draw 1                      | yes
    system fails provision 1                 | yes
    admin repairs draw 1 because so          | yes
    admin completes provision 1 because so   | no
    system fails provision 1                 | yes
    system fails draw 1                      | yes
    admin abandons provision 1 because so    | yes
    system draws contract                    | yes
    admin completes draw 1 because so        | no
";

#[test]
fn of_several_fallouts_each_marks_the_order_until_it_is_decided() {
    let (mut story, _) = Story::of("connect-individual");
    story.goes(&TO_INSTALLATION);
    story.goes(&["tech does installed"]);
    for line in crate::tables::cases(SEVERAL_FALLOUTS) {
        let (step, marked) = line.split_once('|').expect("a step and a mark");
        story.goes(&[step.trim()]);
        assert_eq!(story.order.has_fallout, marked.trim() == "yes", "{line}");
        let answer = story.order.to_api();
        assert_eq!(
            (&answer["hasFallout"], answer.get("fallout")),
            (&json!(story.order.has_fallout), None)
        );
    }
}

#[test]
fn a_fallout_of_an_order_that_was_stored_before_they_were_counted_marks_it_until_it_is_decided() {
    let (mut story, _) = Story::of("connect-individual");
    story.goes(&["system fails draw"]);
    let mut stored = serde_json::to_value(&story.order).expect("it is written");
    stored.as_object_mut().expect("an object").remove("fallout");
    let order: Order = serde_json::from_value(stored).expect("it is read");
    assert!(order.has_fallout);
    let (actor, neighbourhood) = (actor("admin"), neighbourhood());
    let context = Context {
        now: story.now,
        actor: &actor,
        scenario: scenario("connect-individual"),
        neighbourhood: &neighbourhood,
        workforce: None,
        calendars: Calendars::round_the_clock(),
    };
    let (effect, reason) = (format!("{}.1", order.id), "so".to_owned());
    let decision = decide(&order, Command::RetryEffect { effect, reason }, context);
    assert!(!decision.expect("it is decided").order.has_fallout);
}

#[test]
fn a_provisioning_that_was_declared_done_by_hand_lets_the_order_go_on() {
    let way = "
        registration          => acknowledged registered north-sales | registered routed |
        sales does accept
        tech does feasible
        system draws contract
        sales does sign
        system draws work-order
        tech does installed   => inProgress provisioning north-tech | transitioned provisioningRequested | provision
        system fails provision => inProgress provisioning north-tech | effectFailed |
        ";
    let by_hand = "admin completes provision because done in the billing system \
        => completed completed north-tech | effectCompletedByHand transitioned |";
    tell("connect-individual", &format!("{way}\n{by_hand}"));
    // Another effect that is declared done moves nothing.
    let other = "admin completes draw because on paper => inProgress provisioning north-tech | effectCompletedByHand |";
    tell("connect-individual", &format!("{way}\n{other}"));
    // While on hold the order stays where it is.
    let held = "
        desk holds because away => held provisioning north-tech | held |
        system provisions       => held provisioning north-tech | provisioned |
        ";
    tell("connect-individual", &format!("{way}\n{held}"));
}

#[test]
fn provisioned_objects_are_known_once_and_become_services() {
    let (mut story, _) = Story::of("connect-individual");
    let first = decided(&mut story, "system provisions");
    let again = decided(&mut story, "system provisions");
    assert_eq!(first.order.billing_objects, again.order.billing_objects);
    let kinds: Vec<String> = first
        .order
        .billing_objects
        .iter()
        .map(|object| serde_json::to_value(object.kind).expect("a word").to_string())
        .collect();
    let expected = [
        "\"domain\"",
        "\"customer\"",
        "\"contract\"",
        "\"personalAccount\"",
        "\"billingPlan\"",
        "\"accessPoint\"",
        "\"service\"",
    ];
    assert_eq!(kinds, expected);
    let services: Vec<_> =
        first.order.services.iter().map(|service| service.key.as_str()).collect();
    assert_eq!(services, [format!("service-{}-1", first.order.number)]);

    let retired = decided(&mut story, "system retires");
    let left: Vec<_> = retired
        .order
        .billing_objects
        .iter()
        .filter(|object| object.status == BillingStatus::Active)
        .map(|object| object.key.as_str())
        .collect();
    assert_eq!(left, ["north-tech", "home-300"], "what belongs to the operator stays");
    assert!(oms_domain::provisioning::retirement(&retired.order).is_empty());
}

#[test]
fn the_history_says_who_did_what_when_and_why() {
    let (mut story, registration) = Story::of("connect-individual");
    let told: Vec<(&str, i64)> =
        registration.events.iter().map(|event| (event.actor.as_str(), event.sequence)).collect();
    assert_eq!(told, [("admin", 1), ("admin", 2)]);
    story.step("after 30m");
    let decision = decided(&mut story, "sales does refuse because he owes us");
    let event = last(&decision);
    assert_eq!(event.actor, "sales");
    assert_eq!(event.at, story.now);
    assert_eq!(event.summary, "Refuse: from Registered to Refused.");
    assert_eq!(event.comment.as_deref(), Some("he owes us"));
    let expected = json!({
        "transition": "refuse", "from": "registered", "to": "rejected", "fields": {},
        "scenario": "connect-individual", "workingMinutes": 30,
    });
    assert_eq!(event.data, expected);
    assert_eq!(decision.order.closed_at, Some(story.now));
}

#[test]
fn fields_of_a_transition_are_kept_with_the_order_and_later_ones_replace_them() {
    let (mut story, _) = Story::of("support-individual");
    decided(&mut story, "support does solved cause=line");
    assert_eq!(story.order.fields["cause"], "line");
    decided(&mut story, "support does rework because dead again");
    assert_eq!(story.order.fields["cause"], "line");
    decided(&mut story, "support does solved cause=equipment");
    assert_eq!(story.order.fields["cause"], "equipment");
}

#[test]
fn an_imported_order_takes_up_its_date_and_stage() {
    let mut imported = form("import");
    imported["imported"]["registeredAt"] = "2015-04-22T21:59:40-04:00".into();
    imported["imported"]["status"] = "Solved".into();
    // stage named, state, closed
    let table = [
        (None, "registered", "acknowledged", false),
        (Some("repair"), "repair", "inProgress", false),
        (Some("closed"), "closed", "completed", true),
    ];
    for (stage, expected_stage, state, closed) in table {
        imported["imported"]["stage"] = stage.map_or(serde_json::Value::Null, Into::into);
        let decision = registered(&imported, scenario("support-individual"));
        let order = &decision.order;
        assert_eq!(order.stage.code, expected_stage);
        assert_eq!(order.state.code(), state);
        assert_eq!(order.registered_at.to_string(), "2015-04-23T01:59:40.000Z");
        assert_eq!(order.stage.entered_at, order.registered_at);
        assert_eq!(order.closed_at, closed.then_some(order.registered_at));
        assert_eq!(order.next_check_at().is_none(), closed);
        assert_eq!(decision.events[0].event_type, EventType::Imported);
        assert_eq!(decision.events[0].data["status"], "Solved");
        assert!(decision.effects.is_empty(), "nothing is drawn or told for the past");
    }
}

#[test]
fn the_answer_shows_what_people_need_and_not_what_has_a_route_of_its_own() {
    let (story, _) = Story::of("connect-individual");
    let answer = story.order.to_api();
    for name in
        ["id", "number", "revision", "state", "stage", "scenario", "division", "registeredAt"]
    {
        assert!(answer.get(name).is_some(), "{name} is missing");
    }
    for name in ["assignee", "updatedAt", "closedAt", "services", "party", "address", "items"] {
        assert!(answer.get(name).is_some(), "{name} is missing");
    }
    for name in ["routing", "documents", "billingObjects", "escalated", "lastEvent", "version"] {
        assert!(answer.get(name).is_none(), "{name} is in the answer");
    }
    let more = to_raw_value("soon").expect("a text");
    let text = story.order.to_api_text(&[("projectedDate", &more)]).expect("an order is written");
    let mut expected = answer;
    expected["projectedDate"] = json!("soon");
    let read: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(read, expected, "as text it is the same");
}
