//! A running order goes on by another scenario, or stays and says why.

use crate::orders::{MORNING, actor, neighbourhood, scenario};
use crate::stories::{Step, Story};
use oms_domain::decide::{Command, Context, Decision, decide, explain};
use oms_domain::effect::EffectKind;
use oms_domain::event::EventType;
use oms_domain::order::{Order, OrderState, TaskState};
use oms_domain::party::{Language, PartyType};
use oms_domain::rejection::Rejection;
use oms_domain::scenario::{PointOfNoReturn, Scenario, Stage, default_ladder};
use oms_domain::time::Instant;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The order after some steps.
fn order_after(name: &str, steps: &[&str]) -> (Order, Instant) {
    let (mut story, _) = Story::of(name);
    for step in steps {
        if let Step::Rejected(rejection) = story.step(step) {
            panic!("{step}: {rejection}");
        }
    }
    (story.order, story.now)
}

/// The next version of a scenario, changed.
fn next_version(name: &str, change: impl FnOnce(&mut Scenario)) -> Scenario {
    let mut next = Scenario { version: 2, ..scenario(name).clone() };
    change(&mut next);
    next
}

fn stage<'a>(scenario: &'a mut Scenario, code: &str) -> &'a mut Stage {
    scenario.stages.iter_mut().find(|stage| stage.code == code).expect("a stage")
}

fn migrate(
    order: &Order,
    now: Instant,
    role: &str,
    to: &Scenario,
    stages: &[(&str, &str)],
) -> Result<Decision, Rejection> {
    migrate_from(scenario(&order.scenario.code), order, now, role, to, stages)
}

fn migrate_from(
    from: &Scenario,
    order: &Order,
    now: Instant,
    role: &str,
    to: &Scenario,
    stages: &[(&str, &str)],
) -> Result<Decision, Rejection> {
    let stages: BTreeMap<String, String> =
        stages.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
    let (actor, neighbourhood) = (actor(role), neighbourhood());
    let context = Context {
        now,
        actor: &actor,
        scenario: from,
        neighbourhood: &neighbourhood,
        calendars: oms_domain::calendar::Calendars::round_the_clock(),
        workforce: None,
    };
    let to = Arc::new(to.clone());
    decide(order, Command::MigrateScenario { to, stages }, context)
}

const SURVEYED: [&str; 3] =
    ["sales does accept", "tech finishes site-survey", "sales finishes credit-check"];

#[test]
fn an_order_goes_on_where_it_is_and_keeps_its_deadline_and_what_is_done() {
    let (order, now) = order_after("connect-legal", &[&SURVEYED[..], &["after 30m"]].concat());
    let to = next_version("connect-legal", |next| {
        let tasks = &mut stage(next, "feasibility").tasks;
        let mut roof = tasks[0].clone();
        roof.code = "roof".to_owned();
        // The credit check is nobody's task any more, the roof is a new one.
        tasks.retain(|task| task.code != "credit-check");
        tasks.push(roof);
        stage(next, "feasibility").deadline_minutes = Some(1);
    });
    let decision = migrate(&order, now, "admin", &to, &[]).expect("it is moved");
    let moved = &decision.order;
    assert_eq!((moved.scenario.code.as_str(), moved.scenario.version), ("connect-legal", 2));
    assert_eq!(moved.stage, order.stage, "the deadline is that of before");
    assert_eq!((moved.state, &moved.division), (OrderState::InProgress, &order.division));
    assert_eq!(moved.version, order.version + 1);
    let states: Vec<(&str, TaskState)> =
        moved.tasks.iter().map(|task| (task.code.as_str(), task.state)).collect();
    let expected = [
        ("site-survey", TaskState::Done),
        ("access-design", TaskState::Open),
        ("roof", TaskState::Open),
        ("credit-check", TaskState::Done),
    ];
    assert_eq!(states, expected);
    assert_eq!(moved.tasks[0].completed_by, Some("tech".to_owned()));
    let event = decision.events.first().expect("an event");
    assert_eq!((event.event_type, decision.effects.len()), (EventType::ScenarioMigrated, 0));
    let losses = json!({
        "fields": [], "tasks": [], "documents": [], "newTasks": ["roof"], "missingDocuments": []
    });
    assert_eq!(event.data["losses"], losses);
    // Once more is nothing new.
    let again = migrate(moved, now, "admin", &to, &[]).expect("it is there already");
    assert!(again.is_empty());
}

#[test]
fn a_stage_is_named_for_an_order_whose_own_is_gone() {
    let (order, now) = order_after("connect-legal", &SURVEYED);
    let to = next_version("connect-legal", |next| {
        stage(next, "feasibility").code = "survey".to_owned();
        stage(next, "survey").division_kind = Some("sales".to_owned());
        stage(next, "survey").tasks.truncate(1);
    });
    let unmapped = migrate(&order, now, "admin", &to, &[]);
    assert!(matches!(unmapped, Err(Rejection::StageUnknown { .. })), "{unmapped:?}");
    let decision = migrate(&order, now, "admin", &to, &[("feasibility", "survey")]);
    let decision = decision.expect("it is moved");
    assert_eq!(decision.order.stage.code, "survey");
    assert_eq!(decision.order.stage.due_at, order.stage.due_at);
    assert_eq!(decision.order.division.code, "north-sales", "another kind of division");
    assert_eq!(decision.order.stages_entered, ["registered", "survey"]);
    let losses = &decision.events[0].data["losses"];
    assert_eq!(losses["tasks"], json!(["access-design"]), "not done, and nobody's any more");
}

#[test]
fn a_hold_and_what_is_left_of_the_deadline_survive() {
    let steps = [&SURVEYED[..], &["after 30m", "desk holds for 600m because weather"]].concat();
    let (order, now) = order_after("connect-legal", &steps);
    let to = next_version("connect-legal", |_| {});
    let decision = migrate(&order, now, "admin", &to, &[]).expect("it is moved");
    assert_eq!(decision.order.hold, order.hold);
    assert!(decision.order.hold.as_ref().is_some_and(|hold| hold.remaining_working_ms.is_some()));
    assert_eq!(decision.order.state, OrderState::Held);
    assert_eq!(decision.order.next_check_at(), order.next_check_at());
}

#[test]
fn what_does_not_fit_stays_and_says_why() {
    let accepted = order_after("connect-individual", &["sales does accept"]);
    let cancelled = order_after("connect-individual", &["desk cancels because moved"]);
    let contract = order_after("connect-individual", &["sales does accept", "tech does feasible"]);
    let plain = next_version("connect-individual", |_| {});
    let legal = next_version("connect-individual", |next| {
        next.party_type = Some(PartyType::LegalEntity);
    });
    let free = next_version("connect-individual", |next| {
        stage(next, "contract").compensation.clear();
    });
    let cases: [(&(Order, Instant), &str, &Scenario, &[(&str, &str)], &str); 6] = [
        (&accepted, "sales", &plain, &[], "right-missing"),
        (&cancelled, "admin", &plain, &[], "order-is-closed"),
        (&accepted, "admin", &legal, &[], "scenario-for-others"),
        (&accepted, "admin", scenario("support-individual"), &[], "scenario-for-others"),
        (&accepted, "admin", &plain, &[("feasibility", "rejected")], "stage-closes"),
        (&contract, "admin", &free, &[], "compensation-would-be-missing"),
    ];
    for ((order, now), role, to, stages, expected) in cases {
        let outcome = migrate(order, *now, role, to, stages).map(|decision| decision.order.stage);
        assert_eq!(outcome.map_err(|rejection| rejection.code()), Err(expected));
    }
}

#[test]
fn an_order_past_the_point_of_no_return_waits_for_its_system_in_a_stage_that_does_too() {
    let (mut order, now) = order_after("connect-individual", &["sales does accept"]);
    order.stage.code = "provisioning".to_owned();
    order.stages_entered.push("provisioning".to_owned());
    let soft = next_version("connect-individual", |next| {
        stage(next, "provisioning").point_of_no_return = None;
    });
    let code = |outcome: Result<Decision, Rejection>| outcome.map_err(|it| it.code()).err();
    let outcome = migrate(&order, now, "admin", &soft, &[]);
    assert_eq!(code(outcome), Some("point-of-no-return-missing"));
    let by_hand = next_version("connect-individual", |next| {
        for way in &mut next.transitions {
            way.automatic_after = None;
        }
    });
    let outcome = migrate(&order, now, "admin", &by_hand, &[]);
    assert_eq!(code(outcome), Some("nothing-follows-effect"));
    let same = next_version("connect-individual", |_| {});
    let hard = same.stage("provisioning").and_then(|stage| stage.point_of_no_return.clone());
    assert_eq!(hard, Some(PointOfNoReturn::Hard));
    assert_eq!(code(migrate(&order, now, "admin", &same, &[])), None);
}

#[test]
fn an_order_that_goes_on_once_its_document_is_drawn_does_so_by_the_new_scenario_too() {
    let (order, now) =
        order_after("connect-individual", &["sales does accept", "tech does feasible"]);
    let draws = |version: u32| {
        let mut scenario = next_version("connect-individual", |_| {});
        let sign = scenario.transitions.iter_mut().find(|way| way.code == "sign").expect("a way");
        sign.automatic_after = Some(EffectKind::Draw);
        Scenario { version, ..scenario }
    };
    let (waits, waits_too) = (draws(2), draws(3));
    let by_hand = Scenario { version: 3, ..next_version("connect-individual", |_| {}) };
    let order = migrate(&order, now, "admin", &waits, &[]).expect("nobody waited before").order;
    let outcome = migrate_from(&waits, &order, now, "admin", &by_hand, &[]);
    assert_eq!(outcome.map_err(|it| it.code()).err(), Some("nothing-follows-effect"));
    migrate_from(&waits, &order, now, "admin", &waits_too, &[]).expect("it is moved");
}

#[test]
fn an_order_is_not_moved_past_what_a_scenario_does_in_the_billing_system() {
    let version = |number: u32| oms_domain::scenario::find("connect-legal", number);
    let (accepted, activated) = (version(2).expect("a scenario"), version(3).expect("a scenario"));
    let (mut order, now) = order_after("connect-legal", &["sales does accept"]);
    order.scenario.version = 2;
    // Version 2 has the customer accept before the activation, version 3 after it.
    order.stage.code = "acceptance".to_owned();
    order.stages_entered.push("acceptance".to_owned());
    let moved = |order: &Order, stages: &[(&str, &str)]| {
        let outcome = migrate_from(accepted, order, now, "admin", activated, stages);
        outcome.map(|decision| decision.order.stage.code).map_err(|rejection| rejection.code())
    };
    assert_eq!(moved(&order, &[]), Err("billing-would-be-skipped"));
    let installation = moved(&order, &[("acceptance", "installation")]);
    assert_eq!(installation.as_deref(), Err(&"compensation-would-be-missing"));
    // Once it has been done for the order, nothing is skipped.
    order.stages_entered.push("provisioning".to_owned());
    assert_eq!(moved(&order, &[]).as_deref(), Ok("acceptance"));
}

#[test]
fn what_was_asked_of_billing_is_wanted_after_the_stage_got_another_name() {
    let from = oms_domain::scenario::find("disconnect-individual", 2).expect("a scenario");
    let (mut story, _) = Story::in_scenario("disconnect-individual", from);
    story.goes(&["sales does accept", "system draws work-order"]);
    let Step::Decided(decision) = story.step("tech does dismantled") else { panic!("decided") };
    let effect = decision.effects.last().expect("an effect").clone();
    let mut to = Scenario { version: 3, ..from.clone() };
    stage(&mut to, "deactivation").code = "switch-off".to_owned();
    for way in &mut to.transitions {
        way.from.iter_mut().chain([&mut way.to]).filter(|it| *it == "deactivation").for_each(
            |it| {
                "switch-off".clone_into(it);
            },
        );
    }
    let renamed = [("deactivation", "switch-off")];
    let moved = migrate_from(from, &story.order, story.now, "admin", &to, &renamed);
    let order = moved.expect("it is moved").order;
    assert_eq!(order.stage.code, "switch-off");
    let is_outdated =
        |order: &Order| oms_domain::provisioning::is_outdated(order, &effect.id, &effect.payload);
    assert!(!is_outdated(&order));
    let back = Command::Transition {
        transition: "back-to-dismantling".to_owned(),
        fields: serde_json::Map::new(),
        comment: Some("The line is needed".to_owned()),
        visit: oms_domain::decide::VisitRequest::default(),
    };
    let (tech, neighbourhood) = (actor("tech"), neighbourhood());
    let context = Context {
        now: story.now,
        actor: &tech,
        scenario: &to,
        neighbourhood: &neighbourhood,
        calendars: oms_domain::calendar::Calendars::round_the_clock(),
        workforce: None,
    };
    let back = decide(&order, back, context).expect("it goes back");
    assert!(is_outdated(&back.order));
}

#[test]
fn an_order_is_explained_in_both_languages_by_the_rules_that_move_it() {
    let (order, now) = order_after("connect-individual", &[]);
    let (sales, neighbourhood) = (actor("sales"), neighbourhood());
    let context = Context {
        now,
        actor: &sales,
        scenario: scenario("connect-individual"),
        neighbourhood: &neighbourhood,
        calendars: oms_domain::calendar::Calendars::round_the_clock(),
        workforce: None,
    };
    assert_eq!(now, MORNING);
    for (language, word, needed) in [
        (Language::En, "operates this address", "This needs the right"),
        (Language::Ru, "Адрес обслуживает", "Для этого нужно право"),
    ] {
        let explanation = explain(&order, context, language);
        let place = &explanation.place;
        assert_eq!((place.stage.as_str(), place.division.as_str()), ("registered", "north-sales"));
        assert_eq!(place.due_at, order.stage.due_at);
        assert!(place.sentences[0].contains(word), "{:?}", place.sentences);
        let who: Vec<(&str, Option<&str>)> =
            explanation.who.iter().map(|it| (it.transition.as_str(), it.right)).collect();
        assert_eq!(who, [("accept", Some("orders.sales")), ("refuse", Some("orders.sales"))]);
        assert!(explanation.missing.iter().all(|it| it.allowed), "{:?}", explanation.missing);
        let accept = &explanation.next[0];
        assert_eq!(
            (accept.stage.as_str(), accept.division.as_str()),
            ("feasibility", "north-tech")
        );
        assert!(accept.sentence.contains("north-tech"), "{}", accept.sentence);
        assert_eq!(explanation.next[1].state, "rejected");

        let nobody = actor("nobody");
        let explanation = explain(&order, Context { actor: &nobody, ..context }, language);
        let obstacle = &explanation.missing[0].obstacles[0];
        assert_eq!(obstacle.code, "right-missing");
        assert!(obstacle.message.starts_with(needed), "{obstacle:?}");
    }
}

#[test]
fn an_order_that_was_moved_is_watched_by_the_rules_of_its_new_stage() {
    let (order, now) = order_after("connect-legal", &SURVEYED);
    let same = next_version("connect-legal", |_| {});
    let renamed = next_version("connect-legal", |next| {
        stage(next, "feasibility").code = "survey".to_owned();
        for way in &mut next.transitions {
            let names = way.from.iter_mut().chain([&mut way.to]);
            names.filter(|name| *name == "feasibility").for_each(|name| *name = "survey".into());
        }
    });
    let late = next_version("connect-legal", |next| {
        stage(next, "feasibility").ladder = default_ladder()[2..].to_vec();
    });
    let next_look = |to: &Scenario, stages: &[(&str, &str)]| {
        let decision = migrate(&order, now, "admin", to, stages).expect("it is moved");
        decision.order.next_check_at()
    };
    assert!(order.next_check_at() < order.stage.due_at, "three quarters of the time");
    assert_eq!(next_look(&same, &[]), order.next_check_at());
    assert_eq!(next_look(&renamed, &[("feasibility", "survey")]), order.next_check_at());
    assert_eq!(next_look(&late, &[]), order.stage.due_at, "nobody is told before");
}
