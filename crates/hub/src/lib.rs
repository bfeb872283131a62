//! The platform side: it speaks the dialects to a fleet of terminals, keeps who may pass where and when, receives
//! every record, and gives people and programs one API, one event stream and a console.
//!
//! [`Hub::start`](state::Hub::start) starts one. `api` is what people and programs reach, `links` what devices reach.

pub mod admin;
pub mod api;
mod commands;
pub mod config;
pub mod events;
pub mod intake;
pub mod links;
pub mod listen;
mod metrics;
mod patience;
pub mod people;
pub mod presence;
pub mod probe;
mod retention;
mod roster;
pub mod secret;
pub mod start;
pub mod state;

pub use start::{Listeners, Options, Running, StartError};
pub use state::Hub;
