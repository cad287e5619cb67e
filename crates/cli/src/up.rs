//! `oms up`: everything on this machine, by one command, until Ctrl-C.

use crate::database::{self, Location};
use crate::output::Output;
use crate::{compile, demo, spin};
use anyhow::{Result, bail};
use bytes::Bytes;
use clap::{Args, ValueEnum};
use oms_host::{HostError, HostOptions, RunningHost};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The component that keeps the deadlines; the tick is its route.
const TICKED: &str = "escalation";

/// How long requests that run may go on after a stop; with what ends after them a stop takes ten seconds at most.
const GRACE_PERIOD: Duration = Duration::from_secs(8);
const SIMULATOR_STOP_TIME_MAX: Duration = Duration::from_secs(1);

/// Serve everything on this machine.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  oms up --demo\n  oms up --database postgres://oms:secret@127.0.0.1:5432/oms --listen 127.0.0.1:8080"
)]
pub struct Up {
    /// The address to serve on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST:PORT/NAME`; else the SQLite file where Spin keeps it.
    #[arg(long, env = "OMS_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Set up a demo operator with orders, tokens to log in, and a simulated billing system.
    #[arg(long)]
    demo: bool,
    /// What runs the components.
    #[arg(long, value_enum, default_value = "embedded")]
    host: HostKind,
    /// Time between two looks at deadlines and waiting work, such as 60s; 0 switches them off.
    #[arg(long, default_value = "60s", value_parser = parse_interval)]
    tick_interval: Duration,
    /// The app's manifest.
    #[arg(long, default_value = "spin.toml")]
    manifest: PathBuf,
    /// The gateway before the billing system.
    #[arg(long, env = "OMS_BILLING_URL")]
    billing_url: Option<String>,
    /// The token that the gateway wants.
    #[arg(long, env = "OMS_BILLING_TOKEN", hide_env_values = true)]
    billing_token: Option<String>,
    /// The token of whoever calls the tick from outside; else a new one at each start.
    #[arg(long, env = "OMS_TICK_TOKEN", hide_env_values = true)]
    tick_token: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HostKind {
    /// The host that comes with this program.
    Embedded,
    /// The `spin` on the path, 4.1 or newer.
    Spin,
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    let seconds = text.strip_suffix('s').unwrap_or(text).parse::<u64>();
    let seconds = seconds.map_err(|_| "write seconds, such as 60s".to_owned())?;
    Ok(Duration::from_secs(seconds))
}

pub async fn run(command: Up, output: Output) -> Result<ExitCode> {
    let is_loopback = command.listen.ip().is_loopback();
    if command.demo && !is_loopback {
        bail!("--demo has tokens that everybody knows: it serves on a loopback address only");
    }
    compile::require_manifest(&command.manifest)?;
    let folder = command.manifest.parent().unwrap_or(Path::new(""));
    let default_file = folder.join(".spin/sqlite_db.db");
    let location = match &command.database {
        Some(url) => Location::parse(url)?,
        None => Location::Sqlite(default_file.clone()),
    };
    let is_demo = prepare(&location, command.demo, is_loopback, output).await?;
    let simulator = match command.demo && command.billing_url.is_none() {
        true => Some(demo::start_billing(&location, folder).await?),
        false => None,
    };
    let simulator_url = simulator.as_ref().map(|found| format!("http://{}", found.address()));
    if let Some(url) = &simulator_url {
        output.line(&format!("simulated billing system at {url}"));
    }
    let billing_url = command.billing_url.clone().or(simulator_url);
    let tick_token =
        command.tick_token.clone().unwrap_or_else(|| Uuid::new_v4().simple().to_string());
    let variables = variables(&command, &location, billing_url.as_deref(), &tick_token);
    let outcome = match command.host {
        HostKind::Embedded => {
            let mut options = HostOptions::new(&command.manifest);
            options.listen = command.listen;
            options.variables = variables;
            options.compiler = compile::program(&command.manifest);
            options.limits.grace_period = GRACE_PERIOD;
            if let Location::Sqlite(path) = location {
                options.sqlite_path = path;
            }
            embedded(options, is_demo, command.tick_interval, tick_token, output).await
        }
        HostKind::Spin => {
            let plan = spin::Plan {
                manifest: command.manifest.clone(),
                listen: command.listen,
                variables,
                file: spin::file_of(&location, &default_file)?,
                tick_interval: command.tick_interval,
                tick_token,
            };
            spin::run(plan, is_demo, output).await
        }
    };
    if let Some(simulator) = simulator
        && tokio::time::timeout(SIMULATOR_STOP_TIME_MAX, simulator.stop()).await.is_err()
    {
        output.progress("the simulated billing system was still answering somebody");
    }
    outcome
}

/// Brings the schema up to date, and answers whether this is the demo: its tokens are there.
async fn prepare(
    location: &Location,
    demo: bool,
    is_loopback: bool,
    output: Output,
) -> Result<bool> {
    let store = database::open(&location.url()).await?;
    oms_store::migrate::migrate(store.database()).await?;
    let is_demo = demo && demo::add_tokens(&store).await?;
    let is_open = !is_loopback && demo::has_tokens(&store).await?;
    store.database().close().await;
    if is_open {
        bail!(
            "the database has the tokens of the demo, which everybody knows: serve it on a loopback address, \
             or name another with --database"
        );
    }
    if demo && !is_demo {
        output.progress(
            "the database has an organisation of its own: the demo adds neither orders nor tokens to it",
        );
    }
    Ok(is_demo)
}

fn variables(
    command: &Up,
    location: &Location,
    billing_url: Option<&str>,
    tick_token: &str,
) -> BTreeMap<String, String> {
    let (url, host) = location.variables();
    let demo_operator = [
        ("operator_name", "Demo Telecom"),
        ("operator_address", "Amir Temur 1, Tashkent"),
        ("operator_phone", "+998712000000"),
        ("operator_email", "office@operator.example"),
        ("operator_tax_id", "301234567"),
    ];
    let known = [
        ("database_url", Some(url.as_str())),
        ("database_host", host.as_deref()),
        ("tick_token", Some(tick_token)),
        ("billmaster_url", billing_url),
        ("billmaster_token", command.billing_token.as_deref()),
    ];
    let mut variables: BTreeMap<String, String> = known
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    if command.demo {
        let operator = demo_operator.map(|(name, value)| (name.to_owned(), value.to_owned()));
        variables.extend(operator);
    }
    variables
}

async fn embedded(
    options: HostOptions,
    is_demo: bool,
    tick_interval: Duration,
    tick_token: String,
    output: Output,
) -> Result<ExitCode> {
    let mut stop = std::pin::pin!(stop_signal());
    let progress = |message: &str| output.progress(message);
    let started = tokio::select! {
        started = oms_host::start(options, &progress) => started,
        signal = &mut stop => return signal.map(|()| ExitCode::SUCCESS),
    };
    let host = Arc::new(started.map_err(with_a_way_out)?);
    let url = format!("http://{}", host.address());
    if is_demo {
        tokio::select! {
            seeded = demo::seed(&url, output) => seeded?,
            signal = &mut stop => return signal.map(|()| ExitCode::SUCCESS),
        }
    }
    output.line(&format!("listening on {url}"));
    if is_demo {
        demo::print_links(&url, output);
    }
    let ticking = tokio::spawn(tick(host.clone(), tick_interval, tick_token));
    stop.await?;
    output.progress("stopping: what was begun is finished; once more to stop at once");
    ticking.abort();
    // An aborted task ends with an error that says so.
    let _ = ticking.await;
    let Ok(host) = Arc::try_unwrap(host) else { bail!("the host is still in use") };
    tokio::select! {
        () = host.stop() => Ok(ExitCode::SUCCESS),
        signal = stop_signal() => signal.map(|()| ExitCode::SUCCESS),
    }
}

/// Ctrl-C, or what a service manager sends.
pub async fn stop_signal() -> Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn with_a_way_out(error: HostError) -> anyhow::Error {
    match &error {
        HostError::Listen { address, source } if source.kind() == std::io::ErrorKind::AddrInUse => {
            anyhow::anyhow!(
                "{address} is taken by another program; end it, or serve elsewhere with --listen"
            )
        }
        _ => error.into(),
    }
}

/// Calls the tick at each interval. What fails is told and tried again at the next.
async fn tick(host: Arc<RunningHost>, interval: Duration, token: String) {
    if interval.is_zero() {
        return;
    }
    let mut times = tokio::time::interval(interval);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        if let Err(error) = tick_once(&host, &token).await {
            eprintln!("the tick failed: {error:#}");
        }
    }
}

async fn tick_once(host: &RunningHost, token: &str) -> Result<()> {
    let request = http::Request::post("/internal/tick")
        .header("authorization", format!("Bearer {token}"))
        .body(Bytes::new())?;
    let answer = host.call(TICKED, request).await?;
    if !answer.status().is_success() {
        bail!("{}: {}", answer.status(), String::from_utf8_lossy(answer.body()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_seconds() {
        for (text, expected) in [
            ("60s", Some(60)),
            ("0", Some(0)),
            ("5", Some(5)),
            ("1m", None),
            ("5ss", None),
            ("", None),
        ] {
            let found = parse_interval(text).ok().map(|interval| interval.as_secs());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[tokio::test]
    async fn a_database_of_the_demo_is_not_served_to_others() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let location = Location::Sqlite(folder.path().join("oms.db"));
        let output = Output { json: false };
        assert!(!prepare(&location, false, true, output).await?, "nobody asked for the demo");
        assert!(!prepare(&location, false, false, output).await?, "nothing is wrong with it");
        assert!(prepare(&location, true, true, output).await?);
        let refused =
            prepare(&location, false, false, output).await.expect_err("its tokens are known");
        assert!(refused.to_string().contains("loopback"), "{refused}");
        assert!(!prepare(&location, false, true, output).await?, "on this machine it may be used");
        Ok(())
    }
}
