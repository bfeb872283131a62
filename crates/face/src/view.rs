//! A part of a picture at the size at which faces are looked for and aligned.

use std::borrow::Cow;

use crate::geometry::{Detection, FaceBox, Point};
use crate::picture::Picture;

/// The longer side at which a whole picture is looked at. From full resolution, alignment would alias: shrinking first
/// brings embeddings closer to the reference.
const WHOLE_SIDE: u32 = 640;

/// The longer side at which a part is looked at.
const PART_SIDE: u32 = 400;

/// What a part shows around a face on each side, as a part of the face's sides.
const ROOM: f32 = 1.0;

/// What one looks at.
pub(crate) struct View<'a> {
    pub(crate) picture: Cow<'a, Picture>,
    /// Pixels of the original per pixel.
    pub(crate) factor: f32,
    corner: Point,
}

impl<'a> View<'a> {
    /// The whole picture.
    pub(crate) fn whole(picture: &'a Picture) -> Self {
        let shrunk = picture.shrunk_to(WHOLE_SIDE);
        Self {
            factor: factor(picture, &shrunk),
            picture: shrunk,
            corner: Point::default(),
        }
    }

    /// A face and its surroundings.
    pub(crate) fn around(picture: &'a Picture, face: &FaceBox) -> Self {
        let bounds = face.widened(ROOM);
        let (left, top, ..) = picture.inside(&bounds);
        let part = picture.cropped(&bounds);
        let shrunk = part.shrunk_to(PART_SIDE).into_owned();
        let corner = Point {
            x: left as f32,
            y: top as f32,
        };
        Self {
            factor: factor(&part, &shrunk),
            picture: Cow::Owned(shrunk),
            corner,
        }
    }

    /// A find in pixels of the original.
    pub(crate) fn in_original(&self, face: &Detection) -> Detection {
        face.scaled(self.factor).moved(self.corner)
    }
}

/// How many times as large the original is.
fn factor(original: &Picture, shrunk: &Picture) -> f32 {
    original.width().max(original.height()) as f32 / shrunk.width().max(shrunk.height()) as f32
}
