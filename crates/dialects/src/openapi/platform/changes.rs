//! 9.1: the changes of the face library.

use super::answer::Answer;
use super::operation::PlatformOperation;
use super::{ID_CHARACTERS, NAME_CHARACTERS, SHORT_CHARACTERS};
use crate::fields::FieldError;
use crate::http::{Method, Parameters};
use crate::lenient::{self, LenientError};
use crate::limits::{characters, not_blank, within};
use crate::openapi::time::Seconds;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

/// Characters of a picture's address.
pub const URL_CHARACTERS: usize = 128;
/// The key that wraps the answer (QUIRKS O7).
const WRAPPER: &str = "serviceResponse";
/// The table's name for the picture's address; the example has another (QUIRKS O5).
const URL_OF_TABLE: &str = "imageUrl";
/// The example's name for it.
const URL_OF_EXAMPLE: &str = "userImageUrl";

/// A mark of how far a device has read: its platform's own, kept and sent back as it came (QUIRKS O13).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QueryTime(String);

impl QueryTime {
    /// From the beginning: everybody.
    #[must_use]
    pub fn beginning() -> Self {
        Self("0".to_owned())
    }

    /// A platform's mark.
    #[must_use]
    pub fn new(mark: i64) -> Self {
        Self(mark.to_string())
    }

    /// The text as it came.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// The number, for the platform that gave it; `None` for a mark that is none of its.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        self.0.trim().parse().ok()
    }
}

impl Default for QueryTime {
    fn default() -> Self {
        Self::beginning()
    }
}

impl Serialize for QueryTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.number().filter(|number| number.to_string() == self.0) {
            Some(number) => serializer.serialize_i64(number),
            None => serializer.serialize_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for QueryTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.trim().to_owned()))
    }
}

/// `syrecord`: what has changed since a mark?
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyRecord {
    /// The mark of the last answer; [`QueryTime::beginning`] at first.
    pub since: QueryTime,
}

impl PlatformOperation for SyRecord {
    const NAME: &'static str = "syrecord";
    const SECTION: &'static str = "9.1";
    const METHOD: Method = Method::Get;
    type Answer = FaceChanges;

    fn read(query: &Parameters, _: &Value) -> Result<Self, LenientError> {
        let since = query.text("lastQueryTime").filter(|text| !text.trim().is_empty());
        Ok(Self {
            since: since.map_or_else(QueryTime::beginning, |text| QueryTime(text.trim().to_owned())),
        })
    }

    fn query(&self) -> Vec<(&'static str, String)> {
        vec![("lastQueryTime", self.since.0.clone())]
    }

    fn body(&self) -> Option<Value> {
        None
    }
}

/// The answer to `syrecord`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct FaceChanges {
    /// The changes, in order.
    #[serde(deserialize_with = "lenient::salvaged_list")]
    pub list: Vec<FaceChange>,
    /// The mark to ask with next time.
    #[serde(rename = "lastQueryTime")]
    pub mark: QueryTime,
}

impl Answer for FaceChanges {
    fn read(body: &Value) -> Result<Self, LenientError> {
        #[derive(Deserialize)]
        struct Wrapped {
            #[serde(rename = "serviceResponse")]
            inner: Option<Value>,
        }
        let wrapped: Wrapped = lenient::read(body)?;
        let mut inner = wrapped.inner.unwrap_or_else(|| body.clone());
        if let Some(Value::Array(list)) = inner.get_mut("list") {
            list.iter_mut().for_each(with_one_address);
        }
        lenient::read(&inner)
    }

    fn written(&self) -> Value {
        let list: Vec<Value> = self.list.iter().map(FaceChange::written).collect();
        json!({ WRAPPER: { "list": list, "lastQueryTime": self.mark } })
    }
}

/// Platforms write the picture's address under both names: one of them goes, the blank one if any.
fn with_one_address(change: &mut Value) {
    let Value::Object(fields) = change else { return };
    let is = |key: &str, name: &str| key.trim().eq_ignore_ascii_case(name);
    let says = |name: &str| {
        let mut found = fields.iter().filter(|(key, _)| is(key, name));
        found.any(|(_, value)| value.as_str().is_some_and(|url| !url.trim().is_empty()))
    };
    let spare = if says(URL_OF_EXAMPLE) {
        URL_OF_TABLE
    } else {
        URL_OF_EXAMPLE
    };
    if fields.keys().any(|key| is(key, URL_OF_TABLE)) {
        fields.retain(|key, _| !is(key, spare));
    }
}

/// What becomes of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Added or replaced (QUIRKS O43).
    Save,
    /// Deleted; of somebody unknown that is done already.
    Delete,
    /// A word that the document does not have.
    Other(String),
}

impl Default for Change {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Save => "save",
            Self::Delete => "delete",
            Self::Other(word) => word,
        })
    }
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Blanks come with it (QUIRKS O12).
        let word = String::deserialize(deserializer)?;
        Ok(match word.trim() {
            word if word.eq_ignore_ascii_case("save") => Self::Save,
            word if word.eq_ignore_ascii_case("delete") => Self::Delete,
            word => Self::Other(word.to_owned()),
        })
    }
}

/// One change of the library.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FaceChange {
    /// What becomes of the person.
    #[serde(default)]
    pub operation: Change,
    /// What the person is, in the platform's words.
    #[serde(rename = "userType", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The id.
    #[serde(rename = "userId", default)]
    pub id: String,
    /// The name.
    #[serde(rename = "userName", default)]
    pub name: String,
    /// 1 male, 2 female, 3 other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<i64>,
    /// Free remark.
    #[serde(rename = "userRemark", default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Where the photo is fetched: http, a JPEG, at best of 300 to 500 pixels (QUIRKS O14).
    #[serde(rename = "userImageUrl", alias = "imageUrl", default)]
    pub image_url: String,
    /// When it was changed.
    #[serde(rename = "operateTime", default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Seconds>,
}

impl FaceChange {
    /// As it goes out: the picture's address under both names (QUIRKS O5).
    fn written(&self) -> Value {
        let mut fields = match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        fields.insert(URL_OF_TABLE.to_owned(), Value::String(self.image_url.clone()));
        Value::Object(fields)
    }

    /// Whether every field is within the document's limits.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), FieldError> {
        not_blank("userId", &self.id)?;
        characters("userId", &self.id, ID_CHARACTERS)?;
        characters("userName", &self.name, NAME_CHARACTERS)?;
        characters(
            "userType",
            self.kind.as_deref().unwrap_or_default(),
            SHORT_CHARACTERS,
        )?;
        characters(
            "userRemark",
            self.remark.as_deref().unwrap_or_default(),
            SHORT_CHARACTERS,
        )?;
        within("sex", self.sex.unwrap_or(1), 1..=3)?;
        match &self.operation {
            Change::Save => check_url(&self.image_url),
            Change::Delete => characters("userImageUrl", &self.image_url, URL_CHARACTERS),
            Change::Other(word) => Err(FieldError::new("operation", "save or delete", word)),
        }
    }
}

/// An address that a device can fetch: http, not too long.
pub(in crate::openapi) fn check_url(url: &str) -> Result<(), FieldError> {
    characters("userImageUrl", url, URL_CHARACTERS)?;
    let is_http = url
        .split_at_checked("http://".len())
        .is_some_and(|(scheme, rest)| scheme.eq_ignore_ascii_case("http://") && !rest.is_empty());
    if is_http && !url.contains(char::is_whitespace) {
        return Ok(());
    }
    Err(FieldError::new("userImageUrl", "http://host…", url))
}
