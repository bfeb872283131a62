//! Taking a record: judge its time, recognise repeats, decide, commit.

use super::Clock;
use crate::state::Hub;
use dialects::lenient::PictureFormat;
use model::{Decision, Record};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};
use store::StoreError;
use store::hub::records::{Ask, Committed, HeldLimits, NewRecord, Picture};

/// What a picture is that nobody recognises.
const UNKNOWN_MEDIA_TYPE: &str = "application/octet-stream";

/// A record as a link understood it.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The record; `late` and `clock_suspect` are what the device itself says.
    pub draft: Record,
    /// What is known of the device's clock.
    pub clock: Clock,
    /// The device's own text of the time.
    pub device_time: Option<String>,
    /// The id that the device gave for the person.
    pub wire_person: Option<String>,
    /// What a QR code says that somebody showed; the hub decides on it (hub rule 17).
    pub code: Option<String>,
    /// What makes a repeat equal (hub rule 40).
    pub key_text: String,
    /// Whether the capture belongs to the key, too.
    pub key_with_picture: bool,
    /// Other such texts under which the same record may have come before.
    pub same_as: Vec<String>,
    /// Whether the device waits for the hub's decision, where the hub decides on its door.
    pub asks: bool,
    /// The capture.
    pub capture: Option<Picture>,
    /// The registered picture that the device compared with.
    pub registered: Option<Picture>,
}

/// What became of a record that is on the disk, or of one for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is on the disk.
    Stored {
        /// The hub's decision, where the device asked.
        decision: Option<Decision>,
    },
    /// It was on the disk already.
    Repeated,
    /// A pending device has left as much as it may.
    HeldFull,
}

/// The very bytes with their true type.
#[must_use]
pub fn picture(bytes: Vec<u8>) -> Option<Picture> {
    if bytes.is_empty() {
        return None;
    }
    let media_type = PictureFormat::sniff(&bytes).map_or(UNKNOWN_MEDIA_TYPE, PictureFormat::media_type);
    Some(Picture {
        media_type: media_type.to_owned(),
        bytes,
    })
}

/// Takes a record. When this returns without an error it may be acknowledged.
///
/// # Errors
/// What the store says; nothing was kept then.
pub async fn take(hub: &Hub, arrival: Arrival) -> Result<Taken, StoreError> {
    let begun = Instant::now();
    let live = hub.links.get(&arrival.draft.device_id);
    let _under_way = live.as_ref().map(|live| live.records.begin());
    let (duplicate_key, same_as) = keys(&arrival);
    let Arrival {
        mut draft,
        clock,
        device_time,
        wire_person,
        code,
        asks,
        capture,
        registered,
        ..
    } = arrival;
    let timing = clock.judge(
        draft.occurred_at,
        draft.received_at,
        hub.config.devices.late_after_ms,
    );
    draft.late |= timing.late;
    draft.clock_suspect |= timing.suspect;
    let record = NewRecord {
        draft,
        duplicate_key,
        same_as,
        device_time,
        wire_person,
        code,
        capture,
        registered,
        ask: asks.then(|| Ask {
            time_zone: hub.time_zone(),
            deadline: begun + Duration::from_millis(hub.config.devices.decide_within_ms),
        }),
        held: HeldLimits {
            records: hub.config.limits.pending_records,
            bytes: u64::from(hub.config.limits.pending_mb) * 1024 * 1024,
        },
    };
    let committed = hub.store.records.commit(record).await?;
    metrics::histogram!("menshen_intake_seconds").record(begun.elapsed().as_secs_f64());
    Ok(match committed {
        Committed::Stored { decision, .. } => {
            metrics::counter!("menshen_records_total", "kind" => "stored").increment(1);
            hub.outbox_grew();
            Taken::Stored { decision }
        }
        Committed::Repeated { .. } => {
            metrics::counter!("menshen_records_total", "kind" => "repeated").increment(1);
            Taken::Repeated
        }
        Committed::HeldFull => Taken::HeldFull,
    })
}

/// The record's key, and those under which it may be here already.
fn keys(arrival: &Arrival) -> (Vec<u8>, Vec<Vec<u8>>) {
    let capture = arrival.capture.as_ref().filter(|_| arrival.key_with_picture);
    let capture = capture.map(|capture| Sha256::digest(&capture.bytes).to_vec());
    let key = |text: &String| hashed(text, capture.as_deref());
    (key(&arrival.key_text), arrival.same_as.iter().map(key).collect())
}

/// SHA-256 over the dialect's key and, for people without an id, the capture's hash.
fn hashed(text: &str, capture: Option<&[u8]>) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(text.as_bytes());
    if let Some(capture) = capture {
        hash.update([0]);
        hash.update(capture);
    }
    hash.finalize().to_vec()
}
