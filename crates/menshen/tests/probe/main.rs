//! `menshen probe` from outside: our own terminals hold, row by row, and are afterwards as they were; a device with
//! planted faults is found out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    dead_code,
    missing_docs
)]

mod facegate;
mod faulty;
#[path = "../stories/kit/mod.rs"]
mod kit;
mod listened;
mod listened_chapter9;
mod listened_faulty;
mod listened_mqtt;
mod openapi;
mod ours;
mod probing;
#[path = "../stories/wires.rs"]
mod wires;

/// What the kit's stories speak; here each test has its own.
const WIRE: &kit::Wire = &wires::LAN;
