//! The audit (hub rule 13), for admins.

use super::page::{List, PageQuery, Paging};
use super::permission::{Caller, Read};
use super::problem::Problem;
use super::query::InputQuery;
use super::scope;
use crate::events::{Resolver, Resolvers};
use crate::state::Hub;
use async_trait::async_trait;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use store::hub::Event;
use store::hub::audit::{AuditEntry, AuditFilter};
use store::hub::outbox::Announcement;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new().routes(routes!(list))
}

pub(super) fn resolvers(resolvers: &mut Resolvers) {
    resolvers.add(Event::AuditCreated, AuditResolver);
}

/// What was acted on.
#[derive(Debug, Serialize, ToSchema)]
struct TargetView {
    /// `person`, `device`, …
    kind: String,
    /// Its id.
    id: String,
}

/// One line of the audit.
#[derive(Debug, Serialize, ToSchema)]
struct AuditView {
    /// Its id.
    id: String,
    /// When.
    at: String,
    /// A username, `token:<name>`, `hub` or `device:<id>`.
    actor: String,
    /// `<resource>.<verb>`, as in `device.approve`.
    action: String,
    /// To whom or what.
    target: Option<TargetView>,
    /// Particulars.
    detail: Value,
}

fn view(entry: AuditEntry) -> AuditView {
    AuditView {
        id: entry.id,
        at: entry.at.to_string(),
        actor: entry.actor,
        action: entry.action,
        target: entry.target.map(|target| TargetView {
            kind: target.kind,
            id: target.id,
        }),
        detail: entry.detail,
    }
}

/// Which lines are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// By this actor.
    #[serde(default)]
    actor: Option<String>,
    /// With this action.
    #[serde(default)]
    action: Option<String>,
    /// On this target.
    #[serde(default)]
    target_id: Option<String>,
}

/// Lines in order of time.
#[utoipa::path(get, path = "/audit", tag = "audit", params(PageQuery, AuditQuery), responses((status = 200, body = List<AuditView>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Audit>,
    Paging(page): Paging,
    InputQuery(query): InputQuery<AuditQuery>,
) -> Result<Json<List<AuditView>>, Problem> {
    let filter = AuditFilter {
        actor: query.actor,
        action: query.action,
        target_id: query.target_id,
    };
    Ok(Json(List::of(hub.store.audit.entries(filter, page).await?, view)))
}

/// Tells admins of new lines.
struct AuditResolver;

#[async_trait]
impl Resolver for AuditResolver {
    async fn resolve(
        &self,
        hub: &Hub,
        caller: &Caller,
        row: &Announcement,
    ) -> Result<Option<Value>, Problem> {
        if !(caller.is_admin() && caller.may_read::<scope::Audit>()) {
            return Ok(None);
        }
        let entry = hub.store.audit.entry(&row.subject_id).await?;
        entry
            .map(|entry| serde_json::to_value(view(entry)))
            .transpose()
            .map_err(|error| Problem::internal(&error))
    }
}
