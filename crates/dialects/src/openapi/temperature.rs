//! Temperatures, which come as numbers and as texts with or without a unit (QUIRKS O10).

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The degrees of a text like `36.5`, `36.5°C` or `36.5 ℃`.
#[must_use]
pub fn degrees(text: &str) -> Option<f64> {
    let text = text
        .trim()
        .trim_end_matches(['C', 'c', '℃'])
        .trim_end_matches(['°', '℃'])
        .trim();
    text.parse().ok().filter(|degrees: &f64| degrees.is_finite())
}

/// A temperature in any spelling; what is none is missing.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => degrees(&text),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::degrees;

    #[test]
    fn units_are_no_hindrance() {
        for text in ["36.5", " 36.5°C", "36.5℃", "36.5 °c ", "36.5 ℃"] {
            assert_eq!(degrees(text), Some(36.5), "{text}");
        }
        assert_eq!((degrees(""), degrees("warm"), degrees("NaN")), (None, None, None));
    }
}
