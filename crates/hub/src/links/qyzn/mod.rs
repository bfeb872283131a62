//! The hub's side of qyzn: terminals dial in, one long TCP connection each.
//!
//! [`listener`] accepts within bounds; [`connection`] is one socket with the dialect's state machine; [`session`]
//! answers what a device asks; [`calls`] is the [`Link`](super::Link) over which the hub asks the device.

mod calling;
mod calls;
mod connection;
mod declared;
mod listener;
mod native;
mod people;
mod record;
mod refusal;
mod session;
mod settings;
mod sync;

pub use declared::Qyzn;
pub use listener::serve;

/// The dialect's name.
const NAME: &str = "qyzn";
