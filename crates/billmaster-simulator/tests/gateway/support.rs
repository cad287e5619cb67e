//! A simulator with a folder of its own, and whoever calls it.

use anyhow::{Context, Result};
use billmaster_simulator::{Options, RunningSimulator, start};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

pub const TOKEN: &str = "token-of-the-tests";
/// Longer than any answer that is not broken.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// A running simulator; its objects go with it.
pub struct Gateway {
    simulator: Option<RunningSimulator>,
    folder: TempDir,
    client: Client,
    calls: AtomicU32,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub replayed: bool,
    pub text: String,
    /// Null if the answer is not JSON.
    pub body: Value,
}

impl Gateway {
    pub async fn start() -> Result<Gateway> {
        let folder = tempfile::tempdir()?;
        let client = Client::builder().no_proxy().timeout(ANSWER_TIME_MAX).build()?;
        let calls = AtomicU32::new(0);
        let mut gateway = Gateway { simulator: None, folder, client, calls };
        gateway.simulator = Some(start(gateway.options()?).await?);
        Ok(gateway)
    }

    /// Stops, and starts on the same file at another port.
    pub async fn restart(&mut self) -> Result<()> {
        self.simulator.take().context("it runs")?.stop().await;
        self.simulator = Some(start(self.options()?).await?);
        Ok(())
    }

    pub async fn stop(&mut self) -> Result<()> {
        self.simulator.take().context("it runs")?.stop().await;
        Ok(())
    }

    pub fn options(&self) -> Result<Options> {
        let listen = "127.0.0.1:0".parse()?;
        Ok(Options { listen, database: self.database(), token: TOKEN.to_owned() })
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("billmaster.db")
    }

    /// A request with the right token and nothing else.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(TOKEN)
    }

    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        let address = self.simulator.as_ref().map(RunningSimulator::address);
        let address = address.expect("the test did not stop the simulator");
        self.client.request(method, format!("http://{address}{path}"))
    }

    /// Ensures under an idempotency key of its own.
    pub async fn ensure(&self, object: &str, parents: &[&str], name: &str) -> Result<Answer> {
        let key = format!("call-{}", self.calls.fetch_add(1, Ordering::Relaxed));
        self.ensure_as(&key, object, parents, name).await
    }

    /// Ensures `kind/externalKey` with one attribute.
    pub async fn ensure_as(
        &self,
        key: &str,
        object: &str,
        parents: &[&str],
        name: &str,
    ) -> Result<Answer> {
        let body = json!({ "parents": parents, "attributes": { "name": name } });
        let request = self.request(Method::PUT, &format!("/v1/objects/{object}"));
        send(request.header("idempotency-key", key).body(body.to_string())).await
    }

    pub async fn retire_as(&self, key: &str, object: &str) -> Result<Answer> {
        let request = self.request(Method::DELETE, &format!("/v1/objects/{object}"));
        send(request.header("idempotency-key", key)).await
    }

    pub async fn find(&self, object: &str) -> Result<Answer> {
        self.get(&format!("/v1/objects/{object}")).await
    }

    pub async fn get(&self, path: &str) -> Result<Answer> {
        send(self.request(Method::GET, path)).await
    }

    /// Sets faults; the others end.
    pub async fn faults(&self, faults: Value) -> Result<()> {
        let answer = send(self.anonymous(Method::PUT, "/control").body(faults.to_string())).await?;
        anyhow::ensure!(answer.status == 200, "{answer:?}");
        Ok(())
    }

    pub async fn no_faults(&self) -> Result<()> {
        let answer = send(self.anonymous(Method::DELETE, "/control")).await?;
        anyhow::ensure!(answer.status == 204, "{answer:?}");
        Ok(())
    }

    /// The journal as `operation kind/externalKey`, oldest first.
    pub async fn journal(&self) -> Result<Vec<String>> {
        let answer = self.get("/v1/journal?limit=200").await?;
        let items = answer.body["items"].as_array().context("items")?;
        let word = |item: &Value, name: &str| item[name].as_str().unwrap_or("?").to_owned();
        let line = |item| {
            format!(
                "{} {}/{}",
                word(item, "operation"),
                word(item, "kind"),
                word(item, "externalKey")
            )
        };
        Ok(items.iter().map(line).collect())
    }
}

/// Sends; no answer at all is an error.
pub async fn send(request: RequestBuilder) -> Result<Answer> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let header = |name: &str| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (content_type, replayed) = (header("content-type"), header("idempotency-replayed"));
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Answer { status, content_type, replayed: replayed == "true", text, body })
}

impl Answer {
    /// The stable end of a problem's type.
    pub fn problem(&self) -> &str {
        let kind = self.body["type"].as_str().unwrap_or_default();
        kind.rsplit('/').next().unwrap_or_default()
    }
}
