//! What a tick costs: over so many due orders among few open ones, and among many.

use crate::app::{now, project};
use crate::database::{DatabaseKind, TestDatabase};
use crate::orders;
use anyhow::{Context, Result, ensure};
use oms_app::ports::{OrderReference, Orders, Organisation};
use oms_app::register::{Outcome, Request, register};
use oms_app::tick::tick;
use oms_domain::division::Division;
use oms_domain::rights::{Actor, Right};
use oms_store::native::NativeDatabase;
use oms_store::{Database, Store};
use std::time::{Duration, Instant};

/// Orders of which a rung is due at each tick that is measured.
const DUE: u32 = 1_000;
/// Measured so often; the median counts.
const ROUNDS: usize = 3;
/// The open orders of the small database.
pub const OPEN_FEW: u64 = 10_000;
/// Rows that one statement copies.
const COPIED_AT_ONCE: u64 = 50_000;

/// A tick on one database.
#[derive(Debug, Clone, Copy)]
pub struct TickRow {
    pub database: DatabaseKind,
    pub open_many: u64,
    pub few: Duration,
    pub many: Duration,
}

impl TickRow {
    /// How much longer the tick takes among many open orders.
    pub fn ratio(&self) -> f64 {
        self.many.as_secs_f64() / self.few.as_secs_f64()
    }

    pub fn escalations_per_second(&self) -> f64 {
        f64::from(DUE) / self.few.as_secs_f64()
    }
}

/// Ticks over the same number of due orders among few open ones and among `open_many`, in turn.
pub async fn measure_ticks(kind: DatabaseKind, open_many: u64) -> Result<TickRow> {
    let few = Operator::with_open_orders(kind, OPEN_FEW).await?;
    let many = Operator::with_open_orders(kind, open_many).await?;
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for (operator, times) in [&few, &many].into_iter().zip(&mut times) {
            times.push(operator.tick(u32::try_from(round)?).await?);
        }
    }
    let [few, many] = times.map(|mut times| {
        times.sort_unstable();
        times[ROUNDS / 2]
    });
    Ok(TickRow { database: kind, open_many, few, many })
}

struct Operator {
    store: Store<NativeDatabase>,
    actor: Actor,
    _database: TestDatabase,
}

impl Operator {
    async fn with_open_orders(kind: DatabaseKind, count: u64) -> Result<Operator> {
        let database = TestDatabase::create(kind).await?;
        let store = database.store().await?;
        oms_store::migrate::migrate(store.database()).await?;
        store.replace_divisions(&divisions()?).await?;
        let actor = Actor::with_rights("bench", &[Right::Admin]);
        let operator = Operator { store, actor, _database: database };
        let template = operator.register(0, 0).await?;
        operator.copy(&template, count).await?;
        Ok(operator)
    }

    /// Registers a support order so many minutes ago; answers its id.
    async fn register(&self, index: u32, minutes: i64) -> Result<String> {
        let document = orders::support(index);
        let request = Request {
            actor: &self.actor,
            document: &document,
            body: b"",
            idempotency_key: None,
            now: now().plus_minutes(-minutes),
        };
        match register(&self.store, request).await? {
            Outcome::Registered { order, .. } => Ok(order.id.clone()),
            Outcome::Replayed { .. } => anyhow::bail!("it was registered before"),
        }
    }

    /// Copies an open order that is not due for a long time, in bulk: nobody can register a million.
    async fn copy(&self, template: &str, count: u64) -> Result<()> {
        let (numbers, text) = match self.store.database().dialect() {
            oms_store::Dialect::Sqlite => (
                "WITH RECURSIVE series (n) AS (SELECT $1 UNION ALL SELECT n + 1 FROM series WHERE n + 1 < $2)",
                "printf('%012d', n)",
            ),
            oms_store::Dialect::Postgres => (
                "WITH series (n) AS (SELECT generate_series($1::bigint, $2::bigint - 1))",
                "lpad(n::text, 12, '0')",
            ),
        };
        let statement = format!(
            "{numbers} INSERT INTO orders (id, number, version, kind, state, stage, division_code, covering_code, \
             channel, registered_at, updated_at, due_at, next_check_at, search_text, document) \
             SELECT {text}, {text}, version, kind, state, stage, division_code, covering_code, channel, \
             registered_at - n, updated_at, due_at + 86400000 + n, next_check_at + 86400000 + n, '', document \
             FROM orders, series WHERE id = $3"
        );
        let mut done = 0;
        while done < count {
            let next = (done + COPIED_AT_ONCE).min(count);
            let range = [i64::try_from(done)?.into(), i64::try_from(next)?.into()];
            let parameters = range.into_iter().chain([template.into()]).collect();
            self.store.database().execute(&statement, parameters).await?;
            done = next;
        }
        // As any database that has lived for a while; SQLite needs none.
        if self.store.database().dialect() == oms_store::Dialect::Postgres {
            self.store.database().execute("ANALYZE orders", Vec::new()).await?;
        }
        Ok(())
    }

    /// Makes orders due and ticks.
    async fn tick(&self, round: u32) -> Result<Duration> {
        let mut last = String::new();
        for index in 0..DUE {
            last = self.register(1 + round * DUE + index, 50).await?;
        }
        let begin = Instant::now();
        tick(&self.store, now()).await?;
        let time = begin.elapsed();
        let order = self.store.find(&OrderReference::Id(last)).await?.context("the last order")?;
        ensure!(!order.escalation.rungs.is_empty(), "the tick did not come to the last order");
        Ok(time)
    }
}

/// The divisions of the tests.
fn divisions() -> Result<Vec<Division>> {
    let text = std::fs::read_to_string(project().join("tests/data/organisation/divisions.csv"))?;
    let rows = text.lines().skip(1).map(|line| {
        let columns: Vec<&str> = line.split(',').collect();
        let text = |index: usize| columns.get(index).copied().unwrap_or_default().to_owned();
        Division {
            code: text(0),
            parent_code: Some(text(1)).filter(|parent| !parent.is_empty()),
            name: text(2),
            kind: text(3),
            timezone: text(4),
            email: None,
            head: None,
        }
    });
    Ok(rows.collect())
}
