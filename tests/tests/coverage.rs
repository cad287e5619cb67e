//! A coverage over the API: tried out, stored, and looked up for several services, each of which has work for its division.

use anyhow::{Context, Result, ensure};
use oms_domain::scenario;
use oms_tests::caller::send;
use oms_tests::{Caller, DatabaseKind, TestApp, on_both_databases, orders};
use reqwest::Method;
use serde_json::{Value, json};

#[test]
fn a_coverage_is_tried_out_before_it_is_stored() {
    on_both_databases(tried_out);
}

async fn tried_out(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let before = app.admin.get("/api/v1/coverage").await?.body;
    let registered = app.admin.post("/api/v1/orders", &orders::connect(1)).await?;
    registered.expect(201)?;
    let number = registered.body["number"].clone();

    let elsewhere = json!([{ "divisionCode": "samarkand-tech", "city": "Bukhara" }]);
    let checked = app.admin.post("/api/v1/coverage/check?days=7", &elsewhere).await?;
    checked.expect(200)?;
    ensure!(checked.body["errors"]["total"] == 0, "{}", checked.body);
    ensure!(checked.body["gaps"]["total"] == 1, "{}", checked.body);
    ensure!(checked.body["gaps"]["items"][0]["example"] == number, "{}", checked.body);

    let other = json!([{ "divisionCode": "samarkand-tech", "country": "UZ" }]);
    let preview = app.admin.post("/api/v1/coverage/preview", &other).await?;
    preview.expect(200)?;
    ensure!(preview.body["total"] == 1, "{}", preview.body);
    let moved = &preview.body["items"][0];
    ensure!(moved["number"] == number, "{moved}");
    ensure!(moved["to"]["code"] == "samarkand-sales", "{moved}");
    ensure!(moved["reason"].as_str().is_some_and(|reason| reason.contains("Samarkand")), "{moved}");
    ensure!(app.admin.get("/api/v1/coverage").await?.body == before, "something was stored");
    Ok(())
}

#[test]
fn open_orders_go_where_the_stored_coverage_sends_them() {
    on_both_databases(moved);
}

async fn moved(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let mut numbers = Vec::new();
    for index in 1..=3 {
        let registered = app.admin.post("/api/v1/orders", &orders::connect(index)).await?;
        registered.expect(201)?;
        numbers.push(registered.body["number"].as_str().context("a number")?.to_owned());
    }
    // The third has come so far that its objects in billing are of its division.
    for transition in ["accept", "feasible"] {
        let body = json!({ "transition": transition });
        app.admin.make_transition(&numbers[2], &body).await?.expect(200)?;
    }
    app.drawn(&numbers[2], "contract").await?;
    app.admin.make_transition(&numbers[2], &json!({ "transition": "sign" })).await?.expect(200)?;
    app.drawn(&numbers[2], "work-order").await?;
    app.admin
        .make_transition(&numbers[2], &json!({ "transition": "installed" }))
        .await?
        .expect(200)?;
    app.completed(&numbers[2]).await?;
    app.admin
        .make_transition(&numbers[1], &json!({ "transition": "accept" }))
        .await?
        .expect(200)?;

    let nothing = moves(&app, true, "").await?;
    ensure!(nothing["moved"] == json!([]) && nothing["stay"] == json!([]), "{nothing}");
    let other = json!([{ "divisionCode": "samarkand-tech", "country": "UZ" }]);
    app.admin.put("/api/v1/coverage", &other).await?.expect(200)?;
    ensure!(
        division(&app, &numbers[0]).await?.starts_with("tashkent"),
        "it stays until it is moved"
    );

    let tried = moves(&app, true, "").await?;
    ensure!(codes(&tried["moved"]) == ["samarkand-sales", "samarkand-tech"], "{tried}");
    ensure!(division(&app, &numbers[0]).await?.starts_with("tashkent"), "it was only tried");

    // A part at a time, and again when all is done.
    let first = moves(&app, false, "?limit=1").await?;
    ensure!(first["moved"].as_array().map(Vec::len) == Some(1), "{first}");
    let cursor = first["nextCursor"].as_str().context("there is more")?;
    let second = moves(&app, false, &format!("?limit=1&cursor={cursor}")).await?;
    ensure!(second["moved"].as_array().map(Vec::len) == Some(1), "{second}");
    let again = moves(&app, false, "").await?;
    ensure!(again["moved"] == json!([]) && again["nextCursor"].is_null(), "{again}");
    ensure!(division(&app, &numbers[0]).await? == "samarkand-sales");
    ensure!(division(&app, &numbers[1]).await? == "samarkand-tech");
    let closed = app.admin.order(&numbers[2]).await?;
    ensure!(closed["division"]["code"] != "samarkand-sales", "{closed}");
    let history = app.admin.history(&numbers[0]).await?;
    let last = history.last().context("a history")?;
    ensure!(last["type"] == "routed" && last["data"]["to"] == "samarkand-sales", "{last}");

    // One of them, back again.
    let centre = json!([{ "divisionCode": "tashkent-centre", "country": "UZ" }]);
    app.admin.put("/api/v1/coverage", &centre).await?.expect(200)?;
    let path = format!("/api/v1/orders/{}/routing", numbers[0]);
    let tried = app.admin.post(&format!("{path}?dryRun=true"), &Value::Null).await?;
    tried.expect(200)?;
    ensure!(tried.body["dryRun"] == true, "{}", tried.body);
    let back = app.admin.post(&path, &Value::Null).await?;
    back.expect(200)?;
    ensure!(back.body["division"]["code"] != "samarkand-sales", "{}", back.body);
    let same = app.admin.post(&path, &Value::Null).await?;
    same.expect(200)?;
    ensure!(same.header("etag") == back.header("etag"), "nothing more happens");

    let unclear = app.admin.post("/api/v1/coverage/moves", &json!({})).await?;
    unclear.expect(422)
}

async fn moves(app: &TestApp, dry_run: bool, query: &str) -> Result<Value> {
    let body = json!({ "dryRun": dry_run });
    let answer = app.admin.post(&format!("/api/v1/coverage/moves{query}"), &body).await?;
    answer.expect(200)?;
    ensure!(answer.body["dryRun"] == dry_run, "{}", answer.body);
    Ok(answer.body)
}

/// Where they go, sorted.
fn codes(moved: &Value) -> Vec<&str> {
    let moved = moved.as_array().into_iter().flatten();
    let mut codes: Vec<&str> = moved.filter_map(|order| order["to"]["code"].as_str()).collect();
    codes.sort_unstable();
    codes
}

async fn division(app: &TestApp, number: &str) -> Result<String> {
    let order = app.admin.order(number).await?;
    Ok(order["division"]["code"].as_str().context("a division")?.to_owned())
}

#[test]
fn an_exact_house_of_a_file_wins_and_services_are_told_apart() {
    on_both_databases(looked_up);
}

async fn looked_up(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let file = "division_code,service,country,region,city,street,house,house_from,house_to,parity,postcode_prefix,phone_prefix
tashkent-centre,*,UZ,,Tashkent,ул. Навои,,1,99,,,
tashkent-north,internet,UZ,,Tashkent,ул. Навои,12 корп. 2,,,,,
";
    app.admin.put_csv("/api/v1/coverage", file.as_bytes().to_vec()).await?.expect(200)?;
    // What is asked, and who has it.
    let cases = [
        (
            "street=%D0%9D%D0%B0%D0%B2%D0%BE%D0%B8&house=12%D0%BA2&service=internet",
            "tashkent-north",
        ),
        ("street=%D0%9D%D0%B0%D0%B2%D0%BE%D0%B8&house=12&service=internet", "tashkent-centre"),
    ];
    for (address, expected) in cases {
        let found = lookup(&app, address).await?;
        ensure!(found["division"]["code"] == expected, "{address}: {found}");
        ensure!(found.get("services").is_none(), "{found}");
    }
    for services in ["service=internet,telephony", "service=telephony&service=internet"] {
        let address = format!("street=%D0%9D%D0%B0%D0%B2%D0%BE%D0%B8&house=12%D0%BA2&{services}");
        let found = lookup(&app, &address).await?;
        let each = found["services"].as_array().context("services")?;
        let codes: Vec<_> = each
            .iter()
            .map(|one| (one["service"].as_str(), one["division"]["code"].as_str()))
            .collect();
        let expected = [
            (Some("internet"), Some("tashkent-north")),
            (Some("telephony"), Some("tashkent-centre")),
        ];
        ensure!(codes == expected, "{found}");
    }
    Ok(())
}

async fn lookup(app: &TestApp, address: &str) -> Result<Value> {
    let path = format!("/api/v1/coverage/lookup?country=UZ&city=Tashkent&{address}");
    let answer = app.admin.get(&path).await?;
    answer.expect(200)?;
    Ok(answer.body)
}

#[test]
fn each_division_of_the_services_completes_its_own_task() {
    on_both_databases(divided);
}

/// A technician of a division, logged in.
async fn technician(app: &TestApp, division: &str) -> Result<Caller> {
    let password = "correct horse";
    let person = json!({ "login": division, "name": "Anvar Karimov", "password": password });
    app.admin.post("/api/v1/staff", &person).await?.expect(201)?;
    let grant = json!({ "login": division, "role": "technician", "division": division });
    app.admin.post("/api/v1/grants", &grant).await?.expect(201)?;
    let typed = json!({ "login": division, "password": password });
    let nobody = Caller::new(app.url(), "")?;
    let answer = send(nobody.anonymous(Method::POST, "/api/v1/session").json(&typed)).await?;
    answer.expect(201)?;
    Caller::new(app.url(), answer.body["token"].as_str().context("a token")?)
}

/// As the built-in one, and the feasibility is a task for each service.
fn with_a_survey() -> Result<Value> {
    let mut own = json!(scenario::find("connect-individual", 1).context("it is built in")?);
    let stages = own["stages"].as_array_mut().context("stages")?;
    let stage = stages.iter_mut().find(|stage| stage["code"] == "feasibility");
    stage.context("a stage")?["tasks"] = json!([{
        "code": "site-survey", "name": { "en": "Survey", "ru": "Обследование" },
        "right": "orders.technical", "perService": true,
    }]);
    let transitions = own["transitions"].as_array_mut().context("transitions")?;
    let feasible = transitions.iter_mut().find(|transition| transition["code"] == "feasible");
    feasible.context("a transition")?["guards"] = json!([{ "require": "tasks" }]);
    Ok(own)
}

async fn divided(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let file = "division_code,service,country,region,city,street,house_from,house_to,parity,postcode_prefix,phone_prefix
tashkent-north,internet,UZ,,Tashkent,Amir Temur,,,,,
tashkent-centre,telephony,UZ,,Tashkent,,,,,,
";
    app.admin.put_csv("/api/v1/coverage", file.as_bytes().to_vec()).await?.expect(200)?;
    let draft = app.admin.post("/api/v1/scenarios", &with_a_survey()?).await?;
    draft.expect(201)?;
    ensure!(draft.body["warnings"] == json!([]), "{}", draft.body);
    let own = draft.header("location").context("no location")?;
    app.admin.post(&format!("{own}/publication"), &Value::Null).await?.expect(200)?;

    let mut form = orders::connect(1);
    let phone =
        json!({ "id": "2", "service": "telephony", "action": "add", "tariff": "phone-basic" });
    form["items"].as_array_mut().context("items")?.push(phone);
    let registered = app.admin.post("/api/v1/orders", &form).await?;
    registered.expect(201)?;
    let number = registered.body["number"].as_str().context("a number")?;
    let transition = |code: &str| json!({ "transition": code });
    app.admin.make_transition(number, &transition("accept")).await?.expect(200)?;
    let order = app.admin.order(number).await?;
    ensure!(order["division"]["code"] == "tashkent-north", "{order}");

    let (internet, telephony) =
        (technician(&app, "tashkent-north").await?, technician(&app, "tashkent-centre").await?);
    let elsewhere = technician(&app, "samarkand-tech").await?;
    let path = format!("/api/v1/orders/{number}");
    for (caller, expected) in [(&internet, 1), (&telephony, 1), (&elsewhere, 0)] {
        let listed = caller.get("/api/v1/orders?count=true").await?;
        listed.expect(200)?;
        ensure!(listed.body["total"] == json!(expected), "{}", listed.body);
        ensure!(listed.body["items"].as_array().map(Vec::len) == Some(expected));
        caller.get(&path).await?.expect(if expected == 1 { 200 } else { 404 })?;
    }
    let tasks = telephony.get(&format!("{path}/tasks")).await?;
    tasks.expect(200)?;
    let tasks = tasks.body["items"].as_array().context("tasks")?;
    let found: Vec<Value> = tasks
        .iter()
        .map(|it| json!([it["code"], it["division"]["code"], it["services"]]))
        .collect();
    let expected = [
        json!(["site-survey", "tashkent-north", ["internet"]]),
        json!(["site-survey.telephony", "tashkent-centre", ["telephony"]]),
    ];
    ensure!(found == expected, "{tasks:?}");

    let complete = async |caller: &Caller, task: &str| {
        let completion = format!("{path}/tasks/{task}/completion");
        let request = caller.request(Method::POST, &completion).header("if-match", "*");
        send(request.json(&json!({}))).await
    };
    complete(&telephony, "site-survey").await?.expect(403)?;
    complete(&elsewhere, "site-survey.telephony").await?.expect(404)?;
    telephony.make_transition(number, &transition("feasible")).await?.expect(403)?;
    complete(&internet, "site-survey").await?.expect(200)?;
    let early = internet.make_transition(number, &transition("feasible")).await?;
    early.expect(409)?;
    ensure!(early.problem() == "tasks-missing", "{}", early.body);
    for _ in 0..2 {
        complete(&telephony, "site-survey.telephony").await?.expect(200)?;
    }
    internet.make_transition(number, &transition("feasible")).await?.expect(200)?;
    telephony.get(&path).await?.expect(404)
}
