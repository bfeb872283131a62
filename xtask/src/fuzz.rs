//! Fuzzing for a while: every target of `fuzz/`, without a sanitizer, which the stable toolchain can build.

use crate::process::{cargo, root, step, succeeds};
use anyhow::{Context, Result};
use std::path::Path;

/// How long the CI fuzzes, all targets together.
pub(crate) const SECONDS_IN_ALL: u64 = 60;

/// Runs each target for its share of `seconds`.
pub(crate) fn run(seconds: u64) -> Result<()> {
    let targets = targets(&root())?;
    if targets.is_empty() {
        println!("no fuzz targets");
        return Ok(());
    }
    if !succeeds(&mut cargo(&["fuzz", "--version"])) {
        step(
            "install cargo-fuzz",
            &mut cargo(&["install", "cargo-fuzz", "--locked", "--debug"]),
        )?;
    }
    let share = seconds.div_ceil(targets.len() as u64).max(1);
    for target in &targets {
        let limit = format!("-max_total_time={share}");
        // What is found goes into the first folder; the seeds are only read.
        let (found, seeds) = (format!("fuzz/corpus/{target}"), format!("fuzz/seeds/{target}"));
        std::fs::create_dir_all(root().join(&found)).context("fuzz/corpus")?;
        let arguments = [
            "fuzz",
            "run",
            "-s",
            "none",
            target,
            &found,
            &seeds,
            "--",
            &limit,
            "-rss_limit_mb=2048",
            "-timeout=10",
        ];
        step(&format!("fuzz {target} for {share} s"), &mut cargo(&arguments))?;
    }
    Ok(())
}

/// The names of the fuzz targets, from their manifest.
fn targets(root: &Path) -> Result<Vec<String>> {
    let manifest = root.join("fuzz/Cargo.toml");
    if !manifest.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&manifest).context("fuzz/Cargo.toml")?;
    let table: toml::Table = text.parse().context("fuzz/Cargo.toml")?;
    let bins = table
        .get("bin")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten();
    Ok(bins
        .filter_map(|bin| bin.get("name")?.as_str().map(str::to_owned))
        .collect())
}
