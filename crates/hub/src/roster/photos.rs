//! Photos on their way to a device: the dialect's rendition of what is kept (hub rule 30).

use crate::links::{CallError, Dialect, Failure, PutPhoto};
use crate::state::Hub;
use bytes::Bytes;
use face::{FaceBox, RenditionLimits, rendition};
use std::sync::Arc;
use store::StoreError;
use store::hub::people::DevicePhoto;

/// Why there is no rendition.
#[derive(Debug, thiserror::Error)]
pub(super) enum PhotoError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// None of the photos can be made into what the dialect takes.
    #[error("{0}")]
    Unusable(#[from] CallError),
}

/// The best photos, as many as the dialect takes. A person without photos has none; one whose photos all cannot be
/// used is an error.
pub(super) async fn renditions(
    hub: &Arc<Hub>,
    dialect: &'static dyn Dialect,
    photos: &[DevicePhoto],
) -> Result<Vec<PutPhoto>, PhotoError> {
    let mut ready = Vec::new();
    let mut fault = None;
    for photo in photos {
        if ready.len() >= dialect.photos() {
            break;
        }
        let Some(bytes) = hub.store.engine.blob(&photo.blob).await? else {
            continue;
        };
        match make(hub, dialect.photo_limits(), bytes.into()).await {
            Ok(jpeg) => ready.push(PutPhoto {
                id: photo.id.to_string(),
                jpeg,
            }),
            Err(error) => fault = Some(error),
        }
    }
    match fault {
        Some(fault) if ready.is_empty() => Err(PhotoError::Unusable(CallError::ours(
            Failure::PhotoRejected,
            fault,
        ))),
        _ => Ok(ready),
    }
}

/// The best photo within limits of its own; `None` where none can be made into that.
pub(crate) async fn picture(
    hub: &Arc<Hub>,
    limits: RenditionLimits,
    photos: &[DevicePhoto],
) -> Result<Option<Vec<u8>>, StoreError> {
    for photo in photos {
        let Some(bytes) = hub.store.engine.blob(&photo.blob).await? else {
            continue;
        };
        match make(hub, limits, bytes.into()).await {
            Ok(jpeg) => return Ok(Some(jpeg)),
            Err(problem) => {
                tracing::info!(photo = %photo.id, problem, "a photo cannot be made into a picture")
            }
        }
    }
    Ok(None)
}

async fn make(hub: &Arc<Hub>, limits: RenditionLimits, bytes: Bytes) -> Result<Vec<u8>, String> {
    let Ok(_turn) = hub.renditions.acquire().await else {
        return Err("the hub stops".to_owned());
    };
    let photo_limits = *hub.recognition.limits();
    let face = largest_face(hub, &bytes).await;
    tokio::task::spawn_blocking(move || {
        rendition(&bytes, &photo_limits, &limits, face.as_ref()).map_err(|error| error.to_string())
    })
    .await
    .unwrap_or_else(|error| Err(error.to_string()))
}

/// Where the face is, if an engine is there to say: a small face is cropped around.
async fn largest_face(hub: &Arc<Hub>, bytes: &Bytes) -> Option<FaceBox> {
    if !hub.recognition.is_available() {
        return None;
    }
    let examination = hub.recognition.examine(bytes.clone()).await.ok()?;
    examination.faces.first().map(|face| face.bounds)
}
