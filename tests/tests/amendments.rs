//! What was ordered changes while the order is under way, through the API.

use anyhow::{Context, Result};
use oms_tests::app::now;
use oms_tests::caller::send;
use oms_tests::{Answer, Caller, TestApp, on_both_databases, orders};
use reqwest::Method;
use serde_json::{Map, Value, json};

#[test]
fn a_new_tariff_is_signed_again_and_a_new_address_moves_the_order() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let caller = &app.admin;
        let registered = caller.post("/api/v1/orders", &orders::connect(1)).await?;
        registered.expect(201)?;
        let number = registered.body["number"].as_str().context("a number")?.to_owned();
        for transition in ["accept", "feasible"] {
            let body = json!({ "transition": transition });
            caller.make_transition(&number, &body).await?.expect(200)?;
        }
        contracts(&app, &number, 1, 0).await?;

        // What would happen, and nothing does.
        let tariff = json!({
            "items": [{ "id": "1", "service": "internet", "action": "add", "tariff": "home-100" }],
            "reason": "It is cheaper",
        });
        let version = tag(caller, &number).await?;
        let tried = amend(caller, &number, "?dryRun=true", &version, &tariff).await?;
        tried.expect(200)?;
        assert_eq!(tried.body["effects"][0]["payload"]["template"], "contract");
        assert_eq!(tag(caller, &number).await?, version);

        // The contract is drawn anew, with the revision that it shows; the old one no longer counts.
        let amended = amend(caller, &number, "", &version, &tariff).await?;
        amended.expect(200)?;
        assert_eq!(amended.body["revision"], 2);
        assert_eq!(amended.body["items"][0]["tariff"], "home-100");
        contracts(&app, &number, 1, 1).await?;
        let history = caller.history(&number).await?;
        let event = history.iter().find(|event| event["type"] == "amended").context("told")?;
        assert_eq!(event["comment"], "It is cheaper");
        assert_eq!(event["data"]["changes"][0]["field"], "items");
        assert_eq!(event["data"]["changes"][0]["from"][0]["tariff"], "home-300");
        assert!(history.iter().all(|event| event.get("change").is_none()), "{history:?}");

        // Whoever has not seen the newest version amends nothing; the same again changes nothing.
        amend(caller, &number, "", &version, &tariff).await?.expect(412)?;
        let version = tag(caller, &number).await?;
        amend(caller, &number, "", &version, &tariff).await?.expect(200)?;
        assert_eq!(tag(caller, &number).await?, version);

        // Past the soft point of no return it has a price; another city has another division.
        caller.make_transition(&number, &json!({ "transition": "sign" })).await?.expect(200)?;
        let mut moved = json!({ "address": {
            "region": "Samarkand", "city": "Samarkand", "street": "Registon", "house": "1", "postcode": null,
        } });
        let refused = amend(caller, &number, "", "*", &moved).await?;
        refused.expect(409)?;
        assert!(refused.problem() == "penalty-unconfirmed", "{}", refused.problem());
        moved["penaltyConfirmed"] = json!(true);
        let amended = amend(caller, &number, "", "*", &moved).await?;
        amended.expect(200)?;
        assert_eq!(amended.body["stage"]["code"], "feasibility");
        assert_eq!(amended.body["address"]["city"], "Samarkand");
        assert!(amended.body["address"].get("postcode").is_none());
        let division = amended.body["division"]["code"].as_str().unwrap_or_default();
        assert!(division.starts_with("samarkand"), "{division}");
        let routing = caller.get(&format!("/api/v1/orders/{number}/routing")).await?;
        assert!(routing.body["reason"].as_str().is_some_and(|reason| reason.contains("Samarkand")));
        Ok(())
    });
}

#[test]
fn an_order_can_not_become_what_another_one_is() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let caller = &app.admin;
        let first = caller.post("/api/v1/orders", &orders::connect(1)).await?;
        let second = caller.post("/api/v1/orders", &orders::connect(2)).await?;
        second.expect(201)?;
        let name = second.body["number"].as_str().context("a number")?;
        let like_first = orders::connect(1);
        let patch = json!({ "party": like_first["party"], "address": like_first["address"] });
        let refused = amend(caller, name, "", "*", &patch).await?;
        refused.expect(409)?;
        assert!(refused.problem() == "duplicate-order", "{}", refused.problem());
        assert!(refused.body.to_string().contains(first.body["number"].as_str().unwrap_or("?")));

        // What the second one was is free once it is something else.
        let patch = json!({ "address": { "flat": "4711" } });
        amend(caller, name, "", "*", &patch).await?.expect(200)?;
        caller.post("/api/v1/orders", &orders::connect(2)).await?.expect(201)?;
        let mut third = orders::connect(2);
        third["address"]["flat"] = json!("4711");
        caller.post("/api/v1/orders", &third).await?.expect(409)?;
        let found = caller.items("/api/v1/orders?q=4711").await?;
        assert_eq!(found.len(), 1, "the quick search knows the new address");
        Ok(())
    });
}

#[test]
fn an_order_for_a_day_to_come_waits_for_it() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let mut form = orders::connect(1);
        form["requestedStartDate"] = json!("2999-01-01");
        let registered = app.admin.post("/api/v1/orders", &form).await?;
        registered.expect(201)?;
        assert_eq!(registered.body["state"], "held");
        assert_eq!(registered.body["hold"]["until"], "2999-01-01T00:00:00.000Z");
        assert_eq!(registered.body["stage"]["dueAt"], Value::Null);
        let number = registered.body["number"].as_str().context("a number")?;
        let accept = json!({ "transition": "accept" });
        let refused = app.admin.make_transition(number, &accept).await?;
        refused.expect(409)?;
        app.admin.delete(&format!("/api/v1/orders/{number}/hold")).await?.expect(200)?;
        app.admin.make_transition(number, &accept).await?.expect(200)?;
        Ok(())
    });
}

#[test]
fn the_day_of_the_start_is_amended_until_it_has_come() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let caller = &app.admin;
        let week = ["monday", "friday"].map(|day| (day.to_owned(), json!(["09:00-18:00"])));
        let week: Map<String, Value> = week.into_iter().collect();
        let calendar = json!({ "code": "uz", "name": "Uzbekistan", "timeZone": "Asia/Tashkent", "week": week });
        let calendars = json!({ "calendars": [calendar], "divisions": { "head-office": "uz" } });
        caller.put("/api/v1/calendars", &calendars).await?.expect(200)?;
        let mut form = orders::connect(1);
        form["requestedStartDate"] = json!("2999-01-01");
        let registered = caller.post("/api/v1/orders", &form).await?;
        registered.expect(201)?;
        // The day begins five hours earlier than in Greenwich.
        assert_eq!(registered.body["hold"]["until"], "2998-12-31T19:00:00.000Z");
        let number = registered.body["number"].as_str().context("a number")?;

        let to = |day: &str| json!({ "requestedStartDate": day });
        let earlier = amend(caller, number, "", "*", &to("2998-06-01")).await?;
        earlier.expect(200)?;
        assert_eq!(earlier.body["requestedStartDate"], "2998-06-01");
        assert_eq!(earlier.body["hold"]["until"], "2998-05-31T19:00:00.000Z");
        assert_eq!(earlier.body["revision"], 2);
        amend(caller, number, "", "*", &to("2020-01-01")).await?.expect(422)?;
        let end = json!({ "requestedDate": "2998-05-31" });
        amend(caller, number, "", "*", &end).await?.expect(422)?;

        // Today it starts, and stays so.
        let today = now().plus_minutes(5 * 60).date().to_string();
        let tried = amend(caller, number, "?dryRun=true", "*", &to(&today)).await?;
        tried.expect(200)?;
        assert_eq!(tried.body["state"], "acknowledged");
        let started = amend(caller, number, "", "*", &to(&today)).await?;
        started.expect(200)?;
        assert_eq!(started.body["state"], "acknowledged");
        assert!(started.body.get("hold").is_none(), "{}", started.body);
        assert_ne!(started.body["stage"]["dueAt"], Value::Null, "its deadline runs");
        let refused = amend(caller, number, "", "*", &to("2999-01-01")).await?;
        refused.expect(409)?;
        assert_eq!(refused.problem(), "order-has-started");
        let accept = json!({ "transition": "accept" });
        caller.make_transition(number, &accept).await?.expect(200)?;
        Ok(())
    });
}

async fn amend(
    caller: &Caller,
    order: &str,
    query: &str,
    tag: &str,
    patch: &Value,
) -> Result<Answer> {
    let path = format!("/api/v1/orders/{order}{query}");
    let request = caller.request(Method::PATCH, &path).header("if-match", tag);
    send(request.header("content-type", "application/merge-patch+json").body(patch.to_string()))
        .await
}

async fn tag(caller: &Caller, order: &str) -> Result<String> {
    let answer = caller.get(&format!("/api/v1/orders/{order}")).await?;
    answer.header("etag").context("an ETag")
}

/// Waits until so many contracts count and so many no longer do.
async fn contracts(app: &TestApp, order: &str, counting: usize, superseded: usize) -> Result<()> {
    let path = &format!("/api/v1/orders/{order}/documents");
    app.eventually("the contract is drawn", || async move {
        let documents = app.admin.items(path).await?;
        let contracts = documents.iter().filter(|document| document["kind"] == "contract");
        let (old, new): (Vec<&Value>, Vec<&Value>) =
            contracts.partition(|document| document.get("supersededAt").is_some());
        let revision = i64::try_from(superseded)? + 1;
        let drawn = new.len() == counting && old.len() == superseded;
        Ok((drawn && new.iter().all(|document| document["revision"] == revision)).then_some(()))
    })
    .await
}
