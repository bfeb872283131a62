//! Photo in, person out: decoding, detection, alignment, embedding, quality, and the gallery one searches.
//!
//! Everything here is blocking CPU work on bytes; callers move it off their async threads. The networks are YuNet
//! (detection) and SFace (embedding); `docs/face.md` argues the defaults.

mod align;
mod config;
pub mod decode;
mod detect;
mod embed;
mod engine;
mod gallery;
pub mod gallery_file;
mod geometry;
pub mod models;
mod picture;
mod quality;
mod ranking;
mod rendition;
pub mod samples;
mod template;
mod thresholds;
mod view;
mod workers;

pub use config::FaceConfig;
pub use decode::{ImageError, ImageLimits};
pub use detect::{Detector, DetectorSettings};
pub use embed::Embedder;
pub use engine::{Engine, Examination, ExamineError, FaceFound, LoadError, RunError, Settings};
pub use gallery::{Gallery, Top2};
pub use geometry::{Detection, FaceBox, Point};
pub use picture::Picture;
pub use quality::QualityLimits;
pub use rendition::{RenditionLimits, rendition};
pub use template::{MODEL_VERSION, TEMPLATE_BYTES, TEMPLATE_LENGTH, Template, TemplateError};
pub use thresholds::{Thresholds, ThresholdsError, Verdict};
