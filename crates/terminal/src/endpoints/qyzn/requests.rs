//! What the platform asks, and who answers it: short things at once, changes one after the other, whatever takes its
//! time beside everything else.

use super::config::{self, Own};
use super::{DIALECT, people};
use crate::camera::as_jpeg;
use crate::decider::{Decider, WhenSilent};
use crate::device::Device;
use crate::pass::Presented;
use crate::resends::Which;
use crate::upgrade::{self, Announced, UpgradeError};
use dialects::lenient::Base64Text;
use dialects::local_time;
use dialects::qyzn::control::{CardType, RecordSelection};
use dialects::qyzn::exchange::Ticket;
use dialects::qyzn::operation::success;
use dialects::qyzn::{
    Code, DeviceUpgrade, OnlineOpenDoor, PlatformRequest, RequestBody, ResendRecords, ResponseBody,
    SnapshotPicture, SnapshotPictureAnswer, SwipedCard, SwipingCard, SyncPerson, SyncPersonAnswer,
};
use model::{CredentialKind, Method};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use tokio::sync::mpsc;

/// What is to be done once the answer is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing.
    Nothing,
    /// Reboot (terminal rule 20).
    Reboot,
    /// Tell of these people.
    Sync(Vec<String>),
    /// Send no record that was made so far.
    Forget,
}

/// An answer on its way back.
pub(super) struct Answered {
    pub(super) ticket: Ticket,
    pub(super) body: ResponseBody,
    pub(super) then: Then,
}

/// Answers requests of one connection.
pub(super) struct Requests {
    device: Arc<Device>,
    answers: mpsc::UnboundedSender<Answered>,
    changes: mpsc::UnboundedSender<(Ticket, PlatformRequest)>,
}

impl Requests {
    /// How many requests run at a time is bounded by the exchange. Changes that were begun are finished even when the
    /// connection ends.
    pub(super) fn new(device: Arc<Device>, own: Own) -> (Self, mpsc::UnboundedReceiver<Answered>) {
        let (answers, answered) = mpsc::unbounded_channel();
        let (changes, mut queue) = mpsc::unbounded_channel::<(Ticket, PlatformRequest)>();
        let (worker, back) = (Arc::clone(&device), answers.clone());
        tokio::spawn(async move {
            while let Some((ticket, request)) = queue.recv().await {
                let (body, then) = change(&worker, request, &own).await;
                // The connection may be gone; the platform asks again.
                let _ = back.send(Answered { ticket, body, then });
            }
        });
        (
            Self {
                device,
                answers,
                changes,
            },
            answered,
        )
    }

    /// Takes a request; its answer comes through the receiver.
    pub(super) fn take(&self, ticket: Ticket, body: &RequestBody) {
        let request = match PlatformRequest::parse(&body.message, &body.data) {
            Ok(request) => request,
            Err(error) => return self.answer(ticket, error.answer(), Then::Nothing),
        };
        let done = ResponseBody::of_code(Code::Success);
        match request {
            PlatformRequest::OpenDoor(_) => {
                self.device.open_door(Method::Remote);
                self.answer(ticket, done, Then::Nothing);
            }
            PlatformRequest::SnapshotPicture(request) => {
                let device = Arc::clone(&self.device);
                self.beside(
                    ticket,
                    async move { (picture(&device, request).await, Then::Nothing) },
                );
            }
            PlatformRequest::SwipingCard(request) => {
                let device = Arc::clone(&self.device);
                self.beside(
                    ticket,
                    async move { (card(&device, request).await, Then::Nothing) },
                );
            }
            PlatformRequest::DeviceUpgrade(request) => {
                let (device, answers) = (Arc::clone(&self.device), self.answers.clone());
                // What was begun is finished, whatever becomes of the connection.
                tokio::spawn(async move {
                    let (body, then) = install(&device, request).await;
                    let restarts = then == Then::Reboot;
                    if answers.send(Answered { ticket, body, then }).is_err() && restarts {
                        device.reboot();
                    }
                });
            }
            PlatformRequest::DeviceRestart(_) => self.answer(ticket, done, Then::Reboot),
            PlatformRequest::SerialOutput(output) => {
                self.put_out("serial", &output.content);
                self.answer(ticket, done, Then::Nothing);
            }
            PlatformRequest::WiegandOutput(output) => {
                self.put_out("wiegand", &output.content);
                self.answer(ticket, done, Then::Nothing);
            }
            PlatformRequest::Unknown { .. } => {
                self.answer(ticket, ResponseBody::of_code(Code::UnknownCommand), Then::Nothing);
            }
            change => {
                // The worker lives as long as this does.
                let _ = self.changes.send((ticket, change));
            }
        }
    }

    fn answer(&self, ticket: Ticket, body: ResponseBody, then: Then) {
        // Without a connection nobody waits for it.
        let _ = self.answers.send(Answered { ticket, body, then });
    }

    /// Something that takes its time; it ends with the connection.
    fn beside(&self, ticket: Ticket, work: impl Future<Output = (ResponseBody, Then)> + Send + 'static) {
        let answers = self.answers.clone();
        tokio::spawn(async move {
            let (body, then) = tokio::select! {
                answer = work => answer,
                () = answers.closed() => return,
            };
            let _ = answers.send(Answered { ticket, body, then });
        });
    }

    /// The ports of this terminal move nothing: what goes out is told.
    fn put_out(&self, port: &'static str, digits: &str) {
        let hex = digits.to_ascii_uppercase();
        tracing::info!(port, hex, "output");
        self.device
            .events
            .tell("output", &json!({"port": port, "hex": hex}));
    }
}

/// The camera's picture; 107 where the camera sees nothing.
async fn picture(device: &Arc<Device>, request: SnapshotPicture) -> ResponseBody {
    let patience = Duration::from_secs(u64::try_from(request.timeout_seconds).unwrap_or(0));
    let Some(frame) = device.camera.snapshot(patience).await else {
        return ResponseBody::refusal(Code::Timeout, "the camera gave no picture");
    };
    let limits = device.config.face.photo;
    let jpeg = tokio::task::spawn_blocking(move || as_jpeg(&frame.bytes, &limits)).await;
    match jpeg.ok().flatten() {
        Some(jpeg) => success::<SnapshotPicture>(&SnapshotPictureAnswer {
            image: Base64Text::encode(&jpeg),
        }),
        None => ResponseBody::refusal(Code::Failed, "the picture could not be converted to JPEG"),
    }
}

/// The next card (4.5.8, terminal rule 24); 107 where none comes.
async fn card(device: &Device, request: SwipingCard) -> ResponseBody {
    let patience = Duration::from_secs(u64::try_from(request.timeout_seconds).unwrap_or(0));
    match device.reader.next(patience).await {
        Some(presented) => success::<SwipingCard>(&swiped(presented)),
        None => ResponseBody::refusal(Code::Timeout, "no card was shown"),
    }
}

fn swiped(presented: Presented) -> SwipedCard {
    let document = presented.document.unwrap_or_default();
    // The wire has days without hyphens.
    let day = |text: Option<String>| text.map(|text| text.replace('-', ""));
    let validity = day(document.valid_from)
        .zip(day(document.valid_until))
        .map(|(from, until)| format!("{from}~{until}"));
    SwipedCard {
        card_type: match presented.kind {
            CredentialKind::IdCard => CardType::IdCard,
            _ => CardType::IcCard,
        },
        name: document.name,
        number: presented.number,
        ethnicity: document.ethnicity,
        gender: document.gender,
        birthday: day(document.birthday),
        address: document.address,
        authority: document.authority,
        validity,
    }
}

/// `device_upgrade` (4.5.2): answered after the file was fetched and checked; then the terminal restarts.
async fn install(device: &Device, request: DeviceUpgrade) -> (ResponseBody, Then) {
    let fetched = upgrade::fetch(&request.url, &Announced::Md5(request.check)).await;
    let refused = |code, reason: String| (ResponseBody::refusal(code, reason), Then::Nothing);
    if let Err(error) = fetched {
        let code = match error {
            UpgradeError::Address => Code::InvalidUrl,
            UpgradeError::Unreachable(_) => Code::UnreachableUrl,
            UpgradeError::Download(_) => Code::DownloadFailed,
            UpgradeError::Check(_) => Code::CheckFailed,
        };
        return refused(code, error.to_string());
    }
    let version = request.version;
    match device
        .change_behaviour(|behaviour| behaviour.version = Some(version))
        .await
    {
        Ok(()) => (ResponseBody::of_code(Code::Success), Then::Reboot),
        Err(error) => (people::store_failed(&error), Then::Nothing),
    }
}

async fn change(device: &Device, request: PlatformRequest, own: &Own) -> (ResponseBody, Then) {
    let body = match request {
        PlatformRequest::AddPersonFace(message) => people::add(device, &message).await,
        PlatformRequest::AddPerson(message) => people::add_new(device, &message).await,
        PlatformRequest::UpdatePerson(message) => people::update(device, &message).await,
        PlatformRequest::DeletePerson(message) => people::delete(device, &message).await,
        PlatformRequest::ClearPerson(_) => people::clear(device).await,
        PlatformRequest::AddFace(message) => people::add_face(device, &message).await,
        PlatformRequest::DeleteFace(message) => people::delete_face(device, &message).await,
        PlatformRequest::SyncPerson(_) => return sync(device),
        PlatformRequest::OnlineOpenDoor(message) => set_decider(device, message).await,
        PlatformRequest::GetConfigs(message) => config::get(device, &message, own).await,
        PlatformRequest::ConfigSystem(message) => config::set(device, &message, own).await,
        PlatformRequest::ConfigDevicePassRule(message) => config::set_rule(device, &message).await,
        PlatformRequest::RecordClear(_) => {
            return match forget_records(device).await {
                Ok(()) => (ResponseBody::of_code(Code::Success), Then::Forget),
                Err(error) => (people::store_failed(&error), Then::Nothing),
            };
        }
        PlatformRequest::ResendRecords(message) => resend(device, &message).await,
        PlatformRequest::OpenDoor(_)
        | PlatformRequest::SnapshotPicture(_)
        | PlatformRequest::SwipingCard(_)
        | PlatformRequest::DeviceUpgrade(_)
        | PlatformRequest::SerialOutput(_)
        | PlatformRequest::WiegandOutput(_)
        | PlatformRequest::DeviceRestart(_)
        | PlatformRequest::Unknown { .. } => ResponseBody::of_code(Code::Failed),
    };
    (body, Then::Nothing)
}

/// `sync_person` (4.3.6): how many people follow.
fn sync(device: &Device) -> (ResponseBody, Then) {
    let ids = device.people.ids();
    let persons = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    (
        success::<SyncPerson>(&SyncPersonAnswer { persons }),
        Then::Sync(ids),
    )
}

/// `record_clear` (4.5.5): at once, also what has not been sent yet.
async fn forget_records(device: &Device) -> Result<(), StoreError> {
    device.journal.hide_all(DIALECT).await?;
    device.resends.forget(DIALECT).await
}

/// `reSend_record_set` (4.5.11): of what the platform had until now, granted ones or all others (QUIRKS T63).
async fn resend(device: &Device, message: &ResendRecords) -> ResponseBody {
    let zone = device.zone();
    let edge = |local| local_time::readings(local, &zone);
    let (Some((from, _)), Some((_, until))) = (edge(message.from.local()), edge(message.until.local()))
    else {
        return ResponseBody::of_code(Code::Success);
    };
    let which = match message.selection {
        RecordSelection::Failed => Which::NotGranted,
        RecordSelection::Granted => Which::Granted,
        RecordSelection::All | RecordSelection::Other(_) => Which::All,
    };
    let until = until.min(device.clock.now());
    match device.resends.ask(DIALECT, which, from, until).await {
        Ok(true) => ResponseBody::of_code(Code::Success),
        Ok(false) => ResponseBody::busy(dialects::qyzn::operation::DEFAULT_WAIT_SECONDS),
        Err(error) => people::store_failed(&error),
    }
}

/// `online_openDoor` (4.5.7): the last one wins.
async fn set_decider(device: &Device, message: OnlineOpenDoor) -> ResponseBody {
    let platform = |when_silent| Decider::Platform {
        dialect: DIALECT.to_owned(),
        when_silent,
        faces_only: false,
    };
    let decider = match message {
        message if !message.platform_decides() => Decider::Terminal,
        OnlineOpenDoor { mode: 2, .. } => platform(WhenSilent::StaysShut),
        _ => platform(WhenSilent::TerminalDecides),
    };
    match device.decisions.set_decider(decider).await {
        Ok(()) => {
            device.touch();
            ResponseBody::of_code(Code::Success)
        }
        Err(error) => people::store_failed(&error),
    }
}
