//! What came beside what the document has: an answer is read leniently, written again exactly, and the two are compared.
//! So whatever leniency was needed shows: another spelling, a number in a text, a time in milliseconds, a missing field.

use serde_json::Value;

/// Numbers on the wire are equal within this: times have three decimals.
const TOLERANCE: f64 = 0.0015;
/// Bytes of an answer that a detail shows at most.
const SHOWN_BYTES: usize = 600;
/// Characters of a text inside a difference.
const SHOWN_CHARACTERS: usize = 60;

/// One place where they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where, as in `person[].endTs`: any item of a list counts alike.
    pub path: String,
    /// What came, and what is expected.
    pub text: String,
}

impl Difference {
    /// A difference at this place.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }
}

/// Where what came is not as it is written exactly. What came beyond it is no difference.
#[must_use]
pub fn differences(came: &Value, exact: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", came, exact, &mut found);
    found
}

fn compare(path: &str, came: &Value, exact: &Value, found: &mut Vec<Difference>) {
    match (came, exact) {
        (Value::Object(came), Value::Object(exact)) => {
            for (name, exact) in exact {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                match came.get(name) {
                    Some(came) => compare(&path, came, exact, found),
                    None => found.push(Difference::new(path, "is missing")),
                }
            }
        }
        (Value::Array(came), Value::Array(exact)) => {
            if came.len() != exact.len() {
                let text = format!("{} items came, {} can be read", came.len(), exact.len());
                found.push(Difference::new(path, text));
            }
            for (came, exact) in came.iter().zip(exact) {
                compare(&format!("{path}[]"), came, exact, found);
            }
        }
        (Value::Number(came), Value::Number(exact)) if is_near(came.as_f64(), exact.as_f64()) => {}
        (came, exact) if came == exact => {}
        (came, exact) => {
            let text = format!("{} came, {} is expected", shown(came), shown(exact));
            found.push(Difference::new(path, text));
        }
    }
}

/// Where fields came that the exact answer lacks although the document knows them: a codec leaves out optional ones that it
/// cannot read. What came empty says nothing.
#[must_use]
pub fn dropped(came: &Value, exact: &Value, known: &[&str]) -> Vec<Difference> {
    let mut found = Vec::new();
    lacking("", came, exact, known, &mut found);
    found
}

fn lacking(path: &str, came: &Value, exact: &Value, known: &[&str], found: &mut Vec<Difference>) {
    match (came, exact) {
        (Value::Object(came), Value::Object(exact)) => {
            for (name, came) in came {
                let path = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                match exact.get(name) {
                    Some(exact) => lacking(&path, came, exact, known, found),
                    None if known.contains(&name.as_str()) && !is_empty(came) => {
                        found.push(Difference::new(path, format!("{} cannot be read", shown(came))));
                    }
                    None => {}
                }
            }
        }
        (Value::Array(came), Value::Array(exact)) => {
            for (came, exact) in came.iter().zip(exact) {
                lacking(&format!("{path}[]"), came, exact, known, found);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn is_near(one: Option<f64>, other: Option<f64>) -> bool {
    one.zip(other)
        .is_some_and(|(one, other)| (one - other).abs() < TOLERANCE)
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The bytes that came, for people: as text where they are, and not all of many.
#[must_use]
pub fn bytes_shown(bytes: &[u8]) -> String {
    let shown = bytes.get(..SHOWN_BYTES).unwrap_or(bytes);
    let more = bytes.len().saturating_sub(shown.len());
    let valid = match std::str::from_utf8(shown) {
        Ok(text) => Some(text),
        // A character cut in half at the end is no fault of the device.
        Err(error) if more > 0 && error.error_len().is_none() => shown
            .get(..error.valid_up_to())
            .and_then(|valid| std::str::from_utf8(valid).ok()),
        Err(_) => None,
    };
    let is_control = |text: &str| text.chars().any(|c| c.is_control() && !c.is_whitespace());
    let text = match valid.filter(|text| !is_control(text)) {
        Some(text) => text.replace(['\r', '\n'], " "),
        None => format!("0x{}", hex::encode(shown)),
    };
    match more {
        0 => text,
        more => format!("{text}… and {more} bytes more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn leniency_that_was_needed_shows() {
        let exact = json!({"ts": 5.0, "name": "a", "list": [{"id": "1"}]});
        let paths = |came: Value| -> Vec<String> {
            differences(&came, &exact)
                .into_iter()
                .map(|one| one.path)
                .collect()
        };
        assert!(paths(json!({"ts": 5, "name": "a", "list": [{"id": "1", "more": 1}]})).is_empty());
        let mut came = paths(json!({"ts": "5", "Name": "a", "list": [{"id": 1}]}));
        came.sort();
        assert_eq!(came, ["list[].id", "name", "ts"]);
        assert_eq!(paths(json!({"ts": 5, "name": "a", "list": []})), ["list"]);
        assert_eq!(
            paths(json!({"ts": 5000, "name": "a", "list": [{"id": "1"}]})),
            ["ts"]
        );
    }

    #[test]
    fn what_a_codec_left_out_shows_where_the_document_knows_it() {
        let came = json!({"list": [{"id": 1, "mask": "perhaps", "own": "x", "mail": " "}]});
        let exact = json!({"list": [{"id": 1}]});
        let found = dropped(&came, &exact, &["mask", "mail"]);
        let paths: Vec<&str> = found.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(paths, ["list[].mask"]);
    }

    #[test]
    fn bytes_are_shown_as_what_they_are() {
        assert_eq!(bytes_shown(b"{\"a\":1}\n"), "{\"a\":1} ");
        assert_eq!(bytes_shown(&[0xff, 0x00]), "0xff00");
        assert_eq!(bytes_shown(b"Q\0"), "0x5100");
        let long = "门".repeat(400);
        assert!(bytes_shown(long.as_bytes()).ends_with("… and 600 bytes more"));
    }
}
