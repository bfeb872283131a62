//! The terminal's end of `openapi`: platforms call it over HTTP (8), listen to its records over a WebSocket (8.3.3), and
//! are asked and told by it (9), all at once where that is configured.
//!
//! [`calls`] takes a call apart and answers it; what is done is in [`people`], [`records`], [`settings`] and [`commands`].
//! [`socket`] serves who listens, with the records of [`live`]. [`platform`] is chapter 9. What is kept over restarts is a
//! [`Memory`].

mod calls;
mod commands;
mod live;
mod people;
mod platform;
mod records;
mod settings;
mod socket;
mod used;

use super::Ending;
use super::http::{Client, Places, serving};
use super::kept::Kept;
use crate::config::OpenapiConfig;
use crate::connections::Connection;
use crate::decider::{Decider, WhenSilent};
use crate::device::Device;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use used::Used;

/// The dialect's name.
pub(crate) const DIALECT: &str = "openapi";
/// The name of the WebSocket's listener.
pub(crate) const PUSH: &str = "openapi_push";

/// Bytes of a picture in a message, so that its Base64 fits into the 700 KB of chapter 9.
const PICTURE_BYTES: usize = 500_000;

/// The platform of chapter 9 decides on faces; where it is silent, the terminal does (terminal rules 16 and 33).
pub(super) fn decider() -> Decider {
    Decider::Platform {
        dialect: DIALECT.to_owned(),
        when_silent: WhenSilent::TerminalDecides,
        faces_only: true,
    }
}

/// What outlives restarts: the objects as they were set, and how far the platform's changes were read.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    network: Map<String, Value>,
    smart_face: Map<String, Value>,
    peripherals: Map<String, Value>,
    audio: Map<String, Value>,
    /// The mark of chapter 9, as the platform wrote it; empty: from the beginning.
    mark: String,
    /// Whatever was signed until then was taken before a restart, milliseconds since 1970.
    signed_ms: i64,
}

/// What calls, pushes and chapter 9 share.
struct Endpoint {
    device: Arc<Device>,
    config: OpenapiConfig,
    memory: Kept<Memory>,
    client: Client,
    used: Used,
    /// Where it is called; `None` where that is off.
    address: Option<SocketAddr>,
}

/// Serves, pushes and asks until the run ends.
pub(super) async fn run(device: Arc<Device>, config: OpenapiConfig, places: Arc<Places>, ending: Ending) {
    let end = ending.run.clone();
    let opened = async { (places.open(DIALECT).await, places.open(PUSH).await) };
    let Some((calls, pushes)) = end.run_until_cancelled(opened).await else {
        return;
    };
    let endpoint = match Endpoint::load(device, config, places.address(DIALECT)).await {
        Ok(endpoint) => Arc::new(endpoint),
        Err(problem) => {
            tracing::error!(problem, "the endpoint cannot be served");
            return;
        }
    };
    endpoint.tell(false, None);
    let records = live::Records::default();
    tokio::join!(
        serve(&endpoint, calls, &ending),
        socket::serve(Arc::clone(&endpoint), pushes, records.clone(), end.clone()),
        live::follow(Arc::clone(&endpoint), records, end.clone()),
        platform::run(Arc::clone(&endpoint), end),
    );
    endpoint.tell(false, None);
}

async fn serve(endpoint: &Arc<Endpoint>, listener: Option<TcpListener>, ending: &Ending) {
    let Some(listener) = listener else { return };
    let bounds = serving::Bounds::of(&endpoint.device.config.limits);
    let router = calls::router(Arc::clone(endpoint));
    serving::serve(listener, router, bounds, ending.run.clone()).await;
}

impl Endpoint {
    async fn load(
        device: Arc<Device>,
        config: OpenapiConfig,
        address: Option<SocketAddr>,
    ) -> Result<Self, String> {
        let memory: Result<Kept<Memory>, _> = Kept::load(&device, DIALECT, "memory").await;
        let memory = memory.map_err(|error| error.to_string())?;
        let client = Client::new(&device.config.limits, false);
        Ok(Self {
            used: Used::until(memory.get().signed_ms),
            memory,
            client: client.map_err(|error| error.to_string())?,
            device,
            config,
            address,
        })
    }

    /// What the device is called.
    fn id(&self) -> &str {
        self.config.id(&self.device.config.terminal.serial)
    }

    /// Tells how the platform stands, where that has changed: that of chapter 9, else whoever calls.
    fn tell(&self, online: bool, problem: Option<String>) {
        let connections = &self.device.connections;
        let known = connections.all().remove(DIALECT);
        if known.is_some_and(|known| known.online == online && known.problem == problem) {
            return;
        }
        let own = || {
            self.address
                .map(|address| address.to_string())
                .unwrap_or_default()
        };
        let connection = Connection {
            online,
            address: self.config.platform().map_or_else(own, str::to_owned),
            since: Some(self.device.clock.now()),
            problem,
        };
        connections.set(DIALECT, connection);
        self.device.touch();
    }
}
