//! What platforms set and this terminal acts upon: one behaviour for all dialects, the last one to set something wins,
//! kept over restarts.

use arc_swap::ArcSwap;
use jiff::tz::TimeZone;
use model::access::Times;
use model::{Direction, Greeting, ScheduledReboot, Verify};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::StoreError;
use store::terminal::DeviceState;
use tokio::sync::Mutex;

/// Under which name it is kept.
const BEHAVIOUR: &str = "behaviour";

/// How one identifies at this door, where the person has no way of their own (terminal rule 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identification {
    /// A face or any one credential.
    #[default]
    Any,
    /// As this says for everybody.
    As(Verify),
    /// A face or an identity card.
    FaceOrIdCard,
    /// An identity card alone.
    IdCard,
}

/// What becomes of people whom nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strangers {
    /// They are looked at and make records.
    pub recorded: bool,
    /// The door opens for them.
    pub let_in: bool,
}

impl Default for Strangers {
    fn default() -> Self {
        Self {
            recorded: true,
            let_in: false,
        }
    }
}

/// The lock's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Whether the output is used at all.
    pub used: bool,
    /// How long the door stays open, milliseconds; `None` is as configured.
    pub open_ms: Option<u32>,
    /// How long the opening waits, milliseconds.
    pub delay_ms: u32,
}

impl Default for Lock {
    fn default() -> Self {
        Self {
            used: true,
            open_ms: None,
            delay_ms: 0,
        }
    }
}

/// When a door has words of its own, beside letting in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// Nobody knows the face.
    Stranger,
    /// Whoever it is must not pass.
    Blocked,
    /// Nobody knows the card, or it opens nothing here.
    NotAuthorised,
    /// Not at this time.
    OutOfSchedule,
    /// The validity is over.
    Expired,
    /// Face and identity card belong together.
    DocumentMatches,
    /// They do not.
    DocumentDiffers,
}

/// The words of one occasion; `None` leaves the door's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Phrase {
    /// Aloud.
    pub spoken: Option<String>,
    /// On the screen.
    pub shown: Option<String>,
}

/// What stands for the name in [`Prompts::welcome`].
pub const NAME_PLACE: &str = "{name}";

/// Words that replace the door's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Prompts {
    /// For those let in, with [`NAME_PLACE`] where the name belongs; whole as they are, in place of every greeting of the
    /// door.
    pub welcome: Option<String>,
    /// For those let in.
    pub granted: Option<String>,
    /// For everybody else.
    pub denied: Option<String>,
    /// How those let in are greeted.
    pub greeting: Greeting,
    /// Words of particular occasions; they go before the general ones.
    pub occasions: BTreeMap<Occasion, Phrase>,
    /// Nothing is spoken.
    pub mute: bool,
    /// Nothing is spoken to those let in.
    pub mute_welcome: bool,
    /// Nothing is shown to those let in.
    pub blank_welcome: bool,
    /// Nothing is spoken to those not let in.
    pub mute_refusals: bool,
    /// Nothing is shown to those not let in.
    pub blank_refusals: bool,
}

/// What records show of the picture taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapturePart {
    /// All of it.
    #[default]
    Whole,
    /// The face alone.
    Face,
}

/// Where records are posted, beside the dialects.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The address.
    pub url: String,
    /// Seconds until it is given up.
    pub timeout_seconds: u64,
}

impl std::fmt::Debug for Push {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Push").finish_non_exhaustive()
    }
}

/// What this terminal was told to be. Whatever is `None` is as configured.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Behaviour {
    /// How loud, 0 to 1.
    pub volume: Option<f64>,
    /// Words.
    pub prompts: Prompts,
    /// The cosine from which on a face is somebody's, in place of the engine's `accept`.
    pub accept: Option<f32>,
    /// Seconds within which a person who comes again is one pass.
    pub repeat_seconds: Option<u32>,
    /// The lock.
    pub lock: Lock,
    /// Nobody passes at or over this temperature, °C.
    pub fever_from: Option<f32>,
    /// Nobody passes without a mask.
    pub mask: bool,
    /// Nobody is known by their face.
    pub ignores_faces: bool,
    /// How one identifies.
    pub identification: Identification,
    /// Strangers.
    pub strangers: Strangers,
    /// When anybody may pass.
    pub times: Option<Times>,
    /// The scheduled reboot.
    pub reboot: Option<ScheduledReboot>,
    /// The wall clock at the door, IANA name.
    pub time_zone: Option<String>,
    /// Identity numbers that begin like this are refused.
    pub refused_id_prefixes: Vec<String>,
    /// The terminal's name.
    pub name: Option<String>,
    /// The version of the program that was installed from afar.
    pub version: Option<String>,
    /// Where records are posted.
    pub push: Option<Push>,
    /// Whether records bring the picture taken; `None` is yes.
    pub report_capture: Option<bool>,
    /// What they show of it.
    pub capture_part: CapturePart,
    /// Which way one passes here.
    pub direction: Direction,
    /// The door opens for whoever stands before it.
    pub always_open: bool,
    /// People whose validity is over are deleted.
    pub delete_expired: bool,
}

impl Behaviour {
    /// The wall clock at the door, where one was set.
    #[must_use]
    pub fn zone(&self) -> Option<TimeZone> {
        TimeZone::get(self.time_zone.as_deref()?).ok()
    }

    /// Whether an identity number is refused.
    #[must_use]
    pub fn refuses_id(&self, number: &str) -> bool {
        self.refused_id_prefixes
            .iter()
            .any(|prefix| number.starts_with(prefix.as_str()))
    }
}

/// The behaviour, and where it is kept.
pub struct Behaviours {
    now: ArcSwap<Behaviour>,
    state: Arc<dyn DeviceState>,
    /// Changes are made one after the other.
    order: Mutex<()>,
}

impl Behaviours {
    /// The behaviour as it was set last.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn load(state: Arc<dyn DeviceState>) -> Result<Self, StoreError> {
        let kept = state.get(BEHAVIOUR).await?;
        let now = match kept {
            Some(bytes) => serde_json::from_slice(&bytes)?,
            None => Behaviour::default(),
        };
        Ok(Self {
            now: ArcSwap::from_pointee(now),
            state,
            order: Mutex::default(),
        })
    }

    /// As it is now.
    #[must_use]
    pub fn get(&self) -> Arc<Behaviour> {
        self.now.load_full()
    }

    /// Changes it; on disk when it returns.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be kept; nothing changes then.
    pub async fn change(&self, change: impl FnOnce(&mut Behaviour) + Send) -> Result<(), StoreError> {
        let _order = self.order.lock().await;
        let mut changed = Behaviour::clone(&self.now.load());
        change(&mut changed);
        let bytes = serde_json::to_vec(&changed)?;
        self.state.set(BEHAVIOUR, Some(&bytes)).await?;
        self.now.store(Arc::new(changed));
        Ok(())
    }
}
