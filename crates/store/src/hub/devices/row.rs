//! How a device lies in its table.

use super::{DeviceFilter, Standing, StoredDevice};
use crate::StoreError;
use jiff::Timestamp;
use model::{Decider, Device, DeviceId, DeviceStatus, Direction, ZoneId};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

/// What every query of devices selects, from `devices d`.
const COLUMNS: &str = "d.seq, d.id, d.revision, d.dialect, d.serial, d.mac, d.name, d.standing, d.online, d.decision, \
     d.address, d.pinned_address, d.push_address, d.dial_revision, d.direction, d.zone_id, d.time_zone, d.model, d.firmware, d.capacity, \
     d.protocol_version, d.protocol_limit, d.last_seen_at, d.clock_skew_ms, d.clock_wrong_until, d.capabilities, \
     (SELECT count(*) FROM roster r WHERE r.device_id = d.id AND r.state <> 'removing') AS wanted, \
     (SELECT count(*) FROM roster r WHERE r.device_id = d.id AND r.state = 'applied') AS applied, \
     (SELECT count(*) FROM roster r WHERE r.device_id = d.id AND r.state = 'failed') AS failed";

/// One device.
pub(in crate::hub) fn by_id(connection: &Connection, id: &str) -> Result<Option<StoredDevice>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM devices d WHERE d.id = ?1");
    let found = connection
        .prepare_cached(&sql)?
        .query_row([id], from_row)
        .optional()?;
    Ok(found)
}

/// The devices of a filter, in order of creation.
pub(super) fn list(connection: &Connection, filter: &DeviceFilter) -> Result<Vec<StoredDevice>, StoreError> {
    let (condition, mut values) = condition(filter);
    values.push(Sql::Integer(i64::from(filter.limit)));
    let sql = format!("SELECT {COLUMNS} FROM devices d WHERE {condition} ORDER BY d.seq LIMIT ?");
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(values), from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// There is no such device.
pub(super) fn gone(id: &str) -> StoreError {
    StoreError::NotFound {
        what: "device",
        id: id.to_owned(),
    }
}

fn condition(filter: &DeviceFilter) -> (String, Vec<Sql>) {
    let mut parts = vec!["d.seq > ?"];
    let mut values = vec![Sql::Integer(filter.after.unwrap_or(0))];
    if let Some(status) = filter.status {
        parts.push(match status {
            DeviceStatus::Pending => "d.standing = 'pending'",
            DeviceStatus::Online => "d.standing = 'approved' AND d.online = 1",
            DeviceStatus::Offline => "d.standing = 'approved' AND d.online = 0",
            DeviceStatus::Disabled => "d.standing IN ('disabled', 'barred')",
        });
    }
    for zone in [&filter.zone, &filter.bound].into_iter().flatten() {
        parts.push("d.zone_id = ?");
        values.push(Sql::Text(zone.as_str().to_owned()));
    }
    if let Some(query) = filter.query.as_deref().filter(|q| !q.is_empty()) {
        parts.push("(instr(lower(d.name), ?) OR instr(lower(d.serial), ?) OR instr(lower(d.mac), ?) OR instr(lower(d.id), ?))");
        values.extend(std::iter::repeat_n(Sql::Text(query.to_lowercase()), 4));
    }
    (parts.join(" AND "), values)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<StoredDevice> {
    let standing = Standing::from_name(row.get_ref("standing")?.as_str()?);
    let mac: String = row.get("mac")?;
    let device = Device {
        id: DeviceId::new(row.get::<_, String>("id")?),
        serial: row.get("serial")?,
        dialect: row.get("dialect")?,
        name: row.get("name")?,
        status: status(standing, row.get("online")?),
        decision: decider(row.get_ref("decision")?.as_str()?),
        address: row.get("address")?,
        direction: direction(row.get_ref("direction")?.as_str()?),
        zone_id: row.get::<_, Option<String>>("zone_id")?.map(ZoneId::new),
        time_zone: row.get("time_zone")?,
        model: row.get("model")?,
        firmware: row.get("firmware")?,
        mac: Some(mac).filter(|mac| !mac.is_empty()),
        capacity: row.get("capacity")?,
        last_seen_at: row.get::<_, Option<i64>>("last_seen_at")?.and_then(instant),
        clock_skew_ms: row.get("clock_skew_ms")?,
        persons_wanted: row.get("wanted")?,
        persons_applied: row.get("applied")?,
        persons_failed: row.get("failed")?,
        capabilities: serde_json::from_str(row.get_ref("capabilities")?.as_str()?).unwrap_or_default(),
    };
    Ok(StoredDevice {
        seq: row.get("seq")?,
        revision: row.get("revision")?,
        standing,
        pinned_address: row.get("pinned_address")?,
        push_address: row.get("push_address")?,
        dial_revision: row.get("dial_revision")?,
        protocol_version: row.get("protocol_version")?,
        protocol_limit: row.get("protocol_limit")?,
        clock_wrong_until: row.get::<_, Option<i64>>("clock_wrong_until")?.and_then(instant),
        device,
    })
}

fn status(standing: Standing, online: bool) -> DeviceStatus {
    match standing {
        Standing::Pending => DeviceStatus::Pending,
        Standing::Disabled => DeviceStatus::Disabled,
        Standing::Approved if online => DeviceStatus::Online,
        Standing::Approved => DeviceStatus::Offline,
    }
}

fn instant(milliseconds: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds).ok()
}

pub(super) fn decider_name(decider: Decider) -> &'static str {
    match decider {
        Decider::Device => "device",
        Decider::Hub => "hub",
    }
}

fn decider(name: &str) -> Decider {
    if name == "hub" {
        Decider::Hub
    } else {
        Decider::Device
    }
}

pub(super) fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Entry => "entry",
        Direction::Exit => "exit",
        Direction::None => "none",
    }
}

fn direction(name: &str) -> Direction {
    match name {
        "entry" => Direction::Entry,
        "exit" => Direction::Exit,
        _ => Direction::None,
    }
}
