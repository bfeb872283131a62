//! Base64 as it arrives: with a `data:` prefix or none, with line breaks, padded or not, URL-encoded once more.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes that travel as Base64 text; the text is kept as it came and decoded on demand, because one spoiled picture
/// must not lose the message that it came in.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Base64Text(String);

/// The text is not Base64, however leniently it is read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not Base64: {0}")]
pub struct Base64Error(String);

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const LENIENT_STANDARD: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const LENIENT_URL_SAFE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

impl Base64Text {
    /// Encodes bytes: standard alphabet, padded, one line, no prefix.
    #[must_use]
    pub fn encode(bytes: &[u8]) -> Self {
        Self(base64::engine::general_purpose::STANDARD.encode(bytes))
    }

    /// Takes a text as it stands.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it came.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing but blanks.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// The bytes.
    ///
    /// # Errors
    /// [`Base64Error`] where no lenient reading decodes.
    pub fn decode(&self) -> Result<Vec<u8>, Base64Error> {
        let text = without_data_prefix(&self.0);
        match LENIENT_STANDARD.decode(text) {
            Ok(bytes) => Ok(bytes),
            Err(_) => decode_untidy(text),
        }
    }
}

impl fmt::Debug for Base64Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Pictures of people never reach a log.
        write!(f, "Base64Text({} characters)", self.0.len())
    }
}

fn without_data_prefix(text: &str) -> &str {
    let text = text.trim();
    match (text.get(..5), text.split_once(',')) {
        (Some(prefix), Some((_, rest))) if prefix.eq_ignore_ascii_case("data:") => rest,
        _ => text,
    }
}

fn decode_untidy(text: &str) -> Result<Vec<u8>, Base64Error> {
    let text = if text.contains('%') {
        percent_decoded(text)
    } else {
        text.to_owned()
    };
    let text: String = without_data_prefix(&text)
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\0')
        .collect();
    LENIENT_STANDARD
        .decode(&text)
        .or_else(|error| LENIENT_URL_SAFE.decode(&text).map_err(|_| error))
        .map_err(|error| Base64Error(error.to_string()))
}

/// Replaces `%2B` and its like; what is not a proper escape stays.
fn percent_decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let escape = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .filter(u8::is_ascii);
        match escape {
            Some(byte) => {
                out.push(char::from(byte));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_spelling() {
        let bytes = [0xFF, 0xD8, 0xFF, 0xE0, 0x3E, 0x3F, 1];
        for text in [
            "/9j/4D4/AQ==",
            "/9j/4D4/AQ",
            "data:image/jpeg;base64,/9j/4D4/AQ==",
            "DATA:image/jpeg;base64,/9j/\r\n4D4/AQ==\n",
            "/9j/ 4D4/\tAQ==",
            "%2F9j%2F4D4%2FAQ%3D%3D",
            "data%3Aimage/jpeg;base64,%2F9j/4D4/AQ==",
            "_9j_4D4_AQ",
        ] {
            assert_eq!(Base64Text::from_text(text).decode().unwrap(), bytes, "{text}");
        }
        assert!(Base64Text::from_text("no picture!").decode().is_err());
    }

    proptest! {
        #[test]
        fn decodes_what_it_encodes(bytes: Vec<u8>) {
            prop_assert_eq!(Base64Text::encode(&bytes).decode().unwrap(), bytes);
        }

        #[test]
        fn any_text_gives_bytes_or_an_error(text: String) {
            let _ = Base64Text::from_text(text).decode();
        }
    }
}
