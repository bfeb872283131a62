//! `menshen demo`: a hub and a terminal for each dialect in one process, wired over loopback, and three people who pass
//! again and again. Everything is done through the two HTTP APIs, as any program outside would.

mod client;
mod doors;
mod events;
mod people;
mod scenes;
mod site;
mod start;

use crate::cli::DemoArguments;
use crate::stop::{self, Stop};
use crate::{log, output};
use anyhow::{Result, bail};
use scenes::Stage;
use start::Both;

/// The demo tells what happens itself; the log has what went wrong.
const LOG_LEVEL: &str = "warn";

/// Runs the demo until Ctrl-C, or for so many rounds.
pub(crate) async fn run(arguments: DemoArguments) -> Result<()> {
    log::start(LOG_LEVEL);
    let both = Both::start(&arguments).await?;
    let played = tokio::select! {
        () = Stop::hear().requested() => Ok(()),
        played = play(&both, &arguments) => played,
    };
    output::line(format_args!("stopping"))?;
    stop::finish(both.stop()).await;
    played
}

async fn play(both: &Both, arguments: &DemoArguments) -> Result<()> {
    let mut stage = both.stage(arguments.pause).await?;
    let mut played = 0;
    while arguments.rounds.is_none_or(|rounds| played < rounds) {
        stage.round().await?;
        played += 1;
    }
    match stage {
        Stage { surprises: 0, .. } => Ok(()),
        Stage { surprises, .. } => {
            bail!("{surprises} passes did not go as they should; see the lines marked UNEXPECTED")
        }
    }
}
