//! Many light simulated devices against one hub: no engine, no store, only the wire. What the benchmark and a newcomer
//! measure a hub with.

mod dialled;
pub mod facegate;
mod fleet;
pub mod lan;
pub mod mqtt;
pub mod openapi;
mod pace;
pub mod photo;
mod posting;
pub mod qyzn;
mod report;

pub use report::{Latency, SwarmReport};

use crate::config::LimitsConfig;
use crate::endpoints::Client;
use std::net::IpAddr;
use std::time::Duration;

/// Why a swarm is not run.
#[derive(Debug, thiserror::Error)]
pub enum SwarmError {
    /// Options that contradict each other.
    #[error("{0}")]
    Options(&'static str),
}

/// What a swarm does.
#[derive(Debug, Clone)]
pub struct SwarmOptions {
    /// Where the hub's listener of the dialect is, or the broker: `host:port`, or as the dialect's own configuration has
    /// it.
    pub hub: String,
    /// The user name that devices tell, where the dialect has one; `{serial}` stands for the serial. Empty: none.
    pub username: String,
    /// The password that goes with it; `{serial}` as in `username`.
    pub password: String,
    /// How many devices.
    pub count: usize,
    /// Records of all devices together in a second; 0: each sends its next when the last is acknowledged.
    pub records_per_second: f64,
    /// For how long records are sent.
    pub duration: Duration,
    /// How many records each device sends at most; `None`: as many as the duration allows.
    pub records_per_device: Option<u32>,
    /// Bytes of a record's picture; 0: none.
    pub photo_bytes: usize,
    /// Connections begun in a second.
    pub connects_per_second: u32,
    /// How long to wait until all devices are connected, before records are sent; and after the last was sent, for
    /// acknowledgements.
    pub patience: Duration,
    /// What serials begin with; the device's number follows.
    pub serial_prefix: String,
}

impl Default for SwarmOptions {
    fn default() -> Self {
        Self {
            hub: "127.0.0.1:7100".to_owned(),
            username: String::new(),
            password: String::new(),
            count: 100,
            records_per_second: 10.0,
            duration: Duration::from_secs(60),
            records_per_device: None,
            photo_bytes: 60 * 1024,
            connects_per_second: 200,
            patience: Duration::from_secs(60),
            serial_prefix: "SWARM".to_owned(),
        }
    }
}

/// The client of devices that call over HTTP, from an address of their own or any; with header names in title case where
/// the dialect wants them so.
fn client(options: &SwarmOptions, from: Option<IpAddr>, title_case: bool) -> Result<Client, SwarmError> {
    let limits = LimitsConfig {
        push_seconds: options.patience.as_secs().max(1),
        ..LimitsConfig::default()
    };
    Client::from_address(&limits, from, title_case)
        .map_err(|_| SwarmError::Options("HTTP cannot be spoken here"))
}

impl SwarmOptions {
    fn check(&self) -> Result<(), SwarmError> {
        if self.count == 0 || self.connects_per_second == 0 {
            return Err(SwarmError::Options(
                "a swarm needs at least one device and one connection in a second",
            ));
        }
        let rate = self.records_per_second;
        if rate != 0.0 && !(1e-6..=1e9).contains(&rate) {
            return Err(SwarmError::Options(
                "records in a second are 0, or 0.000001 to 1000000000",
            ));
        }
        Ok(())
    }

    /// A device's serial.
    fn serial(&self, number: usize) -> String {
        format!("{}{number:05}", self.serial_prefix)
    }
}
