//! The device: everything that kiosk and endpoints share.

use crate::behaviour::{Behaviour, Behaviours};
use crate::camera::Camera;
use crate::clock::Clock;
use crate::config::TerminalConfig;
use crate::connections::Connections;
use crate::decider::Decisions;
use crate::door::Door;
use crate::events::Events;
use crate::pass::{Answer, Factors, Language, Pass, Repeats, Sensors, ShutChannels};
use crate::people::{Newcomer, People, PhotoChange, PutError};
use crate::pins::Pins;
use crate::questions::Questions;
use crate::reader::Reader;
use crate::resends::Resends;
use face::{Engine, Thresholds};
use jiff::{Timestamp, tz::TimeZone};
use model::access::Rule;
use model::{Greeting, Method, Person};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::StoreError;
use store::terminal::{DeviceState, Journal};
use tokio::sync::{Semaphore, watch};

/// Within which a person who comes again is one pass, where neither config nor dialects say.
const DEFAULT_REPEAT: Duration = Duration::from_secs(5);

/// One terminal.
pub struct Device {
    /// What it was told at its start.
    pub config: TerminalConfig,
    /// What platforms set.
    pub behaviours: Behaviours,
    /// The wall clock at the door, as configured.
    pub(crate) configured_zone: TimeZone,
    /// What language it speaks.
    pub language: Language,
    /// What similarity is enough, as configured.
    pub(crate) configured_thresholds: Thresholds,
    /// The clock.
    pub clock: Clock,
    /// The door.
    pub door: Door,
    /// Whom it knows.
    pub people: People,
    /// What happened.
    pub journal: Arc<dyn Journal>,
    /// What platforms asked for once more.
    pub resends: Resends,
    /// What it remembers of itself.
    pub state: Arc<dyn DeviceState>,
    /// Who decides.
    pub decisions: Decisions,
    /// Where it is told live.
    pub events: Events,
    /// The face engine, or why there is none.
    pub engine: Result<Arc<Engine>, String>,
    /// What the camera sees.
    pub camera: Camera,
    /// The card reader.
    pub reader: Reader,
    /// The door's own passwords.
    pub pins: Pins,
    /// The cameras that are shut to people.
    pub shut_channels: Arc<ShutChannels>,
    /// What only platforms can answer.
    pub questions: Questions,
    /// The dialects' connections.
    pub connections: Connections,
    /// The dialects that are switched on.
    pub dialects: Vec<&'static str>,
    pub(crate) sensors: Mutex<Sensors>,
    pub(crate) factors: Factors,
    pub(crate) repeats: Repeats<Answer>,
    pub(crate) frames: Arc<Semaphore>,
    pub(crate) last_pass: Mutex<Option<Pass>>,
    pub(crate) trimming: AtomicBool,
    pub(crate) started_at: Mutex<Timestamp>,
    /// Counts up when there is something to deliver.
    pub(crate) journal_grew: watch::Sender<u64>,
    /// Counts up when `/api/state` has changed.
    pub(crate) changed: watch::Sender<u64>,
    /// Counts up when a platform commands a reboot.
    pub(crate) reboots: watch::Sender<u64>,
}

impl Device {
    /// What platforms set, as it is now.
    #[must_use]
    pub fn behaviour(&self) -> Arc<Behaviour> {
        self.behaviours.get()
    }

    /// Changes what platforms set; on disk when it returns.
    ///
    /// # Errors
    /// [`StoreError`]; nothing changed then.
    pub async fn change_behaviour(
        &self,
        change: impl FnOnce(&mut Behaviour) + Send,
    ) -> Result<(), StoreError> {
        self.behaviours.change(change).await?;
        self.touch();
        Ok(())
    }

    /// The wall clock at the door.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.behaviour()
            .zone()
            .unwrap_or_else(|| self.configured_zone.clone())
    }

    /// What similarity is enough.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        let configured = self.configured_thresholds;
        match self.behaviour().accept {
            Some(accept) => Thresholds {
                accept,
                reject: configured.reject.min(accept),
                ..configured
            },
            None => configured,
        }
    }

    /// Within which a person who comes again is one pass: as configured, else as a platform set it (terminal rule 2).
    #[must_use]
    pub fn repeat_interval(&self) -> Duration {
        let configured = self.config.terminal.repeat_seconds;
        let seconds = configured.or_else(|| self.behaviour().repeat_seconds);
        seconds.map_or(DEFAULT_REPEAT, |seconds| Duration::from_secs(seconds.into()))
    }

    /// Opens the door as the lock is set.
    pub fn open_door(self: &Arc<Self>, method: Method) {
        self.open_door_for(method, None);
    }

    /// The same for this time, milliseconds, in place of the lock's own.
    pub fn open_door_for(self: &Arc<Self>, method: Method, open_ms: Option<u32>) {
        let lock = self.behaviour().lock;
        if !lock.used {
            tracing::info!(?method, "the lock's output is switched off");
            return;
        }
        let open_for = open_ms
            .or(lock.open_ms)
            .map(|open_ms| Duration::from_millis(open_ms.into()));
        if lock.delay_ms == 0 {
            self.door.open(method, self.clock.now(), open_for);
            return;
        }
        let device = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(lock.delay_ms.into())).await;
            device.door.open(method, device.clock.now(), open_for);
        });
    }

    /// Shows and speaks words at the door (`announcement` of the live events); nothing where there are none.
    pub fn say(&self, words: &str) {
        if words.is_empty() {
            return;
        }
        let speech = if self.behaviour().prompts.mute { "" } else { words };
        self.events.tell(
            "announcement",
            &serde_json::json!({"message": words, "speech": speech}),
        );
    }

    /// Says that `/api/state` has changed.
    pub fn touch(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    /// Wakes whoever delivers records.
    pub fn wake_delivery(&self) {
        self.journal_grew.send_modify(|count| *count += 1);
    }

    /// Asks for a reboot: all dialects' connections close and come back (terminal rule 20).
    pub fn reboot(&self) {
        self.reboots.send_modify(|count| *count += 1);
    }

    /// Since when it runs: the process's start or the last reboot.
    #[must_use]
    pub fn started_at(&self) -> Timestamp {
        *self.started_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins anew, as after a reboot.
    pub(crate) fn restarted(&self) {
        *self.started_at.lock().unwrap_or_else(PoisonError::into_inner) = self.clock.now();
        self.door.reset();
        self.repeats.clear();
        self.touch();
    }

    /// Adds or replaces a person, for all dialects.
    ///
    /// # Errors
    /// [`PutError`]; nothing changed then.
    pub async fn put_person(&self, newcomer: Newcomer) -> Result<(), PutError> {
        let visitor = visitor_name(&newcomer.wire_id);
        self.people.put(newcomer).await?;
        self.repeats.forget(&visitor);
        self.touch();
        Ok(())
    }

    /// Changes a person who is there, for all dialects, as one of them says. Returns whether there was one.
    ///
    /// # Errors
    /// [`PutError`]; nothing changed then.
    pub async fn revise_person(
        &self,
        dialect: &'static str,
        wire_id: &str,
        change: impl FnOnce(&mut Person, &mut Vec<Rule>, &mut Greeting) + Send,
        photos: PhotoChange,
    ) -> Result<bool, PutError> {
        let found = self.people.revise(dialect, wire_id, change, photos).await?;
        self.repeats.forget(&visitor_name(wire_id));
        self.touch();
        Ok(found)
    }

    /// Gives a person another id, or the same, and photos other ids, by their old ones; for all dialects. Returns whether
    /// there was one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where somebody else has it; nothing changed then.
    pub async fn rename_person(
        &self,
        wire_id: &str,
        new_id: &str,
        faces: &HashMap<String, String>,
    ) -> Result<bool, StoreError> {
        let found = self.people.rename(wire_id, new_id, faces).await?;
        self.repeats.forget(&visitor_name(wire_id));
        self.forget_last_pass(Some(wire_id));
        Ok(found)
    }

    /// Deletes a person, for all dialects. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError`]; nothing changed then.
    pub async fn delete_person(&self, wire_id: &str) -> Result<bool, StoreError> {
        let found = self.people.delete(wire_id).await?;
        self.repeats.forget(&visitor_name(wire_id));
        self.forget_last_pass(Some(wire_id));
        Ok(found)
    }

    /// Deletes everybody, for all dialects.
    ///
    /// # Errors
    /// [`StoreError`]; nothing changed then.
    pub async fn clear_people(&self) -> Result<u64, StoreError> {
        let deleted = self.people.clear().await?;
        self.repeats.clear();
        self.forget_last_pass(None);
        Ok(deleted)
    }

    /// Takes a deleted person's name off the screen; `None` is everybody's.
    fn forget_last_pass(&self, wire_id: Option<&str>) {
        let mut last = self.last_pass.lock().unwrap_or_else(PoisonError::into_inner);
        let whose = last.as_ref().and_then(|pass| pass.person_id.as_deref());
        if whose.is_some() && (wire_id.is_none() || whose == wire_id) {
            *last = None;
        }
        drop(last);
        self.touch();
    }

    /// The program that runs: the one that was installed from afar, or this one.
    #[must_use]
    pub fn version(&self) -> String {
        let installed = self.behaviour().version.clone();
        installed.unwrap_or_else(|| concat!("V", env!("CARGO_PKG_VERSION")).to_owned())
    }

    /// The face engine, if there is one.
    #[must_use]
    pub fn engine(&self) -> Option<Arc<Engine>> {
        self.engine.as_ref().ok().cloned()
    }
}

/// Under which name a person's last pass is remembered for repeats.
pub(crate) fn visitor_name(wire_id: &str) -> String {
    format!("person {wire_id}")
}
