//! `cargo xtask test`: set-up, then every check.

use crate::process::{cargo, root, step, succeeds};
use crate::{fuzz, lint};
use anyhow::Result;
use std::process::Command;

/// Runs everything that the CI runs.
pub(crate) fn run() -> Result<()> {
    lint::run()?;
    set_up_models();
    tests()?;
    step(
        "doc tests",
        &mut cargo(&["test", "--workspace", "--doc", "--locked"]),
    )?;
    fuzz::run(fuzz::SECONDS_IN_ALL)
}

fn tests() -> Result<()> {
    if nextest_is_there() {
        let arguments = ["nextest", "run", "--workspace", "--locked", "--no-fail-fast"];
        return step("tests", &mut cargo(&arguments));
    }
    println!("cargo-nextest cannot be had here; running the tests with cargo test");
    let arguments = [
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "--lib",
        "--bins",
        "--tests",
    ];
    step("tests", &mut cargo(&arguments))
}

/// Whether `cargo nextest` is to be had. A debug build of it is fast enough to run tests and takes a third of the time to make.
fn nextest_is_there() -> bool {
    if succeeds(&mut cargo(&["nextest", "--version"])) {
        return true;
    }
    let install = ["install", "cargo-nextest", "--locked", "--debug"];
    step("install cargo-nextest", &mut cargo(&install)).is_ok()
        && succeeds(&mut cargo(&["nextest", "--version"]))
}

/// Installs the face models and the sample photos where they are missing. A machine that cannot fetch them still
/// builds and tests everything but recognition; the tests that need them say that they were left out.
pub(crate) fn set_up_models() {
    let arguments = [
        "run",
        "--quiet",
        "--locked",
        "--package",
        "menshen",
        "--",
        "models",
        "install",
        "--samples",
    ];
    if let Err(error) = step("face models and sample photos", &mut cargo(&arguments)) {
        println!("warning: {error:#}");
        println!("warning: going on without face models: what needs them is left out and says so");
    }
}

/// The menshen binary of this profile, built.
pub(crate) fn build_menshen(release: bool) -> Result<Command> {
    let mut arguments = vec!["build", "--locked", "--package", "menshen"];
    if release {
        arguments.push("--release");
    }
    step("build menshen", &mut cargo(&arguments))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    let profile = if release { "release" } else { "debug" };
    Ok(Command::new(root().join(target).join(profile).join("menshen")))
}
