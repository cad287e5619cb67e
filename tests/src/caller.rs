//! Somebody who calls the API.

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// Longer than any honest answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// A client with a token.
#[derive(Debug, Clone)]
pub struct Caller {
    client: Client,
    url: String,
    token: String,
}

/// An answer with its body read.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    /// Null when the body is not JSON.
    pub body: Value,
    pub bytes: Vec<u8>,
}

impl Caller {
    pub fn new(url: &str, token: &str) -> Result<Caller> {
        let client = Client::builder().timeout(ANSWER_TIME_MAX).tcp_nodelay(true).build()?;
        Ok(Caller { client, url: url.to_owned(), token: token.to_owned() })
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    /// A request without the token.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> Result<Answer> {
        send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Result<Answer> {
        send(self.request(Method::DELETE, path)).await
    }

    pub async fn put_csv(&self, path: &str, content: Vec<u8>) -> Result<Answer> {
        let request = self.request(Method::PUT, path).header("content-type", "text/csv");
        send(request.body(content)).await
    }

    /// Makes a transition on the version that the caller saw.
    pub async fn transition(&self, order: &str, tag: &str, body: &Value) -> Result<Answer> {
        let path = format!("/api/v1/orders/{order}/transitions");
        send(self.request(Method::POST, &path).header("if-match", tag).json(body)).await
    }

    /// Reads the order, then makes a transition.
    pub async fn make_transition(&self, order: &str, body: &Value) -> Result<Answer> {
        let read = self.get(&format!("/api/v1/orders/{order}")).await?;
        read.expect(200)?;
        let tag = read.header("etag").context("no ETag")?;
        self.transition(order, &tag, body).await
    }

    pub async fn order(&self, order: &str) -> Result<Value> {
        let answer = self.get(&format!("/api/v1/orders/{order}")).await?;
        answer.expect(200)?;
        Ok(answer.body)
    }

    /// All events of an order, oldest first, page by page.
    pub async fn history(&self, order: &str) -> Result<Vec<Value>> {
        self.items(&format!("/api/v1/orders/{order}/history?limit=200")).await
    }

    /// All entries of a list, page by page.
    pub async fn items(&self, path: &str) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut next: Option<String> = None;
        let joint = if path.contains('?') { '&' } else { '?' };
        loop {
            let path = match &next {
                None => path.to_owned(),
                Some(cursor) => format!("{path}{joint}cursor={cursor}"),
            };
            let answer = self.get(&path).await?;
            answer.expect(200)?;
            items.extend(answer.body["items"].as_array().cloned().unwrap_or_default());
            next = answer.body["nextCursor"].as_str().map(str::to_owned);
            if next.is_none() {
                return Ok(items);
            }
        }
    }
}

pub async fn send(request: RequestBuilder) -> Result<Answer> {
    let response = request.send().await?;
    let status = response.status();
    let headers = response.headers().clone();
    let bytes = response.bytes().await?.to_vec();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok(Answer { status: status.as_u16(), headers, body, bytes })
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    /// The stable part of a problem's type.
    pub fn problem(&self) -> &str {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.rsplit('/').next().unwrap_or_default()
    }

    pub fn is_success(&self) -> bool {
        StatusCode::from_u16(self.status).is_ok_and(|status| status.is_success())
    }

    pub fn expect(&self, status: u16) -> Result<()> {
        if self.status != status {
            let text: String = String::from_utf8_lossy(&self.bytes).chars().take(2_000).collect();
            bail!("answered {} instead of {status}: {text}", self.status);
        }
        Ok(())
    }
}
