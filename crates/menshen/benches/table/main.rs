//! The benchmark table: what the product does, beside a floor or a peer measured in the same run. Quote the ratios;
//! the figures are this machine's.
//!
//! `cargo xtask bench` prints it, `cargo xtask bench --write` also puts it into `docs/benchmarks.md`. A word picks rows:
//! `cargo xtask bench search`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

mod door;
mod faces;
#[path = "../../tests/stories/kit/mod.rs"]
mod kit;
mod memory;
mod people;
#[path = "../../tests/stories/pictures.rs"]
mod pictures;
mod records;
mod report;
mod search;
#[path = "../../tests/stories/wires.rs"]
mod wires;

use report::{Report, Row};
use std::time::{Duration, Instant};

/// What is spoken where a row does not say.
const WIRE: &kit::Wire = &wires::QYZN;

/// One group of rows: its name on the command line and what measures it.
type Group = (&'static str, fn() -> Vec<Row>);

const GROUPS: [Group; 6] = [
    ("records", records::rows),
    ("memory", memory::rows),
    ("door", door::rows),
    ("people", people::rows),
    ("faces", faces::rows),
    ("search", search::rows),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments
        .first()
        .is_some_and(|argument| argument == memory::FLOOR_ARGUMENT)
    {
        return memory::floor_process();
    }
    let words: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let mut report = Report::new();
    for (name, measure) in GROUPS {
        if words.is_empty() || words.iter().any(|word| *word == name) {
            eprintln!("measuring {name}");
            report.add(measure());
        }
    }
    println!("{report}");
    if arguments.iter().any(|argument| argument == "--write") {
        report.write();
    }
}

/// A runtime as the binary has it.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// The median of a few durations.
fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations[durations.len() / 2]
}

/// How long something takes, the median of so many times.
fn time(times: usize, mut work: impl FnMut()) -> Duration {
    let once = |_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    median((0..times).map(once).collect())
}
