//! `cargo xtask …`: what people and the CI run. The CI is `cargo xtask test` and nothing else.

mod demo;
mod fuzz;
mod lint;
mod process;
mod rules;
mod test;

use anyhow::{Result, bail};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo [ARGS…]   set up what is needed (face models, sample photos) and run `menshen demo`
  test           set up what is needed and run every check: lint, tests, doc tests, fuzzing for a minute
  lint           rustfmt, clippy without warnings, the rules of the house
  rules          the rules of the house alone (who depends on whom, rooms of the dialects, paths in the docs)
  fuzz [SECONDS] every fuzz target, SECONDS in all (60)
  bench          build for release and print the benchmark table with its ratios
  figures        lengths of files and functions";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => bail!("no command\n{USAGE}"),
    };
    match command {
        "demo" => demo::run(rest),
        "test" => test::run(),
        "lint" => lint::run(),
        "rules" => rules::check(&process::root()),
        "fuzz" => fuzz::run(rest.first().map_or(Ok(fuzz::SECONDS_IN_ALL), |s| s.parse())?),
        "bench" => demo::bench(rest),
        "figures" => rules::figures::print(&process::root()),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => bail!("no command `{other}`\n{USAGE}"),
    }
}
