//! Photos in: formats, orientation, limits, and bytes of any kind.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::io::Cursor;
use std::time::{Duration, Instant};

use face::ImageError;
use face::decode::{ImageLimits, decode, dimensions, media_type};
use image::{ImageFormat, Rgb, RgbImage};
use proptest::prelude::*;
use support::{jpeg, with_orientation};

/// A red left half and a blue right one.
fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| {
        if x < width / 2 {
            Rgb([250, 10, 10])
        } else {
            Rgb([10, 10, 250])
        }
    })
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    halves(48, 32).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PNG with nothing but a header that promises these sides.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    chunk.extend([8, 2, 0, 0, 0]);
    let check = chunk.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 * (sum & 1))
        })
    });
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\x0d".as_slice(),
        &chunk,
        &(!check).to_be_bytes(),
        b"\0\0\0\0IDAT\x35\xaf\x06\x1e",
    ]
    .concat()
}

/// A JPEG whose header promises these sides.
fn jpeg_with_sides(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg(&halves(48, 32));
    let start = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[start + 5..start + 7].copy_from_slice(&height.to_be_bytes());
    bytes[start + 7..start + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

#[test]
fn four_formats_are_told_by_their_bytes() {
    for (format, kind) in [
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Bmp, "image/bmp"),
        (ImageFormat::WebP, "image/webp"),
    ] {
        let bytes = encoded(format);
        assert_eq!(media_type(&bytes), Some(kind));
        let picture = decode(&bytes, &ImageLimits::default()).unwrap();
        assert_eq!((picture.width(), picture.height()), (48, 32));
        assert!(
            picture.pixels()[0] > 200 && picture.pixels()[2] < 60,
            "{kind}: {:?}",
            &picture.pixels()[..3]
        );
    }
}

#[test]
fn every_orientation_is_turned_upright() {
    let plain = jpeg(&halves(48, 32));
    // Where the red half lies once the picture is upright: at the left, right, top or bottom.
    let expected = [
        "", "left", "right", "right", "left", "top", "top", "bottom", "bottom",
    ];
    for orientation in 1..=8 {
        let bytes = with_orientation(&plain, orientation);
        let picture = decode(&bytes, &ImageLimits::default()).unwrap();
        let sides = if orientation >= 5 { (32, 48) } else { (48, 32) };
        assert_eq!(
            (picture.width(), picture.height()),
            sides,
            "orientation {orientation}"
        );
        assert_eq!(dimensions(&bytes, &ImageLimits::default()).unwrap(), sides);
        let red = |x: u32, y: u32| picture.pixels()[((y * picture.width() + x) * 3) as usize] > 128;
        let (right, bottom) = (sides.0 - 2, sides.1 - 2);
        let holds = match expected[usize::from(orientation)] {
            "left" => red(1, 1) && red(1, bottom) && !red(right, 1),
            "right" => !red(1, 1) && red(right, 1) && red(right, bottom),
            "top" => red(1, 1) && red(right, 1) && !red(1, bottom),
            _ => !red(1, 1) && red(1, bottom) && red(right, bottom),
        };
        assert!(holds, "orientation {orientation}");
    }
}

#[test]
fn what_is_no_picture_is_refused() {
    let zip = b"PK\x03\x04\x14\0\0\0\x08\0\0\0!\0".as_slice();
    let gif = b"GIF89a\x01\0\x01\0\0\0\0;".as_slice();
    for bytes in [zip, gif, b"", b"\xff", b"<svg/>", b"%PDF-1.7"] {
        assert_eq!(
            decode(bytes, &ImageLimits::default()),
            Err(ImageError::NotAnImage)
        );
    }
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let limits = ImageLimits::default();
    let started = Instant::now();
    for bytes in [
        png_header(10_000, 10_000),
        jpeg_with_sides(12_000, 9_000),
        png_header(u32::MAX >> 1, 1),
    ] {
        let refused = decode(&bytes, &limits).unwrap_err();
        assert!(matches!(refused, ImageError::TooLarge { .. }), "{refused:?}");
        assert!(dimensions(&bytes, &limits).is_err());
    }
    let mut bmp = encoded(ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[0x00, 0x40, 0, 0, 0x00, 0x40, 0, 0]);
    assert!(matches!(decode(&bmp, &limits), Err(ImageError::TooLarge { .. })));
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "nothing of them is decoded"
    );
}

#[test]
fn each_limit_has_its_own_words() {
    let bytes = encoded(ImageFormat::Png);
    let length = bytes.len() as u64;
    let generous = ImageLimits {
        max_bytes: length,
        max_pixels: 48 * 32,
        max_side: 48,
    };
    assert!(decode(&bytes, &generous).is_ok());
    for limits in [
        ImageLimits {
            max_bytes: length - 1,
            ..generous
        },
        ImageLimits {
            max_pixels: 48 * 32 - 1,
            ..generous
        },
        ImageLimits {
            max_side: 47,
            ..generous
        },
    ] {
        assert!(
            matches!(decode(&bytes, &limits), Err(ImageError::TooLarge { .. })),
            "{limits:?}"
        );
    }
}

#[test]
fn a_damaged_picture_is_an_error() {
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp] {
        let bytes = encoded(format);
        let refused = decode(&bytes[..bytes.len() / 2], &ImageLimits::default());
        assert!(
            matches!(refused, Err(ImageError::Broken(_))),
            "{format:?}: {refused:?}"
        );
    }
}

proptest! {
    /// Small limits, so that a picture that happens to be valid is cheap.
    #[test]
    fn no_bytes_bring_the_decoder_down(
        which in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let formats = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp, ImageFormat::WebP];
        let mut bytes = encoded(formats[which]);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let limits = ImageLimits { max_bytes: 100_000, max_pixels: 100_000, max_side: 1_000 };
        if let Ok(picture) = decode(&bytes, &limits) {
            prop_assert!(u64::from(picture.width()) * u64::from(picture.height()) <= limits.max_pixels);
        }
    }
}
