//! The running product: `oms up` as a process, with a Billmaster simulator beside it.

use crate::caller::Caller;
use crate::database::{DatabaseKind, TestDatabase};
use anyhow::{Context, Result, bail};
use billmaster_simulator::{Options, RunningSimulator};
use oms_domain::rights::Right;
use oms_domain::time::Instant as Moment;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// What calls the tick.
pub const TICK_TOKEN: &str = "tick-token-of-the-tests";
/// What the simulator wants to be shown.
pub const BILLING_TOKEN: &str = "billing-token-of-the-tests";
/// How long the product may take until it listens; compiling its components for the first time takes longest.
const START_TIME_MAX: Duration = Duration::from_secs(600);
const LISTENING: &str = "listening on ";

/// How a product is started.
#[derive(Debug, Clone)]
pub struct AppOptions {
    /// The organisation and coverage of `tests/data/organisation` are there from the start.
    pub organisation: bool,
    /// Seconds between two ticks; 0: only the test ticks.
    pub tick_interval_seconds: u32,
}

impl Default for AppOptions {
    fn default() -> Self {
        AppOptions { organisation: true, tick_interval_seconds: 0 }
    }
}

/// One more process of a product. Dropping it ends the process.
pub struct Host {
    pub process: Child,
    pub url: String,
}

/// A product that serves, with its database and its billing system. Dropping it ends its process.
pub struct TestApp {
    pub database: TestDatabase,
    pub simulator: RunningSimulator,
    /// May do everything.
    pub admin: Caller,
    options: AppOptions,
    token: String,
    process: Child,
    url: String,
}

impl TestApp {
    pub async fn start(kind: DatabaseKind) -> Result<TestApp> {
        TestApp::start_with(kind, AppOptions::default()).await
    }

    pub async fn start_with(kind: DatabaseKind, options: AppOptions) -> Result<TestApp> {
        let database = TestDatabase::create(kind).await?;
        let store = database.store().await?;
        oms_store::migrate::migrate(store.database()).await?;
        let token = oms_app::tokens::create(&store, "admin", &[Right::Admin], now()).await?;
        store.database().close().await;
        let simulator = billmaster_simulator::start(Options {
            listen: "127.0.0.1:0".parse()?,
            database: database.folder().join("billmaster.db"),
            token: BILLING_TOKEN.to_owned(),
        });
        let simulator = simulator.await?;
        let (process, url) = launch(&database, &simulator, &options).await?;
        let admin = Caller::new(&url, &token)?;
        let app = TestApp { database, simulator, admin, options, token, process, url };
        if app.options.organisation {
            app.load_organisation("tests/data/organisation").await?;
        }
        Ok(app)
    }

    /// Loads divisions and coverage from the CSV files of a folder of the project.
    pub async fn load_organisation(&self, folder: &str) -> Result<()> {
        for (path, file) in
            [("/api/v1/divisions", "divisions.csv"), ("/api/v1/coverage", "coverage.csv")]
        {
            let content = std::fs::read(project().join(folder).join(file))
                .with_context(|| format!("{folder}/{file}"))?;
            let answer = self.admin.put_csv(path, content).await?;
            answer.expect(200)?;
        }
        Ok(())
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn process_id(&self) -> Option<u32> {
        self.process.id()
    }

    /// A caller with just these rights.
    pub async fn caller(&self, name: &str, rights: &[Right]) -> Result<Caller> {
        let store = self.database.store().await?;
        let token = oms_app::tokens::create(&store, name, rights, now()).await?;
        store.database().close().await;
        Caller::new(&self.url, &token)
    }

    /// Time passes: what waits is looked at.
    pub async fn tick(&self) -> Result<serde_json::Value> {
        let ticker = Caller::new(&self.url, TICK_TOKEN)?;
        let answer = ticker.post("/internal/tick", &serde_json::Value::Null).await?;
        answer.expect(200)?;
        Ok(answer.body)
    }

    /// The objects that the billing system keeps.
    pub async fn objects_in_billing(&self) -> Result<Vec<serde_json::Value>> {
        self.billing()?.items("/v1/objects?limit=200").await
    }

    /// Whoever asks the billing system itself.
    pub fn billing(&self) -> Result<Caller> {
        Caller::new(&format!("http://{}", self.simulator.address()), BILLING_TOKEN)
    }

    /// Ends the process at once (SIGKILL), as a power cut would.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill().await.context("the product could not be killed")
    }

    /// Waits until the process has ended by itself.
    pub async fn ended(&mut self) -> Result<std::process::ExitStatus> {
        let ended = tokio::time::timeout(Duration::from_secs(30), self.process.wait());
        Ok(ended.await.context("the product does not end")??)
    }

    /// Another process of the product on the same database and billing system.
    pub async fn another_host(&self) -> Result<Host> {
        let (process, url) = launch(&self.database, &self.simulator, &self.options).await?;
        Ok(Host { process, url })
    }

    /// Starts the product again on the same database and billing system, at another port.
    pub async fn restart(&mut self) -> Result<()> {
        let (process, url) = launch(&self.database, &self.simulator, &self.options).await?;
        self.process = process;
        self.admin = Caller::new(&url, &self.token)?;
        self.url = url;
        Ok(())
    }

    /// Waits until the order has a document of this kind.
    pub async fn drawn(&self, number: &str, kind: &str) -> Result<()> {
        let list = format!("/api/v1/orders/{number}/documents");
        self.eventually(&format!("the {kind} is drawn"), || async {
            let items = self.admin.items(&list).await?;
            Ok(items.iter().any(|item| item["kind"] == kind).then_some(()))
        })
        .await
    }

    /// Waits, with the tick that every installation has, until the order is completed.
    pub async fn completed(&self, number: &str) -> Result<()> {
        self.eventually("the order is completed", || async {
            self.tick().await?;
            let order = self.admin.order(number).await?;
            Ok((order["state"] == "completed").then_some(()))
        })
        .await
    }

    /// Waits until something of the order has failed for good: the effect that waits for a person.
    pub async fn fallout(&self, number: &str) -> Result<serde_json::Value> {
        let list = format!("/api/v1/effects?state=fallout&order={number}");
        self.eventually("something shows as fallout", || async {
            self.tick().await?;
            Ok(self.admin.items(&list).await?.into_iter().next())
        })
        .await
    }

    /// Asks again until an answer satisfies, or for too long.
    pub async fn eventually<T, F, Fut>(&self, what: &str, ask: F) -> Result<T>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Option<T>>>,
    {
        eventually(what, Duration::from_secs(60), ask).await
    }
}

/// Asks again until an answer satisfies, or the time is over.
pub async fn eventually<T, F, Fut>(what: &str, time_max: Duration, ask: F) -> Result<T>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Option<T>>>,
{
    let until = tokio::time::Instant::now() + time_max;
    loop {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        if tokio::time::Instant::now() > until {
            bail!("waited {} s in vain for: {what}", time_max.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The folder of the project.
pub fn project() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The program under test. The tests are built beside it.
pub fn oms() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let found = this.ancestors().map(|folder| folder.join("oms")).find(|path| path.is_file());
    found.context("the program oms was not built; run the tests with `cargo xtask test`")
}

pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

async fn launch(
    database: &TestDatabase,
    simulator: &RunningSimulator,
    options: &AppOptions,
) -> Result<(Child, String)> {
    let mut command = Command::new(oms()?);
    command
        .current_dir(project())
        .args(["up", "--listen", "127.0.0.1:0", "--database", &database.url])
        .args(["--tick-interval", &format!("{}s", options.tick_interval_seconds)])
        .args(["--billing-url", &format!("http://{}", simulator.address())])
        .env("OMS_TICK_TOKEN", TICK_TOKEN)
        .env("OMS_BILLING_TOKEN", BILLING_TOKEN)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut process = command.spawn().context("oms up could not be started")?;
    let output = process.stdout.take().context("oms up has no output")?;
    let mut lines = BufReader::new(output).lines();
    let address = async {
        while let Some(line) = lines.next_line().await? {
            if let Some(address) = line.strip_prefix(LISTENING) {
                return Ok(address.trim().to_owned());
            }
        }
        bail!("oms up ended without listening")
    };
    let url =
        tokio::time::timeout(START_TIME_MAX, address).await.context("oms up takes too long")??;
    // Whatever else it prints is read, so that it never waits for a reader.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((process, url))
}
