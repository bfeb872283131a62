//! Looking at an uploaded photo of a person (hub rule 30).

use super::recognition::{Recognition, RecognitionError, rejected};
use crate::api::problem::Problem;
use crate::config::PhotoCheck;
use crate::state::Hub;
use axum::body::Bytes;
use face::{Examination, ImageError, Template};
use model::{FaceFault, PersonId, PhotoQuality, ZoneId};
use store::hub::Actor;
use store::hub::photos::{Findings, NewPhoto, StoredPhoto, new_id};
use store::{BlobClass, StoreError};

/// The path of faults that concern the picture as a whole.
const PHOTO: &str = "photo";
/// Pixels of a face, from which more make a photo no better.
const GOOD_SIZE: f32 = 300.0;
/// Sharpness, from which more makes a photo no better.
const GOOD_SHARPNESS: f32 = 300.0;
/// Degrees off the camera, from which a photo is of no use.
const WORST_ANGLE: f32 = 45.0;

/// What came of looking at a photo.
#[derive(Debug)]
pub struct Look {
    /// The true media type.
    pub media_type: &'static str,
    /// What was found, to be kept.
    pub findings: Findings,
    /// The face, for the gallery.
    pub template: Option<Template>,
    /// How strictly it was checked in the end.
    pub check: PhotoCheck,
    /// Why it was checked less than configured.
    pub note: Option<String>,
}

/// Looks at an upload as strictly as configured; without models not at all, which the note says.
///
/// # Errors
/// 422 `photo_rejected` with its reasons: for what is no picture or too large a one, and with `strict` for a photo
/// without one good face.
pub async fn look_at(recognition: &Recognition, check: PhotoCheck, bytes: Bytes) -> Result<Look, Problem> {
    let media_type = header(recognition, &bytes)?;
    let (check, note) = match recognition.missing() {
        Some(missing) if check != PhotoCheck::Off => (PhotoCheck::Off, Some(missing.to_owned())),
        _ => (check, None),
    };
    if check == PhotoCheck::Off {
        return Ok(Look {
            media_type,
            findings: Findings::default(),
            template: None,
            check,
            note,
        });
    }
    let examined = match recognition.examine(bytes).await {
        Ok(examined) => examined,
        Err(RecognitionError::Picture(fault)) => return Err(rejected(PHOTO, &[fault])),
        Err(other) => return Err(other.into()),
    };
    if check == PhotoCheck::Strict && !examined.faults.is_empty() {
        return Err(rejected(PHOTO, &examined.faults));
    }
    let (findings, template) = findings(examined);
    Ok(Look {
        media_type,
        findings,
        template,
        check,
        note,
    })
}

/// Tells the media type from the first bytes and holds the header against the limits; nothing is decoded.
fn header(recognition: &Recognition, bytes: &[u8]) -> Result<&'static str, Problem> {
    let refuse = |error: ImageError| rejected(PHOTO, &[error.fault()]);
    let media_type =
        face::decode::media_type(bytes).ok_or_else(|| rejected(PHOTO, &[FaceFault::NotAnImage]))?;
    face::decode::dimensions(bytes, recognition.limits()).map_err(refuse)?;
    Ok(media_type)
}

/// Keeps a photo that was looked at. First the gallery, then the store: a deletion in between takes the face out of
/// both.
///
/// # Errors
/// As [`store::hub::People::add_photo`].
pub(crate) async fn keep_photo(
    hub: &Hub,
    actor: &Actor,
    bound: Option<ZoneId>,
    person: &PersonId,
    bytes: Bytes,
    look: Look,
) -> Result<StoredPhoto, StoreError> {
    let engine = hub.store.engine.clone();
    let sealing = tokio::task::spawn_blocking(move || engine.seal_blob(BlobClass::Photo, &bytes));
    let blob = sealing
        .await
        .map_err(|error| StoreError::Corrupt(error.to_string()))??;
    let id = new_id();
    let photo = NewPhoto {
        id: id.clone(),
        blob,
        media_type: look.media_type.to_owned(),
        findings: look.findings,
        most: u32::try_from(hub.config.limits.photos_per_person).unwrap_or(u32::MAX),
    };
    if let Some(template) = &look.template {
        hub.recognition
            .gallery()
            .insert(person.clone(), id.as_str(), template);
    }
    let added = hub.store.people.add_photo(actor, person, bound, photo).await;
    if added.is_err() {
        hub.recognition.gallery().remove_photo(person, id.as_str());
    }
    added
}

/// What is kept of an examination.
pub(super) fn findings(examined: Examination) -> (Findings, Option<Template>) {
    let findings = Findings {
        score: examined
            .quality
            .map_or(0.0, |quality| score(&quality, examined.faults.len())),
        quality: examined.quality,
        faults: examined.faults,
        template: examined.template.as_ref().map(Template::to_bytes),
        model: Some(face::MODEL_VERSION.to_owned()),
    };
    (findings, examined.template)
}

/// Orders a person's photos: fewer faults beat everything, then size, sharpness and looking straight count alike.
fn score(quality: &PhotoQuality, faults: usize) -> f64 {
    let angle = quality.yaw.abs().max(quality.pitch.abs()).max(quality.roll.abs());
    let straight = (1.0 - angle / WORST_ANGLE).clamp(0.0, 1.0);
    let size = (quality.size / GOOD_SIZE).clamp(0.0, 1.0);
    let sharp = (quality.sharpness / GOOD_SHARPNESS).clamp(0.0, 1.0);
    let fine = f64::from(straight + size + sharp) / 3.0;
    let faults = u32::try_from(faults).unwrap_or(u32::MAX);
    // Never NaN: a NaN would be null in the database.
    let score = fine + 1.0 / (1.0 + f64::from(faults));
    if score.is_finite() { score } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quality(size: f32, yaw: f32) -> PhotoQuality {
        PhotoQuality {
            size,
            sharpness: 100.0,
            exposure: 0.5,
            yaw,
            pitch: 0.0,
            roll: 0.0,
        }
    }

    #[test]
    fn the_better_photo_comes_first() {
        let good = score(&quality(200.0, 0.0), 0);
        assert!(good > score(&quality(120.0, 0.0), 0), "larger");
        assert!(good > score(&quality(200.0, 20.0), 0), "straighter");
        assert!(good > score(&quality(300.0, 0.0), 2), "without faults");
        assert!(score(&quality(f32::NAN, 0.0), 0).is_finite());
    }
}
