//! `oms up`: everything on this machine, by one command, until Ctrl-C.

use crate::database::{self, Location};
use crate::output::Output;
use crate::{demo, spin};
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
    #[arg(long, env = "OMS_DATABASE")]
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
    let seconds = text.trim_end_matches('s').parse::<u64>();
    let seconds = seconds.map_err(|_| "write seconds, such as 60s".to_owned())?;
    Ok(Duration::from_secs(seconds))
}

pub async fn run(command: Up, output: Output) -> Result<ExitCode> {
    if command.demo && !command.listen.ip().is_loopback() {
        bail!("--demo has tokens that everybody knows: it serves on a loopback address only");
    }
    if !command.manifest.is_file() {
        bail!(
            "there is no {}; run this in the project's folder, or name it with --manifest",
            command.manifest.display()
        );
    }
    let folder = command.manifest.parent().unwrap_or(Path::new(""));
    let default_file = folder.join(".spin/sqlite_db.db");
    let location = match &command.database {
        Some(url) => Location::parse(url)?,
        None => Location::Sqlite(default_file.clone()),
    };
    let store = database::open(&location.url()).await?;
    oms_store::migrate::migrate(store.database()).await?;
    if command.demo {
        demo::add_tokens(&store).await?;
    }
    store.database().close().await;

    let simulator = match command.demo && command.billing_url.is_none() {
        true => Some(demo::start_billing(&location, folder).await?),
        false => None,
    };
    let billing_url = command
        .billing_url
        .clone()
        .or_else(|| simulator.as_ref().map(|simulator| format!("http://{}", simulator.address())));
    let tick_token =
        command.tick_token.clone().unwrap_or_else(|| Uuid::new_v4().simple().to_string());
    let variables = variables(&command, &location, billing_url.as_deref(), &tick_token);

    if let Some(simulator) = &simulator {
        demo::print_billing(&format!("http://{}", simulator.address()));
    }
    let outcome = match command.host {
        HostKind::Embedded => embedded(&command, location, variables, &tick_token, output).await,
        HostKind::Spin => {
            let file = spin::file_of(&location, &default_file)?;
            let plan = spin::Plan {
                manifest: command.manifest.clone(),
                listen: command.listen,
                variables,
                file,
                tick_interval: command.tick_interval,
                tick_token,
            };
            spin::run(plan, command.demo, output).await
        }
    };
    if let Some(simulator) = simulator {
        simulator.stop().await;
    }
    outcome
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
    command: &Up,
    location: Location,
    variables: BTreeMap<String, String>,
    tick_token: &str,
    output: Output,
) -> Result<ExitCode> {
    let mut options = HostOptions::new(&command.manifest);
    options.listen = command.listen;
    options.variables = variables;
    if let Location::Sqlite(path) = location {
        options.sqlite_path = path;
    }
    let mut stop = std::pin::pin!(stop_signal());
    let progress = |message: &str| output.progress(message);
    let started = tokio::select! {
        started = oms_host::start(options, &progress) => started,
        signal = &mut stop => return signal.map(|()| ExitCode::SUCCESS),
    };
    let host = Arc::new(started.map_err(with_a_way_out)?);
    let url = format!("http://{}", host.address());
    if command.demo {
        demo::seed(&url, output).await?;
    }
    println!("listening on {url}");
    if command.demo {
        demo::print_links(&url);
    }
    let ticking = tokio::spawn(tick(host.clone(), command.tick_interval, tick_token.to_owned()));
    stop.await?;
    output.progress("stopping: what was begun is finished");
    ticking.abort();
    // An aborted task ends with an error that says so.
    let _ = ticking.await;
    match Arc::try_unwrap(host) {
        Ok(host) => host.stop().await,
        Err(_) => bail!("the host is still in use"),
    }
    Ok(ExitCode::SUCCESS)
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
        for (text, expected) in
            [("60s", Some(60)), ("0", Some(0)), ("5", Some(5)), ("1m", None), ("", None)]
        {
            let found = parse_interval(text).ok().map(|interval| interval.as_secs());
            assert_eq!(found, expected, "{text}");
        }
    }
}
