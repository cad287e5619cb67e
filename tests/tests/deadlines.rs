//! Deadlines in working time and the ladder of notices, on the running product.

use anyhow::{Context, Result, ensure};
use oms_app::register::{Outcome, Request, register};
use oms_domain::rights::{Actor, Right};
use oms_domain::time::Instant;
use oms_tests::app::now;
use oms_tests::caller::send;
use oms_tests::{DatabaseKind, TestApp, on_both_databases, orders};
use reqwest::Method;
use serde_json::{Value, json};

/// Support of individuals: the first stage has an hour.
const STAGE_MINUTES: i64 = 60;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Registers a support order so many minutes ago: the clock of the product can't be moved.
async fn registered_before(app: &TestApp, index: u32, minutes: i64) -> Result<String> {
    let store = app.database.store().await?;
    let actor = Actor::with_rights("admin", &[Right::Admin]);
    let document = orders::support(index);
    let request = Request {
        actor: &actor,
        document: &document,
        body: b"",
        idempotency_key: None,
        now: now().plus_minutes(-minutes),
    };
    let outcome = register(&store, request).await?;
    store.database().close().await;
    match outcome {
        Outcome::Registered { order, .. } => Ok(order.number),
        Outcome::Replayed { .. } => anyhow::bail!("it was registered before"),
    }
}

#[test]
fn the_ladder_is_climbed_rung_by_rung_and_an_answer_stops_it() {
    on_both_databases(climbed);
}

async fn climbed(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let early = registered_before(&app, 1, 50).await?;
    let late = registered_before(&app, 2, 95).await?;
    let fresh = registered_before(&app, 3, 10).await?;
    app.admin
        .put(&format!("/api/v1/orders/{early}/assignee"), &json!({ "assignee": "olim" }))
        .await?
        .expect(200)?;
    let report = app.tick().await?;
    ensure!(report["deadlines"] == 1 && report["rungs"] == 3, "{report}");
    app.tick().await?;

    let of = async |number: &str| -> Result<(Value, Vec<Value>)> {
        let order = app.admin.order(number).await?;
        let notices = app.admin.items(&format!("/api/v1/escalations?order={number}")).await?;
        Ok((order, notices))
    };
    let (order, notices) = of(&early).await?;
    ensure!(order["jeopardy"] == "atRisk", "{order}");
    ensure!(notices.len() == 1, "{notices:?}");
    let notice = &notices[0];
    ensure!(notice["rung"] == "at-risk" && notice["order"]["number"] == early.as_str(), "{notice}");
    ensure!(notice["division"] == order["division"]["code"], "{notice}");
    ensure!(notice["receivers"][0]["name"] == "olim", "{notice}");
    ensure!(notice["dueAt"] == order["stage"]["dueAt"], "{notice}");

    let (order, notices) = of(&late).await?;
    ensure!(order["jeopardy"] == "breached", "{order}");
    let mut rungs: Vec<&str> =
        notices.iter().filter_map(|notice| notice["rung"].as_str()).collect();
    rungs.sort_unstable();
    ensure!(rungs == ["missed", "parent"], "{notices:?}");
    let parent = notices.iter().find(|notice| notice["rung"] == "parent").context("a notice")?;
    ensure!(parent["division"] != order["division"]["code"], "{parent}");
    let code = parent["division"].as_str().context("a code")?;
    let of_parent = app.admin.items(&format!("/api/v1/escalations?division={code}")).await?;
    ensure!(of_parent == [parent.clone()], "{of_parent:?}");
    let all = app.admin.items("/api/v1/escalations?limit=1").await?;
    ensure!(all.len() == 3, "a page at a time, all are listed: {all:?}");

    let (order, notices) = of(&fresh).await?;
    ensure!(order["jeopardy"] == "none" && notices.is_empty(), "{order} {notices:?}");

    let path = format!("/api/v1/orders/{early}/escalation/answer");
    let answered = app.admin.post(&path, &json!({ "comment": "Olim is on his way." })).await?;
    answered.expect(200)?;
    let escalation = &answered.body["escalation"];
    ensure!(escalation["answered"]["comment"] == "Olim is on his way.", "{escalation}");
    ensure!(escalation.get("nextRungAt").is_none(), "{escalation}");
    let history = app.admin.history(&early).await?;
    let types: Vec<&str> = history.iter().filter_map(|event| event["type"].as_str()).collect();
    let expected =
        ["registered", "routed", "assigned", "deadlineAtRisk", "escalated", "escalationAnswered"];
    ensure!(types == expected, "{types:?}");
    Ok(())
}

/// A calendar in UTC with work on one day of the week only, all day.
fn one_day(weekday: usize) -> Value {
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    json!({
        "code": "one-day", "name": "One day", "timeZone": "UTC",
        "week": { names[weekday]: ["00:00-24:00"] }, "holidays": [], "movedDays": [],
    })
}

#[test]
fn calendars_are_set_and_deadlines_count_by_them() {
    on_both_databases(counted);
}

async fn counted(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let path = "/api/v1/calendars";
    let empty = app.admin.get(path).await?;
    empty.expect(200)?;
    ensure!(empty.body == json!({ "calendars": [], "divisions": {} }), "{}", empty.body);
    let tag = empty.header("etag").context("an ETag")?;

    // Work begins on a day to come: the hour of the stage is the first one of that day.
    let day = now().0 / DAY_MS + 3;
    // The first of January 1970 was a Thursday.
    let weekday = usize::try_from((day + 3) % 7)?;
    let tree = app.admin.items("/api/v1/divisions").await?;
    let root = tree.iter().find(|division| division["parentCode"].is_null()).context("a root")?;
    let root = root["code"].as_str().context("a code")?;
    let set = json!({ "calendars": [one_day(weekday)], "divisions": { root: "one-day" } });
    let put =
        |tag: String| send(app.admin.request(Method::PUT, path).header("if-match", tag).json(&set));
    let swapped = put(tag.clone()).await?;
    swapped.expect(200)?;
    ensure!(swapped.body == set, "{}", swapped.body);
    put(tag).await?.expect(412)?;
    let tag = swapped.header("etag").context("an ETag")?;
    let request = app.admin.request(Method::GET, path).header("if-none-match", &tag);
    send(request).await?.expect(304)?;

    let registered = app.admin.post("/api/v1/orders", &orders::support(7)).await?;
    registered.expect(201)?;
    let midnight = Instant(day * DAY_MS);
    let due = midnight.plus_minutes(STAGE_MINUTES).to_string();
    ensure!(registered.body["stage"]["dueAt"] == due, "{}", registered.body);
    let next = midnight.plus_minutes(STAGE_MINUTES * 3 / 4).to_string();
    ensure!(registered.body["escalation"]["nextRungAt"] == next, "{}", registered.body);

    // On hold nothing of it is used up, and taken off hold it is the same hour.
    let number = registered.body["number"].as_str().context("a number")?;
    let hold = format!("/api/v1/orders/{number}/hold");
    let held = app.admin.post(&hold, &json!({ "reason": "On holiday" })).await?;
    held.expect(200)?;
    ensure!(held.body["hold"]["remainingWorkingMs"] == STAGE_MINUTES * 60_000, "{}", held.body);
    let resumed = app.admin.delete(&hold).await?;
    resumed.expect(200)?;
    ensure!(resumed.body["stage"]["dueAt"] == due, "{}", resumed.body);
    Ok(())
}
