//! Subscribers who get in with a one-time code.

use crate::app::TestApp;
use crate::caller::{Answer, Caller, send};
use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

/// A code for the subscriber of an order, as the administrator gives it out.
pub async fn code(app: &TestApp, number: &str) -> Result<String> {
    let path = format!("/api/v1/orders/{number}/access-code");
    let issued = app.admin.post(&path, &Value::Null).await?;
    issued.expect(201)?;
    Ok(issued.body["code"].as_str().context("a code")?.to_owned())
}

/// Types a code.
pub async fn enter(app: &TestApp, number: &str, code: &str) -> Result<Answer> {
    let typed = json!({ "orderNumber": number, "code": code });
    send(app.admin.anonymous(Method::POST, "/api/v1/session").json(&typed)).await
}

/// The subscriber of an order, with a session.
pub async fn entered(app: &TestApp, number: &str) -> Result<Caller> {
    let begun = enter(app, number, &code(app, number).await?).await?;
    begun.expect(201)?;
    Caller::new(app.url(), begun.body["token"].as_str().context("a token")?)
}
