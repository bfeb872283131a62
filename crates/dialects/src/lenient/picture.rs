//! What kind of picture some bytes are: what calls itself a JPEG may be something else.

/// A picture's format, told from its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PictureFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// Windows bitmap.
    Bmp,
    /// WebP.
    WebP,
}

impl PictureFormat {
    /// Looks at the first bytes.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', ..] => Some(Self::Png),
            [b'B', b'M', ..] => Some(Self::Bmp),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Bmp => "image/bmp",
            Self::WebP => "image/webp",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PictureFormat;

    #[test]
    fn looks_at_the_bytes() {
        assert_eq!(PictureFormat::sniff(b"BM\x36\xe5"), Some(PictureFormat::Bmp));
        assert_eq!(
            PictureFormat::sniff(b"\xFF\xD8\xFF\xE0"),
            Some(PictureFormat::Jpeg)
        );
        assert_eq!(
            PictureFormat::sniff(b"RIFF\0\0\0\0WEBPVP8 "),
            Some(PictureFormat::WebP)
        );
        assert_eq!(PictureFormat::sniff(b"PK\x03\x04"), None);
        assert_eq!(PictureFormat::sniff(b""), None);
    }
}
