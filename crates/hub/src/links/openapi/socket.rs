//! Listening to a terminal (8.3.3): one WebSocket, on which both sides say something every ten seconds. What it brings is
//! not acknowledged and comes once: what was missed is asked for.

use super::wire::Wire;
use crate::links::dialled::address::HostPort;
use crate::links::{CallError, Failure, LiveLink};
use dialects::openapi::SocketMessage;
use dialects::openapi::convert::record_from_device;
use dialects::openapi::socket::{HEARTBEAT, HEARTBEAT_SECONDS, Listen, PORT, SILENT_SECONDS};
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use std::time::Duration;
use store::StoreError;
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};

/// A terminal that does not greet may be of an older kind: after this long it is taken to listen.
const GREETING_WITHIN: Duration = Duration::from_secs(5);

/// An open WebSocket.
pub(super) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Opens it and waits until the terminal says that we may listen.
    pub(super) async fn open(wire: &Wire) -> Result<Self, CallError> {
        let config = &wire.line.hub.config;
        let place = place(wire)?;
        let connect_within = Duration::from_secs(config.devices.connect_seconds);
        let connect = TcpStream::connect((place.host.as_str(), place.port));
        let stream = tokio::time::timeout(connect_within, connect).await;
        let stream = stream
            .map_err(|_| late(&place))?
            .map_err(|error| broken(&place, &error))?;
        let most = config.limits.push_kb.saturating_mul(1024);
        let bounds = WebSocketConfig::default()
            .max_message_size(Some(most))
            .max_frame_size(Some(most));
        let url = format!(
            "ws://{place}{}",
            Listen::target(wire.now_there_ms(), wire.password())
        );
        let upgrade = tokio_tungstenite::client_async_with_config(url, stream, Some(bounds));
        let upgraded = tokio::time::timeout(wire.line.client.usual_time(), upgrade).await;
        let (stream, _) = upgraded
            .map_err(|_| late(&place))?
            .map_err(|error| not_opened(&place, &error))?;
        let mut socket = Self(stream);
        socket.greeted(&place).await?;
        Ok(socket)
    }

    async fn greeted(&mut self, place: &HostPort) -> Result<(), CallError> {
        let Ok(first) = tokio::time::timeout(GREETING_WITHIN, self.0.next()).await else {
            return Ok(());
        };
        let first = match first {
            Some(Ok(first)) => first,
            Some(Err(error)) => return Err(not_opened(place, &error)),
            None => return Err(CallError::disconnected()),
        };
        match text_of(&first).map(|text| SocketMessage::parse(text.as_bytes())) {
            Some(Ok(SocketMessage::Denied { desc })) => Err(CallError::ours(Failure::Auth, desc)),
            _ => Ok(()),
        }
    }

    /// Listens until the terminal is silent for too long, or gone.
    pub(super) async fn listen(mut self, wire: &Wire, live: &LiveLink) -> &'static str {
        let mut beat = tokio::time::interval(Duration::from_secs(HEARTBEAT_SECONDS));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let silent = Duration::from_secs(SILENT_SECONDS);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                _ = beat.tick() => {
                    let said = self.beat();
                    if !matches!(tokio::time::timeout(silent, said).await, Ok(Ok(()))) {
                        return "it takes no heartbeat";
                    }
                }
                () = tokio::time::sleep_until(heard + silent) => return "silence",
                came = self.0.next() => {
                    let Some(Ok(message)) = came else { return "the connection ended" };
                    heard = Instant::now();
                    live.seen(Timestamp::now());
                    if let Some(text) = text_of(&message) {
                        heard_of(wire, live, text).await;
                    }
                }
            }
        }
    }

    /// The document does not name what is said: a word, and a ping (QUIRKS O25).
    async fn beat(&mut self) -> Result<(), tungstenite::Error> {
        self.0.send(Message::text(HEARTBEAT)).await?;
        self.0.send(Message::Ping(Default::default())).await
    }
}

/// Where the terminal is listened to.
fn place(wire: &Wire) -> Result<HostPort, CallError> {
    match wire.line.device.push_address.as_deref() {
        None => Ok(HostPort {
            host: wire.line.client.address().host.clone(),
            port: PORT,
        }),
        Some(text) => text
            .parse()
            .map_err(|_| CallError::ours(Failure::BadParameter, "the push address is none")),
    }
}

fn text_of(message: &Message) -> Option<&str> {
    match message {
        Message::Text(text) => Some(text.as_str()),
        Message::Binary(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

async fn heard_of(wire: &Wire, live: &LiveLink, text: &str) {
    let record = match SocketMessage::parse(text.as_bytes()) {
        Ok(SocketMessage::Record { record, data }) => record_from_device(record, &data),
        Ok(_) => return,
        Err(error) => {
            tracing::info!(device = %live.device, %error, "a message that cannot be read");
            metrics::counter!("menshen_link_malformed_total", "dialect" => super::NAME).increment(1);
            return;
        }
    };
    let hub = &wire.line.hub;
    let Some(_room) = hub.intake.room(text.len()) else {
        // It is still on the terminal, and fetched from there.
        metrics::counter!("menshen_intake_busy_total").increment(1);
        return;
    };
    let kept = match hub.store.devices.device(&live.device, None).await {
        Ok(Some(device)) => super::records::keep(hub, &device, record).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    match kept {
        Ok(()) | Err(StoreError::Closed) => {}
        Err(error) => {
            tracing::warn!(device = %live.device, %error, "a record was not taken; it is fetched later")
        }
    }
}

fn late(place: &HostPort) -> CallError {
    CallError::ours(Failure::Timeout, format!("{place} did not answer in time"))
}

fn broken(place: &HostPort, error: &std::io::Error) -> CallError {
    let text = format!("{place} cannot be reached: {error}");
    CallError::ours(Failure::Disconnected, text)
}

fn not_opened(place: &HostPort, error: &tungstenite::Error) -> CallError {
    let failure = match error {
        tungstenite::Error::Http(answer) if matches!(answer.status().as_u16(), 401 | 403) => Failure::Auth,
        tungstenite::Error::Io(_) => Failure::Disconnected,
        _ => Failure::Internal,
    };
    CallError::ours(
        failure,
        format!("{place} is no WebSocket of this dialect: {error}"),
    )
}
