//! One simulated device: what it says by itself.

use super::told::{Told, call};
use crate::config::TerminalConfig;
use crate::endpoints::{Client, Post};
use crate::swarm::dialled::{address, serve};
use crate::swarm::fleet::Fleet;
use crate::swarm::posting::Voice;
use axum::Router;
use dialects::facegate::push::{HeartBeat, VerifyResult, VerifyStatus, VerifyType};
use dialects::facegate::subscription::DEFAULT_BEAT_SECONDS;
use dialects::facegate::time::write_wall_time;
use dialects::facegate::{Acknowledgement, DeviceId, PersonInfo, Push, Subscription, Topic, VerifyPush};
use dialects::http::JSON;
use dialects::lenient::Base64Text;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::DropGuard;

/// The document's port (`WebPort` of 3.4).
const PORT: u16 = 80;
/// The number of the first device: the document's example (3.9). Numbers have no room for a prefix.
const FIRST_NUMBER: i64 = 1_300_001;
/// How alike face and photo are, of 100.
const SIMILARITY: f64 = 90.0;

/// A device.
pub(super) struct Simulated {
    serial: String,
    id: DeviceId,
    client: Client,
    photo: Option<Base64Text>,
    zone: TimeZone,
    /// Where heartbeats go before the hub says where.
    first_contact: String,
    told: Arc<Mutex<Told>>,
    _serving: DropGuard,
}

impl Simulated {
    /// A device that listens.
    pub(super) async fn listen(number: usize, fleet: &Arc<Fleet>) -> io::Result<Self> {
        let address = address(number);
        let number = i64::try_from(number).unwrap_or_default();
        let id = DeviceId::from(FIRST_NUMBER.saturating_add(number));
        let zone = TerminalConfig::default().time_zone().unwrap_or(TimeZone::UTC);
        let told = Arc::new(Mutex::new(Told::new(id.clone(), zone.clone())));
        let router = Router::new().fallback(call).with_state(Arc::clone(&told));
        let client = crate::swarm::client(&fleet.options, Some(address), true);
        Ok(Self {
            serial: fleet.options.serial(usize::try_from(number).unwrap_or_default()),
            id,
            client: client.map_err(io::Error::other)?,
            photo: fleet.photo.clone(),
            zone,
            first_contact: format!("http://{}/facegate/heartbeat", fleet.options.hub),
            told,
            _serving: serve(address, PORT, router, true).await?,
        })
    }

    fn subscription(&self) -> Subscription {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.subscription().clone()
    }

    fn wall_time(&self) -> String {
        write_wall_time(self.zone.to_datetime(Timestamp::now()))
    }

    async fn push(&self, url: String, push: &Push) -> Option<Acknowledgement> {
        let post = Post {
            url,
            content_type: JSON,
            body: push.to_bytes(&self.id),
        };
        let answer = self.client.post(post).await;
        let answer = answer.inspect_err(|error| tracing::debug!(%error, "the hub did not answer"));
        Acknowledgement::parse(&answer.ok()?.body).ok()
    }
}

#[async_trait::async_trait]
impl Voice for Simulated {
    type Record = Push;

    async fn arrive(&mut self) -> bool {
        self.beat().await;
        self.subscription().url(&Topic::Verify).is_some()
    }

    async fn beat(&mut self) -> Instant {
        let subscription = self.subscription();
        let seconds = subscription.beat_seconds.unwrap_or(DEFAULT_BEAT_SECONDS);
        let next = Instant::now() + Duration::from_secs(u64::try_from(seconds).unwrap_or(1).max(1));
        let url = subscription
            .heart_beat_url()
            .unwrap_or_else(|| self.first_contact.clone());
        let time = self.wall_time();
        self.push(url, &HeartBeat { time }.into()).await;
        next
    }

    fn record(&self, number: u64) -> Push {
        let number = i64::try_from(number).unwrap_or_default();
        let result = VerifyResult {
            person_id: Some(number),
            time: self.wall_time(),
            similarity: Some(SIMILARITY),
            status: VerifyStatus::Granted,
            verify_type: Some(VerifyType(VerifyType::FACE)),
            in_time: Some(1),
            capture: self.photo.clone(),
            ..VerifyResult::default()
        };
        let person = PersonInfo {
            customize_id: Some(number),
            uuid: Some(format!("{}-{number}", self.serial)),
            name: Some("Swarm".to_owned()),
            ..PersonInfo::default()
        };
        let push = VerifyPush {
            result,
            person,
            ..VerifyPush::default()
        };
        push.into()
    }

    async fn send(&mut self, record: &Push) -> bool {
        let Some(url) = self.subscription().url(&Topic::Verify) else {
            return false;
        };
        let answer = self.push(url, record).await;
        answer.is_some_and(|answer| answer.is_confirmed())
    }
}
