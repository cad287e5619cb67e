//! What keeps the project one that people want to live in, held by tests: the arrows between the crates, where SQL may
//! be, how long a file may get, what guests may be made of.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines of a source file; beyond it, it holds more than one thing.
const LINES_MAX: usize = 500;

fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Files that git would keep, by their ending.
fn sources(folders: &[&str], ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                waiting.push(path);
            } else if name.ends_with(ending) {
                let text = std::fs::read_to_string(&path).expect("a text");
                found.push((path.strip_prefix(root()).unwrap_or(&path).to_owned(), text));
            }
        }
    }
    assert!(!found.is_empty(), "no {ending} in {folders:?}");
    found.sort();
    found
}

fn all_rust() -> Vec<(PathBuf, String)> {
    sources(&["components", "crates", "tests", "xtask"], ".rs")
}

/// The part of a file before its own tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

fn assert_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

/// Names of our own packages that a package depends on, from `cargo metadata`.
fn own_dependencies() -> Vec<(String, Vec<String>)> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(root())
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .output()
        .expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let ours: Vec<String> = packages.iter().map(name).collect();
    let of = |package: &Value| {
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        let normal = dependencies.filter(|dependency| dependency["kind"].is_null());
        normal.map(name).filter(|dependency| ours.contains(dependency)).collect()
    };
    packages.iter().map(|package| (name(package), of(package))).collect()
}

#[test]
fn arrows_between_the_crates_point_one_way() {
    // Each package, and which of our own it may depend on.
    let allowed = "
        oms-domain            -
        oms-app               oms-domain
        oms-store             oms-app oms-domain
        oms-pages             oms-domain
        oms-web               oms-app oms-domain oms-store
        oms-host              -
        document-rendering    -
        billmaster-simulator  -
        billmaster            -
        intake                oms-app oms-domain oms-web
        routing               oms-app oms-domain oms-web
        transition            oms-app oms-domain oms-web
        escalation            oms-app oms-domain oms-web
        documents             oms-app oms-domain oms-web document-rendering
        provisioning          oms-app oms-domain oms-web
        identity              oms-app oms-domain oms-web
        console               oms-app oms-domain oms-web oms-pages
        oms-cli               oms-app oms-domain oms-store oms-host billmaster-simulator
        oms-tests             oms-app oms-domain oms-store billmaster-simulator
        xtask                 -
    ";
    let rules: Vec<Vec<&str>> = allowed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .filter(|rule: &Vec<&str>| !rule.is_empty())
        .collect();
    let mut broken = Vec::new();
    for (package, dependencies) in own_dependencies() {
        let Some(rule) = rules.iter().find(|rule| rule[0] == package) else {
            broken.push(format!("{package} has no rule here"));
            continue;
        };
        let wrong = dependencies.iter().filter(|name| !rule[1..].contains(&name.as_str()));
        broken.extend(wrong.map(|name| format!("{package} must not depend on {name}")));
    }
    assert_none(&broken, "arrows");
}

#[test]
fn sql_is_in_the_store_and_the_migrations_alone() {
    // The simulator is a program of its own with a database of its own; the host passes statements on; tests look.
    let free = ["crates/store", "crates/billmaster-simulator", "crates/host", "tests", "xtask"];
    let is_sql = |line: &&str| {
        !line.trim_start().starts_with("//")
            && (["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE ", "PRAGMA "]
                .iter()
                .any(|word| line.contains(word))
                || (line.contains("UPDATE ") && line.contains(" SET ")))
    };
    let found: Vec<String> = all_rust()
        .into_iter()
        .filter(|(path, _)| !free.iter().any(|folder| path.starts_with(folder)))
        .flat_map(|(path, text)| {
            let lines = text.lines().filter(is_sql);
            lines.map(|line| format!("{}: {}", path.display(), line.trim())).collect::<Vec<_>>()
        })
        .collect();
    assert_none(&found, "SQL outside the store");
}

#[test]
fn the_domain_is_pure() {
    let impure = [
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "SystemTime",
        "async fn",
        "tokio",
        "rand::",
        "Utc::now",
    ];
    let found: Vec<String> = sources(&["crates/domain/src"], ".rs")
        .into_iter()
        .flat_map(|(path, text)| {
            let hits = impure.iter().filter(|word| without_tests(&text).contains(**word)).copied();
            hits.map(|word| format!("{}: {word}", path.display())).collect::<Vec<_>>()
        })
        .collect();
    assert_none(&found, "impure domain");
}

#[test]
fn files_stay_small_enough_to_read() {
    let found: Vec<String> = all_rust()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert_none(&found, "long files");
}

#[test]
fn nothing_is_unfinished_or_switched_off() {
    // Put together here, so that this file does not find itself.
    let marks =
        ["TO", "FIX"].map(|word| format!("{word}{}", if word == "TO" { "DO" } else { "ME" }));
    let calls = ["todo", "unimplemented"].map(|word| format!("{word}!("));
    let switched_off = format!("#[{}", "ignore");
    let words: Vec<String> = marks.into_iter().chain(calls).chain([switched_off]).collect();
    let found: Vec<String> = all_rust()
        .into_iter()
        .filter(|(_, text)| words.iter().any(|word| text.contains(word)))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert_none(&found, "unfinished");
}

#[test]
fn no_panic_waits_for_bad_input() {
    let bare = format!(".{}()", "unwrap");
    let found: Vec<String> = sources(&["components", "crates"], ".rs")
        .into_iter()
        .filter(|(path, _)| {
            path.components().any(|part| part.as_os_str() == "src") && !path.ends_with("tests.rs")
        })
        .filter(|(path, _)| !path.starts_with("crates/host/tests"))
        .filter(|(_, text)| without_tests(text).contains(&bare))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert_none(&found, "bare unwrap");
}

#[test]
fn guests_carry_no_c_code() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root()).args([
        "tree",
        "--offline",
        "--target",
        "wasm32-wasip2",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
    ]);
    for component in [
        "intake",
        "routing",
        "transition",
        "escalation",
        "documents",
        "provisioning",
        "console",
        "identity",
        "billmaster",
    ] {
        command.args(["--package", component]);
    }
    let output = command.output().expect("cargo tree runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(tree.contains("spin-sdk"), "{tree}");
    let found: Vec<String> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| {
            matches!(*name, "cc" | "ring" | "openssl" | "aws-lc-rs") || name.ends_with("-sys")
        })
        .map(str::to_owned)
        .collect();
    assert_none(&found, "C code in guests");
}

#[test]
fn nothing_speaks_of_the_machine_it_was_made_on() {
    // Put together here, so that this file does not find itself.
    let words = ["work", "root"].map(|folder| format!("/{folder}/"));
    let folders = [
        "assets",
        "components",
        "crates",
        "docs",
        "examples",
        "migrations",
        "scenarios",
        "templates",
        "tests",
        "wit",
        "xtask",
    ];
    let endings = [".rs", ".toml", ".md", ".sql", ".typ", ".html", ".css", ".wit"];
    let mut texts: Vec<(PathBuf, String)> =
        endings.iter().flat_map(|ending| sources(&folders, ending)).collect();
    for name in ["README.md", "ARCHITECTURE.md", "STYLE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = std::fs::read_to_string(root().join(name)).expect("a text");
        texts.push((PathBuf::from(name), text));
    }
    let found: Vec<String> = texts
        .into_iter()
        .filter(|(_, text)| words.iter().any(|word| text.contains(word)))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert_none(&found, "paths of one machine");
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| -> Vec<String> {
        let files = sources(&[folder], ".sql");
        files
            .into_iter()
            .map(|(path, _)| path.file_name().unwrap_or_default().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(names("migrations/sqlite"), names("migrations/postgres"));
}

#[test]
fn every_component_is_built_and_served() {
    let manifest = std::fs::read_to_string(root().join("spin.toml")).expect("spin.toml");
    let mut folders: Vec<String> = std::fs::read_dir(root().join("components"))
        .expect("components")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    let unknown: Vec<String> = folders
        .into_iter()
        .filter(|name| !manifest.contains(&format!("wasm32-wasip2/release/{name}.wasm")))
        .collect();
    assert_none(&unknown, "components that spin.toml does not serve");
}
