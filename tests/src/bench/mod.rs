//! The product beside a native program that does the same work on the same database, in the same run.

pub mod ceiling;
pub mod load;
pub mod ticks;

use crate::app::{AppOptions, TestApp};
use crate::database::DatabaseKind;
use crate::orders;
use anyhow::{Context, Result, ensure};
use ceiling::Ceiling;
use hyper::Method;
use load::{Call, Connection, Measured};
use serde_json::Value;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// Orders that are there before reading and searching are measured.
const ORDERS_BEFORE: u32 = 5_000;
/// Connections that fill the database.
const FILLING_CONNECTIONS: usize = 8;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Register,
    Read,
    Transition,
    Search,
}

impl Operation {
    pub const ALL: [Operation; 4] =
        [Operation::Register, Operation::Read, Operation::Transition, Operation::Search];
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Row {
    pub database: DatabaseKind,
    pub operation: Operation,
    pub connections: usize,
    pub product: Measured,
    pub ceiling: Measured,
    pub statements_per_request: f64,
}

impl Row {
    /// How much of the ceiling's throughput the product reaches.
    pub fn ratio(&self) -> f64 {
        self.product.per_second / self.ceiling.per_second
    }
}

/// Everything that a run on one database came to.
#[derive(Debug, Clone)]
pub struct Report {
    pub rows: Vec<Row>,
    /// Peak of the product's resident memory, in MiB, with every component warm.
    pub memory_peak_mib: Option<u64>,
}

/// Numbers of orders that nobody has used; shared by all runs of the process.
static NEXT_ORDER: AtomicU32 = AtomicU32::new(1);

/// Measures every operation at each number of connections, product and ceiling in turn, each for `time`.
pub async fn measure(kind: DatabaseKind, connections: &[usize], time: Duration) -> Result<Report> {
    let app = TestApp::start_with(kind, AppOptions::default()).await?;
    let token = app.admin.token().to_owned();
    let ceiling = Ceiling::start(&app.database.url).await?;
    warm(&app).await?;
    fill(&ceiling.url, &token).await?;
    let mut rows = Vec::new();
    for &connections in connections {
        for operation in Operation::ALL {
            let measured = |url: String| {
                let token = token.clone();
                let ceiling_url = ceiling.url.clone();
                async move { run(operation, &url, &ceiling_url, &token, connections, time).await }
            };
            // Halves in turn, so that a machine whose speed drifts treats both alike.
            let mut product = measured(app.url().to_owned()).await?;
            ceiling.take_statements();
            let native = measured(ceiling.url.clone()).await?;
            let statements = ceiling.take_statements() as f64 / native.requests.max(1) as f64;
            let second = measured(app.url().to_owned()).await?;
            let native_second = measured(ceiling.url.clone()).await?;
            product = mean(product, second);
            let native = mean(native, native_second);
            rows.push(Row {
                database: kind,
                operation,
                connections,
                product,
                ceiling: native,
                statements_per_request: statements,
            });
        }
    }
    let memory_peak_mib = app.process_id().and_then(memory_peak_mib);
    Ok(Report { rows, memory_peak_mib })
}

fn mean(a: Measured, b: Measured) -> Measured {
    Measured {
        requests: a.requests + b.requests,
        per_second: (a.per_second + b.per_second) / 2.0,
        p50_ms: (a.p50_ms + b.p50_ms) / 2.0,
        p99_ms: (a.p99_ms + b.p99_ms) / 2.0,
    }
}

async fn run(
    operation: Operation,
    url: &str,
    ceiling_url: &str,
    token: &str,
    connections: usize,
    time: Duration,
) -> Result<Measured> {
    match operation {
        Operation::Register => load::run(url, token, connections, time, |_| Some(register())).await,
        Operation::Read => {
            let numbers = Arc::new(some_numbers(ceiling_url, token).await?);
            let next = Arc::new(AtomicUsize::new(0));
            load::run(url, token, connections, time, move |_| {
                let index = next.fetch_add(1, Ordering::Relaxed) % numbers.len();
                Some(get(format!("/api/v1/orders/{}", numbers[index])))
            })
            .await
        }
        Operation::Search => {
            let next = Arc::new(AtomicU32::new(1));
            load::run(url, token, connections, time, move |_| {
                let index = next.fetch_add(1, Ordering::Relaxed) % ORDERS_BEFORE;
                Some(get(format!("/api/v1/orders?q=99890{index:07}")))
            })
            .await
        }
        Operation::Transition => {
            // Each connection sends its own order back and forth, so that none is refused.
            let fresh = fresh_orders(ceiling_url, token, connections).await?;
            let orders: Arc<Vec<(String, AtomicUsize)>> =
                Arc::new(fresh.into_iter().map(|id| (id, AtomicUsize::new(0))).collect());
            load::run(url, token, connections, time, move |index| {
                let (id, made) = &orders[index];
                Some(transition(id, made.fetch_add(1, Ordering::Relaxed)))
            })
            .await
        }
    }
}

fn get(path: String) -> Call {
    Call { method: Method::GET, path, tag: None, body: None }
}

fn register() -> Call {
    let number = NEXT_ORDER.fetch_add(1, Ordering::Relaxed);
    let body = Some(orders::connect(number).to_string());
    Call { method: Method::POST, path: "/api/v1/orders".to_owned(), tag: None, body }
}

/// A support order asks the subscriber and starts again, as often as one likes; each is one version.
fn transition(id: &str, made: usize) -> Call {
    static BODIES: LazyLock<[String; 2]> = LazyLock::new(|| {
        [r#"{"transition":"ask","comment":"Is the lamp on?"}"#, r#"{"transition":"start"}"#]
            .map(str::to_owned)
    });
    Call {
        method: Method::POST,
        path: format!("/api/v1/orders/{id}/transitions"),
        tag: Some(format!("\"v{}\"", made + 1)),
        body: Some(BODIES[made % 2].clone()),
    }
}

async fn fresh_orders(url: &str, token: &str, count: usize) -> Result<Vec<String>> {
    let mut connection = Connection::open(url, token).await?;
    let mut ids = Vec::new();
    for _ in 0..count {
        let number = NEXT_ORDER.fetch_add(1, Ordering::Relaxed);
        let reply = connection
            .send(Call {
                method: Method::POST,
                path: "/api/v1/orders".to_owned(),
                tag: None,
                body: Some(orders::support(number).to_string()),
            })
            .await?;
        let order: Value = serde_json::from_slice(&reply.body)
            .with_context(|| String::from_utf8_lossy(&reply.body).into_owned())?;
        ids.push(order["id"].as_str().context("an id")?.to_owned());
    }
    Ok(ids)
}

async fn some_numbers(url: &str, token: &str) -> Result<Vec<String>> {
    let mut connection = Connection::open(url, token).await?;
    let reply = connection.send(get("/api/v1/orders?q=karimov".to_owned())).await?;
    let page: Value = serde_json::from_slice(&reply.body)?;
    let items = page["items"].as_array().context("items")?;
    let numbers: Vec<String> =
        items.iter().filter_map(|item| item["number"].as_str().map(str::to_owned)).collect();
    ensure!(!numbers.is_empty(), "there are no orders to read");
    Ok(numbers)
}

/// Fills the database through the native program, which is faster.
async fn fill(url: &str, token: &str) -> Result<()> {
    let left = Arc::new(AtomicU32::new(ORDERS_BEFORE));
    let next = move |_| {
        let some_left = left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .is_ok();
        some_left.then(register)
    };
    let time = Duration::from_secs(600);
    let measured = load::run(url, token, FILLING_CONNECTIONS, time, next).await?;
    ensure!(measured.requests == u64::from(ORDERS_BEFORE), "the database was not filled in time");
    Ok(())
}

/// One request to every component, so that all of them are in memory.
async fn warm(app: &TestApp) -> Result<()> {
    let registered = app.admin.post("/api/v1/orders", &orders::connect(9_999_999)).await?;
    registered.expect(201)?;
    let number = registered.body["number"].as_str().context("a number")?.to_owned();
    for transition in ["accept", "feasible"] {
        let body = serde_json::json!({ "transition": transition });
        app.admin.make_transition(&number, &body).await?.expect(200)?;
    }
    let documents = format!("/api/v1/orders/{number}/documents");
    app.eventually("the contract is drawn", || async {
        Ok((!app.admin.items(&documents).await?.is_empty()).then_some(()))
    })
    .await?;
    for path in ["routing", "provisioning", "transitions", "history"] {
        app.admin.get(&format!("/api/v1/orders/{number}/{path}")).await?.expect(200)?;
    }
    app.admin.get("/").await?.expect(200)?;
    app.tick().await?;
    Ok(())
}

/// The peak of a process's resident memory (Linux).
fn memory_peak_mib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(kib / 1024)
}
