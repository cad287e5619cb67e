//! A connect order from its registration to the running service, through the API alone.

use anyhow::{Context, Result};
use oms_tests::caller::send;
use oms_tests::{Answer, Caller, DatabaseKind, TestApp, on_both_databases, orders};
use reqwest::Method;
use serde_json::{Value, json};
use std::process::Stdio;

#[test]
fn a_person_is_connected() {
    on_both_databases(a_person_is_connected_on);
}

async fn a_person_is_connected_on(kind: DatabaseKind) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let caller = &app.admin;

    // Registered, in the right division, with the reason.
    let mut body = orders::connect(1);
    body["party"]["familyName"] = json!("Каримов");
    body["party"]["givenName"] = json!("Анвар");
    let registered = caller.post("/api/v1/orders", &body).await?;
    registered.expect(201)?;
    let number = registered.body["number"].as_str().context("a number")?.to_owned();
    let id = registered.body["id"].as_str().context("an id")?.to_owned();
    assert_eq!(registered.header("location"), Some(format!("/api/v1/orders/{id}")));
    assert_eq!(registered.body["stage"]["code"], "registered");
    assert_eq!(registered.body["state"], "acknowledged");
    assert_eq!(registered.body["division"]["code"], "tashkent-sales");
    let routing = caller.get(&format!("/api/v1/orders/{number}/routing")).await?;
    routing.expect(200)?;
    let reason = routing.body["reason"].as_str().unwrap_or_default();
    assert!(
        reason.contains("Tashkent centre technical department operates this address"),
        "{reason}"
    );
    assert!(reason.contains("the nearest is Tashkent sales department"), "{reason}");

    // Every stage to completion; documents are drawn on the way.
    move_on(caller, &number, json!({ "transition": "accept" }), "feasibility", "tashkent-centre")
        .await?;
    let feasible = json!({ "transition": "feasible", "fields": { "accessNode": "OLT-7/3/12" } });
    move_on(caller, &number, feasible, "contract", "tashkent-sales").await?;
    let contract = document(&app, &number, "contract").await?;
    let sign = json!({ "transition": "sign", "fields": { "signedOn": "2026-11-24" } });
    move_on(caller, &number, sign, "installation", "tashkent-centre").await?;
    let work_order = document(&app, &number, "work-order").await?;
    let installed = json!({ "transition": "installed", "comment": "48 m of cable" });
    caller.make_transition(&number, &installed).await?.expect(200)?;
    let order = completed(&app, &number).await?;
    assert_eq!(order["state"], "completed");
    assert_eq!(order["services"][0]["tariff"], "home-300");

    // Real documents: the party's name is in them.
    for (kind, document) in [("contract", &contract), ("work-order", &work_order)] {
        let text = pdf_text(&document.bytes).await?;
        assert!(text.contains("Каримов"), "{kind}: {text}");
        assert!(text.contains("Амир") || text.contains("Amir Temur"), "{kind}: {text}");
        assert!(text.contains(&number), "{kind}: {text}");
    }

    // The billing objects exist exactly once.
    let provisioning = caller.get(&format!("/api/v1/orders/{number}/provisioning")).await?;
    provisioning.expect(200)?;
    let objects = provisioning.body["objects"].as_array().context("objects")?.clone();
    let planned = provisioning.body["plan"].as_array().context("a plan")?.len();
    assert_eq!(objects.len(), planned);
    let kinds: Vec<&str> = objects.iter().filter_map(|object| object["kind"].as_str()).collect();
    let expected = [
        "domain",
        "customer",
        "contract",
        "personalAccount",
        "billingPlan",
        "accessPoint",
        "service",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(app.objects_in_billing().await?.len(), planned);

    // The history tells the whole story in order.
    let history = caller.history(&number).await?;
    let sequences: Vec<i64> =
        history.iter().filter_map(|event| event["sequence"].as_i64()).collect();
    assert_eq!(sequences, (1..=sequences.len() as i64).collect::<Vec<_>>());
    let story: Vec<String> = history.iter().map(step).collect();
    let expected = [
        "registered",
        "routed tashkent-sales",
        "transitioned accept",
        "routed tashkent-centre",
        "transitioned feasible",
        "routed tashkent-sales",
        "documentRequested contract",
        "documentDrawn contract",
        "transitioned sign",
        "routed tashkent-centre",
        "visitNotBooked",
        "documentRequested work-order",
        "documentDrawn work-order",
        "transitioned installed",
        "provisioningRequested",
        "provisioned",
        "transitioned activated",
    ];
    assert_eq!(story, expected);
    assert!(history.iter().all(|event| event["at"].as_str().is_some_and(|at| at.ends_with('Z'))));
    Ok(())
}

#[test]
fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let registered = app.admin.post("/api/v1/orders", &orders::connect(1)).await?;
        registered.expect(201)?;
        let number = registered.body["number"].as_str().context("a number")?;
        let tag = registered.header("etag").context("an ETag")?;
        let path = format!("/api/v1/orders/{number}/transitions?dryRun=true");
        let request = app.admin.request(Method::POST, &path).header("if-match", &tag);
        let preview = send(request.json(&json!({ "transition": "accept" }))).await?;
        preview.expect(200)?;
        assert_eq!(preview.body["stage"]["code"], "feasibility");
        assert_eq!(preview.body["division"]["code"], "tashkent-centre");
        let after = app.admin.get(&format!("/api/v1/orders/{number}")).await?;
        assert_eq!(after.body, registered.body);
        assert_eq!(after.header("etag"), Some(tag));
        Ok(())
    });
}

#[test]
fn an_order_is_held_given_to_a_person_commented_on_and_cancelled() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let caller = &app.admin;
        let registered = caller.post("/api/v1/orders", &orders::connect(1)).await?;
        registered.expect(201)?;
        let number = registered.body["number"].as_str().context("a number")?.to_owned();
        let path = |resource: &str| format!("/api/v1/orders/{number}/{resource}");

        let held = caller.post(&path("hold"), &json!({ "reason": "The customer travels" })).await?;
        held.expect(200)?;
        assert_eq!(held.body["state"], "held");
        assert_eq!(held.body["stage"]["dueAt"], Value::Null);
        let moved = caller.make_transition(&number, &json!({ "transition": "accept" })).await?;
        moved.expect(409)?;
        assert_eq!(moved.problem(), "order-is-held");
        let resumed = caller.delete(&path("hold")).await?;
        resumed.expect(200)?;
        assert_eq!(resumed.body["state"], "acknowledged");

        let assigned = caller.put(&path("assignee"), &json!({ "assignee": "d.rahimova" })).await?;
        assigned.expect(200)?;
        assert_eq!(assigned.body["assignee"], "d.rahimova");
        let found = caller.items("/api/v1/orders?assignee=d.rahimova").await?;
        assert_eq!(found.len(), 1);
        caller.post(&path("comments"), &json!({ "text": "Call after six" })).await?.expect(200)?;

        let cancelled =
            caller.post(&path("cancellation"), &json!({ "reason": "Moved away" })).await?;
        cancelled.expect(200)?;
        assert_eq!(cancelled.body["state"], "cancelled");
        let again = caller.post(&path("cancellation"), &json!({ "reason": "Again" })).await?;
        again.expect(409)?;
        assert_eq!(again.problem(), "order-is-closed");
        // A closed order is nobody's duplicate: the same can be asked for again.
        caller.post("/api/v1/orders", &orders::connect(1)).await?.expect(201)?;
        Ok(())
    });
}

#[test]
fn an_uploaded_document_is_kept_byte_for_byte() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let registered = app.admin.post("/api/v1/orders", &orders::connect(1)).await?;
        registered.expect(201)?;
        let number = registered.body["number"].as_str().context("a number")?.to_owned();
        let content: Vec<u8> = (0..200_000u32).map(|index| (index % 251) as u8).collect();
        let path = format!("/api/v1/orders/{number}/documents?kind=signed-contract&name=scan.pdf");
        let upload = || {
            let request =
                app.admin.request(Method::POST, &path).header("content-type", "application/pdf");
            send(request.body(content.clone()))
        };
        let uploaded = upload().await?;
        uploaded.expect(201)?;
        let again = upload().await?;
        again.expect(201)?;
        assert_eq!(uploaded.body["id"], again.body["id"], "the same bytes are the same document");
        let href = uploaded.body["href"].as_str().context("href")?;
        let downloaded = app.admin.get(href).await?;
        downloaded.expect(200)?;
        assert_eq!(downloaded.bytes, content);
        let tag = downloaded.header("etag").context("an ETag")?;
        assert_eq!(
            uploaded.body["sha256"].as_str().map(|hash| format!("\"{hash}\"")),
            Some(tag.clone())
        );
        let request = app.admin.request(Method::GET, href).header("if-none-match", tag);
        send(request).await?.expect(304)?;
        let list = app.admin.items(&format!("/api/v1/orders/{number}/documents")).await?;
        assert_eq!(list.len(), 1);
        Ok(())
    });
}

async fn move_on(
    caller: &Caller,
    number: &str,
    body: Value,
    stage: &str,
    division: &str,
) -> Result<()> {
    let answer = caller.make_transition(number, &body).await?;
    answer.expect(200)?;
    assert_eq!(answer.body["stage"]["code"], stage);
    assert_eq!(answer.body["division"]["code"], division);
    assert!(answer.body["stage"]["dueAt"].is_string(), "{}", answer.body["stage"]);
    Ok(())
}

/// Waits until the document is drawn, and fetches it.
async fn document(app: &TestApp, number: &str, kind: &str) -> Result<Answer> {
    let list = format!("/api/v1/orders/{number}/documents");
    let what = format!("the {kind} is drawn");
    let found = app.eventually(&what, || async {
        let items = app.admin.items(&list).await?;
        Ok(items.into_iter().find(|item| item["kind"] == kind))
    });
    let found = found.await?;
    let href = found["href"].as_str().context("href")?;
    let file = app.admin.get(href).await?;
    file.expect(200)?;
    assert_eq!(file.header("content-type").as_deref(), Some("application/pdf"));
    Ok(file)
}

async fn completed(app: &TestApp, number: &str) -> Result<Value> {
    app.eventually("the order is completed", || async {
        let order = app.admin.order(number).await?;
        Ok(Some(order).filter(|order| order["state"] == "completed"))
    })
    .await
}

/// An event as one step of the story.
fn step(event: &Value) -> String {
    let data = &event["data"];
    let names = [&data["transition"], &data["to"], &data["template"], &data["kind"]];
    let name = names.into_iter().find_map(Value::as_str).unwrap_or_default();
    format!("{} {name}", event["type"].as_str().unwrap_or_default()).trim_end().to_owned()
}

async fn pdf_text(pdf: &[u8]) -> Result<String> {
    use tokio::io::AsyncWriteExt;
    let mut program = tokio::process::Command::new("pdftotext")
        .args(["-layout", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("pdftotext is not installed (Debian: poppler-utils)")?;
    let mut input = program.stdin.take().context("no input")?;
    input.write_all(pdf).await?;
    drop(input);
    let output = program.wait_with_output().await?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
