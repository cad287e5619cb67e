//! `oms compile`: what a start would have to compile is compiled before.

use crate::output::Output;
use anyhow::{Context, Result, bail};
use clap::Args;
use oms_host::{HostOptions, Program};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Compile the components, so that the next start finds them compiled.
#[derive(Debug, Args)]
#[command(after_help = "Example: oms compile --manifest spin.toml")]
pub struct Compile {
    /// The app's manifest.
    #[arg(long, default_value = "spin.toml")]
    manifest: PathBuf,
}

pub async fn run(command: Compile, output: Output) -> Result<ExitCode> {
    require_manifest(&command.manifest)?;
    let cache = HostOptions::new(&command.manifest).cache_directory.context("there is no cache")?;
    let progress = |message: &str| output.progress(message);
    oms_host::precompile(&command.manifest, &BTreeMap::new(), &cache, &progress).await?;
    output.outcome("The components are compiled.", &json!({ "compiled": true }));
    Ok(ExitCode::SUCCESS)
}

pub fn require_manifest(manifest: &Path) -> Result<()> {
    if !manifest.is_file() {
        bail!(
            "there is no {}; run this in the project's folder, or name it with --manifest",
            manifest.display()
        );
    }
    Ok(())
}

/// This program, told to compile the components of a manifest. None: the system does not know where it is.
pub fn program(manifest: &Path) -> Option<Program> {
    let path = std::env::current_exe().ok()?;
    let arguments = ["compile".into(), "--manifest".into(), manifest.into()].into();
    Some(Program { path, arguments })
}
