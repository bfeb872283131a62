//! A person's photos: sealed blobs, what the face engine found in them, and sealed templates.

mod table;

pub(super) use table::{
    SEAL_TABLE, any_blob, blob_of, blobs_with_types, count, insert, list_of, set_findings, templates_after,
    unseen_after,
};

use crate::SealedBlob;
use model::{FaceFault, PersonId, PhotoId, PhotoQuality};

/// What an engine found in a photo.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Findings {
    /// What was measured; `None` where nobody looked or no face was found.
    pub quality: Option<PhotoQuality>,
    /// What speaks against the photo.
    pub faults: Vec<FaceFault>,
    /// Orders a person's photos: the best has the highest.
    pub score: f64,
    /// The template's bytes, where a face was found.
    pub template: Option<Vec<u8>>,
    /// The model that looked; `None` where nobody did.
    pub model: Option<String>,
}

/// A photo to be stored.
#[derive(Debug)]
pub struct NewPhoto {
    /// Its id, from [`new_id`].
    pub id: PhotoId,
    /// The upload as it came, sealed.
    pub blob: SealedBlob,
    /// Its true media type.
    pub media_type: String,
    /// What was found in it.
    pub findings: Findings,
    /// A person has at most so many photos.
    pub most: u32,
}

/// A photo as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPhoto {
    /// Its id.
    pub id: PhotoId,
    /// Its media type.
    pub media_type: String,
    /// What was measured.
    pub quality: Option<PhotoQuality>,
    /// What speaks against it.
    pub faults: Vec<FaceFault>,
}

/// A photo's very bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoBytes {
    /// Their media type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// One template of the gallery.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTemplate {
    /// Where to go on.
    pub seq: i64,
    /// Whose face.
    pub person: PersonId,
    /// From which photo.
    pub photo: PhotoId,
    /// The template's bytes.
    pub template: Vec<u8>,
}

/// A photo that a model has not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnseenPhoto {
    /// Where to go on.
    pub seq: i64,
    /// Whose photo.
    pub person: PersonId,
    /// Its id.
    pub photo: PhotoId,
}

/// A new photo's id. It is made before the photo is stored, so that the gallery can hold the face by then.
#[must_use]
pub fn new_id() -> PhotoId {
    PhotoId::new(super::new_id())
}
