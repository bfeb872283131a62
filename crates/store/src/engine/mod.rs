//! One database with one writer thread and a pool of readers.

mod check;
mod event;
mod gate;
mod lock;
mod migrate;
#[cfg(test)]
mod migrate_tests;
mod open;
mod queue;
mod readers;
mod reclaim;
mod store;
mod write;
mod writer;

pub use migrate::Migration;
pub use open::Options;
pub use reclaim::Reclaimed;
pub use store::Store;
pub use write::Write;
