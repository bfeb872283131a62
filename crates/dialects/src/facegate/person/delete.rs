//! 3.11: people who go. The device deletes their control records with them, for good.

use super::UUID_BYTES;
use crate::facegate::body::{Body, Place};
use crate::facegate::operation::{Done, Operation, named, operations};
use crate::fields::FieldError;
use crate::lenient::{self, LenientError};
use crate::limits::{filled, within};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// People of one `DeletePerson` (3.11.1).
pub const PEOPLE: usize = 256;

/// Whom to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonIds {
    /// `IdType` 0: by the platform's numbers.
    CustomizeIds(Vec<i64>),
    /// `IdType` 1: by the device's numbers.
    LibIds(Vec<i64>),
    /// `IdType` 2: by the platform's texts.
    Uuids(Vec<String>),
}

impl PersonIds {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::CustomizeIds(ids) | Self::LibIds(ids) => ids.len(),
            Self::Uuids(ids) => ids.len(),
        }
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// `DeletePerson` (3.11.1): some people, with their control records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletePerson {
    /// Whom.
    pub ids: PersonIds,
}

/// The lists of a message; one id alone counts as a list.
#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "IdType")]
    id_type: Option<i64>,
    #[serde(rename = "LibID", default)]
    lib_ids: Vec<i64>,
    #[serde(rename = "CustomizeID", default)]
    customize_ids: Vec<i64>,
    #[serde(rename = "PersonUUID", default)]
    uuids: Vec<String>,
}

impl Operation for DeletePerson {
    type Answer = Done;

    fn operator(&self) -> &'static str {
        "DeletePerson"
    }

    fn section(&self) -> &'static str {
        "3.11.1"
    }

    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
        named(operator, &["DeletePerson"]).then(|| {
            let raw: Raw = lenient::read(&std::mem::take(body).flat(Place::INFO))?;
            let id_type = raw.id_type.unwrap_or(match () {
                () if !raw.uuids.is_empty() => 2,
                () if !raw.lib_ids.is_empty() => 1,
                () => 0,
            });
            let ids = match id_type {
                0 => PersonIds::CustomizeIds(raw.customize_ids),
                1 => PersonIds::LibIds(raw.lib_ids),
                2 => PersonIds::Uuids(raw.uuids),
                other => {
                    return Err(LenientError {
                        path: "IdType".to_owned(),
                        problem: format!("0 to 2, got {other}"),
                    });
                }
            };
            Ok(Self { ids })
        })
    }

    fn body(&self) -> Body {
        let (id_type, key, ids) = match &self.ids {
            PersonIds::CustomizeIds(ids) => (0, "CustomizeID", Value::from(ids.as_slice())),
            PersonIds::LibIds(ids) => (1, "LibID", Value::from(ids.as_slice())),
            PersonIds::Uuids(ids) => (2, "PersonUUID", Value::from(ids.as_slice())),
        };
        let fields = Map::from_iter([
            ("TotalNum".to_owned(), Value::from(self.ids.len())),
            ("IdType".to_owned(), id_type.into()),
            (key.to_owned(), ids),
        ]);
        Body::placed(self.operator(), fields, Place::INFO)
    }

    fn check(&self) -> Result<(), FieldError> {
        if self.ids.is_empty() || self.ids.len() > PEOPLE {
            let limit = format!("1 to {PEOPLE} people");
            return Err(FieldError::new("TotalNum", limit, self.ids.len()));
        }
        match &self.ids {
            PersonIds::CustomizeIds(ids) => ids
                .iter()
                .try_for_each(|id| within("CustomizeID", *id, 1..=i64::from(u32::MAX))),
            PersonIds::LibIds(ids) => ids
                .iter()
                .try_for_each(|id| within("LibID", *id, 1..=i64::from(u32::MAX))),
            PersonIds::Uuids(ids) => ids.iter().try_for_each(|id| filled("PersonUUID", id, UUID_BYTES)),
        }
    }
}

/// `DeleteAllPerson` (3.11.2): everybody, with all control records; then the device reboots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteAllPerson {
    /// `DeleteAllPersonCheck`, 1; also sent as an array (QUIRKS A37).
    #[serde(rename = "DeleteAllPersonCheck", deserialize_with = "one_or_many")]
    pub confirmed: i64,
}

impl DeleteAllPerson {
    /// Everybody.
    pub const CONFIRMED: Self = Self { confirmed: 1 };

    fn check_limits(&self) -> Result<(), FieldError> {
        within("DeleteAllPersonCheck", self.confirmed, 1..=1)
    }
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    use serde::de::Error as _;
    let value = Value::deserialize(deserializer)?;
    let first = match &value {
        Value::Array(items) => items.first().unwrap_or(&Value::Null),
        single => single,
    };
    lenient::read(first).map_err(D::Error::custom)
}

operations! {
    DeleteAllPerson: "DeleteAllPerson" "3.11.2" Place::INFO => Done, checked;
}
