//! Forms and queries: `name=value&…`, percent-encoded, `+` a blank.

/// The pairs of a form. Bytes that are no UTF-8 become replacement characters; what is not a proper escape stays.
pub(super) fn pairs(text: &[u8]) -> impl Iterator<Item = (String, String)> + '_ {
    text.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut sides = pair.splitn(2, |byte| *byte == b'=');
            let mut side = || decoded(sides.next().unwrap_or_default(), true);
            (side(), side())
        })
}

/// Writes pairs as a form.
#[must_use]
pub fn write<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut form = String::new();
    for (name, value) in pairs {
        if !form.is_empty() {
            form.push('&');
        }
        encode_into(&mut form, name);
        form.push('=');
        encode_into(&mut form, value);
    }
    form
}

/// A segment of a path without its escapes.
#[must_use]
pub fn percent_decoded(segment: &str) -> String {
    decoded(segment.as_bytes(), false)
}

/// A text as a segment of a path.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode_into(&mut out, text);
    out
}

fn encode_into(out: &mut String, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(digit(byte >> 4));
            out.push(digit(byte & 0xF));
        }
    }
}

fn decoded(text: &[u8], plus_is_blank: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' if plus_is_blank => bytes.push(b' '),
            b'%' => match escape(tail) {
                Some(byte) => {
                    bytes.push(byte);
                    rest = tail.get(2..).unwrap_or_default();
                }
                None => bytes.push(b'%'),
            },
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn escape(tail: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let (high, low) = (digit(tail.first()?)?, digit(tail.get(1)?)?);
    Some((high << 4) | low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(form: &str) -> Vec<(String, String)> {
        pairs(form.as_bytes()).collect()
    }

    #[test]
    fn escapes_and_blanks_are_read() {
        let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            read("name=%E5%BC%A0+%e4%b8%89&&x&y=a%3Db=c&z=5%"),
            [of("name", "张 三"), of("x", ""), of("y", "a=b=c"), of("z", "5%")]
        );
        assert_eq!(read("a=%FF%zz%4"), [of("a", "\u{fffd}%zz%4")]);
        assert_eq!(percent_decoded("a+b%2Fc"), "a+b/c");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(pairs in proptest::collection::vec((".{1,8}", ".{0,12}"), 0..5)) {
            let form = write(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            prop_assert!(form.is_ascii());
            prop_assert_eq!(read(&form), pairs);
        }
    }
}
