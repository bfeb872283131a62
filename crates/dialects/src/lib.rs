//! The wire protocols of face terminals as typed messages: framing, signing, field names, error codes and the
//! conversion from and to [`model`].
//!
//! Everything here is pure: bytes in, bytes out; no sockets, no clock, no randomness. What arrives is read leniently
//! (aliases, numbers as text, blanks in keys), what leaves is written exactly as the protocol's document prints it.
//! Whatever bytes arrive give a value or an error that says where and what, never a panic.
//!
//! Shared by all dialects: [`lenient`] (reading what real devices send), [`fields`] (tables of settings), [`limits`]
//! (of single fields), [`loss`] (what a conversion could not express), [`local_time`] (wall clocks without a zone),
//! [`epoch`] (instants as numbers), [`http`] (calls and their parameters), [`told`] and [`received`] (people and records
//! as a message tells them), [`placement`] and [`reported`] (a person to be placed, a pass to be told).

mod convert;
pub mod epoch;
pub mod facegate;
pub mod fields;
pub mod http;
pub mod lan;
pub mod lenient;
pub mod limits;
pub mod local_time;
pub mod loss;
pub mod mqtt;
mod numbered;
pub mod openapi;
pub mod placement;
pub mod qyzn;
pub mod received;
pub mod reported;
pub mod text;
pub mod told;

pub use loss::{Loss, LossReason};
