//! The product beside a native program that does the same work on the same database, in the same run.

pub mod ceiling;
pub mod coverage;
pub mod load;
pub mod ticks;

use crate::app::{AppOptions, TestApp};
use crate::database::DatabaseKind;
use crate::orders;
use anyhow::{Context, Result, ensure};
use ceiling::Ceiling;
use hyper::Method;
use load::{Call, Connection, Measured};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

/// Orders that are there before reading and searching are measured.
const ORDERS_BEFORE: u32 = 5_000;
/// Technicians of the operator, in three departments.
const TECHNICIANS: usize = 60;
/// Connections that fill the database.
const FILLING_CONNECTIONS: usize = 8;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Register,
    Read,
    Transition,
    /// A transition that books a visit, and the one back that releases it.
    Booking,
    Search,
    /// Who operates an address, among [`coverage::RULES`] rules.
    Lookup,
}

impl Operation {
    /// What is measured with the coverage of the demo.
    pub const ALL: [Operation; 5] = [
        Operation::Register,
        Operation::Read,
        Operation::Transition,
        Operation::Booking,
        Operation::Search,
    ];
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
    /// The statement of a coverage lookup alone.
    pub lookup_statement: Measured,
}

/// Numbers of orders that nobody has used; shared by all runs of the process.
static NEXT_ORDER: AtomicU32 = AtomicU32::new(1);

/// Measures every operation at each number of connections, product and ceiling in turn, each for `time`.
pub async fn measure(kind: DatabaseKind, connections: &[usize], time: Duration) -> Result<Report> {
    let app = TestApp::start_with(kind, AppOptions::default()).await?;
    let token = app.admin.token().to_owned();
    let ceiling = Ceiling::start(&app.database.url).await?;
    warm(&app).await?;
    employ(&app).await?;
    fill(&ceiling.url, &token).await?;
    let mut rows = Vec::new();
    let usual = connections
        .iter()
        .flat_map(|&connections| Operation::ALL.map(|operation| (connections, operation)));
    let lookups = connections.iter().map(|&connections| (connections, Operation::Lookup));
    let mut memory_peak_mib = None;
    let mut has_visits = false;
    for (connections, operation) in usual.chain(lookups) {
        if operation == Operation::Booking && !has_visits {
            visits_without_papers(&app).await?;
            has_visits = true;
        }
        if operation == Operation::Lookup && memory_peak_mib.is_none() {
            // Storing so many rules at once takes memory that the work of every day does not.
            memory_peak_mib = app.process_id().and_then(self::memory_peak_mib);
            coverage::load_rules(&app).await?;
        }
        let measured = |url: String| {
            let token = token.clone();
            let ceiling_url = ceiling.url.clone();
            async move { run(operation, &url, &ceiling_url, &token, connections, time).await }
        };
        // Halves in turn, so that a machine whose speed drifts treats both alike.
        let product = measured(app.url().to_owned()).await?;
        ceiling.take_statements();
        let native = measured(ceiling.url.clone()).await?;
        let statements = ceiling.take_statements() as f64 / native.requests.max(1) as f64;
        let product_second = measured(app.url().to_owned()).await?;
        let native_second = measured(ceiling.url.clone()).await?;
        rows.push(Row {
            database: kind,
            operation,
            connections,
            product: mean(product, product_second),
            ceiling: mean(native, native_second),
            statements_per_request: statements,
        });
    }
    let lookup_statement = coverage::statement(&app.database.url).await?;
    Ok(Report { rows, memory_peak_mib, lookup_statement })
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
        Operation::Lookup => {
            let next = Arc::new(AtomicUsize::new(0));
            load::run(url, token, connections, time, move |_| {
                Some(get(coverage::lookup(next.fetch_add(1, Ordering::Relaxed))))
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
        Operation::Transition | Operation::Booking => {
            let bodies = bodies(operation);
            // Each connection sends its own order back and forth, so that none is refused.
            let fresh = fresh_orders(ceiling_url, token, connections).await?;
            let orders: Arc<Vec<(String, AtomicUsize)>> =
                Arc::new(fresh.into_iter().map(|id| (id, AtomicUsize::new(0))).collect());
            load::run(url, token, connections, time, move |index| {
                let (id, made) = &orders[index];
                Some(transition(id, made.fetch_add(1, Ordering::Relaxed), bodies))
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

/// A support order asks the subscriber and starts again, or sends somebody in vain, as often as one likes.
fn bodies(operation: Operation) -> [&'static str; 2] {
    match operation {
        Operation::Booking => [
            r#"{"transition":"visit","comment":"The line is dead"}"#,
            r#"{"transition":"visit-failed","comment":"Nobody was there"}"#,
        ],
        _ => [r#"{"transition":"ask","comment":"Is the lamp on?"}"#, r#"{"transition":"start"}"#],
    }
}

/// Each is one version.
fn transition(id: &str, made: usize, bodies: [&'static str; 2]) -> Call {
    Call {
        method: Method::POST,
        path: format!("/api/v1/orders/{id}/transitions"),
        tag: Some(format!("\"v{}\"", made + 1)),
        body: Some(bodies[made % 2].to_owned()),
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

/// Technicians of every technical department, who work around the clock.
async fn employ(app: &TestApp) -> Result<()> {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let week = days.map(|day| (day.to_owned(), json!(["00:00-24:00"])));
    let week: serde_json::Map<String, Value> = week.into_iter().collect();
    let technician = |index: usize| {
        let division = ["tashkent-centre", "tashkent-north", "samarkand-tech"][index % 3];
        json!({
            "code": format!("technician-{index}"), "name": format!("Technician {index}"), "homeDivision": division,
            "skills": ["internet", "telephony"], "workingPattern": week, "travelBufferMinutes": 30,
        })
    };
    let technicians: Vec<Value> = (0..TECHNICIANS).map(technician).collect();
    app.admin.put("/api/v1/technicians", &json!(technicians)).await?.expect(200)
}

/// From here on support orders take a scenario of the operator's own, in which a visit draws no work-order: the native
/// program draws none, and a drawn one would be a version between two transitions.
async fn visits_without_papers(app: &TestApp) -> Result<()> {
    let built_in = app.admin.get("/api/v1/scenarios/support-individual/versions/3").await?;
    built_in.expect(200)?;
    let mut scenario = built_in.body;
    for stage in scenario["stages"].as_array_mut().context("stages")? {
        if stage["code"] == "field-visit" {
            stage["onEntry"] = json!([{ "do": "book", "durationMinutes": 60 }]);
            stage["documents"] = json!([]);
            stage["compensation"] = json!([]);
        }
    }
    for transition in scenario["transitions"].as_array_mut().context("transitions")? {
        if transition["code"] == "visited" {
            transition["guards"] = json!([]);
        }
    }
    let draft = app.admin.post("/api/v1/scenarios", &scenario).await?;
    draft.expect(201)?;
    let place = draft.header("location").context("a location")?;
    app.admin.post(&format!("{place}/publication"), &Value::Null).await?.expect(200)
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
