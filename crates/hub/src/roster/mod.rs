//! Closing the difference between what devices should hold and what they hold: a worker per connected device, woken
//! by what the outbox tells; what devices hold beside that is compared and taken over.

mod calls;
mod compare;
mod dispatch;
mod import;
mod photos;
mod telling;
mod worker;

pub(crate) use compare::{keep_stray, verify};
pub(crate) use dispatch::wake_devices;
pub(crate) use import::begin as begin_import;
pub(crate) use photos::picture;
pub(crate) use worker::work_off;
