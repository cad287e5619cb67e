//! `cargo xtask`: builds, runs, tests and measures the product. `cargo xtask help` lists what it can do.

mod build;
mod postgres;
mod process;
mod test;

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  up [ARGS…]     build everything, then run `oms up --demo ARGS…` (try --help)
  build          build the components and the oms command
  test           everything that is checked before a change lands; starts a PostgreSQL of its own
  soak           what takes longer than two minutes: long kill tests under load
  bench [ARGS…]  measure the product beside a native program that does the same work
  help           this text";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_else(|| "help".to_owned());
    let rest: Vec<String> = arguments.collect();
    std::env::set_current_dir(root())?;
    match command.as_str() {
        "up" => {
            build::all()?;
            process::replace(
                &build::oms(),
                ["up", "--demo"].into_iter().map(str::to_owned).chain(rest),
            )
        }
        "build" => build::all().map(|()| ExitCode::SUCCESS),
        "test" => test::test().map(|()| ExitCode::SUCCESS),
        "soak" => test::soak(&rest).map(|()| ExitCode::SUCCESS),
        "bench" => test::bench(&rest).map(|()| ExitCode::SUCCESS),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("there is no command {other:?}\n\n{HELP}"),
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
