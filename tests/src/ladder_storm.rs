//! Two hosts on one PostgreSQL tick at once under load while one after the other is killed: every rung of every order
//! fires exactly once, and every notice is there once.

use crate::app::{AppOptions, Host, TICK_TOKEN, TestApp, eventually, now};
use crate::caller::Caller;
use crate::database::DatabaseKind;
use crate::orders;
use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use oms_app::ports::{OrderReference, Orders};
use oms_app::register::{Outcome, Request, register};
use oms_domain::rights::{Actor, Right};
use oms_domain::scenario::default_ladder;
use oms_domain::time::Instant;
use oms_store::Store;
use oms_store::native::NativeDatabase;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// Between two ticks of a host.
const TICK_EVERY: Duration = Duration::from_millis(100);
/// Between two orders that are registered, each so long ago that its rungs come one after the other.
const ORDER_EVERY: Duration = Duration::from_millis(60);
/// How long what the kills left behind may take to end: a lease must run out, then the effect is executed again.
const SETTLING_TIME_MAX: Duration = Duration::from_secs(180);
/// The first stage of a support order.
const STAGE_MS: i64 = 60 * 60 * 1000;

/// What a storm came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub kills: u32,
    pub ticks: u32,
    pub orders: usize,
    /// Rungs that told somebody, each once.
    pub rungs: i64,
    pub notices: i64,
}

/// What the tasks of a storm share.
struct Storm {
    stop: AtomicBool,
    ticks: AtomicU32,
    /// Id and instant of registration.
    orders: Mutex<Vec<(String, Instant)>>,
}

/// Lets it storm for so long, and kills a host after each `kill_every`.
pub async fn ladder_storm(time: Duration, kill_every: Duration) -> Result<Report> {
    let app = TestApp::start_with(DatabaseKind::Postgres, AppOptions::default()).await?;
    let mut hosts = vec![app.another_host().await?, app.another_host().await?];
    let storm = Arc::new(Storm {
        stop: AtomicBool::new(false),
        ticks: AtomicU32::new(0),
        orders: Mutex::default(),
    });
    let store = app.database.store().await?;
    let mut tasks = vec![tokio::spawn(register_orders(storm.clone(), store.clone()))];
    let mut urls = Vec::new();
    for host in &hosts {
        let (sender, receiver) = watch::channel(host.url.clone());
        urls.push(sender);
        tasks.push(tokio::spawn(tick(storm.clone(), receiver.clone())));
        let token = app.admin.token().to_owned();
        tasks.push(tokio::spawn(comment(storm.clone(), receiver, token)));
    }
    let mut kills = 0;
    let end = tokio::time::Instant::now() + time;
    while tokio::time::Instant::now() + kill_every <= end {
        tokio::time::sleep(kill_every).await;
        let place = kills as usize % hosts.len();
        hosts[place].process.kill().await.context("a host could not be killed")?;
        hosts[place] = app.another_host().await?;
        urls[place].send_replace(hosts[place].url.clone());
        kills += 1;
    }
    tokio::time::sleep_until(end).await;
    storm.stop.store(true, Ordering::Relaxed);
    for task in join_all(tasks).await {
        task.context("a task panicked")??;
    }
    let registered = std::mem::take(&mut *lock(&storm.orders));
    let ticks = storm.ticks.load(Ordering::Relaxed);
    let report = Report { kills, ticks, orders: registered.len(), ..Report::default() };
    settle(&app, &hosts[0]).await?;
    check(&app, &store, &registered, report).await
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn random_below(end: i64) -> i64 {
    let random = Uuid::new_v4().as_u64_pair().0 >> 1;
    i64::try_from(random).unwrap_or(i64::MAX) % end
}

/// Registers orders whose next rung comes within seconds, whichever it is.
async fn register_orders(storm: Arc<Storm>, store: Store<NativeDatabase>) -> Result<()> {
    let actor = Actor::with_rights("storm", &[Right::Admin]);
    for index in 0.. {
        if storm.stop.load(Ordering::Relaxed) {
            break;
        }
        let rungs = default_ladder();
        let rung = &rungs[random_below(rungs.len() as i64) as usize];
        let moment = STAGE_MS + rung.offset_ms(STAGE_MS);
        let at = Instant(now().0 - moment + random_below(4_000));
        let document = orders::support(index);
        let request = Request {
            actor: &actor,
            document: &document,
            body: b"",
            idempotency_key: None,
            now: at,
        };
        if let Outcome::Registered { order, .. } = register(&store, request).await? {
            lock(&storm.orders).push((order.id.clone(), at));
        }
        tokio::time::sleep(ORDER_EVERY).await;
    }
    Ok(())
}

/// Ticks without a rest; a dead host does not answer.
async fn tick(storm: Arc<Storm>, url: watch::Receiver<String>) -> Result<()> {
    while !storm.stop.load(Ordering::Relaxed) {
        let ticker = Caller::new(&url.borrow().clone(), TICK_TOKEN)?;
        if ticker.post("/internal/tick", &serde_json::Value::Null).await.is_ok() {
            storm.ticks.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(TICK_EVERY).await;
    }
    Ok(())
}

/// Changes the same orders at the same time, so that ticks meet other versions.
async fn comment(storm: Arc<Storm>, url: watch::Receiver<String>, token: String) -> Result<()> {
    while !storm.stop.load(Ordering::Relaxed) {
        let some = {
            let orders = lock(&storm.orders);
            let newest = orders.len().saturating_sub(40);
            let place = newest + random_below(40) as usize;
            orders.get(place).map(|(id, _)| id.clone())
        };
        if let Some(id) = some {
            let caller = Caller::new(&url.borrow().clone(), &token)?;
            let path = format!("/api/v1/orders/{id}/comments");
            // Refused, busy or dead: what counts is what the tick makes of it.
            let answer = caller.post(&path, &json!({ "text": "Any news?" })).await;
            ensure!(!answer.is_ok_and(|answer| answer.status == 500), "a comment was answered 500");
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// What was due when the storm ended is told by one host alone.
async fn settle(app: &TestApp, host: &Host) -> Result<()> {
    let end = now();
    let ticker = Caller::new(&host.url, TICK_TOKEN)?;
    eventually("everything due is told", SETTLING_TIME_MAX, || async {
        ticker.post("/internal/tick", &serde_json::Value::Null).await?.expect(200)?;
        let due = format!("SELECT count(*) FROM orders WHERE next_check_at <= {}", end.0);
        let waiting = "SELECT count(*) FROM effect WHERE state = 'waiting'";
        let left = app.database.number(&due).await? + app.database.number(waiting).await?;
        Ok((left == 0).then_some(()))
    })
    .await
}

async fn check(
    app: &TestApp,
    store: &Store<NativeDatabase>,
    registered: &[(String, Instant)],
    mut report: Report,
) -> Result<Report> {
    let begin_of_check = now();
    for (id, at) in registered {
        let found = store.find(&OrderReference::Id(id.clone())).await?;
        let order = found.with_context(|| format!("order {id}"))?;
        let twice: Vec<_> = order.escalation.rungs.iter().filter(|rung| rung.times != 1).collect();
        ensure!(twice.is_empty(), "{id}: {twice:?}");
        let fired: BTreeSet<&str> =
            order.escalation.rungs.iter().map(|rung| rung.code.as_str()).collect();
        for rung in default_ladder() {
            let moment = at.plus_ms(STAGE_MS + rung.offset_ms(STAGE_MS));
            let has_fired = fired.contains(rung.code.as_str());
            // What came up only after the last tick may be in either state.
            let is_certain = order.next_check_at().is_none_or(|next| moment < next);
            ensure!(!has_fired || moment <= begin_of_check, "{id}: {} came early", rung.code);
            ensure!(has_fired || !is_certain, "{id}: {} was forgotten", rung.code);
        }
    }
    const TOLD: &str =
        "document::json ->> 'type' IN ('deadlineAtRisk', 'deadlineMissed', 'escalationRaised')";
    let number = async |statement: &str| app.database.number(statement).await;
    let told = number(&format!("SELECT count(*) FROM order_event WHERE {TOLD}")).await?;
    let once = number(&format!(
        "SELECT count(*) FROM (SELECT DISTINCT order_id, document::json -> 'data' ->> 'rung', \
         document::json -> 'data' ->> 'time' FROM order_event WHERE {TOLD}) AS rung"
    ))
    .await?;
    ensure!(told == once, "{told} rungs were told of, {once} different ones");
    let effects = "SELECT count(*) FROM effect WHERE kind = 'escalate' AND state = 'done'";
    ensure!(number(effects).await? == told, "{told} rungs and other effects");
    let escalated =
        "SELECT count(*) FROM order_event WHERE document::json ->> 'type' = 'escalated'";
    ensure!(number(escalated).await? == told, "{told} rungs and another number of notices sent");
    let notices = number("SELECT count(*) FROM escalation").await?;
    ensure!(notices == told, "{told} rungs that tell one division each, and {notices} notices");
    ensure!(told > 0, "nothing was told: the storm shows nothing");
    report.rungs = told;
    report.notices = notices;
    Ok(report)
}
