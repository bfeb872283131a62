//! A hub and a terminal as two real processes that speak qyzn, with nothing but their outer contract in between.
//!
//! Slow ones run fewer rounds by default; `MENSHEN_TEST_ROUNDS` (kills of each side) and `MENSHEN_TEST_PASSES` (passes
//! without a hub) ask for more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

#[path = "../stories/bulk.rs"]
mod bulk;
#[path = "../stories/clocks.rs"]
mod clocks;
mod demo;
#[path = "../stories/door.rs"]
mod door;
mod drift;
#[path = "../stories/erasure.rs"]
mod erasure;
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
#[path = "../stories/wires.rs"]
mod wires;

/// What is spoken here.
const WIRE: &kit::Wire = &wires::QYZN;
