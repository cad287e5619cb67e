//! Services that there are already: orders change them and end them in the billing system, through the API.

use anyhow::{Context, Result, ensure};
use oms_tests::caller::send;
use oms_tests::subscribers::entered;
use oms_tests::{Answer, TestApp, on_both_databases, orders};
use reqwest::Method;
use serde_json::{Value, json};

const PHONE: &str = "+998712345678";

#[test]
fn a_change_puts_the_service_on_its_new_plan_and_leaves_the_rest_of_it() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let (maker, key) = connected(&app, 1, &["telephony", "phone-basic"]).await?;
        let before = object(&app, "service", &key).await?;
        ensure!(before["attributes"]["phone"] == PHONE, "{before}");

        let item = json!({ "id": "1", "service": "telephony", "action": "modify", "tariff": "phone-unlimited", "serviceId": key });
        let number = registered(&app, &about("change", 1, item)).await?;
        let order = app.admin.order(&number).await?;
        ensure!(order["items"][0]["serviceId"] == *key, "{order}");
        let provisioning = provisioning(&app, &number).await?;
        let planned: Vec<&str> = provisioning["plan"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|it| it["key"].as_str())
            .collect();
        ensure!(planned == ["phone-unlimited", key.as_str()], "{provisioning}");

        moved(&app, &number, "accept").await?;
        moved(&app, &number, "reconfigured").await?;
        app.eventually("the service is changed", || async {
            app.tick().await?;
            let order = app.admin.order(&number).await?;
            Ok((order["stage"]["code"] == "confirmation").then_some(()))
        })
        .await?;
        moved(&app, &number, "confirm").await?;
        let order = app.admin.order(&number).await?;
        ensure!(order["state"] == "completed", "{order}");
        ensure!(order["services"][0]["key"] == *key, "{order}");
        ensure!(order["services"][0]["tariff"] == "phone-unlimited", "{order}");

        // The plan is another one; all else is as it was, and it is the same object.
        let after = object(&app, "service", &key).await?;
        ensure!(after["id"] == before["id"] && after["status"] == "active", "{after}");
        ensure!(after["attributes"] == before["attributes"], "{after}");
        let account = format!("account-{maker}");
        let point = format!("access-{maker}-1");
        ensure!(after["parents"] == json!([account, point, "phone-unlimited"]), "{after}");
        let journal = format!("/v1/journal?kind=service&externalKey={key}");
        let entries = app.billing()?.items(&journal).await?;
        let operations: Vec<&str> =
            entries.iter().filter_map(|it| it["operation"].as_str()).collect();
        ensure!(operations == ["made", "changed"], "{entries:?}");
        ensure!(entries.iter().all(|entry| entry["timesMade"] == 1), "{entries:?}");

        let subscriber = entered(&app, &maker).await?;
        ensure!(
            tariffs(&subscriber.get(&format!("/api/v1/profile/orders/{maker}")).await?)
                == ["phone-unlimited"]
        );
        Ok(())
    });
}

#[test]
fn a_disconnection_ends_the_service_and_its_access_point_and_nothing_else() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let (maker, key) = connected(&app, 1, &["internet", "home-300"]).await?;
        let number = registered(&app, &about("disconnect", 1, deletion(Some(&key)))).await?;
        let retirement = provisioning(&app, &number).await?["retirement"].clone();
        let point = format!("access-{maker}-1");
        let expected = json!([
            { "kind": "service", "key": key },
            { "kind": "accessPoint", "key": point },
        ]);
        ensure!(retirement == expected, "{retirement}");
        let subscriber = entered(&app, &maker).await?;
        let shown = format!("/api/v1/profile/orders/{maker}");
        ensure!(tariffs(&subscriber.get(&shown).await?) == ["home-300"]);

        to_deactivation(&app, &number).await?;
        app.completed(&number).await?;
        ended(&app, &maker, &key).await?;
        ensure!(tariffs(&subscriber.get(&shown).await?).is_empty(), "it runs no more");
        let objects = provisioning(&app, &number).await?["objects"].clone();
        let told = objects.as_array().context("objects")?;
        ensure!(told.len() == 2 && told.iter().all(|it| it["status"] == "retired"), "{objects}");
        ensure!(told[0]["id"] == object(&app, "service", &key).await?["id"], "{objects}");

        // What is ended can be named no more.
        let again = send_order(&app, &about("disconnect", 1, deletion(Some(&key)))).await?;
        ensure!(faults(&again) == ["/items/0/serviceId retired-service"], "{}", again.body);
        Ok(())
    });
}

#[test]
fn a_disconnection_that_names_nothing_waits_for_a_person_who_names_the_service() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let (maker, key) = connected(&app, 1, &["internet", "home-300"]).await?;
        let number = registered(&app, &about("disconnect", 1, deletion(None))).await?;
        to_deactivation(&app, &number).await?;
        let effect = app.fallout(&number).await?;
        let error = effect["lastError"].as_str().unwrap_or_default();
        ensure!(effect["kind"] == "retire", "{effect}");
        ensure!(error.contains("item 1") && error.contains("serviceId"), "{error}");
        ensure!(object(&app, "service", &key).await?["status"] == "active", "it still runs");

        // What is meant is said though the order has come past the point of no return; what is wanted stays.
        let unknown = amended(&app, &number, deletion(Some("service-261124-4801-9375-1"))).await?;
        ensure!(faults(&unknown) == ["/items/0/serviceId unknown-service"], "{}", unknown.body);
        let mut other = deletion(Some(&key));
        other["service"] = json!("telephony");
        let other = amended(&app, &number, other).await?;
        ensure!(faults(&other) == ["/items/0/serviceId another-service"], "{}", other.body);
        amended(&app, &number, deletion(Some(&key))).await?.expect(200)?;
        let id = effect["id"].as_str().context("an id")?;
        let reason = json!({ "reason": "It is named now" });
        app.admin.post(&format!("/api/v1/effects/{id}/retry"), &reason).await?.expect(200)?;
        app.completed(&number).await?;
        ended(&app, &maker, &key).await
    });
}

#[test]
fn what_can_not_be_named_is_done_by_hand() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let number = registered(&app, &about("disconnect", 1, deletion(None))).await?;
        to_deactivation(&app, &number).await?;
        let id = app.fallout(&number).await?["id"].as_str().context("an id")?.to_owned();
        let reason = json!({ "reason": "Switched off in the old system" });
        app.admin.post(&format!("/api/v1/effects/{id}/completion"), &reason).await?.expect(200)?;
        app.completed(&number).await?;
        ensure!(app.objects_in_billing().await?.is_empty());
        Ok(())
    });
}

#[test]
fn a_subscriber_names_no_service_of_somebody_else() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let (_, key) = connected(&app, 1, &["internet", "home-300"]).await?;
        let by = |channel: &str, party: u32, key: &str| {
            let mut body = about("disconnect", party, deletion(Some(key)));
            body["channel"] = json!(channel);
            body
        };
        let nobodys = "service-261124-4801-9375-1";
        for channel in ["profile", "public"] {
            let refused = send_order(&app, &by(channel, 2, &key)).await?;
            let unknown = send_order(&app, &by(channel, 2, nobodys)).await?;
            ensure!(faults(&refused) == ["/items/0/serviceId unknown-service"], "{}", refused.body);
            let like = |answer: &Answer, key: &str| answer.body.to_string().replace(key, "");
            ensure!(like(&refused, &key) == like(&unknown, nobodys), "{}", refused.body);
            send_order(&app, &by(channel, 1, &key)).await?.expect(201)?;
        }
        // The staff does it for whoever asks.
        send_order(&app, &by("operator", 2, &key)).await?.expect(201)
    });
}

/// An order of the person of this number about something.
fn about(kind: &str, party: u32, item: Value) -> Value {
    let mut body = orders::connect(party);
    body["kind"] = json!(kind);
    body["items"] = json!([item]);
    body["allowDuplicate"] = json!(true);
    body
}

fn deletion(key: Option<&str>) -> Value {
    let mut item = json!({ "id": "1", "service": "internet", "action": "delete" });
    if let Some(key) = key {
        item["serviceId"] = json!(key);
    }
    item
}

async fn send_order(app: &TestApp, body: &Value) -> Result<Answer> {
    app.admin.post("/api/v1/orders", body).await
}

async fn registered(app: &TestApp, body: &Value) -> Result<String> {
    let answer = send_order(app, body).await?;
    answer.expect(201)?;
    Ok(answer.body["number"].as_str().context("a number")?.to_owned())
}

/// A person with a service, by a connect order that has completed: its number, and the key of the service.
async fn connected(
    app: &TestApp,
    party: u32,
    [service, tariff]: &[&str; 2],
) -> Result<(String, String)> {
    let mut body = orders::connect(party);
    body["linePhone"] = json!(PHONE);
    body["items"][0]["service"] = json!(service);
    body["items"][0]["tariff"] = json!(tariff);
    let number = registered(app, &body).await?;
    moved(app, &number, "accept").await?;
    moved(app, &number, "feasible").await?;
    app.drawn(&number, "contract").await?;
    moved(app, &number, "sign").await?;
    app.drawn(&number, "work-order").await?;
    moved(app, &number, "installed").await?;
    app.completed(&number).await?;
    let order = app.admin.order(&number).await?;
    let key = order["services"][0]["key"].as_str().context("a service")?.to_owned();
    Ok((number, key))
}

async fn to_deactivation(app: &TestApp, number: &str) -> Result<()> {
    moved(app, number, "accept").await?;
    app.drawn(number, "work-order").await?;
    moved(app, number, "dismantled").await
}

async fn moved(app: &TestApp, number: &str, transition: &str) -> Result<()> {
    app.admin.make_transition(number, &json!({ "transition": transition })).await?.expect(200)
}

async fn amended(app: &TestApp, number: &str, item: Value) -> Result<Answer> {
    let request = app.admin.request(Method::PATCH, &format!("/api/v1/orders/{number}"));
    send(request.header("if-match", "*").json(&json!({ "items": [item] }))).await
}

async fn provisioning(app: &TestApp, number: &str) -> Result<Value> {
    let answer = app.admin.get(&format!("/api/v1/orders/{number}/provisioning")).await?;
    answer.expect(200)?;
    Ok(answer.body)
}

/// An object as the billing system has it.
async fn object(app: &TestApp, kind: &str, key: &str) -> Result<Value> {
    let answer = app.billing()?.get(&format!("/v1/objects/{kind}/{key}")).await?;
    answer.expect(200)?;
    Ok(answer.body)
}

/// Service and access point are retired; customer, contract and account stay.
async fn ended(app: &TestApp, maker: &str, key: &str) -> Result<()> {
    let expected = [
        ("service", key.to_owned(), "retired"),
        ("accessPoint", format!("access-{maker}-1"), "retired"),
        ("personalAccount", format!("account-{maker}"), "active"),
        ("contract", format!("contract-{maker}"), "active"),
        ("customer", format!("customer-{maker}"), "active"),
    ];
    for (kind, key, status) in expected {
        let object = object(app, kind, &key).await?;
        ensure!(object["status"] == status, "{object}");
    }
    Ok(())
}

/// Place and word of each fault of an answer.
fn faults(answer: &Answer) -> Vec<String> {
    let errors = answer.body["errors"].as_array().into_iter().flatten();
    let word = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
    errors.map(|error| format!("{} {}", word(error, "pointer"), word(error, "code"))).collect()
}

/// The tariffs of the services that a subscriber's order shows.
fn tariffs(answer: &Answer) -> Vec<String> {
    let services = answer.body["services"].as_array().into_iter().flatten();
    services.filter_map(|service| service["tariff"].as_str()).map(str::to_owned).collect()
}
