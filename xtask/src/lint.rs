//! `cargo xtask lint`.

use crate::process::{cargo, root, step};
use crate::rules;
use anyhow::Result;

/// rustfmt, clippy without warnings, and the rules of the house.
pub(crate) fn run() -> Result<()> {
    step("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    rules::check(&root())?;
    step(
        "clippy",
        &mut cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
    )
}
