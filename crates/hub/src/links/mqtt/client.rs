//! The hub as a client of the broker, embedded or not: one connection for all devices, made again whenever it ends.
//!
//! What devices publish is acknowledged to the broker once it was dealt with. On an external broker the session
//! outlives the connection, so that what arrives while the hub is away waits for it. What the hub wanted to say on a
//! connection that ended is not said on the next one: whoever asked has been told so.

use bytes::Bytes;
use dialects::mqtt::Topic;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, Publish, QoS, SubscribeFilter, Transport};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What all devices publish.
const TOPICS: [&str; 2] = ["face/+/request", "face/+/response"];
/// Requests that wait for the connection.
const REQUESTS_WAITING: usize = 256;
/// Publications that the broker has not acknowledged.
const INFLIGHT: u16 = 512;
/// Nothing larger is read: a broker that hands out more ends the connection.
const PACKET_BYTES: usize = 64 * 1024 * 1024;
/// Seconds between pings.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// The first pause before connecting again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How the hub signs in at the embedded broker.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) address: SocketAddr,
    pub(super) user: String,
    pub(super) password: String,
}

/// Where the broker is.
pub(super) enum Target {
    /// In this process.
    Embedded(Account),
    /// Elsewhere.
    External(External),
}

/// A broker elsewhere.
pub(super) struct External {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) login: Option<(String, String)>,
    /// TLS, and the authority to trust beside those of the system, PEM.
    pub(super) tls: Option<Option<Vec<u8>>>,
    /// Under which the broker keeps the hub's session.
    pub(super) client_id: String,
}

/// What the connection brings.
pub(super) enum Arrived {
    /// The subscriptions stand.
    Subscribed,
    /// The connection ended: nobody can be reached.
    Lost(String),
    /// Something was published.
    Message {
        topic: String,
        payload: Bytes,
        receipt: Receipt,
    },
}

/// Acknowledges a publication to the broker when it is dropped.
pub(super) struct Receipt {
    client: AsyncClient,
    publish: Publish,
}

impl Drop for Receipt {
    fn drop(&mut self) {
        // Without a connection the broker sends it again.
        if self.client.try_ack(&self.publish).is_err()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let (client, publish) = (self.client.clone(), self.publish.clone());
            runtime.spawn(async move {
                let _ = client.ack(&publish).await;
            });
        }
    }
}

/// Publishes to devices.
#[derive(Clone, Default)]
pub(super) struct Publisher(Arc<RwLock<Option<AsyncClient>>>);

/// There is no connection to the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the broker cannot be reached")]
pub(super) struct NoBroker;

impl Publisher {
    /// Publishes what is to arrive.
    pub(super) async fn publish(&self, topic: &Topic, payload: Vec<u8>) -> Result<(), NoBroker> {
        self.send(topic, QoS::AtLeastOnce, payload).await
    }

    /// Publishes what is of use at this moment only: no broker keeps it for a device that is away.
    pub(super) async fn publish_now_or_never(&self, topic: &Topic, payload: Vec<u8>) -> Result<(), NoBroker> {
        self.send(topic, QoS::AtMostOnce, payload).await
    }

    async fn send(&self, topic: &Topic, qos: QoS, payload: Vec<u8>) -> Result<(), NoBroker> {
        let client = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let client = client.ok_or(NoBroker)?;
        client
            .publish(topic.to_string(), qos, false, payload)
            .await
            .map_err(|_| NoBroker)
    }

    fn set(&self, client: Option<AsyncClient>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = client;
    }
}

impl Target {
    fn options(&self) -> MqttOptions {
        let mut options = match self {
            Self::Embedded(account) => {
                let (host, port) = (account.address.ip().to_string(), account.address.port());
                let mut options = MqttOptions::new(account.user.as_str(), host, port);
                options.set_credentials(account.user.as_str(), account.password.as_str());
                options
            }
            Self::External(external) => {
                let mut options =
                    MqttOptions::new(external.client_id.as_str(), external.host.as_str(), external.port);
                options.set_clean_session(false);
                if let Some((user, password)) = &external.login {
                    options.set_credentials(user.as_str(), password.as_str());
                }
                match &external.tls {
                    None => {}
                    Some(None) => drop(options.set_transport(Transport::tls_with_default_config())),
                    Some(Some(authority)) => {
                        options.set_transport(Transport::tls(authority.clone(), None, None));
                    }
                }
                options
            }
        };
        options
            .set_keep_alive(KEEP_ALIVE)
            .set_manual_acks(true)
            .set_inflight(INFLIGHT)
            .set_max_packet_size(PACKET_BYTES, PACKET_BYTES);
        options
    }
}

/// Keeps a connection until `shutdown`; everything that arrives goes to `take`.
pub(super) async fn run(
    target: Target,
    publisher: Publisher,
    shutdown: CancellationToken,
    mut take: impl AsyncFnMut(Arrived) + Send,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        let (client, connection) = AsyncClient::new(target.options(), REQUESTS_WAITING);
        let mut was_up = false;
        let ended = tokio::select! {
            ended = connected(&client, connection, &publisher, &mut was_up, &mut take) => ended,
            () = shutdown.cancelled() => {
                publisher.set(None);
                return;
            }
        };
        publisher.set(None);
        take(Arrived::Lost(ended)).await;
        if was_up {
            pause = FIRST_PAUSE;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.cancelled() => return,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// One connection; says why it ended.
async fn connected(
    client: &AsyncClient,
    mut connection: EventLoop,
    publisher: &Publisher,
    was_up: &mut bool,
    take: &mut (impl AsyncFnMut(Arrived) + Send),
) -> String {
    loop {
        let event = match connection.poll().await {
            Ok(event) => event,
            Err(error) => return error.to_string(),
        };
        match event {
            Event::Incoming(Packet::ConnAck(_)) => {
                let filters = TOPICS.map(|topic| SubscribeFilter::new(topic.to_owned(), QoS::AtLeastOnce));
                if let Err(error) = client.try_subscribe_many(filters) {
                    return error.to_string();
                }
                // What the broker kept for us comes before it answers the subscription, and is to be answered.
                publisher.set(Some(client.clone()));
            }
            Event::Incoming(Packet::SubAck(answer)) => {
                let refused = answer
                    .return_codes
                    .iter()
                    .any(|code| matches!(code, rumqttc::SubscribeReasonCode::Failure));
                if refused {
                    return "the broker refuses the subscription to face/+/request and face/+/response"
                        .to_owned();
                }
                *was_up = true;
                take(Arrived::Subscribed).await;
            }
            Event::Incoming(Packet::Publish(publish)) => take(arrived(client, publish)).await,
            Event::Incoming(_) | Event::Outgoing(_) => {}
        }
    }
}

fn arrived(client: &AsyncClient, mut publish: Publish) -> Arrived {
    let payload = std::mem::take(&mut publish.payload);
    Arrived::Message {
        topic: publish.topic.clone(),
        payload,
        receipt: Receipt {
            client: client.clone(),
            publish,
        },
    }
}
