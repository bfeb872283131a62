//! A record on its way from the wire to the intake, and its answer back (2.3.1).

use super::session::{Measured, Session, zone_of};
use crate::intake::{self, Arrival, Clock, Taken};
use crate::links::LiveLink;
use bytes::Bytes;
use dialects::lenient::{self, Base64Text};
use dialects::mqtt::convert::record_from_device;
use dialects::mqtt::{ErrorCode, UploadRecord, UploadRecordResp};
use dialects::received::ReceivedRecord;
use jiff::Timestamp;
use model::{Decision, Denial, Direction, Outcome, Person, PersonKind, Record, RecordId};
use std::sync::Arc;
use store::hub::devices::StoredDevice;

/// How finely a device tells the time, in milliseconds.
const RESOLUTION_MS: i64 = 1;
/// A clock that was just set may be off by so much, in milliseconds.
const SET_WITHIN_MS: i64 = 2_000;

/// Takes a record and answers it once it is on the disk. Without an answer it comes again (QUIRKS M36).
pub(super) async fn take(session: &Session, live: &Arc<LiveLink>, upload: UploadRecord, payload: &Bytes) {
    let hub = &session.hub;
    let Some(_room) = hub.intake.room(payload.len()) else {
        metrics::counter!("menshen_intake_busy_total").increment(1);
        return;
    };
    let device = match hub.store.devices.device(&live.device, None).await {
        Ok(Some(device)) => device,
        Ok(None) => return,
        Err(error) => return not_taken(session, &error),
    };
    let (Ok(message), msg_id) = (lenient::body(payload), upload.msg_id.clone()) else {
        return;
    };
    let person = match known_person(session, live, &upload).await {
        Ok(person) => person,
        Err(error) => return not_taken(session, &error),
    };
    let is_blocked = person
        .as_ref()
        .is_some_and(|person| person.kind == PersonKind::Blocked);
    let mut parts = record_from_device(upload, &message, is_blocked);
    let zone = zone_of(hub, &device);
    let at = parts
        .occurred_at(&zone, Timestamp::now())
        .map(|reading| reading.at);
    let starts = person.and_then(|person| person.valid_from);
    // Outside the validity is before it, where the hub knows when it begins (hub rule 43).
    if parts.outcome == Outcome::Expired && at.zip(starts).is_some_and(|(at, starts)| at < starts) {
        parts.outcome = Outcome::OutOfSchedule;
    }
    let arrival = arrival(session, live, &device, parts, Timestamp::now());
    match intake::take(hub, arrival).await {
        Ok(taken) => {
            let (control, msg) = answer(&hub.settings().language, taken);
            session
                .link
                .tell(UploadRecordResp {
                    msg_id: msg_id.trim().to_owned(),
                    device_no: session.link.serial.clone(),
                    code: if taken == Taken::HeldFull {
                        ErrorCode::Failed
                    } else {
                        ErrorCode::Success
                    },
                    control: control.to_owned(),
                    msg: msg.to_owned(),
                })
                .await;
        }
        Err(error) => not_taken(session, &error),
    }
}

fn not_taken(session: &Session, error: &store::StoreError) {
    tracing::warn!(serial = session.link.serial, %error, "a record was not taken; it will come again");
}

/// Whom the record means, where more is to be known than the dialect says (hub rule 43, QUIRKS M53).
async fn known_person(
    session: &Session,
    live: &LiveLink,
    upload: &UploadRecord,
) -> Result<Option<Person>, store::StoreError> {
    let wire_id = upload.person_id.trim();
    if wire_id.is_empty() || !matches!(upload.result, 1 | 3 | 4) {
        return Ok(None);
    }
    let store = &session.hub.store;
    let Some(id) = store.roster.person_of_wire_id(&live.device, wire_id).await? else {
        return Ok(None);
    };
    let person = store.people.person(&id, None).await?;
    Ok(person.map(|found| found.person))
}

fn arrival(
    session: &Session,
    live: &LiveLink,
    device: &StoredDevice,
    parts: ReceivedRecord,
    received_at: Timestamp,
) -> Arrival {
    let zone = zone_of(&session.hub, device);
    let reading = parts.occurred_at(&zone, received_at);
    let picture = |text: &Option<Base64Text>| {
        text.as_ref()
            .and_then(|text| intake::picture(text.decode().ok()?))
    };
    let (capture, registered) = (picture(&parts.capture), picture(&parts.registered));
    let occurred_at = reading.map_or(received_at, |reading| reading.at);
    let direction = match parts.direction {
        Direction::None => device.device.direction,
        told => told,
    };
    let draft = Record {
        id: RecordId::new(""),
        device_id: live.device.clone(),
        person_id: None,
        person_name: parts.person_name,
        occurred_at,
        received_at,
        late: false,
        clock_suspect: reading.is_none(),
        method: parts.method,
        result: parts.outcome,
        score: parts.score,
        scores: Vec::new(),
        temperature: parts.temperature,
        temperature_alarm: parts.temperature_alarm,
        mask: None,
        helmet: None,
        card: parts.card,
        channel: None,
        direction,
        photo_url: None,
        registered_photo_url: None,
        document: parts.document,
        location: parts.location,
        native: parts.native,
    };
    Arrival {
        draft,
        clock: Clock {
            connected_at: live.since,
            skew_ms: session
                .clock
                .map(|measured| skew(measured, occurred_at, received_at)),
            ambiguous: reading.is_some_and(|reading| !reading.unique),
            resolution_ms: RESOLUTION_MS,
        },
        device_time: Some(parts.time_text),
        wire_person: parts.person_id,
        code: None,
        key_text: parts.key.text,
        key_with_picture: parts.key.with_picture,
        capture,
        registered,
    }
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
    let (chinese, english) = match decision {
        Decision::Granted => ("请通行", "Please pass"),
        Decision::Denied(denial) => match denial {
            Denial::Blocked => ("禁止通行", "No entry"),
            Denial::Expired => ("已过期", "Expired"),
            Denial::NotYetValid => ("尚未生效", "Not valid yet"),
            Denial::UsedUp => ("次数已用完", "No passes left"),
            Denial::OutOfSchedule => ("不在通行时段", "Not at this time"),
            Denial::Stranger | Denial::UnknownCredential => ("陌生人", "Stranger"),
            Denial::PlatformSilent => ("请重试", "Try again"),
            _ => ("未授权", "Not authorised"),
        },
    };
    let control = if decision.is_granted() { "open" } else { "close" };
    (
        control,
        if language.starts_with("zh") {
            chinese
        } else {
            english
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
