//! The settings of 2.1.6 and 2.1.7: kept as they were set, and acted upon where this terminal has the thing.

mod acting;
mod defaults;

use super::DIALECT;
use super::commands::{reply, store_failed};
use crate::decider::{Decider, WhenSilent};
use crate::device::Device;
use dialects::fields::{self, FieldError};
use dialects::mqtt::dev_info::{FIELDS, OnlineSetDevInfoResp};
use dialects::mqtt::message::Reply;
use dialects::mqtt::{DevInfo, DeviceResponse, ErrorCode, OnlineGetDevInfoResp, OnlineSetDevInfo};
use serde_json::{Map, Value};
use store::StoreError;

/// Who opens the door.
const AUTO_OPEN: &str = "autoOpenDoorEnable";

fn key() -> String {
    format!("{DIALECT}.settings")
}

async fn kept(device: &Device) -> Result<Map<String, Value>, StoreError> {
    let bytes = device.state.get(&key()).await?;
    Ok(bytes
        .map(|bytes| serde_json::from_slice(&bytes))
        .transpose()?
        .unwrap_or_default())
}

/// All settings: those that were set, over the built-in ones, under those that other dialects change, too.
fn whole(device: &Device, kept: &Map<String, Value>) -> DevInfo {
    let mut whole = defaults::of(device);
    whole.extend(kept.clone());
    whole.extend(defaults::live(device));
    DevInfo(whole)
}

/// Whether this dialect's platform decides.
fn decides(device: &Device) -> bool {
    matches!(device.decisions.decider(), Decider::Platform { dialect, .. } if dialect == DIALECT)
}

/// `onlineGetDevInfo`.
pub(super) async fn get(device: &Device, msg_id: &str) -> DeviceResponse {
    let serial = &device.config.terminal.serial;
    let (reply, settings) = match kept(device).await {
        Ok(kept) => (Reply::done(msg_id, serial, ""), whole(device, &kept)),
        Err(error) => {
            let (code, words) = store_failed(&error);
            (reply(code, msg_id, serial, &words), DevInfo::default())
        }
    };
    OnlineGetDevInfoResp { reply, settings }.into()
}

/// `onlineSetDevInfo`: all of the message, or nothing of it; 400 names the field and its range.
pub(super) async fn set(device: &Device, message: &OnlineSetDevInfo) -> DeviceResponse {
    let (code, words) = match try_set(device, message).await {
        Ok(Ok(())) => (ErrorCode::Success, ErrorCode::Success.text().to_owned()),
        Ok(Err(error)) => (ErrorCode::InvalidSetting, error.to_string()),
        Err(error) => store_failed(&error),
    };
    let serial = &device.config.terminal.serial;
    OnlineSetDevInfoResp(reply(code, &message.msg_id, serial, &words)).into()
}

async fn try_set(device: &Device, message: &OnlineSetDevInfo) -> Result<Result<(), FieldError>, StoreError> {
    let mut kept = kept(device).await?;
    let changed = match changed(message, &whole(device, &kept)) {
        Ok(changed) => changed,
        Err(error) => return Ok(Err(error)),
    };
    kept.extend(changed.0.clone());
    let bytes = serde_json::to_vec(&kept)?;
    device.state.set(&key(), Some(&bytes)).await?;
    let told = acting::Told {
        whole: whole(device, &kept)
            .0
            .into_iter()
            .chain(changed.0.clone())
            .collect(),
        changed: &changed,
        accept: device.configured_thresholds.accept,
    };
    device.change_behaviour(|behaviour| told.act(behaviour)).await?;
    if let Some(auto) = changed.number(AUTO_OPEN) {
        let decider = match auto {
            0 => Decider::Platform {
                dialect: DIALECT.to_owned(),
                when_silent: WhenSilent::StaysShut,
                faces_only: false,
            },
            _ => Decider::Terminal,
        };
        device.decisions.set_decider(decider).await?;
        device.touch();
    }
    Ok(Ok(()))
}

/// What a message changes, exactly as it is kept. What is only told may come back as it was told (QUIRKS M21).
fn changed(message: &OnlineSetDevInfo, told: &DevInfo) -> Result<DevInfo, FieldError> {
    if message.msg_id.trim().is_empty() {
        return Err(FieldError::new("msgID", "must not be empty", "nothing"));
    }
    let mut changes = message.settings.0.clone();
    changes.retain(|name, value| {
        let is_echo = told.0.get(name) == Some(value);
        fields::find(FIELDS, name).is_none_or(|field| field.writable || !is_echo)
    });
    let changed = OnlineSetDevInfo {
        settings: DevInfo(changes),
        ..message.clone()
    };
    changed.exact()
}
