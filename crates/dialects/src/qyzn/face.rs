//! Chapter 4.4: the photos of people that a device knows already.

use super::check::{self, FieldError};
use super::frame::Version;
use super::operation::{Done, Operation};
use crate::lenient::Base64Text;
use serde::{Deserialize, Serialize};

/// `add_face` (4.4.1), platform to device: adds a photo of a person, or replaces the one with this id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddFace {
    /// The person's id.
    #[serde(rename = "personId")]
    pub person_id: String,
    /// The photo's id.
    #[serde(rename = "faceId")]
    pub face_id: String,
    /// The photo.
    pub image: Base64Text,
}

impl Operation for AddFace {
    const NAME: &'static str = "add_face";
    const SINCE: Version = Version::V2;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        check::filled("personId", &self.person_id, check::KEPT_PERSON_ID_BYTES)?;
        check::filled("faceId", &self.face_id, check::FACE_ID_BYTES)?;
        if self.image.is_blank() {
            return Err(FieldError::new("image", "must not be empty", "nothing"));
        }
        Ok(())
    }
}

/// `delete_face` (4.4.2), platform to device: deletes one photo, or all of a person. With both ids it is that photo
/// alone (QUIRKS T34).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteFace {
    /// The photo's id.
    #[serde(rename = "faceId", skip_serializing_if = "Option::is_none")]
    pub face_id: Option<String>,
    /// The person's id.
    #[serde(rename = "personId", skip_serializing_if = "Option::is_none")]
    pub person_id: Option<String>,
}

impl Operation for DeleteFace {
    const NAME: &'static str = "delete_face";
    const SINCE: Version = Version::V2;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        let filled = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
        if !filled(&self.face_id) && !filled(&self.person_id) {
            return Err(FieldError::new("faceId", "faceId or personId", "neither"));
        }
        check::optional("faceId", self.face_id.as_deref(), check::FACE_ID_BYTES)?;
        check::optional("personId", self.person_id.as_deref(), check::KEPT_PERSON_ID_BYTES)
    }
}
