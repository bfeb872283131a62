//! `menshen config check|show`.

use crate::cli::{ConfigCommand, SideArgument, SideArguments};
use crate::config::{self, Effective, HUB, Side, Sources, TERMINAL};
use crate::output;
use anyhow::Result;

pub(crate) fn run(command: ConfigCommand) -> Result<()> {
    match command {
        ConfigCommand::Show {
            default: Some(side), ..
        } => config::print_default(named(side)),
        ConfigCommand::Show { of, json, side, .. } => {
            let (_, effective) = load(of, side)?;
            config::print_effective(&effective, json)
        }
        ConfigCommand::Check { of, side } => check(of, side),
    }
}

fn check(of: Option<SideArgument>, arguments: SideArguments) -> Result<()> {
    let (side, effective) = load(of, arguments)?;
    match side.name {
        "hub" => super::sides::hub_config(&effective).map(drop)?,
        _ => super::sides::terminal_config(&effective).map(drop)?,
    }
    output::line(format_args!("the configuration of the {} can be used", side.name))?;
    Ok(())
}

fn load(of: Option<SideArgument>, arguments: SideArguments) -> Result<(&'static Side, Effective)> {
    let side = of.map_or_else(|| config::guess(arguments.config.as_deref()), named);
    let sources = Sources::new(arguments.config, arguments.set, arguments.data);
    Ok((side, Effective::load(side, &sources)?))
}

fn named(side: SideArgument) -> &'static Side {
    match side {
        SideArgument::Hub => &HUB,
        SideArgument::Terminal => &TERMINAL,
    }
}
