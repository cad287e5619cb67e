//! A running server, as the commands that work with one call it.

use anyhow::{Context, Result, bail};
use clap::Args;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// How often a request is sent until it is answered usefully.
const ATTEMPTS_MAX: u32 = 6;
/// Before the second attempt; it doubles with each.
const RETRY_DELAY_MIN: Duration = Duration::from_millis(200);
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Args)]
pub struct Server {
    /// The address of the server, such as http://127.0.0.1:3000.
    #[arg(long, env = "OMS_SERVER")]
    server: String,
    /// A token of it.
    #[arg(long, env = "OMS_TOKEN", hide_env_values = true)]
    token: String,
}

/// An answer with its body as JSON; null when it is none.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    server: Server,
}

impl Api {
    pub fn new(server: Server) -> Result<Api> {
        let client = Client::builder().timeout(ANSWER_TIME_MAX).tcp_nodelay(true).build()?;
        Ok(Api { client, server })
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.server.server.trim_end_matches('/'));
        self.client.request(method, url).bearer_auth(&self.server.token)
    }

    /// Sends until there is an answer that is not "later". Only for requests that may be repeated.
    pub async fn send(&self, request: impl Fn() -> RequestBuilder) -> Result<Answer> {
        let mut delay = RETRY_DELAY_MIN;
        for attempt in 1..=ATTEMPTS_MAX {
            match request().send().await {
                Ok(response) if is_later(response.status()) && attempt < ATTEMPTS_MAX => {}
                Ok(response) => return read(response).await,
                Err(error) if attempt == ATTEMPTS_MAX => {
                    return Err(error).with_context(|| {
                        format!("{} does not answer; is it the right --server?", self.server.server)
                    });
                }
                Err(_) => {}
            }
            tokio::time::sleep(delay).await;
            delay *= 2;
        }
        bail!("{} does not answer", self.server.server)
    }
}

fn is_later(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE
}

async fn read(response: Response) -> Result<Answer> {
    let status = response.status();
    let bytes = response.bytes().await?;
    Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
}

impl Answer {
    /// The stable part of a problem's type.
    pub fn problem(&self) -> &str {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.rsplit('/').next().unwrap_or_default()
    }

    /// What is wrong, fault by fault.
    pub fn faults(&self) -> Vec<String> {
        let faults = self.body["errors"].as_array().into_iter().flatten();
        let faults: Vec<String> = faults
            .map(|fault| {
                let text = |name: &str| fault[name].as_str().unwrap_or_default();
                format!("{} {}", text("pointer"), text("message")).trim().to_owned()
            })
            .collect();
        if !faults.is_empty() {
            return faults;
        }
        let detail = self.body["detail"].as_str().unwrap_or("the server said nothing more");
        vec![format!("{}: {detail}", self.status)]
    }
}
