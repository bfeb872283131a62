//! From the bytes of a body to a JSON value.

use serde_json::Value;

/// Why bytes are not a JSON value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Nothing but blanks.
    #[error("the body is empty")]
    Empty,
    /// Not JSON, or nested too deeply (128 levels).
    #[error("the body is not JSON: {0}")]
    Json(String),
}

/// The bytes without a leading byte order mark and without leading and trailing NULs and blanks.
#[must_use]
pub fn trim_padding(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    loop {
        rest = match rest {
            [0xEF, 0xBB, 0xBF, tail @ ..] => tail,
            [first, tail @ ..] if is_padding(*first) => tail,
            _ => break,
        };
    }
    while let [head @ .., last] = rest {
        if !is_padding(*last) {
            break;
        }
        rest = head;
    }
    rest
}

/// NUL, space, tab and line ends mean nothing between messages.
pub(crate) fn is_padding(byte: u8) -> bool {
    matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n')
}

/// Reads a body as JSON. Text that is not UTF-8 is an error, as is nesting beyond 128 levels (never a stack
/// overflow).
///
/// # Errors
/// [`BodyError`] says what is wrong and where.
pub fn body(bytes: &[u8]) -> Result<Value, BodyError> {
    let trimmed = trim_padding(bytes);
    if trimmed.is_empty() {
        return Err(BodyError::Empty);
    }
    serde_json::from_slice(trimmed).map_err(|error| BodyError::Json(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_trimmed() {
        assert_eq!(
            body(b"\xEF\xBB\xBF{\"a\":1}\0\0 \r\n").unwrap(),
            serde_json::json!({"a": 1})
        );
        assert_eq!(body(b" \0"), Err(BodyError::Empty));
    }

    #[test]
    fn ten_thousand_levels_are_an_error() {
        let deep = [b"[".repeat(10_000), b"]".repeat(10_000)].concat();
        assert!(matches!(body(&deep), Err(BodyError::Json(_))));
        let deep = [b"{\"a\":".repeat(10_000), b"1".to_vec(), b"}".repeat(10_000)].concat();
        assert!(matches!(body(&deep), Err(BodyError::Json(_))));
    }
}
