//! The hub's side of openapi: it calls terminals, signed, and listens to what they recognise on a WebSocket of theirs
//! (chapters 7 and 8); and terminals ask it, the other way round (chapter 9, [`platform`]).
//!
//! [`contact`] is the first word to a terminal; [`wire`] signs calls, reads answers and copes with clocks; [`calls`] is the
//! [`Link`](super::Link) over them; [`people`] and [`records`] read what a terminal holds; [`socket`] listens.

mod calls;
mod contact;
mod declared;
mod people;
mod platform;
mod records;
mod settings;
mod socket;
mod wire;

pub use declared::OpenApi;
pub(super) use platform::routes;

/// The dialect's name.
const NAME: &str = "openapi";
