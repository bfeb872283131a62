//! Counts at a glance.

use super::permission::Read;
use super::problem::Problem;
use super::scope;
use crate::state::Hub;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new().routes(routes!(stats))
}

/// What there is, within what the caller may see.
#[derive(Debug, Serialize, ToSchema)]
struct StatsView {
    /// Persons by kind.
    persons: BTreeMap<String, u32>,
    /// Devices by status.
    devices: DevicesView,
    /// Records of today (by the hub's clock), by result.
    records_today: BTreeMap<String, u32>,
    /// Roster items of all devices.
    roster: RosterView,
    /// Commands that wait or are being done.
    commands_open: u32,
}

/// Devices by status.
#[derive(Debug, Serialize, ToSchema)]
struct DevicesView {
    /// Waiting for approval.
    pending: u32,
    /// Connected.
    online: u32,
    /// Not connected.
    offline: u32,
    /// Switched off.
    disabled: u32,
}

/// Roster items by state.
#[derive(Debug, Serialize, ToSchema)]
struct RosterView {
    /// To be brought onto devices.
    wanted: u32,
    /// Held as wanted.
    applied: u32,
    /// Refused.
    failed: u32,
    /// To be taken off devices.
    removing: u32,
}

/// Counts of persons, devices, today's records, and what waits.
#[utoipa::path(get, path = "/stats", tag = "stats", responses((status = 200, body = StatsView)))]
async fn stats(State(hub): State<Arc<Hub>>, by: Read<scope::Stats>) -> Result<Json<StatsView>, Problem> {
    let zone = by.0.zone;
    let devices = hub.store.devices.counts(zone.clone()).await?;
    let roster = hub.store.roster.counts(zone.clone()).await?;
    let records = hub
        .store
        .records
        .counts_since(midnight(&hub), zone.clone())
        .await?;
    let persons = hub.store.people.counts(zone.clone()).await?;
    let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Ok(Json(StatsView {
        persons: persons
            .into_iter()
            .map(|(kind, count)| (name(serde_json::json!(kind)), count))
            .collect(),
        devices: DevicesView {
            pending: devices.pending,
            online: devices.online,
            offline: devices.offline,
            disabled: devices.disabled,
        },
        records_today: records
            .into_iter()
            .map(|(result, count)| (name(serde_json::json!(result)), count))
            .collect(),
        roster: RosterView {
            wanted: roster.wanted,
            applied: roster.applied,
            failed: roster.failed,
            removing: roster.removing,
        },
        commands_open: hub.store.commands.open_count(zone).await?,
    }))
}

/// When today began by the hub's wall clock.
fn midnight(hub: &Hub) -> Timestamp {
    let now = Timestamp::now();
    let local = now.to_zoned_datetime(hub.time_zone());
    local.start_of_day().map_or(now, |start| start.timestamp())
}
