//! What only a platform can answer: whether a QR code opens the door, and who is to be called for a room. Each dialect
//! that can be asked is here while it is connected.

use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// How long a platform has to answer.
pub const PATIENCE: Duration = Duration::from_millis(2500);

/// Questions that wait for one dialect.
const WAITING: usize = 8;

/// A question on its way to a platform; dropping the reply is silence.
#[derive(Debug)]
pub enum Question {
    /// May whoever shows this code pass?
    Code {
        /// What the code says.
        content: String,
        /// Whether the door opens.
        reply: oneshot::Sender<bool>,
    },
    /// Who is called for a room?
    Call {
        /// The room's number.
        room: String,
        /// What the camera sees.
        picture: Option<Vec<u8>>,
        /// Who is called.
        reply: oneshot::Sender<CallAnswer>,
    },
}

/// What a platform says of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallAnswer {
    /// These are called, by the platform's ids, in order.
    Called(Vec<String>),
    /// There is no such room.
    UnknownRoom,
    /// Nobody can be called.
    Nobody,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallOutcome {
    /// Who answered.
    pub answered_by: Option<String>,
    /// `answered`, `unknown_room`, `nobody` or `no_answer`.
    pub result: &'static str,
}

/// The platforms that can be asked.
#[derive(Debug, Default)]
pub struct Questions {
    askable: Mutex<BTreeMap<&'static str, mpsc::Sender<Question>>>,
}

impl Questions {
    /// A dialect's platform can be asked until the receiver is dropped.
    #[must_use]
    pub fn register(&self, dialect: &'static str) -> mpsc::Receiver<Question> {
        let (sender, receiver) = mpsc::channel(WAITING);
        self.askable
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(dialect, sender);
        receiver
    }

    /// Whether any platform can be asked.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        !self.platforms().is_empty()
    }

    fn platforms(&self) -> Vec<mpsc::Sender<Question>> {
        let mut askable = self.askable.lock().unwrap_or_else(PoisonError::into_inner);
        askable.retain(|_, platform| !platform.is_closed());
        askable.values().cloned().collect()
    }

    /// Asks all platforms about a code at once: one that says yes suffices; `None` is silence.
    pub async fn code(&self, content: &str) -> Option<bool> {
        let ask = |reply| Question::Code {
            content: content.to_owned(),
            reply,
        };
        let mut answers = self.ask(ask);
        let until = Instant::now() + PATIENCE;
        let mut said = None;
        while let Some(answer) = tokio::time::timeout_at(until, answers.recv())
            .await
            .ok()
            .flatten()
        {
            if answer {
                return Some(true);
            }
            said = Some(false);
        }
        said
    }

    /// Asks the platforms who is called for a room; the first that knows is taken.
    pub async fn call(&self, room: &str, picture: Option<&[u8]>) -> CallOutcome {
        let ask = |reply| Question::Call {
            room: room.to_owned(),
            picture: picture.map(<[u8]>::to_vec),
            reply,
        };
        let mut answers = self.ask(ask);
        let until = Instant::now() + PATIENCE;
        let mut result = "no_answer";
        while let Some(answer) = tokio::time::timeout_at(until, answers.recv())
            .await
            .ok()
            .flatten()
        {
            result = match answer {
                CallAnswer::Called(called) => {
                    if let Some(first) = called.into_iter().next() {
                        return CallOutcome {
                            answered_by: Some(first),
                            result: "answered",
                        };
                    }
                    "nobody"
                }
                CallAnswer::Nobody => "nobody",
                CallAnswer::UnknownRoom => "unknown_room",
            };
        }
        CallOutcome {
            answered_by: None,
            result,
        }
    }

    /// Puts a question to every platform; answers come as they are given, and the channel ends with the last.
    fn ask<A: Send + 'static>(&self, question: impl Fn(oneshot::Sender<A>) -> Question) -> mpsc::Receiver<A> {
        let platforms = self.platforms();
        let (answers, receiver) = mpsc::channel(platforms.len().max(1));
        for platform in platforms {
            let (reply, answer) = oneshot::channel();
            if platform.try_send(question(reply)).is_err() {
                continue;
            }
            let answers = answers.clone();
            tokio::spawn(async move {
                if let Ok(answer) = answer.await {
                    // Whoever asked may have been answered by another.
                    let _ = answers.send(answer).await;
                }
            });
        }
        receiver
    }
}
