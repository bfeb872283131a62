//! QR codes (3.12.5): they are pushed to the platform, or published to it (3.31), which says yes by `OpenDoor`, since the
//! push has no answer.

use super::{DIALECT, Endpoint};
use crate::questions::Question;
use dialects::facegate::push::QrCodePush;
use dialects::facegate::{Push, Topic};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// A code that was pushed, while somebody stands before the door.
#[derive(Debug, Default)]
pub(super) struct ShownCode(Mutex<Option<oneshot::Sender<bool>>>);

impl ShownCode {
    fn wait(&self, reply: oneshot::Sender<bool>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
    }

    /// The platform opens: says so to whoever waits, and whether somebody did.
    pub(super) fn open(&self) -> bool {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        waiting.is_some_and(|reply| reply.send(true).is_ok())
    }
}

/// Pushes and publishes codes until `end`, while that is wanted.
pub(super) async fn codes(endpoint: Arc<Endpoint>, end: CancellationToken) {
    let mut changed = endpoint.memory.changes();
    let is_wanted = || {
        let published = endpoint.parameters().is_some_and(|broker| broker.has_codes());
        published || endpoint.has_subscribed_codes()
    };
    let mut asked = None;
    loop {
        if !is_wanted() {
            asked = None;
        } else if asked.is_none() {
            asked = Some(endpoint.device.questions.register(DIALECT));
        }
        let question = async {
            match asked.as_mut() {
                Some(asked) => asked.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = end.cancelled() => return,
            told = changed.changed() => if told.is_err() { return },
            question = question => match question {
                Some(Question::Code { content, reply }) => endpoint.ask(content, reply).await,
                // Nobody can be called through this dialect: dropping the question is silence.
                Some(Question::Call { .. }) => {}
                None => asked = None,
            },
        }
    }
}

impl Endpoint {
    fn has_subscribed_codes(&self) -> bool {
        self.memory.get().subscription.topics.contains(&Topic::QrCode)
    }

    async fn ask(&self, content: String, reply: oneshot::Sender<bool>) {
        self.shown_code.wait(reply);
        let push = Push::from(QrCodePush { content });
        // Without a connection to a broker nobody takes it.
        let _ = self.shown_codes.send(push.clone());
        if !self.has_subscribed_codes() {
            return;
        }
        let subscription = &self.memory.get().subscription;
        if let Err(error) = self.push(subscription, &Topic::QrCode, &push).await {
            tracing::info!(%error, "a code was not taken");
        }
    }
}
