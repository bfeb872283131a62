//! Closing the difference between what devices should hold and what they hold: a worker per connected device, woken
//! by what the outbox tells.

mod dispatch;
mod photos;
mod worker;

pub(crate) use dispatch::wake_devices;
pub(crate) use worker::work_off;
