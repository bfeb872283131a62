//! The terminal's end of `mqtt`: a client of a broker that registers at the platform, does what it is told, and delivers
//! its records.
//!
//! What outlives a connection is in [`commands`] (commands that are carried out, and the answers to them) and [`stream`]
//! (people that are told); [`line`] is the connection to the broker, [`link`] what is said through it.

mod answers;
mod broker;
mod commands;
mod control;
mod line;
mod link;
mod people;
mod pump;
mod report;
mod session;
mod settings;
mod stream;

use super::Ending;
use super::reconnect::Pauses;
use crate::config::MqttConfig;
use crate::connections::Connection;
use crate::device::Device;
pub(crate) use answers::Memory;
use link::Lasting;
use std::sync::Arc;
use std::time::Duration;

/// The dialect's name.
pub(crate) const DIALECT: &str = "mqtt";

/// Bytes of the largest message that is sent: what brokers and platforms of this dialect are set up for.
const MESSAGE_BYTES: usize = 3_000_000;

/// Bytes of a picture in a message, so that three in Base64 fit into [`MESSAGE_BYTES`].
const PICTURE_BYTES: usize = 700_000;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum LinkEnd {
    /// The broker cannot be dialled as configured.
    #[error("{0}")]
    Setup(String),
    /// The broker could not be reached, refused this terminal, or went away.
    #[error("the broker: {0}")]
    Broker(Box<rumqttc::ConnectionError>),
    /// Somebody sent more than this terminal takes.
    #[error("a message of more than limits.message_bytes came; what waits at the broker is given up")]
    TooLarge,
    /// The broker does not take the subscriptions.
    #[error("the broker refuses the subscriptions")]
    NotSubscribed,
    /// The broker does not take what is written.
    #[error("the broker does not read")]
    Stuck,
    /// The platform does not want this terminal.
    #[error("register was refused: {0}")]
    Refused(dialects::mqtt::ErrorCode),
    /// This run is over.
    #[error("the terminal ends the connection")]
    Ended,
}

/// Connects, serves and connects again until the run ends; the memory outlives it.
pub(super) async fn run(device: Arc<Device>, config: MqttConfig, ending: Ending, memory: Memory) {
    let mut pauses = Pauses::new(Duration::from_secs(config.reconnect_seconds));
    let mut lasting = Lasting::new(&device, &config, memory);
    let mut fresh = false;
    loop {
        let mut was_online = false;
        let end = link::run(&device, &config, &mut lasting, fresh, &ending, &mut was_online).await;
        if ending.run.is_cancelled() {
            tell(&device, &config, None);
            return;
        }
        if was_online {
            pauses.reset();
        }
        fresh = matches!(end, LinkEnd::TooLarge);
        let pause = pauses.next(None, rand::random());
        tracing::info!(broker = config.broker, problem = %end, pause_ms = pause.as_millis(), "no platform; trying again");
        tell(&device, &config, Some(end.to_string()));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = ending.run.cancelled() => return,
        }
    }
}

/// Tells that the platform is not there, and why.
fn tell(device: &Device, config: &MqttConfig, problem: Option<String>) {
    let connection = Connection {
        online: false,
        address: config.broker.clone(),
        since: Some(device.clock.now()),
        problem,
    };
    device.connections.set(DIALECT, connection);
    device.touch();
}
