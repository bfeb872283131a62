//! The broker of `SetMQTTParam` (3.31), to which this terminal publishes beside what it pushes.
//!
//! A message has the bytes of the push and the topic that was set, whatever it is of; its `operator` says what it is. It is
//! published at least once: the broker's confirmation stands for the answer, of which another document of the maker's tells
//! (QUIRKS A72). Verdicts, `openDoor` and acknowledgements are the subscription's alone.

mod link;
mod parameters;

use super::Endpoint;
use super::failure::Failure;
use crate::config::FacegateConfig;
use crate::endpoints::at;
use crate::endpoints::reconnect::Pauses;
use dialects::facegate::SettingsGroup;
use dialects::facegate::time::write_wall_time;
use dialects::fields::FieldError;
use jiff::Timestamp;
use link::{Link, LinkEnd};
use parameters::{Parameters, filled, resumes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What topics of subscriptions may have and those of messages may not (MQTT 3.1.1, 4.7.1).
const WILDCARDS: [char; 2] = ['+', '#'];
/// The key of the time from which on records are resumed.
const BEGIN: &str = "BeginTime";

/// How far the broker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Records of before are not published.
    from: Timestamp,
    /// The place of the last record that the broker has.
    after: u64,
}

/// Publishes until `end`: connects, and connects again after a pause, or at once where the parameters were changed.
pub(super) async fn publish(endpoint: Arc<Endpoint>, config: &FacegateConfig, end: CancellationToken) {
    let mut changed = endpoint.memory.changes();
    let mut pauses = Pauses::new(Duration::from_secs(config.resend_seconds));
    while !end.is_cancelled() {
        let parameters = endpoint.parameters();
        let again_at = match &parameters {
            Some(parameters) => {
                match connection(&endpoint, parameters, &mut changed, &mut pauses, &end).await {
                    Some(pause) => Some(Instant::now() + pause),
                    None => continue,
                }
            }
            None => None,
        };
        tokio::select! {
            () = end.cancelled() => {}
            () = at(again_at) => {}
            () = endpoint.set_otherwise(parameters.as_ref(), &mut changed) => pauses.reset(),
        }
    }
}

/// One connection to its end; how long to wait after one that broke off.
async fn connection(
    endpoint: &Endpoint,
    parameters: &Parameters,
    changed: &mut watch::Receiver<u64>,
    pauses: &mut Pauses,
    end: &CancellationToken,
) -> Option<Duration> {
    let problem = match Link::dial(endpoint, parameters).await {
        Ok(mut link) => {
            let problem = tokio::select! {
                problem = link.serve() => Some(problem),
                () = endpoint.set_otherwise(Some(parameters), changed) => None,
                () = end.cancelled() => None,
            };
            if link.was_open() {
                pauses.reset();
            }
            let Some(problem) = problem else {
                link.leave().await;
                return None;
            };
            problem
        }
        Err(error) => LinkEnd::from(error),
    };
    let pause = pauses.next(None, rand::random());
    tracing::info!(account = ?parameters.account, %problem, pause_ms = pause.as_millis(), "no broker; trying again");
    Some(pause)
}

impl Endpoint {
    /// What is published, and where; `None`: nothing.
    pub(super) fn parameters(&self) -> Option<Parameters> {
        Parameters::of(&self.settings_of(SettingsGroup::Broker), &self.id)
    }

    /// Resolves once the parameters are others than these.
    async fn set_otherwise(&self, parameters: Option<&Parameters>, changed: &mut watch::Receiver<u64>) {
        while self.parameters().as_ref() == parameters {
            if changed.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// How far the broker is: where records are not resumed, it misses what was before.
    async fn position(&self, parameters: &Parameters) -> Result<Position, StoreError> {
        let kept = *self.published.get();
        match kept.filter(|_| parameters.resumed_from.is_some()) {
            Some(position) => Ok(position),
            None => self.position_now().await,
        }
    }

    async fn position_now(&self) -> Result<Position, StoreError> {
        Ok(Position {
            from: Timestamp::MIN,
            after: self.device.journal.newest().await?,
        })
    }

    async fn keep_position(&self, parameters: &Parameters, position: Position) -> Result<(), StoreError> {
        if parameters.resumed_from.is_none() {
            return Ok(());
        }
        self.published.change(|kept| *kept = Some(position)).await
    }

    /// Checks a change of the parameters, and notes where records begin that are resumed from now on: at the time that is
    /// told, or now.
    pub(super) async fn prepare_broker(&self, changed: &mut Map<String, Value>) -> Result<(), Failure> {
        let before = self.settings_of(SettingsGroup::Broker);
        let mut after = before.clone();
        after.values.extend(changed.clone());
        let topic = filled(&after, "MQTopic").unwrap_or_default();
        if topic.contains(WILDCARDS) {
            return Err(FieldError::new("MQTopic", "no + and no #", topic).into());
        }
        let told = changed
            .contains_key(BEGIN)
            .then(|| filled(&after, BEGIN))
            .flatten();
        let is_other = told.is_some() && told != filled(&before, BEGIN);
        let begin = told.as_deref().map(|told| self.instant(told)).transpose()?;
        if !resumes(&after) || (resumes(&before) && !is_other) {
            return Ok(());
        }
        let position = match begin {
            Some(from) => Position { from, after: 0 },
            None => self.position_now().await?,
        };
        if begin.is_none() {
            let now = self.device.zone().to_datetime(self.device.clock.now());
            changed.insert(BEGIN.to_owned(), write_wall_time(now).into());
        }
        self.published.change(|kept| *kept = Some(position)).await?;
        Ok(())
    }
}
