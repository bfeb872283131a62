//! Trying a device, of others or ours, against the document of its dialect: operation by operation, leaving it as it was.
//!
//! A dialect's room is a table of [`Row`]s, one for each operation of its document, and a [`Device`] that asks them:
//! over the codecs of [`dialects`] and the clients of [`crate::links`]. What an answer must be like is not written down
//! a second time: it is read leniently, written exactly, and the two are compared ([`compare`]).

pub mod compare;
pub mod facegate;
mod heard;
pub mod lan;
mod listening;
mod look;
pub mod mqtt;
pub mod openapi;
mod picture;
pub mod qyzn;
mod report;
mod row;

pub use listening::Listening;
pub use report::{Finding, Outcome, Report};
pub use row::{Came, Device, Effect, NoAnswer, Row, Step, need};

use crate::config::HubConfig;
use crate::links::CallError;
use crate::links::dialled::address::{HostPort, NoHostPort};
use std::time::Duration;

/// What the probe's own person is called, and starts with, on every device.
pub const PERSON: &str = "menshen-probe";
/// The name of that person.
const PERSON_NAME: &str = "Menshen Probe";

/// How a device is tried.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether what cannot be undone is tried, too.
    pub destructive: bool,
    /// How long a device may take for one answer.
    pub answer_within: Duration,
}

/// Why a device was not tried at all.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The address is none.
    #[error("{0:?} is no address: {1}")]
    Address(String, NoHostPort),
    /// The configuration within which devices are called cannot be made.
    #[error("the times of the probe cannot be used: {0}")]
    Times(String),
    /// It cannot be listened there.
    #[error("devices cannot be listened for at {0}: {1}")]
    Listen(String, std::io::Error),
    /// Nobody came.
    #[error("no device came to {0} within {within} s and made itself known; is it set to that address?", within = .1.as_secs())]
    NobodyCame(String, Duration),
    /// Nobody is there.
    #[error("no device answers at {0}: {1}; is it on, and is that its address?")]
    Nobody(String, CallError),
}

impl Options {
    /// The bounds within which a device is called.
    fn bounds(&self) -> Result<HubConfig, ProbeError> {
        let seconds = self.answer_within.as_secs().max(1);
        let config = HubConfig::with(&format!("[devices]\ncall_seconds = {seconds}"));
        config.map_err(|error| ProbeError::Times(error.to_string()))
    }
}

/// Reads an address to dial.
fn dialled(address: &str) -> Result<HostPort, ProbeError> {
    address
        .parse()
        .map_err(|error| ProbeError::Address(address.to_owned(), error))
}
