//! A throw-away PostgreSQL for the tests: its own data, its own port, gone afterwards.

use crate::process::{output, run};
use anyhow::{Context, Result, bail};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the server may take until it listens.
const START_TIME_MAX: Duration = Duration::from_secs(30);

pub struct Postgres {
    server: Child,
    data: PathBuf,
    port: u16,
}

impl Postgres {
    pub fn start() -> Result<Postgres> {
        let binaries = find_binaries().context(
            "PostgreSQL is not installed; install it (Debian: apt-get install postgresql) and run this again",
        )?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let data = std::env::temp_dir().join(format!("oms-test-postgres-{}", std::process::id()));
        std::fs::create_dir_all(&data)?;
        let as_user = unprivileged_user()?;
        if let Some(user) = &as_user {
            run(Command::new("chown").arg(user).arg(&data))?;
        }
        let text = data.to_string_lossy().into_owned();
        let mut init = command(&binaries.join("initdb"), as_user.as_deref());
        init.args(["--pgdata", &text, "--username", "oms", "--auth", "trust", "--no-sync"]);
        init.args(["--encoding", "UTF8", "--locale", "C.UTF-8"]);
        run(init.stdout(Stdio::null()))
            .context("the PostgreSQL of the tests could not be set up")?;
        let mut server = command(&binaries.join("postgres"), as_user.as_deref());
        server.args(["-D", &text, "-k", &text, "-h", "127.0.0.1", "-p", &port.to_string()]);
        // Its data is thrown away: nothing needs to survive a power cut.
        server.args(["-c", "fsync=off", "-c", "max_connections=300"]);
        let server = server.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut postgres = Postgres { server, data, port };
        postgres.wait_until_ready()?;
        Ok(postgres)
    }

    pub fn url(&self) -> String {
        format!("postgres://oms@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let until = Instant::now() + START_TIME_MAX;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if let Some(status) = self.server.try_wait()? {
                bail!("the PostgreSQL of the tests ended at once ({status})");
            }
            if Instant::now() > until {
                bail!("the PostgreSQL of the tests does not listen on port {}", self.port);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The server's own first process: under another user the child is the helper that started it.
        let pid = std::fs::read_to_string(self.data.join("postmaster.pid")).ok();
        let pid = pid.as_deref().and_then(|text| text.lines().next().map(str::to_owned));
        if let Some(pid) = pid {
            let stopped = Command::new("kill").args(["-INT", &pid]).status();
            if stopped.is_ok_and(|status| status.success()) && self.server.wait().is_ok() {
                // The folder is ours alone and in the temporary directory.
                if let Err(error) = std::fs::remove_dir_all(&self.data) {
                    eprintln!("xtask: {} was left behind: {error}", self.data.display());
                }
            }
        }
    }
}

/// On the path, or where Debian keeps the versions; the newest.
fn find_binaries() -> Option<PathBuf> {
    let mut candidates: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    candidates.extend(versions.into_iter().rev());
    candidates
        .into_iter()
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// PostgreSQL refuses to run as root; then it runs as a user who may do nothing else.
fn unprivileged_user() -> Result<Option<String>> {
    if output("id", &["-u"]).as_deref() != Some("0") {
        return Ok(None);
    }
    for user in ["postgres", "nobody"] {
        if output("id", &["-u", user]).is_some() {
            return Ok(Some(user.to_owned()));
        }
    }
    bail!("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

fn command(program: &Path, user: Option<&str>) -> Command {
    match user {
        None => Command::new(program),
        Some(user) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--"]).arg(program);
            command.current_dir("/");
            command
        }
    }
}
