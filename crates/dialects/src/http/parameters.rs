//! The parameters of a call: its query and its body together.

use super::{form, multipart};
use crate::lenient::{self, Base64Text, BodyError};
use serde_json::{Map, Value};
use std::fmt;

/// Parameters by name, whether they came in the query, as a form, as JSON, as a form under the content type of JSON or
/// the other way round: what a body is, is told by how it begins.
#[derive(Clone, PartialEq)]
pub struct Parameters(Value);

impl Parameters {
    /// Reads the query (without `?`) and the body. A parameter of the body wins over one of the query, a later one over
    /// an earlier one. In forms, `pictures` names those that hold Base64, whose `+` may have become blanks.
    ///
    /// # Errors
    /// [`BodyError`] for a body that begins like JSON and is no JSON object.
    pub fn read(query: &str, body: &[u8], pictures: &[&str]) -> Result<Self, BodyError> {
        let mut all = Map::new();
        let mut take = |pairs: &mut dyn Iterator<Item = (String, String)>| {
            for (name, value) in pairs {
                let is_picture = pictures
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(name.trim()));
                let value = if is_picture { with_plus(value) } else { value };
                all.insert(name, Value::String(value));
            }
        };
        take(&mut form::pairs(query.as_bytes()));
        let body = lenient::trim_padding(body);
        match body.first() {
            None => {}
            Some(b'{' | b'[') => match lenient::body(body)? {
                Value::Object(fields) => all.extend(fields),
                _ => return Err(BodyError::Json("an object is expected".to_owned())),
            },
            Some(_) if body.starts_with(multipart::MARK) => {
                let fields = multipart::fields(body);
                all.extend(fields.into_iter().map(|(name, text)| (name, Value::String(text))));
            }
            Some(_) => take(&mut form::pairs(body)),
        }
        Ok(Self(Value::Object(all)))
    }

    /// All of them, as one object.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// One by its name: the exact spelling first, then whatever the case and the blanks around it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let fields = self.0.as_object()?;
        fields.get(name).or_else(|| {
            let found = fields
                .iter()
                .find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
            found.map(|(_, value)| value)
        })
    }

    /// One as a text; `None` where it is missing, null, or no scalar.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        lenient::read(self.get(name).filter(|value| !value.is_null())?).ok()
    }
}

impl From<Map<String, Value>> for Parameters {
    fn from(fields: Map<String, Value>) -> Self {
        Self(Value::Object(fields))
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values are keys and pictures.
        let names = self.0.as_object().into_iter().flat_map(Map::keys);
        f.debug_list().entries(names).finish()
    }
}

/// Base64 of a form whose `+` was not escaped: blanks are read as `+`; where that does not decode, they are separators
/// (hub rule 49). Blanks at the ends of equal, long lines are what became of line ends.
fn with_plus(text: String) -> String {
    if !text.trim().contains(' ') || has_lines(text.trim()) {
        return text;
    }
    let candidate = text.trim().replace(' ', "+");
    match Base64Text::from_text(candidate.as_str()).decode() {
        Ok(_) => candidate,
        Err(_) => text,
    }
}

/// Whether blanks stand in regular columns only.
fn has_lines(text: &str) -> bool {
    const SHORTEST_LINE: usize = 60;
    let mut lines = text.rsplit(' ').map(str::len);
    let last = lines.next().unwrap_or_default();
    let Some(length) = lines.next() else { return false };
    length >= SHORTEST_LINE && last <= length && lines.all(|line| line == length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(query: &str, body: &[u8]) -> Value {
        Parameters::read(query, body, &["photo"]).unwrap().value().clone()
    }

    #[test]
    fn every_encoding_is_read() {
        let due = json!({"key": "abc", "id": "7"});
        for (query, body) in [
            ("key=abc&id=7", &b""[..]),
            ("key=abc", b"id=7"),
            ("", b"\xEF\xBB\xBFkey=abc&id=7\0\r\n"),
            ("id=8", b" {\"key\":\"abc\",\"id\":\"7\"}"),
            (
                "key=abc",
                b"--b\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n7\r\n--b--",
            ),
        ] {
            assert_eq!(read(query, body), due, "{query} {body:?}");
        }
        assert_eq!(read("", b"id=1&id=2"), json!({"id": "2"}));
        assert!(Parameters::read("", b"{\"a\":", &[]).is_err());
        assert!(Parameters::read("", b"[1]", &[]).is_err());
    }

    #[test]
    fn blanks_in_the_base64_of_a_form_are_pluses_or_separators() {
        let photo = |body: &str| read("", body.as_bytes())["photo"].as_str().unwrap().to_owned();
        // Not escaped: `+` came as a blank.
        assert_eq!(photo("photo=/9j/+A=="), "/9j/+A==");
        assert_eq!(photo("photo=%2F9j%2F%2BA%3D%3D"), "/9j/+A==");
        // `+` there would be one too many: a separator.
        assert_eq!(photo("photo=/9j/ AAA="), "/9j/ AAA=");
        let line = "A".repeat(76);
        let lines = format!("{line} {line} AAAA");
        assert_eq!(photo(&format!("photo={lines}")), lines);
        // Elsewhere a blank is a blank, and so it is in JSON.
        assert_eq!(read("", b"name=a+b")["name"], json!("a b"));
        assert_eq!(read("", b"{\"photo\":\"/9j/ A==\"}")["photo"], json!("/9j/ A=="));
    }

    #[test]
    fn names_are_found_whatever_their_case() {
        let parameters = Parameters::read("Key =1&key=2", b"", &[]).unwrap();
        assert_eq!(parameters.text("key").as_deref(), Some("2"));
        assert_eq!(parameters.text("KEY ").as_deref(), None);
        assert_eq!(format!("{parameters:?}"), r#"["Key ", "key"]"#);
    }
}
