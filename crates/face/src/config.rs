//! The table `[face]`, the same for hub and terminal.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{ImageLimits, QualityLimits, Settings, Thresholds, models};

/// `[face]` of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaceConfig {
    /// At or over this cosine it is the person.
    pub accept: f32,
    /// Under this cosine it is a stranger.
    pub reject: f32,
    /// The least distance to the next best person.
    pub margin: f32,
    /// How many pictures are worked on at the same time; 0: as many as there are processors.
    pub threads: usize,
    /// The folder of the models; empty: `MENSHEN_MODELS`, the data folder's `models`, the user's data folder.
    pub models: String,
    /// `[face.photo]`: what is refused by its header.
    pub photo: ImageLimits,
    /// `[face.quality]`: what is refused for enrolment.
    pub quality: QualityLimits,
}

impl Default for FaceConfig {
    fn default() -> Self {
        let Thresholds {
            accept,
            reject,
            margin,
        } = Thresholds::default();
        Self {
            accept,
            reject,
            margin,
            threads: 0,
            models: String::new(),
            photo: ImageLimits::default(),
            quality: QualityLimits::default(),
        }
    }
}

impl FaceConfig {
    /// The thresholds, unchecked; see [`Thresholds::check`].
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        Thresholds {
            accept: self.accept,
            reject: self.reject,
            margin: self.margin,
        }
    }

    /// What [`crate::Engine::load`] takes.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings {
            threads: self.threads,
            photo: self.photo,
            quality: self.quality,
            ..Settings::default()
        }
    }

    /// Where the models are, given the role's data folder.
    #[must_use]
    pub fn models_directory(&self, data: &Path) -> PathBuf {
        let explicit = Some(Path::new(&self.models)).filter(|path| !path.as_os_str().is_empty());
        models::locate(explicit, Some(data))
    }
}
