//! Persons: those who pass doors, with their credentials and photos.

use crate::{GroupId, PersonId, PhotoId, PhotoQuality};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a person is to the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonKind {
    /// Belongs here; passes where and when the grants say.
    #[default]
    Member,
    /// A guest with an end.
    Visitor,
    /// Passes at any time where granted; schedules do not bind, validity does.
    Vip,
    /// Never passes, and is recognised in order to be refused.
    Blocked,
}

/// A person's gender, where a dialect or document states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// Male.
    Male,
    /// Female.
    Female,
    /// Stated as something else.
    Other,
}

/// What a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A contactless IC card.
    IcCard,
    /// A card of a built-in RF reader.
    RfCard,
    /// A number that arrives over a Wiegand line.
    Wiegand,
    /// An identity document's number.
    IdCard,
    /// A QR code's content.
    Qr,
    /// A PIN.
    Pin,
}

/// Something that a person presents instead of, or beside, the face. Numbers are kept as given and compare as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Credential {
    /// What it is.
    pub kind: CredentialKind,
    /// Its number or content, as given.
    pub number: String,
    /// The facility code of a Wiegand card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<u32>,
    /// The width of a Wiegand number, in bits (26 or 34).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u8>,
}

/// How a person must identify; `Device` leaves it to the device's own mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// As the device is set.
    #[default]
    Device,
    /// The face alone.
    Face,
    /// A card alone.
    Card,
    /// Face and card together.
    FaceAndCard,
    /// Face or card.
    FaceOrCard,
    /// The face compared with the identity document's picture.
    FaceAndIdCard,
    /// The same, of listed persons only.
    FaceAndIdCardListed,
}

/// Why and to whom a visitor comes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Visit {
    /// The person visited, by id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The purpose of the visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Where the visitor comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_company: Option<String>,
}

/// A stored photo of a person; the bytes are fetched apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Photo {
    /// Its id.
    pub id: PhotoId,
    /// What the face engine found in it; null when it was stored unlooked-at.
    pub quality: Option<PhotoQuality>,
    /// Where the picture is served.
    pub url: String,
}

/// Someone who passes doors (never a *user*, who signs in to the console).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// The id, the same on every wire.
    pub id: PersonId,
    /// The employee number; unique in the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The name shown at the door.
    pub name: String,
    /// Member, visitor, vip or blocked.
    #[serde(default)]
    pub kind: PersonKind,
    /// Gender, if known.
    #[serde(default)]
    pub gender: Option<Gender>,
    /// Day of birth.
    #[serde(default)]
    pub birthday: Option<jiff::civil::Date>,
    /// Telephone number.
    #[serde(default)]
    pub phone: Option<String>,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Department.
    #[serde(default)]
    pub department: Option<String>,
    /// Job title.
    #[serde(default)]
    pub title: Option<String>,
    /// Company.
    #[serde(default)]
    pub company: Option<String>,
    /// Ethnicity, as identity documents state it.
    #[serde(default)]
    pub ethnicity: Option<String>,
    /// Native place.
    #[serde(default)]
    pub native_place: Option<String>,
    /// Postal address.
    #[serde(default)]
    pub address: Option<String>,
    /// Free remark.
    #[serde(default)]
    pub remark: Option<String>,
    /// The visit, of a visitor.
    #[serde(default)]
    pub visit: Option<Visit>,
    /// Cards, codes and PINs; at most one of each kind.
    #[serde(default)]
    pub credentials: Vec<Credential>,
    /// Photos, the best first.
    #[serde(default)]
    pub photos: Vec<Photo>,
    /// The groups that the person is in.
    #[serde(default)]
    pub groups: Vec<GroupId>,
    /// Validity starts here (inclusive).
    #[serde(default)]
    pub valid_from: Option<Timestamp>,
    /// Validity ends here (exclusive).
    #[serde(default)]
    pub valid_until: Option<Timestamp>,
    /// How many passes in all; null is unlimited.
    #[serde(default)]
    pub pass_limit: Option<u32>,
    /// How many passes were granted so far.
    #[serde(default)]
    pub passes_used: u32,
    /// How the person must identify.
    #[serde(default)]
    pub verify: Verify,
    /// What the door says to the person.
    #[serde(default)]
    pub greeting: Option<String>,
    /// The room that the person answers intercom calls for.
    #[serde(default)]
    pub room: Option<String>,
}

impl Person {
    /// A member with this id and name and nothing else.
    #[must_use]
    pub fn new(id: PersonId, name: impl Into<String>) -> Self {
        Self {
            id,
            code: None,
            name: name.into(),
            kind: PersonKind::Member,
            gender: None,
            birthday: None,
            phone: None,
            email: None,
            department: None,
            title: None,
            company: None,
            ethnicity: None,
            native_place: None,
            address: None,
            remark: None,
            visit: None,
            credentials: Vec::new(),
            photos: Vec::new(),
            groups: Vec::new(),
            valid_from: None,
            valid_until: None,
            pass_limit: None,
            passes_used: 0,
            verify: Verify::Device,
            greeting: None,
            room: None,
        }
    }
}
