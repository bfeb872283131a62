//! What is posted to the platform: records until they are acknowledged (3.12), and heartbeats (3.16).

use super::records::record;
use super::{DIALECT, Endpoint};
use crate::camera::as_jpeg;
use crate::config::LanConfig;
use crate::endpoints::at;
use crate::endpoints::http::Post;
use crate::endpoints::http::client::CallError;
use crate::endpoints::http::pushing::{self, Delivered, Delivery, Platform};
use dialects::http::FORM;
use dialects::lan::HeartBeat;
use dialects::lan::record::is_kept;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::terminal::Entry;
use tokio::net::UdpSocket;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Whoever was set by `setRecordCallback`.
struct Callback(Arc<Endpoint>);

/// Posts records until `end`, one at a time (QUIRKS L27).
pub(super) async fn records(endpoint: Arc<Endpoint>, config: &LanConfig, end: CancellationToken) {
    let delivery = Delivery {
        dialect: DIALECT,
        window: 1,
        resend: Duration::from_secs(config.resend_seconds),
        changed: endpoint.memory.changes(),
    };
    let device = Arc::clone(&endpoint.device);
    pushing::run(device, Callback(endpoint), delivery, end).await;
}

#[async_trait::async_trait]
impl Platform for Callback {
    fn is_wanted(&self) -> bool {
        !self.0.memory.get().record_url.is_empty()
    }

    async fn deliver(&self, entry: Entry) -> Delivered {
        let form = match self.form(&entry).await {
            Ok(Some(form)) => form,
            Ok(None) => return Delivered::Unsaid,
            Err(error) => return Delivered::Unread(error),
        };
        let url = self.0.memory.get().record_url.clone();
        match self.0.post(url, form).await {
            Ok(body) if is_kept(&body) => Delivered::Acknowledged(None),
            Ok(_) => Delivered::Failed("the answer is not status 0".to_owned()),
            Err(error) => Delivered::Failed(error.to_string()),
        }
    }
}

impl Callback {
    async fn form(&self, entry: &Entry) -> Result<Option<String>, StoreError> {
        let device = &self.0.device;
        let wanted = entry.has_capture && device.behaviour().report_capture.unwrap_or(true);
        let capture = match wanted {
            true => device.journal.capture(entry.seq).await?,
            false => None,
        };
        let limits = device.config.face.photo;
        let capture = match capture {
            Some(bytes) => tokio::task::spawn_blocking(move || as_jpeg(&bytes, &limits))
                .await
                .map_err(|error| StoreError::Corrupt(error.to_string()))?,
            None => None,
        };
        let serial = device.config.terminal.serial.as_str();
        Ok(record(entry, Some(serial), capture.as_deref())?.map(|record| record.to_form()))
    }
}

/// Posts heartbeats until `end`: at once where the address or the period is new, then once in a period.
pub(super) async fn heartbeats(endpoint: Arc<Endpoint>, end: CancellationToken) {
    let mut changed = endpoint.memory.changes();
    let target = || {
        let memory = endpoint.memory.get();
        (memory.heartbeat_url.clone(), memory.heartbeat_period)
    };
    let mut told = target();
    let mut next = Instant::now();
    loop {
        let due = (!told.0.is_empty()).then_some(next);
        tokio::select! {
            () = end.cancelled() => return,
            changed = changed.changed() => {
                if changed.is_err() {
                    return;
                }
                if target() != told {
                    told = target();
                    next = Instant::now();
                }
            }
            () = at(due) => {
                next = Instant::now() + Duration::from_secs_f64(told.1);
                tokio::select! {
                    () = end.cancelled() => return,
                    () = endpoint.beat(&told.0) => {}
                }
            }
        }
    }
}

impl Endpoint {
    async fn beat(&self, url: &str) {
        let form = self.state(url).await.to_form();
        if let Err(error) = self.post(url.to_owned(), form).await {
            tracing::info!(%error, "a heartbeat was not taken");
        }
    }

    /// Posts a form; whether anybody answers tells how the platform stands.
    async fn post(&self, url: String, form: String) -> Result<bytes::Bytes, CallError> {
        let post = Post {
            url,
            content_type: FORM,
            body: form.into_bytes(),
        };
        let answered = match self.client.post(post).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(answer.body),
            Ok(answer) => Err(CallError::Status(answer.status)),
            Err(error) => Err(error),
        };
        let problem = answered.as_ref().err().map(ToString::to_string);
        self.tell(problem.is_none(), problem);
        answered
    }

    async fn state(&self, url: &str) -> HeartBeat {
        let device = &self.device;
        let up = device.clock.now().duration_since(device.started_at());
        let space = rustix::fs::statvfs(&device.config.terminal.data).ok();
        let bytes = |blocks: u64, size: u64| Some(blocks.saturating_mul(size).to_string());
        HeartBeat {
            uptime: Some(up.as_secs_f64().max(0.0)),
            system_version: Some(std::env::consts::OS.to_owned()),
            serial: Some(device.config.terminal.serial.clone()),
            app_version: Some(device.version()),
            rom_available: space
                .as_ref()
                .and_then(|space| bytes(space.f_bavail, space.f_frsize)),
            rom_size: space
                .as_ref()
                .and_then(|space| bytes(space.f_blocks, space.f_frsize)),
            address: self.address_towards(url).await,
        }
    }

    /// This device's address as the platform reaches it; where all are listened on, the one on the way to the platform.
    async fn address_towards(&self, url: &str) -> Option<String> {
        if !self.address.ip().is_unspecified() {
            return Some(self.address.ip().to_string());
        }
        let url = reqwest::Url::parse(url).ok()?;
        let socket = UdpSocket::bind((self.address.ip(), 0)).await.ok()?;
        let platform = (url.host_str()?, url.port_or_known_default()?);
        // Nothing is sent: the system only chooses the way.
        socket.connect(platform).await.ok()?;
        Some(socket.local_addr().ok()?.ip().to_string())
    }
}
