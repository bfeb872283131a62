//! The swarm of `lan` devices, which the hub dials at the document's port. Each posts heartbeats until the hub has dialled
//! it and set an address for records, and then records one at a time, the next when the last is taken.

mod simulated;

use super::report::SwarmReport;
use super::{SwarmError, SwarmOptions, dialled};
use simulated::Simulated;

/// Runs a swarm to its end. The hub's address is that of its listener for pushes: `host:port`.
///
/// # Errors
/// [`SwarmError`] for options that cannot be carried out. A hub that cannot be reached is no error: the report says so.
pub async fn run(options: SwarmOptions) -> Result<SwarmReport, SwarmError> {
    dialled::run(options, |number, fleet| async move {
        Simulated::listen(number, &fleet).await
    })
    .await
}
