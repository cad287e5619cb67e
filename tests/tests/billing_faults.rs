//! The billing system is down, slow, fails, answers twice: orders wait visibly and complete, nothing is made twice.

use anyhow::{Context, Result};
use oms_tests::{DatabaseKind, TestApp, on_both_databases, orders};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Objects of one order: domain, customer, contract, account, plan, access point, service.
const OBJECTS_PER_ORDER: usize = 7;

#[test]
fn an_order_waits_visibly_while_the_billing_system_is_down_and_completes_once_it_is_back() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        control(&app, json!({ "down": true })).await?;
        let number = to_provisioning(&app, 1).await?;
        let work = waiting(&app, &number).await?;
        assert!(work["attempts"].as_i64() >= Some(1), "{work}");
        assert!(work["nextAttemptAt"].is_string(), "{work}");
        assert!(work["lastError"].as_str().is_some_and(|error| !error.is_empty()), "{work}");
        let order = app.admin.order(&number).await?;
        assert_eq!(order["stage"]["code"], "provisioning");
        control(&app, json!({ "down": false })).await?;
        completed_once(&app, &number).await
    });
}

#[test]
fn failures_are_repeated_until_all_is_made_once() {
    on_both_databases(|kind| faulty(kind, json!({ "failNext": 5 })));
}

#[test]
fn a_slow_billing_system_delays_and_loses_nothing() {
    on_both_databases(|kind| faulty(kind, json!({ "delayMs": 700 })));
}

#[test]
fn work_that_is_done_but_not_answered_is_repeated_without_harm() {
    on_both_databases(|kind| faulty(kind, json!({ "answerTwice": true })));
}

async fn faulty(kind: DatabaseKind, fault: Value) -> Result<()> {
    let app = TestApp::start(kind).await?;
    control(&app, fault).await?;
    let number = to_provisioning(&app, 1).await?;
    completed_once(&app, &number).await
}

#[test]
fn what_is_refused_becomes_fallout_that_a_person_repeats() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        control(&app, json!({ "refuseKinds": ["service"] })).await?;
        let number = to_provisioning(&app, 1).await?;
        let effect = app.fallout(&number).await?;
        assert_eq!(effect["kind"], "provision");
        let order = app.admin.order(&number).await?;
        assert_eq!(order["hasFallout"], true);
        let history = app.admin.history(&number).await?;
        assert!(history.iter().any(|event| event["type"] == "effectFailed"));

        control(&app, json!({ "refuseKinds": [] })).await?;
        let id = effect["id"].as_str().context("an id")?;
        let reason = json!({ "reason": "The plan was set up" });
        app.admin.post(&format!("/api/v1/effects/{id}/retry"), &reason).await?.expect(200)?;
        let twice = app.admin.post(&format!("/api/v1/effects/{id}/retry"), &reason).await?;
        assert!(matches!(twice.status, 409), "{}", twice.status);
        completed_once(&app, &number).await
    });
}

#[test]
fn what_a_person_gives_up_goes_back_to_the_technicians_or_fails() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        control(&app, json!({ "refuseKinds": ["service"] })).await?;
        let number = to_provisioning(&app, 1).await?;
        give_up(&app, &number).await?;
        let moved = json!({ "transition": "back-to-installation", "comment": "The port is dead" });
        let moved = app.admin.make_transition(&number, &moved).await?;
        moved.expect(200)?;
        assert_eq!(moved.body["stage"]["code"], "installation");
        app.admin
            .make_transition(&number, &json!({ "transition": "installed" }))
            .await?
            .expect(200)?;
        give_up(&app, &number).await?;
        let failed = json!({ "transition": "activation-failed", "comment": "No such plan" });
        let failed = app.admin.make_transition(&number, &failed).await?;
        failed.expect(200)?;
        assert_eq!(failed.body["state"], "failed");
        let history = app.admin.history(&number).await?;
        assert!(history.iter().any(|event| event["type"] == "retirementRequested"));
        Ok(())
    });
}

/// Waits until what was asked of the billing system has failed for good, and gives it up.
async fn give_up(app: &TestApp, number: &str) -> Result<()> {
    let effect = app.fallout(number).await?;
    let id = effect["id"].as_str().context("an id")?;
    let reason = json!({ "reason": "It is not to be had" });
    app.admin.post(&format!("/api/v1/effects/{id}/failure"), &reason).await?.expect(200)
}

#[test]
fn an_order_cancelled_before_the_point_of_no_return_leaves_nothing_in_billing() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let number = to_installation(&app, 1).await?;
        let path = format!("/api/v1/orders/{number}/cancellation");
        let reason = json!({ "reason": "Moved away" });
        let priced = app.admin.post(&path, &reason).await?;
        anyhow::ensure!(priced.problem() == "penalty-unconfirmed", "{}", priced.body);
        let reason = json!({ "reason": "Moved away", "penaltyConfirmed": true });
        app.admin.post(&path, &reason).await?.expect(200)?;
        assert_eq!(app.objects_in_billing().await?.len(), 0);
        let other = to_provisioning(&app, 2).await?;
        let path = format!("/api/v1/orders/{other}/cancellation");
        let late = app.admin.post(&path, &json!({ "reason": "Too late" })).await?;
        late.expect(409)?;
        Ok(())
    });
}

async fn control(app: &TestApp, fault: Value) -> Result<()> {
    let answer = app.billing()?.put("/control", &fault).await?;
    anyhow::ensure!(answer.is_success(), "control answered {}", answer.status);
    Ok(())
}

async fn to_installation(app: &TestApp, index: u32) -> Result<String> {
    let registered = app.admin.post("/api/v1/orders", &orders::connect(index)).await?;
    registered.expect(201)?;
    let number = registered.body["number"].as_str().context("a number")?.to_owned();
    for transition in ["accept", "feasible"] {
        let body = json!({ "transition": transition });
        app.admin.make_transition(&number, &body).await?.expect(200)?;
    }
    app.drawn(&number, "contract").await?;
    app.admin.make_transition(&number, &json!({ "transition": "sign" })).await?.expect(200)?;
    app.drawn(&number, "work-order").await?;
    Ok(number)
}

async fn to_provisioning(app: &TestApp, index: u32) -> Result<String> {
    let number = to_installation(app, index).await?;
    app.admin.make_transition(&number, &json!({ "transition": "installed" })).await?.expect(200)?;
    Ok(number)
}

/// The provisioning that waits, as people see it.
async fn waiting(app: &TestApp, number: &str) -> Result<Value> {
    let path = format!("/api/v1/orders/{number}/provisioning");
    app.eventually("an attempt has failed", || async {
        let answer = app.admin.get(&path).await?;
        answer.expect(200)?;
        let work = answer.body["work"][0].clone();
        Ok(Some(work).filter(|work| work["lastError"].is_string() && work["state"] == "waiting"))
    })
    .await
}

/// The order completes, and its billing objects exist exactly once, today and in the journal.
async fn completed_once(app: &TestApp, number: &str) -> Result<()> {
    app.completed(number).await?;
    app.billing()?.delete("/control").await?;
    let objects = app.objects_in_billing().await?;
    assert_eq!(objects.len(), OBJECTS_PER_ORDER);
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for object in &objects {
        *counts.entry(format!("{} {}", object["kind"], object["externalKey"])).or_default() += 1;
    }
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    let history = app.admin.history(number).await?;
    let made = history.iter().filter(|event| event["type"] == "provisioned").count();
    assert_eq!(made, 1);
    Ok(())
}
