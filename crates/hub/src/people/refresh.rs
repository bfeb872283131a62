//! Photos that the present model has not seen are looked at again in the background: after the models were installed,
//! and after another version came.

use super::photo::findings;
use super::recognition::{Recognition, RecognitionError};
use crate::api::problem::Problem;
use crate::config::PhotoCheck;
use crate::state::Hub;
use axum::body::Bytes;
use std::sync::Arc;
use store::StoreError;
use store::hub::photos::{Findings, UnseenPhoto};

/// Photos fetched from the store at a time.
const PHOTOS_PER_READ: u32 = 100;

/// Looks at every photo without a template of the present model, once. Ends at once where photos are not looked at.
pub async fn keep_templates_current(hub: Arc<Hub>) {
    if hub.config.faces.check == PhotoCheck::Off || !hub.recognition.is_available() {
        return;
    }
    let work = look_at_all(&hub);
    let outcome = tokio::select! {
        () = hub.shutdown.cancelled() => return,
        outcome = work => outcome,
    };
    match outcome {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "photos were looked at with the present face model"),
        Err(error) => {
            tracing::error!(%error, "photos could not be looked at again; the next start tries again")
        }
    }
}

async fn look_at_all(hub: &Hub) -> Result<u64, StoreError> {
    let (mut after, mut count) = (0, 0);
    loop {
        let page = hub
            .store
            .people
            .photos_unseen_by(face::MODEL_VERSION, after, PHOTOS_PER_READ)
            .await?;
        let Some(last) = page.last() else { return Ok(count) };
        after = last.seq;
        for photo in page {
            match look_again(hub, &photo).await {
                Ok(()) => count += 1,
                // One damaged photo must not keep the others from being seen.
                Err(error) => {
                    tracing::warn!(photo = %photo.photo, detail = error.detail(), "a photo was not looked at")
                }
            }
        }
    }
}

async fn look_again(hub: &Hub, photo: &UnseenPhoto) -> Result<(), Problem> {
    let Some(bytes) = hub.store.people.photo_for_work(&photo.photo).await? else {
        return Ok(());
    };
    let recognition: &Recognition = &hub.recognition;
    let (findings, template) = match recognition.examine(Bytes::from(bytes)).await {
        Ok(examined) => findings(examined),
        Err(RecognitionError::Picture(fault)) => {
            let model = Some(face::MODEL_VERSION.to_owned());
            (
                Findings {
                    faults: vec![fault],
                    model,
                    ..Findings::default()
                },
                None,
            )
        }
        Err(other) => return Err(other.into()),
    };
    // First the gallery, then the store: a deletion in between takes it out of both.
    if let Some(template) = &template {
        recognition
            .gallery()
            .insert(photo.person.clone(), photo.photo.as_str(), template);
    }
    let kept = hub.store.people.set_findings(&photo.photo, findings).await;
    if !matches!(kept, Ok(true)) {
        recognition
            .gallery()
            .remove_photo(&photo.person, photo.photo.as_str());
    }
    kept?;
    Ok(())
}
