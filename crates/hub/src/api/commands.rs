//! Commands to devices (hub rules 32 to 35).

use super::answer;
use super::device_schemas::CommandSchema;
use super::devices::visible;
use super::input::Input;
use super::page::{List, PageQuery, Paging};
use super::permission::{Caller, Change, Read};
use super::problem::Problem;
use super::scope;
use crate::events::{Resolver, Resolvers};
use crate::links::{self, Dialect};
use crate::state::Hub;
use async_trait::async_trait;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dialects::lenient::PictureFormat;
use jiff::{SignedDuration, Timestamp};
use model::{Command, CommandId, CommandKind, DeviceStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use store::hub::commands::{NewCommand, StoredCommand};
use store::hub::devices::StoredDevice;
use store::hub::outbox::Announcement;
use store::hub::{Event, Page};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest life of a command that was not sent, in seconds.
const MOST_EXPIRY_SECONDS: u32 = 30 * 24 * 60 * 60;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show))
        .routes(routes!(photo))
}

pub(super) fn resolvers(resolvers: &mut Resolvers) {
    resolvers.add(Event::CommandUpdated, CommandResolver);
}

/// A command to give. Further fields are the kind's own (`message`, `timeout`, `operation` and `body`, …).
#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "the shape for the API's document; the body is read field by field"
)]
struct CommandInput {
    /// `open_door`, `reboot`, `snapshot`, `native`, …
    kind: String,
    /// Seconds after which it is not sent any more; 10 at the door, else a day.
    #[serde(default)]
    expires_in: Option<u64>,
}

/// A command as the API shows it.
#[derive(Debug, Serialize)]
struct CommandView {
    revision: i64,
    url: String,
    expires_at: Timestamp,
    #[serde(flatten)]
    command: Command,
}

fn url(id: &CommandId) -> String {
    format!("/api/v1/commands/{id}")
}

fn view(stored: StoredCommand) -> CommandView {
    let mut command = stored.command;
    if stored.has_photo {
        let mut result = match command.result.take() {
            Some(Value::Object(result)) => result,
            _ => Map::new(),
        };
        result.insert(
            "photo_url".to_owned(),
            json!(format!("{}/photo", url(&command.id))),
        );
        command.result = Some(Value::Object(result));
    }
    CommandView {
        revision: stored.revision,
        url: url(&command.id),
        expires_at: stored.expires_at,
        command,
    }
}

/// A device's commands by creation.
#[utoipa::path(get, path = "/devices/{id}/commands", tag = "commands", params(("id", description = "The device"), PageQuery), responses((status = 200, body = List<CommandSchema>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Commands>,
    Path(id): Path<String>,
    Paging(page): Paging,
) -> Result<Json<List<CommandView>>, Problem> {
    let device = visible(&hub, &by.0, id).await?.device.id;
    let rows = hub
        .store
        .commands
        .list(&device, page.after, page.limit.saturating_add(1))
        .await?;
    let rows = rows.into_iter().map(|row| (row.seq, row)).collect();
    Ok(Json(List::of(Page::from_rows(rows, page.limit), view)))
}

/// Tells a device to do something once. At a device that is not connected the door stays shut: `expired` at once.
#[utoipa::path(post, path = "/devices/{id}/commands", tag = "commands", params(("id", description = "The device")), request_body = CommandInput,
    responses((status = 202, body = CommandSchema), (status = 409, description = "The device waits for approval, or is switched off"),
              (status = 422, description = "The device's dialect has no such command (`unsupported`), or an argument is wrong")))]
async fn create(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Commands>,
    Path(id): Path<String>,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Problem> {
    let stored = visible(&hub, &by.0, id).await?;
    let (kind, expires_in, body) = read(body)?;
    let opens_door = check(&stored, kind, &body)?.opens_door(kind, &body);
    let device = stored.device;
    let created_at = Timestamp::now();
    let usual = if opens_door { CommandKind::OpenDoor } else { kind }.default_expiry_seconds();
    let life = SignedDuration::from_secs(expires_in.unwrap_or(usual).into());
    let connected = hub.links.is_live(&device.id);
    let command = NewCommand {
        device_id: device.id.clone(),
        kind,
        body,
        created_at,
        expires_at: created_at.saturating_add(life).unwrap_or(created_at),
        expired: opens_door && !connected,
        most_queued: hub.config.limits.commands_per_device,
    };
    let stored = hub.store.commands.queue(&by.0.actor(), command).await?;
    hub.links.wake(&device.id);
    let location = url(&stored.command.id);
    let mut response = answer::created(&location, stored.revision, view(stored));
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

/// Takes a body apart: kind, life in seconds where it is said, the kind's own arguments.
fn read(mut body: Map<String, Value>) -> Result<(CommandKind, Option<u32>, Value), Problem> {
    let kind = body.remove("kind");
    let name = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
    let Some(kind) = CommandKind::ALL.into_iter().find(|kind| kind.name() == name) else {
        let names: Vec<_> = CommandKind::ALL.iter().map(|kind| kind.name()).collect();
        return Err(Problem::invalid_field(
            "kind",
            "invalid",
            format!("one of {}", names.join(", ")),
        ));
    };
    let expires_in = match body.remove("expires_in") {
        None | Some(Value::Null) => None,
        Some(value) => match value.as_u64().and_then(|seconds| u32::try_from(seconds).ok()) {
            Some(seconds @ 1..=MOST_EXPIRY_SECONDS) => Some(seconds),
            _ => {
                return Err(Problem::invalid_field(
                    "expires_in",
                    "invalid",
                    "seconds, 1 to 2592000",
                ));
            }
        },
    };
    let known = arguments(kind);
    if let Some(unknown) = body.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(Problem::invalid_field(
            unknown,
            "unknown_field",
            format!("{name} has no such argument"),
        ));
    }
    Ok((kind, expires_in, Value::Object(body)))
}

/// The arguments of each kind (the table of hub rule 34).
fn arguments(kind: CommandKind) -> &'static [&'static str] {
    match kind {
        CommandKind::OpenDoor => &["message"],
        CommandKind::Reboot | CommandKind::SyncTime | CommandKind::ClearRecords => &[],
        CommandKind::Snapshot | CommandKind::ReadCard => &["timeout"],
        CommandKind::Upgrade => &["url", "version", "md5", "size", "firmware_id"],
        CommandKind::ResendRecords => &["from", "until"],
        CommandKind::PlayAudio => &["audio"],
        CommandKind::ShowMessage => &["text"],
        CommandKind::SerialOutput | CommandKind::WiegandOutput => &["hex", "index"],
        CommandKind::Native => &["operation", "body"],
    }
}

/// The device's dialect, where such a command can be queued.
fn check(stored: &StoredDevice, kind: CommandKind, body: &Value) -> Result<&'static dyn Dialect, Problem> {
    let device = &stored.device;
    let dialect = links::dialect(&device.dialect);
    let Some(dialect) = dialect.filter(|dialect| dialect.has_command(kind)) else {
        let why = format!("{} devices have no {}", device.dialect, kind.name());
        return Err(Problem::unsupported("kind", why));
    };
    let needs = dialect.needs_version(kind, body);
    if let (Some(needs), Some(limit)) = (needs, stored.protocol_limit)
        && needs > limit
    {
        let why = format!("it needs version {needs} of the protocol, this device speaks {limit}");
        return Err(Problem::unsupported("operation", why));
    }
    match device.status {
        DeviceStatus::Pending => {
            return Err(Problem::conflict("pending", "the device waits for approval"));
        }
        DeviceStatus::Disabled => return Err(Problem::conflict("disabled", "the device is switched off")),
        DeviceStatus::Online | DeviceStatus::Offline => {}
    }
    dialect
        .check_command(kind, body)
        .map_err(|fault| Problem::invalid_field(&fault.path, "invalid", fault.message))?;
    Ok(dialect)
}

/// One command.
#[utoipa::path(get, path = "/commands/{id}", tag = "commands", params(("id", description = "The command")), responses((status = 200, body = CommandSchema)))]
async fn show(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Commands>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = hub.store.commands.command(&CommandId::new(id), by.0.zone).await?;
    let stored = found.ok_or_else(Problem::not_found)?;
    Ok(answer::object(stored.revision, view(stored)))
}

/// The picture that a command brought back.
#[utoipa::path(get, path = "/commands/{id}/photo", tag = "commands", params(("id", description = "The command")),
    responses((status = 200, description = "The very bytes that the device sent", content_type = "image/*", body = Vec<u8>)))]
async fn photo(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Commands>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let actor = by.0.actor();
    let found = hub
        .store
        .commands
        .photo(&actor, &CommandId::new(id), by.0.zone)
        .await?;
    let bytes = found.ok_or_else(Problem::not_found)?;
    hub.outbox_grew();
    let media_type =
        PictureFormat::sniff(&bytes).map_or("application/octet-stream", PictureFormat::media_type);
    Ok((
        [(header::CONTENT_TYPE, HeaderValue::from_static(media_type))],
        bytes,
    )
        .into_response())
}

/// Tells of commands to those who may see the device.
struct CommandResolver;

#[async_trait]
impl Resolver for CommandResolver {
    async fn resolve(
        &self,
        hub: &Hub,
        caller: &Caller,
        row: &Announcement,
    ) -> Result<Option<Value>, Problem> {
        if !caller.may_read::<scope::Commands>() {
            return Ok(None);
        }
        let id = CommandId::new(row.subject_id.as_str());
        let found = hub.store.commands.command(&id, caller.zone.clone()).await?;
        found
            .map(|stored| serde_json::to_value(view(stored)))
            .transpose()
            .map_err(|error| Problem::internal(&error))
    }
}
