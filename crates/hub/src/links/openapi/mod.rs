//! The hub's side of openapi, chapters 7 and 8: it calls terminals, signed, and listens to what they recognise on a
//! WebSocket of theirs.
//!
//! [`contact`] is the first word to a terminal; [`wire`] signs calls, reads answers and copes with clocks; [`calls`] is the
//! [`Link`](super::Link) over them; [`people`] and [`records`] read what a terminal holds; [`socket`] listens.

mod calls;
mod contact;
mod declared;
mod people;
mod records;
mod settings;
mod socket;
mod wire;

pub use declared::OpenApi;

/// The dialect's name.
const NAME: &str = "openapi";
