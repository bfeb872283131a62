//! Running other programs from the root of the repository.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A `cargo` command that runs in the root of the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command.args(arguments).current_dir(root());
    command
}

/// Prints and runs a step, and fails when it fails.
pub(crate) fn step(title: &str, command: &mut Command) -> Result<()> {
    let started = Instant::now();
    println!("==> {title}");
    let status = command
        .status()
        .with_context(|| format!("{title}: cannot start {command:?}"))?;
    if !status.success() {
        bail!("{title}: failed ({status}): {command:?}");
    }
    println!("==> {title}: {} s", started.elapsed().as_secs());
    Ok(())
}

/// Whether a command runs and succeeds; its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
