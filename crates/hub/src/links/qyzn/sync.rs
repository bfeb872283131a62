//! Whom a device holds (4.3.6, 4.3.7): the hub asks, the device tells of one person after the other, and each is
//! acknowledged once it was taken.

use crate::links::{CallError, DevicePerson, Failure};
use dialects::qyzn::convert::person_without_faces;
use dialects::qyzn::operation::success;
use dialects::qyzn::{AddPersonFace, DeviceSyncPerson, DeviceSyncPersonAnswer, ResponseBody};
use jiff::tz::TimeZone;
use model::{Person, PersonId};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long the next person that a device announced may take: it resends three times, 20 s apart.
const NEXT_PERSON_WITHIN: Duration = Duration::from_secs(90);

/// What a device tells, for whoever listens.
enum Told {
    /// A person, and where to say that the hub has them.
    Person(Box<DeviceSyncPerson>, oneshot::Sender<()>),
    /// Somebody who cannot be read.
    Unreadable,
}

/// What becomes of a person that a device tells of.
pub(super) enum Heard {
    /// Somebody listened: the answer.
    Answer(ResponseBody),
    /// Nobody asked.
    Unasked(Box<DeviceSyncPerson>),
}

/// What somebody hears who listens.
pub(super) struct Hearing(mpsc::Receiver<Told>);

/// Who listens to what a device tells.
#[derive(Default)]
pub(super) struct Listening(Mutex<Option<mpsc::Sender<Told>>>);

impl Listening {
    /// Listens from now on, until the receiver is dropped.
    pub(super) fn begin(&self) -> Hearing {
        let (sender, receiver) = mpsc::channel(1);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        Hearing(receiver)
    }

    /// Somebody of whom the device told cannot be read: nobody waits for them.
    pub(super) async fn passed_over(&self) {
        if let Some(listener) = self.listener() {
            // Whoever listened may have given up.
            let _ = listener.send(Told::Unreadable).await;
        }
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
        if let Err(unheard) = listener.send(Told::Person(Box::new(person), taken)).await
            && let Told::Person(person, _) = unheard.0
        {
            return Heard::Unasked(person);
        }
        Heard::Answer(match outcome.await {
            Ok(()) => answer,
            Err(_) => ResponseBody::busy(dialects::qyzn::operation::DEFAULT_WAIT_SECONDS),
        })
    }
}

/// The people that follow an answer to `sync_person`.
pub(super) struct ToldPeople {
    told: mpsc::Receiver<Told>,
    expected: u32,
    /// Of whom it told: one that was on the way since an earlier listing comes twice.
    heard: HashSet<String>,
}

impl ToldPeople {
    pub(super) fn new(told: Hearing, expected: u32) -> Self {
        Self {
            told: told.0,
            expected,
            heard: HashSet::new(),
        }
    }

    /// The next one who can be read, and where to say that the hub has them; `None` after the last.
    pub(super) async fn next(
        &mut self,
    ) -> Result<Option<(DeviceSyncPerson, oneshot::Sender<()>)>, CallError> {
        while self.expected > 0 {
            match tokio::time::timeout(NEXT_PERSON_WITHIN, self.told.recv()).await {
                Ok(Some(Told::Person(person, taken))) => {
                    if self.heard.insert(person.0.person_id.clone()) {
                        self.expected -= 1;
                        return Ok(Some((*person, taken)));
                    }
                    // The connection may have ended meanwhile.
                    let _ = taken.send(());
                }
                Ok(Some(Told::Unreadable)) => self.expected -= 1,
                Ok(None) => return Err(CallError::disconnected()),
                Err(_) => {
                    let text = format!("{} more people were announced and did not come", self.expected);
                    return Err(CallError::ours(Failure::Timeout, text));
                }
            }
        }
        Ok(None)
    }
}

/// A person as the device has them, for the hub. A photo that is no Base64 is one that the hub cannot use, and the person
/// is a person without it.
pub(super) fn device_person(mut message: AddPersonFace, zone: &TimeZone) -> DevicePerson {
    let images = std::mem::take(&mut message.faces).into_iter();
    let images = images.filter_map(|face| face.image.filter(|image| !image.is_blank()));
    let photos = images.map(|image| image.decode().unwrap_or_default()).collect();
    let held = person_without_faces(&message, zone);
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
    DevicePerson {
        wire_id: held.id,
        person,
        photos,
        index: None,
    }
}
