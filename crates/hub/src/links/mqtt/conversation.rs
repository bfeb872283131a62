//! One question of the hub and its answers, told apart by `msgID` (QUIRKS M2: never by name).

use crate::links::{CallError, Failure};
use dialects::lenient;
use dialects::mqtt::{ErrorCode, Message, Reply};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// Answers to one question that wait; a device sends again what nobody acknowledged.
const ANSWERS_WAITING: usize = 16;

/// The questions that are open.
#[derive(Default)]
pub(super) struct Open(Mutex<HashMap<String, mpsc::Sender<Value>>>);

impl Open {
    /// Opens one.
    pub(super) fn begin(self: &Arc<Self>) -> Conversation {
        let msg_id = uuid::Uuid::new_v4().simple().to_string();
        let (sender, answers) = mpsc::channel(ANSWERS_WAITING);
        self.lock().insert(msg_id.clone(), sender);
        Conversation {
            msg_id,
            answers,
            open: Arc::clone(self),
        }
    }

    /// Hands an answer to whoever asked; `false` where nobody did, or no longer.
    pub(super) fn answered(&self, msg_id: &str, answer: Value) -> bool {
        let asked = self.lock().get(msg_id).cloned();
        asked.is_some_and(|asked| asked.try_send(answer).is_ok())
    }

    /// No answer will come any more.
    pub(super) fn end(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, mpsc::Sender<Value>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question under way.
pub(super) struct Conversation {
    pub(super) msg_id: String,
    answers: mpsc::Receiver<Value>,
    open: Arc<Open>,
}

impl Conversation {
    /// The next answer.
    pub(super) async fn next(&mut self, within: Duration) -> Result<Value, CallError> {
        match tokio::time::timeout(within, self.answers.recv()).await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(CallError::disconnected()),
            Err(_) => {
                let text = format!("the device did not answer within {} s", within.as_secs());
                Err(CallError::ours(Failure::Timeout, text))
            }
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.open.lock().remove(&self.msg_id);
    }
}

/// An answer of a type, if it says that all is well.
pub(super) fn good<M: Message>(answer: &Value) -> Result<M, CallError> {
    succeeded(answer)?;
    M::read(answer).map_err(|error| unreadable(&error.to_string()))
}

/// Whether an answer says that all is well.
pub(super) fn succeeded(answer: &Value) -> Result<(), CallError> {
    let reply: Reply = lenient::read(answer).map_err(|error| unreadable(&error.to_string()))?;
    match reply.code {
        ErrorCode::Success => Ok(()),
        code => Err(refused(code, &reply.msg)),
    }
}

pub(super) fn unreadable(problem: &str) -> CallError {
    CallError::ours(Failure::Internal, format!("the answer cannot be read: {problem}"))
}

/// What a device's code means (MODEL section 7).
pub(super) fn refused(code: ErrorCode, words: &str) -> CallError {
    let failure = match code {
        ErrorCode::NotRegistered | ErrorCode::WrongToken => Failure::Auth,
        ErrorCode::AlreadyInstalling => Failure::Busy,
        ErrorCode::UnknownMessage => Failure::Unsupported,
        ErrorCode::InvalidPerson | ErrorCode::InvalidSetting => Failure::BadParameter,
        ErrorCode::NoFace | ErrorCode::NotAPicture => Failure::PhotoRejected,
        ErrorCode::Full => Failure::Full,
        ErrorCode::DownloadFailed => Failure::Download,
        ErrorCode::WrongLength | ErrorCode::WrongHash | ErrorCode::WrongVersion => Failure::CheckFailed,
        ErrorCode::EnrolTimeout
        | ErrorCode::ReadTimeout
        | ErrorCode::WriteTimeout
        | ErrorCode::PhotoTimeout => Failure::Timeout,
        ErrorCode::NothingSeen => Failure::NothingSeen,
        ErrorCode::Success
        | ErrorCode::Failed
        | ErrorCode::Downloading
        | ErrorCode::Installing
        | ErrorCode::InstallFailed
        | ErrorCode::Unknown
        | ErrorCode::Other(_) => Failure::Internal,
    };
    let words = words.trim();
    CallError {
        failure,
        code: Some(code.number()),
        text: if words.is_empty() { code.text() } else { words }.to_owned(),
        wait: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test(start_paused = true)]
    async fn answers_go_to_whoever_asked_and_to_nobody_else() {
        let open = Arc::new(Open::default());
        let (mut first, second) = (open.begin(), open.begin());
        assert!(first.msg_id.len() <= 32, "QUIRKS M46");
        assert!(open.answered(&first.msg_id, json!(1)));
        assert!(open.answered(&first.msg_id, json!(2)));
        assert!(!open.answered("another", json!(3)));
        let within = Duration::from_secs(30);
        assert_eq!(first.next(within).await.unwrap(), json!(1));
        assert_eq!(first.next(within).await.unwrap(), json!(2));
        assert_eq!(first.next(within).await.unwrap_err().failure, Failure::Timeout);
        let id = second.msg_id.clone();
        drop(second);
        assert!(!open.answered(&id, json!(4)));
        open.end();
        assert_eq!(
            first.next(within).await.unwrap_err().failure,
            Failure::Disconnected
        );
    }

    #[test]
    fn codes_have_their_classes() {
        let class = |code: &str| succeeded(&json!({"errorCode": code})).unwrap_err().failure;
        assert_eq!(class("301"), Failure::PhotoRejected);
        assert_eq!(class("302"), Failure::Full);
        assert_eq!(class("507"), Failure::Busy);
        assert_eq!(class("203"), Failure::Unsupported);
        assert_eq!(class("999"), Failure::Internal);
        assert!(succeeded(&json!({"code": 100})).is_ok(), "QUIRKS M50");
        assert!(succeeded(&json!({"msg": "?"})).is_err());
    }
}
