//! Why a call is not carried out, as the answer says it.

use crate::people::PutError;
use dialects::facegate::code::{AddPersonCode, BatchPersonCode};
use dialects::fields::FieldError;
use model::FaceFault;
use store::StoreError;

/// A failure: the document's code where it has one, and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: Option<i64>,
    pub(super) detail: String,
}

impl Failure {
    /// A failure for which the document has no code.
    pub(super) fn new(detail: impl Into<String>) -> Self {
        Self {
            code: None,
            detail: detail.into(),
        }
    }

    /// The document's code with words of our own.
    pub(super) fn coded(code: AddPersonCode, detail: impl Into<String>) -> Self {
        Self {
            code: Some(code.number()),
            detail: detail.into(),
        }
    }
}

impl From<AddPersonCode> for Failure {
    fn from(code: AddPersonCode) -> Self {
        Self::coded(code, code.text())
    }
}

impl From<FieldError> for Failure {
    fn from(error: FieldError) -> Self {
        Self::coded(
            AddPersonCode::of_limit(&error),
            format!("Parameter error: {error}"),
        )
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a call could not be carried out");
        Self::coded(AddPersonCode::Failed, "it could not be kept")
    }
}

/// What is wrong with one person of a call, before it is a number of either table (C.10.1.1, C.10.6.2).
#[derive(Debug)]
pub(super) enum Unfit {
    /// An id is somebody's already.
    IdExists,
    /// The Wiegand number is somebody else's.
    WiegandExists,
    /// The RF card is somebody else's.
    RfCardExists,
    /// Somebody has this face already.
    FaceExists,
    /// Nobody has this id.
    Unknown,
    /// A field is outside its limits.
    Limit(FieldError),
    /// The photo is no Base64, or no picture.
    NotAPicture,
    /// The photo has too many bytes.
    TooLarge,
    /// The photo's address is none.
    Address,
    /// The photo's server gave nothing.
    Unreachable,
    /// The photo's server gave too little, or no picture.
    TooShort,
    /// The person was not taken.
    Put(PutError),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Unfit {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PutError> for Unfit {
    fn from(error: PutError) -> Self {
        Self::Put(error)
    }
}

impl From<FieldError> for Unfit {
    fn from(error: FieldError) -> Self {
        Self::Limit(error)
    }
}

impl Unfit {
    /// C.10.1.1.
    pub(super) fn code(&self) -> AddPersonCode {
        match self {
            Self::IdExists => AddPersonCode::IdExists,
            Self::WiegandExists => AddPersonCode::WiegandExists,
            Self::RfCardExists => AddPersonCode::RfCardExists,
            Self::FaceExists => AddPersonCode::PersonExists,
            Self::Limit(error) => AddPersonCode::of_limit(error),
            Self::NotAPicture => AddPersonCode::NotAPicture,
            Self::TooLarge => AddPersonCode::NoPicture,
            Self::Address => AddPersonCode::WrongAddress,
            Self::Unreachable => AddPersonCode::Unreachable,
            Self::TooShort => AddPersonCode::TooShort,
            Self::Put(PutError::Photo { fault, .. }) => match fault {
                FaceFault::NotAnImage => AddPersonCode::NotAPicture,
                FaceFault::TooLarge => AddPersonCode::NoPicture,
                _ => AddPersonCode::NoFace,
            },
            Self::Unknown | Self::Put(_) | Self::Store(_) => AddPersonCode::Failed,
        }
    }

    /// C.10.6.2.
    pub(super) fn batch_code(&self) -> BatchPersonCode {
        match self {
            Self::IdExists | Self::FaceExists | Self::Unknown => BatchPersonCode::NotChanged,
            Self::WiegandExists => BatchPersonCode::WiegandExists,
            Self::RfCardExists => BatchPersonCode::RfCardExists,
            Self::Limit(error) => BatchPersonCode::of_limit(error),
            Self::Address => BatchPersonCode::WrongAddress,
            Self::Unreachable => BatchPersonCode::Unreachable,
            Self::NotAPicture | Self::TooShort => BatchPersonCode::TooShort,
            Self::TooLarge => BatchPersonCode::TooLarge,
            Self::Put(PutError::Photo { fault, .. }) => match fault {
                FaceFault::NotAnImage => BatchPersonCode::TooShort,
                FaceFault::TooLarge => BatchPersonCode::TooLarge,
                _ => BatchPersonCode::NoFace,
            },
            Self::Put(PutError::Photos(_) | PutError::Engine(_)) => BatchPersonCode::PictureNotKept,
            Self::Put(PutError::Capacity | PutError::Store(_)) | Self::Store(_) => {
                BatchPersonCode::PersonNotKept
            }
        }
    }
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Self {
        let code = unfit.code();
        match unfit {
            Unfit::Store(error) | Unfit::Put(PutError::Store(error)) => error.into(),
            Unfit::Limit(error) => error.into(),
            Unfit::Unknown => Self::coded(code, "there is no such person"),
            Unfit::Put(error) if code == AddPersonCode::Failed => Self::coded(code, error.to_string()),
            _ => code.into(),
        }
    }
}
