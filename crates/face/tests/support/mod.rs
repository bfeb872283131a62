//! The engine and the photos for the tests that need them. A missing file fails the test: `cargo xtask test` installs
//! them first.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use face::{Engine, Picture, Settings, models, samples};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, RgbImage};

pub const OBAMA: &str = "obama.jpg";
pub const OBAMA_SPEAKING: &str = "obama2.jpg";
pub const BIDEN: &str = "biden.jpg";
pub const ASTRONAUT: &str = "astronaut.png";

/// The engine with default settings.
pub fn engine() -> Engine {
    Engine::load(&models::default_directory(), Settings::default())
        .unwrap_or_else(|error| panic!("{error}; `cargo xtask test` installs the models first"))
}

/// A sample photo's bytes.
pub fn sample(name: &str) -> Vec<u8> {
    let path = samples::default_directory().join(name);
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; `cargo xtask test` installs the photos first",
            path.display()
        )
    })
}

/// A sample photo, decoded by the `image` crate.
pub fn sample_image(name: &str) -> RgbImage {
    image::load_from_memory(&sample(name)).unwrap().into_rgb8()
}

/// A JPEG of quality 90.
pub fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode_image(&DynamicImage::ImageRgb8(image.clone()))
        .unwrap();
    bytes
}

/// A picture of the engine's.
pub fn picture(image: RgbImage) -> Picture {
    let (width, height) = image.dimensions();
    Picture::from_rgb(width, height, image.into_raw()).unwrap()
}

/// The photo with every channel times `gain` plus `offset`.
pub fn lit(mut image: RgbImage, gain: f32, offset: f32) -> RgbImage {
    for value in image.as_flat_samples_mut().samples {
        *value = (f32::from(*value) * gain + offset).clamp(0.0, 255.0) as u8;
    }
    image
}

/// A JPEG with an EXIF orientation, 1 to 8, right after its start.
pub fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tiff = [
        b"Exif\0\0II*\0\x08\0\0\0\x01\0".as_slice(),
        &[0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let length = u16::try_from(tiff.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &tiff, &jpeg[2..]].concat()
}
