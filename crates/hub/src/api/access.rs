//! Why a person may or may not pass each door (hub rule 26).

use super::page::List;
use super::permission::Read;
use super::persons::person_id;
use super::problem::Problem;
use super::scope;
use crate::state::Hub;
use axum::Json;
use axum::extract::{Path, State};
use jiff::{Timestamp, tz::TimeZone};
use model::{Decision, Denial, access};
use serde::Serialize;
use std::sync::Arc;
use store::hub::people::DoorAccess;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// One door, for one person, now.
#[derive(Debug, Serialize, ToSchema)]
struct AccessView {
    /// The device at the door.
    device_id: String,
    /// Whether the person may pass now.
    allowed: bool,
    /// `granted`, or why not: `blocked`, `expired`, `not_yet_valid`, `used_up`, `not_authorised`, `out_of_schedule`.
    #[schema(value_type = String)]
    reason: Reason,
    /// Whether the device is known to hold the person.
    held: bool,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Reason {
    Granted(Granted),
    Denied(Denial),
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Granted {
    Granted,
}

fn judge(subject: &access::Subject, door: DoorAccess, hub_zone: &TimeZone, now: Timestamp) -> AccessView {
    let own_zone = door
        .time_zone
        .as_deref()
        .and_then(|name| TimeZone::get(name).ok());
    let time_zone = own_zone.unwrap_or_else(|| hub_zone.clone());
    let at = access::Door {
        time_zone,
        device_times: None,
    };
    let decision = access::decide(subject, &door.rules, &at, now);
    AccessView {
        device_id: door.device_id.to_string(),
        allowed: decision.is_granted(),
        reason: match decision {
            Decision::Granted => Reason::Granted(Granted::Granted),
            Decision::Denied(denial) => Reason::Denied(denial),
        },
        held: door.held,
    }
}

/// For each device: whether the person may pass there now, why, and whether it holds them.
#[utoipa::path(get, path = "/persons/{id}/access", tag = "persons", params(("id", description = "The person")), responses((status = 200, body = List<AccessView>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Persons>,
    Path(id): Path<String>,
) -> Result<Json<List<AccessView>>, Problem> {
    let found = hub
        .store
        .people
        .access(&person_id(id)?, by.0.zone)
        .await?
        .ok_or_else(Problem::not_found)?;
    let hub_zone = hub.time_zone();
    let now = Timestamp::now();
    let subject = found.subject;
    let items = found
        .doors
        .into_iter()
        .map(|door| judge(&subject, door, &hub_zone, now))
        .collect();
    Ok(Json(List {
        items,
        next_cursor: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{DayMinute, DeviceId, Period, PersonKind, Weekly};

    #[test]
    fn a_door_is_judged_by_its_own_clock() {
        let subject = access::Subject {
            kind: PersonKind::Member,
            valid_from: None,
            valid_until: None,
            pass_limit: None,
            passes_used: 0,
        };
        let morning = Period::new(DayMinute::new(8, 0).unwrap(), DayMinute::new(9, 0).unwrap()).unwrap();
        let times = access::Times {
            weekly: Weekly::every_day(&[morning]),
            holidays: Vec::new(),
        };
        let door = |time_zone: Option<&str>| DoorAccess {
            device_id: DeviceId::new("d"),
            time_zone: time_zone.map(str::to_owned),
            held: true,
            rules: vec![access::Rule {
                times: Some(times.clone()),
                ..access::Rule::default()
            }],
        };
        // 08:30 in Shanghai.
        let now: Timestamp = "2030-05-06T00:30:00Z".parse().unwrap();
        let hub_zone = TimeZone::get("Asia/Shanghai").unwrap();
        let text = |view: AccessView| serde_json::to_value(view).unwrap()["reason"].clone();
        assert_eq!(text(judge(&subject, door(None), &hub_zone, now)), "granted");
        assert_eq!(
            text(judge(&subject, door(Some("Europe/Berlin")), &hub_zone, now)),
            "out_of_schedule"
        );
    }
}
