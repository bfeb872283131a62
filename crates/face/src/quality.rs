//! What is measured on a face, and when it is not good enough to enrol.

use model::{FaceFault, PhotoQuality};
use serde::{Deserialize, Serialize};

use crate::align::{ALIGNED_SIDE, Aligned};
use crate::engine::FaceFound;
use crate::geometry::{FaceBox, Point};

/// How far the nose tip stands out before the plane of eyes and mouth, in distances between the pupils.
const NOSE_DEPTH: f32 = 0.42;

/// Where the nose lies between eyes (0) and mouth (1) when one looks straight ahead: the alignment's own points.
const NOSE_HEIGHT: f32 = 0.50;

/// The exposure at which sharpness is compared.
const MEDIUM_EXPOSURE: f32 = 0.5;

/// Under this exposure the noise alone would look sharp.
const LEAST_EXPOSURE: f32 = 0.05;

/// Limits for enrolment. The defaults are argued in `docs/face.md`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QualityLimits {
    /// The least shorter side of the face's box, in pixels of the original.
    pub min_size: f32,
    /// The least score of the detector, 0 to 1. A frontal upright face has more; a face on its side or upside down, whose
    /// landmarks cannot be trusted, has less.
    pub min_score: f32,
    /// The least variance of the Laplacian of the aligned face.
    pub min_sharpness: f32,
    /// The least mean luminance, 0 to 1.
    pub min_exposure: f32,
    /// The greatest mean luminance, 0 to 1.
    pub max_exposure: f32,
    /// The furthest turn to a side, in degrees.
    pub max_yaw: f32,
    /// The furthest raising or lowering, in degrees.
    pub max_pitch: f32,
    /// The furthest tilt, in degrees.
    pub max_roll: f32,
    /// The least room between the face's box and each border of the picture, as a part of the box's side.
    pub min_room: f32,
    /// Another face counts from this part of the largest one's shorter side on, 0 to 1.
    pub other_face: f32,
}

impl Default for QualityLimits {
    fn default() -> Self {
        Self {
            min_size: 64.0,
            min_score: 0.89,
            min_sharpness: 15.0,
            min_exposure: 0.10,
            max_exposure: 0.88,
            max_yaw: 35.0,
            max_pitch: 30.0,
            max_roll: 30.0,
            min_room: 0.02,
            other_face: 0.30,
        }
    }
}

/// Measures a face. `bounds` in pixels of the original picture.
pub(crate) fn measure(bounds: &FaceBox, landmarks: &[Point; 5], aligned: &Aligned) -> PhotoQuality {
    let luminance = aligned.luminance();
    let exposure = luminance.iter().sum::<f32>() / luminance.len().max(1) as f32 / 255.0;
    let (yaw, pitch, roll) = pose(landmarks);
    PhotoQuality {
        size: bounds.shorter_side(),
        sharpness: sharpness(&luminance, exposure),
        exposure,
        yaw,
        pitch,
        roll,
    }
}

/// Everything that speaks against enrolling the face, in the order of importance. `others` are the other faces, all
/// boxes in pixels of the original picture of `sides`.
pub(crate) fn faults(
    limits: &QualityLimits,
    face: &FaceFound,
    others: &[FaceFound],
    sides: (u32, u32),
) -> Vec<FaceFault> {
    let quality = &face.quality;
    let side = face.bounds.shorter_side();
    let several = others
        .iter()
        .any(|other| other.bounds.shorter_side() >= limits.other_face * side);
    let turned = quality.yaw.abs() > limits.max_yaw
        || quality.pitch.abs() > limits.max_pitch
        || quality.roll.abs() > limits.max_roll;
    let mut found: Vec<FaceFault> = [
        (several, FaceFault::SeveralFaces),
        (quality.size < limits.min_size, FaceFault::TooSmall),
        (room(&face.bounds, sides) < limits.min_room, FaceFault::CutOff),
        (turned, FaceFault::Turned),
        (quality.exposure < limits.min_exposure, FaceFault::Dark),
        (quality.exposure > limits.max_exposure, FaceFault::Bright),
        (quality.sharpness < limits.min_sharpness, FaceFault::Blurred),
    ]
    .into_iter()
    .filter_map(|(holds, fault)| holds.then_some(fault))
    .collect();
    // Nothing else explains why the detector is not sure: the head is on its side.
    if found.is_empty() && face.score < limits.min_score {
        found.push(FaceFault::Turned);
    }
    found
}

/// The room between the box and the nearest border, as a part of the box's side; negative when it reaches past.
fn room(bounds: &FaceBox, (width, height): (u32, u32)) -> f32 {
    let part = |from: f32, length: f32, end: f32| from.min(end - from - length) / length.max(1.0);
    part(bounds.x, bounds.width, width as f32).min(part(bounds.y, bounds.height, height as f32))
}

/// Yaw (positive: the nose points to the right of the picture), pitch (positive: raised) and roll (positive:
/// clockwise in the picture), in degrees, from five points alone: an estimate to within about ten degrees.
fn pose([eye, other_eye, nose, mouth, other_mouth]: &[Point; 5]) -> (f32, f32, f32) {
    let roll = (other_eye.y - eye.y).atan2(other_eye.x - eye.x);
    let (sine, cosine) = roll.sin_cos();
    let upright = |point: &Point| Point {
        x: point.x * cosine + point.y * sine,
        y: point.y * cosine - point.x * sine,
    };
    let middle = |a: Point, b: Point| Point {
        x: (a.x + b.x) / 2.0,
        y: (a.y + b.y) / 2.0,
    };
    let distance = (other_eye.x - eye.x).hypot(other_eye.y - eye.y).max(1e-3);
    let eyes = middle(upright(eye), upright(other_eye));
    let lips = middle(upright(mouth), upright(other_mouth));
    let nose = upright(nose);
    let face_height = (lips.y - eyes.y).abs().max(1e-3);
    let height = ((nose.y - eyes.y) / face_height).clamp(-1.0, 2.0);
    // Where the line from eyes to mouth passes at the nose's height: its distance from there is the turn.
    let axis = eyes.x + (lips.x - eyes.x) * height;
    let yaw = ((nose.x - axis) / distance / NOSE_DEPTH).atan();
    let pitch = ((NOSE_HEIGHT - height) / NOSE_DEPTH).atan();
    (yaw.to_degrees(), pitch.to_degrees(), roll.to_degrees())
}

/// The variance of the Laplacian, as if the exposure were medium: the variance grows with the square of the light,
/// and a dark face is not a blurred one.
fn sharpness(luminance: &[f32], exposure: f32) -> f32 {
    let gain = f64::from(MEDIUM_EXPOSURE / exposure.max(LEAST_EXPOSURE));
    let side = ALIGNED_SIDE;
    let at = |x: usize, y: usize| luminance.get(y * side + x).copied().unwrap_or_default();
    let (mut sum, mut squares, mut count) = (0.0_f64, 0.0_f64, 0.0_f64);
    for y in 1..side - 1 {
        for x in 1..side - 1 {
            let edge = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4.0 * at(x, y);
            sum += f64::from(edge);
            squares += f64::from(edge) * f64::from(edge);
            count += 1.0;
        }
    }
    let mean = sum / count;
    ((squares / count - mean * mean).max(0.0) * gain * gain) as f32
}
