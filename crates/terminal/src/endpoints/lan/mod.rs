//! The terminal's end of `lan`: platforms call it over HTTP, and it posts its records and heartbeats to the addresses that
//! they set.
//!
//! [`calls`] takes a call apart and answers it; what is done is in [`people`], [`records`], [`settings`] and [`control`].
//! [`pushes`] posts records and heartbeats. What is kept over restarts is a [`Memory`].

mod calls;
mod control;
mod people;
mod pushes;
mod records;
mod settings;

use super::Ending;
use super::http::{Client, Places, serving};
use super::kept::Kept;
use crate::config::LanConfig;
use crate::connections::Connection;
use crate::device::Device;
use dialects::lan::heartbeat::DEFAULT_PERIOD;
use dialects::lan::key::DEFAULT_KEY;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::net::SocketAddr;
use std::sync::Arc;

/// The dialect's name.
pub(crate) const DIALECT: &str = "lan";

/// What outlives restarts.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    /// The device's key (3.1).
    key: String,
    /// Where records are posted (3.12); blank is nowhere.
    record_url: String,
    /// Where heartbeats are posted (3.16); blank is nowhere.
    heartbeat_url: String,
    /// Every so many seconds.
    heartbeat_period: f64,
    /// Settings as they were set (3.2).
    settings: Map<String, Value>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            key: DEFAULT_KEY.to_owned(),
            record_url: String::new(),
            heartbeat_url: String::new(),
            heartbeat_period: DEFAULT_PERIOD,
            settings: Map::new(),
        }
    }
}

/// What calls and pushes share.
struct Endpoint {
    device: Arc<Device>,
    memory: Kept<Memory>,
    client: Client,
    /// Where it listens.
    address: SocketAddr,
    /// Pictures are taken by one call at a time (3.20).
    taking: tokio::sync::Mutex<()>,
    /// Programs are installed by one call at a time (3.18).
    installing: tokio::sync::Mutex<()>,
}

/// Serves and pushes until the run ends.
pub(super) async fn run(device: Arc<Device>, config: LanConfig, places: Arc<Places>, ending: Ending) {
    let opened = ending.run.run_until_cancelled(places.open(DIALECT)).await;
    let (Some(listener), Some(address)) = (opened.flatten(), places.address(DIALECT)) else {
        return;
    };
    let endpoint = match Endpoint::load(device, address).await {
        Ok(endpoint) => Arc::new(endpoint),
        Err(problem) => {
            tracing::error!(problem, "the endpoint cannot be served");
            return;
        }
    };
    endpoint.tell(false, None);
    tracing::info!(%address, dialect = DIALECT, "platforms may call");
    let bounds = serving::Bounds::of(&endpoint.device.config.limits);
    tokio::join!(
        serving::serve(
            listener,
            calls::router(Arc::clone(&endpoint)),
            bounds,
            ending.run.clone()
        ),
        pushes::records(Arc::clone(&endpoint), &config, ending.run.clone()),
        pushes::heartbeats(Arc::clone(&endpoint), ending.run.clone()),
    );
    endpoint.tell(false, None);
}

impl Endpoint {
    async fn load(device: Arc<Device>, address: SocketAddr) -> Result<Self, String> {
        let memory = Kept::load(&device, DIALECT, "memory").await;
        let client = Client::new(&device.config.limits, false);
        Ok(Self {
            memory: memory.map_err(|error| error.to_string())?,
            client: client.map_err(|error| error.to_string())?,
            device,
            address,
            taking: tokio::sync::Mutex::default(),
            installing: tokio::sync::Mutex::default(),
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
