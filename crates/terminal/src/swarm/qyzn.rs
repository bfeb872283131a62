//! The swarm of `qyzn` devices: each dials, registers, logs in, beats, and sends records one at a time, the next when
//! the last is acknowledged.

mod line;
mod simulated;

use super::fleet::Fleet;
use super::report::SwarmReport;
use super::{SwarmError, SwarmOptions};
use simulated::Simulated;

/// Runs a swarm to its end.
///
/// # Errors
/// [`SwarmError`] for options that cannot be carried out. A hub that cannot be reached is no error: the report says so.
pub async fn run(options: SwarmOptions) -> Result<SwarmReport, SwarmError> {
    Fleet::run(options, |number, fleet| Simulated::new(number, fleet).run()).await
}
