//! A manifest that can't run is refused at start, with all of its faults at once.

mod support;

use support::{faults, probe_with, try_start};

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let manifest = r#"
spin_manifest_version = 1
mystery = 1
[application]
name = "faulty"
[application.trigger.redis]
address = "redis://127.0.0.1"
[variables]
Wrong = { default = "x" }
neither = {}
missing = { required = true }
odd = { default = "x", colour = "red" }
[[trigger.http]]
route = "/a"
component = "nobody"
[[trigger.http]]
route = "/b"
[[trigger.http]]
route = { private = false }
component = "probe"
[[trigger.http]]
route = "/c"
component = "probe"
executor = { type = "wagi" }
speed = 1
[[trigger.cron]]
component = "probe"
[component.probe]
source = "nowhere.wasm"
sqlite_databases = ["other"]
allowed_outbound_hosts = ["example.com", "http://{{ nothing }}"]
key_value_stores = ["default"]
variables = { ok = "{{ nothing }}" }
[component.probe.dependencies]
"test:answers" = "1.0.0"
"#;
    let found = faults(manifest).await;
    let expected = [
        "spin_manifest_version is 1; only version 2 is supported",
        "the section \"mystery\" isn't known",
        "[application.trigger.redis] isn't supported",
        "[[trigger.cron]] isn't supported",
        "variable odd: \"colour\" isn't known",
        "variable \"Wrong\": may contain only lower-case letters",
        "variable neither: needs either `default` or `required = true`",
        "variable missing: is required and has no value",
        "HTTP trigger 1: there is no component \"nobody\"",
        "HTTP trigger 2: component is missing",
        "HTTP trigger 3: route must be a pattern or { private = true }",
        "HTTP trigger 4: \"speed\" isn't supported",
        "HTTP trigger 4: the executor \"wagi\" isn't supported",
        "component probe: \"key_value_stores\" isn't supported",
        "component probe: there is no file",
        "component probe: the SQLite database \"other\" isn't defined",
        "component probe: allowed_outbound_hosts: \"example.com\": must have the form",
        "component probe: allowed_outbound_hosts: \"http://{{ nothing }}\" refers to the undeclared",
        "component probe: variable ok: \"{{ nothing }}\" refers to the undeclared variable",
        "component probe: dependency \"test:answers\": only { component = … } and { path = … }",
    ];
    for expected in expected {
        let hits = found.iter().filter(|fault| fault.starts_with(expected)).count();
        assert_eq!(hits, 1, "{expected}\n{found:#?}");
    }
}

#[tokio::test]
async fn a_value_for_a_variable_that_nobody_declares_is_a_fault() {
    let error = try_start(&probe_with(""), |options| {
        options.variables.insert("stray".to_owned(), "hush".to_owned());
    })
    .await
    .err()
    .expect("the app must not start")
    .to_string();
    assert!(error.contains("a value is given for the variable \"stray\""), "{error}");
    assert!(!error.contains("hush"), "values may be secrets: {error}");
}

#[tokio::test]
async fn faults_of_single_places_are_told_too() {
    let cases = [
        ("this is no TOML", "isn't a Spin manifest"),
        (&*probe_with("").replace("probe.wasm", "../../CACHEDIR.TAG"), "component probe: "),
        (&*probe_with("").replace("\"/...\"", "\"/a/:\""), "route \"/a/:\""),
        (&*probe_with("files = [\"a\"]"), "\"files\" isn't supported"),
        (&*probe_with("environment = { A = \"b\" }"), "\"environment\" isn't supported"),
        (&*probe_with("source = 1").replacen("source", "#", 1), "source must be the path"),
    ];
    for (manifest, expected) in cases {
        let found = faults(manifest).await;
        assert!(found.iter().any(|fault| fault.contains(expected)), "{expected}: {found:#?}");
    }
}

#[tokio::test]
async fn keys_that_do_not_concern_running_are_accepted() {
    let manifest = probe_with(
        r#"
description = "text"
files = []
[component.probe.build]
command = "cargo build"
[component.probe.tool.x]
y = 1
"#,
    );
    assert_eq!(faults(&manifest).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has one");
    let error = try_start(&probe_with(""), |options| options.listen = address)
        .await
        .err()
        .expect("the port is in use")
        .to_string();
    assert!(error.starts_with(&format!("can't listen on {address}: ")), "{error}");
}
