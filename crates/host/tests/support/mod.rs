//! What the tests of the host share: guests that are built once, apps made of them, and requests.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use oms_host::{HostError, HostOptions, Limits, RunningHost};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The folder with the guests' `.wasm` files. Cargo's own lock keeps several test programs apart.
pub fn guests() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest");
        let target = target_directory();
        let built = Command::new(env!("CARGO"))
            .args(["build", "--release", "--locked", "--target", "wasm32-wasip2", "--target-dir"])
            .arg(&target)
            .current_dir(workspace)
            .output()
            .expect("cargo runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        target.join("wasm32-wasip2/release")
    })
}

/// Beside the program of the test: `target/host-test-guests`.
fn target_directory() -> PathBuf {
    let program = std::env::current_exe().expect("a test knows its own program");
    let target = program.ancestors().nth(3).expect("a test lies in target/PROFILE/deps");
    target.join("host-test-guests")
}

/// A running app in a directory of its own.
pub struct TestApp {
    pub host: RunningHost,
    pub directory: TempDir,
}

/// What a guest or the host answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: StatusCode,
    pub text: String,
}

/// The beginning of a manifest, and the probe with the `grants` and a route for everything.
pub fn probe_with(grants: &str) -> String {
    format!(
        r#"
spin_manifest_version = 2
[application]
name = "probe"
[[trigger.http]]
route = "/..."
component = "probe"
[component.probe]
source = "{{guests}}/probe.wasm"
{grants}
"#
    )
}

/// Starts an app; `{guests}` in the manifest is the folder with the guests.
pub async fn start(manifest: &str) -> TestApp {
    start_with(manifest, |_| ()).await
}

pub async fn start_with(manifest: &str, adapt: impl FnOnce(&mut HostOptions)) -> TestApp {
    match try_start(manifest, adapt).await {
        Ok(app) => app,
        Err(error) => panic!("{error}"),
    }
}

pub async fn try_start(
    manifest: &str,
    adapt: impl FnOnce(&mut HostOptions),
) -> Result<TestApp, HostError> {
    let directory = TempDir::new().expect("there is room for a temporary directory");
    let path = directory.path().join("spin.toml");
    let guests = guests().to_str().expect("the folder of the project has a plain name");
    std::fs::write(&path, manifest.replace("{guests}", guests)).expect("it is writable");
    let mut options = HostOptions::new(path);
    options.listen = ([127, 0, 0, 1], 0).into();
    options.cache_directory = Some(target_directory().join("cache"));
    // Little address space for each of the many hosts of a test program.
    options.limits = Limits { instances_max: 50, ..Limits::default() };
    adapt(&mut options);
    let host = oms_host::start(options, &|_| ()).await?;
    Ok(TestApp { host, directory })
}

/// The faults that keep an app from starting.
pub async fn faults(manifest: &str) -> Vec<String> {
    match try_start(manifest, |_| ()).await {
        Ok(_) => Vec::new(),
        Err(HostError::Configuration(faults)) => faults,
        Err(other) => vec![other.to_string()],
    }
}

impl TestApp {
    /// Asks the probe without the network, as another component would.
    pub async fn probe(&self, path: &str) -> Answer {
        self.call("probe", path).await
    }

    pub async fn call(&self, component: &str, path: &str) -> Answer {
        let request = Request::get(format!("http://{component}.test{path}"))
            .body(Bytes::new())
            .expect("tests use valid paths");
        let response = self.host.call(component, request).await.expect("the component is served");
        Answer::new(response)
    }

    /// Asks over the network, on a connection of its own.
    pub async fn get(&self, path: &str) -> Answer {
        let address = self.host.address();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        let response = self.exchange(&request).await;
        let (head, body) = response.split_once("\r\n\r\n").expect("a response has a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let text = if head.contains("chunked") { dechunk(body) } else { body.to_owned() };
        Answer { status: status.expect("a response has a status"), text }
    }

    /// Sends `request` as it is and reads until the host closes the connection.
    pub async fn exchange(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.expect("the host reads");
        let mut response = Vec::new();
        stream.read_to_end(&mut response).await.expect("the host answers");
        String::from_utf8(response).expect("the answers of these tests are text")
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.host.address()).await.expect("the host listens")
    }

    /// The app's SQLite database, from outside.
    pub fn database(&self) -> rusqlite::Connection {
        let path = self.directory.path().join(".spin/sqlite_db.db");
        rusqlite::Connection::open(path).expect("the host has opened it before")
    }
}

impl Answer {
    fn new(response: Response<Bytes>) -> Self {
        let text = String::from_utf8_lossy(response.body()).into_owned();
        Self { status: response.status(), text }
    }

    pub fn ok(text: &str) -> Self {
        Self { status: StatusCode::OK, text: text.to_owned() }
    }

    pub fn empty(status: StatusCode) -> Self {
        Self { status, text: String::new() }
    }
}

/// The content of a chunked body.
pub fn dechunk(body: &str) -> String {
    let mut content = String::new();
    let mut rest = body;
    while let Some((size, tail)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk begins with its size");
        content.push_str(&tail[..size]);
        rest = &tail[size + 2..];
    }
    content
}

/// Reads one response from a connection that is kept open: head and body.
pub async fn read_response(stream: &mut TcpStream) -> (String, String) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            match length.map(|length| length.parse::<usize>().expect("a length is a number")) {
                Some(length) if body.len() >= length => return (head.into(), body.into()),
                None if body.ends_with("0\r\n\r\n") => return (head.into(), dechunk(body)),
                _ => {}
            }
        }
        let count = stream.read(&mut buffer).await.expect("the host answers");
        assert_ne!(count, 0, "the host hung up after {text:?}");
        bytes.extend_from_slice(&buffer[..count]);
    }
}

/// The address of the PostgreSQL server for tests, with a table of its own for each test.
pub async fn postgres() -> (String, tokio_postgres::Client) {
    let url = std::env::var("OMS_TEST_POSTGRES").expect(
        "this test needs a PostgreSQL server in OMS_TEST_POSTGRES; run `cargo xtask test`, which \
         starts one",
    );
    let (client, connection) =
        tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    (url, client)
}

/// `postgres://HOST:PORT` of an address with user and database.
pub fn server_of(url: &str) -> String {
    let after_user = url.rsplit_once('@').map_or(url, |(_, rest)| rest);
    let server = after_user.split('/').next().unwrap_or(after_user);
    format!("postgres://{server}")
}
