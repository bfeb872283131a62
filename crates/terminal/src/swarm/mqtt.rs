//! The swarm of `mqtt` devices: each is a client of the broker, registers, beats, and sends records one at a time, the
//! next when the last is acknowledged.

mod simulated;

use super::fleet::Fleet;
use super::report::SwarmReport;
use super::{SwarmError, SwarmOptions};
use crate::config::BrokerAddress;
use simulated::Simulated;

/// Runs a swarm to its end. The hub's address is the broker's: `host:port` or `tcp://host:port`.
///
/// # Errors
/// [`SwarmError`] for options that cannot be carried out. A broker that cannot be reached is no error: the report says
/// so.
pub async fn run(options: SwarmOptions) -> Result<SwarmReport, SwarmError> {
    let address = if options.hub.contains("://") {
        options.hub.clone()
    } else {
        format!("tcp://{}", options.hub)
    };
    let broker = BrokerAddress::parse(&address).filter(|broker| !broker.tls);
    let Some(broker) = broker else {
        return Err(SwarmError::Options(
            "the broker's address is host:port or tcp://host:port",
        ));
    };
    Fleet::run(options, |number, fleet| {
        Simulated::new(number, fleet, broker.clone()).run()
    })
    .await
}
