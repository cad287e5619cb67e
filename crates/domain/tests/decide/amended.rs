//! What an amendment comes to in every stage of every built-in scenario, and what it undoes: a reviewed table,
//! `walks/amendments.txt`. Also when what was drawn on the way has come back signed, `(signed)`, and when the order was sent
//! back, `(after …)`. The running product is held to the other lines (`tests/tests/scenarios/amended.rs`).

use crate::stories::{Step, Story, effect_word};
use crate::visits::workforce;
use crate::walks::{newest, other_party, preparation, reviewed, steps, ways};
use oms_domain::decide::Decision;
use oms_domain::event::EventType;
use oms_domain::order::{Document, OrderKind};
use oms_domain::scenario::{Scenario, Stage, Transition};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How the party is reached, who it is, what is ordered, and where: what an order of this kind has.
fn amendments(scenario: &Scenario) -> [(&'static str, String); 4] {
    let items = |action: &str| {
        format!(
            r#"{{"items":[{{"id":"1","service":"internet","action":"{action}","tariff":"home-100"}}]}}"#
        )
    };
    let what = match scenario.order_kind {
        OrderKind::Connect => ("items", items("add")),
        OrderKind::Change => ("items", items("modify")),
        OrderKind::Disconnect => ("items", items("delete")),
        OrderKind::Support => ("symptom", r#"{"symptom":"The lamp is red"}"#.to_owned()),
    };
    [
        ("phone", r#"{"party":{"phone":"+998907654321"}}"#.to_owned()),
        ("party", other_party(scenario).to_owned()),
        what,
        ("address", r#"{"address":{"house":"77"}}"#.to_owned()),
    ]
}

/// Where the order is then, which documents no longer count, what becomes of the visit, and what is asked for.
fn told(decision: &Decision) -> String {
    let Decision { order, events, effects, .. } = decision;
    let mut told = format!("{} ({})", order.stage.code, order.state.code());
    let superseded = events.iter().filter(|it| it.event_type == EventType::DocumentsSuperseded);
    let ids = superseded.flat_map(|event| event.data["documents"].as_array().into_iter().flatten());
    let kind = |id: &serde_json::Value| {
        let document = order.documents.iter().find(|document| *id == document.id.as_str());
        shown(document.expect("it is kept"), &order.documents)
    };
    let mut kinds: Vec<String> = ids.map(kind).collect();
    kinds.sort_unstable();
    if !kinds.is_empty() {
        let _ = write!(told, "; no longer counts: {}", kinds.join(" "));
    }
    for event in events {
        match event.event_type {
            EventType::VisitReleased => told.push_str("; visit released"),
            EventType::VisitBooked => told.push_str("; visit booked"),
            _ => {}
        }
    }
    let asked: Vec<String> = effects.iter().map(effect_word).collect();
    if !asked.is_empty() {
        let _ = write!(told, "; asked for: {}", asked.join(" "));
    }
    told
}

/// The kind of a document; one that was drawn and has come back is signed.
fn shown(document: &Document, documents: &[Document]) -> String {
    let is_same = |other: &&Document| other.kind == document.kind && other.is_drawn();
    match !document.is_drawn() && documents.iter().any(|other| is_same(&other)) {
        true => format!("signed-{}", document.kind),
        false => document.kind.clone(),
    }
}

/// An order that has come to a stage by this way, with all documents drawn and the visit booked.
fn story(scenario: &'static Scenario, way: &[String], stage: &Stage) -> Story {
    let (mut story, _) = Story::in_scenario(&scenario.code, scenario);
    story.workforce = workforce(&[]);
    let drawn = preparation(stage).into_iter().filter(|step| step.starts_with("system draws"));
    for step in way.iter().cloned().chain(drawn) {
        if let Step::Rejected(rejection) = story.step(&step) {
            panic!("{}: {step}: {rejection}", scenario.code);
        }
    }
    assert_eq!(story.order.stage.code, stage.code, "{}", scenario.code);
    story
}

/// Uploads that take what was drawn on the way and is signed.
fn signatures(story: &Story) -> Vec<String> {
    let documents = story.order.documents.iter();
    let drawn = documents.filter(|it| it.is_drawn() && it.superseded_at.is_none());
    drawn.map(|document| format!("desk adds {}", document.kind)).collect()
}

/// The transitions by which people send an order back, each with all steps up to there. A scenario names its stages in the
/// order in which they are passed.
fn ways_back(
    scenario: &'static Scenario,
    ways: &BTreeMap<&str, Vec<String>>,
    stage: &Stage,
) -> Vec<(&'static Transition, Vec<String>)> {
    let Some(way) = ways.get(stage.code.as_str()) else { return Vec::new() };
    let place = |code: &str| scenario.stages.iter().position(|stage| stage.code == code);
    let leaving = scenario.transitions.iter().filter(|it| it.from.contains(&stage.code));
    let back = leaving.filter(|it| it.right.is_some() && place(&it.to) < place(&stage.code));
    let steps = |transition: &Transition| {
        let mut steps_back = way.clone();
        steps_back.extend(preparation(stage));
        steps_back.extend(steps(transition));
        steps_back
    };
    back.map(|transition| (transition, steps(transition))).collect()
}

fn amended(story: &mut Story, patch: &str) -> String {
    match story.step(&format!("desk amends {patch}")) {
        Step::Decided(decision) => told(&decision),
        Step::Rejected(rejection) if rejection.code() == "penalty-unconfirmed" => {
            let confirmed = amended_at_its_price(story, patch);
            format!("{}, then {confirmed}", rejection.code())
        }
        Step::Rejected(rejection) => rejection.code().to_owned(),
        Step::Time => panic!("an amendment is no time"),
    }
}

fn amended_at_its_price(story: &mut Story, patch: &str) -> String {
    match story.step(&format!("desk amends {patch} at its price")) {
        Step::Decided(decision) => told(&decision),
        Step::Rejected(_) | Step::Time => panic!("the price is not taken"),
    }
}

#[test]
fn what_an_amendment_undoes_is_the_table_that_was_reviewed() {
    let mut table = String::new();
    for scenario in newest() {
        let ways = ways(scenario);
        let mut line = |way: &[String], signed: bool, stage: &Stage, how: &str| {
            for (what, patch) in amendments(scenario) {
                let mut story = story(scenario, way, stage);
                for step in signatures(&story).iter().filter(|_| signed) {
                    story.goes(&[step]);
                }
                let outcome = amended(&mut story, &patch);
                let _ =
                    writeln!(table, "{} {}{how} {what} -> {outcome}", scenario.code, stage.code);
            }
        };
        for stage in &scenario.stages {
            let Some(way) = ways.get(stage.code.as_str()) else { continue };
            line(way, false, stage, "");
            if stage.state.is_open() && !signatures(&story(scenario, way, stage)).is_empty() {
                line(way, true, stage, " (signed)");
            }
        }
        for stage in &scenario.stages {
            for (transition, way) in ways_back(scenario, &ways, stage) {
                let to = scenario.stage(&transition.to).expect("a stage");
                let how = format!(" (after {} from {})", transition.code, stage.code);
                line(&way, false, to, &how);
            }
        }
    }
    reviewed("amendments", &table);
}
