//! `cargo xtask demo` and `cargo xtask bench`: what needs set-up before the binary runs.

use crate::process::{cargo, root, step};
use crate::test;
use anyhow::Result;

/// Builds, installs models and photos, and runs `menshen demo` in the root of the repository.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut menshen = test::build_menshen(false)?;
    test::set_up_models();
    step(
        "menshen demo",
        menshen.arg("demo").args(arguments).current_dir(root()),
    )
}

/// Builds for release and runs the benchmark table.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    test::set_up_models();
    let bench = [
        "bench",
        "--locked",
        "--package",
        "menshen",
        "--bench",
        "table",
        "--",
    ];
    step("benchmarks", cargo(&bench).args(arguments))
}
