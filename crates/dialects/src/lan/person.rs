//! 3.6 to 3.9: people.

use super::control::{bare, instant, picture};
use super::operation::{Operation, operation};
use crate::epoch::Epoch;
use crate::fields::FieldError;
use crate::http::Method;
use crate::lenient::{self, Base64Text, LenientError};
use crate::limits::{at_most, filled, within};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Bytes of a person's id that a terminal keeps; the document names none.
pub const PERSON_ID_BYTES: usize = 64;
/// Bytes of a name; the document names none.
pub const NAME_BYTES: usize = 256;
/// Bytes of a card or identity number; the document names none.
pub const NUMBER_BYTES: usize = 64;
/// `passCount` of somebody who passes without a limit; one less is the largest limit (3.6).
pub const UNLIMITED_PASSES: i64 = 10_000;
/// `startTs` and `endTs` of somebody without them (3.6).
pub const NO_TIME: Epoch = Epoch::from_second(-1);
/// A photo is fitted into so many pixels (3.6).
pub const PHOTO_PIXELS: (u32, u32) = (640, 480);

/// `setPerson` (3.6): adds or replaces (QUIRKS L16). Also what `getPerson` and `listPerson` give back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SetPerson {
    /// The id.
    pub id: String,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A card's number, which also goes out over Wiegand; as given (QUIRKS L21).
    #[serde(rename = "IC_NO", default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// The identity number.
    #[serde(rename = "ID_NO", default, skip_serializing_if = "Option::is_none")]
    pub id_number: Option<String>,
    /// The photo, fitted into 640 × 480 pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<Base64Text>,
    /// How many passes in all, 0 to 9999; 10000 and none are without a limit.
    #[serde(rename = "passCount", default, skip_serializing_if = "Option::is_none")]
    pub pass_count: Option<i64>,
    /// Passes from here on; −1, 0 and none are without a beginning (QUIRKS L5).
    #[serde(rename = "startTs", default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Epoch>,
    /// Passes until here; −1, 0 and none are without an end.
    #[serde(rename = "endTs", default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Epoch>,
}

impl SetPerson {
    fn check_limits(&self) -> Result<(), FieldError> {
        filled("id", &self.id, PERSON_ID_BYTES)?;
        at_most("name", self.name.as_deref().unwrap_or_default(), NAME_BYTES)?;
        at_most("IC_NO", self.card.as_deref().unwrap_or_default(), NUMBER_BYTES)?;
        at_most(
            "ID_NO",
            self.id_number.as_deref().unwrap_or_default(),
            NUMBER_BYTES,
        )?;
        self.photo
            .as_ref()
            .filter(|photo| !photo.is_blank())
            .map_or(Ok(()), picture)?;
        let count = self.pass_count.unwrap_or(UNLIMITED_PASSES);
        within("passCount", count, 0..=UNLIMITED_PASSES)?;
        bound("startTs", self.start)?;
        bound("endTs", self.end)
    }
}

/// A time, or −1 to 0 for none.
fn bound(field: &str, at: Option<Epoch>) -> Result<(), FieldError> {
    match at {
        Some(at) if at < NO_TIME => Err(FieldError::new(field, "-1, or a time from 1970 on", at)),
        Some(at) if at.as_millisecond() > 0 => instant(field, at),
        _ => Ok(()),
    }
}

operation!(SetPerson: "setPerson", "3.6", [Post], ["id"] -> ());

/// `getPerson` (3.7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetPerson {
    /// The id.
    pub id: String,
}

impl GetPerson {
    fn check_limits(&self) -> Result<(), FieldError> {
        filled("id", &self.id, PERSON_ID_BYTES)
    }
}

operation!(GetPerson: "getPerson", "3.7", [Get], ["id"] -> SetPerson);

bare! {
    /// `listPerson` (3.8): everybody, without photos. Some devices divide the times once too often there: trust
    /// [`GetPerson`].
    ListPerson = "listPerson", "3.8", [Get] -> People;
}

/// What `listPerson` gives back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct People {
    /// Everybody.
    #[serde(rename = "person", default)]
    pub people: Vec<SetPerson>,
}

/// `removePerson` (3.9). An empty list deletes everybody, so none is made but by [`RemovePerson::everyone`]
/// (QUIRKS L2, X11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovePerson(Vec<String>);

impl RemovePerson {
    /// These people; `None` for nobody, which is no call.
    #[must_use]
    pub fn of(ids: impl IntoIterator<Item = impl Into<String>>) -> Option<Self> {
        let ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        (!ids.is_empty()).then_some(Self(ids))
    }

    /// Everybody.
    #[must_use]
    pub fn everyone() -> Self {
        Self(Vec::new())
    }

    /// Who; `None` is everybody.
    #[must_use]
    pub fn ids(&self) -> Option<&[String]> {
        (!self.0.is_empty()).then_some(self.0.as_slice())
    }
}

impl Operation for RemovePerson {
    const NAME: &'static str = "removePerson";
    const SECTION: &'static str = "3.9";
    const METHODS: &'static [Method] = &[Method::Post];
    const REQUIRED: &'static [&'static str] = &["id"];
    type Answer = ();

    /// A list, the text of one (`["1","2"]` or `[1,2]`), or a single id.
    fn read(parameters: &Value) -> Result<Self, LenientError> {
        #[derive(Deserialize)]
        struct Given {
            id: Value,
        }
        let given: Given = lenient::read(parameters)?;
        let ids = match &given.id {
            Value::String(text) => in_text(text.trim()),
            Value::Array(items) => texts(items),
            single => texts(std::slice::from_ref(single)),
        };
        ids.map(Self).ok_or_else(|| LenientError {
            path: "id".to_owned(),
            problem: "an id, or a list of ids, is expected".to_owned(),
        })
    }

    fn parameters(&self) -> Map<String, Value> {
        let id = match self.0.as_slice() {
            // What begins like a list has to be in one.
            [single] if !single.trim_start().starts_with('[') && single.trim() == single => json!(single),
            ids => json!(ids),
        };
        Map::from_iter([("id".to_owned(), id)])
    }

    fn check(&self) -> Result<(), FieldError> {
        self.0.iter().try_for_each(|id| filled("id", id, PERSON_ID_BYTES))
    }
}

fn texts(items: &[Value]) -> Option<Vec<String>> {
    let text = |item: &Value| {
        let text = lenient::read::<String>(item).ok()?;
        (!text.trim().is_empty()).then_some(text)
    };
    items.iter().map(text).collect()
}

/// Ids in a text. Nothing at all is no list: it must not delete everybody.
fn in_text(text: &str) -> Option<Vec<String>> {
    let Some(rest) = text.strip_prefix('[') else {
        return (!text.is_empty()).then(|| vec![text.to_owned()]);
    };
    if let Ok(items) = serde_json::from_str::<Vec<Value>>(text) {
        return texts(&items);
    }
    let inner = rest.strip_suffix(']')?;
    let ids = inner.split(',').map(|id| {
        let id = id.trim().trim_matches(['"', '\'']).trim();
        (!id.is_empty()).then(|| id.to_owned())
    });
    ids.collect()
}
