//! The hub's side of facegate: it calls terminals (`POST /action/<Operator>`), and they push what happens to addresses that
//! the hub subscribed.
//!
//! [`contact`] is the first word to a terminal: its user, who it is, its clock; [`subscription`] what it is to push.
//! [`wire`] writes calls and reads answers; [`calls`] is the [`Link`](super::Link) over them, [`commands`] what it is told to
//! do once, [`people`] whom it holds, [`batch`] several of them at once, [`settings`] what it is set to. [`pushed`] takes
//! what it pushes, [`document`] keeps the identity cards that it read until their passes come, [`code`] decides on QR
//! codes, [`fill`] fetches what an outage left there, [`paging`] in pages that are not too large.

mod batch;
mod calls;
mod code;
mod commands;
mod contact;
mod declared;
mod document;
mod fill;
mod paging;
mod people;
mod pushed;
mod record;
mod settings;
mod subscription;
mod wire;

pub use declared::Facegate;
pub(super) use pushed::routes;

/// The dialect's name.
const NAME: &str = "facegate";
