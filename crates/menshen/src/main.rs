//! Menshen's one binary: the command line, the configuration and the wiring of the crates. What happens is in `hub`,
//! `terminal` and `face`.

mod cli;
mod commands;
mod config;
mod demo;
mod files;
mod log;
mod output;
mod stop;

use clap::Parser;
use cli::{Arguments, Command};
use config::ConfigError;
use std::process::ExitCode;

/// The command was used wrongly, or its configuration cannot be used.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    // Before anything else: with one provider installed no library chooses for itself (docs/decisions).
    let provider_was_there = rustls::crypto::ring::default_provider()
        .install_default()
        .is_err();
    let arguments = Arguments::parse();
    if provider_was_there {
        return report(&anyhow::anyhow!(
            "another crypto provider was installed first; this is a fault of the build"
        ));
    }
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if output::nobody_reads(&error) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Face(command) => commands::face::run(command),
        Command::Models(command) => commands::models::run(command),
        Command::Config(command) => commands::config::run(command),
        Command::Admin(command) => runtime()?.block_on(commands::admin::run(command)),
        Command::Swarm(arguments) => runtime()?.block_on(commands::swarm::run(arguments)),
        Command::Probe(arguments) => runtime()?.block_on(commands::probe::run(arguments)),
        Command::Demo(arguments) => runtime()?.block_on(demo::run(arguments)),
        Command::Terminal(arguments) => runtime()?.block_on(commands::sides::terminal(arguments)),
        Command::Hub(arguments) => runtime()?.block_on(commands::sides::hub(arguments)),
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// The causes in one line, each once: many errors name theirs themselves.
fn sentence(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line.replace('\n', " ")
}

/// One line on standard error, and the exit code. While the log writes JSON lines, this is one of them.
fn report(error: &anyhow::Error) -> ExitCode {
    let line = sentence(error);
    if log::is_json() {
        tracing::error!("{line}");
    } else {
        eprintln!("menshen: {line}");
    }
    let usage = error
        .chain()
        .any(|cause| cause.is::<ConfigError>() || cause.is::<commands::Usage>());
    if usage {
        ExitCode::from(WRONG_USAGE)
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;
    use anyhow::Context;

    #[test]
    fn a_cause_is_told_once() {
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let named = anyhow::Error::from(missing()).context(format!("cannot read x: {}", missing()));
        assert_eq!(sentence(&named), format!("cannot read x: {}", missing()));
        let bare = Err::<(), _>(missing()).context("cannot read x").unwrap_err();
        assert_eq!(sentence(&bare), format!("cannot read x: {}", missing()));
    }
}
