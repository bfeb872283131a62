//! A record as the hub understands it.

use crate::qyzn::person::PersonType;
use crate::qyzn::record::SnapshotFace;
use crate::qyzn::time::WallTime;
use crate::received::{DuplicateKey, ReceivedRecord, without};
use model::{Direction, IdentityDocument, Method, Outcome, TemperatureAlarm};
use serde_json::Value;

/// The keys of pictures.
const PICTURES: [&str; 2] = ["snapPic", "comparePic"];

/// Takes a record apart. `data` is the message's data as it came, `record` the same as
/// [`SnapshotFace`](crate::qyzn::SnapshotFace) read it.
#[must_use]
pub fn record_from_device(record: SnapshotFace, data: &Value) -> ReceivedRecord {
    let person_id = filled(&record.person_id);
    let method = method(&record);
    let score = record
        .score
        .filter(|score| *score > 0.0 || method != Method::IcCard);
    ReceivedRecord {
        person_name: filled(&record.full_name),
        local: record.snap_time.parse::<WallTime>().ok().map(WallTime::local),
        instant: None,
        mask: None,
        outcome: outcome(&record, person_id.is_some()),
        method,
        score: score.map(|score| to_f32(score / 100.0).clamp(0.0, 1.0)),
        temperature: record
            .body_temperature
            .filter(|degrees| *degrees > 0.0)
            .map(to_f32),
        card: filled(&record.ic_number),
        document: document(&record),
        key: DuplicateKey {
            text: format!(
                "{}\n{}\n{}",
                record.snap_time,
                record.person_id,
                record.result.map(|result| result.to_string()).unwrap_or_default()
            ),
            with_picture: person_id.is_none(),
            others: Vec::new(),
        },
        native: without(data, &PICTURES),
        temperature_alarm: TemperatureAlarm::None,
        direction: Direction::None,
        location: None,
        person_id,
        time_text: record.snap_time,
        capture: record.snap_picture,
        registered: record.compare_picture,
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "similarities and temperatures need no more"
)]
fn to_f32(number: f64) -> f32 {
    number as f32
}

/// Hub rule 43, row qyzn.
fn outcome(record: &SnapshotFace, known: bool) -> Outcome {
    match (record.person_type, record.result) {
        (Some(PersonType::Stranger), _) => Outcome::Stranger,
        (Some(PersonType::Blocked), _) => Outcome::Blocked,
        (_, Some(1)) => Outcome::Granted,
        (_, Some(2)) => Outcome::Expired,
        (_, Some(3)) => Outcome::OutOfSchedule,
        _ if known => Outcome::Denied,
        _ => Outcome::Stranger,
    }
}

/// No field says how; the fields of an identity document are filled by devices that compared with it. A card number
/// with neither a picture nor a similarity is a card alone.
fn method(record: &SnapshotFace) -> Method {
    let no_face = record.snap_picture.is_none() && record.score.unwrap_or_default() <= 0.0;
    if has_document(record) {
        Method::FaceAndIdCard
    } else if no_face && filled(&record.ic_number).is_some() {
        Method::IcCard
    } else {
        Method::Face
    }
}

fn has_document(record: &SnapshotFace) -> bool {
    [
        &record.ethnicity,
        &record.birthday,
        &record.address,
        &record.expires,
    ]
    .iter()
    .any(|field| field.is_some())
}

fn document(record: &SnapshotFace) -> Option<IdentityDocument> {
    has_document(record).then(|| IdentityDocument {
        number: filled(&record.id_number),
        name: filled(&record.full_name),
        gender: record.gender.clone(),
        ethnicity: record.ethnicity.clone(),
        birthday: record.birthday.clone(),
        address: record.address.clone(),
        authority: None,
        valid_from: None,
        valid_until: record.expires.clone(),
    })
}
