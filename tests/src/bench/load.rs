//! Load: so many connections, each sending its next request when the last was answered.

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HeaderMap;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// One connection to a server, kept alive.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    authority: String,
    token: String,
}

/// A request as the load sends it.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub tag: Option<String>,
    pub body: Option<String>,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Connection {
    pub async fn open(url: &str, token: &str) -> Result<Connection> {
        let authority = url.strip_prefix("http://").context("an http:// address")?.to_owned();
        let stream = TcpStream::connect(&authority).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Connection { sender, authority, token: token.to_owned() })
    }

    pub async fn send(&mut self, call: Call) -> Result<Reply> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(call.path)
            .header("host", &self.authority)
            .header("authorization", format!("Bearer {}", self.token));
        if let Some(tag) = call.tag {
            request = request.header("if-match", tag);
        }
        if call.body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = Full::new(Bytes::from(call.body.unwrap_or_default()));
        self.sender.ready().await?;
        let response = self.sender.send_request(request.body(body)?).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply { status: head.status, headers: head.headers, body })
    }
}

/// What a load measured.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured {
    pub requests: u64,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

impl Measured {
    pub fn of(mut latencies: Vec<Duration>, time: Duration) -> Measured {
        latencies.sort_unstable();
        let at = |share: f64| {
            let index = ((latencies.len() as f64) * share) as usize;
            let latency = latencies.get(index.min(latencies.len().saturating_sub(1)));
            latency.map_or(0.0, |latency| latency.as_secs_f64() * 1_000.0)
        };
        Measured {
            requests: latencies.len() as u64,
            per_second: latencies.len() as f64 / time.as_secs_f64(),
            p50_ms: at(0.50),
            p99_ms: at(0.99),
        }
    }
}

/// Sends what `next` gives over so many connections until the time is over. Every answer must be a success.
pub async fn run<F>(
    url: &str,
    token: &str,
    connections: usize,
    time: Duration,
    next: F,
) -> Result<Measured>
where
    F: Fn(usize) -> Option<Call> + Clone + Send + 'static,
{
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(url, token).await?);
    }
    let begin = Instant::now();
    let until = begin + time;
    let workers = open.into_iter().enumerate().map(|(index, mut connection)| {
        let next = next.clone();
        tokio::spawn(async move {
            let mut latencies = Vec::new();
            while Instant::now() < until {
                let Some(call) = next(index) else { break };
                let path = call.path.clone();
                let sent = Instant::now();
                let reply = connection.send(call).await?;
                latencies.push(sent.elapsed());
                ensure!(
                    reply.status.is_success(),
                    "{path} answered {}: {}",
                    reply.status,
                    String::from_utf8_lossy(&reply.body)
                );
            }
            Ok(latencies)
        })
    });
    let workers: Vec<_> = workers.collect();
    let mut latencies = Vec::new();
    for worker in workers {
        latencies.extend(worker.await.context("a worker panicked")??);
    }
    Ok(Measured::of(latencies, begin.elapsed()))
}
