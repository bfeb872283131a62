//! What a terminal is told to be (8.1.12 to 8.1.17): three objects, each read and written whole.

use super::wire::Wire;
use crate::links::{BodyFault, CallError, Failure};
use dialects::fields::FieldError;
use dialects::openapi::convert::settings as unified;
use dialects::openapi::{
    GetNetwork, GetPeripherals, GetSmartFace, Network, Peripherals, SetNetwork, SetPeripherals, SetSmartFace,
    SmartFace,
};
use model::{DeviceSettings, SettingsChange};
use serde_json::{Map, Value};

/// How it looks for faces.
const SMART_FACE: &str = "smartface";
/// What is around it.
const PERIPHERALS: &str = "perpara";
/// Its network.
const NETWORK: &str = "network";
/// The groups (hub rule 36).
pub(super) const GROUPS: &[&str] = &[SMART_FACE, PERIPHERALS, NETWORK];

pub(super) fn check(group: &str, changes: &Map<String, Value>) -> Result<(), BodyFault> {
    if changes.is_empty() {
        return Err(BodyFault::new("", "at least one field"));
    }
    let checked = match group {
        SMART_FACE => SmartFace::default().with(changes).map(drop),
        PERIPHERALS => Peripherals::default().with(changes).map(drop),
        NETWORK => Network::default().with(changes).map(drop),
        _ => {
            return Err(BodyFault::new(
                "",
                format!("the groups are {}", GROUPS.join(", ")),
            ));
        }
    };
    checked.map_err(fault)
}

/// Whether shared settings can be changed so; what the terminal has is of no account.
pub(super) fn check_shared(change: &SettingsChange) -> Result<(), BodyFault> {
    unified::write(change, &SmartFace::default(), &Peripherals::default())
        .map(drop)
        .map_err(fault)
}

pub(super) async fn read(wire: &Wire, group: &str) -> Result<Value, CallError> {
    Ok(Value::Object(match group {
        SMART_FACE => wire.call(&GetSmartFace).await?.0,
        PERIPHERALS => wire.call(&GetPeripherals).await?.0,
        NETWORK => wire.call(&GetNetwork).await?.0,
        _ => return Err(no_group()),
    }))
}

pub(super) async fn write(wire: &Wire, group: &str, changes: &Map<String, Value>) -> Result<(), CallError> {
    match group {
        SMART_FACE => {
            let changed = wire.call(&GetSmartFace).await?.with(changes).map_err(unfit)?;
            wire.call(&SetSmartFace(changed)).await
        }
        PERIPHERALS => {
            let changed = wire.call(&GetPeripherals).await?.with(changes).map_err(unfit)?;
            wire.call(&SetPeripherals(changed)).await
        }
        NETWORK => {
            let changed = wire.call(&GetNetwork).await?.with(changes).map_err(unfit)?;
            changed.check().map_err(unfit)?;
            wire.call(&SetNetwork(changed)).await
        }
        _ => Err(no_group()),
    }
}

pub(super) async fn read_shared(wire: &Wire) -> Result<DeviceSettings, CallError> {
    let face = wire.call(&GetSmartFace).await?;
    Ok(unified::read(&face, &wire.call(&GetPeripherals).await?))
}

pub(super) async fn write_shared(wire: &Wire, change: &SettingsChange) -> Result<(), CallError> {
    let face = wire.call(&GetSmartFace).await?;
    let around = wire.call(&GetPeripherals).await?;
    let changed = unified::write(change, &face, &around).map_err(unfit)?;
    if let Some(face) = changed.smart_face {
        wire.call(&SetSmartFace(face)).await?;
    }
    if let Some(around) = changed.peripherals {
        wire.call(&SetPeripherals(around)).await?;
    }
    Ok(())
}

fn no_group() -> CallError {
    CallError::ours(Failure::NotFound, "there is no such group")
}

fn unfit(error: FieldError) -> CallError {
    CallError::ours(Failure::BadParameter, error.to_string())
}

fn fault(error: FieldError) -> BodyFault {
    BodyFault::new(error.field, format!("{}, got {}", error.limit, error.got))
}
