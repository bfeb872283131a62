//! A hub and a terminal as two real processes that speak facegate, with nothing but their outer contract in between.
//!
//! Slow ones run fewer rounds by default; `MENSHEN_TEST_ROUNDS` (kills of each side) asks for more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

#[path = "../stories/asking.rs"]
mod asking;
#[path = "../stories/bulk.rs"]
mod bulk;
mod caller;
#[path = "../stories/clocks.rs"]
mod clocks;
#[path = "../stories/door.rs"]
mod door;
#[path = "../stories/erasure.rs"]
mod erasure;
mod hostile;
#[path = "../stories/import.rs"]
mod import;
#[path = "../stories/kill.rs"]
mod kill;
#[path = "../stories/kit/mod.rs"]
mod kit;
#[path = "../stories/life.rs"]
mod life;
#[path = "../stories/offline.rs"]
mod offline;
mod outage;
#[path = "../stories/pictures.rs"]
mod pictures;
#[path = "../stories/proxy.rs"]
mod proxy;
#[path = "../stories/rough.rs"]
mod rough;
#[path = "../stories/swarm.rs"]
mod swarm;
mod table;
#[path = "../stories/ways.rs"]
mod ways;
mod wiped;
#[path = "../stories/wires.rs"]
mod wires;

/// What is spoken here.
const WIRE: &kit::Wire = &wires::FACEGATE;
