//! Closing the difference between what devices should hold and what they hold: a worker per connected device, woken
//! by what the outbox tells.

mod dispatch;
mod import;
mod photos;
mod worker;

pub(crate) use dispatch::wake_devices;
pub(crate) use import::{ImportState, Imports, begin as begin_import, verify};
pub(crate) use worker::work_off;
