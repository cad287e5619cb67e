//! Clients register and move orders while the product is killed again and again; afterwards everything that was
//! acknowledged must be there, and every effect must have ended exactly once.

use crate::app::{AppOptions, TestApp, eventually};
use crate::caller::{Answer, Caller, send};
use crate::database::DatabaseKind;
use crate::orders;
use anyhow::{Context, Result, bail, ensure};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// Clients that work at the same time.
const CLIENTS: usize = 8;
/// Orders that a client has open at the same time.
const ORDERS_OPEN_MAX: usize = 12;
/// How long what the kills left behind may take to end: a lease must run out, then retries follow.
const SETTLING_TIME_MAX: Duration = Duration::from_secs(240);
/// What a client does with an order, in this order.
const STEPS: [Step; 4] = [
    Step { transition: "accept", document: None },
    Step { transition: "feasible", document: None },
    Step { transition: "sign", document: Some("contract") },
    Step { transition: "installed", document: Some("work-order") },
];

struct Step {
    transition: &'static str,
    /// The document that must have been drawn before.
    document: Option<&'static str>,
}

/// What a storm came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub kills: u32,
    pub orders: usize,
    pub transitions: usize,
    pub effects: usize,
    pub billing_objects: usize,
}

/// What the product said it has done.
#[derive(Debug, Default)]
struct Acknowledged {
    /// Order id → its transitions, in their order.
    orders: BTreeMap<String, Vec<&'static str>>,
}

struct Client {
    caller: watch::Receiver<Caller>,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Acknowledged>>,
    next_order: Arc<AtomicU32>,
}

/// Kills the product so many times, each after a random moment up to `moment_max`.
pub async fn storm(kind: DatabaseKind, kills: u32, moment_max: Duration) -> Result<Report> {
    let options = AppOptions { tick_interval_seconds: 1, ..AppOptions::default() };
    let mut app = TestApp::start_with(kind, options).await?;
    let (sender, receiver) = watch::channel(app.admin.clone());
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
    let next_order = Arc::new(AtomicU32::new(1));
    let clients = (0..CLIENTS).map(|_| {
        let client = Client {
            caller: receiver.clone(),
            stop: stop.clone(),
            acknowledged: acknowledged.clone(),
            next_order: next_order.clone(),
        };
        tokio::spawn(client.work())
    });
    let clients: Vec<_> = clients.collect();
    for _ in 0..kills {
        tokio::time::sleep(moment(moment_max)).await;
        app.kill().await?;
        app.restart().await?;
        sender.send_replace(app.admin.clone());
    }
    tokio::time::sleep(moment_max).await;
    stop.store(true, Ordering::Relaxed);
    for client in join_all(clients).await {
        client.context("a client panicked")?.context("a client was answered wrongly")?;
    }
    let acknowledged = std::mem::take(&mut *lock(&acknowledged));
    check(&app, acknowledged, kills).await
}

fn moment(moment_max: Duration) -> Duration {
    let random = Uuid::new_v4().as_u64_pair().0;
    let ms = u64::try_from(moment_max.as_millis()).unwrap_or(u64::MAX).max(1);
    Duration::from_millis(random % ms)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Client {
    /// Moves several orders at a time, so that one that waits does not hold up the others; in the end finishes all.
    async fn work(self) -> Result<()> {
        let mut open: VecDeque<(String, usize)> = VecDeque::new();
        loop {
            let stopped = self.stop.load(Ordering::Relaxed);
            if open.len() < ORDERS_OPEN_MAX && !stopped {
                let index = self.next_order.fetch_add(1, Ordering::Relaxed);
                let id = self.register(index).await?;
                lock(&self.acknowledged).orders.insert(id.clone(), Vec::new());
                open.push_back((id, 0));
            }
            let Some((id, step)) = open.pop_front() else { return Ok(()) };
            let Step { transition, document } = STEPS[step];
            if let Some(document) = document
                && !self.has_document(&id, document).await?
            {
                open.push_back((id, step));
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
            self.make(&id, transition).await?;
            lock(&self.acknowledged).orders.entry(id.clone()).or_default().push(transition);
            if step + 1 < STEPS.len() {
                open.push_back((id, step + 1));
            }
        }
    }

    /// Asks until the product answers: it may be dead for a while.
    async fn ask<F, Fut>(&self, ask: F) -> Result<Answer>
    where
        F: Fn(Caller) -> Fut,
        Fut: Future<Output = Result<Answer>>,
    {
        eventually("the product answers", Duration::from_secs(120), || async {
            let caller = self.caller.borrow().clone();
            match ask(caller).await {
                // 503: the database is being recovered. A dead product answers nothing.
                Ok(answer) if answer.status == 503 => Ok(None),
                Ok(answer) => Ok(Some(answer)),
                Err(_) => Ok(None),
            }
        })
        .await
    }

    /// The same key until there is an answer: however often it was received, one order.
    async fn register(&self, index: u32) -> Result<String> {
        let key = format!("storm-{index}");
        let body = orders::connect(index);
        let answer = self
            .ask(|caller| {
                let request = caller.request(Method::POST, "/api/v1/orders");
                send(request.header("idempotency-key", &key).json(&body))
            })
            .await?;
        answer.expect(201)?;
        Ok(answer.body["id"].as_str().context("an id")?.to_owned())
    }

    /// Makes a transition; when the answer was lost, what the order says decides whether it was made.
    async fn make(&self, id: &str, transition: &'static str) -> Result<()> {
        let path = format!("/api/v1/orders/{id}");
        loop {
            let read = self.get(&path).await?;
            read.expect(200)?;
            let tag = read.header("etag").context("an ETag")?;
            let body = json!({ "transition": transition });
            let caller = self.caller.borrow().clone();
            match caller.transition(id, &tag, &body).await {
                Ok(answer) if answer.status == 200 => return Ok(()),
                Ok(answer) if answer.problem() == "transition-not-from-here" => {
                    return self.was_made(id, transition).await;
                }
                Ok(answer) if answer.problem() == "order-is-closed" => {
                    return self.was_made(id, transition).await;
                }
                // The executors of effects change the order too: read it again.
                Ok(answer) if matches!(answer.status, 412 | 503) || answer.problem() == "busy" => {}
                Ok(answer) => {
                    bail!("{transition} of {id} answered {}: {}", answer.status, answer.body)
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn was_made(&self, id: &str, transition: &str) -> Result<()> {
        let path = format!("/api/v1/orders/{id}/history?limit=200");
        let answer = self.get(&path).await?;
        answer.expect(200)?;
        let events = answer.body["items"].as_array().cloned().unwrap_or_default();
        ensure!(
            events.iter().any(|event| event["data"]["transition"] == transition),
            "{transition} of {id} is refused and was never made"
        );
        Ok(())
    }

    async fn has_document(&self, id: &str, kind: &str) -> Result<bool> {
        let path = format!("/api/v1/orders/{id}/documents");
        let answer = self.get(&path).await?;
        answer.expect(200)?;
        let items = answer.body["items"].as_array().cloned().unwrap_or_default();
        Ok(items.iter().any(|item| item["kind"] == kind))
    }

    async fn get(&self, path: &str) -> Result<Answer> {
        let path = path.to_owned();
        self.ask(|caller| {
            let path = path.clone();
            async move { caller.get(&path).await }
        })
        .await
    }
}

/// Everything that was acknowledged is there, and every effect ended once.
async fn check(app: &TestApp, acknowledged: Acknowledged, kills: u32) -> Result<Report> {
    eventually("all effects have ended", SETTLING_TIME_MAX, || async {
        let waiting = app.admin.get("/api/v1/effects?state=waiting&limit=1").await?;
        waiting.expect(200)?;
        Ok(waiting.body["items"].as_array().is_some_and(Vec::is_empty).then_some(()))
    })
    .await?;
    let effects = app.admin.items("/api/v1/effects?limit=200").await?;
    let ended_otherwise: Vec<&Value> =
        effects.iter().filter(|effect| effect["state"] != "done").collect();
    ensure!(ended_otherwise.is_empty(), "effects that did not end well: {ended_otherwise:?}");

    let mut report = Report { kills, effects: effects.len(), ..Report::default() };
    let mut completed = 0;
    for (id, transitions) in &acknowledged.orders {
        let order =
            app.admin.order(id).await.with_context(|| format!("acknowledged order {id}"))?;
        let history = app.admin.history(id).await?;
        check_history(&history, transitions)
            .with_context(|| format!("history of {id}: {history:#?}"))?;
        if transitions.len() == STEPS.len() {
            ensure!(order["state"] == "completed", "{id} is {}", order["state"]);
            completed += 1;
        }
        report.orders += 1;
        report.transitions += transitions.len();
    }
    ensure!(completed > 0, "no order was completed: the storm shows nothing");

    let made = made_in_billing(app).await?;
    // Each order has five of its own; domain and billing plan are shared.
    ensure!(made >= completed * 5, "{completed} orders and only {made} objects");
    report.billing_objects = made;
    Ok(report)
}

fn check_history(history: &[Value], transitions: &[&str]) -> Result<()> {
    let sequences: Vec<i64> =
        history.iter().filter_map(|event| event["sequence"].as_i64()).collect();
    ensure!(sequences.iter().copied().eq(1..=i64::try_from(history.len())?), "gaps: {sequences:?}");
    let of = |kind: &str| history.iter().filter(|event| event["type"] == kind).count();
    ensure!(of("registered") == 1, "registered {} times", of("registered"));
    let made: Vec<&str> =
        history.iter().filter_map(|event| event["data"]["transition"].as_str()).collect();
    for transition in transitions {
        let count = made.iter().filter(|made| *made == transition).count();
        ensure!(count == 1, "{transition} is there {count} times");
    }
    for (asked, done) in
        [("documentRequested", "documentDrawn"), ("provisioningRequested", "provisioned")]
    {
        ensure!(of(asked) == of(done), "{} {asked} and {} {done}", of(asked), of(done));
    }
    Ok(())
}

/// How many objects were made, by the billing system's own journal, in which each must be made once.
async fn made_in_billing(app: &TestApp) -> Result<usize> {
    let billing = app.billing()?;
    let journal = billing.items("/v1/journal?operation=made&limit=200").await?;
    let twice: Vec<_> = journal.iter().filter(|entry| entry["timesMade"] != 1).collect();
    ensure!(twice.is_empty(), "made more than once in the billing system: {twice:?}");
    let answer = billing.get("/v1/journal?limit=1").await?;
    answer.expect(200)?;
    let totals = &answer.body["totals"];
    ensure!(totals["made"] == totals["objects"], "made and there are not the same: {totals}");
    ensure!(totals["made"] == journal.len(), "the journal lists {} of {totals}", journal.len());
    Ok(journal.len())
}
