//! A scenario of the operator's own over the API: written, checked, published, taken by new orders, retired; running
//! orders are moved to it, first as a preview. Any command says what it would do, and an order is explained.

use anyhow::{Context, Result, ensure};
use oms_domain::rights::Right;
use oms_domain::scenario;
use oms_tests::caller::send;
use oms_tests::{DatabaseKind, TestApp, on_both_databases, orders};
use reqwest::Method;
use serde_json::{Value, json};

const BUILT_IN: &str = "/api/v1/scenarios/connect-individual/versions/3";
const OWN: &str = "/api/v1/scenarios/connect-individual/versions/1001";

/// As the built-in one, and the first stage has another code and name.
fn own() -> Value {
    let built_in = scenario::find("connect-individual", 1).expect("it is built in");
    let text = json!(built_in).to_string().replace("\"registered\"", "\"desk\"");
    let mut own: Value = serde_json::from_str(&text).expect("JSON");
    own["stages"][0]["name"] = json!({ "en": "Front desk", "ru": "Приём" });
    own
}

async fn register(app: &TestApp, number: u32) -> Result<Value> {
    let answer = app.admin.post("/api/v1/orders", &orders::connect(number)).await?;
    answer.expect(201)?;
    Ok(answer.body)
}

fn number(order: &Value) -> &str {
    order["number"].as_str().unwrap_or_default()
}

#[test]
fn a_scenario_is_written_published_taken_and_retired() {
    on_both_databases(lived);
}

async fn lived(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let mut faulty = own();
    faulty["initialStage"] = json!("nowhere");
    let draft = app.admin.post("/api/v1/scenarios", &faulty).await?;
    draft.expect(201)?;
    ensure!(draft.header("location").as_deref() == Some(OWN), "{:?}", draft.header("location"));
    ensure!(draft.body["state"] == "draft" && draft.body["version"] == 1001, "{}", draft.body);
    let told = draft.body["warnings"].as_array().context("warnings")?;
    ensure!(told.iter().any(|it| it["code"] == "unknown-stage"), "{told:?}");
    let refused = app.admin.post(&format!("{OWN}/publication"), &Value::Null).await?;
    refused.expect(422)?;
    ensure!(refused.body["errors"][0]["pointer"] == "/initialStage", "{}", refused.body);

    // What is read can be sent back, on the version that was seen.
    let seen = app.admin.get(OWN).await?;
    seen.expect(200)?;
    let tag = seen.header("etag").context("no ETag")?;
    let mut mended = seen.body.clone();
    mended["initialStage"] = json!("desk");
    let put = || app.admin.request(Method::PUT, OWN).json(&mended);
    send(put()).await?.expect(428)?;
    send(put().header("if-match", "\"v9\"")).await?.expect(412)?;
    let replaced = send(put().header("if-match", &tag)).await?;
    replaced.expect(200)?;
    ensure!(replaced.body["warnings"] == json!([]), "{}", replaced.body);

    ensure!(register(&app, 1).await?["scenario"]["version"] == 3, "a draft is not taken");
    for _ in 0..2 {
        let published = app.admin.post(&format!("{OWN}/publication"), &Value::Null).await?;
        published.expect(200)?;
        ensure!(published.body["published"]["by"] == "admin", "{}", published.body);
    }
    let order = register(&app, 2).await?;
    ensure!(order["scenario"]["version"] == 1001 && order["stage"]["code"] == "desk", "{order}");
    send(put().header("if-match", "*")).await?.expect(409)?;
    app.admin.delete(OWN).await?.expect(409)?;
    app.admin.delete(BUILT_IN).await?.expect(409)?;
    app.admin.get(&format!("{OWN}/diagram?format=mermaid")).await?.expect(200)?;

    let published = app.admin.items("/api/v1/scenarios?state=published&limit=3").await?;
    let own: Vec<&Value> = published.iter().filter(|it| it["builtIn"] == false).collect();
    let all = oms_domain::scenario::built_in().count() + 1;
    ensure!(published.len() == all && own.len() == 1, "{published:?}");
    ensure!(own[0]["version"] == 1001, "{own:?}");

    for _ in 0..2 {
        app.admin.post(&format!("{OWN}/retirement"), &Value::Null).await?.expect(200)?;
    }
    ensure!(register(&app, 3).await?["scenario"]["version"] == 3, "the built-in one again");
    let moved =
        app.admin.make_transition(number(&order), &json!({ "transition": "accept" })).await?;
    moved.expect(200)?;
    ensure!(moved.body["scenario"]["version"] == 1001, "a running order keeps its own");

    let reader = app.caller("reader", &[Right::ScenariosRead]).await?;
    reader.get(OWN).await?.expect(200)?;
    let schema = reader.get("/api/v1/scenarios/schema").await?;
    schema.expect(200)?;
    ensure!(schema.body["title"] == "Scenario", "{}", schema.body);
    reader.post("/api/v1/scenarios", &self::own()).await?.expect(403)?;
    reader.post(&format!("{OWN}/publication"), &Value::Null).await?.expect(403)?;
    reader.post(&format!("{OWN}/retirement"), &Value::Null).await?.expect(403)?;
    Ok(())
}

#[test]
fn running_orders_are_moved_after_a_preview() {
    on_both_databases(moved);
}

async fn moved(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let mut orders = Vec::new();
    for index in 0..3 {
        orders.push(register(&app, index).await?);
    }
    let accepted = json!({ "transition": "accept" });
    app.admin.make_transition(number(&orders[2]), &accepted).await?.expect(200)?;
    app.admin.post("/api/v1/scenarios", &own()).await?.expect(201)?;
    let path = format!("{OWN}/migration");
    let request = |dry_run: bool, stages: Value| json!({ "from": "all", "dryRun": dry_run, "stages": stages });
    let early = app.admin.post(&path, &request(true, json!({}))).await?;
    ensure!(early.problem() == "scenario-not-published", "{}", early.body);
    app.admin.post(&format!("{OWN}/publication"), &Value::Null).await?.expect(200)?;

    // Without a word on the stage that is gone, its orders stay.
    let preview = app.admin.post(&path, &request(true, json!({}))).await?;
    preview.expect(200)?;
    let (moved, stay) = lists(&preview.body)?;
    ensure!(moved.len() == 1 && stay.len() == 2, "{}", preview.body);
    ensure!(stay.iter().all(|it| it["code"] == "stage-unknown"), "{stay:?}");
    ensure!(
        stay[0]["messages"]["ru"].as_str().is_some_and(|it| it.contains("нет этапа")),
        "{stay:?}"
    );

    let stages = json!({ "registered": "desk" });
    let preview = app.admin.post(&path, &request(true, stages.clone())).await?;
    ensure!(lists(&preview.body)?.0.len() == 3, "{}", preview.body);
    let before = app.admin.order(number(&orders[0])).await?;
    ensure!(before["scenario"]["version"] == 3, "a preview changes nothing: {before}");

    // A page at a time, and all of it again is nothing new.
    let mut page = format!("{path}?limit=2");
    let mut count = 0;
    loop {
        let answer = app.admin.post(&page, &request(false, stages.clone())).await?;
        answer.expect(200)?;
        count += lists(&answer.body)?.0.len();
        let Some(next) = answer.body["nextCursor"].as_str() else { break };
        page = format!("{path}?limit=2&cursor={next}");
    }
    ensure!(count == 3, "{count}");
    let again = app.admin.post(&path, &request(false, stages)).await?;
    ensure!(lists(&again.body)?.0.is_empty(), "{}", again.body);
    let after = app.admin.order(number(&orders[0])).await?;
    ensure!(after["scenario"]["version"] == 1001 && after["stage"]["code"] == "desk", "{after}");
    ensure!(after["stage"]["dueAt"] == before["stage"]["dueAt"], "{after}");
    let history = app.admin.history(number(&orders[0])).await?;
    ensure!(history.last().is_some_and(|it| it["type"] == "scenarioMigrated"), "{history:?}");
    app.admin.make_transition(number(&orders[0]), &accepted).await?.expect(200)?;

    let wrong = json!({ "from": 1, "stages": { "registered": 7 }, "colour": "red" });
    let wrong = app.admin.post(&path, &wrong).await?;
    wrong.expect(400)?;
    ensure!(wrong.body["errors"].as_array().is_some_and(|it| it.len() == 4), "{}", wrong.body);
    let nowhere = request(true, json!({ "registered": "nowhere" }));
    let nowhere = app.admin.post(&path, &nowhere).await?;
    ensure!(nowhere.body["errors"][0]["pointer"] == "/stages/registered", "{}", nowhere.body);
    Ok(())
}

fn lists(report: &Value) -> Result<(Vec<Value>, Vec<Value>)> {
    let list = |name: &str| report[name].as_array().cloned().with_context(|| report.to_string());
    Ok((list("moved")?, list("stay")?))
}

#[test]
fn an_order_is_explained_and_every_command_is_tried_first() {
    on_both_databases(explained);
}

async fn explained(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let order = register(&app, 1).await?;
    let path = format!("/api/v1/orders/{}", number(&order));
    for (language, word) in [("en", "operates this address"), ("ru", "Адрес обслуживает")]
    {
        let answer = app.admin.get(&format!("{path}/explanation?language={language}")).await?;
        answer.expect(200)?;
        let explanation = &answer.body;
        ensure!(explanation["where"]["stage"] == "registered", "{explanation}");
        ensure!(explanation["who"][0]["right"] == "orders.sales", "{explanation}");
        ensure!(explanation["missing"][0]["allowed"] == true, "{explanation}");
        ensure!(explanation["next"][0]["stage"] == "feasibility", "{explanation}");
        let why = explanation["where"]["sentences"][0].as_str().unwrap_or_default();
        ensure!(why.contains(word), "{explanation}");
    }
    let tried = [
        (Method::POST, "hold", json!({ "reason": "Rain" }), "held"),
        (Method::POST, "cancellation", json!({ "reason": "Moved" }), "cancelled"),
        (Method::PUT, "assignee", json!({ "assignee": "olim" }), "acknowledged"),
        (Method::POST, "comments", json!({ "text": "Hello" }), "acknowledged"),
    ];
    for (method, command, body, state) in tried {
        let request = app.admin.request(method, &format!("{path}/{command}?dryRun=true"));
        let answer = send(request.json(&body)).await?;
        answer.expect(200)?;
        ensure!(answer.body["dryRun"] == true && answer.body["state"] == state, "{}", answer.body);
        ensure!(
            answer.body["events"].as_array().is_some_and(|it| it.len() == 1),
            "{}",
            answer.body
        );
    }
    let after = app.admin.order(number(&order)).await?;
    ensure!(after == order, "a trial changes nothing: {after}");
    Ok(())
}
