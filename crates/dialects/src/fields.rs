//! Tables of fields: the settings of a dialect, each with its wire name, type and range, so that a change is checked,
//! read leniently and written exactly in one place for both sides.

mod kind;

pub use kind::Kind;

use serde_json::{Map, Value};
use std::fmt;

/// A field whose value is outside the document's limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {limit}, got {got}")]
pub struct FieldError {
    /// The wire name, with its place (`faces[0].faceId`).
    pub field: String,
    /// What the document allows.
    pub limit: String,
    /// What came, shortened.
    pub got: String,
}

impl FieldError {
    /// A field error; `got` is shortened so that it fits a log line.
    #[must_use]
    pub fn new(field: impl Into<String>, limit: impl Into<String>, got: impl fmt::Display) -> Self {
        const SHOWN: usize = 64;
        let got = crate::text::cut(&got.to_string(), SHOWN).to_owned();
        Self {
            field: field.into(),
            limit: limit.into(),
            got,
        }
    }
}

/// How scalars are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Numbers and booleans as such.
    Json,
    /// Everything as text.
    Text,
}

/// A field of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// The wire name.
    pub name: &'static str,
    /// Other spellings that the document prints.
    pub aliases: &'static [&'static str],
    /// What it may hold.
    pub kind: Kind,
    /// Whether a platform may set it.
    pub writable: bool,
    /// Whether logs must not show it.
    pub secret: bool,
    /// Whether a change must have it.
    pub required: bool,
    /// Whether a number is written as text.
    pub as_text: bool,
}

impl Field {
    /// A field that a platform may set.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            aliases: &[],
            kind,
            writable: true,
            secret: false,
            required: false,
            as_text: false,
        }
    }

    /// The same, known by other spellings, too.
    #[must_use]
    pub const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// The same, told by the device alone.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.writable = false;
        self
    }

    /// The same, never shown in logs.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// The same, without which a change is not one.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same, its number written as text.
    #[must_use]
    pub const fn as_text(mut self) -> Self {
        self.as_text = true;
        self
    }

    fn answers_to(&self, key: &str) -> bool {
        let key = key.trim();
        self.name.eq_ignore_ascii_case(key)
            || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(key))
    }

    /// The value as it is to be written.
    ///
    /// # Errors
    /// [`FieldError`] naming the field and its range; a secret is not repeated there.
    pub fn exact(&self, value: &Value, spelling: Spelling) -> Result<Value, FieldError> {
        let wrong = || {
            let got = if self.secret {
                "another".to_owned()
            } else {
                shown(value)
            };
            FieldError::new(self.name, self.kind.to_string(), got)
        };
        let exact = self.kind.exact(value).ok_or_else(wrong)?;
        let spelling = if self.as_text { Spelling::Text } else { spelling };
        Ok(match (spelling, exact) {
            (Spelling::Text, Value::Number(number)) => Value::String(number.to_string()),
            (Spelling::Text, Value::Bool(flag)) => Value::String(u8::from(flag).to_string()),
            (_, exact) => exact,
        })
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The field of a table that goes by this key, in any of its spellings, whatever the case.
#[must_use]
pub fn find<'a>(table: &'a [Field], key: &str) -> Option<&'a Field> {
    table
        .iter()
        .find(|field| field.name == key.trim())
        .or_else(|| table.iter().find(|field| field.answers_to(key)))
}

/// A change of some fields as it is to be written: exact names, exact values. Keys that the table does not have are
/// left out; [`unknown`] tells them.
///
/// # Errors
/// The first field that is read-only or outside its range.
pub fn change(
    table: &[Field],
    changes: &Map<String, Value>,
    spelling: Spelling,
) -> Result<Map<String, Value>, FieldError> {
    let mut exact = Map::new();
    for (key, value) in changes {
        let Some(field) = find(table, key) else { continue };
        if !field.writable {
            return Err(FieldError::new(field.name, "read-only", "a change"));
        }
        exact.insert(field.name.to_owned(), field.exact(value, spelling)?);
    }
    Ok(exact)
}

/// The first key of a change that a table does not have.
#[must_use]
pub fn unknown<'a>(table: &[Field], changes: &'a Map<String, Value>) -> Option<&'a str> {
    changes
        .keys()
        .find(|key| find(table, key).is_none())
        .map(String::as_str)
}

/// The first field that a change must have and has not.
#[must_use]
pub fn missing<'a>(table: &'a [Field], changes: &Map<String, Value>) -> Option<&'a Field> {
    table
        .iter()
        .filter(|field| field.required)
        .find(|field| !changes.contains_key(field.name))
}

/// What a device says, with the table's names; what is out of range or unknown to the table stays as it came.
#[must_use]
pub fn reading(table: &[Field], values: &Map<String, Value>, spelling: Spelling) -> Map<String, Value> {
    let mut read = Map::new();
    for (key, value) in values {
        match find(table, key) {
            Some(field) => {
                let exact = field.exact(value, spelling);
                read.insert(field.name.to_owned(), exact.unwrap_or_else(|_| value.clone()));
            }
            None => {
                read.insert(key.trim().to_owned(), value.clone());
            }
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TABLE: &[Field] = &[
        Field::new("level", Kind::Integer(0, 15)),
        Field::new("out", Kind::Renumbered(&[1, 2, 3, 10], (4, 10))),
        Field::new("safetyhatDecect", Kind::Switch).or(&["safetyhatDelect"]),
        Field::new("time", Kind::TimeOfDay),
        Field::new("at", Kind::HourMinute),
        Field::new("volume", Kind::Stepped(5, 100, 5)),
        Field::new("far", Kind::Integer(30, 200)).as_text(),
        Field::new("list", Kind::List(&[Field::new("port", Kind::Integer(1, 9))], 2)),
        Field::new("prefixes", Kind::Texts(12, 3)),
        Field::new("secret", Kind::Text(4)).secret(),
        Field::new("version", Kind::Text(32)).read_only(),
    ];

    fn changed(changes: Value) -> Result<Value, String> {
        let Value::Object(changes) = changes else { panic!() };
        change(TABLE, &changes, Spelling::Json)
            .map(Value::Object)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn spellings_are_read_and_written_exactly() {
        assert_eq!(
            changed(
                json!({" Level ": "12", "safetyhatDelect": 1, "time": "3:2", "out": 4, "prefixes": "44", "what": 1})
            ),
            Ok(
                json!({"level": 12, "safetyhatDecect": true, "time": "03:02:00", "out": 10, "prefixes": ["44"]})
            )
        );
    }

    #[test]
    fn a_range_is_named_and_a_secret_is_not_repeated() {
        assert_eq!(
            changed(json!({"level": 16})),
            Err("level: a whole number, 0 to 15, got 16".to_owned())
        );
        assert_eq!(
            changed(json!({"secret": "abcde"})),
            Err("secret: a text of at most 4 bytes, got another".to_owned())
        );
        assert_eq!(
            changed(json!({"version": "2"})),
            Err("version: read-only, got a change".to_owned())
        );
        assert!(changed(json!({"time": "24:00:00"})).is_err());
        assert!(changed(json!({"prefixes": ["1", "2", "3", "4"]})).is_err());
    }

    #[test]
    fn steps_lists_and_numbers_that_are_texts() {
        assert_eq!(
            changed(json!({"at": "7:5", "volume": "15", "far": 30, "list": [{"port1": "2", "what": 1}]})),
            Ok(json!({"at": "07:05", "volume": 15, "far": "30", "list": [{"port": 2}]}))
        );
        for wrong in [
            json!({"volume": 12}),
            json!({"volume": 105}),
            json!({"far": 29}),
            json!({"list": [{}, {}, {}]}),
            json!({"list": [{"port": 10}]}),
            json!({"at": "24:00"}),
        ] {
            assert!(changed(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn texts_alone_where_a_dialect_has_nothing_else() {
        let Value::Object(changes) = json!({"level": 3, "safetyhatDecect": true}) else {
            panic!()
        };
        let written = change(TABLE, &changes, Spelling::Text).unwrap();
        assert_eq!(
            Value::Object(written),
            json!({"level": "3", "safetyhatDecect": "1"})
        );
    }
}
