//! A picture of a wanted size: a real, small JPEG whose comments fill it up.

/// A side of the picture, in pixels.
const SIDE: u32 = 64;

/// The most bytes of one comment, its length field included.
const COMMENT: usize = 0xFFFF;

/// A JPEG of about `bytes` bytes (at least the plain picture's, some hundreds); nothing for 0.
#[must_use]
pub fn jpeg(bytes: usize) -> Vec<u8> {
    if bytes == 0 {
        return Vec::new();
    }
    let plain = plain();
    let (start, rest) = plain.split_at_checked(2).unwrap_or((&plain, &[]));
    let mut picture = start.to_vec();
    let mut missing = bytes.saturating_sub(plain.len());
    // What fills it does not compress, as a camera's picture does not.
    let mut noise = 0x9E37_79B9_u32;
    while missing > 4 {
        let length = (missing - 2).min(COMMENT);
        picture.extend([0xFF, 0xFE]);
        picture.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        picture.extend((0..length - 2).map(|_| {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            noise.to_le_bytes()[0]
        }));
        missing = missing.saturating_sub(length + 2);
    }
    picture.extend(rest);
    picture
}

fn plain() -> Vec<u8> {
    let pixels: Vec<u8> = (0..SIDE * SIDE * 3)
        .map(|at| u8::try_from(at * 7 % 256).unwrap_or(0))
        .collect();
    let mut jpeg = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new(&mut jpeg);
    let written =
        image::ImageEncoder::write_image(encoder, &pixels, SIDE, SIDE, image::ExtendedColorType::Rgb8);
    written.map(|()| jpeg).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::jpeg;

    #[test]
    fn it_is_a_picture_of_the_wanted_size() {
        for wanted in [5_000, 60 * 1024, 200_000] {
            let picture = jpeg(wanted);
            assert!(
                picture.len().abs_diff(wanted) <= 8,
                "{} for {wanted}",
                picture.len()
            );
            let (width, _) = face::decode::dimensions(&picture, &face::ImageLimits::default()).unwrap();
            assert_eq!(width, super::SIDE);
        }
        assert!(jpeg(0).is_empty());
    }
}
