//! A person in memory, and how people come and change.

use model::{Decision, Denial, FaceFault, Greeting, Person, PersonId, access};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU32, Ordering};
use store::StoreError;
use store::terminal::{KeptPerson, KeptPhoto};

/// A person in memory.
#[derive(Debug)]
pub struct Member {
    /// The id on the wire.
    pub wire_id: String,
    /// Who it is; of `passes_used` see [`Member::subject`].
    pub person: Person,
    /// When the person may pass.
    pub rules: Vec<access::Rule>,
    /// What the door says and shows to the person.
    pub greeting: Greeting,
    /// The photo ids that the dialect gave, the first first.
    pub face_ids: Vec<String>,
    pub(super) photos: Vec<KeptPhoto>,
    passes_used: AtomicU32,
}

impl Member {
    pub(super) fn new(kept: KeptPerson) -> Self {
        Self {
            passes_used: AtomicU32::new(kept.person.passes_used),
            face_ids: kept.photos.iter().map(|photo| photo.face_id.clone()).collect(),
            wire_id: kept.wire_id,
            person: kept.person,
            rules: kept.rules,
            greeting: kept.greeting,
            photos: kept.photos,
        }
    }

    /// The same person under another id, with photos that have others.
    pub(super) fn renamed(&self, new_id: &str, photos: Vec<KeptPhoto>) -> Self {
        Self {
            wire_id: new_id.to_owned(),
            person: self.person.clone(),
            rules: self.rules.clone(),
            greeting: self.greeting.clone(),
            face_ids: photos.iter().map(|photo| photo.face_id.clone()).collect(),
            photos,
            passes_used: AtomicU32::new(self.passes_used.load(Ordering::Relaxed)),
        }
    }

    /// What the access decision needs to know of the person, now.
    #[must_use]
    pub fn subject(&self) -> access::Subject {
        access::Subject {
            kind: self.person.kind,
            valid_from: self.person.valid_from,
            valid_until: self.person.valid_until,
            pass_limit: self.person.pass_limit,
            passes_used: self.passes_used.load(Ordering::Relaxed),
        }
    }

    /// Takes one pass, so that two at the same time are never granted the last one. The pass must be kept in the
    /// journal or given back.
    pub fn take_pass(&self) -> Decision {
        let limit = self.person.pass_limit.unwrap_or(u32::MAX);
        let take = |used: u32| (used < limit).then(|| used.saturating_add(1));
        match self
            .passes_used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
        {
            Ok(_) => Decision::Granted,
            Err(_) => Decision::Denied(Denial::UsedUp),
        }
    }

    /// Gives back a pass that came to nothing.
    pub fn give_back_pass(&self) {
        self.passes_used.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A person as a dialect brings one.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// The id on the wire, up to 64 bytes.
    pub wire_id: String,
    /// Who it is.
    pub person: Person,
    /// When the person may pass.
    pub rules: Vec<access::Rule>,
    /// What the door says and shows to the person.
    pub greeting: Greeting,
    /// The photos: the dialect's id (or an empty text) and the picture.
    pub photos: Vec<(String, Vec<u8>)>,
}

/// What becomes of a person's photos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhotoChange {
    /// They stay.
    Keep,
    /// One comes, or replaces the one of the same id.
    Put {
        /// The dialect's id.
        face_id: String,
        /// The picture.
        picture: Vec<u8>,
    },
    /// The one of this id goes.
    Drop(String),
    /// All go.
    DropAll,
    /// These take the place of all, each with the dialect's id (or an empty text).
    Replace(Vec<(String, Vec<u8>)>),
}

impl PhotoChange {
    pub(super) fn drops(&self, kept: &str) -> bool {
        match self {
            Self::Keep => false,
            Self::Put { face_id, .. } | Self::Drop(face_id) => face_id == kept,
            Self::DropAll | Self::Replace(_) => true,
        }
    }

    /// The photos that come, taken out.
    pub(super) fn take_new(&mut self) -> Vec<(String, Vec<u8>)> {
        match self {
            Self::Put { face_id, picture } => vec![(face_id.clone(), std::mem::take(picture))],
            Self::Replace(photos) => std::mem::take(photos),
            Self::Keep | Self::Drop(_) | Self::DropAll => Vec::new(),
        }
    }
}

/// At what a photo failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoStage {
    /// Its format, or its size.
    Format,
    /// Its content, which is damaged.
    Content,
    /// Its face, of which there is none.
    Face,
    /// The template of its face.
    Template,
}

/// Why a person was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// A photo is no picture, or shows no face.
    #[error("photo {position}: {}", fault.explanation())]
    Photo {
        /// Which photo, from 0.
        position: usize,
        /// What is wrong with it.
        fault: FaceFault,
        /// How far it came.
        stage: PhotoStage,
    },
    /// A person has no more photos than this.
    #[error("a person has at most {0} photos")]
    Photos(usize),
    /// The terminal holds as many persons as it may.
    #[error("the terminal is full")]
    Capacity,
    /// The face engine failed.
    #[error("the face engine failed: {0}")]
    Engine(String),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl PutError {
    /// A photo that is no picture, or a damaged one.
    pub(crate) fn unread(position: usize, error: &face::ImageError) -> Self {
        Self::Photo {
            position,
            fault: error.fault(),
            stage: match error {
                face::ImageError::Broken(_) => PhotoStage::Content,
                _ => PhotoStage::Format,
            },
        }
    }

    /// A photo without a face, or one whose face gives no template.
    pub(crate) fn no_template(position: usize, has_face: bool) -> Self {
        Self::Photo {
            position,
            fault: FaceFault::NoFace,
            stage: match has_face {
                true => PhotoStage::Template,
                false => PhotoStage::Face,
            },
        }
    }
}

/// The model's id for a platform's: itself where it is one, else a number made from it. The id on the wire is kept
/// beside it, whole.
pub(crate) fn model_id(wire_id: &str) -> PersonId {
    PersonId::new(wire_id).unwrap_or_else(|_| {
        let digest = Sha256::digest(wire_id.as_bytes());
        let number = digest
            .iter()
            .take(16)
            .fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        PersonId::from_random(number)
    })
}
