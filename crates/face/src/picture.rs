//! A decoded picture: upright, 8-bit RGB.

use std::borrow::Cow;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::geometry::FaceBox;

/// Bytes of a pixel.
pub(crate) const CHANNELS: usize = 3;

/// Pixels in rows from the top left, red, green, blue, 8 bits each.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Picture({} × {})", self.width, self.height)
    }
}

impl Picture {
    /// Takes pixels over; `None` when a side is 0 or their number does not fit.
    #[must_use]
    pub fn from_rgb(width: u32, height: u32, pixels: Vec<u8>) -> Option<Self> {
        let expected = (width as usize)
            .checked_mul(height as usize)?
            .checked_mul(CHANNELS)?;
        (expected > 0 && pixels.len() == expected).then_some(Self {
            width,
            height,
            pixels,
        })
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, `width · height · 3` bytes.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Brings the longer side to `side` by averaging areas; a smaller picture stays as it is.
    #[must_use]
    pub fn shrunk_to(&self, side: u32) -> Cow<'_, Self> {
        let longer = self.width.max(self.height);
        if longer <= side {
            return Cow::Borrowed(self);
        }
        let factor = f64::from(side) / f64::from(longer);
        let (width, height) = (scaled(self.width, factor), scaled(self.height, factor));
        Cow::Owned(self.resized(width, height, FilterType::Box))
    }

    /// The picture in another size, both sides at least 1.
    pub(crate) fn resized(&self, width: u32, height: u32, filter: FilterType) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let mut target = Image::new(width, height, PixelType::U8x3);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
        let done = ImageRef::new(self.width, self.height, &self.pixels, PixelType::U8x3)
            .is_ok_and(|source| Resizer::new().resize(&source, &mut target, &options).is_ok());
        // Both pictures have pixels of the same kind and sizes over 0, which is all that resizing can refuse.
        debug_assert!(done, "resizing {self:?} to {width} × {height}");
        Self {
            width,
            height,
            pixels: target.into_vec(),
        }
    }

    /// The columns and rows under `bounds`, from (inclusive) and to (exclusive): left, top, right, bottom. At least one
    /// pixel.
    pub(crate) fn inside(&self, bounds: &FaceBox) -> (u32, u32, u32, u32) {
        let clamp = |value: f32, last: u32| (value.max(0.0) as u32).min(last);
        let left = clamp(bounds.x, self.width.saturating_sub(1));
        let top = clamp(bounds.y, self.height.saturating_sub(1));
        let right = clamp((bounds.x + bounds.width).ceil(), self.width).max(left + 1);
        let bottom = clamp((bounds.y + bounds.height).ceil(), self.height).max(top + 1);
        (left, top, right, bottom)
    }

    /// The part of the picture under `bounds`, at least one pixel.
    pub(crate) fn cropped(&self, bounds: &FaceBox) -> Self {
        let (left, top, right, bottom) = self.inside(bounds);
        let row = self.width as usize * CHANNELS;
        let pixels = self
            .pixels
            .chunks_exact(row)
            .skip(top as usize)
            .take((bottom - top) as usize)
            .filter_map(|line| line.get(left as usize * CHANNELS..right as usize * CHANNELS))
            .flatten()
            .copied()
            .collect();
        Self {
            width: right - left,
            height: bottom - top,
            pixels,
        }
    }
}

/// A side scaled and rounded, at least 1.
pub(crate) fn scaled(side: u32, factor: f64) -> u32 {
    ((f64::from(side) * factor).round() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(width: u32, height: u32) -> Picture {
        let pixels = (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 7]))
            .collect();
        Picture::from_rgb(width, height, pixels).unwrap()
    }

    #[test]
    fn shrinking_averages_and_never_enlarges() {
        let picture = gradient(200, 100);
        let shrunk = picture.shrunk_to(100);
        assert_eq!((shrunk.width(), shrunk.height()), (100, 50));
        assert_eq!(
            &shrunk.pixels()[..3],
            &[1, 1, 7],
            "0 and 1 average to 0.5, rounded up"
        );
        assert_eq!(*picture.shrunk_to(640), picture);
    }

    #[test]
    fn a_crop_stays_inside() {
        let picture = gradient(20, 10);
        let part = picture.cropped(&FaceBox {
            x: 15.0,
            y: -3.0,
            width: 100.0,
            height: 5.0,
        });
        assert_eq!((part.width(), part.height()), (5, 2));
        assert_eq!(&part.pixels()[..3], &[15, 0, 7]);
        let nothing = picture.cropped(&FaceBox {
            x: 90.0,
            y: 90.0,
            width: 0.0,
            height: -4.0,
        });
        assert_eq!((nothing.width(), nothing.height()), (1, 1));
    }

    #[test]
    fn pixels_must_fit_the_sides() {
        assert!(Picture::from_rgb(2, 2, vec![0; 11]).is_none());
        assert!(Picture::from_rgb(0, 2, Vec::new()).is_none());
        assert!(Picture::from_rgb(u32::MAX, u32::MAX, Vec::new()).is_none());
    }
}
