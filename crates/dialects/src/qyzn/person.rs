//! Chapter 4.3: the people that a device knows.

use super::check::{self, FieldError};
use super::frame::Version;
use super::operation::{Done, Operation};
use super::rule::PassRule;
use super::time::{self, Periods, WallTime};
use crate::lenient::Base64Text;
use serde::{Deserialize, Serialize};

/// What a person is (4.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub enum PersonType {
    /// 1: white list.
    Member,
    /// 2: black list.
    Blocked,
    /// 3: visitor.
    Visitor,
    /// 4: stranger.
    Stranger,
    /// A number that the document does not have.
    Other(i64),
}

impl From<i64> for PersonType {
    fn from(number: i64) -> Self {
        match number {
            1 => Self::Member,
            2 => Self::Blocked,
            3 => Self::Visitor,
            4 => Self::Stranger,
            other => Self::Other(other),
        }
    }
}

impl From<PersonType> for i64 {
    fn from(kind: PersonType) -> Self {
        match kind {
            PersonType::Member => 1,
            PersonType::Blocked => 2,
            PersonType::Visitor => 3,
            PersonType::Stranger => 4,
            PersonType::Other(number) => number,
        }
    }
}

/// What somebody is of whom a message does not say it: none of the document's.
fn unsaid() -> PersonType {
    PersonType::Other(0)
}

/// How a person identifies (4.3.1 `passMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub enum VerifyMode {
    /// 255: as the device is set.
    #[default]
    Device,
    /// 0: face.
    Face,
    /// 1: face and card together.
    FaceAndCard,
    /// 2: card.
    Card,
    /// 3: face against the identity document.
    FaceAndIdCard,
    /// 4: the same, of listed people.
    FaceAndIdCardListed,
    /// 5: face or card.
    FaceOrCard,
    /// A number that the document does not have.
    Other(i64),
}

impl From<i64> for VerifyMode {
    fn from(number: i64) -> Self {
        match number {
            255 => Self::Device,
            0 => Self::Face,
            1 => Self::FaceAndCard,
            2 => Self::Card,
            3 => Self::FaceAndIdCard,
            4 => Self::FaceAndIdCardListed,
            5 => Self::FaceOrCard,
            other => Self::Other(other),
        }
    }
}

impl From<VerifyMode> for i64 {
    fn from(mode: VerifyMode) -> Self {
        match mode {
            VerifyMode::Device => 255,
            VerifyMode::Face => 0,
            VerifyMode::FaceAndCard => 1,
            VerifyMode::Card => 2,
            VerifyMode::FaceAndIdCard => 3,
            VerifyMode::FaceAndIdCardListed => 4,
            VerifyMode::FaceOrCard => 5,
            VerifyMode::Other(number) => number,
        }
    }
}

/// A face of a person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Face {
    /// The photo's id.
    #[serde(rename = "faceId", default, skip_serializing_if = "Option::is_none")]
    pub face_id: Option<String>,
    /// The photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Base64Text>,
}

/// `add_person_face` (4.3.8), platform to device, version 3: adds or replaces a person with photos.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddPersonFace {
    /// The person's id.
    #[serde(rename = "personId")]
    pub person_id: String,
    /// The employee number; one that is missing is found wanting by [`Operation::check`], as is a name.
    #[serde(rename = "personCode", default)]
    pub person_code: String,
    /// The name shown at the door.
    #[serde(default)]
    pub name: String,
    /// What the person is.
    #[serde(rename = "type", default = "unsaid")]
    pub person_type: PersonType,
    /// Only in the example; meaning unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portrait: Option<String>,
    /// Identity number.
    #[serde(rename = "idNum", default, skip_serializing_if = "Option::is_none")]
    pub id_number: Option<String>,
    /// IC card number.
    #[serde(rename = "icNum", default, skip_serializing_if = "Option::is_none")]
    pub ic_number: Option<String>,
    /// How many passes; absent is unlimited.
    #[serde(rename = "passNum", default, skip_serializing_if = "Option::is_none")]
    pub pass_number: Option<i64>,
    /// The simple rule: periods of every permitted day; absent is all day.
    #[serde(rename = "passPeriod", default, skip_serializing_if = "Option::is_none")]
    pub pass_period: Option<Periods>,
    /// The simple rule: whether Monday is permitted; absent is yes.
    #[serde(rename = "passMonday", default, skip_serializing_if = "Option::is_none")]
    pub pass_monday: Option<bool>,
    /// Tuesday.
    #[serde(rename = "passTuesday", default, skip_serializing_if = "Option::is_none")]
    pub pass_tuesday: Option<bool>,
    /// Wednesday.
    #[serde(rename = "passWednesday", default, skip_serializing_if = "Option::is_none")]
    pub pass_wednesday: Option<bool>,
    /// Thursday.
    #[serde(rename = "passThursday", default, skip_serializing_if = "Option::is_none")]
    pub pass_thursday: Option<bool>,
    /// Friday.
    #[serde(rename = "passFriday", default, skip_serializing_if = "Option::is_none")]
    pub pass_friday: Option<bool>,
    /// Saturday.
    #[serde(rename = "passSaturday", default, skip_serializing_if = "Option::is_none")]
    pub pass_saturday: Option<bool>,
    /// Sunday.
    #[serde(rename = "passSunday", default, skip_serializing_if = "Option::is_none")]
    pub pass_sunday: Option<bool>,
    /// The validity starts here, in the device's zone.
    #[serde(
        rename = "startTime",
        default,
        deserialize_with = "time::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_time: Option<WallTime>,
    /// The validity ends here, in the device's zone.
    #[serde(
        rename = "expireTime",
        default,
        deserialize_with = "time::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub expire_time: Option<WallTime>,
    /// How the person identifies.
    #[serde(rename = "passMode", default)]
    pub pass_mode: VerifyMode,
    /// The photos.
    #[serde(default)]
    pub faces: Vec<Face>,
    /// The extended rule; used instead of the simple one if it says anything.
    #[serde(rename = "extPassRule", default, skip_serializing_if = "Option::is_none")]
    pub ext_pass_rule: Option<PassRule>,
}

impl Operation for AddPersonFace {
    const NAME: &'static str = "add_person_face";
    const SINCE: Version = Version::V3;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        check::filled("personId", &self.person_id, check::KEPT_PERSON_ID_BYTES)?;
        check::filled("personCode", &self.person_code, check::PERSON_CODE_BYTES)?;
        check::filled("name", &self.name, check::NAME_BYTES)?;
        check::within("type", self.person_type.into(), 1..=4)?;
        check::optional("idNum", self.id_number.as_deref(), check::ID_NUMBER_BYTES)?;
        check::optional("icNum", self.ic_number.as_deref(), check::IC_NUMBER_BYTES)?;
        check::within(
            "passNum",
            self.pass_number.unwrap_or_default(),
            0..=i64::from(u32::MAX),
        )?;
        if let VerifyMode::Other(number) = self.pass_mode {
            return Err(FieldError::new("passMode", "0 to 5, or 255", number));
        }
        self.check_faces()?;
        self.ext_pass_rule
            .as_ref()
            .map_or(Ok(()), |rule| rule.check("extPassRule."))
    }
}

impl AddPersonFace {
    /// A person with the required fields and nothing else: passes always, without a photo.
    #[must_use]
    pub fn new(
        person_id: impl Into<String>,
        person_code: impl Into<String>,
        name: impl Into<String>,
        person_type: PersonType,
    ) -> Self {
        Self {
            person_id: person_id.into(),
            person_code: person_code.into(),
            name: name.into(),
            person_type,
            portrait: None,
            id_number: None,
            ic_number: None,
            pass_number: None,
            pass_period: None,
            pass_monday: None,
            pass_tuesday: None,
            pass_wednesday: None,
            pass_thursday: None,
            pass_friday: None,
            pass_saturday: None,
            pass_sunday: None,
            start_time: None,
            expire_time: None,
            pass_mode: VerifyMode::Device,
            faces: Vec::new(),
            ext_pass_rule: None,
        }
    }

    fn check_faces(&self) -> Result<(), FieldError> {
        if self.faces.len() > check::FACES {
            return Err(FieldError::new(
                "faces",
                format!("at most {}", check::FACES),
                self.faces.len(),
            ));
        }
        for (at, face) in self.faces.iter().enumerate() {
            check::optional(
                &format!("faces[{at}].faceId"),
                face.face_id.as_deref(),
                check::FACE_ID_BYTES,
            )?;
        }
        Ok(())
    }
}

/// `delete_person` (4.3.3), platform to device: the document allows one id a command, a terminal takes any number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletePerson {
    /// The persons' ids.
    #[serde(rename = "idSet")]
    pub ids: Vec<String>,
}

impl DeletePerson {
    /// Deletes one person.
    #[must_use]
    pub fn one(person_id: impl Into<String>) -> Self {
        Self {
            ids: vec![person_id.into()],
        }
    }
}

/// The most ids that one `delete_person` may name.
pub const DELETED_AT_ONCE: usize = 1000;

impl Operation for DeletePerson {
    const NAME: &'static str = "delete_person";
    const SINCE: Version = Version::V2;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        // An empty set must never be taken for "everybody".
        if self.ids.is_empty() || self.ids.len() > DELETED_AT_ONCE {
            return Err(FieldError::new(
                "idSet",
                format!("1 to {DELETED_AT_ONCE} ids"),
                self.ids.len(),
            ));
        }
        self.ids
            .iter()
            .try_for_each(|id| check::filled("idSet", id, check::KEPT_PERSON_ID_BYTES))
    }
}

/// `clear_person` (4.3.4), platform to device: deletes everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClearPerson {}

impl Operation for ClearPerson {
    const NAME: &'static str = "clear_person";
    const SINCE: Version = Version::V2;
    type Answer = Done;
}

/// `snapshot_picture` (4.3.5), platform to device: take a picture with a good face, or any when time runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotPicture {
    /// How long to wait for a good face.
    #[serde(rename = "timeoutSeconds")]
    pub timeout_seconds: i64,
}

/// The answer to [`SnapshotPicture`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotPictureAnswer {
    /// The picture, JPEG.
    pub image: Base64Text,
}

impl Operation for SnapshotPicture {
    const NAME: &'static str = "snapshot_picture";
    const SINCE: Version = Version::V2;
    type Answer = SnapshotPictureAnswer;

    fn check(&self) -> Result<(), FieldError> {
        check::within(
            "timeoutSeconds",
            self.timeout_seconds,
            0..=i64::from(check::SNAPSHOT_SECONDS),
        )
    }
}
