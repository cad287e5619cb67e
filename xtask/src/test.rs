//! Everything that is checked before a change lands, and what takes longer.

use crate::build::{self, cargo};
use crate::postgres::Postgres;
use crate::process::run;
use anyhow::{Context, Result};
use std::time::Instant;

/// Packages with native tests: all but the components, which only exist as WebAssembly.
const TESTED: [&str; 10] = [
    "oms-domain",
    "oms-app",
    "oms-store",
    "oms-host",
    "oms-cli",
    "billmaster",
    "billmaster-simulator",
    "document-rendering",
    "oms-tests",
    "xtask",
];

pub fn test() -> Result<()> {
    step("formatting", || run(cargo().args(["fmt", "--all", "--check"])))?;
    step("components and the oms command", build::all)?;
    let postgres = step("a PostgreSQL for the tests", Postgres::start)?;
    step("tests", || {
        let mut command = cargo();
        command.arg("test");
        for package in TESTED {
            command.args(["--package", package]);
        }
        command.args(["--features", "oms-store/native"]);
        command.env("OMS_TEST_POSTGRES", postgres.url());
        run(&mut command)
    })
}

pub fn soak(arguments: &[String]) -> Result<()> {
    build::all()?;
    let postgres = Postgres::start()?;
    let mut command = cargo();
    command.args(["run", "--package", "oms-tests", "--bin", "soak", "--"]).args(arguments);
    run(command.env("OMS_TEST_POSTGRES", postgres.url()))
}

pub fn bench(arguments: &[String]) -> Result<()> {
    build::all()?;
    let postgres = Postgres::start()?;
    let mut command = cargo();
    command.args(["run", "--package", "oms-tests", "--bin", "bench", "--"]).args(arguments);
    run(command.env("OMS_TEST_POSTGRES", postgres.url()))
}

fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("── {name}");
    let begin = Instant::now();
    let outcome = work().with_context(|| format!("{name} failed"));
    eprintln!("── {name}: {:.0} s", begin.elapsed().as_secs_f32());
    outcome
}
