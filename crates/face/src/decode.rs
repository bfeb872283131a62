//! Photo in: which format it is, whether its header promises too much, its pixels, upright.
//!
//! The format is told from the first bytes, never from a name or a content type. Nothing is decoded before the header
//! has been held against the limits.

use std::io::Cursor;

use image::codecs::{bmp::BmpDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError as CodecError, ImageFormat};
use model::FaceFault;
use serde::{Deserialize, Serialize};

use crate::picture::Picture;

/// Bytes per pixel of the largest format that is decoded at its full number of pixels: 8-bit RGBA. A 16-bit picture
/// may have half as many.
const BYTES_PER_PIXEL: u64 = 4;

/// What a picture may have before anything of it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImageLimits {
    /// Bytes of the file.
    pub max_bytes: u64,
    /// Width times height.
    pub max_pixels: u64,
    /// The longer side in pixels.
    pub max_side: u32,
}

impl Default for ImageLimits {
    /// 20 MB and 50 megapixels: more than a telephone's camera writes, about 200 MB in memory while decoding.
    fn default() -> Self {
        Self {
            max_bytes: 20_000_000,
            max_pixels: 50_000_000,
            max_side: 16_384,
        }
    }
}

/// Why bytes did not become a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Not one of the known formats, by the first bytes.
    #[error("this is not a JPEG, PNG, BMP or WebP picture")]
    NotAnImage,
    /// Past a limit, by length or header; nothing was decoded.
    #[error("the picture has {actual} {what}, {limit} are allowed")]
    TooLarge {
        /// `bytes`, `pixels` or `pixels on its longer side`.
        what: &'static str,
        /// What it has.
        actual: u64,
        /// What it may have.
        limit: u64,
    },
    /// The format is known but the content cannot be decoded.
    #[error("the picture is damaged or of an unknown kind: {0}")]
    Broken(String),
}

impl ImageError {
    /// The reason as the API names it. A damaged picture is no picture to the one who sent it.
    #[must_use]
    pub fn fault(&self) -> FaceFault {
        match self {
            Self::NotAnImage | Self::Broken(_) => FaceFault::NotAnImage,
            Self::TooLarge { .. } => FaceFault::TooLarge,
        }
    }
}

/// The media type of a picture by its first bytes, for the four formats that are read.
#[must_use]
pub fn media_type(bytes: &[u8]) -> Option<&'static str> {
    sniff(bytes).map(|format| format.to_mime_type())
}

/// Reads the sides of a picture from its header, upright, without decoding it.
///
/// # Errors
/// As [`decode`].
pub fn dimensions(bytes: &[u8], limits: &ImageLimits) -> Result<(u32, u32), ImageError> {
    with_decoder(bytes, limits, |mut decoder| {
        let (width, height) = decoder.dimensions();
        Ok(if swaps_sides(orientation(&mut *decoder)) {
            (height, width)
        } else {
            (width, height)
        })
    })
}

/// Decodes a JPEG, PNG, BMP or WebP picture, turned upright by its EXIF orientation. Transparency is dropped.
///
/// # Errors
/// [`ImageError::NotAnImage`] and [`ImageError::TooLarge`] before anything is decoded, [`ImageError::Broken`] after.
pub fn decode(bytes: &[u8], limits: &ImageLimits) -> Result<Picture, ImageError> {
    with_decoder(bytes, limits, |mut decoder| {
        let orientation = orientation(&mut *decoder);
        let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
        image.apply_orientation(orientation);
        let pixels = image.into_rgb8();
        let (width, height) = pixels.dimensions();
        Picture::from_rgb(width, height, pixels.into_raw())
            .ok_or_else(|| ImageError::Broken("it has no pixels".to_owned()))
    })
}

fn with_decoder<T>(
    bytes: &[u8],
    limits: &ImageLimits,
    work: impl FnOnce(Box<dyn ImageDecoder + '_>) -> Result<T, ImageError>,
) -> Result<T, ImageError> {
    let format = sniff(bytes).ok_or(ImageError::NotAnImage)?;
    check("bytes", bytes.len() as u64, limits.max_bytes)?;
    if let Some(sides) = png_sides(bytes, format) {
        check_sides(sides, limits)?;
    }
    let mut decoder = open(bytes, format, limits)?;
    check_sides(decoder.dimensions(), limits)?;
    let most = limits.max_pixels.saturating_mul(BYTES_PER_PIXEL);
    check("bytes when decoded", decoder.total_bytes(), most)?;
    decoder.set_limits(codec_limits(limits)).map_err(broken)?;
    work(decoder)
}

fn open<'a>(
    bytes: &'a [u8],
    format: ImageFormat,
    limits: &ImageLimits,
) -> Result<Box<dyn ImageDecoder + 'a>, ImageError> {
    let reader = Cursor::new(bytes);
    Ok(match format {
        ImageFormat::Jpeg => Box::new(JpegDecoder::new(reader).map_err(broken)?),
        ImageFormat::Png => Box::new(PngDecoder::with_limits(reader, codec_limits(limits)).map_err(broken)?),
        ImageFormat::Bmp => Box::new(BmpDecoder::new(reader).map_err(broken)?),
        _ => Box::new(WebPDecoder::new(reader).map_err(broken)?),
    })
}

fn sniff(bytes: &[u8]) -> Option<ImageFormat> {
    let format = image::guess_format(bytes).ok()?;
    let known = [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Bmp,
        ImageFormat::WebP,
    ];
    known.contains(&format).then_some(format)
}

/// A picture whose orientation cannot be read is taken as upright, as viewers do.
fn orientation(decoder: &mut dyn ImageDecoder) -> Orientation {
    decoder.orientation().unwrap_or(Orientation::NoTransforms)
}

fn swaps_sides(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

fn codec_limits(limits: &ImageLimits) -> image::Limits {
    let mut codec = image::Limits::default();
    codec.max_alloc = Some(
        limits
            .max_pixels
            .saturating_mul(BYTES_PER_PIXEL)
            .saturating_mul(2),
    );
    codec
}

/// The sides in a PNG's header, which is always in the same place: its decoder makes room for a row as it is opened.
fn png_sides(bytes: &[u8], format: ImageFormat) -> Option<(u32, u32)> {
    let sides = bytes.get(16..24).filter(|_| format == ImageFormat::Png)?;
    let (width, height) = sides.split_first_chunk::<4>()?;
    Some((
        u32::from_be_bytes(*width),
        u32::from_be_bytes(height.try_into().ok()?),
    ))
}

fn check_sides((width, height): (u32, u32), limits: &ImageLimits) -> Result<(), ImageError> {
    check(
        "pixels on its longer side",
        width.max(height).into(),
        limits.max_side.into(),
    )?;
    check("pixels", u64::from(width) * u64::from(height), limits.max_pixels)
}

fn check(what: &'static str, actual: u64, limit: u64) -> Result<(), ImageError> {
    if actual > limit {
        Err(ImageError::TooLarge { what, actual, limit })
    } else {
        Ok(())
    }
}

fn broken(error: CodecError) -> ImageError {
    ImageError::Broken(error.to_string())
}
