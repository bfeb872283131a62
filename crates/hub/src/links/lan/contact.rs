//! The first word to a terminal: the key (1.2, 3.1), who it is (3.3), its clock (3.5), where it is to post (3.12, 3.16).

use super::calls::LanLink;
use super::declared::Credentials;
use super::wire::Wire;
use crate::links::dialled::Line;
use crate::links::{CallError, Failure};
use dialects::lan::key::{DEFAULT_KEY, KEY_BYTES};
use dialects::lan::{DeviceInfo, GetDeviceInfo, GetTime, SetDeviceKey, SetHeartBeat, SetRecordCallback};
use jiff::Timestamp;
use rand::RngExt as _;
use rand::distr::Alphanumeric;
use std::sync::Arc;
use store::hub::devices::{Dialling, Identity};

/// Speaks to a terminal for the first time on this line.
pub(super) async fn contact(line: Line) -> Result<Arc<LanLink>, CallError> {
    let dialling = line.dialling().await?;
    let wire = Wire::new(line, String::new());
    let info = enter(&wire, &dialling).await?;
    identified(&wire, &info).await?;
    measure(&wire).await?;
    tell_where(&wire, &dialling).await?;
    Ok(Arc::new(LanLink { wire }))
}

/// Notes what the terminal says of itself.
pub(super) async fn identified(wire: &Wire, info: &DeviceInfo) -> Result<(), CallError> {
    wire.line.identified(identity(info)).await.map(|_| ())
}

fn identity(info: &DeviceInfo) -> Identity {
    let text = |name: &str| info.text(name).filter(|text| !text.trim().is_empty());
    Identity {
        serial: info.serial().unwrap_or_default(),
        model: None,
        firmware: text("APKVersion").or_else(|| text("version")),
        capacity: None,
    }
}

/// Finds the key that the terminal takes: one that is in doubt first. The factory's is replaced before anything else.
async fn enter(wire: &Wire, dialling: &Dialling) -> Result<DeviceInfo, CallError> {
    if let Some(candidate) = &dialling.candidate {
        wire.set_key(Credentials::of(Some(candidate)).key);
        match wire.call(&GetDeviceInfo).await {
            Err(error) if error.failure == Failure::Auth => {}
            other => {
                let info = other?;
                wire.line.proven(candidate).await?;
                return Ok(info);
            }
        }
    }
    let in_use = Credentials::of(dialling.credentials.as_ref()).key;
    wire.set_key(in_use.clone());
    if in_use != DEFAULT_KEY || !wire.line.hub.config.devices.replace_default_keys {
        return wire.call(&GetDeviceInfo).await;
    }
    let candidate = dialling.candidate.as_ref();
    let new = candidate.map_or_else(random_key, |candidate| Credentials::of(Some(candidate)).key);
    replace_key(wire, new).await
}

fn random_key() -> String {
    let letters = rand::rng().sample_iter(Alphanumeric);
    letters.take(KEY_BYTES).map(char::from).collect()
}

/// Gives the terminal another key (hub rule 22): kept before it is sent, and in use once a call succeeded with it.
pub(super) async fn replace_key(wire: &Wire, new_key: String) -> Result<DeviceInfo, CallError> {
    let credentials = Credentials { key: new_key.clone() }.to_value();
    wire.line.propose(&credentials).await?;
    let new_key = SetDeviceKey { new_key };
    wire.call(&new_key).await?;
    wire.set_key(new_key.new_key);
    let info = wire.call(&GetDeviceInfo).await?;
    wire.line.proven(&credentials).await?;
    Ok(info)
}

/// Looks at the terminal's clock.
pub(super) async fn measure(wire: &Wire) -> Result<(), CallError> {
    let asked = Timestamp::now();
    let told = wire.call(&GetTime).await?;
    let told_ms = told.ts.as_millisecond();
    let skew_ms = wire.line.clock(told_ms, asked, Timestamp::now()).await?;
    wire.set_skew(skew_ms);
    Ok(())
}

/// Tells the terminal where to post; without a listener of the hub it is asked instead.
async fn tell_where(wire: &Wire, dialling: &Dialling) -> Result<(), CallError> {
    let (Some(records), Some(heartbeats)) = (
        wire.line.push_url(dialling, "record"),
        wire.line.push_url(dialling, "heartbeat"),
    ) else {
        return Ok(());
    };
    wire.call(&SetRecordCallback { url: records }).await?;
    let period = wire.line.hub.config.devices.period_seconds;
    let period = u32::try_from(period).unwrap_or(u32::MAX);
    wire.call(&SetHeartBeat {
        url: heartbeats,
        period: f64::from(period),
    })
    .await
}
