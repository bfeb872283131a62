//! What is sent to make, approve and change devices, and what of it is refused (hub rules 14 to 17).

use super::input::nullable;
use super::permission::Caller;
use super::problem::Problem;
use crate::links::Dialect;
use model::{Decider, DeviceStatus, Direction, ZoneId};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// The longest text of a field, in bytes.
const MOST_TEXT_BYTES: usize = 256;

/// Which devices a list shows.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DeviceQuery {
    /// Part of a name, serial, MAC or id.
    #[serde(default)]
    pub(super) query: Option<String>,
    /// Only with this status.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub(super) status: Option<DeviceStatus>,
    /// Only of this zone.
    #[serde(default)]
    pub(super) zone_id: Option<String>,
}

/// A device to enter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceInput {
    /// The wire protocol.
    pub(super) dialect: String,
    /// What the device calls itself; for dialects whose devices dial in.
    #[serde(default)]
    pub(super) serial: Option<String>,
    /// The operator's name for it.
    #[serde(default)]
    pub(super) name: Option<String>,
    /// `host:port`, for dialects that the hub dials.
    #[serde(default)]
    pub(super) address: Option<String>,
    /// `host:port` where the device is listened to, for dialects that have such a place; by default the host of
    /// `address`.
    #[serde(default)]
    pub(super) push_address: Option<String>,
    /// The dialect's credentials, for dialects that the hub dials.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) credentials: Option<Value>,
    /// IANA time zone.
    #[serde(default)]
    pub(super) time_zone: Option<String>,
    /// `entry`, `exit` or `none`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) direction: Option<Direction>,
    /// The zone that it guards.
    #[serde(default)]
    pub(super) zone_id: Option<String>,
    /// Who decides on its door: `device` or `hub`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) decision: Option<Decider>,
}

/// What to change of a device; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DevicePatch {
    /// The operator's name for it.
    #[serde(default)]
    pub(super) name: Option<String>,
    /// The zone that it guards; null: none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub(super) zone_id: Option<Option<String>>,
    /// IANA time zone; null: the hub's.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub(super) time_zone: Option<Option<String>>,
    /// `entry`, `exit` or `none`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) direction: Option<Direction>,
    /// Who decides on its door: `device` or `hub`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) decision: Option<Decider>,
    /// The dialect's credentials.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) credentials: Option<Value>,
    /// Where it is dialled.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub(super) address: Option<Option<String>>,
    /// Where it is listened to; null: at the host of its address.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub(super) push_address: Option<Option<String>>,
    /// The only address that it may come from; null unpins.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub(super) pinned_address: Option<Option<String>>,
    /// `disabled` switches it off, `online` on.
    #[serde(default)]
    pub(super) status: Option<String>,
}

/// What may be set with the approval.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Approval {
    /// The operator's name for it.
    #[serde(default)]
    pub(super) name: Option<String>,
    /// IANA time zone.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub(super) time_zone: Option<Option<String>>,
    /// `entry`, `exit` or `none`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) direction: Option<Direction>,
    /// The zone that it guards.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub(super) zone_id: Option<Option<String>>,
    /// The dialect's credentials.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) credentials: Option<Value>,
}

pub(super) fn check_text(path: &str, text: Option<&str>) -> Result<(), Problem> {
    match text {
        Some(text) if text.trim().is_empty() || text.len() > MOST_TEXT_BYTES => {
            Err(Problem::invalid_field(path, "invalid", "1 to 256 bytes"))
        }
        _ => Ok(()),
    }
}

pub(super) fn check_zone_name(name: Option<&str>) -> Result<(), Problem> {
    match name {
        Some(name) if jiff::tz::TimeZone::get(name).is_err() => Err(Problem::invalid_field(
            "time_zone",
            "invalid",
            "an IANA time zone like Asia/Shanghai",
        )),
        _ => Ok(()),
    }
}

/// Who decides can be chosen where the dialect has the choice; elsewhere it is as it is.
pub(super) fn check_decider(
    dialect: &dyn Dialect,
    before: Decider,
    decision: Option<Decider>,
) -> Result<(), Problem> {
    let is_change = decision.is_some_and(|decision| decision != before);
    if !is_change || dialect.capabilities().contains(&"decide") {
        return Ok(());
    }
    let why = match before {
        Decider::Device => "devices of this dialect decide themselves",
        Decider::Hub => "this device asks the hub",
    };
    Err(Problem::unsupported("decision", why))
}

/// A caller who is bound to a zone enters devices there.
pub(super) fn within(caller: &Caller, zone: Option<ZoneId>) -> Result<Option<ZoneId>, Problem> {
    match (&caller.zone, zone) {
        (None, zone) => Ok(zone),
        (Some(bound), None) => Ok(Some(bound.clone())),
        (Some(bound), Some(zone)) if zone == *bound => Ok(Some(zone)),
        (Some(_), Some(_)) => Err(no_such_zone()),
    }
}

pub(super) fn rezoned(
    caller: &Caller,
    zone: Option<Option<String>>,
) -> Result<Option<Option<ZoneId>>, Problem> {
    let zone = zone.map(|zone| zone.map(ZoneId::new));
    match (&caller.zone, &zone) {
        (Some(bound), Some(wanted)) if wanted.as_ref() != Some(bound) => Err(no_such_zone()),
        _ => Ok(zone),
    }
}

fn no_such_zone() -> Problem {
    Problem::invalid_field("zone_id", "invalid", "there is no such zone")
}

pub(super) fn switched(status: Option<&str>, before: DeviceStatus) -> Result<Option<bool>, Problem> {
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
