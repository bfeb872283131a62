//! A card, code, PIN or identity document held to a reader.

use super::attempt::{Answer, Attempt, PassError, Who};
use super::conditions::Conditions;
use super::factors::Factor;
use super::frame::FrameAnswer;
use super::repeats::Visitor;
use super::ruling::Ruling;
use crate::device::Device;
use model::{Credential, CredentialKind, Denial, IdentityDocument, Method};
use std::sync::{Arc, PoisonError};

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
        let Some(presented) = self.reader.offer(presented) else {
            return Ok(read_only());
        };
        if presented.kind == CredentialKind::Qr
            && self.people.holder(presented.kind, &presented.number).is_none()
            && self.questions.can_ask()
        {
            let Answer { decision, record_id } = self.ask_about_code(&presented.number).await;
            return Ok(FrameAnswer {
                faces: Vec::new(),
                decision: Some(decision),
                record_id,
            });
        }
        let Presented {
            kind,
            number,
            document,
        } = presented;
        let who = match self.people.holder(kind, &number) {
            Some(member) => Who::Known(member),
            None if kind == CredentialKind::Pin && self.pins.open(&number) => Who::PasswordHolder,
            None => Who::Unknown,
        };
        let attempt = Attempt {
            channel: None,
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

    /// A platform decides on a QR code, and keeps the record of it (hub rule 17).
    async fn ask_about_code(self: &Arc<Self>, content: &str) -> Answer {
        let first = match self
            .first_or_answer(Visitor::of(CredentialKind::Qr, content))
            .await
        {
            Ok(first) => first,
            Err(answer) => return answer,
        };
        let sensors = *self.sensors.lock().unwrap_or_else(PoisonError::into_inner);
        let ruling = match Conditions::of(&self.behaviour()).objection(&sensors) {
            Some(denial) => Ruling::Denied(denial),
            None => match self.questions.code(content).await {
                Some(true) => Ruling::Granted,
                Some(false) => Ruling::Denied(Denial::PlatformDenied),
                None => Ruling::Denied(Denial::PlatformSilent),
            },
        };
        if ruling == Ruling::Granted {
            self.open_door(Method::Qr);
        }
        let answer = Answer {
            decision: self.saying(ruling, None),
            record_id: None,
        };
        first.answer(answer.clone());
        answer
    }
}

/// A card that a platform waited for is no pass.
fn read_only() -> FrameAnswer {
    FrameAnswer {
        faces: Vec::new(),
        decision: None,
        record_id: None,
    }
}
