//! A card, code, PIN or identity document held to a reader.

use super::attempt::{Answer, Attempt, PassError, Who};
use super::factors::Factor;
use super::frame::FrameAnswer;
use crate::device::Device;
use model::{Credential, CredentialKind, IdentityDocument};
use std::sync::Arc;

/// What was held to a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// What it is.
    pub kind: CredentialKind,
    /// Its number or content, compared as text.
    pub number: String,
    /// What an identity document says.
    pub document: Option<IdentityDocument>,
}

impl Device {
    /// Takes a credential.
    ///
    /// # Errors
    /// [`PassError`]: nothing was recorded then and the door stays shut.
    pub async fn credential(self: &Arc<Self>, presented: Presented) -> Result<FrameAnswer, PassError> {
        let Presented {
            kind,
            number,
            document,
        } = presented;
        let who = self.people.holder(kind, &number).map_or(Who::Unknown, Who::Known);
        let attempt = Attempt {
            who,
            factor: Factor::Credential(kind),
            similarity: None,
            presented: Some(Credential {
                kind,
                number,
                facility: None,
                bits: None,
            }),
            document,
            capture: self.camera.last().map(|frame| frame.bytes),
        };
        let Answer { decision, record_id } = self.attempt(attempt).await?;
        Ok(FrameAnswer {
            faces: Vec::new(),
            decision: Some(decision),
            record_id,
        })
    }
}
