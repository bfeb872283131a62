//! Many light simulated devices against one hub: no engine, no store, only the wire. What the benchmark and a newcomer
//! measure a hub with.

pub mod photo;
pub mod qyzn;
mod report;

pub use report::{Latency, SwarmReport};

use std::time::Duration;

/// What a swarm does.
#[derive(Debug, Clone)]
pub struct SwarmOptions {
    /// `host:port` of the hub's listener of the dialect.
    pub hub: String,
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
