//! Alignment: the face turned, scaled and moved so that its landmarks lie where the embedding expects them.
#![allow(clippy::indexing_slicing)] // pixel arithmetic: every index is bounded by the sides beside it

use crate::geometry::Point;
use crate::picture::{CHANNELS, Picture};

/// Sides of the aligned face in pixels.
pub(crate) const ALIGNED_SIDE: usize = 112;

/// Where the five landmarks belong.
const TARGET: [Point; 5] = [
    Point {
        x: 38.2946,
        y: 51.6963,
    },
    Point {
        x: 73.5318,
        y: 51.5014,
    },
    Point {
        x: 56.0252,
        y: 71.7366,
    },
    Point {
        x: 41.5493,
        y: 92.3655,
    },
    Point {
        x: 70.7299,
        y: 92.2041,
    },
];

/// A face of 112 × 112, as three planes (red, green, blue) of numbers 0 to 255.
pub(crate) struct Aligned {
    planes: Vec<f32>,
}

impl Aligned {
    /// `[3, 112, 112]`, red, green, blue.
    pub(crate) fn planes(&self) -> &[f32] {
        &self.planes
    }

    /// `[112, 112]` luminance, 0 to 255 (ITU-R BT.601).
    pub(crate) fn luminance(&self) -> Vec<f32> {
        let plane = ALIGNED_SIDE * ALIGNED_SIDE;
        let (red, rest) = self.planes.split_at(plane);
        let (green, blue) = rest.split_at(plane);
        let pixels = red.iter().zip(green).zip(blue);
        pixels
            .map(|((red, green), blue)| 0.299 * red + 0.587 * green + 0.114 * blue)
            .collect()
    }
}

/// A similarity: `target = (a + bi) · source + (x + yi)`, points taken as complex numbers.
#[derive(Debug, Clone, Copy)]
struct Similarity {
    a: f64,
    b: f64,
    x: f64,
    y: f64,
}

impl Similarity {
    /// The least-squares similarity from `points` onto [`TARGET`], in closed form; `None` when the points are one.
    fn onto_target(points: &[Point; 5]) -> Option<Self> {
        let mean = |points: &[Point; 5]| {
            let x: f64 = points.iter().map(|point| f64::from(point.x)).sum();
            let y: f64 = points.iter().map(|point| f64::from(point.y)).sum();
            (x / 5.0, y / 5.0)
        };
        let (from, to) = (mean(points), mean(&TARGET));
        let (mut a, mut b, mut spread) = (0.0, 0.0, 0.0);
        for (point, target) in points.iter().zip(&TARGET) {
            let (px, py) = (f64::from(point.x) - from.0, f64::from(point.y) - from.1);
            let (tx, ty) = (f64::from(target.x) - to.0, f64::from(target.y) - to.1);
            a += px * tx + py * ty;
            b += px * ty - py * tx;
            spread += px * px + py * py;
        }
        let (a, b) = (a / spread, b / spread);
        let found = Self {
            a,
            b,
            x: to.0 - a * from.0 + b * from.1,
            y: to.1 - b * from.0 - a * from.1,
        };
        (found.a.hypot(found.b).is_normal() && found.x.is_finite() && found.y.is_finite()).then_some(found)
    }

    /// The way back.
    fn inverse(self) -> Self {
        let square = self.a * self.a + self.b * self.b;
        let (a, b) = (self.a / square, -self.b / square);
        Self {
            a,
            b,
            x: -(a * self.x - b * self.y),
            y: -(b * self.x + a * self.y),
        }
    }

    fn apply(self, x: f64, y: f64) -> (f64, f64) {
        (self.a * x - self.b * y + self.x, self.b * x + self.a * y + self.y)
    }
}

/// Aligns a face by bilinear sampling; what lies outside the picture is black. `None` when the landmarks span no face.
pub(crate) fn align(picture: &Picture, landmarks: &[Point; 5]) -> Option<Aligned> {
    let back = Similarity::onto_target(landmarks)?.inverse();
    let plane = ALIGNED_SIDE * ALIGNED_SIDE;
    let mut planes = vec![0.0_f32; CHANNELS * plane];
    for row in 0..ALIGNED_SIDE {
        for column in 0..ALIGNED_SIDE {
            let (x, y) = back.apply(column as f64, row as f64);
            let pixel = sample(picture, x as f32, y as f32);
            for (channel, value) in pixel.into_iter().enumerate() {
                planes[channel * plane + row * ALIGNED_SIDE + column] = value.round();
            }
        }
    }
    Some(Aligned { planes })
}

/// The colour at a point between four pixels.
fn sample(picture: &Picture, x: f32, y: f32) -> [f32; CHANNELS] {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let mut colour = [0.0; CHANNELS];
    if !(x > -1.0 && y > -1.0 && x < width && y < height) {
        return colour;
    }
    let (left, top) = (x.floor(), y.floor());
    let (part_x, part_y) = (x - left, y - top);
    let corners = [
        (left, top, (1.0 - part_x) * (1.0 - part_y)),
        (left + 1.0, top, part_x * (1.0 - part_y)),
        (left, top + 1.0, (1.0 - part_x) * part_y),
        (left + 1.0, top + 1.0, part_x * part_y),
    ];
    for (column, row, weight) in corners {
        if column >= 0.0 && row >= 0.0 && column < width && row < height {
            let start = (row as usize * picture.width() as usize + column as usize) * CHANNELS;
            let pixel = &picture.pixels()[start..start + CHANNELS];
            for (sum, value) in colour.iter_mut().zip(pixel) {
                *sum += weight * f32::from(*value);
            }
        }
    }
    colour
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_similarity_brings_landmarks_back() {
        let turned = Similarity {
            a: 1.7,
            b: -0.8,
            x: 120.0,
            y: 33.0,
        };
        let points = TARGET.map(|point| {
            let (x, y) = turned.apply(point.x.into(), point.y.into());
            Point {
                x: x as f32,
                y: y as f32,
            }
        });
        let found = Similarity::onto_target(&points).unwrap();
        for (point, target) in points.iter().zip(&TARGET) {
            let (x, y) = found.apply(point.x.into(), point.y.into());
            assert!((x - f64::from(target.x)).abs() < 1e-3 && (y - f64::from(target.y)).abs() < 1e-3);
            let (x, y) = found.inverse().apply(x, y);
            assert!((x - f64::from(point.x)).abs() < 1e-3 && (y - f64::from(point.y)).abs() < 1e-3);
        }
    }

    #[test]
    fn landmarks_in_one_point_are_no_face() {
        assert!(Similarity::onto_target(&[Point { x: 3.0, y: 4.0 }; 5]).is_none());
        assert!(Similarity::onto_target(&[Point { x: f32::NAN, y: 4.0 }; 5]).is_none());
    }

    #[test]
    fn an_aligned_picture_is_itself_and_its_outside_black() {
        let pixels = (0..112 * 112)
            .flat_map(|index| [(index % 251) as u8, 9, 200])
            .collect();
        let picture = Picture::from_rgb(112, 112, pixels).unwrap();
        let aligned = align(&picture, &TARGET).unwrap();
        let plane = ALIGNED_SIDE * ALIGNED_SIDE;
        let wrong = (0..plane)
            .filter(|index| aligned.planes()[*index] != (index % 251) as f32)
            .count();
        assert!(wrong < plane / 100, "{wrong} pixels differ");
        let far = TARGET.map(|point| Point {
            x: point.x + 500.0,
            y: point.y,
        });
        assert!(
            align(&picture, &far)
                .unwrap()
                .planes()
                .iter()
                .all(|value| *value == 0.0)
        );
    }
}
