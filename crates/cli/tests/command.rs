//! The program as it is called: what it prints, how it ends, and that it says what to do. What needs a running product
//! is tested with the whole of it.

use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn oms(folder: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oms"));
    command.current_dir(folder).args(arguments);
    for variable in ["OMS_DATABASE", "OMS_SERVER", "OMS_TOKEN", "OMS_BILLING_URL"] {
        command.env_remove(variable);
    }
    command.output().context("oms could not be started")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn each_call_ends_with_its_code_and_says_what_is_wrong() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("orders.csv"), "Ticket,Text\n1,help\n")?;
    let mapping = "source = \"desk\"\n[fields]\nsymptom = { column = \"Subject\" }\n";
    std::fs::write(folder.path().join("mapping.toml"), mapping)?;
    std::fs::write(folder.path().join("broken.toml"), "source = ")?;
    // The words after `oms`, the exit code, and what standard error says.
    let cases = "
        --version                                                         | 0 |
        --help                                                            | 0 |
        fly                                                               | 2 | unrecognized subcommand
        user create                                                       | 2 | unrecognized subcommand
        migrate                                                           | 2 | --database
        migrate --database mysql://db/oms                                 | 1 | must be sqlite:PATH or postgres://
        migrate --database sqlite:                                        | 1 | write sqlite:PATH
        token create --database sqlite:oms.db --name x --right fly        | 1 | there is no right fly
        token create --database sqlite:oms.db --right admin               | 2 | --name
        user add --database sqlite:oms.db --login a                       | 2 | --name
        user password --database sqlite:oms.db --login a                  | 1 | standard input
        up                                                                | 1 | --manifest
        up --demo --listen 0.0.0.0:0                                      | 1 | loopback
        up --tick-interval 5m                                             | 2 | write seconds
        import divisions none.csv --server http://127.0.0.1:1 --token t   | 1 | none.csv can't be read
        import divisions none.csv --server https://oms.example --token t  | 2 | does not speak TLS
        import orders orders.csv --mapping none.toml --server http://127.0.0.1:1 --token t | 1 | none.toml can't be read
        import orders orders.csv --mapping broken.toml --server http://127.0.0.1:1 --token t | 1 | broken.toml is not a mapping
        import orders orders.csv --mapping mapping.toml --server http://127.0.0.1:1 --token t | 1 | which the file does not have
        import orders orders.csv --mapping mapping.toml --server http://127.0.0.1:1 --token t | 1 | imported.key
        export orders --server http://127.0.0.1:1                         | 2 | --token
    ";
    for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let words: Vec<&str> = parts[0].split_whitespace().collect();
        let output = oms(folder.path(), &words)?;
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(parts[1].parse()?), "{line}\n{told}");
        assert!(told.contains(parts[2]), "{line}\n{told}");
        assert!(!told.contains("panicked") && !told.contains("BACKTRACE"), "{line}\n{told}");
    }
    Ok(())
}

#[test]
fn a_database_is_made_examined_and_given_a_token() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let database = ["--database", "sqlite:data/oms.db"];
    let with_database = |words: &[&'static str]| {
        oms(folder.path(), &words.iter().chain(&database).copied().collect::<Vec<_>>())
    };
    let missing = with_database(&["doctor"])?;
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stdout).contains("run oms migrate"), "{}", text(&missing.stdout));
    assert!(!folder.path().join("data").exists(), "looking must not make it");

    let migrated = with_database(&["migrate", "--json"])?;
    assert_eq!(migrated.status.code(), Some(0), "{}", text(&migrated.stderr));
    let schema: Value = serde_json::from_slice(&migrated.stdout)?;
    assert!(schema["schema"].as_i64() >= Some(1), "{schema}");

    let token = with_database(&["token", "create", "--name", "crm", "--right", "admin"])?;
    assert_eq!(token.status.code(), Some(0), "{}", text(&token.stderr));
    let token = text(&token.stdout);
    assert!(token.starts_with("oms_") && token.trim().len() > 40, "{token}");
    assert_eq!(token.lines().count(), 1);

    let examined = with_database(&["doctor", "--json"])?;
    assert_eq!(examined.status.code(), Some(1), "there are no divisions yet");
    let report: Value = serde_json::from_slice(&examined.stdout)?;
    let findings = report["findings"].as_array().context("findings")?;
    let found: Vec<String> = findings
        .iter()
        .map(|finding| format!("{} {}", finding["what"], finding["sound"]))
        .collect();
    let expected = [
        "\"database\" true",
        "\"schema\" true",
        "\"organisation\" false",
        "\"tokens\" true",
        "\"fallout\" true",
        "\"outbox\" true",
    ];
    assert_eq!(found, expected);
    Ok(())
}

#[test]
fn errors_are_json_for_programs() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let output = oms(folder.path(), &["--json", "migrate", "--database", "nonsense"])?;
    assert_eq!(output.status.code(), Some(1));
    let error: Value = serde_json::from_slice(&output.stdout)?;
    assert!(error["error"].as_str().is_some_and(|error| error.contains("sqlite:PATH")), "{error}");
    Ok(())
}

#[test]
fn a_password_is_shown_nowhere() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = "postgres://oms:top-secret@127.0.0.1:1/oms";
    for words in [&["migrate", "--database", url][..], &["doctor", "--database", url]] {
        let output = oms(folder.path(), words)?;
        let told = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("is the server running") && !told.contains("top-secret"), "{told}");
    }
    for command in ["up", "migrate", "doctor"] {
        let mut help = Command::new(env!("CARGO_BIN_EXE_oms"));
        let help = help.args([command, "--help"]).env("OMS_DATABASE", url).output()?;
        assert!(!text(&help.stdout).contains("top-secret"), "{command}");
    }
    Ok(())
}
