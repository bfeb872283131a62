//! A body taken apart (2.2.2): `operator`, what stands beside it, and `info`.
//!
//! The document puts some keys beside `info` and devices put others there, too (QUIRKS A3, A5, A10, A16, A56): a body is
//! read as one flat object, in which the documented place of a key wins, and written with each key in its place.

use super::json::{self, HexSpelling};
use crate::lenient::{self, BodyError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::fmt;

/// The key of the device's number.
const DEVICE_ID: &str = "DeviceID";

/// The number of a device: an integer by the document, also sent as a text (QUIRKS A10).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeviceId(String);

impl DeviceId {
    /// As text: the serial number of the device.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(value: &Value) -> Option<Self> {
        let text = lenient::read::<String>(value).ok()?.trim().to_owned();
        (!text.is_empty()).then_some(Self(text))
    }
}

impl From<i64> for DeviceId {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl From<&str> for DeviceId {
    fn from(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for DeviceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse::<i64>() {
            Ok(number) if number.to_string() == self.0 => serializer.serialize_i64(number),
            _ => serializer.serialize_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for DeviceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::from(text.as_str()))
    }
}

/// Where the keys of a message stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In `info`, but for these, which stand beside `operator`.
    InfoBut(&'static [&'static str]),
    /// All beside `operator`; there is no `info`.
    Beside,
}

impl Place {
    /// Everything in `info`.
    pub const INFO: Self = Self::InfoBut(&[]);

    fn is_beside(self, key: &str) -> bool {
        match self {
            Self::InfoBut(beside) => beside.iter().any(|name| name.eq_ignore_ascii_case(key)),
            Self::Beside => true,
        }
    }
}

/// A body taken apart. Keys are trimmed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Body {
    /// `operator`; empty where there is none.
    pub operator: String,
    /// What stands beside `operator` and `info`.
    pub beside: Map<String, Value>,
    /// What stands in `info`, an object everywhere but in `EditPersonsNew`; `None` where there is none.
    pub info: Option<Value>,
}

impl Body {
    /// An empty message with an `info`.
    #[must_use]
    pub fn new(operator: &str) -> Self {
        Self {
            operator: operator.to_owned(),
            beside: Map::new(),
            info: Some(Value::Object(Map::new())),
        }
    }

    /// A message of these fields, each in its place.
    #[must_use]
    pub fn placed(operator: &str, fields: Map<String, Value>, place: Place) -> Self {
        let (beside, info): (Map<_, _>, Map<_, _>) =
            fields.into_iter().partition(|(key, _)| place.is_beside(key));
        Self {
            operator: operator.to_owned(),
            beside,
            info: (place != Place::Beside).then_some(Value::Object(info)),
        }
    }

    /// Reads bytes. Nothing at all, or a text that is no object, has no fields; the document asks for none with most
    /// `Get…` operations (QUIRKS A74).
    ///
    /// # Errors
    /// [`BodyError::Json`] where bytes are neither JSON nor what the document takes for it, or no object.
    pub fn parse(bytes: &[u8]) -> Result<Self, BodyError> {
        let value = match json::read(bytes) {
            Ok(value) => value,
            Err(BodyError::Empty) => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        match value {
            Value::Object(fields) => Ok(Self::of(fields)),
            Value::Null => Ok(Self::default()),
            _ => Err(BodyError::Json("the body is not an object".to_owned())),
        }
    }

    pub(super) fn of(fields: Map<String, Value>) -> Self {
        let mut body = Self::default();
        for (key, value) in fields {
            match key.trim() {
                key if key.eq_ignore_ascii_case("operator") => {
                    body.operator = value.as_str().unwrap_or_default().trim().to_owned();
                }
                key if key.eq_ignore_ascii_case("info") => body.info = opened(value),
                key => {
                    body.beside.insert(key.to_owned(), value);
                }
            }
        }
        body
    }

    /// All fields in one object; of a key that stands in both places the documented one counts.
    #[must_use]
    pub fn flat(self, place: Place) -> Value {
        let mut flat = match self.info {
            Some(Value::Object(info)) => info,
            _ => Map::new(),
        };
        for (key, value) in self.beside {
            if place.is_beside(&key) {
                flat.retain(|other, _| !other.trim().eq_ignore_ascii_case(&key));
                flat.insert(key, value);
            } else if find(&flat, &key).is_none() {
                flat.insert(key, value);
            }
        }
        Value::Object(flat)
    }

    /// The value of a key beside `operator` or in `info`, its case aside.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let info = self.info.as_ref().and_then(Value::as_object);
        find(&self.beside, key).or_else(|| find(info?, key))
    }

    /// Takes out the number of the device, wherever it stands (QUIRKS A10).
    pub fn take_device_id(&mut self) -> Option<DeviceId> {
        let info = self.info.as_mut().and_then(Value::as_object_mut);
        let within = info.and_then(|info| take(info, DEVICE_ID));
        let beside = take(&mut self.beside, DEVICE_ID);
        within.or(beside).and_then(|value| DeviceId::read(&value))
    }

    /// Puts the number of the device where this message has it: in `info`, or beside it.
    pub fn put_device_id(&mut self, id: &DeviceId, beside: bool) {
        let value = serde_json::to_value(id).unwrap_or_default();
        match self.info.as_mut().and_then(Value::as_object_mut) {
            Some(info) if !beside => info.insert(DEVICE_ID.to_owned(), value),
            _ => self.beside.insert(DEVICE_ID.to_owned(), value),
        };
    }

    /// The whole message as a value; `operator` is left out where it is empty.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut fields = self.beside.clone();
        if !self.operator.is_empty() {
            fields.insert("operator".to_owned(), self.operator.as_str().into());
        }
        if let Some(info) = &self.info {
            fields.insert("info".to_owned(), info.clone());
        }
        Value::Object(fields)
    }

    /// The bytes, with hexadecimal card numbers as the document prints them.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_bytes_with(HexSpelling::Bare)
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes_with(&self, hex: HexSpelling) -> Vec<u8> {
        json::written(&self.to_value(), hex).into_bytes()
    }
}

/// `info` is an object; early versions of the document had it as a text.
fn opened(info: Value) -> Option<Value> {
    match info {
        Value::Null => None,
        Value::String(text) => json::read(text.as_bytes())
            .ok()
            .filter(|value| !value.is_string()),
        other => Some(other),
    }
}

/// The value of a key, blanks at its ends and its case aside; the exact spelling wins.
pub(super) fn find<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).or_else(|| {
        let found = fields
            .iter()
            .find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    })
}

fn take(fields: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let found = find(fields, name).cloned();
    fields.retain(|key, _| !key.trim().eq_ignore_ascii_case(name));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_documented_place_of_a_key_wins() {
        let bytes = br#"{"operator ":" AddPerson ","info":{"Name":"in","picinfo":"in"}," picinfo ":"out","name":"out"}"#;
        let body = Body::parse(bytes).unwrap();
        assert_eq!(body.operator, "AddPerson");
        assert_eq!(
            body.clone().flat(Place::InfoBut(&["picinfo"])),
            json!({"Name": "in", "picinfo": "out"})
        );
        assert_eq!(body.flat(Place::INFO), json!({"Name": "in", "picinfo": "in"}));
    }

    #[test]
    fn the_device_is_found_in_both_places() {
        for bytes in [
            &br#"{"info":{"DeviceID":"1300001"}}"#[..],
            br#"{"DeviceID ":1300001}"#,
            br#"{"info":{" deviceid":1300001},"DeviceID":7}"#,
        ] {
            let mut body = Body::parse(bytes).unwrap();
            assert_eq!(body.take_device_id(), Some(DeviceId::from(1_300_001)));
            assert_eq!(body.take_device_id(), None);
        }
        let mut body = Body::new("GetSound");
        body.put_device_id(&DeviceId::from("1300001"), false);
        assert_eq!(
            body.to_bytes(),
            br#"{"info":{"DeviceID":1300001},"operator":"GetSound"}"#
        );
    }

    #[test]
    fn nothing_is_a_message_without_fields() {
        for bytes in [&b""[..], b"{}", b" null ", b"\xEF\xBB\xBF{\"info\":\"{}\"}"] {
            assert_eq!(Body::parse(bytes).unwrap().flat(Place::INFO), json!({}));
        }
        assert!(Body::parse(b"[1]").is_err());
    }
}
