//! Whom a device holds (4.3.6, 4.3.7): the hub asks, the device tells of one person after the other, and each is
//! acknowledged once it was taken.

use crate::links::{CallError, DevicePerson, Failure};
use dialects::lenient::LenientError;
use dialects::qyzn::convert::person_from_platform;
use dialects::qyzn::operation::success;
use dialects::qyzn::{AddPersonFace, Code, DeviceSyncPerson, DeviceSyncPersonAnswer, ResponseBody};
use jiff::tz::TimeZone;
use model::{Person, PersonId};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long the next person that a device announced may take: it resends three times, 20 s apart.
const NEXT_PERSON_WITHIN: Duration = Duration::from_secs(90);

/// A person that a device tells of, and whether the hub has them.
pub(super) struct Told {
    pub(super) person: DeviceSyncPerson,
    pub(super) taken: oneshot::Sender<Result<(), LenientError>>,
}

/// What becomes of a person that a device tells of.
pub(super) enum Heard {
    /// Somebody listened: the answer.
    Answer(ResponseBody),
    /// Nobody asked.
    Unasked(Box<DeviceSyncPerson>),
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

    /// The connection has ended: nobody will be told of any more.
    pub(super) fn end(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn listener(&self) -> Option<mpsc::Sender<Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a person; answered when the hub has them. Nobody changes ids (hub rule 29). Without a listener the hub
    /// did not ask, or gave up.
    pub(super) async fn take(&self, person: DeviceSyncPerson) -> Heard {
        let Some(listener) = self.listener() else {
            return Heard::Unasked(Box::new(person));
        };
        let answer = success::<DeviceSyncPerson>(&DeviceSyncPersonAnswer::unchanged(&person.0));
        let (taken, outcome) = oneshot::channel();
        if let Err(unheard) = listener.send(Told { person, taken }).await {
            return Heard::Unasked(Box::new(unheard.0.person));
        }
        Heard::Answer(match outcome.await {
            Ok(Ok(())) => answer,
            Ok(Err(error)) => ResponseBody::refusal(Code::InvalidParameter, error.to_string()),
            Err(_) => ResponseBody::busy(dialects::qyzn::operation::DEFAULT_WAIT_SECONDS),
        })
    }
}

/// The people that follow an answer to `sync_person`.
pub(super) struct ToldPeople {
    told: mpsc::Receiver<Told>,
    expected: u32,
}

impl ToldPeople {
    pub(super) fn new(told: mpsc::Receiver<Told>, expected: u32) -> Self {
        Self { told, expected }
    }

    /// The next one; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Told>, CallError> {
        if self.expected == 0 {
            return Ok(None);
        }
        self.expected -= 1;
        match tokio::time::timeout(NEXT_PERSON_WITHIN, self.told.recv()).await {
            Ok(Some(told)) => Ok(Some(told)),
            Ok(None) => Err(CallError::disconnected()),
            Err(_) => Err(CallError::ours(
                Failure::Timeout,
                format!(
                    "{} more people were announced and did not come",
                    self.expected + 1
                ),
            )),
        }
    }
}

/// A person as the device has them, for the hub.
pub(super) fn device_person(message: &AddPersonFace, zone: &TimeZone) -> Result<DevicePerson, LenientError> {
    let held = person_from_platform(message, zone).map_err(|error| LenientError {
        path: "faces".to_owned(),
        problem: error.to_string(),
    })?;
    let id = PersonId::new(held.id.as_str())
        .unwrap_or_else(|_| PersonId::from_random(uuid::Uuid::now_v7().as_u128()));
    let person = Person {
        code: Some(held.code).filter(|code| !code.trim().is_empty() && *code != held.id),
        kind: held.kind,
        credentials: held.credentials,
        verify: held.verify,
        valid_from: held.valid_from,
        valid_until: held.valid_until,
        pass_limit: held.pass_limit,
        ..Person::new(id, held.name)
    };
    Ok(DevicePerson {
        wire_id: held.id,
        person,
        photos: held.faces.into_iter().map(|face| face.picture).collect(),
    })
}
