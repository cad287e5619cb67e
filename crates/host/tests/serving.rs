//! The HTTP side: connections, headers, limits, faults of guests, and the way to a graceful end.

mod support;

use std::time::{Duration, Instant};

use http::StatusCode;
use support::{Answer, TestApp, probe_with, read_response, start, start_with};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Far longer than anything here takes, and short enough to end a test that hangs.
const PATIENCE: Duration = Duration::from_secs(20);

async fn ask(stream: &mut TcpStream, path: &str) -> (String, String) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("the host reads");
    timeout(PATIENCE, read_response(stream)).await.expect("the host answers in time")
}

async fn assert_closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    assert_eq!(read.expect("the host closes the connection").ok(), Some(0), "{rest:?}");
}

#[tokio::test]
async fn a_connection_serves_many_requests_without_waiting() {
    let app = start(&probe_with("")).await;
    let mut stream = app.connect().await;
    let mut times = Vec::new();
    // More than one instance serves, so instances change on the way.
    for _ in 0..300 {
        let begin = Instant::now();
        let (head, body) = ask(&mut stream, "/empty").await;
        times.push(begin.elapsed());
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert_eq!(body, "");
    }
    times.sort();
    let median = times[times.len() / 2];
    assert!(median < Duration::from_millis(35), "small answers wait for the client: {median:?}");
}

#[tokio::test]
async fn guests_see_the_request_and_what_the_host_knows_about_it() {
    let app = start(&probe_with("").replace("/...", "/echo/:some_name/...")).await;
    let request = "POST /echo/one/a/b?x=1 HTTP/1.1\r\nhost: example.com:8080\r\nx-own: 1\r\n\
        spin-client-addr: 9.9.9.9:9\r\nspin-path-info: /forged\r\nconnection: close\r\n\
        content-length: 5\r\n\r\nhello";
    // The probe echoes at one path only; the host's headers are what matters here.
    let response = app.exchange(request).await;
    assert!(response.contains("nothing at /echo/one/a/b"), "{response}");

    let app = start(&probe_with("").replace("/...", "/:first_name")).await;
    let request = request.replace("/echo/one/a/b?x=1", "/echo?x=1");
    let response = app.exchange(&request).await;
    for expected in [
        "POST http://example.com:8080/echo?x=1\n",
        "x-own: 1\n",
        "spin-full-url: http://example.com:8080/echo?x=1\n",
        "spin-matched-route: /:first_name\n",
        "spin-raw-component-route: /:first_name\n",
        "spin-component-route: /:first_name\n",
        "spin-base-path: /\n",
        "spin-path-info: \n",
        "spin-path-match-first-name: echo\n",
        "spin-client-addr: 127.0.0.1:",
        "\nhello",
    ] {
        assert!(response.contains(expected), "{expected:?} is missing in {response}");
    }
    for forbidden in ["9.9.9.9", "/forged", "connection:"] {
        let body = response.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        assert!(!body.contains(forbidden), "{forbidden:?} is in {body}");
    }
}

#[tokio::test]
async fn odd_requests_are_answered() {
    let app = start(&probe_with("")).await;
    let end = "connection: close\r\n\r\n";
    let cases = [
        (format!("HEAD /empty HTTP/1.1\r\nhost: a\r\n{end}"), "HTTP/1.1 200"),
        (format!("GET /.well-known/spin/health HTTP/1.1\r\nhost: a\r\n{end}"), "HTTP/1.1 200"),
        (format!("GET /.well-known/spin/info HTTP/1.1\r\nhost: a\r\n{end}"), "HTTP/1.1 404"),
        (format!("GET /empty HTTP/1.1\r\n{end}"), "HTTP/1.1 400"),
        (format!("GET http://b/empty HTTP/1.1\r\nhost: a\r\n{end}"), "HTTP/1.1 400"),
        (format!("GET http://a/empty HTTP/1.1\r\nhost: a\r\n{end}"), "HTTP/1.1 200"),
        (format!("GET /empty HTTP/1.1\r\nhost: a b\r\n{end}"), "HTTP/1.1 400"),
        ("nonsense\r\n\r\n".to_owned(), "HTTP/1.1 400"),
        (
            format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(1 << 20)),
            "HTTP/1.1 431",
        ),
        (
            format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(200_000)),
            "HTTP/1.1 431",
        ),
    ];
    for (request, expected) in cases {
        let mut stream = app.connect().await;
        // The host may close before it has read everything of a request that is too long.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut response = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut response)).await.expect("it ends");
        let response = String::from_utf8_lossy(&response);
        let shown = &request[..request.len().min(80)];
        assert!(response.starts_with(expected), "{shown:?}: {response}");
        if request.starts_with("HEAD") {
            assert!(response.ends_with("\r\n\r\n"), "an answer to HEAD has no body: {response}");
        }
    }
    assert_eq!(app.get("/empty").await, Answer::ok(""), "nothing of that does harm");
}

#[tokio::test]
async fn large_bodies_pass_in_both_directions() {
    let app = start(&probe_with("")).await;
    let body = "0123456789".repeat(300_000);
    let head = format!(
        "POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let response = app.exchange(&format!("{head}{body}")).await;
    let (_, chunks) = response.split_once("\r\n\r\n").expect("there is a head");
    let echoed = support::dechunk(chunks);
    assert!(echoed.ends_with(&body), "{} bytes came back", echoed.len());
}

#[tokio::test]
async fn a_guest_that_fails_is_a_500_and_harms_no_other_instance() {
    let app = start_with(&probe_with(""), |options| {
        options.limits.concurrent_requests_per_instance_max = 1;
    })
    .await;
    for failure in ["/trap", "/exit"] {
        let (slow, failed) = tokio::join!(app.get("/sleep?500"), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            app.get(failure).await
        });
        assert_eq!(failed, Answer::empty(StatusCode::INTERNAL_SERVER_ERROR), "{failure}");
        assert_eq!(slow, Answer::ok("slept"), "{failure}");
        assert_eq!(app.get("/empty").await, Answer::ok(""), "{failure}");
    }
}

#[tokio::test]
async fn a_failure_on_a_kept_connection_leaves_it_usable() {
    let app = start(&probe_with("")).await;
    let mut stream = app.connect().await;
    for _ in 0..5 {
        let (head, _) = ask(&mut stream, "/trap").await;
        assert!(head.starts_with("HTTP/1.1 500"), "{head}");
        let (head, _) = ask(&mut stream, "/empty").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_computes_does_not_stop_the_others() {
    let app = start_with(&probe_with(""), |options| {
        options.limits.concurrent_requests_per_instance_max = 1;
    })
    .await;
    let (spun, others) = tokio::join!(app.get("/spin?2000"), async {
        let begin = Instant::now();
        for _ in 0..10 {
            assert_eq!(app.get("/empty").await, Answer::ok(""));
        }
        begin.elapsed()
    });
    assert_eq!(spun, Answer::ok("spun"));
    assert!(others < Duration::from_millis(2000), "{others:?}");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let app = start_with(&probe_with(""), |options| {
        options.limits.request_timeout = Some(Duration::from_millis(200));
    })
    .await;
    let answer = app.get("/sleep?60000").await;
    assert_eq!(answer, Answer::empty(StatusCode::INTERNAL_SERVER_ERROR));
    assert_eq!(app.get("/empty").await, Answer::ok(""));
}

#[tokio::test]
async fn more_requests_than_instances_wait_for_their_turn() {
    let app = start_with(&probe_with(""), |options| {
        options.limits.concurrent_requests_per_instance_max = 1;
        options.limits.instances_max = 4;
    })
    .await;
    let answers = futures::future::join_all((0..24).map(|_| app.get("/sleep?50"))).await;
    assert_eq!(answers, vec![Answer::ok("slept"); 24]);
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_the_host_in_order() {
    let app = start(&probe_with("")).await;
    for _ in 0..50 {
        let mut stream = app.connect().await;
        let request = b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nonly this";
        stream.write_all(request).await.expect("the host reads");
        drop(stream);
    }
    assert_eq!(app.get("/empty").await, Answer::ok(""));
    let stopped = timeout(PATIENCE, app.host.stop()).await;
    assert!(stopped.is_ok(), "nothing of those requests is left");
}

/// An app whose guests may write to SQLite.
async fn app_with_database() -> TestApp {
    start(&probe_with("sqlite_databases = [\"default\"]")).await
}

#[tokio::test]
async fn stopping_finishes_what_runs_and_what_follows_the_answers() {
    let TestApp { host, directory } = app_with_database().await;
    let address = host.address();
    let connect = async || TcpStream::connect(address).await.expect("the host listens");
    let (mut running, mut idle) = (connect().await, connect().await);
    assert_eq!(ask(&mut idle, "/later?400").await.1, "will do");
    let request = b"GET /sleep?500 HTTP/1.1\r\nhost: a\r\n\r\n";
    running.write_all(request).await.expect("the host reads");
    tokio::time::sleep(Duration::from_millis(100)).await;

    let begin = Instant::now();
    let stopping = tokio::spawn(host.stop());
    let (head, body) = timeout(PATIENCE, read_response(&mut running)).await.expect("it answers");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body, "slept");
    assert_closed(&mut running).await;
    assert_closed(&mut idle).await;
    timeout(PATIENCE, stopping).await.expect("it stops").expect("stopping doesn't fail");
    assert!(begin.elapsed() < Duration::from_secs(9), "nothing waits for the grace period");
    assert!(TcpStream::connect(address).await.is_err(), "it no longer listens");

    let database = rusqlite::Connection::open(directory.path().join(".spin/sqlite_db.db"));
    let rows: i64 = database
        .and_then(|database| database.query_row("SELECT count(*) FROM notes", [], |row| row.get(0)))
        .expect("the guest wrote after its answer");
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn stopping_ends_what_outlasts_the_grace_period() {
    let app = start_with(&probe_with(""), |options| {
        options.limits.grace_period = Duration::from_millis(200);
    })
    .await;
    let mut stream = app.connect().await;
    let request = b"GET /sleep?60000 HTTP/1.1\r\nhost: a\r\n\r\n";
    stream.write_all(request).await.expect("the host reads");
    tokio::time::sleep(Duration::from_millis(100)).await;
    timeout(PATIENCE, app.host.stop()).await.expect("it stops in time");
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("it hangs up");
    assert_eq!(rest, b"");
}
