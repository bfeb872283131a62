//! One terminal that speaks all five dialects at once on one person library, as a real process: two dial one hub, the
//! other three are called as their documents say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod callers;
#[path = "../stories/kit/mod.rs"]
mod kit;
mod library;
mod records;
mod swarm;
#[path = "../stories/wires.rs"]
mod wires;
mod world;

/// The wire of the kit's own pair, which meets in the others as well.
const WIRE: &kit::Wire = &wires::QYZN;
