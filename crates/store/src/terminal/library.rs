//! The terminal's people: who is known at this door, with photos, templates and the rules that they came with.

use crate::{BlobId, StoreError};
use async_trait::async_trait;
use model::{Greeting, Person, access::Rule};

/// A face's embedding, with the model that made it: templates of different models cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Name and version of the model.
    pub model: String,
    /// The embedding, as the face engine writes it.
    pub bytes: Vec<u8>,
}

/// A photo that is to be kept.
#[derive(Debug, Clone)]
pub struct NewPhoto {
    /// The id that the dialect gave, or an empty text.
    pub face_id: String,
    /// The picture, as it came.
    pub bytes: Vec<u8>,
    /// Its template; `None` where no model was there to make one.
    pub template: Option<Template>,
}

/// A person that is to be kept.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// The id on the wire, up to 64 bytes, kept whole.
    pub wire_id: String,
    /// Who it is; `photos` in it is ignored.
    pub person: Person,
    /// When the person may pass.
    pub rules: Vec<Rule>,
    /// What the door says and shows to the person.
    pub greeting: Greeting,
    /// The photos, all of them.
    pub photos: Vec<NewPhoto>,
    /// The dialect that says so: a limit that it sets anew counts with the passes that it has yet to acknowledge.
    pub dialect: String,
    /// Whether the passes used so far still count: a change that says nothing of them. Else they count anew.
    pub keeps_passes: bool,
}

/// A photo that is kept.
#[derive(Debug, Clone)]
pub struct KeptPhoto {
    /// The photo's number in this library; never used twice.
    pub id: i64,
    /// The id that the dialect gave, or an empty text.
    pub face_id: String,
    /// Where the picture is.
    pub blob: BlobId,
    /// Its template, if it has one.
    pub template: Option<Template>,
}

/// Another id for a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenamedPhoto {
    /// The photo's number in this library.
    pub id: i64,
    /// The dialect's id for it from now on.
    pub face_id: String,
}

/// A person that is kept.
#[derive(Debug, Clone)]
pub struct KeptPerson {
    /// The id on the wire.
    pub wire_id: String,
    /// Who it is; `passes_used` counts against the pass limit, see [`Library::put`].
    pub person: Person,
    /// When the person may pass.
    pub rules: Vec<Rule>,
    /// What the door says and shows to the person.
    pub greeting: Greeting,
    /// The photos.
    pub photos: Vec<KeptPhoto>,
}

/// Where a terminal's people are kept. Every change is one transaction, on disk when the method returns.
#[async_trait]
pub trait Library: Send + Sync {
    /// Adds a person, or replaces the one with the same wire id. A pass limit counts from now on, with
    /// the passes that the dialect that sets it has not acknowledged yet.
    ///
    /// # Errors
    /// [`StoreError::Full`] when a new person would exceed `capacity`; nothing changes then.
    async fn put(&self, person: NewPerson, capacity: u32) -> Result<KeptPerson, StoreError>;

    /// What a dialect keeps of a person beside the row, in its own form: its own words, which the model has no place for.
    ///
    /// # Errors
    /// [`StoreError`] of the database, or where the value does not unseal.
    async fn extra(&self, wire_id: &str, dialect: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps that; `None` removes it. It goes with the person, whoever deletes the person; without effect where nobody is
    /// there.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn set_extra(&self, wire_id: &str, dialect: &str, extra: Option<&[u8]>) -> Result<(), StoreError>;

    /// Gives a person another wire id, with photos and records, or the same, and photos other ids; without effect where
    /// nobody has the old one. Returns whether somebody had.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where somebody else has the new id; nothing changes then.
    async fn rename(
        &self,
        wire_id: &str,
        new_id: &str,
        photos: Vec<RenamedPhoto>,
    ) -> Result<bool, StoreError>;

    /// Deletes a person with photos, templates, and the captures and names of that person's records. Returns whether
    /// the person was there.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn delete(&self, wire_id: &str) -> Result<bool, StoreError>;

    /// Deletes everybody, as [`Self::delete`] does one. Returns how many there were.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn clear(&self) -> Result<u64, StoreError>;

    /// Persons in order of wire ids, from the one after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] of the database, or where a row does not unseal.
    async fn page(&self, after: Option<&str>, limit: u32) -> Result<Vec<KeptPerson>, StoreError>;

    /// A kept picture; `None` if it was deleted meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] of the blobs.
    async fn picture(&self, blob: &BlobId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Replaces a photo's template; without effect if the photo was deleted meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn set_template(&self, photo: i64, template: Template) -> Result<(), StoreError>;
}
