//! Devices (hub rules 14 to 20).

use super::answer::{self, IfMatch};
use super::device_input::{
    Approval, DeviceInput, DevicePatch, DeviceQuery, check_decider, check_text, check_zone_name, rezoned,
    switched, within,
};
use super::device_schemas::DeviceSchema;
use super::dialled_input::{
    Dialling, check_credentials, check_dialled, pinnable, pinned_on_approval, repinned,
};
use super::input::{Input, OptionalInput};
use super::page::{List, PageQuery, Paging};
use super::permission::{AdminOnly, Caller, Change, Read};
use super::problem::Problem;
use super::query::InputQuery;
use super::scope;
use crate::events::{Resolver, Resolvers};
use crate::links;
use crate::secret;
use crate::state::Hub;
use async_trait::async_trait;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Decider, Device, DeviceId, DeviceStatus, ZoneId};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use store::hub::accounts::SecretHash;
use store::hub::devices::{DeviceChange, DeviceFilter, NewDevice, StoredDevice};
use store::hub::outbox::Announcement;
use store::hub::{Event, Page};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, delete))
        .routes(routes!(approve))
        .routes(routes!(credentials))
        .routes(routes!(broker_credentials))
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
    let mut device = stored.device;
    // What it can do is what this hub can do with its dialect and version now, not when it registered.
    if let Some(dialect) = links::dialect(&device.dialect) {
        device.capabilities = dialect
            .capabilities_within(stored.protocol_limit)
            .map(str::to_owned)
            .collect();
    }
    DeviceView {
        revision: stored.revision,
        device,
        pinned_address: stored.pinned_address,
    }
}

/// How a device's connections sign in at the broker.
#[derive(Debug, Serialize, ToSchema)]
struct BrokerAccount {
    /// The user name: its serial.
    username: String,
    /// The password; it is shown this once.
    password: String,
}

impl BrokerAccount {
    fn new(serial: &str) -> Self {
        Self {
            username: serial.to_owned(),
            password: secret::random(),
        }
    }

    fn hash(&self) -> SecretHash {
        secret::hash(&self.password)
    }
}

/// A device that was just entered.
#[derive(Debug, Serialize)]
struct Entered {
    #[serde(flatten)]
    view: DeviceView,
    #[serde(skip_serializing_if = "Option::is_none")]
    broker: Option<BrokerAccount>,
}

/// A device that was just entered, as described.
#[derive(Serialize, ToSchema)]
struct EnteredSchema {
    #[serde(flatten)]
    device: DeviceSchema,
    /// For dialects whose devices sign in at a broker; shown this once.
    broker: Option<BrokerAccount>,
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
#[utoipa::path(post, path = "/devices", tag = "devices", request_body = DeviceInput, responses((status = 201, body = EnteredSchema)))]
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
    let serial = input.serial.clone().unwrap_or_default();
    if !dialect.hub_dials()
        && let Err(fault) = dialect.check_serial(&serial)
    {
        return Err(Problem::invalid_field(&fault.path, "required", fault.message));
    }
    check_text("name", input.name.as_deref())?;
    check_zone_name(input.time_zone.as_deref())?;
    check_decider(dialect, Decider::default(), input.decision)?;
    let zone_id = within(&by.0, input.zone_id.clone().map(ZoneId::new))?;
    let broker = dialect.has_passwords().then(|| BrokerAccount::new(&serial));
    let place = Dialling::of(dialect, &input)?;
    let device = NewDevice {
        dialect: input.dialect,
        serial,
        mac: String::new(),
        name: input.name.unwrap_or_default(),
        address: place.address,
        push_address: place.push_address,
        pinned_address: place.pinned_address,
        link_key: place.link_key,
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
        password_hash: broker.as_ref().map(BrokerAccount::hash),
    };
    let stored = hub.store.devices.create(&by.0.actor(), device).await?;
    let location = format!("/api/v1/devices/{}", stored.device.id);
    let entered = Entered {
        broker,
        view: view(stored.clone()),
    };
    Ok(answer::created(&location, stored.revision, entered))
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
    Input(mut input): Input<DevicePatch>,
) -> Result<Response, Problem> {
    let before = visible(&hub, &by.0, id).await?;
    check_text("name", input.name.as_deref())?;
    check_zone_name(input.time_zone.as_ref().and_then(|name| name.as_deref()))?;
    if let Some(dialect) = links::dialect(&before.device.dialect) {
        check_decider(dialect, before.device.decision, input.decision)?;
        check_dialled(dialect, &input)?;
        input.pinned_address = pinnable(dialect, input.pinned_address)?;
    }
    let change = DeviceChange {
        pinned_address: repinned(&before, &input),
        name: input.name,
        zone_id: rezoned(&by.0, input.zone_id)?,
        time_zone: input.time_zone,
        direction: input.direction,
        decision: input.decision,
        credentials: input.credentials,
        address: input.address,
        push_address: input.push_address,
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
    OptionalInput(input): OptionalInput<Approval>,
) -> Result<Response, Problem> {
    check_text("name", input.name.as_deref())?;
    check_zone_name(input.time_zone.as_ref().and_then(|name| name.as_deref()))?;
    let before = visible(&hub, &by.0, id).await?;
    if let Some(dialect) = links::dialect(&before.device.dialect) {
        check_credentials(dialect, input.credentials.as_ref())?;
    }
    let change = DeviceChange {
        name: input.name,
        zone_id: rezoned(&by.0, input.zone_id)?,
        time_zone: input.time_zone,
        direction: input.direction,
        credentials: input.credentials,
        pinned_address: pinned_on_approval(&before),
        ..DeviceChange::default()
    };
    let id = before.device.id;
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

/// Makes a new password for a device's connections; the old one dies, and so do connections that used it (hub rule 15).
#[utoipa::path(post, path = "/devices/{id}/broker-credentials", tag = "devices", params(("id", description = "The device")), responses((status = 201, body = EnteredSchema)))]
async fn broker_credentials(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Devices>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let stored = visible(&hub, &by.0, id).await?;
    if !links::dialect(&stored.device.dialect).is_some_and(|dialect| dialect.has_passwords()) {
        return Err(Problem::unsupported(
            "id",
            "devices of this dialect sign in at no broker",
        ));
    }
    let account = BrokerAccount::new(&stored.device.serial);
    let (actor, bound) = (by.0.actor(), by.0.zone);
    let stored = hub
        .store
        .devices
        .set_password(&actor, &stored.device.id, bound, account.hash())
        .await?;
    hang_up(&hub, &stored.device.id);
    let location = format!("/api/v1/devices/{}", stored.device.id);
    let entered = Entered {
        broker: Some(account),
        view: view(stored.clone()),
    };
    Ok(answer::created(&location, stored.revision, entered))
}

fn hang_up(hub: &Hub, id: &DeviceId) {
    if let Some(live) = hub.links.get(id) {
        live.link.close();
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
