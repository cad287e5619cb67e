//! Deadlines in working time and the ladder of notices, on the running product.

use anyhow::{Context, Result, ensure};
use oms_app::change::{Expected, change};
use oms_app::register::{Outcome, Request, register};
use oms_domain::decide::{Command, VisitRequest};
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

/// A transition of an order that was made so many minutes ago.
async fn moved_before(app: &TestApp, order: &str, transition: &str, minutes: i64) -> Result<()> {
    let store = app.database.store().await?;
    let actor = Actor::with_rights("admin", &[Right::Admin]);
    let command = Command::Transition {
        transition: transition.to_owned(),
        fields: Default::default(),
        comment: None,
        visit: VisitRequest::default(),
    };
    let now = now().plus_minutes(-minutes);
    change(&store, &actor, order, Expected::Any, command, now).await?;
    store.database().close().await;
    Ok(())
}

#[test]
fn an_order_is_projected_and_a_promise_that_it_breaks_is_at_risk() {
    on_both_databases(promised);
}

async fn promised(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let in_days = |days: i64| now().plus_minutes(days * 24 * 60).date().to_string();
    let (tomorrow, in_a_month) = (in_days(1), in_days(30));

    // Nothing is measured yet: the hour of the first stage, and the three days of the confirmation.
    let mut form = orders::support(1);
    form["promisedDate"] = json!(in_a_month);
    let registered = app.admin.post("/api/v1/orders", &form).await?;
    registered.expect(201)?;
    let answer = &registered.body;
    let number = answer["number"].as_str().context("a number")?;
    let entered =
        answer["stage"]["enteredAt"].as_str().and_then(Instant::parse).context("a time")?;
    let at = entered.plus_minutes(STAGE_MINUTES + 4380);
    ensure!(answer["projection"]["at"] == at.to_string(), "{answer}");
    ensure!(answer["projectedDate"] == at.date().to_string(), "{answer}");
    ensure!(
        answer["promisedDate"] == in_a_month.as_str() && answer["promiseAtRisk"] == false,
        "{answer}"
    );
    let basis = |order: &Value| -> Vec<String> {
        let stages = order["projection"]["stages"].as_array().cloned().unwrap_or_default();
        let words = stages.iter().map(|it| format!("{} {}", it["stage"], it["basis"]));
        words.map(|word| word.replace('"', "")).collect()
    };
    ensure!(basis(answer) == ["registered deadline", "confirmation deadline"], "{answer}");
    let order = app.admin.order(number).await?;
    ensure!(order == *answer, "{order}");
    let listed = app.admin.items("/api/v1/orders?limit=10").await?;
    ensure!(listed[0]["promisedDate"] == in_a_month.as_str(), "{listed:?}");
    ensure!(listed[0].get("projectedDate").is_none(), "a list projects nothing: {listed:?}");

    // Another day is promised, one that the deadlines do not keep.
    let path = format!("/api/v1/orders/{number}");
    let amend = |body: Value| {
        let request = app.admin.request(Method::PATCH, &path).header("if-match", "*");
        send(request.json(&body))
    };
    amend(json!({ "promisedDate": "2020-01-01" })).await?.expect(422)?;
    let amended = amend(json!({ "promisedDate": tomorrow, "reason": "They asked." })).await?;
    amended.expect(200)?;
    ensure!(amended.body["promiseAtRisk"] == true, "{}", amended.body);
    let history = app.admin.history(number).await?;
    let change = &history.last().context("an event")?["data"]["changes"][0];
    ensure!(change["field"] == "promisedDate" && change["to"] == tomorrow.as_str(), "{change}");

    // Five orders go through: twenty minutes until it is solved, a hundred until that is confirmed.
    for index in 2..7 {
        let other = registered_before(&app, index, 600).await?;
        moved_before(&app, &other, "solved", 580).await?;
        moved_before(&app, &other, "confirm", 480).await?;
    }
    let order = app.admin.order(number).await?;
    ensure!(basis(&order) == ["registered deadline", "confirmation deadline"], "{order}");
    app.tick().await?;
    let order = app.admin.order(number).await?;
    ensure!(basis(&order) == ["registered measured", "confirmation measured"], "{order}");
    ensure!(order["projection"]["at"] == entered.plus_minutes(120).to_string(), "{order}");
    ensure!(order["projection"]["stages"][0]["samples"] == 5, "{order}");
    ensure!(order["promiseAtRisk"] == false, "{order}");

    // What would come of a step tells it too, and so does the step.
    let tried = format!("/api/v1/orders/{number}/transitions?dryRun=true");
    let body = json!({ "transition": "start" });
    let request = app.admin.request(Method::POST, &tried).header("if-match", "*").json(&body);
    let tried = send(request).await?;
    tried.expect(200)?;
    ensure!(basis(&tried.body) == ["repair deadline", "confirmation measured"], "{}", tried.body);
    let moved = app.admin.make_transition(number, &body).await?;
    moved.expect(200)?;
    ensure!(basis(&moved.body) == ["repair deadline", "confirmation measured"], "{}", moved.body);
    let hold = format!("/api/v1/orders/{number}/hold");
    let held = app.admin.post(&hold, &json!({ "reason": "On holiday" })).await?;
    held.expect(200)?;
    ensure!(held.body["projectedDate"].is_null(), "{}", held.body);
    ensure!(held.body["promiseAtRisk"] == false, "{}", held.body);
    Ok(())
}

/// A support scenario of the operator's own that tells watchers of the first stage.
async fn with_watchers(app: &TestApp) -> Result<()> {
    let published = app.admin.get("/api/v1/scenarios/support-individual/versions/1").await?;
    published.expect(200)?;
    let mut scenario = published.body;
    scenario["stages"][0]["ladder"] = json!([{
        "code": "due", "at": { "percent": 100 },
        "tell": [{ "watcher": "head@example.org" }, { "watcher": "aziza" }, { "watcher": "nobody" }],
    }]);
    let draft = app.admin.post("/api/v1/scenarios", &scenario).await?;
    draft.expect(201)?;
    let version = draft.body["version"].as_u64().context("a version")?;
    let path = format!("/api/v1/scenarios/support-individual/versions/{version}/publication");
    app.admin.post(&path, &Value::Null).await?.expect(200)
}

#[test]
fn watchers_are_told_by_name() {
    on_both_databases(watched);
}

async fn watched(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let aziza = json!({ "login": "aziza", "name": "Aziza Rahimova", "email": "aziza@example.org" });
    app.admin.post("/api/v1/staff", &aziza).await?.expect(201)?;
    with_watchers(&app).await?;
    let late = registered_before(&app, 1, 61).await?;
    app.tick().await?;
    let notices = app.admin.items(&format!("/api/v1/escalations?order={late}")).await?;
    ensure!(notices.len() == 1, "the division has it in its list: {notices:?}");
    let names: Vec<&str> = notices[0]["receivers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|receiver| receiver["name"].as_str())
        .collect();
    ensure!(names == ["head@example.org", "aziza", "nobody"], "{notices:?}");
    let history = app.admin.history(&late).await?;
    let told = history.iter().find(|event| event["type"] == "escalated").context("told")?;
    let emails: Vec<&Value> = told["data"]["told"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|one| one["to"] == "watcher")
        .map(|one| &one["email"])
        .collect();
    ensure!(
        emails == [&json!("head@example.org"), &json!("aziza@example.org"), &Value::Null],
        "{told}"
    );
    Ok(())
}

#[test]
fn heads_of_divisions_are_told_and_their_substitutes() {
    on_both_databases(headed);
}

async fn headed(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    for login in ["aziza", "olim", "dilnoza"] {
        let member =
            json!({ "login": login, "name": login, "email": format!("{login}@example.org") });
        app.admin.post("/api/v1/staff", &member).await?.expect(201)?;
    }
    let aziza = json!({
        "substitute": { "login": "olim" },
        "absences": [{ "from": "2020-01-01T00:00:00Z", "until": "2199-01-01T00:00:00Z" }],
    });
    let request = app.admin.request(Method::PATCH, "/api/v1/staff/aziza").json(&aziza);
    send(request).await?.expect(200)?;
    let late = registered_before(&app, 1, 61).await?;
    let order = app.admin.get(&format!("/api/v1/orders/{late}")).await?;
    let division = order.body["division"]["code"].as_str().context("a division")?.to_owned();
    let mut divisions = app.admin.items("/api/v1/divisions").await?;
    for one in divisions.iter_mut().filter(|one| one["code"] == division.as_str()) {
        one["head"] = json!("aziza");
    }
    app.admin.put("/api/v1/divisions", &json!(divisions)).await?.expect(200)?;
    app.tick().await?;
    let history = app.admin.history(&late).await?;
    let told = history.iter().find(|event| event["type"] == "escalated").context("told")?;
    let told = told["data"]["told"].as_array().context("those who were told")?;
    let expected = json!({
        "to": "divisionHead", "name": "olim", "email": "olim@example.org", "standsInFor": "aziza",
    });
    ensure!(told.len() == 2 && told[0]["to"] == "division" && told[1] == expected, "{told:?}");
    Ok(())
}
