//! The picture that devices are shown: grey, without a face.

use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Cursor;

/// Its size, pixels: what every dialect takes.
const PIXELS: (u32, u32) = (640, 480);
/// Its grey.
const GREY: u8 = 0x80;

/// A JPEG.
#[must_use]
pub(super) fn grey() -> Vec<u8> {
    let picture = RgbImage::from_pixel(PIXELS.0, PIXELS.1, image::Rgb([GREY; 3]));
    let mut jpeg = Cursor::new(Vec::new());
    let written = DynamicImage::ImageRgb8(picture).write_to(&mut jpeg, ImageFormat::Jpeg);
    debug_assert!(written.is_ok(), "a picture in memory is written");
    jpeg.into_inner()
}
