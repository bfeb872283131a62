//! Numbers of access cards (3.10.5): decimal or hexadecimal digits, by `CardMode`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::fmt;

/// A card number or facility code as its digits; whether they are decimal or hexadecimal stands elsewhere (QUIRKS A2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CardNumber(String);

impl CardNumber {
    /// The number in decimal digits.
    #[must_use]
    pub fn decimal(number: u64) -> Self {
        Self(number.to_string())
    }

    /// The number in hexadecimal digits, at least so many.
    #[must_use]
    pub fn hexadecimal(number: u64, digits: usize) -> Self {
        Self(format!("{number:0digits$X}"))
    }

    /// Digits as they stand.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The digits.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// The number that the digits are; `None` where they are none, or more than 64 bits.
    #[must_use]
    pub fn number(&self, is_hexadecimal: bool) -> Option<u64> {
        let digits = self.0.as_str();
        let only_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let radix = if is_hexadecimal { 16 } else { 10 };
        u64::from_str_radix(digits, radix).ok().filter(|_| only_digits)
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for CardNumber {
    /// A number where it reads back as the same digits, else a text, which [`super::json`] writes without quotes.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse::<u64>() {
            Ok(number) if number.to_string() == self.0 => serializer.serialize_u64(number),
            _ => serializer.serialize_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for CardNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self::from_text(&text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(serde::de::Error::custom("the digits of a card number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CardNumber;
    use serde_json::json;

    #[test]
    fn digits_are_kept_and_read_both_ways() {
        let hex = CardNumber::from_text("018B2D");
        assert_eq!((hex.number(true), hex.number(false)), (Some(0x01_8B2D), None));
        assert_eq!(serde_json::to_value(&hex).unwrap(), json!("018B2D"));
        assert_eq!(serde_json::to_value(CardNumber::decimal(42)).unwrap(), json!(42));
        assert_eq!(CardNumber::hexadecimal(0x18B2D, 6), hex);
        assert_eq!(CardNumber::from_text("+12").number(false), None);
        assert_eq!(CardNumber::from_text("").number(true), None);
    }
}
