//! Technicians over the API: their list, their free slots, and visits that nobody books twice.

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use oms_domain::rights::Right;
use oms_tests::app::now;
use oms_tests::caller::send;
use oms_tests::{Caller, DatabaseKind, TestApp, on_both_databases, orders};
use reqwest::Method;
use serde_json::{Value, json};

const CALLERS: usize = 32;

/// Who works around the clock, so that no test waits for a morning.
fn technician(code: &str, division: &str) -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let week = days.map(|day| (day.to_owned(), json!(["00:00-24:00"])));
    json!({
        "code": code, "name": format!("{code} by name"), "homeDivision": division, "skills": ["internet"],
        "workingPattern": week.into_iter().collect::<serde_json::Map<_, _>>(), "travelBufferMinutes": 30,
    })
}

/// Two in the centre of Tashkent, one in Samarkand.
async fn employ(app: &TestApp) -> Result<()> {
    let list = json!([
        technician("anvar", "tashkent-centre"),
        technician("bekzod", "tashkent-centre"),
        technician("clara", "samarkand-tech"),
    ]);
    app.admin.put("/api/v1/technicians", &list).await?.expect(200)
}

/// Registers an order for help in the centre of Tashkent.
async fn call_for_help(app: &TestApp, number: u32) -> Result<String> {
    let registered = app.admin.post("/api/v1/orders", &orders::support(number)).await?;
    registered.expect(201)?;
    Ok(registered.body["number"].as_str().context("a number")?.to_owned())
}

fn visit(slot: Option<&Value>) -> Value {
    let mut body = json!({ "transition": "visit", "comment": "The line is dead" });
    if let Some(slot) = slot {
        body["slot"] = json!({ "from": slot["from"], "technician": slot["technician"] });
    }
    body
}

async fn free_slots(caller: &Caller, division: &str) -> Result<Vec<Value>> {
    caller.items(&format!("/api/v1/slots?division={division}&durationMinutes=60&limit=20")).await
}

async fn last_event(app: &TestApp, order: &str, kind: &str) -> Result<Value> {
    let history = app.admin.history(order).await?;
    let found = history.into_iter().rev().find(|event| event["type"] == kind);
    found.with_context(|| format!("no event {kind}"))
}

#[test]
fn the_list_is_kept_with_its_version() {
    on_both_databases(listed);
}

async fn listed(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    employ(&app).await?;
    let list = app.admin.get("/api/v1/technicians").await?;
    list.expect(200)?;
    let tag = list.header("etag").context("an ETag")?;
    ensure!(list.body["items"][0] == technician("anvar", "tashkent-centre"), "{}", list.body);
    let again = app.admin.request(Method::GET, "/api/v1/technicians");
    send(again.header("if-none-match", &tag)).await?.expect(304)?;
    let swap = |tag: &str| {
        let request = app.admin.request(Method::PUT, "/api/v1/technicians");
        send(request.header("if-match", tag).json(&list.body["items"]))
    };
    swap(&tag).await?.expect(200)?;
    let stale = swap(&tag).await?;
    stale.expect(412)?;
    ensure!(stale.problem() == "stale-version", "{}", stale.body);
    let divisions = app.admin.get("/api/v1/divisions").await?.body["items"].clone();
    let without: Vec<&Value> = divisions
        .as_array()
        .context("divisions")?
        .iter()
        .filter(|division| division["code"] != "samarkand-tech")
        .collect();
    let refused = app.admin.put("/api/v1/divisions", &json!(without)).await?;
    refused.expect(422)?;
    ensure!(refused.body["errors"][0]["code"] == "division-in-use", "{}", refused.body);
    Ok(())
}

#[test]
fn a_visit_is_booked_moved_released_and_done_with_its_order() {
    on_both_databases(lived);
}

async fn lived(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let number = call_for_help(&app, 1).await?;
    // Without technicians the order goes on, and the history says so.
    app.admin.make_transition(&number, &visit(None)).await?.expect(200)?;
    last_event(&app, &number, "visitNotBooked").await?;

    employ(&app).await?;
    let number = call_for_help(&app, 2).await?;
    let listed = app.admin.get(&format!("/api/v1/orders/{number}/transitions")).await?;
    let items = listed.body["items"].as_array().context("transitions")?;
    let offered = items.iter().find(|it| it["transition"] == "visit").context("a visit")?;
    ensure!(offered["slots"].as_array().map(Vec::len) == Some(5), "{offered}");

    let slots = free_slots(&app.admin, "tashkent").await?;
    ensure!(slots.len() == 20 && slots.iter().all(|slot| slot["others"] == 1), "{slots:?}");
    let made = app.admin.make_transition(&number, &visit(Some(&slots[4]))).await?;
    made.expect(200)?;
    let appointment = &made.body["appointment"];
    ensure!(appointment["from"] == slots[4]["from"], "{appointment}");
    ensure!(appointment["technician"] == "anvar" && appointment["override"] == false);
    let left = free_slots(&app.admin, "tashkent-centre").await?;
    let same = left.iter().find(|slot| slot["from"] == slots[4]["from"]).context("still free")?;
    ensure!(same["technician"] == "bekzod" && same["others"] == 0, "{same}");

    let path = format!("/api/v1/orders/{number}/appointment");
    let body = json!({ "from": slots[10]["from"], "technician": "bekzod", "reason": "She asked" });
    let moved = app.admin.put(&path, &body).await?;
    moved.expect(200)?;
    ensure!(moved.body["appointment"]["from"] == slots[10]["from"], "{}", moved.body);
    let event = last_event(&app, &number, "visitMoved").await?;
    ensure!(event["comment"] == "She asked", "{event}");

    route_tells(&app, &number, &slots[10]).await?;

    let hold = format!("/api/v1/orders/{number}/hold");
    app.admin.post(&hold, &json!({ "reason": "Away" })).await?.expect(200)?;
    last_event(&app, &number, "visitReleased").await?;
    app.admin.delete(&hold).await?.expect(200)?;
    ensure!(app.admin.order(&number).await?["appointment"].is_null());
    app.admin.put(&path, &body).await?.expect(200)?;

    let documents = format!("/api/v1/orders/{number}/documents");
    app.eventually("the work-order is drawn", || async {
        Ok((!app.admin.items(&documents).await?.is_empty()).then_some(()))
    })
    .await?;
    // The work is done before anybody had to come: the time is free again.
    let visited = json!({ "transition": "visited", "fields": { "cause": "line" } });
    let done = app.admin.make_transition(&number, &visited).await?;
    done.expect(200)?;
    ensure!(done.body["appointment"].is_null(), "{}", done.body);
    let event = last_event(&app, &number, "visitReleased").await?;
    ensure!(event["data"]["workDone"] == true, "{event}");
    ensure!(app.database.number("SELECT count(*) FROM booking").await? == 0);
    visited_in_time(&app, 3).await
}

/// A visit that has begun is done with the order's stage.
async fn visited_in_time(app: &TestApp, number: u32) -> Result<()> {
    let number = call_for_help(app, number).await?;
    let soon = now().plus_ms(2_000);
    let mut body = visit(Some(&json!({ "from": soon, "technician": "anvar" })));
    body["override"] = json!(true);
    app.admin.make_transition(&number, &body).await?.expect(200)?;
    let documents = format!("/api/v1/orders/{number}/documents");
    app.eventually("the work-order is drawn and the visit has begun", || async {
        let is_drawn = !app.admin.items(&documents).await?.is_empty();
        Ok((is_drawn && now() > soon).then_some(()))
    })
    .await?;
    let visited = json!({ "transition": "visited", "fields": { "cause": "line" } });
    let done = app.admin.make_transition(&number, &visited).await?;
    done.expect(200)?;
    ensure!(done.body["appointment"]["state"] == "done", "{}", done.body);
    ensure!(app.database.number("SELECT count(*) FROM booking WHERE state = 'done'").await? == 1);
    Ok(())
}

/// The day's route of the technician who comes, with all that is needed at the door.
async fn route_tells(app: &TestApp, number: &str, slot: &Value) -> Result<()> {
    let local = slot["localFrom"].as_str().context("a local time")?;
    let date = local.get(..10).context("a date")?;
    let route = app.admin.get(&format!("/api/v1/technicians/bekzod/route?date={date}")).await?;
    route.expect(200)?;
    let stop = &route.body["items"][0];
    ensure!(stop["order"]["number"] == number, "{}", route.body);
    ensure!(stop["address"]["street"] == "Amir Temur", "{stop}");
    ensure!(stop["party"]["name"] == "Yusupova", "{stop}");
    ensure!(stop["party"]["phone"].as_str().is_some_and(|it| it.starts_with("+99891")), "{stop}");
    let possible = stop["transitions"].as_array().context("transitions")?;
    ensure!(possible.iter().any(|it| it["transition"] == "visit-failed"), "{stop}");
    // Who read the route as a person has read of everybody on it.
    let caller = person(app, "bekzod").await?;
    caller.get(&format!("/api/v1/technicians/bekzod/route?date={date}")).await?.expect(200)?;
    let reads = format!("/api/v1/orders/{number}/reads");
    app.eventually("the reading is noted", || async {
        let noted = app.admin.items(&reads).await?;
        let is_one = |read: &Value| read["actor"] == "bekzod" && read["what"] == "route";
        ensure!(noted.iter().all(is_one), "{noted:?}");
        Ok((noted.len() == 1).then_some(()))
    })
    .await
}

/// A technician who has logged in.
async fn person(app: &TestApp, login: &str) -> Result<Caller> {
    let member = json!({ "login": login, "name": login, "password": "correct horse" });
    app.admin.post("/api/v1/staff", &member).await?.expect(201)?;
    let grant = json!({ "login": login, "role": "technician" });
    app.admin.post("/api/v1/grants", &grant).await?.expect(201)?;
    let typed = json!({ "login": login, "password": "correct horse" });
    let begun = app.admin.anonymous(Method::POST, "/api/v1/session").json(&typed);
    let begun = send(begun).await?;
    begun.expect(201)?;
    Caller::new(app.url(), begun.body["token"].as_str().context("a token")?)
}

#[test]
fn of_32_who_want_one_slot_one_gets_it_and_the_others_are_told_the_next_five() {
    on_both_databases(raced);
}

async fn raced(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    employ(&app).await?;
    let mut numbers = Vec::new();
    for index in 0..CALLERS {
        numbers.push(call_for_help(&app, u32::try_from(index)?).await?);
    }
    let slots = free_slots(&app.admin, "tashkent-centre").await?;
    let body = visit(Some(&slots[3]));
    let attempts = numbers.iter().map(|number| app.admin.make_transition(number, &body));
    let answers = try_join_all(attempts).await?;
    let made = answers.iter().filter(|answer| answer.status == 200).count();
    ensure!(made == 1, "{made} visits of one technician at one time");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.expect(409)?;
        ensure!(answer.problem() == "no-free-slot", "{}", answer.body);
        ensure!(answer.body["slots"].as_array().map(Vec::len) == Some(5), "{}", answer.body);
        for language in ["en", "ru"] {
            let told = answer.body["messages"][language].as_str().unwrap_or_default();
            let next = answer.body["slots"][0]["technicianName"].as_str().unwrap_or_default();
            ensure!(!next.is_empty() && told.contains(next), "{told}");
        }
    }
    ensure!(app.database.number("SELECT count(*) FROM booking").await? == 1);
    // Whoever asks for no time gets one, however many ask at once.
    let waiting: Vec<&String> = numbers
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.status != 200)
        .map(|(number, _)| number)
        .collect();
    let body = visit(None);
    let attempts = waiting.into_iter().map(|number| app.admin.make_transition(number, &body));
    for answer in try_join_all(attempts).await? {
        answer.expect(200)?;
    }
    let meet = "SELECT count(*) FROM booking a JOIN booking b ON a.technician = b.technician \
                AND a.id < b.id AND a.from_at < b.to_at + 1800000 AND b.from_at < a.to_at + 1800000";
    ensure!(app.database.number(meet).await? == 0, "visits meet");
    ensure!(app.database.number("SELECT count(*) FROM booking").await? == CALLERS as i64);
    Ok(())
}

#[test]
fn a_visit_over_what_there_is_to_do_needs_the_right_to_it() {
    on_both_databases(overridden);
}

async fn overridden(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    employ(&app).await?;
    let rights = [Right::OrdersRead, Right::OrdersSupport];
    let desk = app.caller("desk", &rights).await?;
    let slots = free_slots(&app.admin, "tashkent-centre").await?;
    let mut body = visit(Some(&slots[2]));
    let first = call_for_help(&app, 1).await?;
    desk.make_transition(&first, &body).await?.expect(200)?;
    let second = call_for_help(&app, 2).await?;
    body["override"] = json!(true);
    let refused = desk.make_transition(&second, &body).await?;
    refused.expect(403)?;
    ensure!(refused.problem() == "right-missing", "{}", refused.body);
    let made = app.admin.make_transition(&second, &body).await?;
    made.expect(200)?;
    ensure!(made.body["appointment"]["override"] == true, "{}", made.body);
    let event = last_event(&app, &second, "visitBooked").await?;
    ensure!(event["data"]["override"] == true, "{event}");
    // Cancelled: the time is free again.
    let path = format!("/api/v1/orders/{second}/cancellation");
    app.admin.post(&path, &json!({ "reason": "Moved" })).await?.expect(200)?;
    ensure!(app.database.number("SELECT count(*) FROM booking").await? == 1);
    Ok(())
}
