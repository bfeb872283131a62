//! Who may connect, and which topics a connection may use (the contract's "Hub" section; hub rules 15, 20).
//!
//! A connection belongs to one serial: that of its credentials, else the first that it uses. It may publish what that
//! device says and subscribe to what that device is told, and nothing else. A last will counts as a publication.

use super::BrokerEvent;
use crate::links::mqtt::NAME;
use crate::links::mqtt::client::Account;
use crate::secret;
use crate::state::Hub;
use dialects::mqtt::{Sender, Topic, topic};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use store::hub::devices::{SerialDevice, Standing};
use subtle::ConstantTimeEq as _;
use tokio::sync::mpsc;

/// Events that wait for the hub.
const EVENTS_WAITING: usize = 4096;
/// Who was let in and does not follow within this has gone.
const FOLLOW_WITHIN: Duration = Duration::from_secs(60);

/// What tells a connection from all others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ConnectionKey {
    pub(super) client_id: String,
    pub(super) peer: Option<SocketAddr>,
}

/// What is known of a connection.
struct Connection {
    id: rmqtt::types::Id,
    serial: Option<String>,
    /// Signed in with the password made for its serial.
    with_password: bool,
    let_in: Instant,
    connected: bool,
}

/// What a connection asks to be let in with.
#[derive(Debug, Clone)]
pub(super) struct Applicant {
    pub(super) id: rmqtt::types::Id,
    pub(super) key: ConnectionKey,
    pub(super) user: Option<String>,
    pub(super) password: Option<Vec<u8>>,
    /// The topic of its last will.
    pub(super) will: Option<String>,
    /// Whether it came by the hub's own listener.
    pub(super) on_own_listener: bool,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// The hub itself.
    Hub,
    /// A device.
    Device,
    /// Unknown user or wrong password.
    BadPassword,
    /// Not allowed.
    Refused,
}

/// The gate.
pub(super) struct Gate {
    hub: Weak<Hub>,
    account: Account,
    connections: Mutex<HashMap<ConnectionKey, Connection>>,
    events: mpsc::Sender<BrokerEvent>,
}

impl Gate {
    pub(super) fn new(hub: Weak<Hub>, account: Account) -> (Self, mpsc::Receiver<BrokerEvent>) {
        let (events, receiver) = mpsc::channel(EVENTS_WAITING);
        let gate = Self {
            hub,
            account,
            connections: Mutex::default(),
            events,
        };
        (gate, receiver)
    }

    /// Whether a client is the hub itself.
    pub(super) fn is_hub(&self, user: &str) -> bool {
        user == self.account.user
    }

    /// Judges who wants to connect.
    pub(super) async fn admit(&self, applicant: Applicant) -> Entry {
        if applicant.on_own_listener {
            let same = applicant.user.as_deref() == Some(self.account.user.as_str())
                && applicant
                    .password
                    .as_deref()
                    .is_some_and(|password| bool::from(password.ct_eq(self.account.password.as_bytes())));
            return if same { Entry::Hub } else { Entry::BadPassword };
        }
        let Some(hub) = self.hub.upgrade() else {
            return Entry::Refused;
        };
        let (serial, with_password) = match self.credentials(&hub, &applicant).await {
            Ok(Some(serial)) => (Some(serial), true),
            Ok(None) if hub.config.mqtt.anonymous => (None, false),
            Ok(None) => return Entry::Refused,
            Err(entry) => return entry,
        };
        if !self.enter(&hub, &applicant, serial, with_password) {
            return Entry::Refused;
        }
        match &applicant.will {
            Some(will) if !self.may_publish(&applicant.key, will).await => {
                self.left(&applicant.key);
                Entry::Refused
            }
            _ => Entry::Device,
        }
    }

    /// The serial whose password was given; `None` where the user name is no serial that has one.
    async fn credentials(&self, hub: &Hub, applicant: &Applicant) -> Result<Option<String>, Entry> {
        let Some(user) = applicant.user.as_deref().filter(|user| topic::is_serial(user)) else {
            return Ok(None);
        };
        let Some(known) = self.known(hub, user).await? else {
            return Ok(None);
        };
        let Some(expected) = known.password_hash else {
            return Ok(None);
        };
        let given = applicant.password.as_deref().unwrap_or_default();
        let given = secret::hash(&String::from_utf8_lossy(given));
        if !bool::from(given.as_slice().ct_eq(expected.as_slice())) {
            return Err(Entry::BadPassword);
        }
        self.welcome(hub, &known, applicant.key.peer).await?;
        Ok(Some(user.to_owned()))
    }

    async fn known(&self, hub: &Hub, serial: &str) -> Result<Option<SerialDevice>, Entry> {
        hub.store.devices.by_serial(NAME, serial).await.map_err(|error| {
            tracing::error!(%error, serial, "a device that connects could not be looked up");
            Entry::Refused
        })
    }

    /// A device that is switched off, or comes from another address than its own, is not let in.
    async fn welcome(&self, hub: &Hub, known: &SerialDevice, peer: Option<SocketAddr>) -> Result<(), Entry> {
        if known.device.standing == Standing::Disabled {
            return Err(Entry::Refused);
        }
        let address = peer.map(|peer| peer.ip().to_string()).unwrap_or_default();
        let is_wrong = known
            .device
            .pinned_address
            .as_ref()
            .is_some_and(|pinned| *pinned != address);
        if !is_wrong {
            return Ok(());
        }
        let id = &known.device.device.id;
        if let Err(error) = hub.store.devices.wrong_address(id, &address).await {
            tracing::warn!(%error, "a wrong address was not noted");
        }
        hub.outbox_grew();
        Err(Entry::Refused)
    }

    /// Notes who was let in. Nobody takes over the client id of a connection that is another's.
    fn enter(&self, hub: &Hub, applicant: &Applicant, serial: Option<String>, with_password: bool) -> bool {
        let mut connections = self.lock();
        connections.retain(|_, one| one.connected || one.let_in.elapsed() < FOLLOW_WITHIN);
        let is_anothers = connections.iter().any(|(key, one)| {
            key.client_id == applicant.key.client_id && one.with_password && one.serial != serial
        });
        if is_anothers || connections.len() >= hub.config.limits.mqtt_connections {
            return false;
        }
        let entered = Connection {
            id: applicant.id.clone(),
            serial,
            with_password,
            let_in: Instant::now(),
            connected: false,
        };
        connections.insert(applicant.key.clone(), entered);
        true
    }

    /// A connection is up.
    pub(super) fn connected(&self, key: &ConnectionKey) {
        if let Some(connection) = self.lock().get_mut(key) {
            connection.connected = true;
        }
    }

    /// A connection ended.
    pub(super) fn left(&self, key: &ConnectionKey) {
        let mut connections = self.lock();
        let Some(serial) = connections.remove(key).and_then(|ended| ended.serial) else {
            return;
        };
        let still_here = connections
            .values()
            .any(|other| other.serial.as_ref() == Some(&serial));
        drop(connections);
        if still_here {
            return;
        }
        // Without room somebody notices by the silence.
        if self.events.try_send(BrokerEvent::Gone(serial)).is_err() {
            tracing::warn!("the end of a connection was not told");
        }
    }

    /// A connection pinged.
    pub(super) fn alive(&self, key: &ConnectionKey) {
        let serial = self.lock().get(key).and_then(|one| one.serial.clone());
        if let Some(serial) = serial {
            // One ping more or less.
            let _ = self.events.try_send(BrokerEvent::Alive(serial));
        }
    }

    /// Whether a connection may publish on a topic.
    pub(super) async fn may_publish(&self, key: &ConnectionKey, topic: &str) -> bool {
        match topic.parse::<Topic>() {
            Ok(topic) if topic.sender == Sender::Device => self.belongs(key, &topic.serial).await,
            _ => false,
        }
    }

    /// Whether a connection may subscribe to a filter: what its own device is told, whole or in part.
    pub(super) async fn may_subscribe(&self, key: &ConnectionKey, filter: &str) -> bool {
        let mut parts = filter.split('/');
        let (Some("pass"), Some(serial), Some(part), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        let is_part = matches!(part, "request" | "requset" | "response" | "#" | "+");
        is_part && topic::is_serial(serial) && self.belongs(key, serial).await
    }

    /// Whether a connection is this device's; the first serial that it uses becomes its own.
    async fn belongs(&self, key: &ConnectionKey, serial: &str) -> bool {
        match self.lock().get(key) {
            None => return false,
            Some(Connection {
                serial: Some(own), ..
            }) => return own == serial,
            Some(_) => {}
        }
        let Some(hub) = self.hub.upgrade() else {
            return false;
        };
        match self.known(&hub, serial).await {
            // Whoever has a password shows it.
            Ok(Some(known)) if known.password_hash.is_some() => return false,
            Ok(Some(known)) => {
                if self.welcome(&hub, &known, key.peer).await.is_err() {
                    return false;
                }
            }
            Ok(None) => {}
            Err(_) => return false,
        }
        let mut connections = self.lock();
        let Some(connection) = connections.get_mut(key) else {
            return false;
        };
        connection.serial.get_or_insert_with(|| serial.to_owned()) == serial
    }

    /// Where a device's connection comes from.
    pub(super) fn address_of(&self, serial: &str) -> Option<SocketAddr> {
        let connections = self.lock();
        let newest = connections
            .iter()
            .filter(|(_, one)| one.serial.as_deref() == Some(serial))
            .max_by_key(|(_, one)| one.let_in);
        newest.and_then(|(key, _)| key.peer)
    }

    /// The connections of a device.
    pub(super) fn connections_of(&self, serial: &str) -> Vec<rmqtt::types::Id> {
        let connections = self.lock();
        let own = connections
            .values()
            .filter(|one| one.serial.as_deref() == Some(serial));
        own.map(|one| one.id.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionKey, Connection>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The gate is shared with the hooks.
pub(super) type SharedGate = Arc<Gate>;
