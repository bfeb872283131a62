//! A person of the hub as the message for a device.

use super::known::sex;
use crate::convert::note::enforced_by_hub;
use crate::convert::union::{Room, Union};
use crate::convert::window::{Bounds, Choice, choose};
use crate::lenient::Base64Text;
use crate::mqtt::person::{GREETING_CHARACTERS, Operate, PHONE_BYTES, PersonInfo, SHORT_BYTES};
use crate::mqtt::time::{Day, DayPeriods, PERIODS, write_birthday};
use crate::placement::{Converted, Placement};
use crate::text::cut;
use crate::{Loss, LossReason};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use md5::{Digest, Md5};
use model::access::Rule;
use model::{CredentialKind, Gender, Period, Person, PersonKind, Verify};

/// Photos of one person (2.2.1).
pub const PHOTOS: usize = 3;

/// What this dialect can say of a schedule: weekdays. It has no holidays; that there are some must be seen.
const ROOM: Room = Room {
    periods: PERIODS,
    holidays: 1024,
    holiday_name_bytes: SHORT_BYTES,
};

/// The last day that a device is told where there is no end (MODEL section 3).
pub(super) const FOR_EVER: Date = Date::constant(2099, 12, 31);
/// The first day where there is no beginning.
pub(super) const ALWAYS: Date = Date::constant(2000, 1, 1);

/// Who is to be on a device.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The person.
    pub person: &'a Person,
    /// The grants that lead to the device's door, resolved.
    pub rules: &'a [Rule],
    /// The device's zone.
    pub zone: &'a TimeZone,
    /// The photos, the best first; at most [`PHOTOS`] are sent.
    pub photos: &'a [DevicePhoto<'a>],
    /// Now. The dialect has days without a time: what is sent is what serves from now on.
    pub now: Timestamp,
    /// Whether the hub decides on this door: then holidays, which the dialect lacks, are the hub's (hub rule 25).
    pub hub_decides: bool,
}

/// A photo for a device.
#[derive(Debug, Clone, Copy)]
pub struct DevicePhoto<'a> {
    /// The photo's id; six digits are made from it.
    pub id: &'a str,
    /// A JPEG within the dialect's limits.
    pub jpeg: &'a [u8],
}

/// Converts a person with the grants that lead to a door into the message for the device there.
#[must_use]
pub fn person_to_device(wanted: &Wanted<'_>) -> Converted<PersonInfo> {
    let person = wanted.person;
    let mut losses = Vec::new();
    let mut info = PersonInfo {
        operate: Some(Operate::Add),
        id: person.id.to_string(),
        card: card(person, &mut losses),
        name: name(person, &mut losses),
        sex: sex(person.gender).to_owned(),
        birthday: person.birthday.map(write_birthday).unwrap_or_default(),
        phone: phone(person, &mut losses),
        ..PersonInfo::default()
    };
    greet(person, &mut info, &mut losses);
    set_photos(wanted, &mut info);
    note_unsupported(person, &mut losses);
    match access(wanted, &mut info, &mut losses) {
        Access::Given(redo_at) => Converted {
            placement: Placement::Hold(Box::new(info)),
            losses,
            redo_at,
        },
        Access::Absent(redo_at) => Converted {
            placement: Placement::Absent,
            losses,
            redo_at,
        },
        Access::Unsupported => Converted::scheduled(),
    }
}

fn card(person: &Person, losses: &mut Vec<Loss>) -> String {
    let mut cards = person
        .credentials
        .iter()
        .filter(|credential| credential.kind == CredentialKind::IcCard);
    let Some(first) = cards.next() else {
        return String::new();
    };
    if cards.next().is_some() || first.number.len() > SHORT_BYTES {
        losses.push(left_out("credentials.ic_card"));
    }
    // A cut number is somebody else's.
    if first.number.len() > SHORT_BYTES {
        return String::new();
    }
    first.number.clone()
}

fn left_out(field: &str) -> Loss {
    Loss {
        reason: LossReason::LeftOut,
        ..Loss::unsupported(field)
    }
}

fn name(person: &Person, losses: &mut Vec<Loss>) -> String {
    let name = match person.name.trim() {
        "" => person.id.as_str(),
        name => name,
    };
    let kept = cut(name, SHORT_BYTES);
    if kept.len() < name.len() {
        losses.push(Loss::changed("name", LossReason::Cut, name, kept));
    }
    kept.to_owned()
}

fn phone(person: &Person, losses: &mut Vec<Loss>) -> String {
    let phone = person.phone.as_deref().unwrap_or_default().trim();
    if phone.len() > PHONE_BYTES {
        losses.push(left_out("phone"));
        return String::new();
    }
    phone.to_owned()
}

/// A person's own greeting replaces the door's (modes 3).
fn greet(person: &Person, info: &mut PersonInfo, losses: &mut Vec<Loss>) {
    const OWN_WORDS: i64 = 3;
    let Some(greeting) = person
        .greeting
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    else {
        return;
    };
    let kept: String = greeting.chars().take(GREETING_CHARACTERS).collect();
    if kept.len() < greeting.len() {
        losses.push(Loss::changed(
            "greeting",
            LossReason::Cut,
            greeting,
            kept.as_str(),
        ));
    }
    (info.voice_mode, info.display_mode) = (OWN_WORDS, OWN_WORDS);
    info.voice_after.clone_from(&kept);
    info.display_after = kept;
}

fn set_photos(wanted: &Wanted<'_>, info: &mut PersonInfo) {
    let places = [
        (&mut info.photo_1, &mut info.photo_id_1),
        (&mut info.photo_2, &mut info.photo_id_2),
        (&mut info.photo_3, &mut info.photo_id_3),
    ];
    for ((photo, id), given) in places.into_iter().zip(wanted.photos) {
        *photo = Base64Text::encode(given.jpeg);
        *id = six_digits(given.id);
    }
}

/// Six digits that are always the same for a photo.
pub(super) fn six_digits(id: &str) -> String {
    let digest = Md5::digest(id.as_bytes());
    let number = digest
        .iter()
        .take(4)
        .fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    (100_000 + number % 900_000).to_string()
}

/// Everything that this dialect has no place for (MODEL section 8).
fn note_unsupported(person: &Person, losses: &mut Vec<Loss>) {
    let filled = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
    let has = |kind: CredentialKind| {
        person
            .credentials
            .iter()
            .any(|credential| credential.kind == kind)
    };
    let fields = [
        ("code", filled(&person.code)),
        ("email", filled(&person.email)),
        ("remark", filled(&person.remark)),
        ("department", filled(&person.department)),
        ("company", filled(&person.company)),
        ("title", filled(&person.title)),
        ("address", filled(&person.address)),
        ("ethnicity", filled(&person.ethnicity)),
        ("native_place", filled(&person.native_place)),
        ("visit", person.visit.is_some()),
        ("room", filled(&person.room)),
        ("verify", person.verify != Verify::Device),
        ("gender", person.gender == Some(Gender::Other)),
        ("photos", person.photos.len() > PHOTOS),
        ("credentials.id_card", has(CredentialKind::IdCard)),
        ("credentials.rf_card", has(CredentialKind::RfCard)),
        ("credentials.wiegand", has(CredentialKind::Wiegand)),
        ("credentials.pin", has(CredentialKind::Pin)),
        ("credentials.qr", has(CredentialKind::Qr)),
    ];
    let missing = fields.into_iter().filter(|(_, is_set)| *is_set);
    losses.extend(missing.map(|(field, _)| Loss::unsupported(field)));
    // Counted by the hub over all doors.
    if person.pass_limit.is_some() {
        losses.push(enforced_by_hub("pass_limit"));
    }
}

/// What came of the access, and when it is to be looked at again.
enum Access {
    /// The message says when.
    Given(Option<Timestamp>),
    /// Not on the device now: its days would allow too much.
    Absent(Option<Timestamp>),
    /// The dialect cannot say when.
    Unsupported,
}

/// Blocked people are recognised at any time, in order to be refused.
const BLOCKED: i64 = 1;
/// Vips pass at any time within their validity.
const ANY_TIME: i64 = 2;

fn access(wanted: &Wanted<'_>, info: &mut PersonInfo, losses: &mut Vec<Loss>) -> Access {
    let person = wanted.person;
    if person.kind == PersonKind::Blocked {
        info.priority = BLOCKED;
        info.valid_from = Some(Day(ALWAYS));
        info.valid_until = Some(Day(FOR_EVER));
        return Access::Given(None);
    }
    let vip = person.kind == PersonKind::Vip;
    let bounds = Bounds {
        from: person.valid_from,
        until: person.valid_until,
        vip,
    };
    let Some(choice) = choose(wanted.rules, bounds, wanted.now, ROOM) else {
        return Access::Absent(None);
    };
    if choice.narrowed || choice.times.as_ref().is_some_and(|times| times.narrowed) {
        losses.push(Loss {
            reason: LossReason::Narrowed,
            ..Loss::unsupported("grants")
        });
    }
    match &choice.times {
        None => info.priority = if vip { ANY_TIME } else { 0 },
        Some(times) if times.holidays.is_empty() => set_week(info, times),
        Some(times) if wanted.hub_decides => {
            losses.push(Loss::unsupported("grants.holidays"));
            set_week(info, times);
        }
        Some(_) => return Access::Unsupported,
    }
    let days = days(&choice, wanted, losses);
    info.valid_from = Some(Day(days.first));
    info.valid_until = Some(Day(days.last));
    let redo_at = choice.redo_at.into_iter().chain(days.redo_at).min();
    if days.first <= days.last {
        Access::Given(redo_at)
    } else {
        Access::Absent(redo_at)
    }
}

/// The week.
fn set_week(info: &mut PersonInfo, times: &Union) {
    let day = |at: usize| {
        let open: Vec<Period> = times.week.get(at).cloned().unwrap_or_default();
        let (kept, _) = crate::convert::union::longest(open, PERIODS);
        DayPeriods::allowing(kept)
    };
    info.monday = day(0);
    info.tuesday = day(1);
    info.wednesday = day(2);
    info.thursday = day(3);
    info.friday = day(4);
    info.saturday = day(5);
    info.sunday = day(6);
}

/// The days that a device is told.
struct Days {
    first: Date,
    last: Date,
    redo_at: Option<Timestamp>,
}

/// Whole days inside the validity; the beginning and the end of a day are the hub's to enforce, by sending the person at
/// that time, and again on the last day (hub rule 25).
fn days(choice: &Choice, wanted: &Wanted<'_>, losses: &mut Vec<Loss>) -> Days {
    let zone = wanted.zone;
    let local = |at: Timestamp| zone.to_datetime(at);
    let starts = |day: Date| zone.to_timestamp(day.to_datetime(Time::midnight())).ok();
    let mut redo_at: Option<Timestamp> = None;
    let mut again = |at: Option<Timestamp>| {
        if let Some(at) = at.filter(|at| *at > wanted.now) {
            redo_at = Some(redo_at.map_or(at, |before| before.min(at)));
        }
    };
    let mut by_hub = false;
    let first = if choice.from == Timestamp::MIN {
        ALWAYS
    } else {
        let begins = local(choice.from);
        let whole = starts(begins.date()).is_some_and(|midnight| midnight >= choice.from);
        if whole || wanted.now >= choice.from {
            begins.date()
        } else {
            by_hub = true;
            again(Some(choice.from));
            begins.date().tomorrow().unwrap_or(begins.date())
        }
    };
    let last = if choice.until == Timestamp::MAX {
        FOR_EVER
    } else {
        let ends = local(choice.until);
        let before = ends.date().yesterday().unwrap_or(ends.date());
        let whole = starts(ends.date()).is_some_and(|midnight| midnight >= choice.until);
        let today = local(wanted.now).date();
        if whole || choice.until <= wanted.now {
            before.min(if choice.until <= wanted.now {
                today.yesterday().unwrap_or(today)
            } else {
                before
            })
        } else if today < ends.date() {
            by_hub = true;
            again(starts(ends.date()));
            before
        } else {
            by_hub = true;
            again(Some(choice.until));
            ends.date()
        }
    };
    if by_hub {
        losses.push(enforced_by_hub("validity.time_of_day"));
    }
    Days {
        // A validity that has begun needs no beginning, so that an ended one is still a range.
        first: if wanted.now >= choice.from {
            first.min(last)
        } else {
            first
        },
        last,
        redo_at,
    }
}
