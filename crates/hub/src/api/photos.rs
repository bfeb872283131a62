//! Photos of persons (hub rule 30).

use super::input::Upload;
use super::page::List;
use super::permission::{Change, Read};
use super::persons::{person_id, photo_url};
use super::problem::Problem;
use super::schemas::QualitySchema;
use super::{answer, scope, settled};
use crate::config::PhotoCheck;
use crate::people;
use crate::state::Hub;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{FaceFault, PersonId, PhotoId, PhotoQuality};
use serde::Serialize;
use std::sync::Arc;
use store::hub::photos::StoredPhoto;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(bytes, delete))
}

/// A photo of a person.
#[derive(Debug, Serialize, ToSchema)]
struct PhotoView {
    /// Its id.
    id: String,
    /// What was measured on the face; null when nobody looked.
    #[schema(value_type = Option<QualitySchema>)]
    quality: Option<PhotoQuality>,
    /// Where its bytes are.
    url: String,
    /// The media type of the bytes.
    media_type: String,
    /// What speaks against it, as in `blurred`.
    #[schema(value_type = Vec<String>)]
    reasons: Vec<FaceFault>,
}

fn view(person: &PersonId, photo: StoredPhoto) -> PhotoView {
    PhotoView {
        url: photo_url(person, &photo.id),
        id: photo.id.to_string(),
        quality: photo.quality,
        media_type: photo.media_type,
        reasons: photo.faults,
    }
}

/// A photo that was just added.
#[derive(Debug, Serialize, ToSchema)]
struct AddedView {
    #[serde(flatten)]
    photo: PhotoView,
    /// How strictly it was checked: `strict`, `warn` or `off`.
    #[schema(value_type = String)]
    check: PhotoCheck,
    /// Why it was checked less than `faces.check` says, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A person's photos, the best first.
#[utoipa::path(get, path = "/persons/{id}/photos", tag = "persons", params(("id", description = "The person")), responses((status = 200, body = List<PhotoView>)))]
async fn list(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Persons>,
    Path(id): Path<String>,
) -> Result<Json<List<PhotoView>>, Problem> {
    let id = person_id(id)?;
    let photos = hub
        .store
        .people
        .photos(&id, by.0.zone)
        .await?
        .ok_or_else(Problem::not_found)?;
    let items = photos.into_iter().map(|photo| view(&id, photo)).collect();
    Ok(Json(List {
        items,
        next_cursor: None,
    }))
}

/// Adds a photo: the body is the picture itself, JPEG, PNG, BMP or WebP. It is kept as it came.
#[utoipa::path(
    post, path = "/persons/{id}/photos", tag = "persons", params(("id", description = "The person")),
    request_body(content = Vec<u8>, content_type = "image/*"),
    responses((status = 201, body = AddedView), (status = 422, description = "`photo_rejected`: no picture, or without one good face; `errors` has the reasons"))
)]
async fn add(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Persons>,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<Response, Problem> {
    let id = person_id(id)?;
    let known = hub.store.people.person(&id, by.0.zone.clone()).await?;
    known.ok_or_else(Problem::not_found)?;
    let look = people::look_at(&hub.recognition, hub.config.faces.check, upload.bytes.clone()).await?;
    let (check, note) = (look.check, look.note.clone());
    let added = {
        let (hub, id) = (Arc::clone(&hub), id.clone());
        // To the end even when the caller hangs up: store and gallery belong together.
        settled(&Arc::clone(&hub), async move {
            let (actor, zone) = (by.0.actor(), by.0.zone.clone());
            Ok(people::keep_photo(&hub, &actor, zone, &id, upload.bytes, look).await?)
        })
        .await?
    };
    let url = photo_url(&id, &added.id);
    let body = AddedView {
        photo: view(&id, added),
        check,
        note,
    };
    Ok((StatusCode::CREATED, [(header::LOCATION, url)], Json(body)).into_response())
}

/// A photo's very bytes, with their true media type. That they were looked at is audited.
#[utoipa::path(get, path = "/persons/{id}/photos/{photo_id}", tag = "persons", params(("id", description = "The person"), ("photo_id", description = "The photo")), responses((status = 200, body = Vec<u8>, content_type = "image/*")))]
async fn bytes(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Persons>,
    Path((id, photo)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (actor, zone) = (by.0.actor(), by.0.zone);
    let found = hub
        .store
        .people
        .photo_bytes(&actor, &person_id(id)?, &PhotoId::new(photo), zone)
        .await?;
    let found = found.ok_or_else(Problem::not_found)?;
    Ok(([(header::CONTENT_TYPE, found.media_type)], found.bytes).into_response())
}

/// Deletes a photo with its template.
#[utoipa::path(delete, path = "/persons/{id}/photos/{photo_id}", tag = "persons", params(("id", description = "The person"), ("photo_id", description = "The photo")), responses((status = 204)))]
async fn delete(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Persons>,
    Path((id, photo)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (id, photo) = (person_id(id)?, PhotoId::new(photo));
    let (actor, zone) = (by.0.actor(), by.0.zone);
    settled(&Arc::clone(&hub), async move {
        hub.store.people.delete_photo(&actor, &id, &photo, zone).await?;
        hub.recognition.gallery().remove_photo(&id, photo.as_str());
        Ok(())
    })
    .await?;
    Ok(answer::deleted())
}
