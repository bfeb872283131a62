//! 3.10.2, 3.10.6: many people at once, each with a result of their own.

use super::{EDIT_PERSONS_NEW, PersonInfo, PersonRef};
use crate::facegate::body::{Body, DeviceId, find};
use crate::facegate::code::{BatchCode, BatchPersonCode, SUCCESS};
use crate::facegate::operation::{Answer, Operation, named};
use crate::fields::FieldError;
use crate::lenient::{self, LenientError};
use serde_json::{Map, Value};

/// People of one `AddPersons` whose photos are in the message; devices refuse more.
pub const PEOPLE_WITH_PICTURES: usize = 32;
/// People of one `AddPersons` whose photos are fetched; devices refuse more.
pub const PEOPLE_BY_ADDRESS: usize = 1000;
/// People of one `EditPersonsNew` (3.10.6).
pub const PEOPLE: usize = 500;

/// `Personinfo_0`, `Personinfo_1` …
const NUMBERED: &str = "Personinfo_";

/// `AddPersons` (3.10.2): new people. There is no `info` (QUIRKS A34).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AddPersons {
    /// How many they are said to be.
    pub total: i64,
    /// The people.
    pub people: Vec<PersonInfo>,
}

impl AddPersons {
    /// Adds these people.
    #[must_use]
    pub fn new(people: Vec<PersonInfo>) -> Self {
        Self {
            total: i64::try_from(people.len()).unwrap_or(i64::MAX),
            people,
        }
    }
}

impl Operation for AddPersons {
    type Answer = PersonResults;

    fn operator(&self) -> &'static str {
        "AddPersons"
    }

    fn section(&self) -> &'static str {
        "3.10.2"
    }

    fn device_beside(&self) -> bool {
        true
    }

    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
        named(operator, &["AddPersons"]).then(|| {
            let total = body.get("Total").map(lenient::read).transpose()?;
            let people = people(body)?;
            Ok(match total {
                Some(total) => Self { total, people },
                None => Self::new(people),
            })
        })
    }

    fn body(&self) -> Body {
        let mut beside = Map::from_iter([("Total".to_owned(), self.people.len().into())]);
        for (at, person) in self.people.iter().enumerate() {
            beside.insert(format!("{NUMBERED}{at}"), Value::Object(person.fields()));
        }
        Body {
            operator: self.operator().to_owned(),
            beside,
            info: None,
        }
    }

    /// The limits of the call; each person's own are theirs ([`PersonInfo::check`]).
    fn check(&self) -> Result<(), FieldError> {
        let with_pictures = self.people.iter().any(|person| person.picture.is_some());
        let most = if with_pictures {
            PEOPLE_WITH_PICTURES
        } else {
            PEOPLE_BY_ADDRESS
        };
        if self.people.is_empty() || self.people.len() > most {
            let limit = format!("1 to {most} people");
            return Err(FieldError::new("Total", limit, self.people.len()));
        }
        if i64::try_from(self.people.len()) == Ok(self.total) {
            return Ok(());
        }
        Err(FieldError::new("Total", "the number of people", self.total))
    }
}

/// `EditPersonsNew` (3.10.6): adds or changes people, photos by address. What is not sent becomes the default
/// (QUIRKS A36): people go whole.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EditPersonsNew {
    /// 0 `CustomizeID`, 2 `PersonUUID`: which id says who it is.
    pub id_type: Option<i64>,
    /// How many they are said to be.
    pub total: Option<i64>,
    /// The people; `None` where there is no `info`.
    pub people: Option<Vec<PersonInfo>>,
}

impl EditPersonsNew {
    /// Adds or changes these people, told apart by `PersonUUID`.
    #[must_use]
    pub fn by_uuid(people: Vec<PersonInfo>) -> Self {
        Self {
            id_type: Some(2),
            total: i64::try_from(people.len()).ok(),
            people: Some(people),
        }
    }

    /// Whether the call as a whole can be carried out.
    ///
    /// # Errors
    /// The document's code.
    pub fn check_call(&self) -> Result<(), BatchCode> {
        let people = self.people.as_ref().ok_or(BatchCode::Parameter)?;
        let total = self.total.ok_or(BatchCode::NoTotal)?;
        match usize::try_from(total) {
            Ok(1..=PEOPLE) => {}
            _ => return Err(BatchCode::TotalRange),
        }
        if i64::try_from(people.len()) != Ok(total) {
            return Err(BatchCode::TotalMismatch);
        }
        match self.id_type.ok_or(BatchCode::NoIdType)? {
            0 | 2 => Ok(()),
            _ => Err(BatchCode::IdType),
        }
    }

    /// Who a person of this call is.
    ///
    /// # Errors
    /// The document's code where the id is missing.
    pub fn target(&self, person: &PersonInfo) -> Result<PersonRef, BatchPersonCode> {
        let id_type = self.id_type.unwrap_or_default();
        PersonRef::of(id_type, person).ok_or(if id_type == 0 {
            BatchPersonCode::NoCustomizeId
        } else {
            BatchPersonCode::NoUuid
        })
    }

    /// Whether a person of this call is within the document's limits.
    ///
    /// # Errors
    /// The document's code.
    pub fn check_person(&self, person: &PersonInfo) -> Result<(), BatchPersonCode> {
        self.target(person)?;
        person
            .check()
            .map_err(|error| BatchPersonCode::of_limit(&error))?;
        if person.has_picture() {
            Ok(())
        } else {
            Err(BatchPersonCode::NoPicture)
        }
    }
}

impl Operation for EditPersonsNew {
    type Answer = PersonResults;

    fn operator(&self) -> &'static str {
        EDIT_PERSONS_NEW
    }

    fn section(&self) -> &'static str {
        "3.10.6"
    }

    fn device_beside(&self) -> bool {
        true
    }

    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
        named(operator, &[EDIT_PERSONS_NEW]).then(|| {
            let number = |key: &str| body.get(key).map(lenient::read).transpose();
            Ok(Self {
                id_type: number("IdType")?,
                total: number("Total")?,
                people: body.info.is_some().then(|| people(body)).transpose()?,
            })
        })
    }

    fn body(&self) -> Body {
        let people = self.people.iter().flatten();
        let mut beside = Map::new();
        for (key, value) in [("IdType", self.id_type), ("Total", self.total)] {
            beside.extend(value.map(|value| (key.to_owned(), value.into())));
        }
        Body {
            operator: self.operator().to_owned(),
            beside,
            info: Some(Value::Array(
                people.map(|person| Value::Object(person.fields())).collect(),
            )),
        }
    }

    fn check(&self) -> Result<(), FieldError> {
        self.check_call().map_err(|code| {
            let field = match code {
                BatchCode::NoTotal | BatchCode::TotalRange | BatchCode::TotalMismatch => "Total",
                BatchCode::NoIdType | BatchCode::IdType => "IdType",
                _ => "info",
            };
            FieldError::new(field, code.text(), code.number())
        })
    }
}

/// The people of a message: `info` as an array, an array somewhere in it, or numbered members anywhere.
fn people(body: &Body) -> Result<Vec<PersonInfo>, LenientError> {
    let info = match &body.info {
        Some(Value::Array(items)) => return listed(items),
        Some(Value::Object(info)) => Some(info),
        _ => None,
    };
    let array = ["info", "List"]
        .iter()
        .find_map(|key| find(info?, key)?.as_array());
    if let Some(items) = array {
        return listed(items);
    }
    let members = body.beside.iter().chain(info.into_iter().flatten());
    let mut numbered: Vec<(u32, &Value)> = members
        .filter_map(|(key, value)| {
            let key = key.trim();
            let prefix = key.get(..NUMBERED.len())?;
            let number = key.get(NUMBERED.len()..)?.parse().ok()?;
            prefix.eq_ignore_ascii_case(NUMBERED).then_some((number, value))
        })
        .collect();
    numbered.sort_by_key(|(number, _)| *number);
    numbered
        .into_iter()
        .map(|(number, value)| {
            PersonInfo::read(value).map_err(|error| LenientError {
                path: format!("{NUMBERED}{number}.{}", error.path),
                problem: error.problem,
            })
        })
        .collect()
}

fn listed(items: &[Value]) -> Result<Vec<PersonInfo>, LenientError> {
    let read = |(at, item): (usize, &Value)| {
        PersonInfo::read(item).map_err(|error| LenientError {
            path: format!("info[{at}].{}", error.path),
            problem: error.problem,
        })
    };
    items.iter().enumerate().map(read).collect()
}

/// What became of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonResult {
    /// The platform's number.
    pub customize_id: Option<i64>,
    /// The platform's text.
    pub uuid: Option<String>,
    /// 200, or the code: of C.10.6.2 for `EditPersonsNew`, of C.10.1.1 for `AddPersons`.
    pub code: i64,
}

impl PersonResult {
    /// The result of a person.
    #[must_use]
    pub fn of(person: &PersonInfo, code: i64) -> Self {
        Self {
            customize_id: person.customize_id,
            uuid: person.uuid.clone(),
            code,
        }
    }

    /// Whether all is well.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        matches!(self.code, 0 | SUCCESS)
    }
}

/// The results of a batch, in the order of its people. The document shows none (its pictures are lost): an array in
/// `info` of the id with `errcode` is ours, and whatever else comes must not fail (QUIRKS A36, A67).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonResults(pub Vec<PersonResult>);

impl PersonResults {
    /// The code of the person at this place of the request; 200 where the answer does not say.
    #[must_use]
    pub fn code(&self, at: usize, person: &PersonInfo) -> i64 {
        let same = |result: &&PersonResult| {
            let by_uuid = result.uuid.is_some() && result.uuid == person.uuid;
            let by_number = result.customize_id.is_some() && result.customize_id == person.customize_id;
            by_uuid || by_number
        };
        let nameless = |result: &&PersonResult| result.uuid.is_none() && result.customize_id.is_none();
        let found = self
            .0
            .iter()
            .find(same)
            .or_else(|| self.0.get(at).filter(nameless));
        found.map_or(SUCCESS, |result| result.code)
    }
}

impl Answer for PersonResults {
    fn read(body: Body) -> Result<Self, LenientError> {
        let array = match &body.info {
            Some(Value::Array(items)) => Some(items),
            Some(Value::Object(info)) => info.values().find_map(Value::as_array),
            _ => None,
        };
        let array = array.or_else(|| body.beside.values().find_map(Value::as_array));
        let results = array.into_iter().flatten().filter_map(|item| {
            let item = item.as_object()?;
            let text = |key: &str| lenient::read::<String>(find(item, key)?).ok();
            Some(PersonResult {
                customize_id: text("CustomizeID").and_then(|text| text.trim().parse().ok()),
                uuid: text("PersonUUID")
                    .map(|text| text.trim().to_owned())
                    .filter(|text| !text.is_empty()),
                code: ["errcode", "code"]
                    .iter()
                    .find_map(|key| lenient::read(find(item, key)?).ok())
                    .unwrap_or(SUCCESS),
            })
        });
        Ok(Self(results.collect()))
    }

    fn body(&self, _: &DeviceId) -> Body {
        let results = self.0.iter().map(|result| {
            let mut fields = Map::from_iter([("errcode".to_owned(), result.code.into())]);
            if let Some(id) = result.customize_id {
                fields.insert("CustomizeID".to_owned(), id.into());
            }
            if let Some(uuid) = &result.uuid {
                fields.insert("PersonUUID".to_owned(), uuid.as_str().into());
            }
            Value::Object(fields)
        });
        Body {
            operator: String::new(),
            beside: Map::from_iter([("code".to_owned(), SUCCESS.into())]),
            info: Some(Value::Array(results.collect())),
        }
    }
}
