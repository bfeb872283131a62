//! The roster: per device, whom it should hold and whom it is known to hold (hub rules 23 to 27).
//!
//! [`refresh`] recomputes what should be after any change of people, rights or devices, in the same transaction. A
//! worker per connected device [claims](Roster::claim) one difference at a time, closes it, and tells the outcome.

mod compare;
mod sqlite;
mod wanted;
mod work;

pub use sqlite::SqliteRoster;
pub(in crate::hub) use sqlite::held_person;
pub use wanted::refresh;

use super::accounts::Actor;
use super::people::DevicePhoto;
use crate::StoreError;
use async_trait::async_trait;
use jiff::Timestamp;
use model::{DeviceId, Person, PersonId, ZoneId, access};
use serde::{Deserialize, Serialize};

/// At most so many strays of a device are kept that it told of unasked.
pub const MOST_STRAYS: u32 = 10_000;

/// What may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RosterScope<'a> {
    /// One person, on every device.
    Person(&'a str),
    /// One device, with everyone.
    Device(&'a str),
    /// The members of a group.
    Group(&'a str),
    /// The devices of a zone.
    Zone(&'a str),
    /// Everyone everywhere.
    Everyone,
}

/// Where one person stands on one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RosterState {
    /// Is to be brought onto the device, or up to date on it.
    Wanted,
    /// The device holds the person as wanted.
    Applied,
    /// The device refused.
    Failed,
    /// Is to be taken off the device.
    Removing,
}

impl RosterState {
    pub(crate) fn from_name(name: &str) -> Self {
        match name {
            "applied" => Self::Applied,
            "failed" => Self::Failed,
            "removing" => Self::Removing,
            _ => Self::Wanted,
        }
    }
}

/// Something that the device's dialect cannot express.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterWarning {
    /// Which field of the person.
    pub field: String,
    /// What became of it.
    pub reason: String,
}

/// One line of a device's roster (hub rule 26).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RosterItem {
    /// The device.
    pub device_id: DeviceId,
    /// The person; may be gone from the hub while being removed.
    pub person_id: String,
    /// Where it stands.
    pub state: RosterState,
    /// The class of the device's refusal.
    pub reason: Option<String>,
    /// The device's own words.
    pub detail: Option<String>,
    /// How often it was tried since it was last changed.
    pub attempts: u32,
    /// Not tried again before.
    pub retry_at: Option<Timestamp>,
    /// What was lost on the way.
    pub warnings: Vec<RosterWarning>,
}

/// What a device is to be told next about one person.
#[derive(Debug, Clone)]
pub enum RosterWork {
    /// Bring the person onto the device.
    Put(Box<RosterPut>),
    /// Take the person off the device.
    Remove {
        /// Our id.
        person_id: String,
        /// The id on the device.
        wire_id: String,
        /// How often it was tried, this time included.
        attempts: u32,
    },
}

/// A person as a device should hold them.
#[derive(Debug, Clone)]
pub struct RosterPut {
    /// The id on the device.
    pub wire_id: String,
    /// The person.
    pub person: Person,
    /// What lets them in there.
    pub rules: Vec<access::Rule>,
    /// The photos, the best first.
    pub photos: Vec<DevicePhoto>,
    /// What the outcome must name.
    pub digest: Vec<u8>,
    /// How often it was tried, this time included.
    pub attempts: u32,
}

/// What came of a piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RosterOutcome {
    /// The device holds this content now.
    Applied {
        /// What was lost.
        warnings: Vec<RosterWarning>,
        /// When it is to be put again, because something begins or ends that the device was not told.
        redo_at: Option<Timestamp>,
    },
    /// The device does not hold the person any more.
    Removed,
    /// The device cannot now; the item stays as it is until then.
    Later {
        /// When to try again.
        retry_at: Timestamp,
        /// The class of the reason.
        reason: String,
        /// The device's own words.
        detail: Option<String>,
    },
    /// The device refused.
    Failed {
        /// When to try again; `None` is when something changes.
        retry_at: Option<Timestamp>,
        /// The class of the reason.
        reason: String,
        /// The device's own words.
        detail: Option<String>,
    },
}

/// Someone on a device whom the hub does not know (hub rule 27).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stray {
    /// The id on the device.
    pub wire_id: String,
    /// The name there.
    pub name: String,
}

/// What a comparison of a device with its roster found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Whom the device holds.
    pub held: u32,
    /// Whom it should hold and does not: wanted again.
    pub missing: u32,
    /// Whom it holds and the hub does not know.
    pub strays: u32,
}

/// How many people a device should say that it holds (hub rule 27).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expected {
    /// Those whom it confirmed, and those whom it held beside them when it was compared last.
    pub persons: u32,
    /// When it was compared last, or else entered: when its day began.
    pub since: Timestamp,
}

/// How many items wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RosterCounts {
    /// To be brought onto devices.
    pub wanted: u32,
    /// Held as wanted.
    pub applied: u32,
    /// Refused.
    pub failed: u32,
    /// To be taken off devices.
    pub removing: u32,
}

/// The rosters of all devices.
#[async_trait]
pub trait Roster: Send + Sync {
    /// A device's items in order of the person's id, after this one.
    ///
    /// # Errors
    /// Only what the database says.
    async fn items(
        &self,
        device: &DeviceId,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<RosterItem>, StoreError>;

    /// One item.
    ///
    /// # Errors
    /// Only what the database says.
    async fn item(&self, device: &DeviceId, person: &str) -> Result<Option<RosterItem>, StoreError>;

    /// The instant from which something is to be done for a device; `None` where nothing is.
    ///
    /// # Errors
    /// Only what the database says.
    async fn due(&self, device: &DeviceId) -> Result<Option<Timestamp>, StoreError>;

    /// Takes the next piece of work of an approved device and notes that it is being tried, so that whatever happens
    /// then, a person who may be on the device is taken off it in time.
    ///
    /// # Errors
    /// Only what the database says.
    async fn claim(&self, device: &DeviceId, now: Timestamp) -> Result<Option<RosterWork>, StoreError> {
        Ok(self.claim_some(device, now, 1).await?.pop())
    }

    /// The same for people who can be put at once, at most `most`; whoever is to be taken off comes alone. Empty where
    /// nothing is due.
    ///
    /// # Errors
    /// Only what the database says.
    async fn claim_some(
        &self,
        device: &DeviceId,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<RosterWork>, StoreError>;

    /// What came of a piece of work; `claimed` is the digest of what was put, so that an outcome is not taken for
    /// that of a change made in the meantime.
    ///
    /// # Errors
    /// Only what the database says.
    async fn settle(
        &self,
        device: &DeviceId,
        person: &str,
        claimed: Option<Vec<u8>>,
        outcome: RosterOutcome,
    ) -> Result<(), StoreError>;

    /// Tries the refused items of a device again at once; how many.
    ///
    /// # Errors
    /// Only what the database says.
    async fn retry_failed(&self, actor: &Actor, device: &DeviceId) -> Result<u64, StoreError>;

    /// Recomputes a scope outside of any other change (a validity that passed needs none: devices keep it).
    ///
    /// # Errors
    /// Only what the database says.
    async fn recompute_device(&self, device: &DeviceId) -> Result<(), StoreError>;

    /// People on a device whom the hub does not know.
    ///
    /// # Errors
    /// Only what the database says.
    async fn strays(&self, device: &DeviceId) -> Result<Vec<Stray>, StoreError>;

    /// Compares all that a device says it holds with what it confirmed: who is missing is wanted again, who is unknown
    /// becomes a stray.
    ///
    /// # Errors
    /// Only what the database says.
    async fn compared(
        &self,
        actor: &Actor,
        device: &DeviceId,
        held: Vec<Stray>,
    ) -> Result<Comparison, StoreError>;

    /// How many people a device should say that it holds; `None` where there is no such device.
    ///
    /// # Errors
    /// Only what the database says.
    async fn expected(&self, device: &DeviceId) -> Result<Option<Expected>, StoreError>;

    /// A device told of somebody unasked: a stray, unless the hub knows the id or has heard of [`MOST_STRAYS`] others
    /// there. Returns whether it is kept as one.
    ///
    /// # Errors
    /// Only what the database says.
    async fn keep_stray(&self, device: &DeviceId, stray: Stray) -> Result<bool, StoreError>;

    /// Maps an id on a device to a person: to whom it is mapped already, else to the candidate. Returns the person.
    ///
    /// # Errors
    /// Only what the database says.
    async fn map_wire_id(
        &self,
        device: &DeviceId,
        wire_id: &str,
        candidate: &PersonId,
    ) -> Result<PersonId, StoreError>;

    /// Whom an id on a device means: a mapping of an import, else a person whom the device is known to hold.
    ///
    /// # Errors
    /// Only what the database says.
    async fn person_of_wire_id(
        &self,
        device: &DeviceId,
        wire_id: &str,
    ) -> Result<Option<PersonId>, StoreError>;

    /// How many items of each state there are.
    ///
    /// # Errors
    /// Only what the database says.
    async fn counts(&self, bound: Option<ZoneId>) -> Result<RosterCounts, StoreError>;
}
