//! What a field of a table may hold.

use super::{Field, Spelling, find};
use crate::lenient;
use serde_json::{Map, Value};
use std::fmt;

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A whole number from the first to the second.
    Integer(i64, i64),
    /// One of these whole numbers.
    OneOf(&'static [i64]),
    /// A whole number of [`Kind::OneOf`], or the first of a pair, which means the second.
    Renumbered(&'static [i64], (i64, i64)),
    /// A number with a fraction, from the first to the second.
    Decimal(f64, f64),
    /// A whole number from the first to the second, in steps of the third.
    Stepped(i64, i64, i64),
    /// True or false.
    Switch,
    /// 0 or 1, also given as true or false.
    Bit,
    /// A text of at most so many bytes.
    Text(usize),
    /// A text of at most so many characters.
    Characters(usize),
    /// A wall-clock time of day, `HH:MM:SS`.
    TimeOfDay,
    /// A wall-clock time of day, `HH:MM`.
    HourMinute,
    /// Texts of at most so many bytes each, at most so many of them.
    Texts(usize, usize),
    /// Objects of these fields, at most so many of them.
    List(&'static [Field], usize),
    /// Whatever the device says.
    Opaque,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(first, last) => write!(f, "a whole number, {first} to {last}"),
            Self::OneOf(numbers) | Self::Renumbered(numbers, _) => {
                let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
                write!(f, "one of {}", numbers.join(", "))
            }
            Self::Decimal(first, last) => write!(f, "a number, {first} to {last}"),
            Self::Stepped(first, last, step) => write!(f, "{first} to {last} in steps of {step}"),
            Self::Switch => f.write_str("true or false"),
            Self::Bit => f.write_str("0 or 1"),
            Self::Text(bytes) => write!(f, "a text of at most {bytes} bytes"),
            Self::Characters(count) => write!(f, "a text of at most {count} characters"),
            Self::TimeOfDay => f.write_str("a time of day, HH:MM:SS"),
            Self::HourMinute => f.write_str("a time of day, HH:MM"),
            Self::Texts(bytes, count) => write!(f, "at most {count} texts of at most {bytes} bytes"),
            Self::List(_, count) => write!(f, "at most {count} objects"),
            Self::Opaque => f.write_str("anything"),
        }
    }
}

impl Kind {
    /// The value as it is to be written; `None` where it is not one of this kind.
    pub(super) fn exact(self, value: &Value) -> Option<Value> {
        let integer = || lenient::read::<i64>(value).ok();
        let text = || lenient::read::<String>(value).ok();
        match self {
            Self::Integer(first, last) => integer()
                .filter(|number| (first..=last).contains(number))
                .map(Value::from),
            Self::OneOf(numbers) => integer()
                .filter(|number| numbers.contains(number))
                .map(Value::from),
            Self::Renumbered(numbers, (other, means)) => integer()
                .map(|number| if number == other { means } else { number })
                .filter(|number| numbers.contains(number))
                .map(Value::from),
            Self::Decimal(first, last) => lenient::read::<f64>(value)
                .ok()
                .filter(|number| *number >= first && *number <= last)
                .map(Value::from),
            Self::Stepped(first, last, step) => integer()
                .filter(|number| (first..=last).contains(number) && (number - first) % step == 0)
                .map(Value::from),
            Self::Switch => lenient::read::<bool>(value).ok().map(Value::from),
            Self::Bit => lenient::read::<bool>(value)
                .ok()
                .map(|flag| Value::from(u8::from(flag))),
            Self::Text(bytes) => text().filter(|text| text.len() <= bytes).map(Value::from),
            Self::Characters(count) => text()
                .filter(|text| text.chars().count() <= count)
                .map(Value::from),
            Self::TimeOfDay => text().and_then(|text| time_of_day(&text)).map(Value::from),
            Self::HourMinute => text()
                .and_then(|text| time_of_day(&text)?.get(..5).map(str::to_owned))
                .map(Value::from),
            Self::Texts(bytes, count) => texts(value, bytes, count),
            Self::List(fields, count) => objects(value, fields, count),
            Self::Opaque => Some(value.clone()),
        }
    }
}

fn time_of_day(text: &str) -> Option<String> {
    let mut parts = text.trim().split(':');
    let mut part = |most: u8| -> Option<u8> {
        let part: u8 = parts.next()?.trim().parse().ok()?;
        (part <= most).then_some(part)
    };
    let (hour, minute) = (part(23)?, part(59)?);
    let second = match parts.next() {
        None => 0,
        Some(second) => second.trim().parse::<u8>().ok().filter(|second| *second <= 59)?,
    };
    parts
        .next()
        .is_none()
        .then(|| format!("{hour:02}:{minute:02}:{second:02}"))
}

fn texts(value: &Value, bytes: usize, count: usize) -> Option<Value> {
    let items = match value {
        Value::Array(items) => items.clone(),
        Value::String(text) if text.trim().is_empty() => Vec::new(),
        single @ Value::String(_) => vec![single.clone()],
        _ => return None,
    };
    if items.len() > count {
        return None;
    }
    let texts: Option<Vec<Value>> = items
        .iter()
        .map(|item| {
            let text = lenient::read::<String>(item).ok()?.trim().to_owned();
            (!text.is_empty() && text.len() <= bytes).then_some(Value::String(text))
        })
        .collect();
    texts.map(Value::Array)
}

/// Objects with exact names and values. A number at the end of a name is the object's place, from when lists were
/// written as numbered keys.
fn objects(value: &Value, fields: &[Field], count: usize) -> Option<Value> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    if items.len() > count {
        return None;
    }
    let objects = items.iter().map(|item| {
        let mut exact = Map::new();
        for (key, value) in item.as_object()? {
            let bare = key.trim().trim_end_matches(|c: char| c.is_ascii_digit());
            let Some(field) = find(fields, key).or_else(|| find(fields, bare)) else {
                continue;
            };
            exact.insert(field.name.to_owned(), field.exact(value, Spelling::Json).ok()?);
        }
        Some(Value::Object(exact))
    });
    objects.collect::<Option<Vec<_>>>().map(Value::Array)
}
