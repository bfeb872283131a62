//! 3.10, 3.11, 3.19: the people that a device knows.
//!
//! `AddPerson` and `EditPerson` are here with the fields that all operations on people share; [`batch`] adds many,
//! [`delete`] removes, [`search`] finds.

pub mod batch;
pub mod delete;
mod fields;
pub mod search;

pub use batch::{AddPersons, EditPersonsNew, PersonResult, PersonResults};
pub use delete::{DeleteAllPerson, DeletePerson, PersonIds};
pub(super) use fields::fill_in;
pub use fields::{PersonInfo, shut_channels};
pub use search::{
    DatabaseVersion, FoundPerson, GetDatabaseVer, HeldPeople, HeldPerson, PersonCount, PersonFilter,
    SearchPerson, SearchPersonList, SearchPersonNum,
};

use super::body::{Body, Place};
use super::operation::{Done, Operation, named};
use crate::fields::FieldError;
use crate::lenient::{self, LenientError};
use crate::limits;

/// The wire name of [`EditPersonsNew`], whose codes are its own.
pub(super) const EDIT_PERSONS_NEW: &str = "EditPersonsNew";

/// Bytes of a name: 32 with the terminator, 10 Chinese characters.
pub const NAME_BYTES: usize = 31;
/// Bytes of a `PersonUUID` that a device takes.
pub const UUID_BYTES: usize = 48;
/// Bytes of a `PersonUUID` that a hub sends: the document does not say whether 48 count a terminator (QUIRKS A53).
pub const SENT_UUID_BYTES: usize = 47;
/// Bytes of an identity number, telephone number, native place, chip id and warden's card.
pub const SHORT_BYTES: usize = 31;
/// Bytes of an address.
pub const ADDRESS_BYTES: usize = 71;
/// Bytes of notes.
pub const NOTES_BYTES: usize = 63;
/// Bytes of the number of an RF card.
pub const RF_CARD_BYTES: usize = 17;
/// Bytes of a door station's card number and room.
pub const ROOM_BYTES: usize = 23;
/// Bytes of a picture that a device takes.
pub const PICTURE_BYTES: usize = 1024 * 1024;
/// Bytes that a picture behind an address has at least (C.10.6.2, 466).
pub const LEAST_PICTURE_BYTES: usize = 1000;
/// Bytes of an address of a picture; the document names no limit.
pub const URI_BYTES: usize = 2048;

/// `Tempvalid`: when a person may pass (3.10). The kinds exclude each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Validity {
    /// 0: always.
    Permanent,
    /// 1: from `ValidBegin` to `ValidEnd`.
    Window,
    /// 2: every day from the day of `ValidBegin` to that of `ValidEnd`, between their times of day.
    Daily,
    /// 3: `EffectNumber` times.
    Count,
    /// A number that the document does not have.
    Other(i64),
}

impl From<i64> for Validity {
    fn from(number: i64) -> Self {
        match number {
            0 => Self::Permanent,
            1 => Self::Window,
            2 => Self::Daily,
            3 => Self::Count,
            other => Self::Other(other),
        }
    }
}

impl From<Validity> for i64 {
    fn from(validity: Validity) -> Self {
        match validity {
            Validity::Permanent => 0,
            Validity::Window => 1,
            Validity::Daily => 2,
            Validity::Count => 3,
            Validity::Other(number) => number,
        }
    }
}

/// A person as an operation names them. `IdType` and `SearchType` number the kinds in different orders (QUIRKS A8).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PersonRef {
    /// The platform's number.
    CustomizeId(i64),
    /// The platform's text.
    Uuid(String),
    /// The device's number.
    LibId(i64),
}

impl PersonRef {
    /// The number of its kind in `IdType`.
    #[must_use]
    pub fn id_type(&self) -> i64 {
        match self {
            Self::CustomizeId(_) => 0,
            Self::LibId(_) => 1,
            Self::Uuid(_) => 2,
        }
    }

    /// The person whom these fields name by an `IdType`.
    #[must_use]
    pub fn of(id_type: i64, person: &PersonInfo) -> Option<Self> {
        match id_type {
            0 => person.customize_id.map(Self::CustomizeId),
            1 => person.lib_id.map(Self::LibId),
            2 => person.uuid.clone().map(Self::Uuid),
            _ => None,
        }
    }
}

/// Where the fields of a single person stand.
const PERSON_PLACE: Place = Place::InfoBut(&["picinfo", "picURI"]);

/// `AddPerson` (3.10.1): one new person.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddPerson {
    /// The person.
    pub person: PersonInfo,
}

impl Operation for AddPerson {
    type Answer = Done;

    fn operator(&self) -> &'static str {
        "AddPerson"
    }

    fn section(&self) -> &'static str {
        "3.10.1"
    }

    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
        named(operator, &["AddPerson"]).then(|| {
            let person = PersonInfo::read(&std::mem::take(body).flat(PERSON_PLACE))?;
            Ok(Self { person })
        })
    }

    fn body(&self) -> Body {
        Body::placed(self.operator(), self.person.fields(), PERSON_PLACE)
    }

    fn check(&self) -> Result<(), FieldError> {
        self.person.check()?;
        if self.person.has_picture() {
            return Ok(());
        }
        Err(FieldError::new("picinfo", "one of picinfo and picURI", "neither"))
    }
}

/// `EditPerson` (3.10.3): changes the fields given, of a person who is there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EditPerson {
    /// 0 `CustomizeID`, 1 `LibID`, 2 `PersonUUID`: which of the ids says who it is.
    pub id_type: i64,
    /// The id, and the fields to change.
    pub person: PersonInfo,
}

impl EditPerson {
    /// Who it is.
    #[must_use]
    pub fn target(&self) -> Option<PersonRef> {
        PersonRef::of(self.id_type, &self.person)
    }
}

impl Operation for EditPerson {
    type Answer = Done;

    fn operator(&self) -> &'static str {
        "EditPerson"
    }

    fn section(&self) -> &'static str {
        "3.10.3"
    }

    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
        named(operator, &["EditPerson"]).then(|| {
            let id_type = match body.get("IdType") {
                Some(value) => lenient::read(value)?,
                None => return Err(serde::de::Error::missing_field("IdType")),
            };
            let person = PersonInfo::read(&std::mem::take(body).flat(PERSON_PLACE))?;
            Ok(Self { id_type, person })
        })
    }

    fn body(&self) -> Body {
        let mut fields = self.person.fields();
        fields.insert("IdType".to_owned(), self.id_type.into());
        Body::placed(self.operator(), fields, PERSON_PLACE)
    }

    fn check(&self) -> Result<(), FieldError> {
        limits::within("IdType", self.id_type, 0..=2)?;
        if self.target().is_none() {
            return Err(FieldError::new("IdType", "the id that it names", "nothing"));
        }
        self.person.check()
    }
}
