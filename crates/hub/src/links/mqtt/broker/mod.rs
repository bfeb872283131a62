//! The embedded broker: rmqtt, with our rights on top and TLS in front (decision 1).
//!
//! It has a runtime of its own, which ends with it: rmqtt's tasks have no other end. The hub itself is a client of it,
//! on a listener of its own that is bound to loopback and guarded by a password of this run. Devices are let in only
//! once that client has subscribed, so that nothing they say falls between.
//!
//! [`gate`] says who may connect and speak about whom; [`budget`] bounds the bytes between devices and the hub;
//! [`hooks`] ties both to rmqtt; [`tls`] is the acceptor in front of the plain listener; [`open`] is the same without a
//! gate.

mod budget;
mod gate;
mod hooks;
mod open;
mod tls;

pub(super) use open::OpenBroker;

use super::client::Account;
use crate::config::HubConfig;
use crate::state::Hub;
use gate::Gate;
use rmqtt::context::ServerContext;
use rmqtt::net::{Builder, Listener};
use rmqtt::server::MqttServer;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// How long a connection may take to say who it is.
const SIGN_IN_WITHIN: Duration = Duration::from_secs(10);
/// How long a peer may take no bytes.
const WRITE_WITHIN: Duration = Duration::from_secs(60);
/// Messages that wait for one device; the hub asks one thing at a time.
const DEVICE_QUEUE: usize = 64;
/// Messages that wait for the hub; their bytes are bounded by the budget.
const HUB_QUEUE: usize = 100_000;
/// Messages on their way to the hub that it has not acknowledged.
const HUB_INFLIGHT: NonZeroU16 = NonZeroU16::new(1024).unwrap();
/// What was not delivered within this is not delivered any more: whoever asked has given up by then.
const STALE_AFTER: Duration = Duration::from_secs(30);
/// Threads of the broker's runtime at most.
const MOST_THREADS: usize = 4;
/// Beside the payload: topic and headers.
const PACKET_OVERHEAD: usize = 4096;

/// What happens to devices' connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BrokerEvent {
    /// The last connection of a device ended.
    Gone(String),
    /// A device whose connection is alive, whatever else it says.
    Alive(String),
}

/// Listeners that are bound, before anybody serves them.
pub struct Bound {
    runtime: Runtime,
    plain: Option<(Listener, SocketAddr)>,
    tls: Option<tls::Acceptor>,
    own: (Listener, SocketAddr),
    /// Keeps a port that was picked from being picked by another until the broker listens on it.
    _probes: Vec<TcpSocket>,
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bound({:?})", self.addresses())
    }
}

impl Bound {
    /// Where devices are served: plain, and over TLS.
    #[must_use]
    pub fn addresses(&self) -> (Option<SocketAddr>, Option<SocketAddr>) {
        (
            self.plain.as_ref().map(|(_, address)| *address),
            self.tls.as_ref().map(tls::Acceptor::address),
        )
    }
}

/// Why the broker's listeners could not be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// An address.
    #[error("{key} = {address:?}: {source}")]
    Address {
        /// The key in full.
        key: &'static str,
        /// What it was.
        address: String,
        /// The system's words.
        source: io::Error,
    },
    /// The certificate or its key.
    #[error(transparent)]
    Certificate(#[from] tls::CertificateError),
    /// The broker's threads, or its own listener.
    #[error("the broker cannot be started: {0}")]
    Io(#[from] io::Error),
}

/// Binds what the configuration names; `None` where no device is served.
///
/// # Errors
/// [`BindError`].
pub async fn bind(config: &HubConfig) -> Result<Option<Bound>, BindError> {
    let mqtt = &config.mqtt;
    if mqtt.listen.is_empty() && mqtt.tls_listen.is_empty() {
        return Ok(None);
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.min(MOST_THREADS))
        .thread_name("broker")
        .enable_all()
        .build()?;
    let mut probes = Vec::new();
    let bound = bind_all(config, &runtime, &mut probes).await;
    match bound {
        Ok((plain, tls, own)) => Ok(Some(Bound {
            runtime,
            plain,
            tls,
            own,
            _probes: probes,
        })),
        Err(error) => {
            runtime.shutdown_background();
            Err(error)
        }
    }
}

type Listeners = (
    Option<(Listener, SocketAddr)>,
    Option<tls::Acceptor>,
    (Listener, SocketAddr),
);

async fn bind_all(
    config: &HubConfig,
    runtime: &Runtime,
    probes: &mut Vec<TcpSocket>,
) -> Result<Listeners, BindError> {
    let mqtt = &config.mqtt;
    let plain = match mqtt.listen.as_str() {
        "" => None,
        address => Some(
            listener(runtime, address, device_listener(config), probes)
                .await
                .map_err(|source| BindError::Address {
                    key: "mqtt.listen",
                    address: address.to_owned(),
                    source,
                })?,
        ),
    };
    let own = listener(runtime, "127.0.0.1:0", own_listener(config), probes).await?;
    let tls = match mqtt.tls_listen.as_str() {
        "" => None,
        address => {
            let behind = listener(
                runtime,
                "127.0.0.1:0",
                device_listener(config).proxy_protocol(true),
                probes,
            )
            .await?;
            Some(tls::Acceptor::bind(config, address, behind, runtime.handle()).await?)
        }
    };
    Ok((plain, tls, own))
}

fn packet_bytes(config: &HubConfig) -> u32 {
    let bytes = config.limits.mqtt_packet_kb.saturating_mul(1024);
    u32::try_from(bytes.saturating_add(PACKET_OVERHEAD)).unwrap_or(u32::MAX)
}

/// How devices are served. Sessions do not outlive their connection, and nothing is kept for who is away.
fn device_listener(config: &HubConfig) -> Builder {
    Builder::new()
        .name("devices")
        .nodelay(true)
        .allow_anonymous(false)
        .max_packet_size(packet_bytes(config))
        .max_connections(config.limits.mqtt_connections)
        .max_clientid_len(256)
        .max_mqueue_len(DEVICE_QUEUE)
        .max_subscriptions(8)
        .max_topic_levels(3)
        .handshake_timeout(SIGN_IN_WITHIN)
        .send_timeout(WRITE_WITHIN)
        .session_expiry_interval(Duration::ZERO)
        .message_expiry_interval(STALE_AFTER)
}

/// How the hub itself is served.
fn own_listener(config: &HubConfig) -> Builder {
    device_listener(config)
        .name("hub")
        .max_mqueue_len(HUB_QUEUE)
        .max_inflight(HUB_INFLIGHT)
        .max_connections(8)
}

/// Binds one. Where the port is 0, a second socket picks it: rmqtt does not tell what the system chose.
async fn listener(
    runtime: &Runtime,
    address: &str,
    builder: Builder,
    probes: &mut Vec<TcpSocket>,
) -> io::Result<(Listener, SocketAddr)> {
    let mut wanted = tokio::net::lookup_host(address)
        .await?
        .next()
        .ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?;
    let builder = if wanted.port() == 0 {
        let probe = match wanted {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        probe.set_reuseport(true)?;
        probe.bind(wanted)?;
        wanted = probe.local_addr()?;
        probes.push(probe);
        builder.reuseport(Some(true))
    } else {
        builder.reuseaddr(Some(true))
    };
    let _entered = runtime.enter();
    let listener = builder
        .laddr(wanted)
        .bind()
        .and_then(Listener::tcp)
        .map_err(|error| match error.downcast::<io::Error>() {
            Ok(error) => error,
            Err(error) => io::Error::other(error.to_string()),
        })?;
    Ok((listener, wanted))
}

/// The broker at work.
pub(super) struct Broker {
    runtime: Option<Runtime>,
    context: ServerContext,
    gate: Arc<Gate>,
    waiting: Option<(Option<Listener>, Option<tls::Acceptor>)>,
    account: Account,
}

/// Which listener rmqtt means by a number.
const OWN_LISTENER: u16 = 1;
const PLAIN_LISTENER: u16 = 2;
const TLS_LISTENER: u16 = 3;

impl Broker {
    /// Serves the hub's own client; devices follow with [`Broker::open`].
    pub(super) async fn start(hub: &Arc<Hub>, bound: Bound) -> (Self, mpsc::Receiver<BrokerEvent>) {
        let Bound {
            runtime,
            plain,
            tls,
            own: (own, own_address),
            _probes,
        } = bound;
        let account = Account {
            address: own_address,
            user: format!("hub-{}", uuid::Uuid::new_v4().simple()),
            password: crate::secret::random(),
        };
        let (gate, events) = Gate::new(Arc::downgrade(hub), account.clone());
        let gate = Arc::new(gate);
        let budget = budget::Budget::new(hub.config.limits.intake_mb);
        let hooks_gate = Arc::clone(&gate);
        let starting = runtime.spawn(async move {
            let context = ServerContext::new().busy_check_enable(false).build().await;
            hooks::register(&context, hooks_gate, budget).await;
            context
        });
        let context = match starting.await {
            Ok(context) => context,
            Err(error) => {
                tracing::error!(%error, "the broker did not start");
                ServerContext::new().busy_check_enable(false).build().await
            }
        };
        let server = MqttServer::new(context.clone())
            .listener_by_id(own, OWN_LISTENER)
            .build();
        runtime.spawn(server.run());
        let broker = Self {
            runtime: Some(runtime),
            context,
            gate,
            waiting: Some((plain.map(|(listener, _)| listener), tls)),
            account,
        };
        (broker, events)
    }

    /// How the hub's own client signs in.
    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    /// Lets devices in, once.
    pub(super) fn open(&mut self) {
        let (Some((plain, tls)), Some(runtime)) = (self.waiting.take(), &self.runtime) else {
            return;
        };
        let mut server = MqttServer::new(self.context.clone());
        if let Some(listener) = plain {
            server = server.listener_by_id(listener, PLAIN_LISTENER);
        }
        if let Some(acceptor) = tls {
            let (behind, serving) = acceptor.into_parts();
            server = server.listener_by_id(behind, TLS_LISTENER);
            runtime.spawn(serving);
        }
        runtime.spawn(server.build().run());
    }

    /// Where a device's connection comes from.
    pub(super) fn address_of(&self, serial: &str) -> Option<SocketAddr> {
        self.gate.address_of(serial)
    }

    /// Ends a device's connections.
    pub(super) fn hang_up(&self, serial: &str) {
        let Some(runtime) = &self.runtime else { return };
        for id in self.gate.connections_of(serial) {
            let context = self.context.clone();
            runtime.spawn(async move {
                let mut entry = context.extends.shared().await.entry(id);
                if let Err(error) = entry.kick(true, true, true).await {
                    tracing::debug!(%error, "a connection was not ended");
                }
            });
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // What devices were told is on its way already; they dial again.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
