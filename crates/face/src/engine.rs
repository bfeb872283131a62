//! The engine: everything about one photo, from bytes to template.

use std::path::{Path, PathBuf};

use model::{FaceFault, PhotoQuality};
use serde::Serialize;

use crate::align::align;
use crate::decode::{ImageError, ImageLimits, decode};
use crate::detect::{Detector, DetectorSettings};
use crate::embed::Embedder;
use crate::geometry::{Detection, FaceBox, Point};
use crate::models;
use crate::picture::Picture;
use crate::quality::{self, QualityLimits};
use crate::template::Template;
use crate::view::View;
use crate::workers::{Worker, Workers};

/// A face whose shorter side has at least this many pixels in the shrunk photo is not looked at more closely.
const LARGE_ENOUGH: f32 = 64.0;

/// From this overlap on, two finds are the same face.
const SAME_FACE: f32 = 0.3;

/// How an engine works.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Settings {
    /// How many pictures are worked on at the same time; 0: as many as there are processors.
    pub threads: usize,
    /// What is refused by its header.
    pub photo: ImageLimits,
    /// What is a face.
    pub detector: DetectorSettings,
    /// What is good enough to enrol.
    pub quality: QualityLimits,
}

/// Both networks, shared by reference ([`std::sync::Arc`]); calls from more threads than it has workers wait.
#[derive(Debug)]
pub struct Engine {
    detector: Detector,
    embedder: Embedder,
    workers: Workers,
    settings: Settings,
}

/// Why an engine could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A model file is not there.
    #[error("the face models are not in {}: run `menshen models install`, or set MENSHEN_MODELS to their folder", directory.display())]
    Missing {
        /// Where they were looked for.
        directory: PathBuf,
    },
    /// A model file is there but is not the pinned one, or cannot be read.
    #[error(transparent)]
    Model(#[from] models::ModelError),
    /// The inference library does not take it.
    #[error("the face model cannot be loaded: {0}")]
    Network(String),
}

impl LoadError {
    pub(crate) fn network(error: impl std::fmt::Display) -> Self {
        Self::Network(error.to_string())
    }
}

/// Why a network did not run: a fault of the programme or the model, not of the picture.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The inference library refused.
    #[error("the face network failed: {0}")]
    Network(#[from] rten::RunError),
    /// The output has another shape than expected.
    #[error("the face network gave something unexpected: {0}")]
    Shape(String),
}

impl RunError {
    pub(crate) fn shape(error: impl std::fmt::Display) -> Self {
        Self::Shape(error.to_string())
    }
}

/// One face of a photo, in pixels of the upright original.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaceFound {
    /// Where it is: `[x, y, width, height]`.
    #[serde(rename = "box")]
    pub bounds: FaceBox,
    /// Eye, eye, nose, mouth corner, mouth corner; those at the left of the picture first.
    pub landmarks: [Point; 5],
    /// How sure the detector is, 0 to 1.
    pub score: f32,
    /// What was measured on it.
    pub quality: PhotoQuality,
}

/// What an engine says of a photo. Serialises as the object of `menshen face check --json` without its path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Examination {
    /// Pixels in a row of the upright original.
    pub width: u32,
    /// Rows of the upright original.
    pub height: u32,
    /// All faces, the largest first.
    pub faces: Vec<FaceFound>,
    /// Whether the photo is good enough to enrol: no faults.
    pub usable: bool,
    /// What speaks against enrolling it.
    #[serde(rename = "reasons")]
    pub faults: Vec<FaceFault>,
    /// The largest face.
    #[serde(skip)]
    pub template: Option<Template>,
    /// The largest face's quality, also in `faces`.
    #[serde(skip)]
    pub quality: Option<PhotoQuality>,
}

impl Examination {
    /// What is said of bytes that did not become a picture.
    #[must_use]
    pub fn refused(error: &ImageError) -> Self {
        let faults = vec![error.fault()];
        Self {
            width: 0,
            height: 0,
            faces: Vec::new(),
            usable: false,
            faults,
            template: None,
            quality: None,
        }
    }
}

/// Why a photo was not examined.
#[derive(Debug, thiserror::Error)]
pub enum ExamineError {
    /// The bytes are not a picture that is accepted.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The engine failed.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl Engine {
    /// Loads both models from a folder, checks their hashes and folds them: under a second.
    ///
    /// # Errors
    /// [`LoadError::Missing`] says what to do; the others that a file is not the pinned one.
    pub fn load(directory: &Path, settings: Settings) -> Result<Self, LoadError> {
        let folded = models::load(directory)?;
        Ok(Self {
            detector: Detector::new(folded.detector, settings.detector)?,
            embedder: Embedder::new(folded.embedder)?,
            workers: Workers::new(settings.threads),
            settings,
        })
    }

    /// Decodes a photo and examines it. Blocking: milliseconds to tenths of a second.
    ///
    /// # Errors
    /// [`ImageError`] when the bytes are not a picture or too large. A picture without a face is no error:
    /// [`FaceFault::NoFace`] is among its faults.
    pub fn examine(&self, bytes: &[u8]) -> Result<Examination, ExamineError> {
        let worker = self.workers.take();
        let picture = decode(bytes, &self.settings.photo)?;
        Ok(self.examine_with(&picture, &worker)?)
    }

    /// Examines a decoded picture.
    ///
    /// # Errors
    /// [`RunError`] when a network fails, which it does not on any picture.
    pub fn examine_picture(&self, picture: &Picture) -> Result<Examination, RunError> {
        self.examine_with(picture, &self.workers.take())
    }

    /// Finds faces only, the largest first, in pixels of the given picture.
    ///
    /// # Errors
    /// As [`Engine::examine_picture`].
    pub fn detect(&self, picture: &Picture) -> Result<Vec<Detection>, RunError> {
        let worker = self.workers.take();
        let view = View::whole(picture);
        let found = self.detector.detect(&view.picture, worker.pool())?;
        Ok(found.iter().map(|face| view.in_original(face)).collect())
    }

    /// Embeds the face with these landmarks of a picture whose longer side is at most 640.
    ///
    /// # Errors
    /// As [`Engine::examine_picture`].
    pub fn embed(&self, picture: &Picture, landmarks: &[Point; 5]) -> Result<Option<Template>, RunError> {
        let worker = self.workers.take();
        self.embedder.embed(picture, landmarks, worker.pool())
    }

    /// The settings it was loaded with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    fn examine_with(&self, picture: &Picture, worker: &Worker<'_>) -> Result<Examination, RunError> {
        let view = View::whole(picture);
        let mut faces = Vec::new();
        let mut template = None;
        for (index, small) in self
            .detector
            .detect(&view.picture, worker.pool())?
            .iter()
            .enumerate()
        {
            let closer = if index == 0 {
                self.closer(picture, &view, small, worker)?
            } else {
                None
            };
            let (view, small) = closer
                .as_ref()
                .map_or((&view, small), |(view, small)| (view, small));
            let Some(aligned) = align(&view.picture, &small.landmarks) else {
                continue;
            };
            let Detection {
                bounds,
                landmarks,
                score,
            } = view.in_original(small);
            let quality = quality::measure(&bounds, &landmarks, &aligned);
            faces.push(FaceFound {
                bounds,
                landmarks,
                score,
                quality,
            });
            if index == 0 {
                template = Some(self.embedder.embed_aligned(&aligned, worker.pool())?);
            }
        }
        let (width, height) = (picture.width(), picture.height());
        let faults = self.faults(&faces, (width, height));
        let quality = faces.first().map(|face| face.quality);
        Ok(Examination {
            width,
            height,
            faces,
            usable: faults.is_empty(),
            faults,
            template,
            quality,
        })
    }

    /// A closer look at a face that became small only because a large photo was shrunk; `None` when there is nothing
    /// to gain.
    fn closer<'a>(
        &self,
        picture: &'a Picture,
        whole: &View<'_>,
        small: &Detection,
        worker: &Worker<'_>,
    ) -> Result<Option<(View<'a>, Detection)>, RunError> {
        if whole.factor <= 1.0 || small.bounds.shorter_side() >= LARGE_ENOUGH {
            return Ok(None);
        }
        let face = whole.in_original(small);
        let view = View::around(picture, &face.bounds);
        let found = self.detector.detect(&view.picture, worker.pool())?;
        let same = |seen: &Detection| view.in_original(seen).bounds.overlap(&face.bounds);
        let best = found.into_iter().max_by(|a, b| same(a).total_cmp(&same(b)));
        Ok(best
            .filter(|seen| same(seen) >= SAME_FACE)
            .map(|seen| (view, seen)))
    }

    fn faults(&self, faces: &[FaceFound], sides: (u32, u32)) -> Vec<FaceFault> {
        match faces {
            [] => vec![FaceFault::NoFace],
            [face, others @ ..] => quality::faults(&self.settings.quality, face, others, sides),
        }
    }
}
