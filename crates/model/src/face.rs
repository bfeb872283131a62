//! What a face engine says of a photo, in words that a person understands.

use serde::{Deserialize, Serialize};

/// Why a photo is refused for enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaceFault {
    /// No face was found.
    NoFace,
    /// More than one face was found.
    SeveralFaces,
    /// The face has too few pixels.
    TooSmall,
    /// The face is not sharp.
    Blurred,
    /// The face is under-exposed.
    Dark,
    /// The face is over-exposed.
    Bright,
    /// The head is turned, raised or tilted too far.
    Turned,
    /// The face touches the border of the picture.
    CutOff,
    /// The bytes are not a picture of a known format.
    NotAnImage,
    /// The picture has too many bytes or pixels.
    TooLarge,
}

impl FaceFault {
    /// The stable code, as in the API.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoFace => "no_face",
            Self::SeveralFaces => "several_faces",
            Self::TooSmall => "too_small",
            Self::Blurred => "blurred",
            Self::Dark => "dark",
            Self::Bright => "bright",
            Self::Turned => "turned",
            Self::CutOff => "cut_off",
            Self::NotAnImage => "not_an_image",
            Self::TooLarge => "too_large",
        }
    }

    /// What it means and what to do, in a sentence.
    #[must_use]
    pub fn explanation(self) -> &'static str {
        match self {
            Self::NoFace => "no face was found; use a frontal photo in which the face is clearly visible",
            Self::SeveralFaces => "more than one face was found; use a photo of this person alone",
            Self::TooSmall => "the face is too small; come closer or use a larger photo",
            Self::Blurred => "the face is blurred; hold still and focus",
            Self::Dark => "the face is too dark; add light from the front",
            Self::Bright => "the face is over-exposed; avoid direct light",
            Self::Turned => "the head is turned away; look straight into the camera",
            Self::CutOff => "the face is cut off by the border; leave room around the head",
            Self::NotAnImage => "this is not a JPEG, PNG, BMP or WebP picture",
            Self::TooLarge => "the picture is larger than allowed",
        }
    }
}

/// What was measured on the largest face of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PhotoQuality {
    /// The shorter side of the face's box, in pixels of the original picture.
    pub size: f32,
    /// Variance of the Laplacian of the aligned face's luminance; higher is sharper.
    pub sharpness: f32,
    /// Mean luminance of the aligned face, 0 (black) to 1 (white).
    pub exposure: f32,
    /// Turned left or right, in degrees, estimated from the landmarks.
    pub yaw: f32,
    /// Raised or lowered, in degrees, estimated.
    pub pitch: f32,
    /// Tilted, in degrees.
    pub roll: f32,
}
