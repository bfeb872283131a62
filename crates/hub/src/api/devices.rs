//! Devices (hub rules 14 to 20).

use super::answer::{self, IfMatch};
use super::device_schemas::DeviceSchema;
use super::input::{Input, nullable};
use super::page::{List, PageQuery, Paging};
use super::permission::{AdminOnly, Caller, Change, Read};
use super::problem::Problem;
use super::query::InputQuery;
use super::scope;
use crate::events::{Resolver, Resolvers};
use crate::links::{self, Dialect};
use crate::state::Hub;
use async_trait::async_trait;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Decider, Device, DeviceId, DeviceStatus, Direction, ZoneId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use store::hub::devices::{DeviceChange, DeviceFilter, NewDevice, StoredDevice};
use store::hub::outbox::Announcement;
use store::hub::{Event, Page};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest text of a field, in bytes.
const MOST_TEXT_BYTES: usize = 256;
/// The longest serial, in bytes.
const MOST_SERIAL_BYTES: usize = 64;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, delete))
        .routes(routes!(approve))
        .routes(routes!(credentials))
}

pub(super) fn resolvers(resolvers: &mut Resolvers) {
    for event in [
        Event::DeviceStatus,
        Event::DevicePending,
        Event::DeviceWrongAddress,
    ] {
        resolvers.add(event, DeviceResolver);
    }
}

/// A device as the API shows it.
#[derive(Debug, Serialize)]
pub(super) struct DeviceView {
    revision: i64,
    #[serde(flatten)]
    device: Device,
    pinned_address: Option<String>,
}

pub(super) fn view(stored: StoredDevice) -> DeviceView {
    DeviceView {
        revision: stored.revision,
        device: stored.device,
        pinned_address: stored.pinned_address,
    }
}

/// A device that the caller may see.
///
/// # Errors
/// 404.
pub(super) async fn visible(hub: &Hub, caller: &Caller, id: String) -> Result<StoredDevice, Problem> {
    let found = hub
        .store
        .devices
        .device(&DeviceId::new(id), caller.zone.clone())
        .await?;
    found.ok_or_else(Problem::not_found)
}

/// Which devices a list shows.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DeviceQuery {
    /// Part of a name, serial, MAC or id.
    #[serde(default)]
    query: Option<String>,
    /// Only with this status.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    status: Option<DeviceStatus>,
    /// Only of this zone.
    #[serde(default)]
    zone_id: Option<String>,
}

/// A device to enter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeviceInput {
    /// The wire protocol.
    dialect: String,
    /// What the device calls itself; for dialects whose devices dial in.
    #[serde(default)]
    serial: Option<String>,
    /// The operator's name for it.
    #[serde(default)]
    name: Option<String>,
    /// `host:port`, for dialects that the hub dials.
    #[serde(default)]
    address: Option<String>,
    /// The dialect's credentials, for dialects that the hub dials.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    credentials: Option<Value>,
    /// IANA time zone.
    #[serde(default)]
    time_zone: Option<String>,
    /// `entry`, `exit` or `none`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    direction: Option<Direction>,
    /// The zone that it guards.
    #[serde(default)]
    zone_id: Option<String>,
    /// Who decides on its door: `device` or `hub`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    decision: Option<Decider>,
}

/// What to change of a device; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DevicePatch {
    /// The operator's name for it.
    #[serde(default)]
    name: Option<String>,
    /// The zone that it guards; null: none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    zone_id: Option<Option<String>>,
    /// IANA time zone; null: the hub's.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    /// `entry`, `exit` or `none`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    direction: Option<Direction>,
    /// Who decides on its door: `device` or `hub`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    decision: Option<Decider>,
    /// The dialect's credentials.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    credentials: Option<Value>,
    /// Where it is dialled.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    address: Option<Option<String>>,
    /// The only address that it may come from; null unpins.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pinned_address: Option<Option<String>>,
    /// `disabled` switches it off, `online` on.
    #[serde(default)]
    status: Option<String>,
}

/// What may be set with the approval.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Approval {
    /// The operator's name for it.
    #[serde(default)]
    name: Option<String>,
    /// IANA time zone.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    /// `entry`, `exit` or `none`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    direction: Option<Direction>,
    /// The zone that it guards.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    zone_id: Option<Option<String>>,
    /// The dialect's credentials.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    credentials: Option<Value>,
}

/// Devices by creation.
#[utoipa::path(get, path = "/devices", tag = "devices", params(DeviceQuery, PageQuery), responses((status = 200, body = List<DeviceSchema>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Devices>,
    InputQuery(query): InputQuery<DeviceQuery>,
    Paging(page): Paging,
) -> Result<Json<List<DeviceView>>, Problem> {
    let filter = DeviceFilter {
        query: query.query,
        status: query.status,
        zone: query.zone_id.map(ZoneId::new),
        bound: by.0.zone,
        after: page.after,
        limit: page.limit.saturating_add(1),
    };
    let rows = hub.store.devices.list(filter).await?;
    let rows = rows.into_iter().map(|row| (row.seq, row)).collect();
    Ok(Json(List::of(Page::from_rows(rows, page.limit), view)))
}

/// Enters a device, approved: the hub dials it, or expects it by its serial (hub rules 14 and 15).
#[utoipa::path(post, path = "/devices", tag = "devices", request_body = DeviceInput, responses((status = 201, body = DeviceSchema)))]
async fn create(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Devices>,
    Input(input): Input<DeviceInput>,
) -> Result<Response, Problem> {
    let Some(dialect) = links::dialect(&input.dialect) else {
        let known: Vec<_> = links::dialects().iter().map(|dialect| dialect.name()).collect();
        let why = format!("this version speaks {}", known.join(", "));
        return Err(Problem::invalid_field("dialect", "invalid", why));
    };
    let serial = input.serial.unwrap_or_default();
    if !dialect.hub_dials() && (serial.trim().is_empty() || serial.len() > MOST_SERIAL_BYTES) {
        return Err(Problem::invalid_field(
            "serial",
            "required",
            "what the device calls itself, 1 to 64 bytes",
        ));
    }
    check_text("name", input.name.as_deref())?;
    check_zone_name(input.time_zone.as_deref())?;
    check_decider(dialect, input.decision)?;
    let zone_id = within(&by.0, input.zone_id.map(ZoneId::new))?;
    let device = NewDevice {
        dialect: input.dialect,
        serial,
        mac: String::new(),
        name: input.name.unwrap_or_default(),
        address: input.address,
        direction: input.direction.unwrap_or_default(),
        zone_id,
        time_zone: input.time_zone,
        decision: input.decision.unwrap_or_default(),
        capabilities: dialect
            .capabilities()
            .iter()
            .map(|&name| name.to_owned())
            .collect(),
        credentials: input.credentials,
    };
    let stored = hub.store.devices.create(&by.0.actor(), device).await?;
    let location = format!("/api/v1/devices/{}", stored.device.id);
    Ok(answer::created(&location, stored.revision, view(stored)))
}

/// One device.
#[utoipa::path(get, path = "/devices/{id}", tag = "devices", params(("id", description = "The device")), responses((status = 200, body = DeviceSchema)))]
async fn show(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Devices>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let stored = visible(&hub, &by.0, id).await?;
    Ok(answer::object(stored.revision, view(stored)))
}

/// Changes a device. Switched off, its connection ends.
#[utoipa::path(patch, path = "/devices/{id}", tag = "devices", params(("id", description = "The device")), request_body = DevicePatch, responses((status = 200, body = DeviceSchema)))]
async fn change(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Devices>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
    Input(input): Input<DevicePatch>,
) -> Result<Response, Problem> {
    let before = visible(&hub, &by.0, id).await?;
    check_text("name", input.name.as_deref())?;
    check_zone_name(input.time_zone.as_ref().and_then(|name| name.as_deref()))?;
    if let Some(dialect) = links::dialect(&before.device.dialect) {
        check_decider(dialect, input.decision)?;
    }
    let change = DeviceChange {
        name: input.name,
        zone_id: rezoned(&by.0, input.zone_id)?,
        time_zone: input.time_zone,
        direction: input.direction,
        decision: input.decision,
        credentials: input.credentials,
        address: input.address,
        pinned_address: input.pinned_address,
        disabled: switched(input.status.as_deref(), before.device.status)?,
    };
    let (actor, bound) = (by.0.actor(), by.0.zone);
    let stored = hub
        .store
        .devices
        .change(&actor, &before.device.id, change, bound, expected)
        .await?;
    if stored.device.status == DeviceStatus::Disabled {
        hang_up(&hub, &stored.device.id);
    }
    hub.links.wake(&stored.device.id);
    Ok(answer::object(stored.revision, view(stored)))
}

/// Deletes a device; its records stay.
#[utoipa::path(delete, path = "/devices/{id}", tag = "devices", params(("id", description = "The device")), responses((status = 204)))]
async fn delete(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Devices>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    let id = DeviceId::new(id);
    let (actor, bound) = (by.0.actor(), by.0.zone);
    hub.store.devices.delete(&actor, &id, bound, expected).await?;
    hang_up(&hub, &id);
    Ok(answer::deleted())
}

/// Approves a pending device: it is given people and commands, and what it sent in the meantime appears.
#[utoipa::path(post, path = "/devices/{id}/approve", tag = "devices", params(("id", description = "The device")), request_body = Approval, responses((status = 200, body = DeviceSchema)))]
async fn approve(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Devices>,
    Path(id): Path<String>,
    IfMatch(expected): IfMatch,
    Input(input): Input<Approval>,
) -> Result<Response, Problem> {
    check_text("name", input.name.as_deref())?;
    check_zone_name(input.time_zone.as_ref().and_then(|name| name.as_deref()))?;
    let change = DeviceChange {
        name: input.name,
        zone_id: rezoned(&by.0, input.zone_id)?,
        time_zone: input.time_zone,
        direction: input.direction,
        credentials: input.credentials,
        ..DeviceChange::default()
    };
    let id = DeviceId::new(id);
    let (actor, bound) = (by.0.actor(), by.0.zone);
    let stored = hub
        .store
        .devices
        .approve(&actor, &id, change, bound, expected)
        .await?;
    hub.links.wake(&id);
    Ok(answer::object(stored.revision, view(stored)))
}

/// The device's credentials in clear; that they were shown is audited.
#[utoipa::path(get, path = "/devices/{id}/credentials", tag = "devices", params(("id", description = "The device")), responses((status = 200, body = Object)))]
async fn credentials(
    State(hub): State<Arc<Hub>>,
    by: AdminOnly<scope::Devices>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let shown = hub
        .store
        .devices
        .credentials(&by.0.actor(), &DeviceId::new(id))
        .await?;
    hub.outbox_grew();
    Ok(Json(shown))
}

fn hang_up(hub: &Hub, id: &DeviceId) {
    if let Some(live) = hub.links.get(id) {
        live.link.close();
    }
}

fn check_text(path: &str, text: Option<&str>) -> Result<(), Problem> {
    match text {
        Some(text) if text.trim().is_empty() || text.len() > MOST_TEXT_BYTES => {
            Err(Problem::invalid_field(path, "invalid", "1 to 256 bytes"))
        }
        _ => Ok(()),
    }
}

fn check_zone_name(name: Option<&str>) -> Result<(), Problem> {
    match name {
        Some(name) if jiff::tz::TimeZone::get(name).is_err() => Err(Problem::invalid_field(
            "time_zone",
            "invalid",
            "an IANA time zone like Asia/Shanghai",
        )),
        _ => Ok(()),
    }
}

fn check_decider(dialect: &dyn Dialect, decision: Option<Decider>) -> Result<(), Problem> {
    if decision == Some(Decider::Hub) && !dialect.capabilities().contains(&"decide") {
        return Err(Problem::unsupported(
            "decision",
            "devices of this dialect decide themselves",
        ));
    }
    Ok(())
}

/// A caller who is bound to a zone enters devices there.
fn within(caller: &Caller, zone: Option<ZoneId>) -> Result<Option<ZoneId>, Problem> {
    match (&caller.zone, zone) {
        (None, zone) => Ok(zone),
        (Some(bound), None) => Ok(Some(bound.clone())),
        (Some(bound), Some(zone)) if zone == *bound => Ok(Some(zone)),
        (Some(_), Some(_)) => Err(no_such_zone()),
    }
}

fn rezoned(caller: &Caller, zone: Option<Option<String>>) -> Result<Option<Option<ZoneId>>, Problem> {
    let zone = zone.map(|zone| zone.map(ZoneId::new));
    match (&caller.zone, &zone) {
        (Some(bound), Some(wanted)) if wanted.as_ref() != Some(bound) => Err(no_such_zone()),
        _ => Ok(zone),
    }
}

fn no_such_zone() -> Problem {
    Problem::invalid_field("zone_id", "invalid", "there is no such zone")
}

fn switched(status: Option<&str>, before: DeviceStatus) -> Result<Option<bool>, Problem> {
    match status {
        None => Ok(None),
        Some("disabled") => Ok(Some(true)),
        Some("online") if before == DeviceStatus::Pending => Err(Problem::conflict(
            "pending",
            "the device waits for approval; POST /devices/{id}/approve",
        )),
        Some("online") => Ok(Some(false)),
        Some(_) => Err(Problem::invalid_field(
            "status",
            "invalid",
            "\"disabled\" or \"online\"",
        )),
    }
}

/// Tells of devices to those who may see them.
struct DeviceResolver;

#[async_trait]
impl Resolver for DeviceResolver {
    async fn resolve(
        &self,
        hub: &Hub,
        caller: &Caller,
        row: &Announcement,
    ) -> Result<Option<Value>, Problem> {
        if !caller.may_read::<scope::Devices>() {
            return Ok(None);
        }
        let id = DeviceId::new(row.subject_id.as_str());
        let found = hub.store.devices.device(&id, caller.zone.clone()).await?;
        found
            .map(|stored| serde_json::to_value(view(stored)))
            .transpose()
            .map_err(|error| Problem::internal(&error))
    }
}
