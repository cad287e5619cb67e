//! Running programs, with an error that says what was run.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

/// Runs a program to its end; a failure is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let status =
        command.status().with_context(|| format!("{} could not be started", shown(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// Starts a program that goes on while others run.
pub fn start(command: &mut Command) -> Result<Child> {
    command.spawn().with_context(|| format!("{} could not be started", shown(command)))
}

/// Waits for a program that was started.
pub fn finish(mut program: Child, failed: &str) -> Result<()> {
    let status = program.wait()?;
    if !status.success() {
        bail!("{failed} ({status})");
    }
    Ok(())
}

/// What a program prints; nothing when it fails.
pub fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Becomes another program, so that signals reach it directly.
#[cfg(unix)]
pub fn replace(program: &Path, arguments: impl IntoIterator<Item = String>) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    let error = Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("{} could not be started", program.display()))
}

#[cfg(not(unix))]
pub fn replace(program: &Path, arguments: impl IntoIterator<Item = String>) -> Result<ExitCode> {
    let status = Command::new(program).args(arguments).status()?;
    Ok(ExitCode::from(u8::from(!status.success())))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
