//! The built-in scenarios on the running product: every transition that a person or the billing system makes is made, and
//! every stage is cancelled, at once and after somebody has asked for it. What only time does needs a clock that is passed in, and is tested in the domain;
//! so is what people do where the product itself leads an order on at any moment.

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use oms_domain::order::OrderKind;
use oms_domain::party::PartyType;
use oms_domain::rights::Right;
use oms_domain::scenario::{
    EntryAction, FieldDefinition, FieldType, PointOfNoReturn, Scenario, Stage, Transition, built_in,
};
use oms_tests::caller::send;
use oms_tests::{AppOptions, Caller, TestApp, on_both_databases, orders};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

#[path = "scenarios/amended.rs"]
mod amended;
#[path = "scenarios/asked.rs"]
mod asked;

/// What is done with an order in a stage.
#[derive(Debug, Clone, Copy)]
enum Last<'a> {
    Moves(&'a Transition),
    IsCancelled,
    /// By somebody who may only ask for it.
    IsAskedToBeCancelled,
}

/// Orders that are walked at the same time.
const WALKS_AT_ONCE: usize = 8;

#[test]
fn every_scenario_is_walked_to_every_end_and_cancelled_in_every_stage() {
    on_both_databases(|kind| async move {
        // What the outside puts off is repeated by the tick, as in every installation.
        let options = AppOptions { tick_interval_seconds: 1, ..AppOptions::default() };
        let app = TestApp::start_with(kind, options).await?;
        let asker = app.caller("desk", &[Right::OrdersRead, Right::OrdersRegister]).await?;
        let mut walks = Vec::new();
        for scenario in newest() {
            let ways = ways(scenario);
            for (stage, way) in &ways {
                let leaving = scenario.transitions_from(stage).filter(|way| is_sure(scenario, way));
                let mut lasts: Vec<Last> = leaving.map(Last::Moves).collect();
                if scenario.stage(stage).is_some_and(|stage| stage.state.is_open()) {
                    lasts.push(Last::IsCancelled);
                    let stays = !is_led_on(scenario, stage) || is_past_return(scenario, stage);
                    lasts.extend(stays.then_some(Last::IsAskedToBeCancelled));
                }
                walks.extend(lasts.into_iter().map(|last| (scenario, way.clone(), *stage, last)));
            }
        }
        assert!(walks.len() > 100, "{} walks", walks.len());
        for (batch, walks) in walks.chunks(WALKS_AT_ONCE).enumerate() {
            let walks = walks.iter().enumerate().map(|(index, (scenario, way, stage, last))| {
                let number = u32::try_from(batch * WALKS_AT_ONCE + index).unwrap_or(0);
                walk((&app, &asker), scenario, number, way, stage, *last)
            });
            try_join_all(walks).await?;
        }
        Ok(())
    });
}

/// New orders begin with the newest version; the older ones are walked in the domain.
fn newest() -> impl Iterator<Item = &'static Scenario> {
    let newest = |scenario: &&Scenario| {
        let same = |other: &&Scenario| other.code == scenario.code;
        built_in().filter(same).all(|other| other.version <= scenario.version)
    };
    built_in().filter(newest)
}

/// The product itself leads an order on from the stage, as soon as what it does there has succeeded.
fn is_led_on(scenario: &Scenario, stage: &str) -> bool {
    scenario.transitions_from(stage).any(|transition| transition.automatic_after.is_some())
}

fn is_past_return(scenario: &Scenario, stage: &str) -> bool {
    let point = scenario.stage(stage).and_then(|stage| stage.point_of_no_return.as_ref());
    point == Some(&PointOfNoReturn::Hard)
}

/// It can be made without waiting for a time, and the product does not lead the order on before a person has made it.
fn is_sure(scenario: &Scenario, transition: &Transition) -> bool {
    let by_itself = transition.automatic_after.is_some();
    let led_on = transition.from.iter().any(|stage| is_led_on(scenario, stage));
    by_itself || transition.right.is_some() && !led_on
}

/// The shortest way to each stage that is surely reached.
fn ways(scenario: &Scenario) -> BTreeMap<&str, Vec<&Transition>> {
    let mut ways = BTreeMap::from([(scenario.initial_stage.as_str(), Vec::new())]);
    let mut wave = vec![scenario.initial_stage.as_str()];
    while !wave.is_empty() {
        let mut next = Vec::new();
        for from in wave {
            let leaving = scenario.transitions_from(from);
            for transition in leaving.filter(|way| is_sure(scenario, way)) {
                if !ways.contains_key(transition.to.as_str()) {
                    let mut way: Vec<&Transition> = ways[from].clone();
                    way.push(transition);
                    ways.insert(&transition.to, way);
                    next.push(transition.to.as_str());
                }
            }
        }
        wave = next;
    }
    ways
}

/// Walks an order to a stage, and out of it by a transition, or by a cancellation.
async fn walk(
    (app, asker): (&TestApp, &Caller),
    scenario: &Scenario,
    index: u32,
    way: &[&Transition],
    stage: &str,
    last: Last<'_>,
) -> Result<()> {
    let done = match last {
        Last::Moves(transition) => transition.code.as_str(),
        Last::IsCancelled => "cancelled",
        Last::IsAskedToBeCancelled => "asked to be cancelled",
    };
    let what = || format!("{} in {stage}, {done}", scenario.code);
    let registered = app.admin.post("/api/v1/orders", &form(scenario, index)).await?;
    registered.expect(201).with_context(what)?;
    let number = registered.body["number"].as_str().context("a number")?.to_owned();
    let code = &registered.body["scenario"]["code"];
    ensure!(*code == scenario.code.as_str(), "{code} instead of {}", scenario.code);
    for transition in way {
        step(app, scenario, &number, transition).await.with_context(what)?;
    }
    let stage = scenario.stage(stage).context("a stage")?;
    match last {
        Last::Moves(transition) => step(app, scenario, &number, transition).await,
        Last::IsCancelled => cancel(app, scenario, &number, stage).await,
        Last::IsAskedToBeCancelled => {
            asked::ask_to_cancel((app, asker), scenario, &number, stage).await
        }
    }
    .with_context(what)?;
    let history = app.admin.history(&number).await?;
    let sequences: Vec<i64> = history.iter().filter_map(|it| it["sequence"].as_i64()).collect();
    ensure!(sequences.iter().copied().eq(1..=i64::try_from(history.len())?), "{sequences:?}");
    Ok(())
}

/// An order that the scenario is for.
fn form(scenario: &Scenario, index: u32) -> Value {
    let mut form = match scenario.order_kind {
        OrderKind::Support => orders::support(index),
        OrderKind::Connect | OrderKind::Disconnect | OrderKind::Change => orders::connect(index),
    };
    form["kind"] = json!(scenario.order_kind);
    match scenario.order_kind {
        OrderKind::Disconnect => form["items"][0]["action"] = json!("delete"),
        OrderKind::Change => form["items"][0]["action"] = json!("modify"),
        OrderKind::Connect | OrderKind::Support => {}
    }
    if scenario.party_type == Some(PartyType::LegalEntity) {
        form["party"] = json!({
            "type": "legalEntity", "name": format!("Tekstil {index}"), "taxId": format!("3{index:08}"),
            "representative": { "name": "Olim Yusupov", "position": "Director" }, "phone": "+998712000000",
        });
    }
    form
}

/// Everything that the guards may ask for, then the transition.
async fn step(
    app: &TestApp,
    scenario: &Scenario,
    number: &str,
    transition: &Transition,
) -> Result<()> {
    let order = app.admin.order(number).await?;
    let stage = order["stage"]["code"].as_str().and_then(|code| scenario.stage(code));
    let stage = stage.context("a stage")?;
    if transition.from.contains(&stage.code) {
        prepare(app, number, stage).await?;
    }
    let to = transition.to.as_str();
    if transition.right.is_some() {
        let fields: Map<String, Value> = transition
            .fields
            .iter()
            .filter(|field| field.required)
            .map(|field| (field.code.clone(), sample(field)))
            .collect();
        let body =
            json!({ "transition": transition.code, "fields": fields, "comment": "It is so" });
        let moved = app.admin.make_transition(number, &body).await?;
        moved.expect(200)?;
        // The product may lead it on from there before it is read again.
        ensure!(moved.body["stage"]["code"] == to, "{}", moved.body["stage"]);
        return Ok(());
    }
    app.eventually(&format!("{number} is in {to}"), || async {
        let order = app.admin.order(number).await?;
        if order["hasFallout"] == true {
            do_by_hand(app, number).await?;
        }
        Ok((order["stage"]["code"] == to).then_some(()))
    })
    .await
}

/// Orders of these walks do not say which service they change or end: that waits for a person, who does it in the billing system.
async fn do_by_hand(app: &TestApp, number: &str) -> Result<()> {
    for effect in app.admin.items(&format!("/api/v1/effects?state=fallout&order={number}")).await? {
        let error = effect["lastError"].as_str().unwrap_or_default();
        ensure!(error.contains("serviceId"), "{effect}");
        let id = effect["id"].as_str().context("an id")?;
        let body = json!({ "reason": "Done in the billing system" });
        let done = app.admin.post(&format!("/api/v1/effects/{id}/completion"), &body).await?;
        done.expect(200)?;
    }
    Ok(())
}

fn sample(field: &FieldDefinition) -> Value {
    match field.field_type {
        FieldType::Text => json!("x-17"),
        FieldType::Date => json!("2026-12-01"),
        FieldType::Boolean => json!(true),
        FieldType::Number => json!(17),
        FieldType::Choice => json!(field.choices.first().map(|choice| choice.code.as_str())),
    }
}

/// Documents are drawn by the product or uploaded, tasks completed in the order in which they open.
async fn prepare(app: &TestApp, number: &str, stage: &Stage) -> Result<()> {
    let documents = format!("/api/v1/orders/{number}/documents");
    let drawn = |kind: &str| {
        let draws = |action: &EntryAction| matches!(action, EntryAction::Draw { template } if template == kind);
        stage.on_entry.iter().any(draws)
    };
    for kind in &stage.documents {
        if !drawn(kind) {
            let path = format!("{documents}?kind={kind}&name={kind}.pdf");
            let request = app.admin.request(Method::POST, &path);
            let content = format!("%PDF-1.7 {kind} of {number}");
            send(request.header("content-type", "application/pdf").body(content))
                .await?
                .expect(201)?;
        }
        app.eventually(&format!("{number} has a {kind}"), || async {
            let items = app.admin.items(&documents).await?;
            Ok(items.iter().any(|item| item["kind"] == kind.as_str()).then_some(()))
        })
        .await?;
    }
    let tasks = format!("/api/v1/orders/{number}/tasks");
    loop {
        let answer = app.admin.get(&tasks).await?;
        answer.expect(200)?;
        let items = answer.body["items"].as_array().cloned().unwrap_or_default();
        let open = items.iter().find(|task| task["state"] == "open");
        let Some(code) = open.and_then(|task| task["code"].as_str()) else { return Ok(()) };
        let path = format!("{tasks}/{code}/completion");
        app.admin.post(&path, &json!({ "comment": "Done" })).await?.expect(200)?;
    }
}

/// Free before the point of no return, at its price past a soft one, refused past a hard one.
async fn cancel(app: &TestApp, scenario: &Scenario, number: &str, stage: &Stage) -> Result<()> {
    let path = format!("/api/v1/orders/{number}/cancellation");
    let answer = app.admin.post(&path, &json!({ "reason": "Moved" })).await?;
    match &stage.point_of_no_return {
        None => answer.expect(200)?,
        Some(PointOfNoReturn::Hard) => {
            // The billing system may have been quicker.
            let refused = ["past-point-of-no-return", "order-is-closed"];
            ensure!(refused.contains(&answer.problem()), "{}", answer.body);
            return Ok(());
        }
        Some(PointOfNoReturn::Soft { penalty }) => {
            ensure!(answer.problem() == "penalty-unconfirmed", "{}", answer.body);
            for (language, price) in [("en", &penalty.en), ("ru", &penalty.ru)] {
                let told = answer.body["messages"][language].as_str().unwrap_or_default();
                ensure!(told.contains(price.as_str()), "{told} does not tell {price}");
            }
            let body = json!({ "reason": "Moved", "penaltyConfirmed": true });
            app.admin.post(&path, &body).await?.expect(200)?;
        }
    }
    // What was made in the billing system is retired first.
    let cancelled = scenario.cancelled_stage.as_str();
    let what = format!("{number} is in {cancelled}");
    let is_there = app.eventually(&what, || async {
        Ok((app.admin.order(number).await?["stage"]["code"] == cancelled).then_some(()))
    });
    match is_there.await {
        Ok(()) => Ok(()),
        Err(error) => {
            let work = app.admin.get(&format!("/api/v1/orders/{number}/provisioning")).await?;
            Err(error.context(work.body.to_string()))
        }
    }
}
