//! What the dialects over HTTP share: the listeners ([`place`], [`serving`]), calls to platforms ([`client`]), and the
//! delivery of records by such calls ([`pushing`]).
//!
//! A dialect that is served over HTTP is added like this:
//!
//! 1. `config`: its table (an `Option` in `TerminalConfig`, a `check`, an entry in `OPTIONAL_TABLES`, its keys with their
//!    comments in `terminal.toml`).
//! 2. [`super::listens`]: one line for each of its listeners, with the name that it has in `listeners.json`. It is bound at
//!    the start, and again on the same address after a commanded reboot; [`place::Places::open`] gives it out.
//! 3. `endpoints/<name>/mod.rs`: `DIALECT` and an `async fn run(device, config, places, ending)` that returns when
//!    `ending.run` is cancelled. It opens its place and hands a router to [`serving::serve`]; what it keeps over restarts
//!    goes into a [`super::kept::Kept`]. [`super::start`] spawns it, [`super::switched_on`] names it.
//! 4. Records: a [`pushing::Platform`] that posts one record and reads the answer, given to [`pushing::run`], which decides
//!    what goes out when: those on which this dialect decides at once, the others oldest first, each again until the
//!    platform has it.
//! 5. A commanded reboot: [`crate::device::Device::reboot`] once the answer is on its way; requests under way are
//!    finished first.

pub(crate) mod client;
pub(crate) mod place;
pub(crate) mod pushing;
pub(crate) mod serving;

pub(crate) use client::{Client, Post};
pub(crate) use place::Places;
