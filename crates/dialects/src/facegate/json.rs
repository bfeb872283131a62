//! JSON as this document prints it: card numbers in hexadecimal stand without quotes (QUIRKS A1), examples have stray
//! commas, full-width commas, comments and texts without a key (A14, A23, A36, A44, A45).
//!
//! What is strict JSON is read as such. What is not is mended, as far as the document itself is wrong, and read again;
//! whatever else is broken stays an error of the strict reading.

use crate::lenient::{BodyError, body, trim_padding};
use memchr::memmem;
use serde_json::Value;

/// The keys whose values may be hexadecimal digits without quotes.
pub const CARD_KEYS: [&str; 2] = ["WGFacilityCode", "MjCardNo"];

/// How a hexadecimal card number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum HexSpelling {
    /// Without quotes, as the document prints it; not JSON.
    #[default]
    Bare,
    /// As a JSON text.
    Quoted,
}

/// Reads a body.
///
/// # Errors
/// [`BodyError`] where it is empty, or neither JSON nor what the document takes for it.
pub fn read(bytes: &[u8]) -> Result<Value, BodyError> {
    // `1E5` is a card number and also a valid JSON number: bodies with cards are always mended first.
    let has_cards = CARD_KEYS
        .iter()
        .any(|key| memmem::find(bytes, key.as_bytes()).is_some());
    if has_cards && let Some(Ok(value)) = mended(bytes).map(|mended| body(&mended)) {
        return Ok(value);
    }
    let strict = body(bytes);
    match &strict {
        Err(BodyError::Json(_)) => match mended(bytes).map(|mended| body(&mended)) {
            Some(Ok(value)) => Ok(value),
            _ => strict,
        },
        _ => strict,
    }
}

/// Writes a value in one line; texts under [`CARD_KEYS`] by `hex`.
#[must_use]
pub fn written(value: &Value, hex: HexSpelling) -> String {
    let mut out = String::new();
    write(value, "", hex, &mut out);
    out
}

fn write(value: &Value, key: &str, hex: HexSpelling, out: &mut String) {
    match value {
        Value::Object(fields) => {
            out.push('{');
            for (at, (key, value)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(value, key, hex, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, "", hex, out);
            }
            out.push(']');
        }
        Value::String(text)
            if hex == HexSpelling::Bare && CARD_KEYS.contains(&key) && needs_quotes(text.as_bytes()) =>
        {
            out.push_str(text);
        }
        other => out.push_str(&other.to_string()),
    }
}

/// The pieces of a text that is meant to be JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Open(u8),
    Close(u8),
    Comma,
    Colon,
    /// A text, with its quotes.
    Text(&'a [u8]),
    /// A number, `true`, `false`, `null` or a card number.
    Word(&'a [u8]),
}

const WIDE_COMMA: &[u8] = "，".as_bytes();

/// The bytes with the document's own mistakes put right; `None` where a text does not end.
fn mended(bytes: &[u8]) -> Option<Vec<u8>> {
    let tokens = tokens(trim_padding(bytes))?;
    let mut out = Vec::with_capacity(bytes.len());
    let mut open: Vec<u8> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = |steps: usize| at.checked_sub(steps).and_then(|at| tokens.get(at));
        let next = tokens.get(at + 1);
        match *token {
            Token::Open(bracket) => {
                open.push(bracket);
                out.push(bracket);
            }
            Token::Close(bracket) => {
                open.pop();
                out.push(bracket);
            }
            Token::Comma if matches!(next, None | Some(Token::Close(_))) => {}
            Token::Comma => out.push(b','),
            Token::Colon => out.push(b':'),
            Token::Text(text) => {
                let is_key = open.last() == Some(&b'{') && before(1) != Some(&Token::Colon);
                if is_key && next != Some(&Token::Colon) {
                    // A text without a key gets an empty one.
                    out.extend_from_slice(b"\"\":");
                }
                out.extend_from_slice(text);
            }
            Token::Word(word) => {
                let is_card = before(1) == Some(&Token::Colon)
                    && matches!(before(2), Some(Token::Text(key)) if is_card_key(key))
                    && needs_quotes(word);
                let quote: &[u8] = if is_card { b"\"" } else { b"" };
                out.extend_from_slice(quote);
                out.extend_from_slice(word);
                out.extend_from_slice(quote);
            }
        }
    }
    Some(out)
}

/// Whether a quoted text is one of [`CARD_KEYS`], blanks and case aside.
fn is_card_key(quoted: &[u8]) -> bool {
    let key = quoted.trim_ascii().strip_prefix(b"\"").unwrap_or(quoted);
    let key = key.strip_suffix(b"\"").unwrap_or(key).trim_ascii();
    CARD_KEYS
        .iter()
        .any(|name| key.eq_ignore_ascii_case(name.as_bytes()))
}

/// Hexadecimal digits that are no JSON number, or another number as one.
fn needs_quotes(word: &[u8]) -> bool {
    let leads_with_zero = word.len() > 1 && word.first() == Some(&b'0');
    word.iter().all(u8::is_ascii_hexdigit) && (leads_with_zero || word.iter().any(u8::is_ascii_alphabetic))
}

fn tokens(bytes: &[u8]) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = bytes;
    loop {
        rest = rest.trim_ascii_start();
        let (token, tail) = match rest {
            [] => return Some(tokens),
            [b'/', b'/', tail @ ..] => {
                let end = memchr::memchr(b'\n', tail).unwrap_or(tail.len());
                rest = tail.get(end..).unwrap_or_default();
                continue;
            }
            [bracket @ (b'{' | b'['), tail @ ..] => (Token::Open(*bracket), tail),
            [bracket @ (b'}' | b']'), tail @ ..] => (Token::Close(*bracket), tail),
            [b',', tail @ ..] => (Token::Comma, tail),
            [b':', tail @ ..] => (Token::Colon, tail),
            [b'"', ..] => {
                let (text, tail) = rest.split_at_checked(text_length(rest)?)?;
                (Token::Text(text), tail)
            }
            _ => match rest.strip_prefix(WIDE_COMMA) {
                Some(tail) => (Token::Comma, tail),
                None => {
                    let (word, tail) = rest.split_at_checked(word_length(rest))?;
                    (Token::Word(word), tail)
                }
            },
        };
        tokens.push(token);
        rest = tail;
    }
}

/// The length of a quoted text, quotes included.
fn text_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        let found = at + memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes.get(found) {
            Some(b'"') => return Some(found + 1),
            _ => at = found + 2,
        }
    }
}

/// The length of a word; at least one byte, so that reading goes on.
fn word_length(bytes: &[u8]) -> usize {
    let ends = |(at, byte): (usize, &u8)| {
        let wide = bytes.get(at..).is_some_and(|rest| rest.starts_with(WIDE_COMMA));
        wide || byte.is_ascii_whitespace() || matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"')
    };
    bytes
        .iter()
        .enumerate()
        .skip(1)
        .find(|pair| ends(*pair))
        .map_or(bytes.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn card_numbers_without_quotes_are_texts() {
        let body =
            br#"{"info":{"CardMode":1,"WGFacilityCode":9A, "MjCardNo": 018B2D},"a":[{" mjcardno ":1E5}]}"#;
        assert_eq!(
            read(body).unwrap(),
            json!({"info": {"CardMode": 1, "WGFacilityCode": "9A", "MjCardNo": "018B2D"}, "a": [{" mjcardno ": "1E5"}]})
        );
        assert_eq!(
            read(br#"{"MjCardNo": 1046239, "WGFacilityCode": 007}"#).unwrap(),
            json!({"MjCardNo": 1_046_239, "WGFacilityCode": "007"})
        );
    }

    #[test]
    fn the_documents_own_mistakes_are_mended() {
        assert_eq!(
            read(b"{\"code\": 200, \"desc\": \"OK\",}").unwrap(),
            json!({"code": 200, "desc": "OK"})
        );
        let commented = "{\"IdType\": 0, //0：添加 CustomizeID\n\"Total\":2，\"info\": [{\"a\": \"//\"},]}";
        assert_eq!(
            read(commented.as_bytes()).unwrap(),
            json!({"IdType": 0, "Total": 2, "info": [{"a": "//"}]})
        );
        assert_eq!(
            read(br#"{"Result": "Ok", "RecordNum": "8", "Find 8 records"}"#).unwrap(),
            json!({"Result": "Ok", "RecordNum": "8", "": "Find 8 records"})
        );
        assert_eq!(read(br#"{ "4AAQSkZJRg" }"#).unwrap(), json!({"": "4AAQSkZJRg"}));
        for broken in ["{\"a\": \"b", "{\"a\" 1}", "{", "nothing", "{\"a\":\\}"] {
            assert!(
                matches!(read(broken.as_bytes()), Err(BodyError::Json(_))),
                "{broken}"
            );
        }
        assert_eq!(read(b" \0"), Err(BodyError::Empty));
    }

    #[test]
    fn card_numbers_are_written_as_asked() {
        let value =
            json!({"WGFacilityCode": "9A", "MjCardNo": 5, "Name": "9A", "list": [{"MjCardNo": "no card"}]});
        assert_eq!(
            written(&value, HexSpelling::Bare),
            r#"{"MjCardNo":5,"Name":"9A","WGFacilityCode":9A,"list":[{"MjCardNo":"no card"}]}"#
        );
        assert!(written(&value, HexSpelling::Quoted).contains(r#""WGFacilityCode":"9A""#));
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_value_or_an_error(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }

        #[test]
        fn strict_json_is_not_touched(keys in proptest::collection::vec("[a-z\"\\\\，/ ]{0,6}", 0..5), text in ".{0,12}") {
            let value = json!({"keys": keys, text.as_str(): text});
            prop_assert_eq!(read(value.to_string().as_bytes()).unwrap(), value.clone());
            prop_assert_eq!(read(&mended(value.to_string().as_bytes()).unwrap()).unwrap(), value);
        }
    }
}
