//! The face engine in the hub, and the gallery of everyone whose photo was looked at.

use crate::api::problem::{FieldError, Problem};
use crate::config::HubConfig;
use axum::body::Bytes;
use axum::http::StatusCode;
use face::{Engine, Examination, ExamineError, Gallery, ImageLimits, Settings, Template, Thresholds};
use model::{FaceFault, PersonId};
use std::sync::Arc;
use store::StoreError;
use store::hub::people::People;
use tokio::sync::Semaphore;

/// Templates read from the store at a time.
const TEMPLATES_PER_READ: u32 = 1000;

/// Why a photo could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum RecognitionError {
    /// There are no models; the text says what to do.
    #[error("{0}")]
    Missing(String),
    /// The bytes are not a picture, or one that is too large.
    #[error("{}", .0.explanation())]
    Picture(FaceFault),
    /// The engine failed.
    #[error("the face engine failed: {0}")]
    Failed(String),
}

/// The engine, where there are models, and the faces of everyone.
#[derive(Debug)]
pub struct Recognition {
    engine: Result<Arc<Engine>, String>,
    limits: ImageLimits,
    thresholds: Thresholds,
    gallery: Gallery<PersonId>,
    /// Photos looked at at a time; the rest wait here instead of on threads.
    turns: Semaphore,
}

impl Recognition {
    /// With the engine that is loaded already, else that of the configured folder. Without models the hub runs all the
    /// same, and the log says so.
    pub async fn load(config: &HubConfig, engine: Option<Arc<Engine>>) -> Self {
        let limits = ImageLimits {
            max_bytes: config.face.photo.max_bytes.min(config.photo_bytes() as u64),
            ..config.face.photo
        };
        let settings = Settings {
            photo: limits,
            ..config.face.settings()
        };
        let directory = config.face.models_directory(&config.hub.data);
        let loading = tokio::task::spawn_blocking(move || match engine {
            Some(engine) => Ok(engine),
            None => Engine::load(&directory, settings)
                .map(Arc::new)
                .map_err(|error| error.to_string()),
        });
        let engine = loading.await.unwrap_or_else(|error| Err(error.to_string()));
        if let Err(reason) = &engine {
            tracing::warn!(%reason, "photos are stored without being looked at");
        }
        Self::new(engine, limits, config.face.thresholds())
    }

    /// With this engine, or with the reason why there is none.
    #[must_use]
    pub fn new(engine: Result<Arc<Engine>, String>, limits: ImageLimits, thresholds: Thresholds) -> Self {
        let threads = engine.as_ref().map_or(0, |engine| engine.settings().threads);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let turns = Semaphore::new(if threads == 0 { cores } else { threads });
        Self {
            engine,
            limits,
            thresholds,
            gallery: Gallery::new(),
            turns,
        }
    }

    /// Whether there are models.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.engine.is_ok()
    }

    /// Why there are none and what to do; `None` where there are.
    #[must_use]
    pub fn missing(&self) -> Option<&str> {
        self.engine.as_ref().err().map(String::as_str)
    }

    /// What a picture may have before anything of it is decoded.
    #[must_use]
    pub fn limits(&self) -> &ImageLimits {
        &self.limits
    }

    /// When a similarity is a person.
    #[must_use]
    pub fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    /// The faces of everyone.
    #[must_use]
    pub fn gallery(&self) -> &Gallery<PersonId> {
        &self.gallery
    }

    /// Looks at a photo, off the async threads and a bounded number at a time.
    ///
    /// # Errors
    /// [`RecognitionError`]; a photo without a face is no error.
    pub async fn examine(&self, bytes: Bytes) -> Result<Examination, RecognitionError> {
        let engine = self
            .engine
            .as_ref()
            .map_err(|text| RecognitionError::Missing(text.clone()))?;
        let _turn = self
            .turns
            .acquire()
            .await
            .map_err(|error| RecognitionError::Failed(error.to_string()))?;
        let engine = Arc::clone(engine);
        let examined = tokio::task::spawn_blocking(move || engine.examine(&bytes))
            .await
            .map_err(|error| RecognitionError::Failed(error.to_string()))?;
        examined.map_err(|error| match error {
            ExamineError::Image(error) => RecognitionError::Picture(error.fault()),
            ExamineError::Run(error) => RecognitionError::Failed(error.to_string()),
        })
    }

    /// Reads everyone's templates of the present model into the gallery.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn fill(&self, people: &dyn People) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let page = people
                .templates(face::MODEL_VERSION, after, TEMPLATES_PER_READ)
                .await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.seq;
            for row in page {
                match Template::from_bytes(&row.template) {
                    Ok(template) => self.gallery.insert(row.person, row.photo.as_str(), &template),
                    Err(error) => {
                        tracing::warn!(photo = %row.photo, %error, "a stored template is unreadable")
                    }
                }
            }
        }
    }
}

impl From<RecognitionError> for Problem {
    fn from(error: RecognitionError) -> Self {
        match error {
            RecognitionError::Missing(text) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "models_missing", text)
            }
            RecognitionError::Picture(fault) => rejected("", &[fault]),
            RecognitionError::Failed(reason) => Self::internal(&reason),
        }
    }
}

/// 422 `photo_rejected` with a reason for each fault.
#[must_use]
pub fn rejected(path: &str, faults: &[FaceFault]) -> Problem {
    let errors = faults
        .iter()
        .map(|fault| FieldError::new(path, fault.code(), fault.explanation()))
        .collect();
    Problem::invalid(errors).with_code("photo_rejected")
}
