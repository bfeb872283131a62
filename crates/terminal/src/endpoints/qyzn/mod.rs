//! The terminal's end of `qyzn`: it dials the platform, makes itself known, answers, and delivers its records.

mod asking;
mod config;
mod identity;
mod link;
mod people;
mod pump;
mod report;
mod requests;
mod resending;
mod session;
mod sync;
mod wire;

use super::Ending;
use super::reconnect::Pauses;
use crate::config::QyznConfig;
use crate::connections::Connection;
use crate::device::Device;
use identity::Identity;
use std::sync::Arc;
use std::time::Duration;

/// The dialect's name.
pub(crate) const DIALECT: &str = "qyzn";

/// How long a connection may take to come about.
const DIAL_PATIENCE: Duration = Duration::from_secs(10);

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum LinkEnd {
    /// The platform could not be reached.
    #[error("{address} cannot be reached: {source}")]
    Dial { address: String, source: std::io::Error },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[from] std::io::Error),
    /// The platform closed it.
    #[error("the platform closed the connection")]
    Closed,
    /// The platform does not take what is written.
    #[error("the platform does not read")]
    Stuck,
    /// The protocol was broken, or an answer never came.
    #[error(transparent)]
    Protocol(#[from] dialects::qyzn::exchange::CloseReason),
    /// The platform does not want this terminal.
    #[error("{message} was refused: {refusal}")]
    Refused {
        message: &'static str,
        refusal: dialects::qyzn::operation::Refusal,
    },
    /// The own store failed.
    #[error("the terminal's store failed: {0}")]
    Store(#[from] store::StoreError),
    /// This run is over.
    #[error("the terminal ends the connection")]
    Ended,
}

/// Dials, serves and dials again until the run ends.
pub(super) async fn run(device: Arc<Device>, config: QyznConfig, ending: Ending) {
    let mut pauses = Pauses::new(Duration::from_secs(config.reconnect_seconds));
    let identity = Identity::load(&device, &config).await;
    loop {
        let mut was_online = false;
        let end = link::run(&device, &config, &identity, &ending, &mut was_online).await;
        let address = config.platform.clone();
        if ending.run.is_cancelled() {
            let known = Connection {
                address,
                since: Some(device.clock.now()),
                ..Connection::default()
            };
            device.connections.set(DIALECT, known);
            device.touch();
            return;
        }
        if was_online {
            pauses.reset();
        }
        let pause = pauses.next(wanted_pause(&end), rand::random());
        tracing::info!(%address, problem = %end, pause_ms = pause.as_millis(), "no platform; trying again");
        let problem = Some(end.to_string());
        device.connections.set(
            DIALECT,
            Connection {
                online: false,
                address,
                since: Some(device.clock.now()),
                problem,
            },
        );
        device.touch();
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = ending.run.cancelled() => return,
        }
    }
}

/// What the platform itself asked for, when it was busy.
fn wanted_pause(end: &LinkEnd) -> Option<Duration> {
    match end {
        LinkEnd::Refused {
            refusal: dialects::qyzn::operation::Refusal::Code { wait_seconds, .. },
            ..
        } => wait_seconds.map(|seconds| Duration::from_secs(seconds.into())),
        _ => None,
    }
}
