//! Everything that is checked before a change lands, and what takes longer.

use crate::build::{self, cargo, target_directory};
use crate::postgres::Postgres;
use crate::process::run;
use anyhow::{Context, Result};
use std::process::Command;
use std::time::Instant;

/// Packages that exist natively: all but the components, except the one with a native part of its own to test. Always built
/// together, so that what they share is built once.
const NATIVE: [&str; 11] = [
    "oms-domain",
    "oms-app",
    "oms-store",
    "oms-host",
    "oms-cli",
    "oms-pages",
    "billmaster",
    "billmaster-simulator",
    "document-rendering",
    "oms-tests",
    "xtask",
];

/// The profile of native programs that an operator runs.
const PRODUCTION: &str = "production";

pub fn test() -> Result<()> {
    step("formatting", || run(cargo().args(["fmt", "--all", "--check"])))?;
    step("components, native programs and tests are built", || {
        let guests = build::start_components()?;
        let programs = native();
        build::finish_components(guests)?;
        programs
    })?;
    let postgres = step("a PostgreSQL for the tests", Postgres::start)?;
    step("tests", || {
        // One test program after the other, and few tests at once: each whole-app test runs a product of its own.
        let mut command = packages(&["test", "--no-fail-fast"]);
        run(command.env("OMS_TEST_POSTGRES", postgres.url()).env("RUST_TEST_THREADS", "2"))
    })
}

/// The native programs and tests. All targets at once: what only the tests depend on changes features of what they share
/// with the programs, and building the programs alone first would build most of it twice.
pub fn native() -> Result<()> {
    run(&mut packages(&["build", "--all-targets"])).context("the native programs were not built")
}

/// Long tests, on the programs that the other tests run on.
pub fn soak(arguments: &[String]) -> Result<()> {
    build::components()?;
    native()?;
    with_postgres("debug", "soak", arguments)
}

/// Measures programs as an operator runs them: both sides are optimised.
pub fn bench(arguments: &[String]) -> Result<()> {
    build::components()?;
    let mut command = cargo();
    command.args([
        "build",
        "--profile",
        PRODUCTION,
        "--package",
        "oms-cli",
        "--package",
        "oms-tests",
        "--bins",
    ]);
    run(command.args(["--features", "oms-store/native"])).context("the programs were not built")?;
    with_postgres(PRODUCTION, "bench", arguments)
}

/// Runs a program of the tests on real components and a PostgreSQL of its own.
fn with_postgres(profile: &str, program: &str, arguments: &[String]) -> Result<()> {
    let postgres = Postgres::start()?;
    let mut command = Command::new(target_directory().join(profile).join(program));
    run(command.args(arguments).env("OMS_TEST_POSTGRES", postgres.url()))
}

fn packages(arguments: &[&str]) -> Command {
    let mut command = cargo();
    command.args(arguments);
    for package in NATIVE {
        command.args(["--package", package]);
    }
    command.args(["--features", "oms-store/native"]);
    command
}

fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("── {name}");
    let begin = Instant::now();
    let outcome = work().with_context(|| format!("{name} failed"));
    eprintln!("── {name}: {:.0} s", begin.elapsed().as_secs_f32());
    outcome
}
