//! `oms up --host spin`: the same manifest and database, run by the `spin` on the path.

use crate::database::Location;
use crate::output::Output;
use crate::up::stop_signal;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// The first version that runs components of WASI 0.3.
const VERSION_MIN: (u32, u32) = (4, 1);
/// How long Spin may take until it listens: it compiles every component at its first start.
const START_TIME_MAX: Duration = Duration::from_secs(600);
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);
const STOP_TIME_MAX: Duration = Duration::from_secs(8);
const KILL_TIME_MAX: Duration = Duration::from_secs(1);

pub struct Plan {
    pub manifest: PathBuf,
    pub listen: SocketAddr,
    pub variables: BTreeMap<String, String>,
    /// The SQLite file, when it is not where Spin keeps it by itself.
    pub file: Option<PathBuf>,
    pub tick_interval: Duration,
    pub tick_token: String,
}

/// The file that Spin must be told of; None: it keeps its own, or PostgreSQL is used.
pub fn file_of(location: &Location, default: &Path) -> Result<Option<PathBuf>> {
    match location {
        Location::Sqlite(path) if path == default => Ok(None),
        Location::Sqlite(path) => {
            Ok(Some(std::path::absolute(path).context("the database has no absolute path")?))
        }
        Location::Postgres { .. } => Ok(None),
    }
}

pub async fn run(plan: Plan, demo: bool, output: Output) -> Result<ExitCode> {
    let version = Command::new("spin").arg("--version").output().await.context(
        "there is no spin on the path; install Spin 4.1 or newer, or leave out --host spin",
    )?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    require_version(&version)?;
    if plan.listen.port() == 0 {
        bail!("spin can't pick a free port by itself; name one with --listen");
    }
    // Else whoever has the port would be taken for Spin.
    if let Err(error) = std::net::TcpListener::bind(plan.listen) {
        bail!("{} can't be served on ({error}); serve elsewhere with --listen", plan.listen);
    }
    let folder = tempfile::tempdir()?;
    let mut command = Command::new("spin");
    command.args(arguments(&plan, &folder)?).stdin(Stdio::null()).kill_on_drop(true);
    // Spin has a child of its own: both are ended together, by us alone.
    #[cfg(unix)]
    command.process_group(0);
    let mut spin = command.spawn().context("spin could not be started")?;
    output.progress(&format!("starting {}", version.trim()));
    let served = serve(&mut spin, &plan, demo, output).await;
    end(spin, output).await?;
    served.map(|()| ExitCode::SUCCESS)
}

/// Until somebody stops it, or Spin ends by itself.
async fn serve(spin: &mut Child, plan: &Plan, demo: bool, output: Output) -> Result<()> {
    let url = format!("http://{}", plan.listen);
    let client = reqwest::Client::builder().timeout(ANSWER_TIME_MAX).build()?;
    let serving = async {
        wait_until_ready(&client, &url).await?;
        if demo {
            crate::demo::seed(&url, output).await?;
        }
        output.line(&format!("listening on {url}"));
        if demo {
            crate::demo::print_links(&url, output);
        }
        tick(&client, &url, plan).await;
        Ok(())
    };
    tokio::select! {
        served = serving => served,
        ended = spin.wait() => bail!("spin ended by itself ({})", ended?),
        signal = stop_signal() => signal,
    }
}

fn require_version(text: &str) -> Result<()> {
    let number =
        text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let mut parts =
        number.unwrap_or_default().split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version < VERSION_MIN {
        bail!("{} is too old: the components need Spin 4.1 or newer", text.trim());
    }
    Ok(())
}

fn arguments(plan: &Plan, folder: &TempDir) -> Result<Vec<String>> {
    let mut arguments: Vec<String> =
        ["up", "--from", &plan.manifest.to_string_lossy(), "--listen", &plan.listen.to_string()]
            .map(str::to_owned)
            .to_vec();
    // By a file: what is on a command line can be read by everybody on the machine.
    let variables_file = folder.path().join("variables.json");
    std::fs::write(&variables_file, serde_json::to_vec(&plan.variables)?)?;
    arguments.extend(["--variable".to_owned(), format!("@{}", variables_file.display())]);
    if let Some(file) = &plan.file {
        let path = toml::Value::String(file.to_string_lossy().into_owned());
        let config = format!("[sqlite_database.default]\ntype = \"spin\"\npath = {path}\n");
        let config_file = folder.path().join("runtime-config.toml");
        std::fs::write(&config_file, config)?;
        let config_file = config_file.to_string_lossy().into_owned();
        arguments.extend(["--runtime-config-file".to_owned(), config_file]);
    }
    Ok(arguments)
}

async fn wait_until_ready(client: &reqwest::Client, url: &str) -> Result<()> {
    let until = tokio::time::Instant::now() + START_TIME_MAX;
    loop {
        let answer = client.get(format!("{url}/healthz")).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        if tokio::time::Instant::now() > until {
            bail!("spin does not listen after {} s", START_TIME_MAX.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Spin keeps no time for us: the tick is called from outside. Never ends.
async fn tick(client: &reqwest::Client, url: &str, plan: &Plan) {
    if plan.tick_interval.is_zero() {
        return std::future::pending().await;
    }
    let mut times = tokio::time::interval(plan.tick_interval);
    loop {
        times.tick().await;
        let request = client.post(format!("{url}/internal/tick")).bearer_auth(&plan.tick_token);
        match request.send().await.and_then(reqwest::Response::error_for_status) {
            Ok(_) => {}
            Err(error) => eprintln!("the tick failed: {error}"),
        }
    }
}

/// Lets Spin end by itself, and ends it if it does not.
async fn end(mut spin: Child, output: Output) -> Result<()> {
    for (signal, time_max) in [("INT", STOP_TIME_MAX), ("KILL", KILL_TIME_MAX)] {
        let Some(id) = spin.id() else { return Ok(()) };
        // By the shell: `kill` as a program of its own is not on every machine.
        let script = format!("kill -s {signal} -- -{id}");
        let told = Command::new("sh").args(["-c", &script]).status().await;
        if !told.is_ok_and(|status| status.success()) {
            output.progress("spin could not be told to stop");
            continue;
        }
        if let Ok(ended) = tokio::time::timeout(time_max, spin.wait()).await {
            ended?;
            return Ok(());
        }
    }
    Ok(spin.kill().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_before_4_1_are_refused() {
        let cases = [
            ("spin 4.1.0 (abc 2026-08-26)", true),
            ("spin 4.2.0-pre0", true),
            ("spin 5.0.1", true),
            ("spin 4.0.2", false),
            ("spin 3.6.3", false),
            ("", false),
        ];
        for (text, expected) in cases {
            assert_eq!(require_version(text).is_ok(), expected, "{text}");
        }
    }

    #[test]
    fn spin_is_told_the_manifest_the_variables_and_a_database_elsewhere() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let plan = Plan {
            manifest: "app/spin.toml".into(),
            listen: "127.0.0.1:3000".parse()?,
            variables: BTreeMap::from([("database_url".to_owned(), "sqlite".to_owned())]),
            file: Some("/data/oms.db".into()),
            tick_interval: Duration::ZERO,
            tick_token: String::new(),
        };
        let arguments = arguments(&plan, &folder)?.join(" ");
        let files = folder.path().display();
        let expected = format!(
            "up --from app/spin.toml --listen 127.0.0.1:3000 --variable @{files}/variables.json \
             --runtime-config-file {files}/runtime-config.toml"
        );
        assert_eq!(arguments, expected);
        let variables = std::fs::read_to_string(folder.path().join("variables.json"))?;
        assert_eq!(variables, "{\"database_url\":\"sqlite\"}");
        let config = std::fs::read_to_string(folder.path().join("runtime-config.toml"))?;
        assert!(config.contains("path = \"/data/oms.db\""), "{config}");
        Ok(())
    }

    #[test]
    fn spin_keeps_the_file_that_it_has_by_itself() -> Result<()> {
        let default = Path::new(".spin/sqlite_db.db");
        let cases = [
            ("sqlite:.spin/sqlite_db.db", None),
            ("sqlite:/data/oms.db", Some("/data/oms.db")),
            ("postgres://oms@127.0.0.1/oms", None),
        ];
        for (url, expected) in cases {
            let file = file_of(&Location::parse(url)?, default)?;
            assert_eq!(file.as_deref(), expected.map(Path::new), "{url}");
        }
        Ok(())
    }
}
