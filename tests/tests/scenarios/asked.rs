//! A cancellation is asked for in a stage: refused, the order goes on exactly where it was; granted, it ends.

use anyhow::{Context, Result, ensure};
use oms_domain::scenario::{PointOfNoReturn, Scenario, Stage};
use oms_tests::caller::send;
use oms_tests::{Caller, TestApp};
use reqwest::Method;
use serde_json::{Value, json};

/// Asked for by somebody who may not cancel, and answered by the administrator.
pub async fn ask_to_cancel(
    (app, asker): (&TestApp, &Caller),
    scenario: &Scenario,
    number: &str,
    stage: &Stage,
) -> Result<()> {
    let path = format!("/api/v1/orders/{number}/cancellation");
    let asks = json!({ "reason": "Moved" });
    if stage.point_of_no_return == Some(PointOfNoReturn::Hard) {
        let refused = asker.post(&path, &asks).await?;
        // The billing system may have been quicker.
        let told = ["past-point-of-no-return", "order-is-closed"];
        ensure!(told.contains(&refused.problem()), "{}", refused.body);
        return Ok(());
    }
    let before = app.admin.order(number).await?;
    let asked = asker.post(&path, &asks).await?;
    asked.expect(200)?;
    ensure!(asked.body["state"] == "assessingCancellation", "{}", asked.body);
    ensure!(asked.body["stage"] == before["stage"], "{} and {}", asked.body, before);
    ensure!(asked.body["cancellationRequest"]["requestedBy"] == "desk", "{}", asked.body);
    nothing_moves_it(app, number).await?;

    let refusal = format!("{path}/refusal");
    app.admin.post(&refusal, &json!({ "reason": "She stays" })).await?.expect(200)?;
    let after = app.admin.order(number).await?;
    for name in ["state", "stage", "division", "appointment", "fields", "revision"] {
        ensure!(after[name] == before[name], "{} instead of {}", after[name], before[name]);
    }
    let again = app.admin.post(&refusal, &json!({ "reason": "She stays" })).await?;
    ensure!(again.problem() == "no-cancellation-request", "{}", again.body);

    // Whoever asked takes it back; then the administrator is asked once more, and grants it.
    asker.post(&path, &asks).await?.expect(200)?;
    asker.post(&refusal, &json!({ "reason": "By mistake" })).await?.expect(200)?;
    app.admin.post(&path, &json!({ "reason": "Moved", "assess": true })).await?.expect(200)?;
    grant(app, number, stage).await?;
    // What was made in the billing system is retired first.
    let cancelled = scenario.cancelled_stage.as_str();
    let what = format!("{number} is in {cancelled}");
    let order = app.eventually(&what, || async {
        let order = app.admin.order(number).await?;
        Ok(Some(order).filter(|order| order["stage"]["code"] == cancelled))
    });
    let order = order.await?;
    ensure!(order.get("cancellationRequest").is_none(), "{order}");
    Ok(())
}

/// Every transition is forbidden, and says for what it waits.
async fn nothing_moves_it(app: &TestApp, number: &str) -> Result<()> {
    let path = format!("/api/v1/orders/{number}/transitions");
    let answer = app.admin.get(&path).await?;
    answer.expect(200)?;
    for transition in answer.body["items"].as_array().context("transitions")? {
        let obstacles = transition["obstacles"].as_array().context("obstacles")?;
        let waits = |obstacle: &Value| obstacle["code"] == "cancellation-is-assessed";
        ensure!(obstacles.iter().any(waits), "{transition}");
    }
    Ok(())
}

/// At its price past a soft point of no return; on the version that was seen, and after it was tried.
async fn grant(app: &TestApp, number: &str, stage: &Stage) -> Result<()> {
    let path = format!("/api/v1/orders/{number}/cancellation/acceptance");
    let mut body = json!({ "comment": "Let her go" });
    if stage.point_of_no_return.is_some() {
        let priced = app.admin.post(&path, &body).await?;
        ensure!(priced.problem() == "penalty-unconfirmed", "{}", priced.body);
        body["penaltyConfirmed"] = json!(true);
    }
    let tried = app.admin.post(&format!("{path}?dryRun=true"), &body).await?;
    tried.expect(200)?;
    // Where something of it is in the billing system, that is retired first.
    let ends = ["cancelled", "pendingCancellation"];
    ensure!(ends.iter().any(|state| tried.body["state"] == *state), "{}", tried.body);
    let on = |tag: &str| {
        let request = app.admin.request(Method::POST, &path).header("if-match", tag);
        send(request.json(&body))
    };
    on("\"v1\"").await?.expect(412)?;
    // A document that is drawn between reading and granting is a version too: then it is read again.
    app.eventually("the cancellation is granted on the version that was read", || async {
        let read = app.admin.get(&format!("/api/v1/orders/{number}")).await?;
        let granted = on(&read.header("etag").context("an ETag")?).await?;
        if granted.problem() == "stale-version" {
            return Ok(None);
        }
        granted.expect(200).map(Some)
    })
    .await
}
