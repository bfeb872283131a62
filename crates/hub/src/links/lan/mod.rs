//! The hub's side of lan: it calls terminals in the local network, and they post heartbeats and records.
//!
//! [`contact`] is the first word to a terminal: its key, who it is, where it is to post. [`wire`] writes calls and reads
//! answers; [`calls`] is the [`Link`](super::Link) over them; [`people`] and [`records`] read what a terminal holds;
//! [`pushed`] takes what it posts.

mod calls;
mod contact;
mod declared;
mod people;
mod pushed;
mod records;
mod wire;

pub use declared::Lan;
pub(super) use pushed::routes;

/// The dialect's name.
const NAME: &str = "lan";
