//! The components for WebAssembly, and the native `oms`.

use crate::process::{finish, output, run, start};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::{Child, Command};

const TARGET: &str = "wasm32-wasip2";

/// How variables begin that `cargo run` sets for the program that it runs.
const OF_XTASK: [&str; 5] = [
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_PRIMARY_PACKAGE",
];

/// The packages that are built as components.
pub const COMPONENTS: [&str; 9] = [
    "intake",
    "routing",
    "transition",
    "escalation",
    "documents",
    "provisioning",
    "console",
    "identity",
    "billmaster",
];

/// Components and the oms command, at the same time: each build alone leaves processors idle at its narrow places.
pub fn all() -> Result<()> {
    let guests = start_components()?;
    let native = run(cargo().args(["build", "--package", "oms-cli"]));
    finish_components(guests)?;
    native.context("the oms command was not built")
}

pub fn start_components() -> Result<Child> {
    ensure_target()?;
    start(&mut components_command())
}

pub fn finish_components(building: Child) -> Result<()> {
    finish(building, "the components were not built")
}

pub fn components() -> Result<()> {
    ensure_target()?;
    run(&mut components_command()).context("the components were not built")
}

fn components_command() -> Command {
    let mut command = cargo();
    command.args(["build", "--release", "--target", TARGET]);
    for component in COMPONENTS {
        command.args(["--package", component]);
    }
    command
}

/// The program that was built.
pub fn oms() -> PathBuf {
    target_directory().join("debug").join("oms")
}

pub fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // xtask runs under `cargo run`, whose variables describe xtask and not what is built here. Build scripts that look at
    // them would be run again, and all that stands on them built again, whenever cargo is called with xtask and without.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if OF_XTASK.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

/// Finds the WebAssembly standard library, or asks rustup for it.
fn ensure_target() -> Result<()> {
    let library = output("rustc", &["--print", "target-libdir", "--target", TARGET]);
    if library.is_some_and(|path| PathBuf::from(path).is_dir()) {
        return Ok(());
    }
    eprintln!("The target {TARGET} is missing; installing it with rustup …");
    let added = run(Command::new("rustup").args(["target", "add", TARGET]));
    if added.is_err() {
        bail!(
            "the Rust target {TARGET} is missing and rustup could not add it; \
             run `rustup target add {TARGET}` where the network allows it"
        );
    }
    Ok(())
}
