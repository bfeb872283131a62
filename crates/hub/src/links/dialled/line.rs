//! The line to one device: calling it, its secrets, and what it says of itself.

use super::DeviceClient;
use crate::intake::clock_measured;
use crate::links::{CallError, Failure};
use crate::patience::patiently;
use crate::state::Hub;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::sync::Arc;
use store::StoreError;
use store::hub::devices::{Dialling, Identity, StoredDevice};
use tokio_util::sync::CancellationToken;

/// The line to one device.
#[derive(Debug)]
pub struct Line {
    /// The hub.
    pub hub: Arc<Hub>,
    /// The device, as it was when it was dialled.
    pub device: StoredDevice,
    /// Calls it.
    pub client: DeviceClient,
    /// Cancelled when the link is to end.
    pub closing: CancellationToken,
}

impl Line {
    /// The wall clock at the device's door.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.hub.zone_of(&self.device.device)
    }

    /// The device's secrets and the token of its pushes.
    ///
    /// # Errors
    /// [`CallError`] for what the store says.
    pub async fn dialling(&self) -> Result<Dialling, CallError> {
        let id = &self.device.device.id;
        let found = patiently(|| self.hub.store.devices.dialling(id)).await;
        found.map_err(|error| ours(&error))
    }

    /// Keeps new credentials that are about to be sent (hub rule 22).
    ///
    /// # Errors
    /// [`CallError`]; they are not to be sent then.
    pub async fn propose(&self, candidate: &Value) -> Result<(), CallError> {
        let id = &self.device.device.id;
        let kept = patiently(|| self.hub.store.devices.propose_credentials(id, candidate)).await;
        kept.map_err(|error| ours(&error))
    }

    /// A call succeeded with the credentials that were proposed: the old ones go.
    ///
    /// # Errors
    /// [`CallError`]; both are tried the next time then.
    pub async fn proven(&self, proven: &Value) -> Result<(), CallError> {
        let id = &self.device.device.id;
        let kept = patiently(|| self.hub.store.devices.credentials_proven(id, proven)).await;
        self.hub.outbox_grew();
        kept.map_err(|error| ours(&error))
    }

    /// Keeps what the device said of itself. One that says no serial is called by its address.
    ///
    /// # Errors
    /// [`CallError`] where it is not the device that is meant.
    pub async fn identified(&self, identity: Identity) -> Result<StoredDevice, CallError> {
        let serial = match identity.serial.trim() {
            "" => self.client.address().to_string(),
            serial => serial.to_owned(),
        };
        let identity = Identity { serial, ..identity };
        let id = &self.device.device.id;
        let kept = patiently(|| self.hub.store.devices.identified(id, identity.clone())).await;
        self.hub.outbox_grew();
        kept.map_err(|error| ours(&error))
    }

    /// Keeps how the device's clock stands: what it told, and when it was asked and had answered.
    ///
    /// # Errors
    /// [`CallError`] for what the store says.
    pub async fn clock(&self, told_ms: i64, asked: Timestamp, answered: Timestamp) -> Result<i64, CallError> {
        let ours_ms = asked.as_millisecond().midpoint(answered.as_millisecond());
        let skew_ms = told_ms.saturating_sub(ours_ms);
        let kept = clock_measured(&self.hub, &self.device.device.id, skew_ms, 0).await;
        kept.map_err(|error| ours(&error))?;
        Ok(skew_ms)
    }

    /// Keeps that the device's clock is wrong, by nobody knows how much, and so that all its records are to be read anew.
    ///
    /// # Errors
    /// [`CallError`] for what the store says.
    pub async fn clock_is_wrong(&self) -> Result<(), CallError> {
        let id = &self.device.device.id;
        let wrong_at = Some(Timestamp::now());
        let kept = self.hub.store.devices.clock_found(id, None, wrong_at).await;
        kept.map_err(|error| ours(&error))
    }

    /// Where the device reaches a path of the hub's listener: `devices.public_url`, else our address on the line to it.
    /// `None` while there is no such listener, or the device was never reached.
    #[must_use]
    pub fn public_url(&self, path: &str) -> Option<String> {
        let public = self.hub.config.devices.public_url.trim().trim_end_matches('/');
        if !public.is_empty() {
            return Some(format!("{public}{path}"));
        }
        let listener = self.hub.devices_listener?;
        let host = match listener.ip() {
            ip if ip.is_unspecified() => self.client.local_address()?,
            ip => ip,
        };
        let host = std::net::SocketAddr::new(host, listener.port());
        Some(format!("http://{host}{path}"))
    }

    /// The address that the device is to push something to (hub rule 20); `None` where it cannot push.
    #[must_use]
    pub fn push_url(&self, dialling: &Dialling, what: &str) -> Option<String> {
        let token = dialling.token.as_deref()?;
        self.public_url(&format!("/{}/{token}/{what}", self.device.device.dialect))
    }
}

fn ours(error: &StoreError) -> CallError {
    CallError::ours(Failure::Internal, error.to_string())
}
