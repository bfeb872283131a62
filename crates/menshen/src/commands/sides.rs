//! `menshen hub` and `menshen terminal`: configuration in, a running side until it is asked to stop.

use super::Usage;
use crate::cli::SideArguments;
use crate::config::{Effective, HUB, Sources, TERMINAL};
use crate::stop::{self, Stop};
use crate::{files, log, output};
use anyhow::Result;
use hub::config::HubConfig;
use serde_json::json;
use std::io::IsTerminal;
use terminal::config::TerminalConfig;

/// The level of the log of a side that runs by itself.
const LOG_LEVEL: &str = "info";

/// Runs a hub until SIGTERM or Ctrl-C.
pub(crate) async fn hub(arguments: SideArguments) -> Result<()> {
    log::start(LOG_LEVEL);
    let stop = Stop::hear();
    files::raise_bound();
    let sources = Sources::new(arguments.config, arguments.set, arguments.data);
    let config = hub_config(&Effective::load(&HUB, &sources)?)?;
    let running = hub::Hub::start(config, hub::start::Options::default()).await?;
    if let Some(password) = running.first_password() {
        print_first_password(password)?;
    }
    stop.requested().await;
    tracing::info!("stopping");
    stop::finish(running.stop()).await;
    Ok(())
}

/// Runs a terminal until SIGTERM or Ctrl-C.
pub(crate) async fn terminal(arguments: SideArguments) -> Result<()> {
    log::start(LOG_LEVEL);
    let stop = Stop::hear();
    let sources = Sources::new(arguments.config, arguments.set, arguments.data);
    let config = terminal_config(&Effective::load(&TERMINAL, &sources)?)?;
    let running = terminal::Terminal::start(config, terminal::StartOptions::default()).await?;
    stop.requested().await;
    tracing::info!("stopping");
    stop::finish(running.stop()).await;
    Ok(())
}

/// A hub's configuration, its values checked.
pub(crate) fn hub_config(effective: &Effective) -> Result<HubConfig> {
    let config = effective.read()?;
    hub::start::check(&config).map_err(|error| Usage(error.to_string()))?;
    Ok(config)
}

/// A terminal's configuration, its values checked.
pub(crate) fn terminal_config(effective: &Effective) -> Result<TerminalConfig> {
    let config: TerminalConfig = effective.read()?;
    config.check().map_err(|error| Usage(error.to_string()))?;
    Ok(config)
}

/// On standard output, once; never in the log.
fn print_first_password(password: &str) -> Result<()> {
    if std::io::stdout().is_terminal() {
        output::line(format_args!(
            "The first user is `admin`, the password `{password}`. It is shown this once."
        ))
    } else {
        output::line(format_args!(
            "{}",
            json!({ "first_user": "admin", "password": password })
        ))
    }
}
