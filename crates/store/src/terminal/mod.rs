//! A terminal's store: three traits at the seam, SQLite behind them.

mod device_state;
mod journal;
mod library;
mod sqlite;

pub use device_state::DeviceState;
pub use journal::{Entry, Journal, NewEntry, Trimmed};
pub use library::{KeptPerson, KeptPhoto, Library, NewPerson, NewPhoto, RenamedPhoto, Template};
#[cfg(test)]
pub(crate) use sqlite::MIGRATIONS;
pub use sqlite::TerminalStore;
