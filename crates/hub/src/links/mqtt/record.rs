//! A record on its way from the wire to the intake, and its answer back (2.3.1).

use super::session::{Measured, Session};
use crate::intake::{self, Arrival, Receipt, Taken};
use crate::links::{LiveLink, words};
use bytes::Bytes;
use dialects::lenient;
use dialects::mqtt::convert::record_from_device;
use dialects::mqtt::{ErrorCode, UploadRecord, UploadRecordResp};
use jiff::Timestamp;
use model::{Outcome, Person, PersonKind};
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;

/// How finely a device tells the time, in milliseconds.
const RESOLUTION_MS: i64 = 1;
/// A clock that was just set may be off by so much, in milliseconds.
const SET_WITHIN_MS: i64 = 2_000;

/// Within this time a record comes again that was not acknowledged; the document does not say when (QUIRKS M36).
pub(super) const COMES_AGAIN_WITHIN: Duration = Duration::from_secs(30);

/// Takes a record and answers it once it is on the disk. Without an answer it comes again (QUIRKS M36), and whoever is
/// about to destroy what the device holds waits for that (hub rule 33).
pub(super) async fn take(session: &Session, live: &Arc<LiveLink>, upload: UploadRecord, payload: &Bytes) {
    let answer = taken(session, live, upload, payload)
        .await
        .unwrap_or_else(|error| {
            tracing::warn!(serial = session.link.serial, %error, "a record was not taken; it will come again");
            None
        });
    if answer
        .as_ref()
        .is_none_or(|answer| answer.code != ErrorCode::Success)
    {
        live.records.postpone(COMES_AGAIN_WITHIN);
    }
    if let Some(answer) = answer {
        session.link.tell(answer).await;
    }
}

/// What a record is answered; `None` where it is not taken now.
async fn taken(
    session: &Session,
    live: &Arc<LiveLink>,
    upload: UploadRecord,
    payload: &Bytes,
) -> Result<Option<UploadRecordResp>, StoreError> {
    let hub = &session.hub;
    let Some(_room) = hub.intake.room(payload.len()) else {
        metrics::counter!("menshen_intake_busy_total").increment(1);
        return Ok(None);
    };
    let Some(device) = hub.store.devices.device(&live.device, None).await? else {
        return Ok(None);
    };
    let (Ok(message), msg_id) = (lenient::body(payload), upload.msg_id.clone()) else {
        return Ok(None);
    };
    let person = known_person(session, live, &upload).await?;
    let is_blocked = person
        .as_ref()
        .is_some_and(|person| person.kind == PersonKind::Blocked);
    let mut parts = record_from_device(upload, &message, is_blocked);
    let (zone, received_at) = (hub.zone_of(&device.device), Timestamp::now());
    let at = parts.occurred_at(&zone, received_at).map(|reading| reading.at);
    let starts = person.and_then(|person| person.valid_from);
    // Outside the validity is before it, where the hub knows when it begins (hub rule 43).
    if parts.outcome == Outcome::Expired && at.zip(starts).is_some_and(|(at, starts)| at < starts) {
        parts.outcome = Outcome::OutOfSchedule;
    }
    let receipt = Receipt {
        device: &device,
        zone: &zone,
        connected_at: live.since,
        skew_ms: session
            .clock
            .zip(at)
            .map(|(measured, at)| skew(measured, at, received_at)),
        resolution_ms: RESOLUTION_MS,
        received_at,
    };
    let arrival = Arrival::of(parts, &receipt);
    let taken = intake::take(hub, arrival).await?;
    let (control, msg) = answer(&hub.settings().language, taken);
    Ok(Some(UploadRecordResp {
        msg_id: msg_id.trim().to_owned(),
        device_no: session.link.serial.clone(),
        code: if taken == Taken::HeldFull {
            ErrorCode::Failed
        } else {
            ErrorCode::Success
        },
        control: control.to_owned(),
        msg: msg.to_owned(),
    }))
}

/// Whom the record means, where more is to be known than the dialect says (hub rule 43, QUIRKS M53).
async fn known_person(
    session: &Session,
    live: &LiveLink,
    upload: &UploadRecord,
) -> Result<Option<Person>, StoreError> {
    let wire_id = upload.person_id.trim();
    if wire_id.is_empty() || !matches!(upload.result, Some(1 | 3 | 4)) {
        return Ok(None);
    }
    let store = &session.hub.store;
    let Some(id) = store.roster.person_of_wire_id(&live.device, wire_id).await? else {
        return Ok(None);
    };
    let person = store.people.person(&id, None).await?;
    Ok(person.map(|found| found.person))
}

/// The skew by which a record's time is to be read: none, if the time fits a clock that was set by our answer; else that
/// of before.
fn skew(measured: Measured, occurred_at: Timestamp, received_at: Timestamp) -> i64 {
    let at = occurred_at.as_millisecond();
    let set_at = measured.at.as_millisecond();
    let fits = at >= set_at - SET_WITHIN_MS && at <= received_at.as_millisecond() + SET_WITHIN_MS;
    if fits { 0 } else { measured.skew_ms }
}

/// `controlState` and what is spoken; both empty where the device decides (QUIRKS M37).
fn answer(language: &str, taken: Taken) -> (&'static str, &'static str) {
    let Taken::Stored {
        decision: Some(decision),
    } = taken
    else {
        return ("", "");
    };
    let control = if decision.is_granted() { "open" } else { "close" };
    (control, words::of_decision(language, decision))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Decision, Denial};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn times_of_before_the_clock_was_set_are_read_by_the_old_one() {
        let measured = Measured {
            at: at("2026-11-27T10:00:00Z"),
            skew_ms: 3 * 86_400_000,
        };
        let skew = |occurred: &str| skew(measured, at(occurred), at("2026-11-27T10:05:00Z"));
        assert_eq!(skew("2026-11-27T10:04:59Z"), 0);
        assert_eq!(skew("2026-11-27T09:59:59Z"), 0, "it answered while we measured");
        assert_eq!(skew("2026-11-30T09:00:00Z"), 3 * 86_400_000);
        assert_eq!(skew("2026-11-20T09:00:00Z"), 3 * 86_400_000);
    }

    #[test]
    fn only_a_decision_moves_the_door() {
        assert_eq!(answer("en", Taken::Repeated), ("", ""));
        assert_eq!(answer("en", Taken::Stored { decision: None }), ("", ""));
        let decided = |decision| {
            answer(
                "en",
                Taken::Stored {
                    decision: Some(decision),
                },
            )
        };
        assert_eq!(decided(Decision::Granted), ("open", "Please pass"));
        assert_eq!(decided(Decision::Denied(Denial::Expired)).0, "close");
    }
}
