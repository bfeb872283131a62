//! 3.10.4, 3.19: finding people.

use super::{PersonInfo, PersonRef, UUID_BYTES};
use crate::facegate::body::{Body, DeviceId, Place};
use crate::facegate::card_number::CardNumber;
use crate::facegate::check::optional_within;
use crate::facegate::operation::{Answer, Operation, answers, failure, named, operations, written};
use crate::fields::FieldError;
use crate::lenient::{self, LenientError};
use crate::limits::{filled, optional};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// People of one page; more may be asked for, and no more come (3.19.3).
pub const PAGE: i64 = 100;
/// Bytes of a name to search for (3.19.2).
const NAME_BYTES: usize = 32;

/// `GetDatabaseVer` (3.10.4): whether the device knows daily periods and counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetDatabaseVer {}

/// The answer to [`GetDatabaseVer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseVersion {
    /// 0 the old one, 1 the new one, which has `Tempvalid` 2 and 3.
    #[serde(rename = "DatabaseVersion")]
    pub version: i64,
}

/// `SearchPerson` (3.19.1): one person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SearchPerson {
    /// 0 `CustomizeID`, 1 `PersonUUID`, 2 `LibID`.
    #[serde(rename = "SearchType", default)]
    pub kind: i64,
    /// The id, as text also where it is a number (QUIRKS A71).
    #[serde(rename = "SearchID")]
    pub id: String,
    /// Whether the photo comes along.
    #[serde(rename = "Picture", default, with = "crate::facegate::bit")]
    pub with_picture: bool,
}

impl SearchPerson {
    /// Searches for a person.
    #[must_use]
    pub fn new(person: &PersonRef, with_picture: bool) -> Self {
        let (kind, id) = match person {
            PersonRef::CustomizeId(id) => (0, id.to_string()),
            PersonRef::Uuid(id) => (1, id.clone()),
            PersonRef::LibId(id) => (2, id.to_string()),
        };
        Self {
            kind,
            id,
            with_picture,
        }
    }

    /// Who is searched for; `None` for a number that is none.
    #[must_use]
    pub fn target(&self) -> Option<PersonRef> {
        let id = self.id.trim();
        match self.kind {
            0 => id.parse().ok().map(PersonRef::CustomizeId),
            1 => Some(PersonRef::Uuid(id.to_owned())),
            2 => id.parse().ok().map(PersonRef::LibId),
            _ => None,
        }
    }

    fn check_limits(&self) -> Result<(), FieldError> {
        filled("SearchID", &self.id, UUID_BYTES)?;
        crate::limits::within("SearchType", self.kind, 0..=2)
    }
}

/// Which people (3.19.2): by time, the name empty, or by a part of the name, the times empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonFilter {
    /// 0 who may pass, 1 blocked, 2 all.
    #[serde(rename = "PersonType", skip_serializing_if = "Option::is_none")]
    pub person_type: Option<i64>,
    /// Added from here on, `YYYY-MM-DDThh:mm:ss`.
    #[serde(rename = "BeginTime", skip_serializing_if = "Option::is_none")]
    pub begin: Option<String>,
    /// Added until here.
    #[serde(rename = "EndTime", skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// 0 male, 1 female, 2 all.
    #[serde(rename = "Gender", skip_serializing_if = "Option::is_none")]
    pub gender: Option<i64>,
    /// Ages, `1-100`.
    #[serde(rename = "Age", skip_serializing_if = "Option::is_none")]
    pub age: Option<String>,
    /// A Wiegand number; 0 is any.
    #[serde(rename = "MjCardNo", skip_serializing_if = "Option::is_none")]
    pub card_number: Option<CardNumber>,
    /// A part of the name.
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl PersonFilter {
    /// The ages, both included; `None` where any will do.
    #[must_use]
    pub fn ages(&self) -> Option<(u32, u32)> {
        ages(self.age.as_deref())
    }

    fn check(&self) -> Result<(), FieldError> {
        optional_within("PersonType", self.person_type, 0..=2)?;
        optional_within("Gender", self.gender, 0..=2)?;
        optional("Name", self.name.as_deref(), NAME_BYTES)?;
        check_ages(self.age.as_deref())
    }
}

/// A range of ages, `1-100`.
pub(in crate::facegate) fn ages(text: Option<&str>) -> Option<(u32, u32)> {
    let (first, last) = text?.split_once('-')?;
    Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
}

pub(in crate::facegate) fn check_ages(text: Option<&str>) -> Result<(), FieldError> {
    match text {
        Some(given) if ages(text).is_none() => Err(FieldError::new("Age", "a range, 1-100", given)),
        _ => Ok(()),
    }
}

/// `SearchPersonNum` (3.19.2): how many people.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchPersonNum {
    /// Which.
    pub filter: PersonFilter,
}

impl Operation for SearchPersonNum {
    type Answer = PersonCount;

    fn operator(&self) -> &'static str {
        "SearchPersonNum"
    }

    fn section(&self) -> &'static str {
        "3.19.2"
    }

    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
        named(operator, &["SearchPersonNum"]).then(|| {
            let filter = lenient::read(&std::mem::take(body).flat(Place::INFO))?;
            Ok(Self { filter })
        })
    }

    fn body(&self) -> Body {
        Body::placed(self.operator(), written(&self.filter), Place::INFO)
    }

    fn check(&self) -> Result<(), FieldError> {
        self.filter.check()
    }
}

/// The answer to [`SearchPersonNum`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonCount {
    /// How many the device can hold.
    #[serde(rename = "MaxListsNum")]
    pub capacity: i64,
    /// How many were found.
    #[serde(rename = "PersonNum")]
    pub found: i64,
}

/// `SearchPersonList` (3.19.3): a page of people.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchPersonList {
    /// Which.
    pub filter: PersonFilter,
    /// How they are paged.
    pub page: PersonPage,
}

/// A page of people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonPage {
    /// From which on, the first is 0.
    #[serde(rename = "BeginNO", skip_serializing_if = "Option::is_none")]
    pub begin: Option<i64>,
    /// How many, at most [`PAGE`].
    #[serde(rename = "RequestCount", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Whether photos come along.
    #[serde(rename = "Picture", with = "crate::facegate::bit")]
    pub with_pictures: bool,
}

impl SearchPersonList {
    /// The first person of the page.
    #[must_use]
    pub fn begin(&self) -> u32 {
        u32::try_from(self.page.begin.unwrap_or_default()).unwrap_or(u32::MAX)
    }

    /// How many people to give at most.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.page.count.unwrap_or(PAGE).clamp(0, PAGE)).unwrap_or_default()
    }
}

impl Operation for SearchPersonList {
    type Answer = HeldPeople;

    fn operator(&self) -> &'static str {
        "SearchPersonList"
    }

    fn section(&self) -> &'static str {
        "3.19.3"
    }

    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
        named(operator, &["SearchPersonList"]).then(|| {
            let fields = std::mem::take(body).flat(Place::INFO);
            Ok(Self {
                filter: lenient::read(&fields)?,
                page: lenient::read(&fields)?,
            })
        })
    }

    fn body(&self) -> Body {
        let mut fields = written(&self.filter);
        fields.extend(written(&self.page));
        Body::placed(self.operator(), fields, Place::INFO)
    }

    fn check(&self) -> Result<(), FieldError> {
        self.filter.check()?;
        optional_within("BeginNO", self.page.begin, 0..=i64::from(u32::MAX))?;
        optional_within("RequestCount", self.page.count, 0..=i64::from(u32::MAX))
    }
}

/// A person whom a device holds. How `MjCardNo` is written depends on the device's door condition (QUIRKS A2).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeldPerson {
    /// The person, with `LibID`.
    pub person: PersonInfo,
}

/// Where `SearchPerson` puts the photo.
const PICTURE_PLACE: Place = Place::InfoBut(&["picinfo"]);
/// What it is called in a list (QUIRKS A5).
const LISTED_PICTURE: &str = "Picinfo";

/// The answer to [`SearchPerson`]: nobody is told by a failure (QUIRKS A76).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FoundPerson(pub Option<HeldPerson>);

impl Answer for FoundPerson {
    fn read(body: Body) -> Result<Self, LenientError> {
        let person = PersonInfo::salvage(&body.flat(PICTURE_PLACE))?;
        Ok(Self(
            (person != PersonInfo::default()).then_some(HeldPerson { person }),
        ))
    }

    fn body(&self, device: &DeviceId) -> Body {
        match &self.0 {
            Some(held) => {
                let mut body = Body::placed("", held.person.told(), PICTURE_PLACE);
                body.put_device_id(device, false);
                body
            }
            None => failure("", None, "Person not found"),
        }
    }

    fn nothing() -> Option<Self> {
        Some(Self(None))
    }
}

/// The number of the device, which each entry of a list repeats.
fn written_id(device: &DeviceId) -> Value {
    serde_json::to_value(device).unwrap_or_default()
}

/// The answer to [`SearchPersonList`]; nobody past the end (QUIRKS A76).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeldPeople(pub Vec<HeldPerson>);

impl Answer for HeldPeople {
    fn read(body: Body) -> Result<Self, LenientError> {
        let list = body.get("List").and_then(Value::as_array);
        let people = list.into_iter().flatten().enumerate().map(|(at, item)| {
            let person = PersonInfo::salvage(item).map_err(|error| LenientError {
                path: format!("List[{at}].{}", error.path),
                problem: error.problem,
            })?;
            Ok(HeldPerson { person })
        });
        Ok(Self(people.collect::<Result<_, LenientError>>()?))
    }

    fn body(&self, device: &DeviceId) -> Body {
        let people = self.0.iter().map(|held| {
            let mut fields = held.person.told();
            fields.insert("DeviceID".to_owned(), written_id(device));
            if let Some(picture) = fields.remove("picinfo") {
                fields.insert(LISTED_PICTURE.to_owned(), picture);
            }
            Value::Object(fields)
        });
        let fields = Map::from_iter([
            ("Listnum".to_owned(), self.0.len().into()),
            ("List".to_owned(), Value::Array(people.collect())),
        ]);
        let mut body = Body::placed("", fields, Place::INFO);
        body.put_device_id(device, false);
        body
    }

    fn nothing() -> Option<Self> {
        Some(Self::default())
    }
}

operations! {
    GetDatabaseVer: "GetDatabaseVer" "3.10.4" Place::INFO => DatabaseVersion;
    SearchPerson: "SearchPerson" "3.19.1" Place::INFO => FoundPerson, checked;
}

answers! {
    DatabaseVersion: Place::INFO;
    PersonCount: Place::INFO, device;
}
