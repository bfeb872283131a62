//! The swarm of `openapi` devices by chapter 9: each asks for changes of the library, beats, and reports passes one at a
//! time, the next when the last is taken.

mod simulated;

use super::fleet::Fleet;
use super::report::SwarmReport;
use super::{SwarmError, SwarmOptions, posting};
use simulated::Simulated;

/// Runs a swarm to its end. The hub's address is that of chapter 9: `host:port`, or a whole `http://host:port/openapi`.
///
/// # Errors
/// [`SwarmError`] for options that cannot be carried out. A hub that cannot be reached is no error: the report says so.
pub async fn run(options: SwarmOptions) -> Result<SwarmReport, SwarmError> {
    let base = match options.hub.contains("://") {
        true => options.hub.trim_end_matches('/').to_owned(),
        false => format!("http://{}/openapi", options.hub),
    };
    let client = super::client(&options, None, false)?;
    Fleet::run(options, |number, fleet| {
        let device = Simulated::new(number, &fleet, base.clone(), client.clone());
        posting::run(number, fleet, device)
    })
    .await
}
