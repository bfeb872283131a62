//! The hub's state: one trait per subject, SQLite behind.
//!
//! A change, its audit line, its announcements and what follows for rosters are one transaction: the functions that
//! take a [`crate::Write`] ([`audit::note`], [`outbox::announce`], …) are what repositories share for that.

pub mod accounts;
mod accounts_rows;
mod accounts_sqlite;
pub mod audit;
mod column;
pub mod commands;
pub mod devices;
pub mod imports;
pub mod outbox;
pub mod page;
pub mod people;
pub mod photos;
pub mod records;
pub mod rooms;
pub mod roster;
pub mod rules;
pub mod settings;
mod whole;

pub use accounts::{Accounts, Actor};
pub use audit::Audit;
pub use commands::Commands;
pub use devices::Devices;
pub use imports::Imports;
pub use outbox::{Event, Outbox};
pub use page::{Page, PageRequest, Revised};
pub use people::People;
pub use records::Records;
pub use rooms::Rooms;
pub use roster::Roster;
pub use rules::Rules;
pub use settings::Settings;
#[cfg(test)]
pub(crate) use whole::MIGRATIONS;
pub use whole::{HubStore, HubStoreOptions};

pub(crate) use column::{
    check_revision, conflict, instant, json, new_id, not_found, optional_instant, to_millisecond,
    unknown_reference,
};
