//! Where the terminal listens: where it was configured to, until a platform says otherwise (3.4). It moves when it restarts,
//! which it does for every change of the network; a place where it cannot listen is refused.

use super::failure::Failure;
use super::{DIALECT, Endpoint, Memory};
use crate::endpoints::http::Places;
use crate::endpoints::kept::Kept;
use dialects::facegate::{SetSettings, SettingsGroup};
use serde_json::{Map, Value, json};
use std::net::{IpAddr, SocketAddr};
use store::terminal::DeviceState;
use tokio::net::TcpListener;

/// Before the first run: what was set counts before what is configured.
pub(in crate::endpoints) async fn settle(places: &Places, state: &dyn DeviceState) {
    let Some(configured) = places.address(DIALECT) else {
        return;
    };
    let moved = async {
        let memory: Memory = Kept::read(state, DIALECT, "memory")
            .await
            .map_err(|error| error.to_string())?;
        let set = memory.settings.get(SettingsGroup::NetParam.name());
        let Some(set) = set else { return Ok(()) };
        let listener = elsewhere(set, configured)
            .await
            .map_err(|failure| failure.detail)?;
        move_to(places, listener).map_err(|failure| failure.detail)
    };
    let moved: Result<(), String> = moved.await;
    if let Err(problem) = moved {
        tracing::warn!(problem, %configured, "the terminal listens where it was configured to");
    }
}

/// A listener where these settings say, if that is another place than this one.
async fn elsewhere(set: &Map<String, Value>, now: SocketAddr) -> Result<Option<TcpListener>, Failure> {
    let text = set
        .get("IPAddr")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim();
    let wrong = || Failure::new(format!("Parameter error: IPAddr: {text:?} is no address"));
    let ip: IpAddr = match text {
        "" => now.ip(),
        text => text.parse().map_err(|_| wrong())?,
    };
    let port = set.get("WebPort").and_then(Value::as_u64);
    let port = port
        .and_then(|port| u16::try_from(port).ok())
        .unwrap_or(now.port());
    let wanted = SocketAddr::new(ip, port);
    if wanted == now {
        return Ok(None);
    }
    let refused = |error: std::io::Error| Failure::new(format!("{wanted} cannot be listened on: {error}"));
    let listener = TcpListener::bind(wanted).await.map_err(refused)?;
    Ok(Some(listener))
}

fn move_to(places: &Places, listener: Option<TcpListener>) -> Result<(), Failure> {
    let Some(listener) = listener else { return Ok(()) };
    let moved = places.move_to(DIALECT, listener);
    moved.map_err(|error| Failure::new(error.to_string()))
}

impl Endpoint {
    /// The place that a change of the network names, taken already; `None` where it is this one.
    pub(super) async fn place_in(
        &self,
        changed: &Map<String, Value>,
    ) -> Result<Option<TcpListener>, Failure> {
        elsewhere(changed, self.address).await
    }

    /// Whether the common parameters name another address than this one (3.23).
    pub(super) fn moves(&self, changed: &SetSettings) -> bool {
        let named = changed.values.get("IPAddr").and_then(Value::as_str);
        let named = named.map(str::trim).filter(|named| !named.is_empty());
        changed.group == SettingsGroup::GeneralParam
            && named.is_some_and(|named| named.parse() != Ok(self.address.ip()))
    }

    /// From the next restart on, the terminal listens here.
    pub(super) fn move_to(&self, listener: Option<TcpListener>) -> Result<(), Failure> {
        move_to(&self.places, listener)
    }

    /// Where it is; only calls are served, whatever the port for data is said to be.
    pub(super) fn network(&self) -> Value {
        let memory = self.memory.get();
        let set = memory.settings.get(SettingsGroup::NetParam.name());
        let data_port = set.and_then(|set| set.get("ListenPort")).cloned();
        json!({
            "IPAddr": self.address.ip().to_string(),
            "ListenPort": data_port.unwrap_or_else(|| self.address.port().into()),
            "WebPort": self.address.port(),
        })
    }
}
