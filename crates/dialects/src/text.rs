//! Text within limits that count bytes.

/// The longest prefix of at most `limit` bytes that ends on a character boundary.
#[must_use]
pub fn cut(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn cuts_between_characters() {
        assert_eq!(cut("韩梅梅", 9), "韩梅梅");
        assert_eq!(cut("韩梅梅", 8), "韩梅");
        assert_eq!(cut("韩梅梅", 0), "");
        assert_eq!(cut("abc", 10), "abc");
    }
}
