//! The terminal's end of `facegate`: platforms call `POST /action/<Operator>`, and it pushes what they subscribed to.
//!
//! [`calls`] takes a call apart, knows the caller and answers; what is done is in [`people`] (with [`batches`] and
//! [`search`]), [`subscription`], [`records`], [`settings`], [`network`], [`passwords`], [`faces`] and [`control`].
//! [`pushes`] delivers records and heartbeats, [`broker`] publishes them, [`report`] makes the messages. What is kept over
//! restarts is a [`Memory`] and the [`roll`], which numbers people.

mod batches;
mod broker;
mod calls;
mod control;
mod faces;
mod failure;
mod network;
mod passwords;
mod people;
mod photos;
mod pushes;
mod questions;
mod records;
mod report;
mod roll;
mod search;
mod settings;
mod subscription;

pub(super) use network::settle;

use super::Ending;
use super::http::{Client, Places, serving};
use super::kept::Kept;
use crate::config::FacegateConfig;
use crate::connections::Connection;
use crate::device::Device;
use dialects::facegate::{DeviceId, OpenDoorWay, Push, Subscription};
use jiff::Timestamp;
use roll::Roll;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

/// The dialect's name.
pub(crate) const DIALECT: &str = "facegate";

/// Who calls until `SetUserPwd` says otherwise (2.4).
const FIRST_USER: &str = "admin";
/// Codes that may wait for the broker.
const SHOWN_CODES: usize = 8;

/// What outlives restarts.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    /// Who calls (3.3).
    user: String,
    /// Their password.
    password: String,
    /// What is pushed, and where to (3.12).
    #[serde(deserialize_with = "from_wire")]
    subscription: Subscription,
    /// Settings as they were set, by the names of their groups.
    settings: BTreeMap<String, Map<String, Value>>,
    /// Passwords that open the door (3.21).
    passwords: BTreeSet<String>,
    /// What temporary passwords are made from; made once.
    password_seed: String,
    /// Since when passes make no control records (`OpendoorWay` 1).
    unrecorded_since: Option<Timestamp>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            user: FIRST_USER.to_owned(),
            password: FIRST_USER.to_owned(),
            subscription: Subscription::default(),
            settings: BTreeMap::new(),
            passwords: BTreeSet::new(),
            password_seed: String::new(),
            unrecorded_since: None,
        }
    }
}

/// What is written as on the wire is read as from there.
fn from_wire<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Subscription, D::Error> {
    let value = Value::deserialize(deserializer)?;
    dialects::lenient::read(&value).map_err(serde::de::Error::custom)
}

impl Memory {
    /// Who opens the door; until a platform says, the terminal and the platform beside it.
    fn way(&self) -> OpenDoorWay {
        let door = self.settings.get("DoorCondition");
        let number = door
            .and_then(|door| door.get("OpendoorWay"))
            .and_then(Value::as_i64);
        number.map_or(OpenDoorWay::FaceOrRemote, OpenDoorWay::from)
    }
}

/// What calls and pushes share.
struct Endpoint {
    device: Arc<Device>,
    id: DeviceId,
    /// Where it is to listen.
    places: Arc<Places>,
    memory: Kept<Memory>,
    roll: Roll,
    client: Client,
    /// Where it listens.
    address: SocketAddr,
    /// A QR code that a platform was told of, and that `OpenDoor` answers.
    shown_code: questions::ShownCode,
    /// QR codes for the broker.
    shown_codes: broadcast::Sender<Push>,
    /// How far the broker is with records that are resumed.
    published: Kept<Option<broker::Position>>,
    /// Who is who is changed by one call at a time.
    changing: tokio::sync::Mutex<()>,
    /// Programs are installed by one call at a time (3.29).
    installing: tokio::sync::Mutex<()>,
    /// The end of the run.
    end: CancellationToken,
    /// From when on records that were pushed before are to be pushed again.
    reopened: watch::Sender<Option<Timestamp>>,
    /// Counts up when something else is subscribed, and when a platform looks at what is: what waits goes out at once.
    stirred: watch::Sender<u64>,
    /// Records are pushed by hand for one call at a time (3.32).
    pushing: Arc<tokio::sync::Mutex<()>>,
}

/// Serves and pushes until the run ends.
pub(super) async fn run(device: Arc<Device>, config: FacegateConfig, places: Arc<Places>, ending: Ending) {
    let opened = ending.run.run_until_cancelled(places.open(DIALECT)).await;
    let (Some(listener), Some(address)) = (opened.flatten(), places.address(DIALECT)) else {
        return;
    };
    let end = &ending.run;
    let endpoint = match Endpoint::load(device, &config, places, address, end.clone()).await {
        Ok(endpoint) => Arc::new(endpoint),
        Err(problem) => {
            tracing::error!(problem, "the endpoint cannot be served");
            return;
        }
    };
    endpoint.tell(false, None);
    tracing::info!(%address, dialect = DIALECT, "platforms may call");
    let bounds = serving::Bounds {
        title_case: true,
        ..serving::Bounds::of(&endpoint.device.config.limits)
    };
    tokio::join!(
        serving::serve(
            listener,
            calls::router(Arc::clone(&endpoint)),
            bounds,
            end.clone()
        ),
        pushes::records(Arc::clone(&endpoint), &config, end.clone()),
        pushes::heartbeats(Arc::clone(&endpoint), end.clone()),
        broker::publish(Arc::clone(&endpoint), &config, end.clone()),
        questions::codes(Arc::clone(&endpoint), end.clone()),
        endpoint.keep_passwords(end.clone()),
    );
    endpoint.tell(false, None);
}

impl Endpoint {
    async fn load(
        device: Arc<Device>,
        config: &FacegateConfig,
        places: Arc<Places>,
        address: SocketAddr,
        end: CancellationToken,
    ) -> Result<Self, String> {
        let memory = Kept::load(&device, DIALECT, "memory").await;
        let published = Kept::load(&device, DIALECT, "published").await;
        let roll = Roll::load(&device).await;
        // Header names are case sensitive to this dialect's platforms (2.2.4).
        let client = Client::new(&device.config.limits, true);
        Ok(Self {
            memory: memory.map_err(|error| error.to_string())?,
            published: published.map_err(|error| error.to_string())?,
            roll: roll.map_err(|error| error.to_string())?,
            client: client.map_err(|error| error.to_string())?,
            id: config.device(&device.config.terminal.serial),
            places,
            device,
            address,
            shown_code: questions::ShownCode::default(),
            shown_codes: broadcast::Sender::new(SHOWN_CODES),
            changing: tokio::sync::Mutex::default(),
            installing: tokio::sync::Mutex::default(),
            end,
            reopened: watch::Sender::new(None),
            stirred: watch::Sender::new(0),
            pushing: Arc::default(),
        })
    }

    /// Tells how the platform stands, where that has changed.
    fn tell(&self, online: bool, problem: Option<String>) {
        let connections = &self.device.connections;
        let known = connections.all().remove(DIALECT);
        if known.is_some_and(|known| known.online == online && known.problem == problem) {
            return;
        }
        let connection = Connection {
            online,
            address: self.address.to_string(),
            since: Some(self.device.clock.now()),
            problem,
        };
        connections.set(DIALECT, connection);
        self.device.touch();
    }
}
