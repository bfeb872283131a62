//! A person of the hub as the fields for a device.

use super::access::{Access, access};
use crate::convert::note::{fitted, is_filled, left_out, of_kind, shown_name, unsupported};
use crate::facegate::card_number::CardNumber;
use crate::facegate::nation;
use crate::facegate::person::{
    ADDRESS_BYTES, NAME_BYTES, NOTES_BYTES, PersonInfo, RF_CARD_BYTES, ROOM_BYTES, SHORT_BYTES,
};
use crate::facegate::time::write_day;
use crate::lenient::Base64Text;
use crate::placement::{Converted, Placement};
use crate::{Loss, LossReason};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::access::Rule;
use model::{Credential, CredentialKind, Gender, Person, PersonKind, Verify};

/// What photos are called, as in every example (QUIRKS A63).
pub(super) const PICTURE_PREFIX: &str = "data:image/jpeg;base64,";

/// Who is to be on a device.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The person.
    pub person: &'a Person,
    /// The grants that lead to the device's door, resolved.
    pub rules: &'a [Rule],
    /// The device's zone.
    pub zone: &'a TimeZone,
    /// The best photo. Without one a device refuses a new person (464).
    pub photo: Option<DevicePhoto<'a>>,
    /// Now. Where grants have several validities, what is sent is what serves from now on.
    pub now: Timestamp,
    /// Whether the hub decides on this door: then schedules that the dialect lacks are the hub's (hub rule 25).
    pub hub_decides: bool,
    /// Whether the device has daily periods and counts (`GetDatabaseVer` 1).
    pub new_database: bool,
    /// The person's number on the device, see [`super::customize_id`].
    pub customize_id: i64,
}

/// A photo for a device.
#[derive(Debug, Clone, Copy)]
pub enum DevicePhoto<'a> {
    /// A JPEG within the dialect's limits.
    Jpeg(&'a [u8]),
    /// Where the device fetches one, http or https.
    Url(&'a str),
}

/// Converts a person with the grants that lead to a door into the fields for the device there: for `AddPerson`,
/// `EditPerson` and, whole as it is, `EditPersonsNew`.
#[must_use]
pub fn person_to_device(wanted: &Wanted<'_>) -> Converted<PersonInfo> {
    let mut losses = Vec::new();
    let (validity, redo_at) = match access(wanted, &mut losses) {
        Access::Absent(redo_at) => return Converted::absent(redo_at),
        Access::Unsupported => return Converted::scheduled(),
        Access::Given(validity, redo_at) => (validity, redo_at),
    };
    let mut info = described(wanted.person, &mut losses);
    info.customize_id = Some(wanted.customize_id);
    validity.write(&mut info);
    match wanted.photo {
        Some(DevicePhoto::Jpeg(jpeg)) => info.picture = Some(picture(jpeg)),
        Some(DevicePhoto::Url(url)) => info.picture_uri = Some(url.to_owned()),
        None => {}
    }
    note_unsupported(wanted.person, &mut losses);
    Converted {
        placement: Placement::Hold(Box::new(info)),
        losses,
        redo_at,
    }
}

/// A JPEG as the document writes pictures: Base64 behind what it is (QUIRKS A63).
#[must_use]
pub fn picture(jpeg: &[u8]) -> Base64Text {
    let encoded = Base64Text::encode(jpeg);
    Base64Text::from_text(format!("{PICTURE_PREFIX}{}", encoded.as_text()))
}

/// Everything about a person but when they may pass.
pub(super) fn described(person: &Person, losses: &mut Vec<Loss>) -> PersonInfo {
    let mut info = PersonInfo {
        uuid: Some(person.id.to_string()),
        person_type: Some(i64::from(person.kind == PersonKind::Blocked)),
        name: Some(fitted("name", shown_name(person), NAME_BYTES, losses)),
        gender: match person.gender {
            Some(Gender::Male) => Some(0),
            Some(Gender::Female) => Some(1),
            Some(Gender::Other) | None => None,
        },
        nation: ethnicity(person, losses),
        card_type: Some(0),
        birthday: person.birthday.map(write_day),
        phone: whole("phone", person.phone.as_deref(), SHORT_BYTES, losses),
        native_place: cut(
            "native_place",
            person.native_place.as_deref(),
            SHORT_BYTES,
            losses,
        ),
        address: cut("address", person.address.as_deref(), ADDRESS_BYTES, losses),
        notes: cut("remark", person.remark.as_deref(), NOTES_BYTES, losses),
        room: whole("room", person.room.as_deref(), ROOM_BYTES, losses),
        id_card: number(person, CredentialKind::IdCard, SHORT_BYTES, losses),
        access_card: number(person, CredentialKind::IcCard, ROOM_BYTES, losses),
        check_similarity: Some(0),
        ..PersonInfo::default()
    };
    set_rf_card(person, &mut info, losses);
    set_wiegand(person, &mut info, losses);
    info
}

/// A text of which a part is worth having.
fn cut(field: &str, text: Option<&str>, bytes: usize, losses: &mut Vec<Loss>) -> Option<String> {
    let text = text?.trim();
    (!text.is_empty()).then(|| fitted(field, text, bytes, losses))
}

/// A text that is worth nothing when it is cut.
fn whole(field: &str, text: Option<&str>, bytes: usize, losses: &mut Vec<Loss>) -> Option<String> {
    let text = text?.trim();
    if text.len() > bytes {
        losses.push(left_out(field));
    }
    (1..=bytes).contains(&text.len()).then(|| text.to_owned())
}

fn ethnicity(person: &Person, losses: &mut Vec<Loss>) -> Option<i64> {
    let name = person
        .ethnicity
        .as_deref()
        .filter(|name| !name.trim().is_empty())?;
    let number = nation::number(name);
    if number.is_none() {
        losses.push(left_out("ethnicity"));
    }
    number
}

fn field_of(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::IdCard => "credentials.id_card",
        CredentialKind::RfCard => "credentials.rf_card",
        CredentialKind::Wiegand => "credentials.wiegand",
        _ => "credentials.ic_card",
    }
}

/// The first credential of a kind; a second one is left out.
fn first<'a>(person: &'a Person, kind: CredentialKind, losses: &mut Vec<Loss>) -> Option<&'a Credential> {
    let mut all = of_kind(person, kind);
    let first = all.next()?;
    if all.next().is_some() {
        losses.push(left_out(field_of(kind)));
    }
    Some(first)
}

/// A credential's number. A cut number is somebody else's.
fn number(person: &Person, kind: CredentialKind, bytes: usize, losses: &mut Vec<Loss>) -> Option<String> {
    let first = first(person, kind, losses)?;
    whole(field_of(kind), Some(&first.number), bytes, losses)
}

/// The built-in reader's card: decimal digits, or hexadecimal ones (3.10 `RFCardMode`).
fn set_rf_card(person: &Person, info: &mut PersonInfo, losses: &mut Vec<Loss>) {
    let Some(number) = number(person, CredentialKind::RfCard, RF_CARD_BYTES, losses) else {
        return;
    };
    if !number.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        losses.push(left_out("credentials.rf_card"));
        return;
    }
    let is_hex = number.bytes().any(|byte| byte.is_ascii_alphabetic());
    info.rf_card_mode = Some(i64::from(is_hex));
    info.rf_card = Some(number);
}

/// The Wiegand number: decimal with `CardMode` 0 where it can be, which every device reads as JSON (QUIRKS A1).
fn set_wiegand(person: &Person, info: &mut PersonInfo, losses: &mut Vec<Loss>) {
    const BY_HAND: i64 = 2;
    const NONE: i64 = 3;
    info.card_from = Some(NONE);
    let Some(card) = first(person, CredentialKind::Wiegand, losses) else {
        return;
    };
    let digits = CardNumber::from_text(&card.number);
    let decimal = digits.number(false);
    let spelled = |number: u32| match decimal {
        Some(_) => CardNumber::decimal(number.into()),
        None => CardNumber::hexadecimal(number.into(), 2),
    };
    let given = PersonInfo {
        card_from: Some(BY_HAND),
        wiegand_type: Some(match (card.facility.is_some(), card.bits) {
            (false, Some(26)) => 0,
            (false, _) => 1,
            (true, Some(26)) => 6,
            (true, _) => 7,
        }),
        card_mode: Some(i64::from(decimal.is_none())),
        facility: card.facility.map(spelled),
        card_number: Some(decimal.map_or(digits, CardNumber::decimal)),
        ..PersonInfo::default()
    };
    if given.check().is_err() {
        losses.push(left_out("credentials.wiegand"));
        return;
    }
    info.card_from = given.card_from;
    info.wiegand_type = given.wiegand_type;
    info.card_mode = given.card_mode;
    info.facility = given.facility;
    info.card_number = given.card_number;
}

/// Everything that this dialect has no place for (MODEL section 8). A QR code's content is brought to the hub, which
/// decides: nothing is lost.
fn note_unsupported(person: &Person, losses: &mut Vec<Loss>) {
    let as_member = |kind: &str| Loss::changed("kind", LossReason::Unsupported, kind, "member");
    match person.kind {
        PersonKind::Visitor => losses.push(as_member("visitor")),
        PersonKind::Vip => losses.push(as_member("vip")),
        PersonKind::Member | PersonKind::Blocked => {}
    }
    let fields = [
        ("code", is_filled(&person.code)),
        ("email", is_filled(&person.email)),
        ("department", is_filled(&person.department)),
        ("title", is_filled(&person.title)),
        ("company", is_filled(&person.company)),
        ("visit", person.visit.is_some()),
        ("greeting", is_filled(&person.greeting)),
        ("verify", person.verify != Verify::Device),
        ("gender", person.gender == Some(Gender::Other)),
        ("photos", person.photos.len() > 1),
        // Passwords are the door's: nobody says whose they are.
        (
            "credentials.pin",
            of_kind(person, CredentialKind::Pin).next().is_some(),
        ),
    ];
    unsupported(&fields, losses);
}
