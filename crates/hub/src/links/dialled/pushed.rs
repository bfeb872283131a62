//! What devices push over HTTP: whose it is, and whether it may be taken (hub rules 18 and 20).

use super::Dialled;
use super::address::{HostPort, is_pinned};
use crate::api::input;
use crate::api::problem::Problem;
use crate::config::Approval;
use crate::links::{Dialect, LiveLink};
use crate::listen::PeerAddress;
use crate::secret;
use crate::state::Hub;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use jiff::{SignedDuration, Timestamp};
use std::net::IpAddr;
use std::sync::Arc;
use store::StoreError;
use store::hub::Actor;
use store::hub::devices::{DeviceChange, Registration, Standing, StoredDevice};

/// A device that was on the line for so long was not read before that.
const LONG_BEFORE: SignedDuration = SignedDuration::from_secs(10);

/// A push as it came: bounded by `limits.push_kb` and `limits.body_seconds`.
#[derive(Debug)]
pub struct Push {
    /// From where.
    pub peer: IpAddr,
    /// The host by which it reached us, as it says.
    pub host: Option<String>,
    /// The query, without `?`.
    pub query: String,
    /// The body, whatever its content type says.
    pub body: Bytes,
}

impl FromRequest<Arc<Hub>> for Push {
    type Rejection = Problem;

    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Problem> {
        let peer = request.extensions().get::<PeerAddress>();
        let peer = peer.ok_or_else(|| Problem::internal(&"a connection without an address"))?;
        let peer = peer.0.ip().to_canonical();
        let host = request.headers().get(header::HOST);
        let host = host.and_then(|host| host.to_str().ok()).map(str::to_owned);
        let query = request.uri().query().unwrap_or_default().to_owned();
        let limit = hub.config.limits.push_kb.saturating_mul(1024);
        let body = input::read(request.into_body(), limit, hub).await?;
        Ok(Self {
            peer,
            host,
            query,
            body,
        })
    }
}

/// Whose a push is.
#[derive(Debug)]
pub enum Sender {
    /// An approved device's; it may be taken.
    Device(Box<StoredDevice>),
    /// A device's that waits for approval, or would not be known: it is not to be acknowledged.
    Pending,
    /// Nobody's whom the hub knows: a wrong token, another address than the pinned one, a device that is switched off.
    Nobody,
}

/// Whose a push is that came with this token, or else calls itself so.
///
/// # Errors
/// What the store says.
pub async fn sender(
    hub: &Arc<Hub>,
    dialect: &dyn Dialect,
    token: Option<&str>,
    serial: &str,
    push: &Push,
) -> Result<Sender, StoreError> {
    let port = dialect.dialled().map(Dialled::port);
    let claim = Claim { token, serial, port };
    Ok(match whose(hub, dialect, claim, push).await? {
        Whose::Device(device) => {
            noted(hub, &device);
            Sender::Device(device)
        }
        Whose::Pending(_) => Sender::Pending,
        Whose::Elsewhere(_) | Whose::Nobody => Sender::Nobody,
    })
}

/// As what a push came.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The token of its address.
    pub token: Option<&'a str>,
    /// What the device calls itself.
    pub serial: &'a str,
    /// Where such a device is called; `None` where it only calls.
    pub port: Option<u16>,
}

/// Whose a push is, and from where.
#[derive(Debug)]
pub enum Whose {
    /// An approved device's, by its token or from its pinned address.
    Device(Box<StoredDevice>),
    /// An approved device's by its own word, from another address than the pinned one, or without one.
    Elsewhere(Box<StoredDevice>),
    /// A device's that waits for approval.
    Pending(Box<StoredDevice>),
    /// Nobody's whom the hub knows, or serves.
    Nobody,
}

/// Whose a push is; nothing is noted of the device.
///
/// # Errors
/// What the store says.
pub async fn whose(
    hub: &Arc<Hub>,
    dialect: &dyn Dialect,
    claim: Claim<'_>,
    push: &Push,
) -> Result<Whose, StoreError> {
    let known = match claim.token {
        Some(token) => {
            let keyed = hub.store.devices.by_link_key(dialect.name(), token).await?;
            keyed.map(|keyed| keyed.device)
        }
        None => by_serial(hub, dialect, claim, push).await?,
    };
    let Some(device) = known.map(Box::new) else {
        return Ok(Whose::Nobody);
    };
    match device.standing {
        Standing::Disabled => Ok(Whose::Nobody),
        Standing::Pending => {
            let seen = vec![(device.device.id.clone(), Timestamp::now())];
            hub.store.devices.seen(seen).await?;
            Ok(Whose::Pending(device))
        }
        Standing::Approved if claim.token.is_some() || comes_from(&device, push.peer).await => {
            Ok(Whose::Device(device))
        }
        Standing::Approved => Ok(Whose::Elsewhere(device)),
    }
}

/// The device that calls itself so; an unknown one is pending from now on.
async fn by_serial(
    hub: &Arc<Hub>,
    dialect: &dyn Dialect,
    claim: Claim<'_>,
    push: &Push,
) -> Result<Option<StoredDevice>, StoreError> {
    let serial = claim.serial.trim();
    if serial.is_empty() {
        return Ok(None);
    }
    let known = hub.store.devices.by_serial(dialect.name(), serial).await?;
    if let Some(known) = known {
        return Ok(Some(known.device));
    }
    if dialect.check_serial(serial).is_err() {
        return Ok(None);
    }
    appeared(hub, dialect, Claim { serial, ..claim }, push.peer).await
}

/// A device that nobody entered; `None` where there is no place for it.
async fn appeared(
    hub: &Arc<Hub>,
    dialect: &dyn Dialect,
    claim: Claim<'_>,
    peer: IpAddr,
) -> Result<Option<StoredDevice>, StoreError> {
    let host = peer.to_string();
    let address = match claim.port {
        Some(port) => HostPort { host, port }.to_string(),
        None => host,
    };
    let approve = hub.config.devices.approve == Approval::Automatic;
    let registration = Registration {
        dialect: dialect.name(),
        serial: claim.serial.to_owned(),
        mac: String::new(),
        model: None,
        address,
        protocol_version: 1,
        capabilities: dialect
            .capabilities()
            .iter()
            .map(|&name| name.to_owned())
            .collect(),
        link_key: secret::random(),
        secret: String::new(),
        most_pending: hub.config.limits.pending_devices,
        approve,
        at: Timestamp::now(),
    };
    let devices = &hub.store.devices;
    let registered = match devices.register(registration, Box::new(|_| false)).await {
        Err(StoreError::Busy { .. } | StoreError::Full { .. }) => return Ok(None),
        other => other?,
    };
    let device = if approve {
        let pin = DeviceChange {
            pinned_address: Some(Some(peer.to_string())),
            ..DeviceChange::default()
        };
        let id = &registered.device.id;
        devices.change(&Actor::hub(), id, pin, None, None).await?
    } else {
        registered
    };
    hub.outbox_grew();
    Ok(Some(device))
}

async fn comes_from(device: &StoredDevice, peer: IpAddr) -> bool {
    match &device.pinned_address {
        Some(pinned) => is_pinned(pinned, peer).await,
        None => false,
    }
}

/// A sign of life.
fn noted(hub: &Hub, device: &StoredDevice) {
    match hub.links.get(&device.device.id) {
        Some(live) => live.seen(Timestamp::now()),
        None => hub.dialler.is_there(&device.device.id),
    }
}

/// The device as it is known once its clock was looked at, or could not be: a record that comes first when a device or this
/// hub was away is read by that clock.
///
/// # Errors
/// What the store says.
pub async fn looked_at(hub: &Hub, device: StoredDevice) -> Result<StoredDevice, StoreError> {
    let since = hub.links.get(&device.device.id).map(|live| live.since);
    match since.map(|since| Timestamp::now().duration_since(since)) {
        Some(on_the_line) if on_the_line > LONG_BEFORE => return Ok(device),
        // It may have been read before its clock was looked at.
        Some(_) => {}
        None => hub.dialler.tried(&device.device.id).await,
    }
    let known = hub.store.devices.device(&device.device.id, None).await?;
    Ok(known.unwrap_or(device))
}

/// Since when what the device pushes can have come at once: since it is on the line; before it was dialled, since this hub
/// runs.
#[must_use]
pub fn connected_at(hub: &Hub, live: Option<&LiveLink>) -> Timestamp {
    live.map_or(hub.started, |live| live.since)
}
