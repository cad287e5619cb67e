//! Many callers at once: one wins, nothing is doubled.

use anyhow::{Context, Result};
use futures::future::try_join_all;
use oms_tests::caller::send;
use oms_tests::{DatabaseKind, TestApp, on_both_databases, orders};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;

const CALLERS: usize = 32;

#[test]
fn of_32_that_make_the_same_transition_one_wins() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let registered = app.admin.post("/api/v1/orders", &orders::connect(1)).await?;
        registered.expect(201)?;
        let number = registered.body["number"].as_str().context("a number")?;
        let tag = registered.header("etag").context("an ETag")?;
        let body = json!({ "transition": "accept" });
        let attempts = (0..CALLERS).map(|_| app.admin.transition(number, &tag, &body));
        let mut statuses: Vec<u16> =
            try_join_all(attempts).await?.into_iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200);
        assert!(statuses[1..].iter().all(|status| matches!(status, 409 | 412)), "{statuses:?}");
        let history = app.admin.history(number).await?;
        let moves = history.iter().filter(|event| event["type"] == "transitioned").count();
        assert_eq!(moves, 1);
        Ok(())
    });
}

#[test]
fn of_32_with_the_same_idempotency_key_one_order_is_made() {
    on_both_databases(same_key_on);
}

async fn same_key_on(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let body = orders::connect(1);
    let register = |body: serde_json::Value| {
        let request = app.admin.request(Method::POST, "/api/v1/orders");
        send(request.header("idempotency-key", "one-key").json(&body))
    };
    let answers = try_join_all((0..CALLERS).map(|_| register(body.clone()))).await?;
    for answer in &answers {
        answer.expect(201)?;
    }
    let ids: BTreeSet<&str> =
        answers.iter().filter_map(|answer| answer.body["id"].as_str()).collect();
    assert_eq!(ids.len(), 1);
    let first =
        answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count();
    assert_eq!(first, 1);
    assert_eq!(app.admin.items("/api/v1/orders").await?.len(), 1);
    // The same key with another body is a mistake, not a repetition.
    let other = register(orders::connect(2)).await?;
    other.expect(422)?;
    assert_eq!(other.problem(), "idempotency-key-reused");
    Ok(())
}

#[test]
fn of_32_that_ask_for_the_same_without_a_key_one_is_registered_and_the_others_are_shown_it() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let body = orders::connect(1);
        let attempts = (0..CALLERS).map(|_| app.admin.post("/api/v1/orders", &body));
        let answers = try_join_all(attempts).await?;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(made.len(), 1);
        let id = &made[0].body["id"];
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            answer.expect(409)?;
            assert_eq!(answer.problem(), "duplicate-order");
            assert_eq!(&answer.body["order"]["id"], id);
        }
        let mut wanted = body.clone();
        wanted["allowDuplicate"] = json!(true);
        app.admin.post("/api/v1/orders", &wanted).await?.expect(201)?;
        assert_eq!(app.admin.items("/api/v1/orders").await?.len(), 2);
        Ok(())
    });
}

#[test]
fn a_missed_deadline_is_told_once_however_many_tick() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let registered = app.admin.post("/api/v1/orders", &orders::support(1)).await?;
        registered.expect(201)?;
        let number = registered.body["number"].as_str().context("a number")?;
        app.database.make_overdue(number).await?;
        try_join_all((0..CALLERS).map(|_| app.tick())).await?;
        app.eventually("the division was told", || async {
            app.tick().await?;
            let history = app.admin.history(number).await?;
            Ok(history.iter().any(|event| event["type"] == "escalated").then_some(()))
        })
        .await?;
        let history = app.admin.history(number).await?;
        let of = |kind: &str| history.iter().filter(|event| event["type"] == kind).count();
        assert_eq!((of("deadlineMissed"), of("escalated")), (1, 1));
        let effects = app.admin.items(&format!("/api/v1/effects?order={number}")).await?;
        assert_eq!(effects.len(), 1);
        assert_eq!(effects[0]["state"], "done");
        Ok(())
    });
}
