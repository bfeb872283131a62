//! A record on its way from the wire to the intake, and its answer back (4.6.1).

use super::session::{Session, refusal};
use crate::intake::{self, Arrival, Clock, Receipt, Taken};
use crate::links::{LiveLink, words};
use dialects::qyzn::convert::record_from_device;
use dialects::qyzn::{
    Code, QrCodeAnswer, QrCodeData, Refusal, ResponseBody, SnapshotFace, SnapshotFaceAnswer, operation,
};
use jiff::Timestamp;
use model::{Decision, Method, Outcome, Record};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use store::hub::devices::StoredDevice;

/// How finely the wire tells times, in milliseconds.
const RESOLUTION_MS: i64 = 1000;
/// What a device is told to wait when too much is under way, in seconds.
const BUSY_SECONDS: u32 = 3;
/// What a pending device is told to wait once it has left all that it may, in seconds.
const HELD_FULL_SECONDS: u32 = 60;
/// A header's time that is nearer to ours than this says that the device took over our time, in milliseconds.
const CLOCK_SET_MS: i64 = 5_000;

/// Takes a record; what is answered is on the disk. A device that is told to wait still holds it.
pub(super) async fn take(
    session: &Session,
    live: &Arc<LiveLink>,
    face: SnapshotFace,
    data: &Value,
    timestamp: u32,
) -> ResponseBody {
    let answer = taken(session, live, face, data, timestamp).await;
    if let Err(Refusal::Code {
        wait_seconds: Some(seconds),
        ..
    }) = operation::answer_of::<SnapshotFace>(&answer)
    {
        live.records.postpone(Duration::from_secs(seconds.into()));
    }
    answer
}

async fn taken(
    session: &Session,
    live: &Arc<LiveLink>,
    face: SnapshotFace,
    data: &Value,
    timestamp: u32,
) -> ResponseBody {
    let hub = &session.hub;
    let Some(_room) = hub.intake.room(size(&face)) else {
        metrics::counter!("menshen_intake_busy_total").increment(1);
        return ResponseBody::busy(BUSY_SECONDS);
    };
    let device = match hub.store.devices.device(&live.device, None).await {
        Ok(Some(device)) => device,
        Ok(None) => return ResponseBody::of_code(Code::Unregistered),
        Err(error) => return refusal(&error),
    };
    let received_at = Timestamp::now();
    let parts = record_from_device(face, data);
    let time_text = parts.time_text.clone();
    let skew_ms = skew(session, &device, timestamp, received_at);
    let receipt = Receipt {
        device: &device,
        zone: &hub.zone_of(&device.device),
        connected_at: live.since,
        skew_ms,
        resolution_ms: RESOLUTION_MS,
        received_at,
    };
    let arrival = Arrival::of(parts, &receipt);
    match intake::take(hub, arrival).await {
        Ok(taken) => answer(&hub.settings().language, &time_text, taken),
        Err(error) => refusal(&error),
    }
}

fn size(face: &SnapshotFace) -> usize {
    [&face.snap_picture, &face.compare_picture]
        .into_iter()
        .flatten()
        .map(|picture| picture.as_text().len())
        .sum()
}

/// The skew that holds now. A device whose clock was far off has set it since by our answer to `sync_time`, when the
/// header's time says so.
fn skew(session: &Session, device: &StoredDevice, timestamp: u32, now: Timestamp) -> Option<i64> {
    let measured = session.skew_ms().or(device.device.clock_skew_ms)?;
    let by_header = i64::from(timestamp)
        .saturating_mul(1000)
        .saturating_sub(now.as_millisecond());
    let set_since = by_header.abs() < CLOCK_SET_MS && measured.abs() > CLOCK_SET_MS;
    Some(if set_since { 0 } else { measured })
}

/// Decides on a QR code (4.6.3): a record of its own, by the hub's clock.
pub(super) async fn take_code(session: &Session, live: &Arc<LiveLink>, content: &str) -> ResponseBody {
    let hub = &session.hub;
    let Some(_room) = hub.intake.room(content.len()) else {
        return ResponseBody::busy(BUSY_SECONDS);
    };
    let device = match hub.store.devices.device(&live.device, None).await {
        Ok(Some(device)) => device,
        Ok(None) => return ResponseBody::of_code(Code::Unregistered),
        Err(error) => return refusal(&error),
    };
    let at = Timestamp::now();
    let draft = Record {
        occurred_at: at,
        clock_suspect: false,
        method: Method::Qr,
        result: Outcome::NotAuthorised,
        direction: device.device.direction,
        ..intake::blank(&live.device, at)
    };
    let arrival = Arrival {
        draft,
        clock: Clock {
            connected_at: live.since,
            skew_ms: Some(0),
            wrong_until: None,
            ambiguous: false,
            resolution_ms: 1,
        },
        device_time: None,
        wire_person: None,
        code: Some(content.to_owned()),
        // Each showing of a code is asked about once; a resend is answered by the connection.
        key_text: format!("qr {}", uuid::Uuid::new_v4()),
        key_with_picture: false,
        same_as: Vec::new(),
        asks: true,
        capture: None,
        registered: None,
    };
    match intake::take(hub, arrival).await {
        Ok(Taken::Stored { decision }) => operation::success::<QrCodeData>(&QrCodeAnswer {
            open_door: i64::from(decision.is_some_and(Decision::is_granted)),
        }),
        Ok(Taken::Repeated | Taken::HeldFull) => {
            operation::success::<QrCodeData>(&QrCodeAnswer { open_door: 0 })
        }
        Err(error) => refusal(&error),
    }
}

fn answer(language: &str, time_text: &str, taken: Taken) -> ResponseBody {
    let answer = match taken {
        Taken::Stored {
            decision: Some(decision),
        } => {
            let text = match decision {
                Decision::Granted => None,
                Decision::Denied(denial) => Some(words::of_denial(language, denial)),
            };
            SnapshotFaceAnswer::new(time_text, Some(decision.is_granted()), text)
        }
        Taken::Stored { decision: None } | Taken::Repeated => SnapshotFaceAnswer::new(time_text, None, None),
        Taken::HeldFull => return ResponseBody::busy(HELD_FULL_SECONDS),
    };
    operation::success::<SnapshotFace>(&answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_opens_nothing() {
        let body = answer("en", "2026-01-01 00:00:00", Taken::Repeated);
        assert_eq!(body.data.get("opendoor"), None);
        let granted = Taken::Stored {
            decision: Some(Decision::Granted),
        };
        assert_eq!(
            answer("en", "", granted).data.get("opendoor"),
            Some(&Value::from(1))
        );
    }
}
