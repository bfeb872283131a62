//! What the hub asks of a device: the dialect's operations as a [`Link`].

use super::declared::SNAPSHOT_SECONDS;
use crate::links::{CallError, CommandDone, Failure, Link, PersonDone, PersonPut, Progress};
use async_trait::async_trait;
use dialects::qyzn::convert::{DevicePhoto, Wanted, person_to_device};
use dialects::qyzn::operation::answer_of;
use dialects::qyzn::{
    AddPersonFace, Code, DeletePerson, DeviceRestart, OnlineOpenDoor, OpenDoor, Operation, Refusal,
    RequestBody, ResponseBody, SnapshotPicture, Version, check,
};
use jiff::Timestamp;
use model::{CommandKind, Decider};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::hub::roster::RosterWarning;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Calls that wait for the connection's task; the device does one at a time.
const CALLS_WAITING: usize = 2;

/// How long a snapshot waits for a face when nobody says, in seconds.
const DEFAULT_SNAPSHOT_SECONDS: i64 = 10;

/// A request of the hub on its way to the connection's task.
pub(super) struct Call {
    pub(super) body: RequestBody,
    pub(super) needs: Version,
    pub(super) reply: oneshot::Sender<Result<ResponseBody, CallError>>,
}

/// The hub's end of a connection.
#[derive(Clone)]
pub(super) struct QyznLink {
    calls: mpsc::Sender<Box<Call>>,
    closing: CancellationToken,
}

impl QyznLink {
    pub(super) fn new() -> (Arc<Self>, mpsc::Receiver<Box<Call>>) {
        let (calls, receiver) = mpsc::channel(CALLS_WAITING);
        (
            Arc::new(Self {
                calls,
                closing: CancellationToken::new(),
            }),
            receiver,
        )
    }

    /// Resolves once the hub wants the connection closed.
    pub(super) async fn closed(&self) {
        self.closing.cancelled().await;
    }

    async fn request(&self, body: RequestBody, needs: Version) -> Result<ResponseBody, CallError> {
        let (reply, answer) = oneshot::channel();
        let call = Box::new(Call { body, needs, reply });
        self.calls
            .send(call)
            .await
            .map_err(|_| CallError::disconnected())?;
        answer.await.unwrap_or_else(|_| Err(CallError::disconnected()))
    }

    /// Calls an operation and reads its answer.
    async fn ask<O: Operation>(&self, operation: &O) -> Result<O::Answer, CallError> {
        self.ask_as::<O>(O::NAME, operation).await
    }

    async fn ask_as<O: Operation>(&self, name: &str, operation: &O) -> Result<O::Answer, CallError> {
        let body = RequestBody {
            message: name.to_owned(),
            data: operation.data(),
        };
        let answer = self.request(body, O::SINCE).await?;
        answer_of::<O>(&answer).map_err(refused)
    }

    async fn snapshot(&self, body: &Value) -> Result<CommandDone, CallError> {
        let seconds = body
            .get("timeout")
            .and_then(Value::as_i64)
            .unwrap_or(DEFAULT_SNAPSHOT_SECONDS);
        let timeout_seconds = seconds.clamp(1, SNAPSHOT_SECONDS);
        let answer = self.ask(&SnapshotPicture { timeout_seconds }).await?;
        let photo = answer.image.decode().map_err(|error| {
            CallError::ours(Failure::Internal, format!("the picture cannot be read: {error}"))
        })?;
        if photo.is_empty() {
            return Err(CallError::ours(
                Failure::NothingSeen,
                "the device sent no picture",
            ));
        }
        Ok(CommandDone {
            result: Some(json!({})),
            photo: Some(photo),
        })
    }

    /// Any operation, by its wire name; `get_configs:audioctl` names a group of `get_configs` (rule 34's table).
    async fn native(&self, body: &Value) -> Result<CommandDone, CallError> {
        let operation = body
            .get("operation")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim();
        let (message, group) = match operation.split_once(':') {
            Some((message, group)) => (message, Some(group)),
            None => (operation, None),
        };
        let given = body.get("body").filter(|body| body.is_object()).cloned();
        let data = match (given, message, group) {
            (Some(data), _, _) => data,
            (None, "get_configs", Some(group)) => json!({"groupKey": [group]}),
            (None, _, _) => json!({}),
        };
        let request = RequestBody {
            message: message.to_owned(),
            data,
        };
        let answer = self.request(request.clone(), needs(&request)).await?;
        if answer.result != Code::Success {
            return Err(refused(Refusal::Code {
                code: answer.result,
                desc: answer.desc,
                wait_seconds: None,
            }));
        }
        let result = serde_json::to_value(&answer).unwrap_or_default();
        Ok(CommandDone {
            result: Some(result),
            photo: None,
        })
    }
}

/// The version that a message needs (QUIRKS T1).
fn needs(request: &RequestBody) -> Version {
    match request.message.as_str() {
        "config_device_pass_rule" => Version::V4,
        AddPersonFace::NAME => AddPersonFace::SINCE,
        message if message.starts_with("device_call") => Version::V5,
        _ => Version::V2,
    }
}

#[async_trait]
impl Link for QyznLink {
    async fn put_person(&self, put: PersonPut) -> Result<PersonDone, CallError> {
        let photo = put.photos.first();
        let converted = person_to_device(&Wanted {
            person: &put.person,
            rules: &put.rules,
            zone: &put.time_zone,
            photo: photo.map(|photo| DevicePhoto {
                id: &photo.id,
                jpeg: &photo.jpeg,
            }),
            now: Timestamp::now(),
            ic_number_bytes: check::IC_NUMBER_BYTES,
        });
        match self.ask(&converted.message).await {
            Err(error) if error.failure == Failure::Exists => {
                self.ask(&DeletePerson::one(put.person.id.as_str())).await?;
                self.ask(&converted.message).await?;
            }
            other => {
                other?;
            }
        }
        let warnings = converted.losses.into_iter().map(warning).collect();
        Ok(PersonDone {
            warnings,
            redo_at: converted.redo_at,
        })
    }

    async fn remove_person(&self, wire_id: &str) -> Result<(), CallError> {
        self.ask(&DeletePerson::one(wire_id)).await?;
        Ok(())
    }

    async fn command(
        &self,
        kind: CommandKind,
        body: &Value,
        _progress: &dyn Progress,
    ) -> Result<CommandDone, CallError> {
        match kind {
            CommandKind::OpenDoor => {
                self.ask(&OpenDoor {}).await?;
                Ok(CommandDone::default())
            }
            CommandKind::Reboot => {
                self.ask(&DeviceRestart {}).await?;
                Ok(CommandDone::default())
            }
            CommandKind::Snapshot => self.snapshot(body).await,
            CommandKind::Native => self.native(body).await,
            _ => Err(CallError::ours(
                Failure::Unsupported,
                "this dialect has no such command",
            )),
        }
    }

    async fn set_decider(&self, decider: Decider) -> Result<(), CallError> {
        let told = match decider {
            Decider::Hub => OnlineOpenDoor::HUB_DECIDES,
            Decider::Device => OnlineOpenDoor::DEVICE_DECIDES,
        };
        match self.ask(&told).await {
            Err(error) if error.failure == Failure::Unsupported => {
                self.ask_as::<OnlineOpenDoor>(OnlineOpenDoor::EXAMPLE_NAME, &told)
                    .await?;
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }

    fn close(&self) {
        self.closing.cancel();
    }
}

fn warning(loss: dialects::Loss) -> RosterWarning {
    let reason = serde_json::to_value(loss.reason).ok();
    RosterWarning {
        field: loss.field,
        reason: reason
            .and_then(|reason| reason.as_str().map(str::to_owned))
            .unwrap_or_default(),
    }
}

/// What a device's refusal means (MODEL section 7).
fn refused(refusal: Refusal) -> CallError {
    let (code, desc, wait) = match refusal {
        Refusal::Malformed(error) => {
            return CallError::ours(Failure::Internal, format!("the answer cannot be read: {error}"));
        }
        Refusal::Code {
            code,
            desc,
            wait_seconds,
        } => (code, desc, wait_seconds),
    };
    let failure = match code {
        Code::WrongPassword => Failure::Auth,
        Code::Unregistered => Failure::ReRegister,
        Code::Busy => Failure::Busy,
        Code::UnknownCommand => Failure::Unsupported,
        Code::InvalidParameter => Failure::BadParameter,
        Code::NotFound | Code::UnknownPerson => Failure::NotFound,
        Code::Exists => Failure::Exists,
        Code::NoFeatures => Failure::PhotoRejected,
        Code::Timeout => Failure::Timeout,
        Code::InvalidUrl | Code::UnreachableUrl | Code::DownloadFailed => Failure::Download,
        Code::CheckFailed => Failure::CheckFailed,
        Code::Failed | Code::AddFailed | Code::Success | Code::Other(_) => Failure::Internal,
    };
    let text = if desc.trim().is_empty() {
        code.text().to_owned()
    } else {
        desc
    };
    CallError {
        failure,
        code: Some(code.number()),
        text,
        wait: wait.map(|seconds| Duration::from_secs(u64::from(seconds))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_classes() {
        let class = |code: i64| {
            refused(Refusal::Code {
                code: Code::from(code),
                desc: String::new(),
                wait_seconds: None,
            })
            .failure
        };
        assert_eq!(class(110), Failure::PhotoRejected);
        assert_eq!(class(109), Failure::Busy);
        assert_eq!(class(102), Failure::NotFound);
        assert_eq!(class(105), Failure::NotFound);
        assert_eq!(class(777), Failure::Internal);
    }

    #[test]
    fn a_native_message_is_sent_in_the_version_that_it_needs() {
        let version = |message: &str| {
            needs(&RequestBody {
                message: message.to_owned(),
                data: json!({}),
            })
        };
        assert_eq!(version("open_door"), Version::V2);
        assert_eq!(version("add_person_face"), Version::V3);
        assert_eq!(version("config_device_pass_rule"), Version::V4);
        assert_eq!(version("get_configs"), Version::V2);
    }
}
