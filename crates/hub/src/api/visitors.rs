//! Visitors: persons with an end, a host, and a QR code made for the visit (CONTRACT, `/visitors`).

use super::answer;
use super::input::Input;
use super::page::{List, PageQuery, Paging};
use super::permission::{Change, Read};
use super::persons;
use super::problem::Problem;
use super::schemas::PersonSchema;
use super::scope;
use crate::links;
use crate::people;
use crate::state::Hub;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use model::{DeviceId, Person, PersonId, PersonKind, ZoneId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use store::hub::Revised;
use store::hub::people::PersonFilter;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new().routes(routes!(list, create))
}

/// A visit to come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VisitorInput {
    /// The visitor's name.
    name: String,
    /// The person visited.
    host_id: String,
    /// When it begins; now, when absent.
    #[serde(default)]
    valid_from: Option<String>,
    /// When it ends.
    valid_until: String,
    /// Groups whose grants say where the visitor may pass.
    #[serde(default)]
    groups: Vec<String>,
    /// What for.
    #[serde(default)]
    purpose: Option<String>,
    /// From which company.
    #[serde(default)]
    from_company: Option<String>,
    /// Telephone number.
    #[serde(default)]
    phone: Option<String>,
}

/// A visitor: the person, and the doors where the QR code means nothing.
#[derive(Debug, Serialize)]
struct Visitor {
    #[serde(flatten)]
    person: Revised<Person>,
    /// Devices of the visitor's doors whose dialect does not bring codes to the hub.
    cannot: Vec<DeviceId>,
}

/// Visitors by creation.
#[utoipa::path(get, path = "/visitors", tag = "visitors", params(PageQuery), responses((status = 200, body = List<PersonSchema>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Visitors>,
    Paging(page): Paging,
) -> Result<Json<List<Revised<Person>>>, Problem> {
    let filter = PersonFilter {
        query: None,
        group: None,
        kind: Some(PersonKind::Visitor),
        bound: by.0.zone,
    };
    let visitors = hub.store.people.list(filter, page).await?;
    Ok(Json(List::of(visitors, persons::shown)))
}

/// Announces a visitor, with a QR code that opens the visitor's doors while the visit lasts.
#[utoipa::path(post, path = "/visitors", tag = "visitors", request_body = VisitorInput,
    responses((status = 201, body = PersonSchema, description = "The person, and `cannot`: the devices that cannot read the code")))]
async fn create(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Visitors>,
    Input(body): Input<VisitorInput>,
) -> Result<Response, Problem> {
    let no_host = || Problem::invalid_field("host_id", "invalid", "there is no such person");
    let host = PersonId::new(body.host_id.as_str()).map_err(|_| no_host())?;
    let host = hub.store.people.person(&host, by.0.zone.clone()).await?;
    let host = host.ok_or_else(no_host)?.person;
    // 122 random bits: nobody guesses it.
    let code = format!("V{}", Uuid::new_v4().simple());
    let fields = json!({
        "name": body.name, "kind": "visitor", "valid_from": body.valid_from, "valid_until": body.valid_until,
        "groups": body.groups, "phone": body.phone, "credentials": [{"kind": "qr", "number": code}],
        "visit": {"host": host.name, "purpose": body.purpose, "from_company": body.from_company},
    });
    let fields: Map<String, Value> = match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let made = PersonId::from_random(Uuid::now_v7().as_u128());
    let person = people::create(fields, made)?.person;
    let stored = hub
        .store
        .people
        .create(&by.0.actor(), person, by.0.zone.clone())
        .await?;
    hub.outbox_grew();
    let cannot = cannot(&hub, &stored.person.id, by.0.zone.clone()).await?;
    let location = format!("/api/v1/persons/{}", stored.person.id);
    let revision = stored.revision;
    let person = persons::shown(stored);
    Ok(answer::created(&location, revision, Visitor { person, cannot }))
}

/// Devices that rules lead the person to, and whose dialect does not bring QR codes to the hub.
async fn cannot(hub: &Hub, person: &PersonId, zone: Option<ZoneId>) -> Result<Vec<DeviceId>, Problem> {
    let access = hub.store.people.access(person, zone).await?;
    let mut cannot = Vec::new();
    for door in access.into_iter().flat_map(|access| access.doors) {
        if door.rules.is_empty() {
            continue;
        }
        let device = hub.store.devices.device(&door.device_id, None).await?;
        let dialect = device.and_then(|device| links::dialect(&device.device.dialect));
        if !dialect.is_some_and(links::Dialect::brings_codes) {
            cannot.push(door.device_id);
        }
    }
    Ok(cannot)
}
