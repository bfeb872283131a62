//! Renditions: JPEG, upright, stripped, within the limits, never enlarged, cropped around a face that would be lost.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use face::decode::{ImageLimits, decode, media_type};
use face::{FaceBox, ImageError, Picture, RenditionLimits, rendition};
use image::{Rgb, RgbImage};
use support::{jpeg, with_orientation};

/// Detail everywhere, so that JPEG needs many bytes.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.to_be_bytes();
        Rgb([a, b, c])
    })
}

fn make(bytes: &[u8], limits: &RenditionLimits, face: Option<&FaceBox>) -> (Vec<u8>, Picture) {
    let made = rendition(bytes, &ImageLimits::default(), limits, face).unwrap();
    assert_eq!(media_type(&made), Some("image/jpeg"));
    assert!(made.len() <= limits.max_bytes);
    let picture = decode(&made, &ImageLimits::default()).unwrap();
    (made, picture)
}

#[test]
fn both_sides_fit_and_nothing_is_enlarged() {
    let limits = RenditionLimits::default();
    for (sides, expected) in [
        ((1280, 960), (640, 480)),
        ((960, 1280), (480, 640)),
        ((1000, 1000), (480, 480)),
        ((3000, 500), (640, 107)),
        ((200, 100), (200, 100)),
    ] {
        let (_, picture) = make(&jpeg(&RgbImage::new(sides.0, sides.1)), &limits, None);
        assert_eq!((picture.width(), picture.height()), expected, "{sides:?}");
    }
}

#[test]
fn orientation_is_applied_and_metadata_gone() {
    let bytes = with_orientation(&jpeg(&RgbImage::new(300, 200)), 6);
    let (made, picture) = make(&bytes, &RenditionLimits::default(), None);
    assert_eq!((picture.width(), picture.height()), (200, 300));
    assert!(!made.windows(4).any(|part| part == b"Exif"));
}

#[test]
fn quality_falls_before_the_size_does() {
    let bytes = jpeg(&noise(400, 300));
    let mut limits = RenditionLimits::default();
    let (made, picture) = make(&bytes, &limits, None);
    assert_eq!(picture.width(), 400);
    limits.max_bytes = made.len() - 1;
    let (worse, picture) = make(&bytes, &limits, None);
    assert!(worse.len() < made.len());
    assert_eq!(picture.width(), 400, "a lower quality was enough");
    limits.max_bytes = 20_000;
    let (_, picture) = make(&bytes, &limits, None);
    assert!(picture.width() < 300, "{picture:?}");
}

#[test]
fn a_limit_that_nothing_keeps_is_an_error() {
    let limits = RenditionLimits {
        max_bytes: 100,
        ..RenditionLimits::default()
    };
    let refused = rendition(&jpeg(&noise(64, 64)), &ImageLimits::default(), &limits, None);
    assert!(matches!(refused, Err(ImageError::TooLarge { .. })), "{refused:?}");
}

#[test]
fn a_face_that_would_become_too_small_is_cropped_with_its_margin() {
    let mut scene = RgbImage::new(4000, 3000);
    let face = FaceBox {
        x: 2000.0,
        y: 1000.0,
        width: 300.0,
        height: 400.0,
    };
    for y in 1000..1400 {
        for x in 2000..2300 {
            scene.put_pixel(x, y, Rgb([255, 255, 255]));
        }
    }
    let (_, picture) = make(&jpeg(&scene), &RenditionLimits::default(), Some(&face));
    // 300 × 400 with 40 % on each side is 540 × 720, which fits as 480 × 640.
    assert_eq!((picture.width(), picture.height()), (480, 640));
    let white = picture.pixels().chunks(3).filter(|pixel| pixel[0] > 128).count();
    let part = white as f32 / (480.0 * 640.0);
    assert!((part - 1.0 / (1.8 * 1.8)).abs() < 0.01, "{part}");
    let near = FaceBox {
        x: 0.0,
        y: 0.0,
        width: 1500.0,
        height: 2000.0,
    };
    let (_, picture) = make(&jpeg(&scene), &RenditionLimits::default(), Some(&near));
    assert_eq!(
        (picture.width(), picture.height()),
        (640, 480),
        "large enough: the whole photo"
    );
}

#[test]
fn a_dialect_may_ask_for_a_least_side() {
    let limits = RenditionLimits {
        min_shorter_side: 300,
        ..RenditionLimits::default()
    };
    let (_, picture) = make(&jpeg(&RgbImage::new(150, 200)), &limits, None);
    assert_eq!((picture.width(), picture.height()), (300, 400));
}
