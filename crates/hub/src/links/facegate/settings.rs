//! What a terminal is set to (hub rules 36 and 37): eighteen groups of its own, some of whose fields dialects share.

use super::calls::FacegateLink;
use super::declared::fault;
use super::wire::Wire;
use crate::links::dialled::address::HostPort;
use crate::links::{BodyFault, CallError, Failure};
use dialects::facegate::convert::settings as unified;
use dialects::facegate::settings::{SettingsGroup, SettingsValues};
use dialects::facegate::{GetSettings, OpenDoorWay, SetSettings};
use model::{Decider, DeviceSettings, SettingsChange};
use serde_json::{Map, Value, json};
use store::hub::Actor;
use store::hub::devices::DeviceChange;

/// Whether a change of a group can be sent.
///
/// # Errors
/// The field that cannot, with its range.
pub(super) fn check(group: &str, changes: &Map<String, Value>) -> Result<(), BodyFault> {
    let Some(known) = SettingsGroup::of(group) else {
        let names: Vec<_> = SettingsGroup::ALL.iter().map(|group| group.name()).collect();
        return Err(BodyFault::new("", format!("one of {}", names.join(", "))));
    };
    if changes.is_empty() {
        return Err(BodyFault::new("", "at least one field of the group"));
    }
    known.change(changes).map(|_| ()).map_err(|error| {
        let mut fault = fault(error);
        if let Some((_, field)) = fault.path.split_once('.') {
            fault.path = field.to_owned();
        }
        fault
    })
}

/// Whether a change of shared settings can be sent. What goes with it from the terminal is as good as known here.
///
/// # Errors
/// The field that cannot, with its range.
pub(super) fn check_unified(change: &SettingsChange) -> Result<(), BodyFault> {
    let current = [
        (SettingsGroup::SysNtp, "NtpInterval", 1),
        (SettingsGroup::DoorCondition, "VerifyMode", 1),
    ]
    .map(|(group, key, value)| SettingsValues {
        group,
        values: Map::from_iter([(key.to_owned(), Value::from(value))]),
    });
    unified::write(change, &current).map(|_| ()).map_err(fault)
}

fn bad(error: &dialects::fields::FieldError) -> CallError {
    CallError::ours(Failure::BadParameter, error.to_string())
}

fn group_of(name: &str) -> Result<SettingsGroup, CallError> {
    SettingsGroup::of(name).ok_or_else(|| CallError::ours(Failure::NotFound, "there is no such group"))
}

/// A group, where the terminal has it.
async fn group(wire: &Wire, group: SettingsGroup) -> Result<Option<SettingsValues>, CallError> {
    match wire.call(&GetSettings(group)).await {
        Ok(values) => Ok(Some(values)),
        Err(error) if error.failure == Failure::Unsupported => Ok(None),
        Err(error) => Err(error),
    }
}

async fn groups(wire: &Wire, wanted: &[SettingsGroup]) -> Result<Vec<SettingsValues>, CallError> {
    let mut held = Vec::new();
    for wanted in wanted {
        held.extend(group(wire, *wanted).await?);
    }
    Ok(held)
}

impl FacegateLink {
    pub(super) async fn unified(&self) -> Result<DeviceSettings, CallError> {
        Ok(unified::read(&groups(&self.wire, unified::GROUPS).await?))
    }

    pub(super) async fn change_unified(&self, change: &SettingsChange) -> Result<(), CallError> {
        let current = groups(&self.wire, &unified::needed(change)).await?;
        let calls = unified::write(change, &current).map_err(|error| bad(&error))?;
        for call in calls {
            self.wire.call(&call).await?;
        }
        Ok(())
    }

    pub(super) async fn native_group(&self, name: &str) -> Result<Value, CallError> {
        let held = self.wire.call(&GetSettings(group_of(name)?)).await?;
        Ok(Value::Object(held.values))
    }

    pub(super) async fn change_group(
        &self,
        name: &str,
        changes: &Map<String, Value>,
    ) -> Result<(), CallError> {
        let known = group_of(name)?;
        let needs_others = known.fields().iter().any(|field| field.required);
        let current = if needs_others {
            group(&self.wire, known).await?
        } else {
            None
        };
        let change = SetSettings::new(known, changes, current.as_ref()).map_err(|error| bad(&error))?;
        if moves(known, changes) {
            return self.change_network(&change, changes).await;
        }
        self.wire.call(&change).await.map(|_| ())
    }

    /// Tells the terminal who decides (3.2.3); one that knows already is left alone.
    pub(super) async fn tell_decider(&self, decider: Decider) -> Result<(), CallError> {
        const DOOR: SettingsGroup = SettingsGroup::DoorCondition;
        let way = i64::from(OpenDoorWay::of(decider));
        let current = self.wire.call(&GetSettings(DOOR)).await?;
        if current.number("OpendoorWay") == Some(way) {
            return Ok(());
        }
        let changes = Map::from_iter([("OpendoorWay".to_owned(), json!(way))]);
        let change = SetSettings::new(DOOR, &changes, Some(&current)).map_err(|error| bad(&error))?;
        self.wire.call(&change).await.map(|_| ())
    }
}

/// Whether a change of a group may move the terminal: of the network, or of the address among the common parameters (3.4,
/// 3.23).
pub(super) fn moves(group: SettingsGroup, changes: &Map<String, Value>) -> bool {
    match group {
        SettingsGroup::NetParam => true,
        SettingsGroup::GeneralParam => changes.contains_key("IPAddr"),
        _ => false,
    }
}

/// A terminal whose address was changed is dialled at the new one (3.4).
///
/// # Errors
/// What the store says.
pub(super) async fn follow(wire: &Wire, changes: &Map<String, Value>) -> Result<(), CallError> {
    let old = wire.line.client.address();
    let text = |key: &str| changes.get(key).and_then(Value::as_str).map(str::trim);
    let host = text("IPAddr").filter(|host| !host.is_empty());
    let port = changes.get("WebPort").and_then(Value::as_u64);
    let new = HostPort {
        host: host.map_or_else(|| old.host.clone(), str::to_owned),
        port: port.and_then(|port| u16::try_from(port).ok()).unwrap_or(old.port),
    };
    if new == *old {
        return Ok(());
    }
    let moved = DeviceChange {
        address: Some(Some(new.to_string())),
        pinned_address: (new.host != old.host).then(|| Some(new.host.clone())),
        ..DeviceChange::default()
    };
    let (hub, id) = (&wire.line.hub, &wire.line.device.device.id);
    let changed = hub
        .store
        .devices
        .change(&Actor::hub(), id, moved, None, None)
        .await;
    hub.outbox_grew();
    changed
        .map(|_| ())
        .map_err(|error| CallError::ours(Failure::Internal, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_the_field_and_its_range() {
        let fault = |group: &str, changes: Value| check(group, changes.as_object().unwrap()).unwrap_err();
        assert_eq!(
            fault("DoorCondition", json!({"OpendoorWay": 4})).path,
            "OpendoorWay"
        );
        assert_eq!(fault("DoorCondition", json!({"Way": 1})).path, "Way");
        assert_eq!(fault("SysParam", json!({"DeviceID": 7})).path, "DeviceID");
        assert!(
            fault("what", json!({"a": 1}))
                .message
                .starts_with("one of Sound, DoorCondition")
        );
        assert!(check("sound", json!({"Volume": 50}).as_object().unwrap()).is_ok());
    }

    #[test]
    fn shared_settings_are_checked_before_the_terminal_is_asked() {
        let change = |change: Value| serde_json::from_value::<SettingsChange>(change).unwrap();
        assert!(check_unified(&change(json!({"mask": true, "time_zone": "Asia/Shanghai"}))).is_ok());
        assert_eq!(
            check_unified(&change(json!({"volume": 2.0}))).unwrap_err().path,
            "volume"
        );
    }
}
