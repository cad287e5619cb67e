//! What wasn't granted in the manifest is refused, with Spin's words.

mod support;

use bytes::Bytes;
use http::{Request, StatusCode};
use oms_host::CallError;
use support::{Answer, faults, probe_with, start, start_with};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Path and expected answer, for a probe without any grant.
const REFUSED: &[(&str, &str)] = &[
    ("/sqlite/open?default", "error: Error::AccessDenied"),
    ("/sqlite/open?other", "error: Error::AccessDenied"),
    ("/variable?colour", r#"error: Error::Undefined("no variable for \"probe\".\"colour\"")"#),
    (
        "/variable?Colour",
        r#"error: Error::InvalidName("\"Colour\": may contain only lower-case letters, digits and underscores")"#,
    ),
    ("/fetch?http://127.0.0.1:9/", "error: ErrorCode::HttpRequestDenied"),
    ("/fetch?https://127.0.0.1/", "error: ErrorCode::HttpRequestDenied"),
    ("/fetch?http://probe.spin.internal/empty", "error: ErrorCode::HttpRequestDenied"),
    ("/fetch?http://self.alt/empty", "error: ErrorCode::HttpRequestDenied"),
    ("/socket/tcp?127.0.0.1:9", "error: ErrorCode::AccessDenied"),
    ("/socket/udp?127.0.0.1:9", "error: ErrorCode::AccessDenied"),
    ("/socket/bind?127.0.0.1:9", "error: ErrorCode::AccessDenied"),
    ("/socket/listen", "error: ErrorCode::AccessDenied"),
    ("/socket/name?localhost", "error: ErrorCode::PermanentResolverFailure"),
    (
        "/postgres/open?postgres://u@127.0.0.1:9/d",
        r#"error: PgError(Error::ConnectionFailed("address postgres://127.0.0.1:9 is not permitted"))"#,
    ),
    (
        "/postgres/open?postgres://u@localhost/d",
        r#"error: PgError(Error::ConnectionFailed("address postgres://localhost:5432 is not permitted"))"#,
    ),
    ("/environment", "[]"),
];

#[tokio::test]
async fn what_was_not_granted_is_refused() {
    let app = start(&probe_with("")).await;
    for (path, expected) in REFUSED {
        assert_eq!(app.probe(path).await, Answer::ok(expected), "{path}");
    }
    let file = app.probe("/file?/etc/hostname").await;
    assert!(file.text.starts_with("error: "), "{file:?}");
}

#[tokio::test]
async fn one_grant_is_not_another() {
    let grants = r#"
allowed_outbound_hosts = ["postgres://127.0.0.1:1", "tcp://127.0.0.1:2", "http://127.0.0.1:3"]
"#;
    let app = start(&probe_with(grants)).await;
    let cases = [
        ("/fetch?http://127.0.0.1:1/", "error: ErrorCode::HttpRequestDenied"),
        ("/fetch?https://127.0.0.1:3/", "error: ErrorCode::HttpRequestDenied"),
        ("/fetch?http://127.0.0.1:3/", "error: ErrorCode::ConnectionRefused"),
        ("/socket/tcp?127.0.0.1:1", "error: ErrorCode::AccessDenied"),
        ("/socket/tcp?127.0.0.1:2", "error: ErrorCode::ConnectionRefused"),
        ("/socket/udp?127.0.0.1:2", "error: ErrorCode::AccessDenied"),
        (
            "/postgres/open?postgres://u@127.0.0.1:2/d",
            r#"error: PgError(Error::ConnectionFailed("address postgres://127.0.0.1:2 is not permitted"))"#,
        ),
        (
            "/postgres/open?postgres://u@127.0.0.1:1,127.0.0.1:2/d",
            r#"error: PgError(Error::ConnectionFailed("address postgres://127.0.0.1:2 is not permitted"))"#,
        ),
        (
            "/postgres/open?postgres://u@127.0.0.1:1/d?hostaddr=127.0.0.2",
            r#"error: PgError(Error::ConnectionFailed("hostaddr is not supported, only host"))"#,
        ),
    ];
    for (path, expected) in cases {
        assert_eq!(app.probe(path).await, Answer::ok(expected), "{path}");
    }
    let refused = app.probe("/postgres/open?postgres://u@127.0.0.1:1/d").await;
    assert!(refused.text.contains("Connection refused"), "{refused:?}");
}

#[tokio::test]
async fn variables_reach_only_the_components_that_name_them() {
    let manifest = r#"
[variables]
colour = { default = "red" }
key = { required = true, secret = true }
[component.probe.variables]
shade = "dark {{ colour }}"
"#;
    let app = start_with(&probe_with(manifest), |options| {
        options.variables.insert("key".to_owned(), "hush".to_owned());
    })
    .await;
    assert_eq!(app.probe("/variable?shade").await, Answer::ok("dark red"));
    for name in ["colour", "key"] {
        let expected =
            format!(r#"error: Error::Undefined("no variable for \"probe\".\"{name}\"")"#);
        assert_eq!(app.probe(&format!("/variable?{name}")).await, Answer::ok(&expected));
    }
}

#[tokio::test]
async fn a_granted_secret_is_read_like_any_variable() {
    let manifest = r#"
[variables]
key = { default = "hush", secret = true }
[component.probe.variables]
key = "{{ key }}"
"#;
    let app = start(&probe_with(manifest)).await;
    assert_eq!(app.probe("/variable?key").await, Answer::ok("hush"));
}

#[tokio::test]
async fn a_granted_host_is_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it has one");
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("the guest connects");
        let mut request = Vec::new();
        while !request.ends_with(b"body of the guest") && !request.ends_with(b"0\r\n\r\n") {
            let count = stream.read_buf(&mut request).await.expect("the guest sends");
            assert_ne!(count, 0, "the guest hung up");
        }
        let response = b"HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\nmade";
        stream.write_all(response).await.expect("the guest reads");
        String::from_utf8_lossy(&request).into_owned()
    });
    let app = start(&probe_with(&format!("allowed_outbound_hosts = [\"http://{address}\"]"))).await;
    let answer = app.probe(&format!("/fetch?http://{address}/path?query")).await;
    assert_eq!(answer, Answer::ok("201\nmade"));
    let request = server.await.expect("the server of the test doesn't fail");
    assert!(request.starts_with("POST /path?query HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: {address}\r\n")), "{request}");
    assert!(request.contains("x-test: yes\r\n"), "{request}");
    assert!(request.contains("body of the guest"), "{request}");
}

/// Two components: `probe` is public, `hidden` has a private route only.
fn chained(hosts: &str) -> String {
    let hidden = r#"
[[trigger.http]]
route = { private = true }
component = "hidden"
[component.hidden]
source = "{guests}/probe.wasm"
"#;
    probe_with(&format!("allowed_outbound_hosts = [{hosts}]\n{hidden}"))
}

#[tokio::test]
async fn a_private_route_is_reached_by_chaining_only() {
    let app =
        start(&chained(r#""http://hidden.spin.internal""#).replace("\"/...\"", "\"/fetch\"")).await;
    let answer = app.get("/fetch?http://hidden.spin.internal/echo?q").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.starts_with("200\nPOST http://hidden.spin.internal/echo?q"), "{answer:?}");
    assert!(answer.text.contains("spin-path-info: /echo"), "{answer:?}");
    assert!(answer.text.contains("spin-client-addr: 0.0.0.0:0"), "{answer:?}");
    for path in ["/echo", "/hidden", "/"] {
        assert_eq!(app.get(path).await, Answer::empty(StatusCode::NOT_FOUND), "{path}");
    }
    // A client can't pretend that its request came from inside.
    let address = app.host.address();
    let request = "GET /echo HTTP/1.1\r\nhost: hidden.spin.internal\r\nconnection: close\r\n\r\n";
    let response = app.exchange(request).await;
    assert!(!response.starts_with("HTTP/1.1 200"), "{address}: {response}");
}

#[tokio::test]
async fn chaining_goes_only_where_it_was_granted() {
    let app = start(&chained(r#""http://hidden.spin.internal""#)).await;
    let denied = Answer::ok("error: ErrorCode::HttpRequestDenied");
    for url in [
        "http://probe.spin.internal/empty",
        "http://nobody.spin.internal/empty",
        "https://hidden.spin.internal/empty",
        "http://hidden.spin.internal:81/empty",
        "http://hidden.spin.internal.example.com/empty",
    ] {
        assert_eq!(app.probe(&format!("/fetch?{url}")).await, denied, "{url}");
    }
    let wild = start(&chained(r#""http://*.spin.internal""#)).await;
    assert_eq!(wild.probe("/fetch?http://hidden.spin.internal/empty").await, Answer::ok("200\n"));
    assert_eq!(wild.probe("/fetch?http://nobody.spin.internal/empty").await, denied);
    let everything = start(&chained(r#""*://*:*""#)).await;
    assert_eq!(
        everything.probe("/fetch?http://nobody.spin.internal/empty").await,
        Answer::ok(r#"error: ErrorCode::InternalError(Some("unknown component ID \"nobody\""))"#)
    );
}

#[tokio::test]
async fn a_grant_to_call_a_component_that_is_not_served_is_a_fault() {
    let expected =
        ["component probe: allowed_outbound_hosts: \"http://nobody.spin.internal\": there is no \
         component \"nobody\" with an HTTP trigger"];
    assert_eq!(faults(&chained(r#""http://nobody.spin.internal""#)).await, expected);
}

#[tokio::test]
async fn an_app_calls_itself_when_granted() {
    let app = start(&probe_with(r#"allowed_outbound_hosts = ["http://self"]"#)).await;
    assert_eq!(app.probe("/fetch?http://self.alt/empty").await, Answer::ok("200\n"));
}

#[tokio::test]
async fn the_host_itself_calls_only_what_is_served() {
    let app = start(&probe_with("")).await;
    let request = Request::get("/").body(Bytes::new()).expect("it is valid");
    let error = app.host.call("nobody", request).await.expect_err("there is no such component");
    assert!(matches!(error, CallError::UnknownComponent(name) if name == "nobody"));
}
