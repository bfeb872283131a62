//! Points and boxes in pixels, and what a detector finds.

use serde::{Serialize, Serializer};

/// A point in pixels, from the top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Downwards.
    pub y: f32,
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.x, self.y].serialize(serializer)
    }
}

/// Where a face is, in pixels; may reach past the picture. Serialised as `[x, y, width, height]`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FaceBox {
    /// Left border.
    pub x: f32,
    /// Upper border.
    pub y: f32,
    /// To the right border.
    pub width: f32,
    /// To the lower border.
    pub height: f32,
}

impl FaceBox {
    /// The area in square pixels.
    #[must_use]
    pub fn area(&self) -> f32 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    /// The shorter side in pixels.
    #[must_use]
    pub fn shorter_side(&self) -> f32 {
        self.width.min(self.height)
    }

    /// How much two boxes are one: intersection over union, 0 to 1.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> f32 {
        let width = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let height = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        let shared = width.max(0.0) * height.max(0.0);
        let all = self.area() + other.area() - shared;
        if all > 0.0 { shared / all } else { 0.0 }
    }

    /// The box with more on each side: `part` of its own width and height.
    #[must_use]
    pub fn widened(&self, part: f32) -> Self {
        Self {
            x: self.x - part * self.width,
            y: self.y - part * self.height,
            width: self.width * (1.0 + 2.0 * part),
            height: self.height * (1.0 + 2.0 * part),
        }
    }

    /// The same box in a picture `factor` times as large.
    #[must_use]
    pub fn scaled(&self, factor: f32) -> Self {
        Self {
            x: self.x * factor,
            y: self.y * factor,
            width: self.width * factor,
            height: self.height * factor,
        }
    }
}

impl Serialize for FaceBox {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.x, self.y, self.width, self.height].serialize(serializer)
    }
}

/// One face as the detector sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Where it is.
    pub bounds: FaceBox,
    /// The eye at the left of the picture (the person's right one), the other eye, nose, the mouth corner at the
    /// left of the picture, the other mouth corner.
    pub landmarks: [Point; 5],
    /// How sure the detector is, 0 to 1.
    pub score: f32,
}

impl Detection {
    /// The same face in a picture that begins further up and to the left by `by`.
    #[must_use]
    pub fn moved(&self, by: Point) -> Self {
        let moved = |point: Point| Point {
            x: point.x + by.x,
            y: point.y + by.y,
        };
        let bounds = FaceBox {
            x: self.bounds.x + by.x,
            y: self.bounds.y + by.y,
            ..self.bounds
        };
        Self {
            bounds,
            landmarks: self.landmarks.map(moved),
            score: self.score,
        }
    }

    /// The same face in a picture `factor` times as large.
    #[must_use]
    pub fn scaled(&self, factor: f32) -> Self {
        Self {
            bounds: self.bounds.scaled(factor),
            landmarks: self.landmarks.map(|point| Point {
                x: point.x * factor,
                y: point.y * factor,
            }),
            score: self.score,
        }
    }
}
