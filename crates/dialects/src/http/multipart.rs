//! `multipart/form-data`, told by its first line; the content type is not needed.

use crate::lenient::{Base64Text, PictureFormat};

/// The fields of a multipart body: name and text. A file that is a picture becomes its Base64.
pub(super) fn fields(body: &[u8]) -> Vec<(String, String)> {
    let line_end = memchr::memchr(b'\n', body).unwrap_or(body.len());
    let delimiter = body.get(..line_end).unwrap_or_default().trim_ascii_end();
    if delimiter.len() <= MARK.len() {
        return Vec::new();
    }
    let mut starts = memchr::memmem::find_iter(body, delimiter).map(|at| at + delimiter.len());
    let mut fields = Vec::new();
    let mut start = starts.next();
    while let Some(from) = start {
        start = starts.next();
        let until = start.map_or(body.len(), |next| next.saturating_sub(delimiter.len()));
        fields.extend(body.get(from..until).and_then(field));
    }
    fields
}

/// What every delimiter begins with.
pub(super) const MARK: &[u8] = b"--";

fn field(part: &[u8]) -> Option<(String, String)> {
    let part = without_line_end_before(part);
    let (head, content) = split(part, b"\r\n\r\n").or_else(|| split(part, b"\n\n"))?;
    let head = String::from_utf8_lossy(head);
    let disposition = head.lines().find(|line| {
        line.trim_start()
            .to_ascii_lowercase()
            .starts_with("content-disposition")
    })?;
    let name = parameter(disposition, "name")?;
    let content = without_line_end_after(content);
    let text = match PictureFormat::sniff(content) {
        Some(_) => Base64Text::encode(content).as_text().to_owned(),
        None => String::from_utf8_lossy(content).into_owned(),
    };
    Some((name, text))
}

fn split<'a>(part: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = memchr::memmem::find(part, at)?;
    Some((part.get(..place)?, part.get(place + at.len()..)?))
}

fn without_line_end_before(part: &[u8]) -> &[u8] {
    let part = part.strip_prefix(b"\r").unwrap_or(part);
    part.strip_prefix(b"\n").unwrap_or(part)
}

fn without_line_end_after(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

/// A parameter of a header, quoted or not.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        key.trim().eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn texts_and_pictures_are_read() {
        let body = b"--x1\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n7\r\n--x1\r\n\
            content-disposition: form-data; name=photo; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\
            \xFF\xD8\xFF\xE0\r\n--x1--\r\n";
        let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(fields(body), [of("id", "7"), of("photo", "/9j/4A==")]);
        // Line feeds alone, and a body that ends too early.
        let body = b"--y\nContent-Disposition: form-data; name=\"id\"\n\n\n--y\nContent-Disp";
        assert_eq!(fields(body), [of("id", "")]);
        for broken in [&b"--"[..], b"--\r\n--", b"--a", b"--a\r\n--a\r\n\r\nx"] {
            assert_eq!(fields(broken), []);
        }
    }
}
