//! Whom a device holds (4.3.6, 4.3.7): the hub asks, the device tells of one person after the other, and each is
//! acknowledged once it was taken.

use dialects::lenient::LenientError;
use dialects::qyzn::operation::success;
use dialects::qyzn::{Code, DeviceSyncPerson, DeviceSyncPersonAnswer, ResponseBody};
use std::sync::{Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// A person that a device tells of, and whether the hub has them.
pub(super) struct Told {
    pub(super) person: DeviceSyncPerson,
    pub(super) taken: oneshot::Sender<Result<(), LenientError>>,
}

/// Who listens to what a device tells.
#[derive(Default)]
pub(super) struct Listening(Mutex<Option<mpsc::Sender<Told>>>);

impl Listening {
    /// Listens from now on, until the receiver is dropped.
    pub(super) fn begin(&self) -> mpsc::Receiver<Told> {
        let (sender, receiver) = mpsc::channel(1);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    fn listener(&self) -> Option<mpsc::Sender<Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a person; answered when the hub has them. Nobody changes ids (hub rule 29). Without a listener the hub
    /// did not ask, or gave up: the device is told that it was understood, and nothing is kept.
    pub(super) async fn take(&self, person: DeviceSyncPerson) -> ResponseBody {
        let answer = success::<DeviceSyncPerson>(&DeviceSyncPersonAnswer::unchanged(&person.0));
        let Some(listener) = self.listener() else {
            return answer;
        };
        let (taken, outcome) = oneshot::channel();
        if listener.send(Told { person, taken }).await.is_err() {
            return answer;
        }
        match outcome.await {
            Ok(Ok(())) => answer,
            Ok(Err(error)) => ResponseBody::refusal(Code::InvalidParameter, error.to_string()),
            Err(_) => ResponseBody::busy(dialects::qyzn::operation::DEFAULT_WAIT_SECONDS),
        }
    }
}
