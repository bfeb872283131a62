//! What the platform asks, and who answers it: short things at once, changes of people one after the other, pictures
//! beside everything else.

use super::{DIALECT, people};
use crate::camera::as_jpeg;
use crate::decider::{Decider, WhenSilent};
use crate::device::Device;
use dialects::lenient::Base64Text;
use dialects::qyzn::exchange::Ticket;
use dialects::qyzn::operation::success;
use dialects::qyzn::{
    Code, OnlineOpenDoor, PlatformRequest, RequestBody, ResponseBody, SnapshotPicture, SnapshotPictureAnswer,
};
use model::Method;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// An answer on its way back.
pub(super) type Answered = (Ticket, ResponseBody);

/// Answers requests of one connection.
pub(super) struct Requests {
    device: Arc<Device>,
    answers: mpsc::UnboundedSender<Answered>,
    changes: mpsc::UnboundedSender<(Ticket, PlatformRequest)>,
}

/// What is to be done once the answer is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing.
    Nothing,
    /// Reboot (terminal rule 20).
    Reboot,
}

impl Requests {
    /// How many requests run at a time is bounded by the exchange. Changes that were begun are finished even when the
    /// connection ends.
    pub(super) fn new(device: Arc<Device>) -> (Self, mpsc::UnboundedReceiver<Answered>) {
        let (answers, answered) = mpsc::unbounded_channel();
        let (changes, mut queue) = mpsc::unbounded_channel::<(Ticket, PlatformRequest)>();
        let (worker, back) = (Arc::clone(&device), answers.clone());
        tokio::spawn(async move {
            while let Some((ticket, request)) = queue.recv().await {
                let answer = change(&worker, request).await;
                // The connection may be gone; the platform asks again.
                let _ = back.send((ticket, answer));
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
    pub(super) fn take(&self, ticket: Ticket, body: &RequestBody) -> Then {
        let request = match PlatformRequest::parse(&body.message, &body.data) {
            Ok(request) => request,
            Err(error) => {
                self.answer(ticket, error.answer());
                return Then::Nothing;
            }
        };
        match request {
            PlatformRequest::OpenDoor(_) => {
                self.device.door.open(Method::Remote, self.device.clock.now());
                self.answer(ticket, ResponseBody::of_code(Code::Success));
            }
            PlatformRequest::SnapshotPicture(request) => self.snapshot(ticket, request),
            PlatformRequest::DeviceRestart(_) => {
                self.answer(ticket, ResponseBody::of_code(Code::Success));
                return Then::Reboot;
            }
            PlatformRequest::Unknown { .. } => {
                self.answer(ticket, ResponseBody::of_code(Code::UnknownCommand))
            }
            change @ (PlatformRequest::AddPersonFace(_)
            | PlatformRequest::DeletePerson(_)
            | PlatformRequest::ClearPerson(_)
            | PlatformRequest::OnlineOpenDoor(_)) => {
                // The worker lives as long as this does.
                let _ = self.changes.send((ticket, change));
            }
        }
        Then::Nothing
    }

    fn answer(&self, ticket: Ticket, body: ResponseBody) {
        // Without a connection nobody waits for it.
        let _ = self.answers.send((ticket, body));
    }

    fn snapshot(&self, ticket: Ticket, request: SnapshotPicture) {
        let (device, answers) = (Arc::clone(&self.device), self.answers.clone());
        let patience = Duration::from_secs(u64::try_from(request.timeout_seconds).unwrap_or(0));
        tokio::spawn(async move {
            let answer = tokio::select! {
                answer = picture(&device, patience) => answer,
                () = answers.closed() => return,
            };
            let _ = answers.send((ticket, answer));
        });
    }
}

/// The camera's picture; 107 where the camera sees nothing.
async fn picture(device: &Arc<Device>, patience: Duration) -> ResponseBody {
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

async fn change(device: &Device, request: PlatformRequest) -> ResponseBody {
    match request {
        PlatformRequest::AddPersonFace(message) => people::add(device, &message).await,
        PlatformRequest::DeletePerson(message) => people::delete(device, &message).await,
        PlatformRequest::ClearPerson(_) => people::clear(device).await,
        PlatformRequest::OnlineOpenDoor(message) => set_decider(device, message).await,
        PlatformRequest::OpenDoor(_)
        | PlatformRequest::SnapshotPicture(_)
        | PlatformRequest::DeviceRestart(_)
        | PlatformRequest::Unknown { .. } => ResponseBody::of_code(Code::Failed),
    }
}

/// `online_openDoor` (4.5.7): the last one wins.
async fn set_decider(device: &Device, message: OnlineOpenDoor) -> ResponseBody {
    let platform = |when_silent| Decider::Platform {
        dialect: DIALECT.to_owned(),
        when_silent,
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
