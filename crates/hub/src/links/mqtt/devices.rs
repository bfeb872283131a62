//! What devices publish, handed to one session for each device.

use super::NAME;
use super::broker::{Bound, Broker, BrokerEvent};
use super::client::{self, Arrived, Publisher, Receipt, Target};
use super::session;
use super::url::BrokerUrl;
use crate::config::HubConfig;
use crate::state::Hub;
use bytes::Bytes;
use dialects::mqtt::topic::Part;
use dialects::mqtt::{Sender, Topic};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::hub::Actor;
use tokio::sync::mpsc;

/// Messages of one device that wait for its session; a device sends again what was not answered.
const WAITING: usize = 64;
/// Under which the hub remembers what it calls itself at an external broker.
const CLIENT_ID_KEY: &str = "broker_client_id";

/// Why the configured broker cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// The URL is none.
    #[error("{0}")]
    Url(&'static str),
    /// The authority's file cannot be read.
    #[error("mqtt.broker_ca = {path}: {source}")]
    Authority {
        /// Which file.
        path: String,
        /// The system's words.
        source: std::io::Error,
    },
}

/// Whether the configured broker can be used, before anything is started.
///
/// # Errors
/// [`Unreachable`].
pub fn check(config: &HubConfig) -> Result<(), Unreachable> {
    if config.mqtt.broker.is_empty() {
        return Ok(());
    }
    BrokerUrl::parse(&config.mqtt.broker).map_err(Unreachable::Url)?;
    authority(config).map(|_| ())
}

fn authority(config: &HubConfig) -> Result<Option<Vec<u8>>, Unreachable> {
    let file = &config.mqtt.broker_ca;
    if file.is_empty() {
        return Ok(None);
    }
    let read = std::fs::read(config.path(Path::new(file)));
    read.map(Some).map_err(|source| Unreachable::Authority {
        path: file.clone(),
        source,
    })
}

/// What a session is told.
pub(super) enum Incoming {
    /// The device published.
    Message {
        part: Part,
        payload: Bytes,
        /// Acknowledges to the broker once dealt with.
        receipt: Receipt,
    },
    /// Its connection is alive.
    Alive,
    /// Its last connection ended, or nobody can be reached.
    Gone,
}

/// The sessions of all devices.
pub(super) struct Devices {
    pub(super) hub: Arc<Hub>,
    pub(super) publisher: Publisher,
    pub(super) broker: Option<Arc<Broker>>,
    sessions: Mutex<HashMap<String, Seat>>,
}

/// Where a device's session is told things.
struct Seat {
    incoming: mpsc::Sender<Incoming>,
    overrun: Overrun,
}

/// Whether a message found no room, since somebody looked: it comes again, if it was a record.
#[derive(Clone, Default)]
pub(super) struct Overrun(Arc<AtomicBool>);

impl Overrun {
    fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Looks, and forgets it.
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Serves devices over the broker until the hub stops: the embedded one, if it was bound, else the configured one.
pub async fn serve(hub: Arc<Hub>, bound: Option<Bound>) {
    match bound {
        Some(bound) => embedded(hub, bound).await,
        None if hub.config.mqtt.broker.is_empty() => {}
        None => external(hub).await,
    }
}

async fn embedded(hub: Arc<Hub>, bound: Bound) {
    let (mut broker, mut events) = Broker::start(&hub, bound).await;
    let target = Target::Embedded(broker.account().clone());
    let publisher = Publisher::default();
    let shutdown = hub.shutdown.clone();
    // Devices are let in once the hub listens to them.
    let (listens, listening) = tokio::sync::oneshot::channel();
    let (arrivals, arrived) = mpsc::channel(1);
    let connection = {
        let (publisher, shutdown) = (publisher.clone(), shutdown.clone());
        let mut listens = Some(listens);
        tokio::spawn(client::run(target, publisher, shutdown, async move |what| {
            if let (Arrived::Subscribed, Some(listens)) = (&what, listens.take()) {
                let _ = listens.send(());
            }
            // The sessions outlive the connection.
            let _ = arrivals.send(what).await;
        }))
    };
    tokio::select! {
        () = shutdown.cancelled() => return,
        _ = listening => broker.open(),
    }
    let devices = Arc::new(Devices {
        hub,
        publisher,
        broker: Some(Arc::new(broker)),
        sessions: Mutex::default(),
    });
    let watching = Arc::clone(&devices);
    let watch = async move {
        while let Some(event) = events.recv().await {
            match event {
                BrokerEvent::Gone(serial) => watching.tell(&serial, Incoming::Gone),
                BrokerEvent::Alive(serial) => watching.tell(&serial, Incoming::Alive),
            }
        }
    };
    tokio::select! {
        () = watch => {}
        () = devices.take_all(arrived) => {}
        () = shutdown.cancelled() => {}
    }
    devices.finish().await;
    connection.abort();
}

async fn external(hub: Arc<Hub>) {
    let Some(target) = external_target(&hub).await else {
        return;
    };
    let publisher = Publisher::default();
    let shutdown = hub.shutdown.clone();
    let devices = Arc::new(Devices {
        hub,
        publisher: publisher.clone(),
        broker: None,
        sessions: Mutex::default(),
    });
    let (arrivals, arrived) = mpsc::channel(1);
    let connection = tokio::spawn(client::run(
        target,
        publisher,
        shutdown.clone(),
        async move |what| {
            let _ = arrivals.send(what).await;
        },
    ));
    tokio::select! {
        () = devices.take_all(arrived) => {}
        () = shutdown.cancelled() => {}
    }
    devices.finish().await;
    connection.abort();
}

/// The configured broker; the hub calls itself there what it always did, so that the broker knows its session.
async fn external_target(hub: &Hub) -> Option<Target> {
    let url = BrokerUrl::parse(&hub.config.mqtt.broker).ok()?;
    let authority = authority(&hub.config).ok()?;
    let kept = hub.store.settings.get(CLIENT_ID_KEY).await.ok().flatten();
    let client_id = match kept.and_then(|kept| kept.object.as_str().map(str::to_owned)) {
        Some(known) => known,
        None => {
            let made = format!("menshen-{}", uuid::Uuid::new_v4().simple());
            let actor = Actor::hub();
            let put = hub
                .store
                .settings
                .put(&actor, CLIENT_ID_KEY, made.clone().into(), None);
            if let Err(error) = put.await {
                tracing::warn!(%error, "the name at the broker was not kept");
            }
            made
        }
    };
    Some(Target::External(url.external(authority, client_id)))
}

impl Devices {
    /// Takes what the connection brings, until there is none any more.
    async fn take_all(self: &Arc<Self>, mut arrived: mpsc::Receiver<Arrived>) {
        while let Some(what) = arrived.recv().await {
            match what {
                Arrived::Subscribed => tracing::info!("the broker is reached"),
                Arrived::Lost(why) => {
                    tracing::warn!(why, "the broker is lost");
                    metrics::counter!("menshen_broker_lost_total").increment(1);
                    self.all_gone();
                }
                Arrived::Message {
                    topic,
                    payload,
                    receipt,
                } => self.message(&topic, payload, receipt),
            }
        }
    }

    fn message(self: &Arc<Self>, topic: &str, payload: Bytes, receipt: Receipt) {
        let too_large = payload.len() > self.hub.config.limits.mqtt_packet_kb.saturating_mul(1024);
        let topic = match topic.parse::<Topic>() {
            Ok(topic) if topic.sender == Sender::Device && !too_large => topic,
            _ => {
                tracing::info!(
                    topic,
                    bytes = payload.len(),
                    "a message that is none of ours, or too large"
                );
                metrics::counter!("menshen_link_malformed_total", "dialect" => NAME).increment(1);
                return;
            }
        };
        let message = Incoming::Message {
            part: topic.part,
            payload,
            receipt,
        };
        let mut sessions = self.lock();
        let message = match sessions.get(&topic.serial) {
            Some(seat) => match seat.incoming.try_send(message) {
                Ok(()) => return,
                Err(mpsc::error::TrySendError::Full(_)) => {
                    seat.overrun.note();
                    metrics::counter!("menshen_link_overrun_total", "dialect" => NAME).increment(1);
                    return;
                }
                Err(mpsc::error::TrySendError::Closed(message)) => message,
            },
            None if sessions.len() >= self.hub.config.limits.mqtt_connections => {
                tracing::warn!(serial = topic.serial, "no place for one more device");
                return;
            }
            None => message,
        };
        let (sender, receiver) = mpsc::channel(WAITING);
        // There is room: nobody else has the sender yet.
        let _ = sender.try_send(message);
        let overrun = Overrun::default();
        let seat = Seat {
            incoming: sender,
            overrun: overrun.clone(),
        };
        sessions.insert(topic.serial.clone(), seat);
        drop(sessions);
        let devices = Arc::clone(self);
        self.hub.tasks.spawn(async move {
            session::run(&devices, &topic.serial, receiver, &overrun).await;
        });
    }

    /// A session ended; another one may have begun.
    pub(super) fn ended(&self, serial: &str) {
        let mut sessions = self.lock();
        if sessions.get(serial).is_some_and(|seat| seat.incoming.is_closed()) {
            sessions.remove(serial);
        }
    }

    fn tell(&self, serial: &str, what: Incoming) {
        let session = self.lock().get(serial).map(|seat| seat.incoming.clone());
        if let Some(session) = session
            && let Err(mpsc::error::TrySendError::Full(what)) = session.try_send(what)
        {
            tokio::spawn(async move {
                let _ = session.send(what).await;
            });
        }
    }

    fn all_gone(&self) {
        let all: Vec<String> = self.lock().keys().cloned().collect();
        for serial in all {
            self.tell(&serial, Incoming::Gone);
        }
    }

    /// No more messages: the sessions deal with what they have and end.
    async fn finish(&self) {
        let sessions = std::mem::take(&mut *self.lock());
        for (_, seat) in sessions {
            let _ = seat.incoming.send(Incoming::Gone).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Seat>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
