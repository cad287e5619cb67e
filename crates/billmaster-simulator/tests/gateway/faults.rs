//! Each fault does what it is told to do, and no more.

use crate::support::{Gateway, send};
use anyhow::Result;
use futures::future::{Either, select};
use reqwest::Method;
use serde_json::json;
use std::pin::pin;
use std::time::{Duration, Instant};

const OBJECT: &str = "domain/north";

#[tokio::test]
async fn calls_that_are_told_to_fail_do_nothing() -> Result<()> {
    let gateway = Gateway::start().await?;
    gateway.faults(json!({ "failNext": 2, "failStatus": 500 })).await?;
    for _ in 0..2 {
        let failed = gateway.ensure_as("k-1", OBJECT, &[], "North").await?;
        assert_eq!((failed.status, failed.problem()), (500, "told-to-fail"));
    }
    assert_eq!(gateway.journal().await?.len(), 0);
    let made = gateway.ensure_as("k-1", OBJECT, &[], "North").await?;
    assert_eq!((made.status, made.replayed), (201, false));
    Ok(())
}

#[tokio::test]
async fn every_so_manieth_call_fails() -> Result<()> {
    let gateway = Gateway::start().await?;
    gateway.ensure(OBJECT, &[], "North").await?;
    gateway.faults(json!({ "failEvery": 3 })).await?;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(gateway.find(OBJECT).await?.status);
    }
    assert_eq!(statuses, [200, 200, 503, 200, 200, 503]);
    Ok(())
}

#[tokio::test]
async fn a_share_of_calls_fails_the_same_ones_for_the_same_seed() -> Result<()> {
    let gateway = Gateway::start().await?;
    gateway.ensure(OBJECT, &[], "North").await?;
    let mut rounds = Vec::new();
    for seed in [1, 1, 2] {
        gateway.faults(json!({ "failRate": 0.5, "seed": seed })).await?;
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(gateway.find(OBJECT).await?.status);
        }
        let failed = statuses.iter().filter(|status| **status == 503).count();
        assert!((8..=32).contains(&failed), "{failed} of 40");
        rounds.push(statuses);
    }
    assert_eq!(rounds[0], rounds[1]);
    assert_ne!(rounds[0], rounds[2]);
    Ok(())
}

#[tokio::test]
async fn the_first_answer_is_lost_and_the_work_is_done() -> Result<()> {
    let gateway = Gateway::start().await?;
    gateway.faults(json!({ "answerTwice": true })).await?;
    assert!(gateway.ensure_as("k-1", OBJECT, &[], "North").await.is_err());
    assert_eq!(gateway.find(OBJECT).await?.status, 200);
    let repeated = gateway.ensure_as("k-1", OBJECT, &[], "North").await?;
    assert_eq!((repeated.status, repeated.replayed), (201, true));
    assert!(gateway.retire_as("k-2", OBJECT).await.is_err());
    assert_eq!(gateway.retire_as("k-2", OBJECT).await?.status, 204);
    assert_eq!(gateway.journal().await?, ["made domain/north", "retired domain/north"]);
    Ok(())
}

#[tokio::test]
async fn what_is_forgotten_is_answered_as_done_and_never_was() -> Result<()> {
    let gateway = Gateway::start().await?;
    gateway.faults(json!({ "forgetNext": 1 })).await?;
    let forgotten = gateway.ensure_as("k-1", OBJECT, &[], "North").await?;
    assert_eq!((forgotten.status, &forgotten.body["status"]), (201, &json!("active")));
    assert_eq!(gateway.find(OBJECT).await?.status, 404);
    assert_eq!(gateway.journal().await?.len(), 0);
    let made = gateway.ensure_as("k-1", OBJECT, &[], "North").await?;
    assert_eq!((made.status, made.replayed), (201, false));

    gateway.faults(json!({ "forgetNext": 1 })).await?;
    assert_eq!(gateway.find(OBJECT).await?.status, 200, "reading forgets nothing");
    assert_eq!(gateway.retire_as("k-2", OBJECT).await?.status, 204);
    assert_eq!(gateway.find(OBJECT).await?.body["status"], "active");
    Ok(())
}

#[tokio::test]
async fn a_gateway_that_is_down_answers_nothing_but_can_be_looked_at() -> Result<()> {
    let gateway = Gateway::start().await?;
    gateway.ensure(OBJECT, &[], "North").await?;
    gateway.faults(json!({ "down": true })).await?;
    assert!(gateway.find(OBJECT).await.is_err());
    assert!(gateway.ensure_as("k-1", "domain/south", &[], "South").await.is_err());
    assert!(gateway.retire_as("k-2", OBJECT).await.is_err());
    let mistaken = gateway.anonymous(Method::GET, "/v1/objects/domain/north");
    assert!(send(mistaken).await.is_err(), "not even a refusal");
    assert_eq!(gateway.journal().await?, ["made domain/north"]);
    assert_eq!(gateway.get("/v1/objects").await?.status, 200);
    assert_eq!(gateway.get("/").await?.status, 200);
    gateway.no_faults().await?;
    assert_eq!(gateway.ensure_as("k-1", "domain/south", &[], "South").await?.status, 201);
    Ok(())
}

#[tokio::test]
async fn a_slow_answer_comes_late_and_the_work_is_done_before() -> Result<()> {
    let gateway = Gateway::start().await?;
    gateway.faults(json!({ "delayMs": 300 })).await?;
    let started = Instant::now();
    assert_eq!(gateway.ensure(OBJECT, &[], "North").await?.status, 201);
    assert!(started.elapsed() >= Duration::from_millis(300));

    // A caller that gives up has asked all the same: its next call finds the work.
    gateway.faults(json!({ "delayMs": 600_000 })).await?;
    let impatient = pin!(gateway.ensure_as("k-1", "domain/south", &[], "South"));
    let done = pin!(async {
        loop {
            let journal = gateway.journal().await?;
            if journal.contains(&"made domain/south".to_owned()) {
                return anyhow::Ok(());
            }
            tokio::task::yield_now().await;
        }
    });
    match select(impatient, done).await {
        Either::Left((answer, _)) => panic!("answered before its time: {answer:?}"),
        Either::Right((done, _)) => done?,
    }
    gateway.no_faults().await?;
    let repeated = gateway.ensure_as("k-1", "domain/south", &[], "South").await?;
    assert_eq!((repeated.status, repeated.replayed), (201, true));
    Ok(())
}

#[tokio::test]
async fn kinds_are_refused_until_they_are_not() -> Result<()> {
    let gateway = Gateway::start().await?;
    gateway.ensure_as("k-1", OBJECT, &[], "North").await?;
    gateway.faults(json!({ "refuseKinds": ["domain", "service"] })).await?;
    let refused = gateway.ensure_as("k-2", "domain/south", &[], "South").await?;
    assert_eq!((refused.status, refused.problem()), (409, "refused"));
    assert_eq!(gateway.ensure("billingPlan/p", &[], "P").await?.status, 201);
    let known = gateway.ensure_as("k-1", OBJECT, &[], "North").await?;
    assert_eq!((known.status, known.replayed), (201, true), "what was answered stays answered");
    gateway.no_faults().await?;
    assert_eq!(gateway.ensure_as("k-2", "domain/south", &[], "South").await?.status, 201);
    Ok(())
}

#[tokio::test]
async fn faults_are_shown_replaced_and_ended() -> Result<()> {
    let gateway = Gateway::start().await?;
    let none = json!({
        "delayMs": 0, "failNext": 0, "failEvery": 0, "failRate": 0.0, "seed": 0, "failStatus": 503,
        "answerTwice": false, "forgetNext": 0, "down": false, "refuseKinds": [],
    });
    assert_eq!(gateway.get("/control").await?.body, none);
    gateway.faults(json!({ "down": true, "failNext": 3 })).await?;
    assert_eq!(gateway.get("/control").await?.body["failNext"], 3);
    gateway.faults(json!({ "failNext": 1 })).await?;
    let shown = gateway.get("/control").await?.body;
    assert_eq!((&shown["down"], &shown["failNext"]), (&json!(false), &json!(1)));
    gateway.find(OBJECT).await?;
    assert_eq!(gateway.get("/control").await?.body["failNext"], 0, "it counts down");
    gateway.faults(json!({ "down": true })).await?;
    gateway.no_faults().await?;
    assert_eq!(gateway.get("/control").await?.body, none);
    Ok(())
}
