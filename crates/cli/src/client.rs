//! A running server, as the commands that work with one call it.

use anyhow::{Context, Result, bail};
use clap::Args;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// How often a request is sent until it is answered usefully.
const ATTEMPTS_MAX: u32 = 6;
/// Before the second attempt; it doubles with each.
const RETRY_DELAY_MIN: Duration = Duration::from_millis(200);
/// Before any attempt, however long the server asks us to wait.
const RETRY_DELAY_MAX: Duration = Duration::from_secs(30);
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Args)]
pub struct Server {
    /// The address of the server, such as http://127.0.0.1:3000.
    #[arg(long, env = "OMS_SERVER", value_parser = parse_server)]
    server: String,
    /// A token of it.
    #[arg(long, env = "OMS_TOKEN", hide_env_values = true)]
    token: String,
}

/// The address of a server, without the stroke at its end.
fn parse_server(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|_| "write http://HOST:PORT".to_owned())?;
    match url.scheme() {
        "http" => Ok(text.trim_end_matches('/').to_owned()),
        "https" => Err("this program does not speak TLS; run it where the server itself can be \
                        reached, and name it as http://HOST:PORT"
            .to_owned()),
        _ => Err("write http://HOST:PORT".to_owned()),
    }
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
    retry_delay: Duration,
}

impl Api {
    pub fn new(server: Server) -> Result<Api> {
        let client = Client::builder().timeout(ANSWER_TIME_MAX).tcp_nodelay(true).build()?;
        Ok(Api { client, server, retry_delay: RETRY_DELAY_MIN })
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.server.server);
        self.client.request(method, url).bearer_auth(&self.server.token)
    }

    /// Sends until there is an answer that is not "later". Only for requests that may be repeated.
    pub async fn send(&self, request: impl Fn() -> RequestBuilder) -> Result<Answer> {
        let mut delay = self.retry_delay;
        for attempt in 1..=ATTEMPTS_MAX {
            let is_last = attempt == ATTEMPTS_MAX;
            match answered(request()).await {
                Ok((answer, _)) if is_last || !is_later(answer.status) => return Ok(answer),
                Ok((_, asked)) => delay = delay.max(asked).min(RETRY_DELAY_MAX),
                Err(error) if is_last => {
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

/// How long the server asks to wait, in the header `Retry-After` in seconds; zero when it says nothing.
fn asked_delay(response: &Response) -> Duration {
    let header = response.headers().get(reqwest::header::RETRY_AFTER);
    let seconds = header.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

/// An answer that came in whole, and how long to wait before the next request.
async fn answered(request: RequestBuilder) -> reqwest::Result<(Answer, Duration)> {
    let response = request.send().await?;
    let (status, asked) = (response.status(), asked_delay(&response));
    let bytes = response.bytes().await?;
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok((Answer { status, body }, asked))
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
                match text("pointer") {
                    "" => text("message").to_owned(),
                    pointer => format!("{pointer}: {}", text("message")),
                }
            })
            .collect();
        if !faults.is_empty() {
            return faults;
        }
        let detail = self.body["detail"].as_str().unwrap_or("the server said nothing more");
        vec![format!("{}: {detail}", self.status)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    fn servers_are_named_by_http_addresses() {
        let cases = "
            http://127.0.0.1:3000      http://127.0.0.1:3000
            http://127.0.0.1:3000/     http://127.0.0.1:3000
            http://oms.example/base/   http://oms.example/base
            https://oms.example        fault
            127.0.0.1:3000             fault
            localhost:3000             fault
            oms                        fault
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (text, expected) = line.split_once(' ').expect(line);
            let found = parse_server(text).unwrap_or_else(|_| "fault".to_owned());
            assert_eq!(found, expected.trim(), "{line}");
        }
    }

    /// A server that answers each request with the next of these, on a connection of its own; then it is gone.
    async fn server(answers: &'static [&'static str]) -> Result<Api> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move {
            for answer in answers {
                let (mut connection, _) = listener.accept().await?;
                let mut request = [0; 4096];
                connection.read(&mut request).await?;
                connection.write_all(answer.as_bytes()).await?;
            }
            Ok::<(), std::io::Error>(())
        });
        let server = Server { server: format!("http://{address}"), token: "token".to_owned() };
        Ok(Api { retry_delay: Duration::ZERO, ..Api::new(server)? })
    }

    #[tokio::test]
    async fn whoever_is_told_to_come_later_comes_again_but_not_for_ever() -> Result<()> {
        const LATER: &str =
            "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        const BROKEN: &str = "";
        const DONE: &str =
            "HTTP/1.1 201 Created\r\nconnection: close\r\ncontent-length: 8\r\n\r\n{\"id\":7}";
        const ONCE: &str = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let api = server(&[LATER, ONCE, BROKEN, DONE]).await?;
        let answer = api.send(|| api.request(Method::GET, "/")).await?;
        assert_eq!((answer.status, &answer.body["id"]), (StatusCode::CREATED, &7.into()));
        let api = server(&[LATER; 6]).await?;
        let answer = api.send(|| api.request(Method::GET, "/")).await?;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        let api = server(&[]).await?;
        let error = api.send(|| api.request(Method::GET, "/")).await.expect_err("it is gone");
        assert!(error.to_string().contains("--server"), "{error:#}");
        Ok(())
    }

    #[test]
    fn problems_are_told_fault_by_fault() {
        let answer = |body: Value| Answer { status: StatusCode::BAD_REQUEST, body };
        let faults = answer(serde_json::json!({
            "type": "https://oms.example/problems/invalid",
            "errors": [
                { "pointer": "/kind", "message": "kind is missing." },
                { "pointer": "line 3", "message": "no such division." },
            ],
        }));
        assert_eq!(faults.faults(), ["/kind: kind is missing.", "line 3: no such division."]);
        assert_eq!(faults.problem(), "invalid");
        assert_eq!(answer(Value::Null).faults(), ["400 Bad Request: the server said nothing more"]);
    }
}
