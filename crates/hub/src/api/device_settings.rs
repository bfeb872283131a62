//! What devices are told to be: the shared settings and each dialect's own (hub rules 36 and 37). They live on the
//! device: reading asks it, so it must be connected.

use super::devices::visible;
use super::input::Input;
use super::permission::{Caller, Change, Read};
use super::problem::Problem;
use super::scope;
use crate::links::{self, BodyFault, CallError, Dialect, Failure, LiveLink};
use crate::state::Hub;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{Device, DeviceSettings, DeviceStatus, SettingsChange};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long to wait until the device has done what it is doing.
const TURN_WITHIN: Duration = Duration::from_secs(20);
/// How long a device may be away after its settings were changed.
const BACK_WITHIN: Duration = Duration::from_secs(15);
/// How soon it is asked again.
const BACK_AFTER: Duration = Duration::from_millis(250);

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(shared, change_shared))
        .routes(routes!(groups))
        .routes(routes!(group, change_group))
}

/// The device's link and dialect; one that cannot be asked now is a problem.
fn reach(hub: &Hub, device: &Device) -> Result<(Arc<LiveLink>, &'static dyn Dialect), Problem> {
    let dialect = links::dialect(&device.dialect)
        .ok_or_else(|| Problem::unsupported("", "this hub does not speak the device's dialect"))?;
    if device.status == DeviceStatus::Pending {
        return Err(Problem::conflict("pending", "the device waits for approval"));
    }
    let live = hub.links.get(&device.id);
    let live = live.ok_or_else(|| Problem::conflict("offline", "the device is not connected"))?;
    Ok((live, dialect))
}

/// One call at a time for each device.
async fn turn(live: &LiveLink) -> Result<tokio::sync::MutexGuard<'_, ()>, Problem> {
    tokio::time::timeout(TURN_WITHIN, live.turn.lock())
        .await
        .map_err(|_| Problem::busy(TURN_WITHIN.as_secs()))
}

fn refused(error: &CallError) -> Problem {
    let text = error.to_string();
    match error.failure {
        Failure::Unsupported => Problem::unsupported("", text),
        Failure::BadParameter => Problem::invalid_field("", "refused_by_device", text),
        Failure::NotFound => Problem::not_found(),
        Failure::Busy => Problem::busy(error.wait.map_or(1, |wait| wait.as_secs().max(1))),
        Failure::Disconnected => Problem::conflict("offline", text),
        Failure::Timeout => Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", text),
        _ => Problem::new(StatusCode::BAD_GATEWAY, "refused_by_device", text),
    }
}

fn fault(fault: BodyFault) -> Problem {
    Problem::invalid_field(&fault.path, "invalid", fault.message)
}

/// Each setting with whether it can be changed; null where the dialect has no such thing.
fn view(settings: &DeviceSettings, writable: &[&str]) -> Result<Value, Problem> {
    let values = serde_json::to_value(settings).map_err(|error| Problem::internal(&error))?;
    let Value::Object(values) = values else {
        return Ok(Value::Null);
    };
    let shown = values.into_iter().map(|(name, value)| {
        let is_writable = writable.contains(&name.as_str());
        let shown = match value {
            Value::Null if !is_writable => Value::Null,
            value => json!({"value": value, "writable": is_writable}),
        };
        (name, shown)
    });
    Ok(Value::Object(shown.collect()))
}

/// A group's values for whoever asked: passwords and keys of a device are for those alone who may read the hub's own
/// settings (hub rule 16).
fn shown_to(caller: &Caller, dialect: &dyn Dialect, group: &str, mut values: Value) -> Value {
    if let Value::Object(fields) = &mut values
        && !caller.may_read::<scope::Settings>()
    {
        let table = dialect.setting_fields(group);
        fields.retain(|name, _| !dialects::fields::find(table, name).is_some_and(|field| field.secret));
    }
    values
}

/// The settings that dialects share, as the device has them: each `{value, writable}`, or null where its dialect has no
/// such thing. Volume and threshold are shares from 0 to 1.
#[utoipa::path(get, path = "/devices/{id}/settings", tag = "devices", params(("id", description = "The device")),
    responses((status = 200, body = Object), (status = 409, description = "The device is not connected")))]
async fn shared(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Devices>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let device = visible(&hub, &by.0, id).await?.device;
    let (live, dialect) = reach(&hub, &device)?;
    let _turn = turn(&live).await?;
    let settings = live.link.read_settings().await.map_err(|error| refused(&error))?;
    Ok(Json(view(&settings, dialect.writable_settings())?))
}

/// Changes shared settings: what is named, as plain values.
#[utoipa::path(patch, path = "/devices/{id}/settings", tag = "devices", params(("id", description = "The device")), request_body = Object,
    responses((status = 200, body = Object), (status = 409, description = "The device is not connected"),
              (status = 422, description = "Not in this dialect, or out of range: the field and its range")))]
async fn change_shared(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Devices>,
    Path(id): Path<String>,
    Input(change): Input<SettingsChange>,
) -> Result<Json<Value>, Problem> {
    let device = visible(&hub, &by.0, id).await?.device;
    let (live, dialect) = reach(&hub, &device)?;
    dialect.check_settings(&change).map_err(fault)?;
    let _turn = turn(&live).await?;
    live.link
        .write_settings(&change)
        .await
        .map_err(|error| refused(&error))?;
    noted(&hub, &by, &device, "settings").await?;
    let settings = live.link.read_settings().await.map_err(|error| refused(&error))?;
    Ok(Json(view(&settings, dialect.writable_settings())?))
}

/// The groups of the dialect's own settings.
#[utoipa::path(get, path = "/devices/{id}/settings/native", tag = "devices", params(("id", description = "The device")), responses((status = 200, body = Object)))]
async fn groups(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Devices>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let device = visible(&hub, &by.0, id).await?.device;
    let dialect = links::dialect(&device.dialect);
    let groups = dialect.map_or(&[][..], Dialect::setting_groups);
    Ok(Json(json!({"groups": groups})))
}

fn known(dialect: &dyn Dialect, group: &str) -> Result<(), Problem> {
    if dialect.setting_groups().contains(&group) {
        Ok(())
    } else {
        Err(Problem::not_found())
    }
}

/// One group of the dialect's own settings, as it stands on the wire; passwords and keys are left out for whoever may not
/// read the hub's settings.
#[utoipa::path(get, path = "/devices/{id}/settings/native/{group}", tag = "devices", params(("id", description = "The device"), ("group", description = "The group's wire name")),
    responses((status = 200, body = Object), (status = 409, description = "The device is not connected")))]
async fn group(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Devices>,
    Path((id, group)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let device = visible(&hub, &by.0, id).await?.device;
    let (live, dialect) = reach(&hub, &device)?;
    known(dialect, &group)?;
    let _turn = turn(&live).await?;
    let values = live.link.read_native_settings(&group).await;
    let values = values.map_err(|error| refused(&error))?;
    Ok(Json(shown_to(&by.0, dialect, &group, values)))
}

/// Changes some fields of one group; the rest stays.
#[utoipa::path(patch, path = "/devices/{id}/settings/native/{group}", tag = "devices", params(("id", description = "The device"), ("group", description = "The group's wire name")), request_body = Object,
    responses((status = 200, body = Object), (status = 409, description = "The device is not connected"),
              (status = 422, description = "A field is unknown, read-only or out of its range, which is named")))]
async fn change_group(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Devices>,
    Path((id, group)): Path<(String, String)>,
    Input(changes): Input<Map<String, Value>>,
) -> Result<Json<Value>, Problem> {
    let device = visible(&hub, &by.0, id).await?.device;
    let (live, dialect) = reach(&hub, &device)?;
    known(dialect, &group)?;
    dialect.check_native_settings(&group, &changes).map_err(fault)?;
    let written = {
        let _turn = turn(&live).await?;
        live.link.write_native_settings(&group, &changes).await
    };
    written.map_err(|error| refused(&error))?;
    noted(&hub, &by, &device, &group).await?;
    let values = read_back(&hub, live, &group).await?;
    Ok(Json(shown_to(&by.0, dialect, &group, values)))
}

/// What a group holds after a change, for which some devices restart, and which others find at another address.
async fn read_back(hub: &Hub, mut live: Arc<LiveLink>, group: &str) -> Result<Value, Problem> {
    let until = Instant::now() + BACK_WITHIN;
    loop {
        let read = {
            let _turn = turn(&live).await?;
            live.link.read_native_settings(group).await
        };
        match read {
            Err(error) if error.failure == Failure::Disconnected && Instant::now() < until => {
                tokio::time::sleep(BACK_AFTER).await;
                live = hub.links.get(&live.device).unwrap_or(live);
            }
            other => return other.map_err(|error| refused(&error)),
        }
    }
}

/// That a setting was changed is audited, without its values: some are secret.
async fn noted(hub: &Hub, by: &Change<scope::Devices>, device: &Device, group: &str) -> Result<(), Problem> {
    hub.store
        .devices
        .settings_changed(&by.0.actor(), &device.id, group)
        .await?;
    hub.outbox_grew();
    Ok(())
}
