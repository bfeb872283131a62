//! What the hub asks of a terminal: the dialect's operations as a [`Link`].

use super::socket::Socket;
use super::wire::Wire;
use super::{people, settings};
use crate::links::dialled::DialledLink;
use crate::links::dialled::records::{Range, fetch_again, fill, keep_filled, range_of};
use crate::links::{
    BodyFault, CallError, CommandDone, Failure, HeldPerson, Link, LiveLink, PeopleSink, PersonDone,
    PersonPut, Progress, warnings,
};
use async_trait::async_trait;
use dialects::openapi::convert::person_to_device;
use dialects::openapi::{AddUser, DeleteUser, OpenDoor, Reboot, UpdateUser, User};
use dialects::placement::{Placement, Wanted};
use jiff::Timestamp;
use model::{CommandKind, Decider, DeviceSettings, SettingsChange};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::sync::Mutex;

/// The hub's end of the line to a terminal.
pub(super) struct OpenApiLink {
    pub(super) wire: Wire,
    /// Taken by whoever listens.
    pub(super) socket: Mutex<Option<Socket>>,
}

impl OpenApiLink {
    async fn remove(&self, wire_id: &str) -> Result<(), CallError> {
        let Some(delete) = DeleteUser::one(wire_id) else {
            let text = "this id would mean everybody";
            return Err(CallError::ours(Failure::BadParameter, text));
        };
        self.wire.call(&delete).await.map(drop)
    }

    /// Somebody who is not there is as good as removed.
    async fn absent(&self, wire_id: &str) -> Result<(), CallError> {
        match self.remove(wire_id).await {
            Err(error) if error.failure != Failure::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether the terminal has the person is not asked: whom it cannot add it changes (QUIRKS O39). A changed photo goes
    /// with each change, an unchanged one too.
    async fn hold(&self, user: User) -> Result<(), CallError> {
        let refused = match self.wire.call(&AddUser(user.clone())).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let may_be_there = matches!(refused.failure, Failure::BadParameter | Failure::Internal);
        if !may_be_there || refused.code.is_none() {
            return Err(refused);
        }
        match self.wire.call(&UpdateUser::to(&user)).await {
            Ok(_) => Ok(()),
            // It is not there after all: what the first answer said is the reason.
            Err(error) if error.failure == Failure::NotFound => Err(refused),
            Err(error) => Err(error),
        }
    }

    async fn resend_records(&self, body: &Value) -> Result<CommandDone, CallError> {
        let (from, until) =
            range_of(body).map_err(|fault| CallError::ours(Failure::BadParameter, fault.message))?;
        let offset_ms = self.wire.now_there_ms() - Timestamp::now().as_millisecond();
        let there = |at: Timestamp| at.as_millisecond().saturating_add(offset_ms);
        let range = Range {
            from_ms: there(from),
            until_ms: there(until),
        };
        let count = fetch_again(self, range).await?;
        Ok(CommandDone {
            result: Some(json!({"records": count})),
            photo: None,
        })
    }

    async fn native(&self, body: &Value) -> Result<CommandDone, CallError> {
        let (path, parameters) =
            named(body).map_err(|fault| CallError::ours(Failure::BadParameter, fault.message))?;
        let reply = self.wire.any(&path, &parameters).await?;
        Ok(CommandDone {
            result: Some(serde_json::to_value(reply).unwrap_or_default()),
            photo: None,
        })
    }
}

/// The call of a `native` command: by its path.
pub(super) fn named(body: &Value) -> Result<(String, Map<String, Value>), BodyFault> {
    let path = body.get("operation").and_then(Value::as_str).unwrap_or_default();
    let path = format!("/{}", path.trim().trim_matches('/'));
    let is_path = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'.' | b'%');
    if !path.starts_with("/api/") || !path.bytes().all(is_path) {
        let what = "the call's path as it stands in the document, as in /api/device/open";
        return Err(BodyFault::new("operation", what));
    }
    match body.get("body") {
        None | Some(Value::Null) => Ok((path, Map::new())),
        Some(Value::Object(parameters)) => Ok((path, parameters.clone())),
        Some(_) => Err(BodyFault::new(
            "body",
            "an object, the call's content or parameters",
        )),
    }
}

fn done(result: Result<(), CallError>) -> Result<CommandDone, CallError> {
    result.map(|()| CommandDone::default())
}

#[async_trait]
impl Link for OpenApiLink {
    async fn put_person(&self, put: PersonPut) -> Result<PersonDone, CallError> {
        let converted = person_to_device(&Wanted {
            person: &put.person,
            rules: &put.rules,
            photo: put.photos.first().map(|photo| photo.jpeg.as_slice()),
            now: Timestamp::now(),
        });
        match converted.placement {
            Placement::Hold(user) => self.hold(*user).await?,
            Placement::Absent => self.absent(put.person.id.as_str()).await?,
            Placement::Unsupported => {
                self.absent(put.person.id.as_str()).await?;
                let text = "the dialect cannot say when this person may pass";
                return Err(CallError::ours(Failure::Unsupported, text));
            }
        }
        Ok(PersonDone {
            warnings: warnings(converted.losses),
            redo_at: converted.redo_at,
        })
    }

    async fn remove_person(&self, wire_id: &str) -> Result<(), CallError> {
        self.remove(wire_id).await
    }

    async fn count_persons(&self) -> Result<u32, CallError> {
        people::count(&self.wire).await
    }

    async fn list_persons(&self) -> Result<Vec<HeldPerson>, CallError> {
        people::list(&self.wire).await
    }

    async fn read_people(&self, sink: &dyn PeopleSink) -> Result<u32, CallError> {
        people::read(&self.wire, sink).await
    }

    async fn recall_records(&self, _since: Option<Timestamp>) -> Result<(), CallError> {
        fill(self).await.map(drop)
    }

    async fn command(
        &self,
        kind: CommandKind,
        body: &Value,
        _progress: &dyn Progress,
    ) -> Result<CommandDone, CallError> {
        match kind {
            CommandKind::OpenDoor => {
                let remark = body.get("message").and_then(Value::as_str);
                let remark = remark.filter(|remark| !remark.is_empty()).map(str::to_owned);
                done(self.wire.call(&OpenDoor { remark }).await)
            }
            CommandKind::Reboot => done(self.wire.call(&Reboot).await),
            CommandKind::SyncTime => done(self.wire.set_clock().await),
            CommandKind::ResendRecords => self.resend_records(body).await,
            CommandKind::Native => self.native(body).await,
            _ => {
                let text = "this dialect has no such command";
                Err(CallError::ours(Failure::Unsupported, text))
            }
        }
    }

    async fn read_settings(&self) -> Result<DeviceSettings, CallError> {
        settings::read_shared(&self.wire).await
    }

    async fn write_settings(&self, change: &SettingsChange) -> Result<(), CallError> {
        settings::write_shared(&self.wire, change).await
    }

    async fn read_native_settings(&self, group: &str) -> Result<Value, CallError> {
        settings::read(&self.wire, group).await
    }

    async fn write_native_settings(
        &self,
        group: &str,
        changes: &Map<String, Value>,
    ) -> Result<(), CallError> {
        settings::write(&self.wire, group, changes).await
    }

    /// There is no such switch: a terminal that is called decides itself, one that also asks goes by the answer.
    async fn set_decider(&self, _decider: Decider) -> Result<(), CallError> {
        Ok(())
    }

    fn close(&self) {
        self.wire.line.closing.cancel();
    }
}

#[async_trait]
impl DialledLink for OpenApiLink {
    async fn attend(&self, live: &Arc<LiveLink>) {
        let Some(socket) = self.socket.lock().await.take() else {
            return;
        };
        tokio::select! {
            why = socket.listen(&self.wire, live) => {
                tracing::info!(device = %live.device, why, "the device is gone");
            }
            () = keep_filled(self, live) => {}
            () = self.wire.line.closing.cancelled() => {}
        }
    }
}
