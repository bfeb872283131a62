//! Who this terminal is to the platform: serial and MAC, and what the platform gave it (terminal rule 22).

use crate::config::QyznConfig;
use crate::device::Device;
use dialects::qyzn::RegisterAnswer;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use store::StoreError;
use tokio::sync::Mutex;

/// Under which name the platform's answer to `register` is kept.
const REGISTRATION: &str = "qyzn.registration";

/// The first octet of a made-up MAC: locally administered, not multicast.
const LOCAL_MAC: u8 = 0x02;

/// Who this terminal is.
pub(super) struct Identity {
    pub(super) serial: String,
    pub(super) mac: String,
    pub(super) device_type: String,
    registration: Mutex<Option<RegisterAnswer>>,
    device: Arc<Device>,
}

impl Identity {
    /// As configured and kept. A registration that cannot be read is made anew.
    pub(super) async fn load(device: &Arc<Device>, config: &QyznConfig) -> Self {
        let serial = device.config.terminal.serial.clone();
        let kept = device.state.get(REGISTRATION).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the registration cannot be read; registering anew");
            None
        });
        let mac = if config.mac.is_empty() {
            made_up_mac(&serial)
        } else {
            config.mac.to_ascii_uppercase()
        };
        Self {
            mac,
            serial,
            device_type: config.device_type.clone(),
            registration: Mutex::new(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok())),
            device: Arc::clone(device),
        }
    }

    /// What the platform gave, if it is known.
    pub(super) async fn registration(&self) -> Option<RegisterAnswer> {
        self.registration.lock().await.clone()
    }

    /// Keeps what the platform gave; `None` forgets it.
    pub(super) async fn keep(&self, registration: Option<RegisterAnswer>) -> Result<(), StoreError> {
        let bytes = registration.as_ref().map(serde_json::to_vec).transpose()?;
        self.device.state.set(REGISTRATION, bytes.as_deref()).await?;
        *self.registration.lock().await = registration;
        Ok(())
    }
}

/// 12 upper-case hexadecimal digits that are always the same for a serial.
pub(super) fn made_up_mac(serial: &str) -> String {
    let digest = Sha256::digest(serial.as_bytes());
    let tail: String = digest.iter().take(5).map(|byte| format!("{byte:02X}")).collect();
    format!("{LOCAL_MAC:02X}{tail}")
}
