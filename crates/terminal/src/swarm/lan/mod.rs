//! The swarm of `lan` devices. The hub dials devices of this dialect, so each listens at a loopback address of its own, on
//! the document's port: `127.x.0.1:8088`, `127.x.0.2:8088` and so on. It posts heartbeats until the hub has dialled it and
//! set an address for records, and then records one at a time, the next when the last is taken. The hub therefore runs on
//! this computer.

mod simulated;

use super::fleet::Fleet;
use super::report::SwarmReport;
use super::{SwarmError, SwarmOptions, posting};
use crate::swarm::pace::Tally;
use simulated::Simulated;
use std::net::Ipv4Addr;

/// Devices that have an address of their own.
const MOST_DEVICES: usize = 65_000;

/// Runs a swarm to its end. The hub's address is that of its listener for pushes: `host:port`.
///
/// # Errors
/// [`SwarmError`] for options that cannot be carried out. A hub that cannot be reached is no error: the report says so.
pub async fn run(options: SwarmOptions) -> Result<SwarmReport, SwarmError> {
    if options.count > MOST_DEVICES {
        return Err(SwarmError::Options("more devices than loopback addresses"));
    }
    Fleet::run(options, |number, fleet| async move {
        match Simulated::listen(number, &fleet).await {
            Ok(device) => posting::run(number, fleet, device).await,
            Err(problem) => {
                tracing::warn!(number, %problem, "a simulated device cannot listen");
                Tally::default()
            }
        }
    })
    .await
}

/// A device's own loopback address; another process has others.
fn address(number: usize) -> Ipv4Addr {
    let [.., high, low] = u32::try_from(number + 1).unwrap_or(u32::MAX).to_be_bytes();
    let of_process = u8::try_from(1 + std::process::id() % 250).unwrap_or(1);
    Ipv4Addr::new(127, of_process, high, low)
}
