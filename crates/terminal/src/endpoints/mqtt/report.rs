//! An entry of the journal as `uploadRecord` (2.3.1).

use super::PICTURE_BYTES;
use crate::behaviour::CapturePart;
use crate::camera::fitting;
use crate::device::Device;
use crate::pass::{Details, Private};
use dialects::mqtt::UploadRecord;
use dialects::mqtt::convert::{Pass, SeenPerson, record_to_platform};
use face::FaceBox;
use model::CredentialKind;
use std::sync::Arc;
use store::StoreError;
use store::terminal::Entry;

/// Makes the message, with the pictures that are still there; the token is the connection's to add.
pub(super) async fn upload_record(device: &Arc<Device>, entry: Entry) -> Result<UploadRecord, StoreError> {
    let details: Details = serde_json::from_value(entry.details.clone())?;
    let private: Private = serde_json::from_value(entry.private.clone()).unwrap_or_default();
    let wanted = device.behaviour().report_capture.unwrap_or(true);
    let capture = match entry.has_capture && wanted {
        true => device.journal.capture(entry.seq).await?,
        false => None,
    };
    let registered = match &entry.person {
        Some(wire_id) => device.people.picture(wire_id).await?,
        None => None,
    };
    let device = Arc::clone(device);
    let made = tokio::task::spawn_blocking(move || {
        let limits = &device.config.face.photo;
        let capture = capture.and_then(|bytes| {
            let face = face_in(&device, &bytes);
            fitting(&bytes, limits, PICTURE_BYTES, face.as_ref())
        });
        let registered = registered.and_then(|bytes| fitting(&bytes, limits, PICTURE_BYTES, None));
        message(
            &device,
            &entry,
            &details,
            &private,
            capture.as_deref(),
            registered.as_deref(),
        )
    });
    made.await.map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Where the largest face is, if records are to show that alone.
fn face_in(device: &Device, picture: &[u8]) -> Option<FaceBox> {
    if device.behaviour().capture_part == CapturePart::Whole {
        return None;
    }
    let engine = device.engine()?;
    let examination = engine.examine(picture).ok()?;
    examination.faces.first().map(|face| face.bounds)
}

fn message(
    device: &Device,
    entry: &Entry,
    details: &Details,
    private: &Private,
    capture: Option<&[u8]>,
    registered: Option<&[u8]>,
) -> UploadRecord {
    let behaviour = device.behaviour();
    let person = entry.person.as_deref().map(|id| SeenPerson {
        id,
        name: private.name.as_deref().unwrap_or_default(),
        gender: private.gender,
        birthday: private.birthday,
        phone: private.phone.as_deref(),
        valid_from: private.valid_from,
        valid_until: private.valid_until,
    });
    let presented = private.presented.as_ref();
    let card = presented
        .filter(|shown| {
            !matches!(
                shown.kind,
                CredentialKind::IdCard | CredentialKind::Pin | CredentialKind::Qr
            )
        })
        .map(|shown| shown.number.as_str());
    let record = record_to_platform(&Pass {
        id: entry.id.as_str(),
        person,
        at: entry.occurred_at,
        zone: &device.zone(),
        outcome: details.told_outcome(),
        method: details.method,
        spoken: &private.words(details, device.language, &behaviour.prompts).speech,
        direction: behaviour.direction,
        temperature: details.temperature,
        fever_from: behaviour.fever_from,
        card,
        document: private.document.as_ref(),
        capture,
        registered,
    });
    UploadRecord {
        device_no: device.config.terminal.serial.clone(),
        ..record
    }
}
