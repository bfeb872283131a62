//! What the hub asks of a terminal: the dialect's operations as a [`Link`].

use super::subscription;
use super::wire::Wire;
use super::{contact, people};
use crate::links::dialled::attend::{Polled, by_period};
use crate::links::dialled::{DialledLink, Line};
use crate::links::{
    CallError, CommandDone, HeldPerson, Link, LiveLink, PeopleSink, PersonDone, PersonPut, Progress,
};
use async_trait::async_trait;
use dialects::facegate::{Subscription, Topic};
use jiff::Timestamp;
use model::{CommandKind, Decider, DeviceSettings, SettingsChange};
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Periods after which it is looked whether a terminal that gives signs of life is still subscribed whole.
const LOOK_EVERY: u32 = 8;

/// The hub's end of the line to a terminal.
pub(super) struct FacegateLink {
    pub(super) wire: Wire,
    /// What it is to push.
    wanted: Option<Subscription>,
    /// The topics that it took; `None` before it was asked.
    accepted: Mutex<Option<Vec<Topic>>>,
    /// Whether it has daily periods and counts (3.10.4).
    pub(super) has_new_database: bool,
    hub_decides: AtomicBool,
    /// Whether it takes several people in one call, as far as is known (3.10.2, 3.10.6).
    pub(super) takes_batches: AtomicBool,
    /// It was told something for which it restarts.
    pub(super) restarts: Notify,
}

impl FacegateLink {
    pub(super) fn new(wire: Wire, wanted: Option<Subscription>, has_new_database: bool) -> Self {
        let hub_decides = wire.line.device.device.decision == Decider::Hub;
        Self {
            wire,
            wanted,
            accepted: Mutex::default(),
            has_new_database,
            hub_decides: AtomicBool::new(hub_decides),
            takes_batches: AtomicBool::new(true),
            restarts: Notify::new(),
        }
    }

    pub(super) fn hub_decides(&self) -> bool {
        self.hub_decides.load(Ordering::Relaxed)
    }

    /// Whether the terminal is to push what happens; else it has to be fetched.
    pub(super) fn is_pushed(&self) -> bool {
        self.wanted.is_some()
    }

    /// Whether it pushes something once, whether that arrives or not.
    pub(super) fn may_lose_pushes(&self) -> bool {
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let topics = accepted.iter().flatten();
        subscription::pushed_once(topics)
    }

    /// Sees to it that the terminal pushes what it is to push.
    pub(super) async fn keep_subscribed(&self) -> Result<(), CallError> {
        let Some(wanted) = &self.wanted else { return Ok(()) };
        let accepted = self
            .accepted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let taken = subscription::keep(&self.wire, wanted, accepted).await?;
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken);
        Ok(())
    }

    /// A terminal that was subscribed in part elsewhere goes on giving signs of life, and one that restarts may be back
    /// before it is missed. Never resolves.
    async fn look_now_and_then(&self) {
        let period = Duration::from_secs(self.wire.line.hub.config.devices.period_seconds);
        loop {
            tokio::select! {
                () = tokio::time::sleep(period * LOOK_EVERY) => {}
                () = self.restarts.notified() => tokio::time::sleep(period).await,
            }
            let looked = async {
                contact::look(&self.wire).await?;
                self.keep_subscribed().await
            };
            if let Err(error) = looked.await {
                tracing::info!(device = %self.wire.line.device.device.id, %error, "the device and its subscription are in doubt");
            }
        }
    }
}

#[async_trait]
impl Link for FacegateLink {
    async fn put_person(&self, person: PersonPut) -> Result<PersonDone, CallError> {
        self.put(person).await
    }

    async fn put_persons(&self, people: Vec<PersonPut>) -> Vec<Result<PersonDone, CallError>> {
        self.put_all(people).await
    }

    async fn remove_person(&self, wire_id: &str) -> Result<(), CallError> {
        self.remove(wire_id).await
    }

    async fn count_persons(&self) -> Result<u32, CallError> {
        people::count(&self.wire).await
    }

    async fn list_persons(&self) -> Result<Vec<HeldPerson>, CallError> {
        people::list(&self.wire).await
    }

    async fn read_people(&self, sink: &dyn PeopleSink) -> Result<u32, CallError> {
        people::read(&self.wire, sink).await
    }

    async fn recall_records(&self, _since: Option<Timestamp>) -> Result<(), CallError> {
        self.fill().await.map(|_| ())
    }

    async fn command(
        &self,
        kind: CommandKind,
        body: &Value,
        _progress: &dyn Progress,
    ) -> Result<CommandDone, CallError> {
        self.commanded(kind, body).await
    }

    async fn read_settings(&self) -> Result<DeviceSettings, CallError> {
        self.unified().await
    }

    async fn write_settings(&self, change: &SettingsChange) -> Result<(), CallError> {
        self.change_unified(change).await
    }

    async fn read_native_settings(&self, group: &str) -> Result<Value, CallError> {
        self.native_group(group).await
    }

    async fn write_native_settings(
        &self,
        group: &str,
        changes: &Map<String, Value>,
    ) -> Result<(), CallError> {
        self.change_group(group, changes).await
    }

    async fn set_decider(&self, decider: Decider) -> Result<(), CallError> {
        self.tell_decider(decider).await?;
        self.hub_decides.store(decider == Decider::Hub, Ordering::Relaxed);
        Ok(())
    }

    fn close(&self) {
        self.wire.line.closing.cancel();
    }
}

#[async_trait]
impl Polled for FacegateLink {
    fn line(&self) -> &Line {
        &self.wire.line
    }

    /// Silence is first of all a lost subscription: there is no heartbeat without one (3.14).
    async fn poll(&self) -> Result<(), CallError> {
        match &self.wanted {
            Some(_) => self.keep_subscribed().await,
            None => contact::measure(&self.wire).await,
        }
    }
}

#[async_trait]
impl DialledLink for FacegateLink {
    async fn attend(&self, live: &Arc<LiveLink>) {
        tokio::select! {
            () = by_period(self, live) => {}
            () = self.keep_filled(live) => {}
            () = self.look_now_and_then() => {}
        }
    }
}
