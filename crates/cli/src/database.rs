//! `oms migrate`, and how every command opens a database.

use crate::output::Output;
use anyhow::{Result, bail};
use clap::Args;
use oms_store::Store;
use oms_store::native::NativeDatabase;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpStream;
use url::Url;

/// Connections of a command: it does one thing after the other.
const CONNECTIONS_MAX: u32 = 2;
/// How long a server may take until it takes a connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// Bring the schema of a database up to date.
#[derive(Debug, Args)]
#[command(after_help = "Example: oms migrate --database sqlite:.spin/sqlite_db.db")]
pub struct Migrate {
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST:PORT/NAME`.
    #[arg(long, env = "OMS_DATABASE", hide_env_values = true)]
    database: String,
}

pub async fn run(command: Migrate, output: Output) -> Result<ExitCode> {
    let store = open(&command.database).await?;
    oms_store::migrate::migrate(store.database()).await?;
    store.database().close().await;
    let version = oms_store::SCHEMA_VERSION;
    output.outcome(&format!("The schema is version {version}."), &json!({ "schema": version }));
    Ok(ExitCode::SUCCESS)
}

/// A database as a URL names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    Sqlite(PathBuf),
    /// With the host and port of the server.
    Postgres {
        url: String,
        address: String,
    },
}

impl Location {
    pub fn parse(text: &str) -> Result<Location> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                bail!("{text:?} names no file; write sqlite:PATH");
            }
            return Ok(Location::Sqlite(PathBuf::from(path)));
        }
        // The text is not repeated: it may have a password.
        let wrong = "--database must be sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME";
        let Ok(url) = Url::parse(text) else { bail!(wrong) };
        let host = url.host_str().unwrap_or_default();
        if !matches!(url.scheme(), "postgres" | "postgresql") || host.is_empty() {
            bail!(wrong);
        }
        let address = format!("{host}:{}", url.port().unwrap_or(5432));
        Ok(Location::Postgres { url: text.to_owned(), address })
    }

    /// The URL as native programs open it.
    pub fn url(&self) -> String {
        match self {
            // What has a meaning in URLs stands for itself in names of files.
            Location::Sqlite(path) => {
                let path = path.to_string_lossy();
                format!("sqlite:{}", path.replace('%', "%25").replace('?', "%3F"))
            }
            Location::Postgres { url, .. } => url.clone(),
        }
    }

    /// The values of the manifest's variables `database_url` and `database_host`.
    pub fn variables(&self) -> (String, Option<String>) {
        match self {
            Location::Sqlite(_) => ("sqlite".to_owned(), None),
            Location::Postgres { url, address } => {
                (url.clone(), Some(format!("postgres://{address}")))
            }
        }
    }

    /// The folder of a SQLite file is made when it is not there.
    pub fn make_folder(&self) -> Result<()> {
        let Location::Sqlite(path) = self else { return Ok(()) };
        match path.parent().filter(|parent| *parent != Path::new("")) {
            Some(parent) => Ok(std::fs::create_dir_all(parent)?),
            None => Ok(()),
        }
    }
}

/// Opens a database, or says in one sentence why not. The password of a URL is not repeated.
pub async fn open(url: &str) -> Result<Store<NativeDatabase>> {
    let location = Location::parse(url)?;
    location.make_folder()?;
    let opened = async {
        if let Location::Postgres { address, .. } = &location {
            reach(address).await?;
        }
        anyhow::Ok(NativeDatabase::open(&location.url(), CONNECTIONS_MAX).await?)
    };
    match opened.await {
        Ok(database) => Ok(Store::new(database)),
        Err(error) => {
            let (what, advice) = match &location {
                Location::Sqlite(path) => {
                    (path.display().to_string(), "look at its path and permissions")
                }
                Location::Postgres { address, .. } => {
                    (address.clone(), "is the server running, and do name and password fit?")
                }
            };
            bail!("the database {what} can't be opened ({error}); {advice}")
        }
    }
}

/// Whether a server listens. A pool of connections would try again for half a minute before it says so.
async fn reach(address: &str) -> Result<()> {
    match tokio::time::timeout(CONNECT_TIME_MAX, TcpStream::connect(address)).await {
        Ok(connected) => Ok(connected.map(drop)?),
        Err(_) => bail!("no answer in {} s", CONNECT_TIME_MAX.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_read_from_urls() {
        let cases = "
            sqlite:a/b.db                            sqlite a/b.db
            sqlite:///tmp/b.db                       sqlite /tmp/b.db
            sqlite:                                  fault
            postgres://u:p@127.0.0.1:5433/oms        postgres 127.0.0.1:5433
            postgresql://u@db.example/oms            postgres db.example:5432
            postgres:oms                             fault
            mysql://u@db/oms                         fault
            oms.db                                   fault
        ";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (text, expected) = line.split_once(' ').expect(line);
            let found = match Location::parse(text) {
                Ok(Location::Sqlite(path)) => format!("sqlite {}", path.display()),
                Ok(Location::Postgres { address, .. }) => format!("postgres {address}"),
                Err(_) => "fault".to_owned(),
            };
            assert_eq!(found, expected.trim(), "{line}");
        }
    }

    #[tokio::test]
    async fn a_file_is_the_one_that_its_name_says() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("new/100% sure?.db");
        let store = open(&format!("sqlite:{}", path.display())).await?;
        oms_store::migrate::migrate(store.database()).await?;
        store.database().close().await;
        assert!(path.is_file());
        Ok(())
    }
}
