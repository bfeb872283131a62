//! What the hub asks of a terminal: the dialect's operations as a [`Link`].

use super::contact::{identified, measure, replace_key};
use super::declared::update_of;
use super::people;
use super::wire::{BUSY_FOR, Wire};
use crate::links::dialled::attend::{Polled, by_period};
use crate::links::dialled::records::{Range, fetch_again, fill, keep_filled, range_of};
use crate::links::dialled::{DialledLink, Line};
use crate::links::{
    BodyFault, CallError, CommandDone, Failure, HeldPerson, Link, LiveLink, PeopleSink, PersonDone,
    PersonPut, Progress, warnings,
};
use async_trait::async_trait;
use dialects::epoch::Epoch;
use dialects::lan::convert::{person_to_device, settings as unified};
use dialects::lan::{
    Check, DeviceInfo, GetDeviceInfo, Open, Reboot, RemovePerson, RemoveRecord, Request, SetDeviceInfo,
    SetPerson, SetTime, TakePhotos, Usability,
};
use dialects::lenient::Base64Text;
use dialects::placement::{Placement, Wanted};
use jiff::Timestamp;
use model::{CommandKind, Decider, DeviceSettings, SettingsChange};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The one group of this dialect's settings (hub rule 36).
pub(super) const SETTINGS: &str = "deviceInfo";
/// How long a terminal may take to fetch and install a program.
const UPDATE_WITHIN: Duration = Duration::from_secs(600);
/// How often a terminal that takes a picture is asked for one.
const PHOTO_TRIES: u32 = 3;

/// The hub's end of the line to a terminal.
pub(super) struct LanLink {
    pub(super) wire: Wire,
}

impl LanLink {
    async fn remove(&self, wire_id: &str) -> Result<(), CallError> {
        // Nobody in the list would be everybody (QUIRKS L2).
        let Some(remove) = RemovePerson::of([wire_id]).filter(|_| !wire_id.trim().is_empty()) else {
            return Err(CallError::ours(Failure::BadParameter, "a person without an id"));
        };
        self.wire.call(&remove).await
    }

    /// Somebody who is not there is as good as removed.
    async fn absent(&self, wire_id: &str) -> Result<(), CallError> {
        match self.remove(wire_id).await {
            Err(error) if error.failure != Failure::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// What is wrong with a photo is said best by `check` (3.19); a terminal without it says so when the person is set.
    async fn hold(&self, message: &SetPerson) -> Result<(), CallError> {
        if let Some(photo) = &message.photo {
            let photo = photo.clone();
            match self.wire.call(&Check { photo }).await {
                Ok(checked) if checked.usability != Usability::Usable => {
                    return Err(CallError {
                        failure: Failure::PhotoRejected,
                        code: Some(checked.usability.number()),
                        text: checked.usability.text().to_owned(),
                        wait: None,
                    });
                }
                Err(error) if !matches!(error.failure, Failure::Unsupported | Failure::Internal) => {
                    return Err(error);
                }
                _ => {}
            }
        }
        self.wire.call(message).await
    }

    async fn snapshot(&self) -> Result<CommandDone, CallError> {
        let take = TakePhotos {
            count: Some(1),
            ..TakePhotos::default()
        };
        let mut tries = 1;
        let taken = loop {
            match self.wire.call(&take).await {
                Err(error) if error.failure == Failure::Busy && tries < PHOTO_TRIES => {
                    tries += 1;
                    tokio::time::sleep(BUSY_FOR).await;
                }
                other => break other?,
            }
        };
        let photo = taken.photos.first().map(Base64Text::decode);
        match photo {
            Some(Ok(photo)) if !photo.is_empty() => Ok(CommandDone {
                result: Some(json!({})),
                photo: Some(photo),
            }),
            Some(Err(error)) => {
                let text = format!("the picture cannot be read: {error}");
                Err(CallError::ours(Failure::Internal, text))
            }
            _ => Err(CallError::ours(
                Failure::NothingSeen,
                "the device sent no picture",
            )),
        }
    }

    async fn sync_time(&self) -> Result<(), CallError> {
        let ts = Epoch::of(Timestamp::now());
        self.wire.call(&SetTime { ts }).await?;
        measure(&self.wire).await
    }

    /// Deletes what happened until now; what was fetched before is deleted already.
    async fn clear_records(&self) -> Result<(), CallError> {
        measure(&self.wire).await?;
        let ts = Epoch::from_millisecond(self.wire.now_there_ms());
        self.wire.call(&RemoveRecord { ts }).await
    }

    async fn resend_records(&self, body: &Value) -> Result<CommandDone, CallError> {
        let (from, until) =
            range_of(body).map_err(|fault| CallError::ours(Failure::BadParameter, fault.message))?;
        measure(&self.wire).await?;
        let skew_ms = self.wire.now_there_ms() - Timestamp::now().as_millisecond();
        let there = |at: Timestamp| at.as_millisecond().saturating_add(skew_ms);
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

    /// Any call, as it stands in the document. The hub keeps up with a key that is set so.
    async fn native(&self, body: &Value) -> Result<CommandDone, CallError> {
        let request = named(body).map_err(|fault| CallError::ours(Failure::BadParameter, fault.message))?;
        let result = match request {
            Request::SetDeviceKey(key) => {
                replace_key(&self.wire, key.new_key).await?;
                json!({"status": 0})
            }
            request => {
                let reply = self.wire.any(&request, UPDATE_WITHIN).await?;
                serde_json::to_value(reply).unwrap_or_default()
            }
        };
        Ok(CommandDone {
            result: Some(result),
            photo: None,
        })
    }

    async fn settings(&self) -> Result<DeviceInfo, CallError> {
        self.wire.call(&GetDeviceInfo).await
    }

    async fn set(&self, settings: DeviceInfo) -> Result<(), CallError> {
        self.wire.call(&SetDeviceInfo(settings)).await
    }
}

/// The call of a `native` command.
pub(super) fn named(body: &Value) -> Result<Request, BodyFault> {
    let operation = body.get("operation").and_then(Value::as_str).unwrap_or_default();
    let operation = operation.trim().trim_matches('/');
    let is_name = !operation.is_empty() && operation.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_name {
        let what = "the call's name as it stands in the document";
        return Err(BodyFault::new("operation", what));
    }
    let parameters = match body.get("body") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(parameters)) => parameters.clone(),
        Some(_) => return Err(BodyFault::new("body", "an object, the call's parameters")),
    };
    Request::named(operation, parameters).map_err(|refused| BodyFault::new("body", refused.reason))
}

fn done(result: Result<(), CallError>) -> Result<CommandDone, CallError> {
    result.map(|()| CommandDone::default())
}

#[async_trait]
impl Link for LanLink {
    async fn put_person(&self, put: PersonPut) -> Result<PersonDone, CallError> {
        let converted = person_to_device(&Wanted {
            person: &put.person,
            rules: &put.rules,
            photo: put.photos.first().map(|photo| photo.jpeg.as_slice()),
            now: Timestamp::now(),
        });
        match converted.placement {
            Placement::Hold(message) => self.hold(&message).await?,
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
        let held = people::list(&self.wire).await?;
        Ok(u32::try_from(held.len()).unwrap_or(u32::MAX))
    }

    async fn list_persons(&self) -> Result<Vec<HeldPerson>, CallError> {
        people::list(&self.wire).await
    }

    async fn read_people(&self, sink: &dyn PeopleSink) -> Result<u32, CallError> {
        people::read(&self.wire, sink).await
    }

    async fn recall_records(&self, _since: Option<Timestamp>) -> Result<(), CallError> {
        fill(self).await.map(|_| ())
    }

    async fn command(
        &self,
        kind: CommandKind,
        body: &Value,
        _progress: &dyn Progress,
    ) -> Result<CommandDone, CallError> {
        match kind {
            CommandKind::OpenDoor => done(self.wire.call(&Open).await),
            CommandKind::Reboot => done(self.wire.call(&Reboot).await),
            CommandKind::SyncTime => done(self.sync_time().await),
            CommandKind::Snapshot => self.snapshot().await,
            CommandKind::Upgrade => done(self.wire.call_within(&update_of(body), UPDATE_WITHIN).await),
            CommandKind::ClearRecords => done(self.clear_records().await),
            CommandKind::ResendRecords => self.resend_records(body).await,
            CommandKind::Native => self.native(body).await,
            _ => {
                let text = "this dialect has no such command";
                Err(CallError::ours(Failure::Unsupported, text))
            }
        }
    }

    async fn read_settings(&self) -> Result<DeviceSettings, CallError> {
        Ok(unified::read(&self.settings().await?))
    }

    async fn write_settings(&self, change: &SettingsChange) -> Result<(), CallError> {
        let settings = unified::write(change)
            .map_err(|error| CallError::ours(Failure::BadParameter, error.to_string()))?;
        self.set(settings).await
    }

    async fn read_native_settings(&self, group: &str) -> Result<Value, CallError> {
        only_group(group)?;
        Ok(Value::Object(self.settings().await?.0))
    }

    async fn write_native_settings(
        &self,
        group: &str,
        changes: &Map<String, Value>,
    ) -> Result<(), CallError> {
        only_group(group)?;
        let settings = DeviceInfo::change(changes)
            .map_err(|error| CallError::ours(Failure::BadParameter, error.to_string()))?;
        self.set(settings).await
    }

    /// Terminals of this dialect decide themselves.
    async fn set_decider(&self, decider: Decider) -> Result<(), CallError> {
        match decider {
            Decider::Device => Ok(()),
            Decider::Hub => {
                let text = "devices of this dialect decide themselves";
                Err(CallError::ours(Failure::Unsupported, text))
            }
        }
    }

    async fn restarted(&self) -> Result<(), CallError> {
        identified(&self.wire, &self.settings().await?).await?;
        measure(&self.wire).await
    }

    fn close(&self) {
        self.wire.line.closing.cancel();
    }
}

fn only_group(group: &str) -> Result<(), CallError> {
    if group == SETTINGS {
        return Ok(());
    }
    Err(CallError::ours(Failure::NotFound, "there is no such group"))
}

#[async_trait]
impl Polled for LanLink {
    fn line(&self) -> &Line {
        &self.wire.line
    }

    async fn poll(&self) -> Result<(), CallError> {
        measure(&self.wire).await
    }
}

#[async_trait]
impl DialledLink for LanLink {
    async fn attend(&self, live: &Arc<LiveLink>) {
        tokio::select! {
            () = by_period(self, live) => {}
            () = keep_filled(self, live) => {}
        }
    }
}
