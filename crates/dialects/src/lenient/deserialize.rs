//! A serde deserializer over JSON values that forgives what the documents' examples and real devices get wrong.
//!
//! The wire types derive `Deserialize` as usual; the leniency lives here once, instead of in an attribute on every
//! field. It knows a struct's field names (aliases included) from serde and matches keys against them.

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, Visitor,
};
use serde_json::{Number, Value};
use std::fmt;

/// What was expected, what was found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LenientError {
    /// The place in the message, as `weekly.mon.mode` or `faces[0].image`; empty for the message itself.
    pub path: String,
    /// What is wrong there.
    pub problem: String,
}

impl fmt::Display for LenientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.problem)
        } else {
            write!(f, "{}: {}", self.path, self.problem)
        }
    }
}

impl std::error::Error for LenientError {}

impl de::Error for LenientError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            path: String::new(),
            problem: message.to_string(),
        }
    }

    /// Two spellings of one field: the place is known, so that [`salvage`] can do without one of them.
    fn duplicate_field(field: &'static str) -> Self {
        Self {
            path: field.to_owned(),
            problem: "is there twice, under two names".to_owned(),
        }
    }
}

impl LenientError {
    fn within(mut self, step: &str) -> Self {
        self.path = match self.path.chars().next() {
            None => step.to_owned(),
            Some('[') => format!("{step}{}", self.path),
            Some(_) => format!("{step}.{}", self.path),
        };
        self
    }
}

/// Reads a wire type out of a JSON value by the rules of this module.
///
/// # Errors
/// [`LenientError`] with the place and the problem.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<T, LenientError> {
    T::deserialize(Lenient(value))
}

/// Reads a wire type whose optional fields are not worth its message: one that cannot be read is taken for missing.
///
/// # Errors
/// [`LenientError`] where the value is no object or lacks what it needs.
pub fn salvage<T: DeserializeOwned>(value: &Value) -> Result<T, LenientError> {
    let mut error = match read(value) {
        Ok(whole) => return Ok(whole),
        Err(error) => error,
    };
    let mut rest = value.as_object().cloned().unwrap_or_default();
    loop {
        let spoiled = error.path.split(['.', '[']).next().unwrap_or_default();
        let fields = rest.len();
        rest.retain(|key, _| !key.trim().eq_ignore_ascii_case(spoiled));
        if rest.len() == fields {
            return Err(error);
        }
        error = match read(&Value::Object(rest.clone())) {
            Ok(whole) => return Ok(whole),
            Err(error) => error,
        };
    }
}

/// For `#[serde(deserialize_with)]` of a list whose items are read by [`salvage`].
///
/// # Errors
/// Those of the first item that cannot be read at all.
pub fn salvaged_list<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let items = <Vec<Value> as de::Deserialize>::deserialize(deserializer)?;
    let item = |(at, item): (usize, &Value)| {
        salvage(item).map_err(|error| D::Error::custom(error.within(&format!("[{at}]"))))
    };
    items.iter().enumerate().map(item).collect()
}

#[derive(Clone, Copy)]
struct Lenient<'a>(&'a Value);

impl<'a> Lenient<'a> {
    fn wrong(self, expected: &'static str) -> LenientError {
        let found = match self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(flag) => Unexpected::Bool(*flag),
            Value::Number(_) => Unexpected::Other("a number"),
            // The text itself may be secret or large; its length says enough.
            Value::String(_) => Unexpected::Other("a text"),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        LenientError::invalid_type(found, &expected)
    }

    /// The value as a number, where it is one in any spelling.
    fn number(self) -> Option<Number> {
        match self.0 {
            Value::Number(number) => Some(number.clone()),
            Value::Bool(flag) => Some(Number::from(u8::from(*flag))),
            Value::String(text) => {
                let text = text.trim().trim_start_matches('+');
                let integer = text.parse::<i64>().ok().map(Number::from);
                integer.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
            }
            _ => None,
        }
    }

    fn integer(self) -> Result<i64, LenientError> {
        let number = self.number().ok_or_else(|| self.wrong("a whole number"))?;
        number
            .as_i64()
            .or_else(|| number.as_f64().and_then(whole))
            .ok_or_else(|| self.wrong("a whole number"))
    }

    fn text(self) -> Result<String, LenientError> {
        match self.0 {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            _ => Err(self.wrong("a text")),
        }
    }

    fn boolean(self) -> Result<bool, LenientError> {
        match self.0 {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Ok(true),
            Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Ok(false),
            _ => match self.integer() {
                Ok(0) => Ok(false),
                Ok(1) => Ok(true),
                _ => Err(self.wrong("true or false")),
            },
        }
    }

    fn is_missing(self) -> bool {
        match self.0 {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

/// A float that is a whole number within ±2^53.
fn whole(float: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
    (float.fract() == 0.0 && float.abs() <= EXACT).then_some(float as i64)
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, LenientError> {
            visitor.visit_i64(self.integer()?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Lenient<'de> {
    type Error = LenientError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, LenientError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (_, _, Some(number)) => visitor.visit_f64(number),
                _ => Err(self.wrong("a number")),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(_) => self.deserialize_seq(visitor),
            Value::Object(_) => self.deserialize_map(visitor),
        }
    }

    integers! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
    deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, LenientError> {
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, LenientError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, LenientError> {
        let number = self
            .number()
            .and_then(|number| number.as_f64())
            .filter(|number| number.is_finite());
        visitor.visit_f64(number.ok_or_else(|| self.wrong("a number"))?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, LenientError> {
        match self.0 {
            Value::String(text) => visitor.visit_borrowed_str(text),
            _ => visitor.visit_string(self.text()?),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, LenientError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, LenientError> {
        if self.is_missing() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, LenientError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, LenientError> {
        visitor.visit_newtype_struct(self)
    }

    /// A list; a single value is a list of one, nothing is an empty one.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, LenientError> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items {
                items: items.iter(),
                at: 0,
            }),
            _ if self.is_missing() => visitor.visit_seq(Items {
                items: [].iter(),
                at: 0,
            }),
            single => visitor.visit_seq(Items {
                items: std::slice::from_ref(single).iter(),
                at: 0,
            }),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, LenientError> {
        match self.0 {
            Value::Object(fields) => {
                let entries = fields.iter().map(|(key, value)| (key.as_str(), value)).collect();
                visitor.visit_map(Fields { entries, value: None })
            }
            _ => Err(self.wrong("an object")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, LenientError> {
        match self.0 {
            Value::Object(fields) => visitor.visit_map(Fields {
                entries: matched(fields, known),
                value: None,
            }),
            _ => Err(self.wrong("an object")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, LenientError> {
        let text = self.text()?;
        let name = known.iter().find(|name| name.eq_ignore_ascii_case(text.trim()));
        visitor.visit_enum(name.copied().unwrap_or_default().into_deserializer())
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// The entries of an object under the field names that they mean; the exact spelling wins over others.
fn matched<'a>(
    fields: &'a serde_json::Map<String, Value>,
    known: &'static [&'static str],
) -> Vec<(&'a str, &'a Value)> {
    let mut entries: Vec<(&str, &Value)> = fields
        .iter()
        .filter(|(key, _)| known.contains(&key.as_str()))
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    for (key, value) in fields {
        if known.contains(&key.as_str()) {
            continue;
        }
        let trimmed = key.trim();
        let name = known
            .iter()
            .find(|name| **name == trimmed)
            .or_else(|| known.iter().find(|name| name.eq_ignore_ascii_case(trimmed)));
        if let Some(name) = name
            && !entries.iter().any(|(taken, _)| taken == name)
        {
            entries.push((name, value));
        }
    }
    entries
}

struct Items<'a> {
    items: std::slice::Iter<'a, Value>,
    at: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = LenientError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, LenientError> {
        let Some(item) = self.items.next() else {
            return Ok(None);
        };
        let at = self.at;
        self.at += 1;
        seed.deserialize(Lenient(item))
            .map(Some)
            .map_err(|error| error.within(&format!("[{at}]")))
    }
}

struct Fields<'a> {
    entries: Vec<(&'a str, &'a Value)>,
    value: Option<(&'a str, &'a Value)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = LenientError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, LenientError> {
        self.value = self.entries.pop();
        match self.value {
            Some((key, _)) => seed
                .deserialize(de::value::BorrowedStrDeserializer::new(key))
                .map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, LenientError> {
        let (key, value) = self
            .value
            .take()
            .ok_or_else(|| LenientError::custom("a value without a key"))?;
        seed.deserialize(Lenient(value))
            .map_err(|error| error.within(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        #[serde(rename = "personId")]
        id: String,
        #[serde(rename = "fullName", alias = "name")]
        name: Option<String>,
        count: Option<u32>,
        #[serde(default)]
        list: Vec<String>,
        open: Option<bool>,
        degrees: Option<f64>,
    }

    fn sample(value: Value) -> Sample {
        read(&value).unwrap()
    }

    #[test]
    fn keys_are_trimmed_and_case_is_ignored_but_the_exact_one_wins() {
        assert_eq!(sample(json!({"PERSONID ": 7, "NAME": "x"})).id, "7");
        assert_eq!(
            sample(json!({"personid": "a", "personId": "b", " personId": "c"})).id,
            "b"
        );
    }

    #[test]
    fn scalars_come_in_any_spelling() {
        let got =
            sample(json!({"personId": 1.5, "count": " 12 ", "open": "1", "degrees": "36.7", "list": "one"}));
        assert_eq!(
            (got.id.as_str(), got.count, got.open, got.degrees),
            ("1.5", Some(12), Some(true), Some(36.7))
        );
        assert_eq!(got.list, ["one"]);
        assert_eq!(
            sample(json!({"personId": "", "count": 3.0, "open": "TRUE"})).count,
            Some(3)
        );
    }

    #[test]
    fn blank_is_missing_and_unknown_is_ignored() {
        let got =
            sample(json!({"personId": "a", "count": " ", "name": "", "list": null, "more": {"a": [1]}}));
        assert_eq!((got.count, got.name, got.list.len()), (None, None, 0));
    }

    #[test]
    fn a_spoiled_field_does_not_lose_its_message() {
        let spoiled = json!({"personId": "a", "Count ": "many", "open": [1], "degrees": 36.5, "list": [[]]});
        let got: Sample = salvage(&spoiled).unwrap();
        assert_eq!((got.id.as_str(), got.count, got.open), ("a", None, None));
        assert_eq!((got.degrees, got.list.len()), (Some(36.5), 0));
        assert!(salvage::<Sample>(&json!({"personId": [], "count": 1})).is_err());
        assert!(salvage::<Sample>(&json!("a")).is_err());
    }

    #[test]
    fn an_error_says_where() {
        let error =
            read::<Vec<Sample>>(&json!([{"personId": "a"}, {"personId": "b", "count": "many"}])).unwrap_err();
        assert_eq!(error.path, "[1].count");
        assert!(error.problem.contains("whole number"), "{error}");
        assert!(read::<Sample>(&json!({"count": -1, "personId": "a"})).is_err());
        assert!(
            read::<Sample>(&json!({}))
                .unwrap_err()
                .problem
                .contains("personId")
        );
    }
}
