//! A camera frame: faces found, the largest compared with everybody, and decided on.

use super::attempt::{Answer, Attempt, PassError, Saying, Who};
use super::channel::Channel;
use super::factors::Factor;
use crate::camera::Frame;
use crate::device::Device;
use bytes::Bytes;
use face::{Examination, ExamineError, FaceFound, Verdict};
use model::Denial;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// A face of a frame.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenFace {
    /// Where it is: `[x, y, width, height]` in pixels.
    #[serde(rename = "box")]
    pub bounds: face::FaceBox,
    /// How sure the detector is, 0 to 1.
    pub score: f32,
    /// How alive it looks, 0 to 1; null: not looked at.
    pub liveness: Option<f32>,
    /// Who it is.
    pub person_id: Option<String>,
    /// Cosine with the most alike person.
    pub similarity: Option<f32>,
}

/// The answer to a frame.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FrameAnswer {
    /// The faces in it, the largest first.
    pub faces: Vec<SeenFace>,
    /// What is said; null where no face is, or none is looked at.
    pub decision: Option<Saying>,
    /// The record; null where none is made.
    pub record_id: Option<String>,
}

impl Device {
    /// Takes a frame (JPEG or PNG) of the only camera, or of one of several.
    ///
    /// # Errors
    /// [`PassError`]: nothing was recorded then and the door stays shut.
    pub async fn frame(
        self: &Arc<Self>,
        bytes: Bytes,
        channel: Option<Channel>,
    ) -> Result<FrameAnswer, PassError> {
        let permit = Arc::clone(&self.frames).try_acquire_owned();
        let permit = permit.map_err(|_| PassError::Busy)?;
        let seen_at = Instant::now();
        let examination = match self.examine(bytes.clone(), permit).await {
            Ok(examination) => examination,
            Err(PassError::NoEngine(reason)) => {
                face::decode::dimensions(&bytes, &self.config.face.photo)?;
                self.camera.show(Frame {
                    bytes,
                    at: seen_at,
                    has_face: None,
                });
                return Err(PassError::NoEngine(reason));
            }
            Err(error) => return Err(error),
        };
        let has_face = Some(!examination.faces.is_empty());
        self.camera.show(Frame {
            bytes: bytes.clone(),
            at: seen_at,
            has_face,
        });
        self.judge(examination, bytes, channel).await
    }

    /// The permit lives as long as the work, which nobody's going away ends.
    async fn examine(&self, bytes: Bytes, permit: OwnedSemaphorePermit) -> Result<Examination, PassError> {
        let engine = self.engine.clone().map_err(PassError::NoEngine)?;
        let examined = tokio::task::spawn_blocking(move || {
            let examined = engine.examine(&bytes);
            drop(permit);
            examined
        })
        .await;
        match examined.map_err(|error| PassError::Engine(error.to_string()))? {
            Ok(examination) => Ok(examination),
            Err(ExamineError::Image(error)) => Err(error.into()),
            Err(ExamineError::Run(error)) => Err(PassError::Engine(error.to_string())),
        }
    }

    async fn judge(
        self: &Arc<Self>,
        examination: Examination,
        bytes: Bytes,
        channel: Option<Channel>,
    ) -> Result<FrameAnswer, PassError> {
        let mut faces: Vec<SeenFace> = examination.faces.iter().map(seen).collect();
        let template = examination.template.filter(|_| !self.behaviour().ignores_faces);
        let (Some(template), Some(largest)) = (template, faces.first_mut()) else {
            return Ok(FrameAnswer {
                faces,
                decision: None,
                record_id: None,
            });
        };
        let found = self.people.search(&template);
        largest.similarity = found.best.as_ref().map(|(_, similarity)| *similarity);
        let who = match self.thresholds().judge(&found) {
            // Deleted between search and now: a stranger.
            Verdict::Known(wire_id, _) => self
                .people
                .find(&wire_id)
                .map_or_else(|| Who::Stranger(Box::new(template)), Who::Known),
            Verdict::Stranger => Who::Stranger(Box::new(template)),
            Verdict::Unsure => {
                let answer = self.unrecorded(Denial::LookAgain, None);
                if let Some((perhaps, _)) = &found.best {
                    self.open_to_anybody(perhaps, &answer);
                }
                let Answer { decision, record_id } = answer;
                return Ok(FrameAnswer {
                    faces,
                    decision: Some(decision),
                    record_id,
                });
            }
        };
        let similarity = largest.similarity;
        if let Who::Known(member) = &who {
            largest.person_id = Some(member.wire_id.clone());
        }
        let attempt = Attempt {
            who,
            factor: Factor::Face,
            similarity,
            presented: None,
            document: None,
            capture: Some(bytes),
            channel,
        };
        let Answer { decision, record_id } = self.attempt(attempt).await?;
        Ok(FrameAnswer {
            faces,
            decision: Some(decision),
            record_id,
        })
    }
}

fn seen(face: &FaceFound) -> SeenFace {
    SeenFace {
        bounds: face.bounds,
        score: face.score,
        liveness: None,
        person_id: None,
        similarity: None,
    }
}
