//! A connection to a broker that is published to and tells nothing: one message at a time, at least once.

use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, NetworkOptions, Packet, QoS};
use std::fmt;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// How long a connection may take to come about, and a message to leave, seconds.
const PATIENCE_SECONDS: u64 = 20;
/// The period of the transport's own sign of life.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Bytes of the largest packet that a broker may send: nothing was subscribed.
const INCOMING_BYTES: usize = 16 * 1024;
/// What a packet has beside its payload: topic, numbers, lengths.
const PACKET_HEADER_BYTES: usize = 1024;
/// Messages that the client holds; one is under way at a time.
const QUEUE: usize = 4;
/// Events that may wait.
const EVENTS: usize = 16;
/// How long a farewell may take to leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// Where a broker is, and as whom to come.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its host.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// The client's id, which is one client's at a time.
    pub(crate) client_id: String,
    /// The user; empty is none.
    pub(crate) user: String,
    /// The password, where there is a user.
    pub(crate) password: String,
}

impl fmt::Debug for Account {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}:{}", self.user, self.host, self.port)
    }
}

/// Why nothing is published any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    /// The broker could not be reached, refused the client, or went away.
    #[error("the broker: {0}")]
    Broker(Box<ConnectionError>),
    /// The client ended.
    #[error("the client: {0}")]
    Client(String),
}

/// What a broker says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// It took the connection.
    Open,
    /// It has the message that was published last.
    Confirmed,
}

/// The connection; it ends when it is dropped.
pub(crate) struct Publisher {
    client: AsyncClient,
    events: mpsc::Receiver<Event>,
    polling: AbortOnDropHandle<ConnectionError>,
}

impl Publisher {
    /// Begins to dial; messages may have so many bytes.
    pub(crate) fn dial(account: &Account, most_bytes: usize) -> Self {
        let mut options = MqttOptions::new(&account.client_id, &account.host, account.port);
        options
            .set_keep_alive(KEEP_ALIVE)
            .set_clean_session(true)
            .set_max_packet_size(INCOMING_BYTES, most_bytes + PACKET_HEADER_BYTES);
        if !account.user.is_empty() {
            options.set_credentials(&account.user, &account.password);
        }
        let (client, mut looping) = AsyncClient::new(options, QUEUE);
        looping.set_network_options(network());
        let (happened, events) = mpsc::channel(EVENTS);
        Self {
            client,
            events,
            polling: AbortOnDropHandle::new(tokio::spawn(poll(looping, happened))),
        }
    }

    /// What the broker says next. Without loss where it is not awaited to the end.
    pub(crate) async fn next(&mut self) -> Result<Told, PublishError> {
        loop {
            match self.events.recv().await {
                Some(Event::Incoming(Packet::ConnAck(_))) => return Ok(Told::Open),
                Some(Event::Incoming(Packet::PubAck(_))) => return Ok(Told::Confirmed),
                Some(_) => {}
                None => {
                    return Err(match (&mut self.polling).await {
                        Ok(error) => PublishError::Broker(Box::new(error)),
                        Err(error) => PublishError::Client(error.to_string()),
                    });
                }
            }
        }
    }

    /// Publishes a message; [`Told::Confirmed`] follows. The next one waits for that.
    pub(crate) fn publish(&self, topic: &str, payload: Vec<u8>) -> Result<(), PublishError> {
        self.client
            .try_publish(topic, QoS::AtLeastOnce, false, payload)
            .map_err(|error| PublishError::Client(error.to_string()))
    }

    /// Says goodbye (DISCONNECT).
    pub(crate) async fn leave(mut self) {
        if self.client.try_disconnect().is_ok() {
            let closed = async { while self.events.recv().await.is_some() {} };
            // A broker that does not read knows nothing of it.
            let _ = tokio::time::timeout(FAREWELL, closed).await;
        }
    }
}

/// Options of the socket.
pub(crate) fn network() -> NetworkOptions {
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    network.set_connection_timeout(PATIENCE_SECONDS);
    network
}

/// Keeps the client going, and tells what happens, until the connection ends.
pub(crate) async fn poll(mut looping: EventLoop, happened: mpsc::Sender<Event>) -> ConnectionError {
    loop {
        match looping.poll().await {
            Ok(event) => {
                if happened.send(event).await.is_err() {
                    return ConnectionError::RequestsDone;
                }
            }
            Err(error) => return error,
        }
    }
}
