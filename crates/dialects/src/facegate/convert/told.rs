//! A person's fields as a terminal or an importing hub understands them, and back.

use super::access::{Access, access};
use super::ids::wire_id;
use super::wanted::{Wanted, described, picture};
use crate::facegate::card_number::CardNumber;
use crate::facegate::nation;
use crate::facegate::person::{HeldPerson, PersonInfo, Validity};
use crate::facegate::time::{day, wall_time};
use crate::lenient::LenientError;
use crate::local_time;
use crate::told::{ToldPerson, credential, filled};
use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use model::access::{Rule, Times};
use model::{Credential, CredentialKind, DayMinute, Gender, Period, Person, PersonId, PersonKind, Weekly};
use serde_json::{Map, Value};

/// The fields that the model says itself; what else there is goes along in [`ToldPerson::extra`].
const IN_MODEL: [&str; 20] = [
    "LibID",
    "PersonUUID",
    "Name",
    "Gender",
    "Nation",
    "IdCard",
    "Birthday",
    "Telnum",
    "Native",
    "Address",
    "Notes",
    "RFIDCard",
    "AccessId",
    "RoomNum",
    "Tempvalid",
    "ValidBegin",
    "ValidEnd",
    "EffectNumber",
    "picinfo",
    "picURI",
];

/// Reads a person that a platform brings, in the terminal's zone, under an id of the terminal's. The id on the wire is
/// `PersonUUID`, else `CustomizeID` as text (terminal rule 8); the numbers of cards stay as they are written.
#[must_use]
pub fn person_from_platform(info: &PersonInfo, id: PersonId, zone: &TimeZone) -> ToldPerson {
    told(info, id, zone, None)
}

/// Reads a person whom a device holds, in the device's zone. `is_hexadecimal`: how the device writes Wiegand numbers
/// (`CardMode` of `GetDoorCondition`, QUIRKS A2); they become decimal.
#[must_use]
pub fn person_from_device(
    held: &HeldPerson,
    id: PersonId,
    zone: &TimeZone,
    is_hexadecimal: bool,
) -> ToldPerson {
    told(&held.person, id, zone, Some(is_hexadecimal))
}

fn told(info: &PersonInfo, id: PersonId, zone: &TimeZone, notation: Option<bool>) -> ToldPerson {
    let text = |text: &Option<String>| text.as_deref().and_then(filled);
    let validity = validity(info, zone);
    let person = Person {
        kind: match info.person_type {
            Some(1) => PersonKind::Blocked,
            _ => PersonKind::Member,
        },
        gender: match info.gender {
            Some(0) => Some(Gender::Male),
            Some(1) => Some(Gender::Female),
            Some(2) => Some(Gender::Other),
            _ => None,
        },
        birthday: info.birthday.as_deref().and_then(day),
        phone: text(&info.phone),
        ethnicity: info.nation.and_then(nation::name).map(str::to_owned),
        native_place: text(&info.native_place),
        address: text(&info.address),
        remark: text(&info.notes),
        room: text(&info.room),
        credentials: credentials(info, notation),
        valid_from: validity.from,
        valid_until: validity.until,
        pass_limit: validity.passes,
        ..Person::new(id, info.name.as_deref().unwrap_or_default().trim())
    };
    let mut extra = info.fields();
    extra.retain(|key, _| !IN_MODEL.contains(&key.as_str()));
    ToldPerson {
        wire_id: wire_id(info).unwrap_or_default(),
        person,
        rules: validity.rule.into_iter().collect(),
        photo: info.picture.clone().filter(|photo| !photo.is_blank()),
        photo_url: info.picture_url(),
        extra,
    }
}

fn credentials(info: &PersonInfo, notation: Option<bool>) -> Vec<Credential> {
    let plain = [
        credential(CredentialKind::IcCard, info.access_card.as_deref()),
        credential(CredentialKind::RfCard, info.rf_card.as_deref()),
        credential(CredentialKind::IdCard, info.id_card.as_deref()),
    ];
    plain
        .into_iter()
        .flatten()
        .chain(wiegand(info, notation))
        .collect()
}

/// The Wiegand number, where it is the person's own: not the door's public one, nor one that the device makes.
fn wiegand(info: &PersonInfo, notation: Option<bool>) -> Option<Credential> {
    const BY_HAND: i64 = 2;
    let number = info.card_number.as_ref()?;
    let is_hex = notation.unwrap_or(info.card_mode == Some(1));
    let is_own = info.card_from.unwrap_or(BY_HAND) == BY_HAND && number.number(is_hex) != Some(0);
    if !is_own || number.as_text().is_empty() {
        return None;
    }
    let decimal = notation.and_then(|_| number.number(is_hex));
    let code = |digits: &CardNumber| u32::try_from(digits.number(is_hex)?).ok();
    let facility = info.facility.as_ref().and_then(code);
    Some(Credential {
        kind: CredentialKind::Wiegand,
        number: decimal.map_or_else(|| number.as_text().to_owned(), |number| number.to_string()),
        facility: facility.filter(|_| !matches!(info.wiegand_type, Some(0 | 1))),
        bits: match info.wiegand_type {
            Some(0 | 6) => Some(26),
            Some(1 | 7) => Some(34),
            _ => None,
        },
    })
}

/// When a person may pass.
struct Read {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    passes: Option<u32>,
    rule: Option<Rule>,
}

fn validity(info: &PersonInfo, zone: &TimeZone) -> Read {
    let begin = info.valid_begin.as_deref().and_then(wall_time);
    let end = info.valid_end.as_deref().and_then(wall_time);
    let nothing = Read {
        from: None,
        until: None,
        passes: None,
        rule: Some(Rule::default()),
    };
    match info.validity() {
        Validity::Permanent => nothing,
        Validity::Window => Read {
            from: begin.and_then(|begin| not_before(begin, zone)),
            until: end.and_then(|end| not_after(end, zone)),
            ..nothing
        },
        Validity::Daily => Read {
            rule: begin.zip(end).map(|(begin, end)| daily(begin, end, zone)),
            ..nothing
        },
        Validity::Count => Read {
            passes: info
                .passes
                .map(|passes| u32::try_from(passes).unwrap_or_default()),
            ..nothing
        },
        Validity::Other(_) => Read {
            rule: None,
            ..nothing
        },
    }
}

/// A wall-clock time that is shown twice is read so that nobody is let in too early.
fn not_before(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    local_time::readings(local, zone).map(|(_, latest)| latest)
}

/// The same for the end: not too late.
fn not_after(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    local_time::readings(local, zone).map(|(earliest, _)| earliest)
}

/// One period on every day from the first to the last; one that ends before it begins is a night.
fn daily(begin: DateTime, end: DateTime, zone: &TimeZone) -> Rule {
    let (from, until) = (minute(begin.time(), false), minute(end.time(), true));
    let periods = if begin.time() <= end.time() {
        vec![Period::new(from, until)]
    } else {
        vec![
            Period::new(DayMinute::MIDNIGHT, until),
            Period::new(from, DayMinute::END),
        ]
    };
    let periods: Vec<Period> = periods.into_iter().flatten().collect();
    let midnight = Time::midnight();
    let after = end.date().tomorrow().ok();
    Rule {
        times: Some(Times {
            weekly: Weekly::every_day(&periods),
            holidays: Vec::new(),
        }),
        valid_from: not_before(begin.date().to_datetime(midnight), zone),
        valid_until: after.and_then(|day| not_after(day.to_datetime(midnight), zone)),
    }
}

/// The minute of a time; the model has no seconds. A beginning within a minute waits for the next one; an end in the last
/// second of a minute is its end.
fn minute(time: Time, is_end: bool) -> DayMinute {
    const LAST_SECOND: i8 = 59;
    let minutes = i16::from(time.hour()) * 60 + i16::from(time.minute());
    let is_next = if is_end {
        time.second() == LAST_SECOND
    } else {
        time.second() > 0
    };
    let minutes = minutes + i16::from(is_next);
    let part = |number: i16| u8::try_from(number).unwrap_or_default();
    DayMinute::new(part(minutes / 60), part(minutes % 60)).unwrap_or(DayMinute::END)
}

/// A person of a terminal's library as the platform is told of them: what `person_from_platform` read, with `extra` as it
/// gave it. `photo` of `wanted` is left out; see [`super::record_to_platform`] and the picture of a search.
#[must_use]
pub fn person_to_platform(
    wanted: &Wanted<'_>,
    told_id: &str,
    extra: &Map<String, Value>,
    jpeg: Option<&[u8]>,
) -> PersonInfo {
    let mut losses = Vec::new();
    let mut info = described(wanted.person, &mut losses);
    if let Access::Given(validity, _) = access(wanted, &mut losses) {
        validity.write(&mut info);
    }
    info.uuid = Some(told_id.to_owned());
    info.customize_id = None;
    info.check_similarity = None;
    info.picture = jpeg.map(picture);
    let mut fields = info.fields();
    fields.extend(extra.clone());
    // Known by the number alone: the text is no `PersonUUID`.
    let number = extra.get("CustomizeID").and_then(Value::as_i64);
    if number.is_some_and(|number| number.to_string() == told_id) {
        fields.remove("PersonUUID");
    }
    PersonInfo::read(&Value::Object(fields)).unwrap_or(info)
}

/// A person after an `EditPerson`: what is given replaces what was (3.10.3).
///
/// # Errors
/// [`LenientError`] where a field cannot be read, which cannot be of fields that were read before.
pub fn changed(person: &PersonInfo, change: &PersonInfo) -> Result<PersonInfo, LenientError> {
    let mut fields = person.fields();
    let given = change.fields();
    // One photo takes the place of the other.
    if given.contains_key("picinfo") || given.contains_key("picURI") {
        fields.retain(|key, _| !matches!(key.as_str(), "picinfo" | "picURI"));
    }
    fields.extend(given);
    PersonInfo::read(&Value::Object(fields))
}
