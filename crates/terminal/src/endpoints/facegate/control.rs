//! The door, the user, the program (3.3, 3.20, 3.29).

use super::failure::Failure;
use super::{DIALECT, Endpoint};
use crate::upgrade::{self, Announced};
use dialects::facegate::code::AddPersonCode;
use dialects::facegate::device::{OpenDoor, SetUserPwd, Upgrade};
use dialects::facegate::{Done, OpenDoorWay};
use model::Method;

/// Bytes of a program's version; the document names no limit.
const VERSION_BYTES: usize = 128;

impl Endpoint {
    /// `OpenDoor`: shows the text, and opens where the platform may (3.2.3, QUIRKS A25); it is done in any case. An opening
    /// is a control record (3.22) where there are any, unless it answers a code, which has a record of its own.
    pub(super) async fn open(&self, call: &OpenDoor) -> Result<Done, Failure> {
        self.device
            .say(call.message.as_deref().unwrap_or_default().trim());
        let way = self.memory.get().way();
        if call.opens() && way.opens_remotely() && !self.shown_code.open() {
            if way != OpenDoorWay::Remote {
                self.device.record_opening(DIALECT).await?;
            }
            self.device.open_door(Method::Remote);
        }
        Ok(Done)
    }

    /// `SetUserPwd`: the next call needs the new ones.
    pub(super) async fn set_user(&self, call: &SetUserPwd) -> Result<Done, Failure> {
        self.memory
            .change(|memory| {
                memory.user.clone_from(&call.user);
                memory.password.clone_from(&call.password);
            })
            .await?;
        Ok(Done)
    }

    /// `Upgrade`: answered once the program is here; then the terminal restarts under its name.
    pub(super) async fn upgrade(&self, call: &Upgrade) -> Result<Done, Failure> {
        let Ok(_one) = self.installing.try_lock() else {
            return Err(Failure::coded(
                AddPersonCode::Failed,
                "another program is being installed",
            ));
        };
        upgrade::fetch(&call.url, &Announced::Anything)
            .await
            .map_err(|error| Failure::coded(AddPersonCode::Failed, error.to_string()))?;
        let name = call.name.trim();
        let version = if name.is_empty() {
            upgrade::version_of(&call.url, VERSION_BYTES)
        } else {
            dialects::text::cut(name, VERSION_BYTES).to_owned()
        };
        self.device
            .change_behaviour(|behaviour| behaviour.version = Some(version))
            .await?;
        Ok(Done)
    }
}
