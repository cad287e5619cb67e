//! What an amendment comes to in every stage of every built-in scenario, and what it undoes: a reviewed table,
//! `walks/amendments.txt`. The running product is held to the same lines (`tests/tests/scenarios/amended.rs`).

use crate::stories::{Step, Story, effect_word};
use crate::visits::workforce;
use crate::walks::{newest, preparation, reviewed, ways};
use oms_domain::decide::Decision;
use oms_domain::event::EventType;
use oms_domain::order::OrderKind;
use oms_domain::scenario::{Scenario, Stage};
use std::fmt::Write;

/// How the party is reached, what is ordered, and where: what an order of this kind has.
fn amendments(kind: OrderKind) -> [(&'static str, String); 3] {
    let items = |action: &str| {
        format!(
            r#"{{"items":[{{"id":"1","service":"internet","action":"{action}","tariff":"home-100"}}]}}"#
        )
    };
    let what = match kind {
        OrderKind::Connect => ("items", items("add")),
        OrderKind::Change => ("items", items("modify")),
        OrderKind::Disconnect => ("items", items("delete")),
        OrderKind::Support => ("symptom", r#"{"symptom":"The lamp is red"}"#.to_owned()),
    };
    [
        ("phone", r#"{"party":{"phone":"+998907654321"}}"#.to_owned()),
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
        document.expect("it is kept").kind.as_str()
    };
    let mut kinds: Vec<&str> = ids.map(kind).collect();
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

/// An order in a stage, with all documents drawn and the visit booked.
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
        for stage in &scenario.stages {
            let Some(way) = ways.get(stage.code.as_str()) else { continue };
            for (what, patch) in amendments(scenario.order_kind) {
                let outcome = amended(&mut story(scenario, way, stage), &patch);
                let _ = writeln!(table, "{} {} {what} -> {outcome}", scenario.code, stage.code);
            }
        }
    }
    reviewed("amendments", &table);
}
