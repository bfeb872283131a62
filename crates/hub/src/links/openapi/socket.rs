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
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};

/// A terminal that does not greet may be of an older kind: after this long it is taken to listen.
const GREETING_WITHIN: Duration = Duration::from_secs(5);

/// A terminal that says nothing for so long is gone (hub rule 21).
const SILENT: Duration = Duration::from_secs(SILENT_SECONDS);

/// An open WebSocket.
pub(super) struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// When we say something next.
    beat: Interval,
    /// When the terminal said something last.
    heard: Instant,
}

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
        let url = format!("ws://{place}{}", Listen::target(wire.stamp(), wire.password()));
        let upgrade = tokio_tungstenite::client_async_with_config(url, stream, Some(bounds));
        let upgraded = tokio::time::timeout(wire.line.client.usual_time(), upgrade).await;
        let (stream, _) = upgraded
            .map_err(|_| late(&place))?
            .map_err(|error| not_opened(&place, &error))?;
        let mut socket = Self::new(stream);
        socket.greeted(&place).await?;
        Ok(socket)
    }

    async fn greeted(&mut self, place: &HostPort) -> Result<(), CallError> {
        let Ok(first) = tokio::time::timeout(GREETING_WITHIN, self.stream.next()).await else {
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

    fn new(stream: WebSocketStream<TcpStream>) -> Self {
        let mut beat = tokio::time::interval(Duration::from_secs(HEARTBEAT_SECONDS));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            stream,
            beat,
            heard: Instant::now(),
        }
    }

    /// Listens until the terminal is silent for too long, or gone; says which.
    pub(super) async fn listen(mut self, wire: &Wire, live: &LiveLink) -> &'static str {
        loop {
            match self.next().await {
                Ok(message) => {
                    live.seen(Timestamp::now());
                    if let Some(text) = text_of(&message) {
                        heard_of(wire, live, text).await;
                    }
                }
                Err(why) => return why,
            }
        }
    }

    /// The next message; meanwhile we say something now and then. The error says why there is none.
    async fn next(&mut self) -> Result<Message, &'static str> {
        loop {
            tokio::select! {
                _ = self.beat.tick() => {
                    let said = tokio::time::timeout(SILENT, self.say_something()).await;
                    if !matches!(said, Ok(Ok(()))) {
                        return Err("it takes no heartbeat");
                    }
                }
                () = tokio::time::sleep_until(self.heard + SILENT) => return Err("silence"),
                came = self.stream.next() => {
                    let Some(Ok(message)) = came else { return Err("the connection ended") };
                    self.heard = Instant::now();
                    return Ok(message);
                }
            }
        }
    }

    /// The document does not name what is said: a word, and a ping (QUIRKS O25).
    async fn say_something(&mut self) -> Result<(), tungstenite::Error> {
        self.stream.send(Message::text(HEARTBEAT)).await?;
        self.stream.send(Message::Ping(Default::default())).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// Both ends of a WebSocket.
    async fn pair() -> (Socket, WebSocketStream<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let ours = async {
            let stream = TcpStream::connect(address).await.unwrap();
            let url = format!("ws://{address}/");
            tokio_tungstenite::client_async(url, stream).await.unwrap().0
        };
        let theirs = async {
            let (stream, _) = listener.accept().await.unwrap();
            tokio_tungstenite::accept_async(stream).await.unwrap()
        };
        let (ours, theirs) = tokio::join!(ours, theirs);
        (Socket::new(ours), theirs)
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_terminal_is_gone_and_one_that_speaks_is_not() {
        let (mut socket, mut terminal) = pair().await;
        let begun = Instant::now();
        terminal.send(Message::text("{}")).await.unwrap();
        assert_eq!(socket.next().await.unwrap(), Message::text("{}"));
        assert_eq!(socket.next().await.unwrap_err(), "silence");
        let silent = begun.elapsed();
        assert!(
            silent >= SILENT && silent < SILENT + Duration::from_secs(1),
            "{silent:?}"
        );
        // Meanwhile it was spoken to: at once, and every ten seconds.
        tokio::time::resume();
        let mut said = 0;
        while said < 4 {
            let message = tokio::time::timeout(Duration::from_secs(10), terminal.next()).await;
            let message = message.expect("four heartbeats").unwrap().unwrap();
            said += u32::from(message == Message::text(HEARTBEAT));
        }
    }

    #[tokio::test]
    async fn a_terminal_that_hangs_up_is_gone() {
        let (mut socket, terminal) = pair().await;
        drop(terminal);
        assert_ne!(socket.next().await.unwrap_err(), "silence");
    }
}
