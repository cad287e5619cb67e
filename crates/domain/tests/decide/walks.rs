//! Every built-in scenario is walked: each transition is made from each stage that it leaves, each stage is cancelled, each
//! end is reached. What can be done where is a reviewed table per scenario, in `walks/`.

use crate::stories::{Step, Story, effect_word, sample};
use oms_domain::decide::Decision;
use oms_domain::effect::EffectKind;
use oms_domain::order::{Order, OrderKind, OrderState};
use oms_domain::party::PartyType;
use oms_domain::scenario::{EntryAction, Scenario, Stage, Transition, built_in};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Steps that make everything the guards of a stage's transitions may ask for.
pub fn preparation(stage: &Stage) -> Vec<String> {
    let mut steps = Vec::new();
    let drawn: Vec<&str> = stage
        .on_entry
        .iter()
        .filter_map(|action| match action {
            EntryAction::Draw { template } => Some(template.as_str()),
            EntryAction::Provision | EntryAction::Retire | EntryAction::Book { .. } => None,
        })
        .collect();
    steps.extend(drawn.iter().map(|kind| format!("system draws {kind}")));
    let uploads = stage.documents.iter().filter(|kind| !drawn.contains(&kind.as_str()));
    steps.extend(uploads.map(|kind| format!("desk adds {kind}")));
    let mut open: Vec<_> = stage.tasks.iter().collect();
    let mut done: Vec<&str> = Vec::new();
    while !open.is_empty() {
        let ready = open
            .iter()
            .position(|task| task.after.iter().all(|code| done.contains(&code.as_str())))
            .expect("checked scenarios have no circles of tasks");
        let task = open.remove(ready);
        done.push(&task.code);
        steps.push(format!("admin finishes {}", task.code));
    }
    steps
}

/// Steps that make a transition: a person's, the billing system's, or the clock's.
pub fn steps(transition: &Transition) -> Vec<String> {
    if transition.right.is_some() {
        let fields: String =
            transition.fields.iter().filter(|field| field.required).map(sample).collect();
        return vec![format!("admin does {}{fields} because it is so", transition.code)];
    }
    if let Some(minutes) = transition.automatic_after_minutes {
        return vec![format!("after {minutes}m"), "system checks".to_owned()];
    }
    match transition.automatic_after {
        Some(EffectKind::Provision) => vec!["system provisions".to_owned()],
        Some(EffectKind::Retire) => vec!["system retires".to_owned()],
        other => panic!("{} is made by {other:?}", transition.code),
    }
}

/// A story that has taken these steps; every one is accepted.
fn told(scenario: &'static Scenario, way: &[String]) -> Story {
    let (mut story, _) = Story::in_scenario(&scenario.code, scenario);
    for step in way {
        if let Step::Rejected(rejection) = story.step(step) {
            panic!("{}: {step}: {rejection}", scenario.code);
        }
    }
    story
}

/// The versions that new orders begin with.
pub fn newest() -> impl Iterator<Item = &'static Scenario> {
    let newest = |scenario: &&Scenario| {
        let same = |other: &&Scenario| other.code == scenario.code;
        built_in().filter(same).all(|other| other.version <= scenario.version)
    };
    built_in().filter(newest)
}

/// The shortest way to each stage.
pub fn ways(scenario: &Scenario) -> BTreeMap<&str, Vec<String>> {
    let mut ways = BTreeMap::from([(scenario.initial_stage.as_str(), Vec::new())]);
    let mut wave = vec![scenario.initial_stage.as_str()];
    while !wave.is_empty() {
        let mut next = Vec::new();
        for code in wave {
            let stage = scenario.stage(code).expect("a stage");
            for transition in scenario.transitions_from(code) {
                if !ways.contains_key(transition.to.as_str()) {
                    let mut way = ways[code].clone();
                    way.extend(preparation(stage));
                    way.extend(steps(transition));
                    ways.insert(&transition.to, way);
                    next.push(transition.to.as_str());
                }
            }
        }
        wave = next;
    }
    ways
}

fn cancellation(scenario: &'static Scenario, way: &[String]) -> String {
    let mut story = told(scenario, way);
    match story.step("desk cancels because he moved") {
        Step::Decided(decision) => decision.order.state.code().to_owned(),
        Step::Rejected(rejection) => {
            let code = rejection.code();
            if code == "penalty-unconfirmed" {
                let Step::Decided(decision) = story.step("desk cancels at its price because moved")
                else {
                    panic!("{}: the price is not taken", scenario.code)
                };
                return format!("{code}, then {}", decision.order.state.code());
            }
            code.to_owned()
        }
        Step::Time => panic!("a cancellation is no time"),
    }
}

/// Asking for a cancellation: refused, the order is as it was; granted, it is cancelled as if nobody had asked.
fn asked(scenario: &'static Scenario, way: &[String]) -> String {
    let mut story = told(scenario, way);
    let before = story.order.clone();
    if let Step::Rejected(rejection) = story.step("desk asks because he moved") {
        return rejection.code().to_owned();
    }
    let state = story.order.state.code();
    story.step("desk refuses because he stays");
    let Order { version, last_event, updated_at, .. } = story.order;
    assert_eq!(story.order, Order { version, last_event, updated_at, ..before });
    story.step("desk asks because he moved");
    let granted = match story.step("desk grants because so") {
        Step::Decided(decision) => decision.order.state.code().to_owned(),
        Step::Rejected(rejection) => {
            assert!(rejection.code() == "penalty-unconfirmed", "{rejection}");
            story.step("desk grants at its price because so");
            format!("{}, then {}", rejection.code(), story.order.state.code())
        }
        Step::Time => panic!("an answer is no time"),
    };
    format!("{state}; refused: as it was; granted: {granted}")
}

/// Another name: of a person, or of a legal entity.
pub fn other_party(scenario: &Scenario) -> &'static str {
    match scenario.party_type {
        Some(PartyType::LegalEntity) => r#"{"party":{"name":"Yusupov"}}"#,
        Some(PartyType::Individual) | None => r#"{"party":{"familyName":"Yusupov"}}"#,
    }
}

/// One amendment of each aspect but for the services. Only who asks for help describes it.
fn amendments(scenario: &Scenario) -> Vec<(&'static str, &'static str)> {
    let mut amendments = vec![
        ("(amend address)", r#"{"address":{"house":"77"}}"#),
        ("(amend party)", other_party(scenario)),
        ("(amend contact)", r#"{"party":{"phone":"+998907654321"}}"#),
        ("(amend details)", r#"{"priority":"urgent"}"#),
    ];
    if scenario.order_kind == OrderKind::Support {
        amendments.push(("(amend words)", r#"{"description":"The lamp is red"}"#));
    }
    amendments
}

fn amendment(scenario: &'static Scenario, way: &[String], stage: &Stage, patch: &str) -> String {
    let mut story = told(scenario, way);
    let draws = preparation(stage).into_iter().filter(|step| step.starts_with("system draws"));
    for step in draws {
        assert!(!matches!(story.step(&step), Step::Rejected(_)), "{step}");
    }
    let told = |decision: &Decision| {
        let effects: Vec<String> = decision.effects.iter().map(effect_word).collect();
        let place = format!("{} ({})", decision.order.stage.code, decision.order.state.code());
        format!("{place} {}", effects.join(" ")).trim_end().to_owned()
    };
    match story.step(&format!("desk amends {patch}")) {
        Step::Decided(decision) => told(&decision),
        Step::Rejected(rejection) if rejection.code() == "penalty-unconfirmed" => {
            match story.step(&format!("desk amends {patch} at its price")) {
                Step::Decided(decision) => {
                    format!("{}, then {}", rejection.code(), told(&decision))
                }
                Step::Rejected(_) | Step::Time => {
                    panic!("{}: the price is not taken", scenario.code)
                }
            }
        }
        Step::Rejected(rejection) => rejection.code().to_owned(),
        Step::Time => panic!("an amendment is no time"),
    }
}

fn hold(scenario: &'static Scenario, way: &[String]) -> String {
    let mut story = told(scenario, way);
    match story.step("desk holds because he is away") {
        Step::Rejected(rejection) => return rejection.code().to_owned(),
        Step::Decided(_) | Step::Time => {}
    }
    let stage = story.order.stage.code.clone();
    let Step::Decided(decision) = story.step("desk resumes") else { panic!("it stays held") };
    assert_eq!(decision.order.stage.code, stage, "{}", scenario.code);
    "held, then resumed".to_owned()
}

/// What happens in each stage to each transition, to a cancellation and to a hold.
fn matrix(scenario: &'static Scenario) -> String {
    let ways = ways(scenario);
    let mut text = format!("{} version {}\n", scenario.code, scenario.version);
    for stage in &scenario.stages {
        let _ = writeln!(text, "\n{} ({})", stage.code, stage.state.code());
        let Some(way) = ways.get(stage.code.as_str()) else {
            assert_eq!(stage.code, scenario.cancelled_stage, "every other stage is reached");
            continue;
        };
        for transition in &scenario.transitions {
            let mut story = told(scenario, way);
            assert_eq!(story.order.stage.code, stage.code, "{}", scenario.code);
            let leaves = transition.from.contains(&stage.code);
            for step in preparation(stage).iter().filter(|_| leaves) {
                assert!(!matches!(story.step(step), Step::Rejected(_)), "{step}");
            }
            let steps = if leaves {
                steps(transition)
            } else {
                vec![format!("admin does {} because it is so", transition.code)]
            };
            let mut outcome = String::new();
            for step in &steps {
                outcome = match story.step(step) {
                    Step::Time => continue,
                    Step::Rejected(rejection) => rejection.code().to_owned(),
                    Step::Decided(decision) => {
                        format!("{} ({})", decision.order.stage.code, decision.order.state.code())
                    }
                };
            }
            if leaves {
                let reached = outcome.split(' ').next();
                assert_eq!(reached, Some(transition.to.as_str()), "{}", transition.code);
                let _ = writeln!(text, "  {:18} -> {outcome}", transition.code);
            } else {
                let refused = ["transition-not-from-here", "order-is-closed"];
                assert!(refused.contains(&outcome.as_str()), "{}: {outcome}", transition.code);
            }
        }
        let _ = writeln!(text, "  {:18} -> {}", "(cancel)", cancellation(scenario, way));
        let _ = writeln!(text, "  {:18} -> {}", "(ask to cancel)", asked(scenario, way));
        for (name, patch) in amendments(scenario) {
            let _ = writeln!(text, "  {name:18} -> {}", amendment(scenario, way, stage, patch));
        }
        let _ = writeln!(text, "  {:18} -> {}", "(hold)", hold(scenario, way));
    }
    text
}

/// Holds a table to the one that was reviewed, in `walks/`.
pub fn reviewed(name: &str, table: &str) {
    let path = format!("{}/tests/walks/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("OMS_REVIEWED").is_some() {
        std::fs::write(&path, table).expect("the table is written");
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        table == reviewed,
        "{path} is to be reviewed; OMS_REVIEWED=1 replaces it when this shall happen:\n{table}"
    );
}

#[test]
fn what_can_be_done_where_is_the_table_that_was_reviewed() {
    for scenario in built_in() {
        let matrix = matrix(scenario);
        let version = match scenario.version {
            1 => String::new(),
            later => format!("-{later}"),
        };
        reviewed(&format!("{}{version}", scenario.code), &matrix);
    }
}

#[test]
fn every_stage_and_every_end_is_reached() {
    for scenario in built_in() {
        let ways = ways(scenario);
        for stage in &scenario.stages {
            let cancelled = stage.code == scenario.cancelled_stage;
            assert!(cancelled || ways.contains_key(stage.code.as_str()), "{}", stage.code);
        }
        let ends = |state: OrderState| {
            scenario.stages.iter().filter(move |stage| stage.state == state).count()
        };
        assert!(ends(OrderState::Completed) == 1 && ends(OrderState::Cancelled) == 1);
    }
}

#[test]
fn nobody_is_late_where_time_alone_leads_on_and_nothing_ends_in_the_billing_system() {
    for scenario in newest() {
        for stage in &scenario.stages {
            let at = format!("{} {}", scenario.code, stage.code);
            let leaving = || scenario.transitions_from(&stage.code);
            let time = leaving().filter_map(|transition| transition.automatic_after_minutes).min();
            assert!(time.is_none() || time < stage.deadline_minutes, "{at} is late");
            let is_awaited = leaving().any(|transition| transition.automatic_after.is_some());
            let people = leaving().any(|transition| transition.right.is_some());
            assert!(people || !is_awaited, "{at} has no way out when the work is given up");
        }
    }
}

#[test]
fn every_scenario_is_drawn() {
    use oms_domain::party::Language;
    for scenario in built_in() {
        for language in [Language::En, Language::Ru] {
            let mermaid = oms_domain::scenario::mermaid(scenario, language);
            let svg = oms_domain::scenario::svg(scenario, language);
            let arrows: usize =
                scenario.transitions.iter().map(|transition| transition.from.len()).sum();
            assert_eq!(
                svg.matches("<path d=\"M").count(),
                arrows + 1,
                "an arrow each, and the head"
            );
            assert_eq!(svg.matches("<rect").count(), scenario.stages.len());
            let lines = mermaid.lines().filter(|line| line.contains(" --> ")).count();
            let ends = scenario.stages.iter().filter(|stage| stage.state.is_closed()).count();
            assert_eq!(lines, arrows + 1 + ends, "{mermaid}");
            for transition in &scenario.transitions {
                assert!(svg.contains(transition.name.get(language)), "{}", transition.code);
            }
        }
    }
}
