//! One simulated device.

use crate::endpoints::Client;
use crate::swarm::fleet::Fleet;
use crate::swarm::posting::Voice;
use dialects::lenient::Base64Text;
use dialects::openapi::Seconds;
use dialects::openapi::platform::{
    Answer, PlatformOperation, QueryTime, StoreResult, SyFace, SyHeartbeat, SyRecord, SyResult, call,
};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often the hub is asked, and hears a heartbeat.
const BEAT: Duration = Duration::from_secs(30);

/// A device.
pub(super) struct Simulated {
    serial: String,
    base: String,
    client: Client,
    photo: Base64Text,
    mark: QueryTime,
}

impl Simulated {
    pub(super) fn new(number: usize, fleet: &Arc<Fleet>, base: String, client: Client) -> Self {
        Self {
            serial: fleet.options.serial(number),
            base,
            client,
            photo: fleet.photo.clone().unwrap_or_default(),
            mark: QueryTime::beginning(),
        }
    }

    async fn ask<O: PlatformOperation>(&self, operation: &O) -> Option<O::Answer> {
        let answer = self.client.call(&self.base, call(operation, &self.serial)).await;
        let answer = answer
            .inspect_err(|error| tracing::debug!(%error, "the hub did not answer"))
            .ok()?;
        O::Answer::parse(&answer.body).ok()
    }

    /// Takes whatever changes there are, and says that they are made.
    async fn follow(&mut self) -> bool {
        let since = self.mark.clone();
        let Some(changes) = self.ask(&SyRecord { since }).await else {
            return false;
        };
        for change in &changes.list {
            let result = SyResult::one(StoreResult::done(change.id.trim()));
            // What is not confirmed is handed out again.
            let _ = self.ask(&result).await;
        }
        self.mark = changes.mark;
        true
    }
}

#[async_trait::async_trait]
impl Voice for Simulated {
    type Record = SyFace;

    async fn arrive(&mut self) -> bool {
        self.follow().await
    }

    async fn beat(&mut self) -> Instant {
        let next = Instant::now() + BEAT;
        let heartbeat = SyHeartbeat {
            device: self.serial.clone(),
            server: None,
        };
        let _ = self.ask(&heartbeat).await;
        let _ = self.follow().await;
        next
    }

    fn record(&self, number: u64) -> SyFace {
        SyFace {
            user_id: format!("{}-{number}", self.serial),
            name: "Swarm".to_owned(),
            device: self.serial.clone(),
            at: Some(Seconds::of(Timestamp::now())),
            similarity: Some(90.0),
            img: self.photo.clone(),
            ..SyFace::default()
        }
    }

    async fn send(&mut self, record: &SyFace) -> bool {
        let answer = self.ask(record).await;
        answer.is_some_and(|answer| answer.is_success())
    }
}
