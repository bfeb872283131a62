//! What the platform commands, and who carries it out: short things at once, changes one after the other, whatever takes
//! its time beside everything else. Commands that were begun are finished even when the connection ends.

use super::answers::{Key, Memory, Seen};
use super::line::Receipt;
use super::{DIALECT, control, people, settings};
use crate::device::Device;
use dialects::fields::FieldError;
use dialects::mqtt::message::{self, MessageError, Reply};
use dialects::mqtt::person::{OnlineStopGetRegisterResp, RegisterPersonInfoResp};
use dialects::mqtt::record::OnlineDeleteSnapRecordResp;
use dialects::mqtt::{CloudRequest, DeviceResponse, ErrorCode};
use dialects::text::cut;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use store::StoreError;
use tokio::sync::{Semaphore, mpsc};

/// Changes that wait for their turn; one more is answered 200.
const WAITING: usize = 64;
/// Commands that take their time and run at the same time; one more is answered 200.
const BESIDE: usize = 8;
/// Bytes of the words of an answer (2.1.3 `msg`).
const WORDS_BYTES: usize = 128;

/// What is to be done once the answer is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing.
    Nothing,
    /// Reboot (terminal rule 20).
    Reboot,
    /// Tell everybody who is known, in answer to the message of this id.
    Tell { msg_id: String, ids: Vec<String> },
    /// Tell nobody any more.
    StopTelling,
    /// Send no record that was made so far.
    Forget,
}

/// An answer on its way back.
pub(super) struct Answered {
    /// The answer; `None` where the stream answers, or nobody.
    pub(super) answer: Option<Box<DeviceResponse>>,
    /// What is owed to the broker now.
    pub(super) receipt: Option<Receipt>,
    pub(super) then: Then,
}

/// An answer before the memory has seen it.
pub(super) struct Outcome {
    key: Option<Key>,
    is_done: bool,
    answered: Answered,
}

/// Where answers go.
#[derive(Clone)]
pub(super) struct Desk {
    key: Option<Key>,
    answers: mpsc::UnboundedSender<Outcome>,
}

impl Desk {
    /// Answers for good.
    pub(super) fn answer(&self, answer: DeviceResponse, then: Then) {
        self.send(Some(answer), true, then);
    }

    /// Answers for now: more will come (QUIRKS M42).
    pub(super) fn progress(&self, answer: DeviceResponse) {
        self.send(Some(answer), false, Then::Nothing);
    }

    fn send(&self, answer: Option<DeviceResponse>, is_done: bool, then: Then) {
        // Where the endpoint has ended, nobody waits for it.
        let _ = self.answers.send(Outcome {
            key: self.key.clone(),
            is_done,
            answered: Answered {
                answer: answer.map(Box::new),
                receipt: None,
                then,
            },
        });
    }
}

/// Takes commands and gives answers.
pub(super) struct Commands {
    device: Arc<Device>,
    serial: String,
    memory: Memory,
    answers: mpsc::UnboundedSender<Outcome>,
    answered: mpsc::UnboundedReceiver<Outcome>,
    changes: mpsc::Sender<(Desk, CloudRequest)>,
    beside: Arc<Semaphore>,
    updating: Arc<AtomicBool>,
}

impl Commands {
    pub(super) fn new(device: &Arc<Device>, memory: Memory) -> Self {
        memory.forget_unfinished();
        let (answers, answered) = mpsc::unbounded_channel();
        let (changes, mut queue) = mpsc::channel::<(Desk, CloudRequest)>(WAITING);
        let worker = Arc::clone(device);
        tokio::spawn(async move {
            while let Some((desk, request)) = queue.recv().await {
                let (answer, then) = change(&worker, request).await;
                desk.send(answer, true, then);
            }
        });
        Self {
            serial: device.config.terminal.serial.clone(),
            device: Arc::clone(device),
            memory,
            answers,
            answered,
            changes,
            beside: Arc::new(Semaphore::new(BESIDE)),
            updating: Arc::default(),
        }
    }

    /// The next answer. Without loss where it is not awaited to the end.
    pub(super) async fn next(&mut self) -> Answered {
        match self.answered.recv().await {
            Some(outcome) => self.noted(outcome),
            // This side holds a sender: it never ends.
            None => std::future::pending().await,
        }
    }

    /// An answer that is ready.
    pub(super) fn ready(&mut self) -> Option<Answered> {
        let outcome = self.answered.try_recv().ok()?;
        Some(self.noted(outcome))
    }

    fn noted(&mut self, outcome: Outcome) -> Answered {
        let Outcome {
            key,
            is_done,
            answered,
        } = outcome;
        let due = key
            .zip(answered.answer.as_ref())
            .and_then(|(key, answer)| self.memory.answered(&key, answer, is_done));
        Answered {
            receipt: answered.receipt.or(due),
            ..answered
        }
    }

    /// Takes a command; its answer comes by [`Self::next`].
    pub(super) fn take(&mut self, payload: &[u8], receipt: Receipt) {
        let request = match CloudRequest::read(payload) {
            Ok(request) => request,
            Err(error) => return self.refuse_unreadable(payload, &error, receipt),
        };
        let (msg_id, device_no) = request.address();
        if !device_no.is_empty() && device_no != self.serial {
            tracing::debug!(device_no, "a command for another device is ignored");
            return self.confirm(receipt, None);
        }
        if let Err(error) = limits(&request) {
            let answer = refusal(
                request.name(),
                code_of_bad(request.name()),
                msg_id,
                &self.serial,
                &error.to_string(),
            );
            return self.confirm(receipt, Some(answer));
        }
        let mut key = None;
        if is_change(&request) {
            let new = Key::of(request.name(), msg_id, payload);
            match self.memory.see(&new, receipt) {
                Seen::New => key = Some(new),
                Seen::Running(None) => return,
                Seen::Running(Some(answer)) | Seen::Done(answer) => {
                    return self.confirm(receipt, Some(answer));
                }
            }
        } else {
            self.confirm(receipt, None);
        }
        let answers = self.answers.clone();
        self.carry_out(request, Desk { key, answers });
    }

    /// What cannot be read is answered as far as it says what it is, else dropped.
    fn refuse_unreadable(&self, payload: &[u8], error: &MessageError, receipt: Receipt) {
        tracing::warn!(%error, "the platform sent something unreadable");
        let (msg_id, device_no) = message::identity(payload);
        let ours = device_no.is_none_or(|device| device.is_empty() || device == self.serial);
        let answer = message::name(payload).filter(|_| ours).map(|name| {
            let msg_id = msg_id.unwrap_or_default();
            refusal(
                &name,
                code_of_bad(&name),
                &msg_id,
                &self.serial,
                &error.to_string(),
            )
        });
        self.confirm(receipt, answer);
    }

    fn confirm(&self, receipt: Receipt, answer: Option<DeviceResponse>) {
        // This side holds the receiver.
        let _ = self.answers.send(Outcome {
            key: None,
            is_done: true,
            answered: Answered {
                answer: answer.map(Box::new),
                receipt: Some(receipt),
                then: Then::Nothing,
            },
        });
    }

    fn carry_out(&self, request: CloudRequest, desk: Desk) {
        let name = request.name().to_owned();
        let (msg_id, _) = request.address();
        let msg_id = msg_id.to_owned();
        match request {
            CloudRequest::OnlineOpen(message) => {
                let answer = control::open(&self.device, &message);
                desk.answer(answer, Then::Nothing);
            }
            CloudRequest::OnlineGetPhoto(message) => {
                let device = Arc::clone(&self.device);
                self.beside(&name, &msg_id, desk, move |desk| async move {
                    desk.answer(control::photo(&device, &message).await, Then::Nothing);
                });
            }
            CloudRequest::OnlineUpdate(message) => {
                let (device, updating) = (Arc::clone(&self.device), Arc::clone(&self.updating));
                self.beside(&name, &msg_id, desk, move |desk| async move {
                    control::update(&device, &message, &updating, &desk).await;
                });
            }
            CloudRequest::Unknown { .. } => {
                let words = ErrorCode::UnknownMessage.text();
                let answer = refusal(&name, ErrorCode::UnknownMessage, &msg_id, &self.serial, words);
                desk.answer(answer, Then::Nothing);
            }
            change => {
                if self.changes.try_send((desk.clone(), change)).is_err() {
                    desk.answer(busy(&name, &msg_id, &self.serial), Then::Nothing);
                }
            }
        }
    }

    /// Something that takes its time; it ends with the endpoint.
    fn beside<F, W>(&self, name: &str, msg_id: &str, desk: Desk, work: F)
    where
        F: FnOnce(Desk) -> W,
        W: Future<Output = ()> + Send + 'static,
    {
        let Ok(permit) = Arc::clone(&self.beside).try_acquire_owned() else {
            return desk.answer(busy(name, msg_id, &self.serial), Then::Nothing);
        };
        let answers = self.answers.clone();
        let work = work(desk);
        tokio::spawn(async move {
            tokio::select! {
                () = work => {}
                () = answers.closed() => {}
            }
            drop(permit);
        });
    }
}

/// Whether carrying it out twice would be once too often.
fn is_change(request: &CloudRequest) -> bool {
    !matches!(
        request,
        CloudRequest::OnlineGetDevInfo(_)
            | CloudRequest::OnlineGetRegister(_)
            | CloudRequest::OnlineGetRegisterCount(_)
            | CloudRequest::OnlineGetRegisterByIndex(_)
            | CloudRequest::OnlineGetPhoto(_)
            | CloudRequest::Unknown { .. }
    )
}

/// The document's limits; settings are looked at where they are set, since what this terminal itself told may come back.
fn limits(request: &CloudRequest) -> Result<(), FieldError> {
    match request {
        CloudRequest::OnlineSetDevInfo(_) => Ok(()),
        request => request.check(),
    }
}

/// The code for a command whose content is wrong (terminal rule 26).
fn code_of_bad(name: &str) -> ErrorCode {
    if name.eq_ignore_ascii_case("registerPersonInfo") {
        ErrorCode::InvalidPerson
    } else {
        ErrorCode::InvalidSetting
    }
}

fn busy(name: &str, msg_id: &str, serial: &str) -> DeviceResponse {
    refusal(
        name,
        ErrorCode::Failed,
        msg_id,
        serial,
        "busy, try again in a moment",
    )
}

/// An answer that says no more than how it went, to a message of any name.
fn refusal(name: &str, code: ErrorCode, msg_id: &str, serial: &str, words: &str) -> DeviceResponse {
    let reply = reply(code, msg_id, serial, words);
    DeviceResponse::Unknown {
        name: format!("{name}Resp"),
        fields: serde_json::to_value(reply).unwrap_or_default(),
    }
}

/// A reply in words of our own; the token is the connection's to add.
pub(super) fn reply(code: ErrorCode, msg_id: &str, serial: &str, words: &str) -> Reply {
    Reply {
        msg: cut(words, WORDS_BYTES).to_owned(),
        ..Reply::of(code, msg_id, serial, "")
    }
}

/// What the own store's failure is to the platform.
pub(super) fn store_failed(error: &StoreError) -> (ErrorCode, String) {
    tracing::error!(%error, "a platform's command failed");
    (ErrorCode::Failed, error.to_string())
}

async fn change(device: &Arc<Device>, request: CloudRequest) -> (Option<DeviceResponse>, Then) {
    let serial = device.config.terminal.serial.as_str();
    let done = |msg_id: &str| Reply::done(msg_id, serial, "");
    match request {
        CloudRequest::RegisterPersonInfo(message) => {
            let (code, words) = people::register(device, &message).await;
            let reply = reply(code, &message.msg_id, serial, &words);
            (Some(RegisterPersonInfoResp(reply).into()), Then::Nothing)
        }
        CloudRequest::OnlineSetDevInfo(message) => {
            (Some(settings::set(device, &message).await), Then::Nothing)
        }
        CloudRequest::OnlineGetDevInfo(message) => {
            (Some(settings::get(device, &message.msg_id).await), Then::Nothing)
        }
        CloudRequest::OnlineGetRegisterCount(message) => {
            (Some(people::count(device, &message.msg_id)), Then::Nothing)
        }
        CloudRequest::OnlineGetRegisterByIndex(message) => {
            (Some(people::by_index(device, &message).await), Then::Nothing)
        }
        CloudRequest::OnlineGetRegister(message) => {
            let (msg_id, ids) = (message.msg_id, device.people.ids());
            (None, Then::Tell { msg_id, ids })
        }
        CloudRequest::OnlineStopGetRegister(message) => {
            let answer = OnlineStopGetRegisterResp(done(&message.msg_id));
            (Some(answer.into()), Then::StopTelling)
        }
        CloudRequest::OnlineDeleteSnapRecord(message) => {
            let (code, words, then) = match device.journal.hide_all(DIALECT).await {
                Ok(()) => (
                    ErrorCode::Success,
                    ErrorCode::Success.text().to_owned(),
                    Then::Forget,
                ),
                Err(error) => {
                    let (code, words) = store_failed(&error);
                    (code, words, Then::Nothing)
                }
            };
            let reply = reply(code, &message.msg_id, serial, &words);
            (Some(OnlineDeleteSnapRecordResp(reply).into()), then)
        }
        CloudRequest::OnlineReboot(message) => {
            let answer = dialects::mqtt::control::OnlineRebootResp(done(&message.msg_id));
            (Some(answer.into()), Then::Reboot)
        }
        // Carried out elsewhere.
        CloudRequest::OnlineOpen(_)
        | CloudRequest::OnlineUpdate(_)
        | CloudRequest::OnlineGetPhoto(_)
        | CloudRequest::Unknown { .. } => (None, Then::Nothing),
    }
}
