//! The program `oms`: what goes wrong is told in one sentence with the way out, and the exit code says it too.

use anyhow::{Context, Result};
use oms_store::Database;
use oms_tests::app::{oms, project};
use oms_tests::{DatabaseKind, TestApp, TestDatabase, on_both_databases, on_database};
use std::net::TcpListener;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(oms()?);
    command.current_dir(project()).args(arguments);
    for variable in ["OMS_DATABASE", "OMS_SERVER", "OMS_TOKEN"] {
        command.env_remove(variable);
    }
    Ok(command.output()?)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// It failed with this code, and the last line it wrote says this and nothing of a backtrace.
fn assert_told(output: &Output, code: i32, expected: &[&str]) {
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    let last = told.lines().last().unwrap_or_default();
    for expected in expected {
        assert!(last.contains(expected), "{expected:?} is not in {last:?}");
    }
    assert!(!told.contains("RUST_BACKTRACE") && !told.contains("panicked"), "{told}");
}

#[test]
fn a_taken_port_is_told_with_the_way_out() {
    on_database(DatabaseKind::Sqlite, |kind| async move {
        let database = TestDatabase::create(kind).await?;
        let taken = TcpListener::bind("127.0.0.1:0")?;
        let address = taken.local_addr()?.to_string();
        let output = run(&["up", "--listen", &address, "--database", &database.url])?;
        assert_told(&output, 1, &[&address, "is taken by another program", "--listen"]);
        Ok(())
    });
}

#[test]
fn a_database_of_a_newer_program_is_refused_and_left_alone() {
    on_both_databases(|kind| async move {
        let database = TestDatabase::create(kind).await?;
        assert!(run(&["migrate", "--database", &database.url])?.status.success());
        let store = database.store().await?;
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                     SELECT 9999, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
        store.database().execute(newer, Vec::new()).await?;
        store.database().close().await;
        for command in ["migrate", "up"] {
            let output = run(&[command, "--database", &database.url])?;
            assert_told(&output, 1, &["schema version 9999", "use a newer program"]);
        }
        let doctor = run(&["doctor", "--database", &database.url])?;
        assert_eq!(doctor.status.code(), Some(1));
        assert!(text(&doctor.stdout).contains("use a newer program"), "{}", text(&doctor.stdout));
        Ok(())
    });
}

#[test]
fn what_cannot_be_opened_is_told_without_its_password() -> Result<()> {
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let url = format!("postgres://oms:top-secret@127.0.0.1:{closed}/oms");
    let output = run(&["migrate", "--database", &url])?;
    assert_told(&output, 1, &["can't be opened", "is the server running"]);
    assert!(!text(&output.stderr).contains("top-secret"));
    let output = run(&["migrate", "--database", "mysql://db/oms"])?;
    assert_told(&output, 1, &["must be sqlite:PATH or postgres://"]);
    Ok(())
}

#[test]
fn a_manifest_that_is_not_there_is_told() -> Result<()> {
    let output = run(&["up", "--manifest", "nowhere/spin.toml"])?;
    assert_told(&output, 1, &["nowhere/spin.toml", "--manifest"]);
    Ok(())
}

#[test]
fn a_component_that_was_not_built_is_told() {
    on_database(DatabaseKind::Sqlite, |kind| async move {
        let database = TestDatabase::create(kind).await?;
        let manifest = std::fs::read_to_string(project().join("spin.toml"))?;
        let elsewhere = database.folder().join("spin.toml");
        std::fs::write(&elsewhere, manifest)?;
        let elsewhere = elsewhere.to_string_lossy().into_owned();
        let output = run(&["up", "--manifest", &elsewhere, "--database", &database.url])?;
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("intake.wasm") && told.contains("build it first"), "{told}");
        Ok(())
    });
}

#[test]
fn the_demo_serves_on_loopback_only() -> Result<()> {
    let output = run(&["up", "--demo", "--listen", "0.0.0.0:0"])?;
    assert_told(&output, 1, &["--demo", "loopback"]);
    Ok(())
}

#[test]
fn a_token_is_printed_alone_and_works_with_just_its_rights() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let url = app.database.url.clone();
        let arguments =
            ["token", "create", "--database", &url, "--name", "crm", "--right", "orders.read"];
        let output = run(&arguments)?;
        assert!(output.status.success(), "{}", text(&output.stderr));
        let token = text(&output.stdout);
        assert_eq!(token.lines().count(), 1, "{token}");
        let caller = oms_tests::Caller::new(app.url(), token.trim())?;
        caller.get("/api/v1/orders").await?.expect(200)?;
        let refused = caller.post("/api/v1/orders", &oms_tests::orders::connect(1)).await?;
        refused.expect(403)?;
        assert_eq!(refused.body["right"], "orders.register");
        let output =
            run(&["token", "create", "--database", &url, "--name", "x", "--right", "fly"])?;
        assert_told(&output, 1, &["fly", "orders.read"]);
        Ok(())
    });
}

#[test]
fn the_doctor_finds_what_is_missing_and_then_nothing() {
    on_both_databases(|kind| async move {
        let app = TestApp::start(kind).await?;
        let sound = run(&["doctor", "--database", &app.database.url])?;
        assert_eq!(sound.status.code(), Some(0), "{}", text(&sound.stdout));
        let nothing = run(&["--json", "doctor", "--database", "sqlite:nowhere/there.db"])?;
        assert_eq!(nothing.status.code(), Some(1));
        let report: serde_json::Value = serde_json::from_slice(&nothing.stdout)?;
        assert_eq!(report["sound"], false);
        let empty = TestDatabase::create(kind).await?;
        run(&["migrate", "--database", &empty.url])?;
        let unset = run(&["doctor", "--database", &empty.url])?;
        assert_eq!(unset.status.code(), Some(1));
        assert!(text(&unset.stdout).contains("oms import divisions"), "{}", text(&unset.stdout));
        Ok(())
    });
}

#[test]
fn every_command_has_a_help_text_with_an_example() -> Result<()> {
    let commands = [
        "",
        "up",
        "migrate",
        "doctor",
        "token",
        "token create",
        "import",
        "import divisions",
        "import coverage",
        "import orders",
        "export",
        "export orders",
    ];
    for command in commands {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        arguments.push("--help");
        let help = text(&run(&arguments)?.stdout);
        assert!(help.contains("Example"), "oms {command}: {help}");
    }
    Ok(())
}

#[test]
fn a_wrong_call_ends_with_the_code_for_usage() -> Result<()> {
    for arguments in [&["fly"][..], &["up", "--colour"], &["migrate"], &["token", "create"]] {
        let output = run(arguments)?;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
    }
    Ok(())
}

#[test]
fn exported_orders_are_all_there_one_a_line() {
    on_database(DatabaseKind::Sqlite, |kind| async move {
        let app = TestApp::start(kind).await?;
        for number in 1..=205 {
            app.admin
                .post("/api/v1/orders", &oms_tests::orders::connect(number))
                .await?
                .expect(201)?;
        }
        let file = app.database.folder().join("orders.jsonl");
        let path = file.to_string_lossy();
        let (url, token) = (app.url(), app.admin.token());
        let output =
            run(&["export", "orders", "--server", url, "--token", token, "--output", &path])?;
        assert!(output.status.success(), "{}", text(&output.stderr));
        let content = std::fs::read_to_string(&file)?;
        assert_eq!(content.lines().count(), 205);
        let first: serde_json::Value =
            serde_json::from_str(content.lines().next().context("a line")?)?;
        assert_eq!(first["kind"], "connect");
        Ok(())
    });
}

#[cfg(unix)]
#[test]
fn a_stop_finishes_what_was_begun_and_ends_with_success() {
    on_both_databases(|kind| async move {
        let mut app = TestApp::start(kind).await?;
        let registering = (1..=20).map(|number| {
            let caller = app.admin.clone();
            tokio::spawn(async move {
                caller.post("/api/v1/orders", &oms_tests::orders::connect(number)).await
            })
        });
        let registering: Vec<_> = registering.collect();
        let process = app.process_id().context("a process")?.to_string();
        assert!(Command::new("kill").args(["-TERM", &process]).status()?.success());
        let mut acknowledged = Vec::new();
        for request in registering {
            // Whoever came too late was not answered at all.
            if let Ok(answer) = request.await? {
                answer.expect(201)?;
                acknowledged.push(answer.body["id"].as_str().context("an id")?.to_owned());
            }
        }
        assert!(app.ended().await?.success());
        app.restart().await?;
        for id in acknowledged {
            app.admin.order(&id).await?;
        }
        Ok(())
    });
}
