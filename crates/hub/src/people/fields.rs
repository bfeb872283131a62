//! Reading an object's fields one by one, so that every bad one is named and not just the first.

use super::limits::{LINE_CHARACTERS, TEXT_CHARACTERS};
use crate::api::problem::{FieldError, Problem};
use jiff::{Timestamp, civil::Date};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads values and collects what is wrong with them. A value that is wrong reads as absent.
#[derive(Debug, Default)]
pub struct Fields {
    errors: Vec<FieldError>,
}

impl Fields {
    /// Notes a fault.
    pub fn fault(&mut self, path: &str, code: &str, message: impl Into<String>) {
        self.errors.push(FieldError::new(path, code, message));
    }

    /// The value, unless anything was wrong.
    ///
    /// # Errors
    /// 422 with every fault.
    pub fn finish<T>(self, value: T) -> Result<T, Problem> {
        if self.errors.is_empty() {
            Ok(value)
        } else {
            Err(Problem::invalid(self.errors))
        }
    }

    /// A text of at most `most` characters, without control characters; null and blank are `None`.
    pub fn text(&mut self, path: &str, value: Value, most: usize, lines: bool) -> Option<String> {
        let text = match value {
            Value::Null => return None,
            Value::String(text) => text,
            _ => {
                self.fault(path, "invalid", "this is a text");
                return None;
            }
        };
        let text = text.trim();
        let odd = |c: char| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'));
        if text.chars().any(odd) {
            self.fault(path, "invalid", "control characters have no place here");
            return None;
        }
        let length = text.chars().count();
        if length > most {
            self.fault(
                path,
                "too_long",
                format!("at most {most} characters, these are {length}"),
            );
            return None;
        }
        (length > 0).then(|| text.to_owned())
    }

    /// A line of text.
    pub fn line(&mut self, path: &str, value: Value) -> Option<String> {
        self.text(path, value, LINE_CHARACTERS, false)
    }

    /// A text of several lines.
    pub fn lines(&mut self, path: &str, value: Value) -> Option<String> {
        self.text(path, value, TEXT_CHARACTERS, true)
    }

    /// A text that must be there.
    pub fn required(&mut self, path: &str, value: Value, most: usize) -> Option<String> {
        let before = self.errors.len();
        let text = self.text(path, value, most, false);
        if text.is_none() && self.errors.len() == before {
            self.fault(path, "required", "this cannot be empty");
        }
        text
    }

    /// One word of a closed set; null is `None`.
    pub fn word<T: DeserializeOwned>(&mut self, path: &str, value: Value, words: &str) -> Option<T> {
        if value.is_null() {
            return None;
        }
        let read = serde_json::from_value(value).ok();
        if read.is_none() {
            self.fault(path, "invalid", format!("one of {words}"));
        }
        read
    }

    /// An instant, RFC 3339; null is `None`. Kept to the millisecond.
    pub fn instant(&mut self, path: &str, value: Value) -> Option<Timestamp> {
        if value.is_null() {
            return None;
        }
        let read = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        if read.is_none() {
            self.fault(path, "invalid", "an instant as in 2030-01-31T08:00:00Z");
        }
        read.map(|instant| Timestamp::from_millisecond(instant.as_millisecond()).unwrap_or(instant))
    }

    /// A day; null is `None`.
    pub fn date(&mut self, path: &str, value: Value) -> Option<Date> {
        if value.is_null() {
            return None;
        }
        let read = value.as_str().and_then(|text| text.parse::<Date>().ok());
        if read.is_none() {
            self.fault(path, "invalid", "a day as in 1990-01-31");
        }
        read
    }

    /// A whole number from `least` on; null is `None`.
    pub fn count(&mut self, path: &str, value: Value, least: u32) -> Option<u32> {
        if value.is_null() {
            return None;
        }
        let read = value
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .filter(|n| *n >= least);
        if read.is_none() {
            self.fault(path, "invalid", format!("a whole number, {least} or more"));
        }
        read
    }

    /// A list; null is an empty one.
    pub fn list(&mut self, path: &str, value: Value, most: usize) -> Vec<Value> {
        match value {
            Value::Null => Vec::new(),
            Value::Array(items) if items.len() <= most => items,
            Value::Array(_) => {
                self.fault(path, "too_long", format!("at most {most} items"));
                Vec::new()
            }
            _ => {
                self.fault(path, "invalid", "this is a list");
                Vec::new()
            }
        }
    }

    /// A validity must begin before it ends.
    pub fn validity(&mut self, from: Option<Timestamp>, until: Option<Timestamp>) {
        if let (Some(from), Some(until)) = (from, until)
            && from >= until
        {
            self.fault("valid_until", "invalid", "the validity ends after it begins");
        }
    }

    /// A field that does not exist.
    pub fn unknown(&mut self, path: &str) {
        self.fault(path, "unknown_field", "there is no such field");
    }
}
