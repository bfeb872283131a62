//! A hub and a terminal as two real processes that speak qyzn, with nothing but their outer contract in between.
//!
//! Slow ones run fewer rounds by default; `MENSHEN_TEST_ROUNDS` (kills of each side) and `MENSHEN_TEST_PASSES` (passes
//! without a hub) ask for more. What needs the face models and sample photos says so and passes without them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod demo;
mod door;
mod drift;
mod erasure;
mod import;
mod kill;
mod kit;
mod life;
mod offline;
#[path = "../proxy/mod.rs"]
mod proxy;
mod rough;
mod swarm;
mod table;
