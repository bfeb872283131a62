//! Persons with their credentials, memberships, photos and templates.
//!
//! The trait is the seam; [`SqlitePeople`] stands behind it. A change, its audit row, its event and what follows for
//! the devices are one transaction. The free functions are for the other repositories of this folder, inside their
//! own transactions.

mod deletion;
mod doors;
pub(super) mod rows;
mod sqlite;
mod wanted;

pub use doors::subject_of;
pub use sqlite::SqlitePeople;
pub use wanted::{DevicePerson, DevicePhoto, PersonDigest, count_pass, for_device, wanted_digest};

use super::accounts::Actor;
use super::photos::{NewPhoto, PhotoBytes, StoredPhoto, StoredTemplate, UnseenPhoto};
use super::{Page, PageRequest};
use crate::StoreError;
use async_trait::async_trait;
use model::{DeviceId, GroupId, Person, PersonId, PersonKind, PhotoId, ZoneId, access};

/// A person as kept: with the place in the order of creation and the revision.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPerson {
    /// Grows with creation; what lists go on from.
    pub seq: i64,
    /// Grows with every change that somebody made; passes do not count.
    pub revision: i64,
    /// The person. The `url` of each photo is empty: only the API knows where it serves.
    pub person: Person,
}

/// Which persons a list shows.
#[derive(Debug, Clone, Default)]
pub struct PersonFilter {
    /// Part of a name, code, id or credential number.
    pub query: Option<String>,
    /// Only members of this group.
    pub group: Option<GroupId>,
    /// Only of this kind.
    pub kind: Option<PersonKind>,
    /// Only those who may pass in this zone (hub rule 8).
    pub bound: Option<ZoneId>,
}

/// What a change of a person is to write.
#[derive(Debug, Clone)]
pub struct PersonChange {
    /// The person as it is to be; `photos` and `passes_used` are not read.
    pub person: Person,
    /// A new count of passes, where it is to be changed.
    pub passes_used: Option<u32>,
    /// The revision that the change is based on.
    pub expected: i64,
    /// The zone that the caller is bound to.
    pub bound: Option<ZoneId>,
}

/// One door, as far as a person's access is concerned.
#[derive(Debug, Clone)]
pub struct DoorAccess {
    /// The device at the door.
    pub device_id: DeviceId,
    /// Its IANA time zone; null is the hub's.
    pub time_zone: Option<String>,
    /// Whether the device is known to hold the person.
    pub held: bool,
    /// What lets the person in there.
    pub rules: Vec<access::Rule>,
}

/// Everything that decides where a person may pass.
#[derive(Debug, Clone)]
pub struct PersonAccess {
    /// The person's own side of the decision.
    pub subject: access::Subject,
    /// Every device that was approved, in order of creation.
    pub doors: Vec<DoorAccess>,
}

/// Persons, their credentials, memberships, photos and templates.
///
/// Where a method takes `bound`, a person who may not pass in that zone does not exist for it (hub rule 8).
#[async_trait]
pub trait People: Send + Sync {
    /// Adds a person.
    ///
    /// # Errors
    /// A conflict where the id or the code is taken; a missing reference where a group does not exist (or is not to
    /// be seen by the caller).
    async fn create(
        &self,
        actor: &Actor,
        person: Person,
        bound: Option<ZoneId>,
    ) -> Result<StoredPerson, StoreError>;

    /// One person; `None` where there is none.
    ///
    /// # Errors
    /// Only what the database says.
    async fn person(&self, id: &PersonId, bound: Option<ZoneId>) -> Result<Option<StoredPerson>, StoreError>;

    /// Persons in order of creation.
    ///
    /// # Errors
    /// Only what the database says.
    async fn list(&self, filter: PersonFilter, page: PageRequest) -> Result<Page<StoredPerson>, StoreError>;

    /// How many persons there are of each kind.
    ///
    /// # Errors
    /// Only what the database says.
    async fn counts(&self, bound: Option<ZoneId>) -> Result<Vec<(PersonKind, u32)>, StoreError>;

    /// Writes a changed person.
    ///
    /// # Errors
    /// As [`People::create`]; not found; a revision that is not the expected one.
    async fn replace(&self, actor: &Actor, change: PersonChange) -> Result<StoredPerson, StoreError>;

    /// Deletes a person with photos, templates and the captures matched to them; records stay without name and
    /// picture, devices are told to forget (hub rule 47). After it nothing of the person is readable in the files.
    ///
    /// # Errors
    /// Not found; a revision that is not the expected one.
    async fn delete(
        &self,
        actor: &Actor,
        id: &PersonId,
        bound: Option<ZoneId>,
        expected: Option<i64>,
    ) -> Result<(), StoreError>;

    /// What decides where a person may pass; of the bound zone's devices where there is one.
    ///
    /// # Errors
    /// Only what the database says.
    async fn access(&self, id: &PersonId, bound: Option<ZoneId>) -> Result<Option<PersonAccess>, StoreError>;

    /// Adds a photo with its template.
    ///
    /// # Errors
    /// Not found; a conflict where the person has as many photos as allowed.
    async fn add_photo(
        &self,
        actor: &Actor,
        person: &PersonId,
        bound: Option<ZoneId>,
        photo: NewPhoto,
    ) -> Result<StoredPhoto, StoreError>;

    /// A person's photos, the best first; `None` where there is no such person.
    ///
    /// # Errors
    /// Only what the database says.
    async fn photos(
        &self,
        person: &PersonId,
        bound: Option<ZoneId>,
    ) -> Result<Option<Vec<StoredPhoto>>, StoreError>;

    /// The very bytes of one photo; that they were looked at is audited.
    ///
    /// # Errors
    /// What the database or the blob store says.
    async fn photo_bytes(
        &self,
        actor: &Actor,
        person: &PersonId,
        photo: &PhotoId,
        bound: Option<ZoneId>,
    ) -> Result<Option<PhotoBytes>, StoreError>;

    /// Deletes one photo, its template and its bytes.
    ///
    /// # Errors
    /// Not found.
    async fn delete_photo(
        &self,
        actor: &Actor,
        person: &PersonId,
        photo: &PhotoId,
        bound: Option<ZoneId>,
    ) -> Result<(), StoreError>;

    /// Templates that this model made, in order of storing, from a place on, at most `limit`.
    ///
    /// # Errors
    /// What the database says; a template that does not open with the key.
    async fn templates(&self, model: &str, after: i64, limit: u32)
    -> Result<Vec<StoredTemplate>, StoreError>;

    /// Photos without a template of this model, from a place on, at most `limit`.
    ///
    /// # Errors
    /// Only what the database says.
    async fn photos_unseen_by(
        &self,
        model: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<UnseenPhoto>, StoreError>;

    /// The bytes of a photo for the hub's own work: nothing is audited.
    ///
    /// # Errors
    /// What the database or the blob store says.
    async fn photo_for_work(&self, photo: &PhotoId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Stores what an engine found in a photo that is already there; says whether it still was. The revision stays:
    /// nobody changed the person.
    ///
    /// # Errors
    /// Only what the database says.
    async fn set_findings(
        &self,
        photo: &PhotoId,
        findings: super::photos::Findings,
    ) -> Result<bool, StoreError>;
}

/// A person's telephone number.
pub(in crate::hub) fn phone(
    connection: &rusqlite::Connection,
    id: &str,
) -> Result<Option<String>, StoreError> {
    Ok(rows::load(connection, id)?.and_then(|stored| stored.person.phone))
}
