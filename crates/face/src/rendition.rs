//! Renditions: the picture of a person as a device takes it.

use fast_image_resize::FilterType;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use serde::{Deserialize, Serialize};

use crate::decode::{ImageError, ImageLimits, decode};
use crate::geometry::FaceBox;
use crate::picture::{Picture, scaled};

/// What a rendition may have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RenditionLimits {
    /// The longer side, in pixels.
    pub max_longer_side: u32,
    /// The shorter side, in pixels.
    pub max_shorter_side: u32,
    /// The shorter side is enlarged to this many pixels; 0: never enlarged.
    pub min_shorter_side: u32,
    /// Bytes of the JPEG.
    pub max_bytes: usize,
    /// Under this many pixels of the face's shorter side the picture is cropped around the face first.
    pub min_face: f32,
    /// What remains around a cropped face on each side, as a part of the face's sides.
    pub margin: f32,
    /// The first JPEG quality that is tried, 1 to 100.
    pub best_quality: u8,
    /// The last one; after it the picture is made smaller.
    pub least_quality: u8,
}

impl Default for RenditionLimits {
    fn default() -> Self {
        Self {
            max_longer_side: 640,
            max_shorter_side: 480,
            min_shorter_side: 0,
            max_bytes: 300_000,
            min_face: 120.0,
            margin: 0.40,
            best_quality: 90,
            least_quality: 60,
        }
    }
}

/// From one JPEG quality to the next.
const QUALITY_STEP: usize = 10;

/// From one size to the next when even the least quality has too many bytes.
const SIZE_STEP: f64 = 0.8;

/// Under this many pixels of the longer side it is not made smaller: the limit on bytes cannot be kept.
const LEAST_SIDE: u32 = 32;

/// Makes a rendition: JPEG, upright, without metadata, cropped and shrunk to the limits. `face` in pixels of the
/// upright original, as [`crate::FaceFound::bounds`] has it.
///
/// # Errors
/// Those of [`decode`], and [`ImageError::TooLarge`] when no size keeps `max_bytes`.
pub fn rendition(
    bytes: &[u8],
    photo: &ImageLimits,
    limits: &RenditionLimits,
    face: Option<&FaceBox>,
) -> Result<Vec<u8>, ImageError> {
    let picture = decode(bytes, photo)?;
    let small = face.filter(|face| {
        let fit = fit(&picture, limits).min(1.0) as f32;
        face.shorter_side() * fit < limits.min_face
    });
    let picture = match small {
        Some(face) => picture.cropped(&face.widened(limits.margin)),
        None => picture,
    };
    let mut current = sized(picture, limits);
    loop {
        let mut least = 0;
        for quality in (limits.least_quality..=limits.best_quality)
            .rev()
            .step_by(QUALITY_STEP)
        {
            let jpeg = jpeg(&current, quality)?;
            if jpeg.len() <= limits.max_bytes {
                return Ok(jpeg);
            }
            least = jpeg.len();
        }
        if current.width().max(current.height()) <= LEAST_SIDE {
            return Err(ImageError::TooLarge {
                what: "bytes at the smallest size",
                actual: least as u64,
                limit: limits.max_bytes as u64,
            });
        }
        let (width, height) = (
            scaled(current.width(), SIZE_STEP),
            scaled(current.height(), SIZE_STEP),
        );
        current = current.resized(width, height, FilterType::Box);
    }
}

/// How many times as large the picture becomes when it fits both sides.
fn fit(picture: &Picture, limits: &RenditionLimits) -> f64 {
    let (longer, shorter) = (
        picture.width().max(picture.height()),
        picture.width().min(picture.height()),
    );
    let longer = f64::from(limits.max_longer_side) / f64::from(longer);
    longer.min(f64::from(limits.max_shorter_side) / f64::from(shorter))
}

fn sized(picture: Picture, limits: &RenditionLimits) -> Picture {
    let shorter = picture.width().min(picture.height());
    let enlarged = f64::from(limits.min_shorter_side) / f64::from(shorter);
    let factor = fit(&picture, limits).min(enlarged.max(1.0));
    if (factor - 1.0).abs() < f64::EPSILON {
        return picture;
    }
    let filter = if factor < 1.0 {
        FilterType::Box
    } else {
        FilterType::CatmullRom
    };
    picture.resized(
        scaled(picture.width(), factor),
        scaled(picture.height(), factor),
        filter,
    )
}

fn jpeg(picture: &Picture, quality: u8) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .write_image(
            picture.pixels(),
            picture.width(),
            picture.height(),
            ExtendedColorType::Rgb8,
        )
        .map_err(|error| ImageError::Broken(error.to_string()))?;
    Ok(bytes)
}
