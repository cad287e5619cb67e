//! The commands of the documentation are run as they stand there.

use anyhow::{Context, Result};
use oms_tests::app::{BILLING_TOKEN, oms, project};
use oms_tests::{DatabaseKind, TestApp, on_database};
use std::path::PathBuf;

/// The commands that start everything else: this test is run by one, and a process that serves is under test in all of them.
const RUN_BY_THE_GATE: [&str; 2] = ["cargo xtask up", "cargo xtask test"];

#[test]
fn the_commands_of_the_pages_for_integrators_work_as_written() {
    const PAGES: [&str; 9] = [
        "docs/first-order.md",
        "docs/coverage.md",
        "docs/billmaster-gateway.md",
        "docs/operating.md",
        "docs/rights.md",
        "docs/subscribers.md",
        "docs/technicians.md",
        "docs/deadlines.md",
        "docs/scenario.md",
    ];
    for page in PAGES {
        on_database(DatabaseKind::Sqlite, |kind| run_page(kind, page));
    }
}

async fn run_page(kind: DatabaseKind, page: &'static str) -> Result<()> {
    let app = TestApp::start(kind).await?;
    let page = std::fs::read_to_string(project().join(page))?;
    let script = blocks(&page, "sh").join("\n");
    assert!(script.contains("curl"), "the page has no commands");
    let output = tokio::process::Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(app.database.folder())
        .env("OMS_SERVER", app.url())
        .env("OMS_TOKEN", app.admin.token())
        .env("BILLING_URL", format!("http://{}", app.simulator.address()))
        .env("BILLING_TOKEN", BILLING_TOKEN)
        .output()
        .await?;
    let shown = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}");
    Ok(())
}

#[test]
fn the_readme_names_the_two_commands_and_nothing_else_to_type() -> Result<()> {
    let page = std::fs::read_to_string(project().join("README.md"))?;
    let commands = blocks(&page, "");
    let typed: Vec<&str> = commands
        .iter()
        .flat_map(|block| block.lines())
        .filter(|line| line.starts_with("cargo"))
        .collect();
    assert_eq!(typed, RUN_BY_THE_GATE);
    let gate = std::fs::read_to_string(project().join(".ci/run"))?;
    assert!(gate.contains("cargo xtask test"), "the gate runs the README's test command");
    Ok(())
}

#[test]
fn every_command_of_oms_that_a_page_names_exists() -> Result<()> {
    let mut missing = Vec::new();
    for page in pages()? {
        let text = std::fs::read_to_string(&page)?;
        for command in text.split('`').filter_map(|piece| piece.strip_prefix("oms ")) {
            let words: Vec<&str> = command
                .split_whitespace()
                .take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()))
                .collect();
            let output = std::process::Command::new(oms()?).args(&words).arg("--help").output()?;
            if !output.status.success() {
                missing.push(format!("{}: oms {command}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    Ok(())
}

#[test]
fn every_link_inside_the_project_leads_somewhere() -> Result<()> {
    let mut broken = Vec::new();
    for page in pages()? {
        let text = std::fs::read_to_string(&page)?;
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            let inside = !target.is_empty() && !target.contains("://");
            let folder = page.parent().context("a folder")?;
            if inside && !folder.join(target).exists() {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    Ok(())
}

/// The fenced blocks of a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut current: Option<(String, String)> = None;
    for line in page.lines() {
        match (&mut current, line.strip_prefix("```")) {
            (None, Some(language)) => current = Some((language.to_owned(), String::new())),
            (Some((kind, text)), Some(_)) => {
                if kind == language {
                    found.push(std::mem::take(text));
                }
                current = None;
            }
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

fn pages() -> Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for folder in ["", "docs", "docs/adr", "examples/complaints", "examples/demo", "crates/host"] {
        let folder: PathBuf = project().join(folder);
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    assert!(pages.len() > 5, "{pages:?}");
    Ok(pages)
}
