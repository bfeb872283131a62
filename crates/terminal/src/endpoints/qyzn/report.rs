//! An entry of the journal as `snapshot_face` (4.6.1).

use super::DIALECT;
use crate::camera::as_jpeg;
use crate::device::Device;
use crate::endpoints::threshold::Scale;
use crate::pass::{Details, Private};
use dialects::qyzn::SnapshotFace;
use dialects::qyzn::convert::{Pass, SeenPerson, record_to_platform};
use jiff::Timestamp;
use model::{CredentialKind, PersonKind};
use std::sync::Arc;
use store::StoreError;
use store::terminal::Entry;

/// The scores of the wire.
const SCORES: Scale = Scale {
    default: 0.8,
    highest: 1.0,
};

/// Makes the message, with the pictures that are still there.
pub(super) async fn snapshot_face(device: &Arc<Device>, entry: Entry) -> Result<SnapshotFace, StoreError> {
    let details: Details = serde_json::from_value(entry.details.clone())?;
    let private: Private = serde_json::from_value(entry.private.clone()).unwrap_or_default();
    let wanted = device.behaviour().report_capture.unwrap_or(true);
    let capture = match entry.has_capture && wanted {
        true => device.journal.capture(entry.seq).await?,
        false => None,
    };
    // A platform that knows the photo by its id ignores the picture.
    let registered = match (&entry.person, &details.face_id) {
        (Some(wire_id), None) => device.people.picture(wire_id).await?,
        _ => None,
    };
    let device = Arc::clone(device);
    let made = tokio::task::spawn_blocking(move || {
        let limits = &device.config.face.photo;
        let jpeg = |picture: Option<Vec<u8>>| picture.and_then(|bytes| as_jpeg(&bytes, limits));
        message(
            &device,
            &entry,
            &details,
            &private,
            jpeg(capture).as_deref(),
            jpeg(registered).as_deref(),
        )
    });
    made.await.map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn message(
    device: &Device,
    entry: &Entry,
    details: &Details,
    private: &Private,
    capture: Option<&[u8]>,
    registered: Option<&[u8]>,
) -> SnapshotFace {
    let number = |kind: CredentialKind| {
        let own = private
            .credentials
            .iter()
            .find(|credential| credential.kind == kind);
        own.map(|credential| credential.number.as_str())
    };
    let person = entry.person.as_deref().map(|id| SeenPerson {
        id,
        face_id: details.face_id.as_deref(),
        name: private.name.as_deref().unwrap_or_default(),
        kind: details.kind.unwrap_or(PersonKind::Member),
        id_number: number(CredentialKind::IdCard),
        ic_number: number(CredentialKind::IcCard),
    });
    let presented = private.presented.as_ref();
    let card = presented
        .filter(|shown| shown.kind != CredentialKind::IdCard)
        .map(|shown| shown.number.as_str());
    record_to_platform(&Pass {
        person,
        at: Timestamp::from_second(entry.wire_second).unwrap_or(entry.occurred_at),
        zone: &device.zone(),
        outcome: details.lasting_outcome(DIALECT),
        score: details
            .similarity
            .map(|similarity| SCORES.wire(similarity, device.thresholds().accept)),
        temperature: details.temperature,
        card,
        document: private.document.as_ref(),
        capture,
        registered,
    })
}
