//! The device side: a software terminal with a real face engine, a person library, access rules, a journal of records
//! and a door, driven through its kiosk and by the platforms whose dialects it speaks.

pub mod behaviour;
pub mod camera;
pub mod clock;
pub mod config;
pub mod connections;
pub mod decider;
pub mod device;
pub mod door;
pub mod events;
pub mod pass;
pub mod people;
pub mod pins;
pub mod questions;
pub mod reader;
pub mod resends;
pub mod swarm;
pub mod upgrade;

mod endpoints;
mod expiry;
mod kiosk;
mod pushes;
mod reboots;
mod running;

pub use running::{Listeners, Running, StartError, StartOptions, Terminal};
