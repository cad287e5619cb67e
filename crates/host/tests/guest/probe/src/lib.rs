//! A guest that tries things. The path says what, the query is the argument, the answer is what the
//! guest got: a test compares it as text.

mod postgres;
mod sockets;
mod sqlite;

use http_body_util::BodyExt;
use spin_sdk::{
    http::{self, FullBody, IntoResponse, Request},
    http_service, variables, wasip3,
};

pub type Answer = Result<String, String>;

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let path = request.uri().path().to_owned();
    let argument = request.uri().query().unwrap_or_default().to_owned();
    match path.as_str() {
        "/empty" => Ok(String::new()),
        "/echo" => Ok(echo(request).await),
        "/variable" => text(variables::get(argument).await),
        "/fetch" => fetch(&argument).await,
        "/trap" => std::process::abort(),
        "/exit" => std::process::exit(1),
        "/sleep" => {
            sleep(&argument).await;
            Ok("slept".to_owned())
        }
        "/spin" => spin(&argument),
        "/later" => later(argument),
        "/environment" => Ok(format!("{:?}", std::env::vars().collect::<Vec<_>>())),
        "/file" => text(std::fs::read_to_string(argument).map(|_| "read".to_owned())),
        "/print" => {
            println!("to stdout: {argument}");
            eprintln!("to stderr: {argument}");
            Ok("printed".to_owned())
        }
        path if path.starts_with("/sqlite/") => sqlite::answer(path, &argument).await,
        path if path.starts_with("/postgres/") => postgres::answer(path, &argument).await,
        path if path.starts_with("/socket/") => sockets::answer(path, &argument).await,
        _ => Ok(format!("nothing at {path}")),
    }
    .unwrap_or_else(|error| format!("error: {error}"))
}

/// Method, address, headers that the test set or Spin adds, and body.
async fn echo(request: Request) -> String {
    let mut lines = vec![format!("{} {}", request.method(), request.uri())];
    for (name, value) in request.headers() {
        lines.push(format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    }
    lines.sort();
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    lines.push(String::from_utf8_lossy(&body).into_owned());
    lines.join("\n")
}

async fn fetch(url: &str) -> Answer {
    let request = http::Request::post(url)
        .header("x-test", "yes")
        .body(FullBody::new("body of the guest".as_bytes()))
        .map_err(|error| error.to_string())?;
    let response = http::send(request).await.map_err(|error| format!("{error:?}"))?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|error| format!("{error:?}"))?;
    Ok(format!("{}\n{}", status.as_u16(), String::from_utf8_lossy(&body.to_bytes())))
}

async fn sleep(milliseconds: &str) {
    let nanoseconds = milliseconds.parse::<u64>().unwrap_or_default() * 1_000_000;
    wasip3::clocks::monotonic_clock::wait_for(nanoseconds).await;
}

/// Computes without a pause.
fn spin(milliseconds: &str) -> Answer {
    let duration = std::time::Duration::from_millis(milliseconds.parse().unwrap_or_default());
    let start = std::time::Instant::now();
    let mut count = 0_u64;
    while start.elapsed() < duration {
        count = std::hint::black_box(count + 1);
    }
    Ok("spun".to_owned())
}

/// Answers at once and writes a row some time after the answer.
fn later(milliseconds: String) -> Answer {
    wasip3::spawn(async move {
        sleep(&milliseconds).await;
        let saved = sqlite::save("later").await;
        assert!(saved.is_ok(), "{saved:?}");
    });
    Ok("will do".to_owned())
}

pub fn text<T: ToString, E: std::fmt::Debug>(result: Result<T, E>) -> Answer {
    result.map(|value| value.to_string()).map_err(|error| format!("{error:?}"))
}
