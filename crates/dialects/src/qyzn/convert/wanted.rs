//! A person of the hub as the message for a device.

use super::UNLIMITED_PASSES;
use crate::convert::union::{Room, Union};
use crate::convert::window::{Bounds, Choice, choose};
use crate::lenient::Base64Text;
use crate::local_time;
use crate::qyzn::check;
use crate::qyzn::person::{AddPersonFace, Face, PersonType, VerifyMode};
use crate::qyzn::rule::{DayRule, HolidayRule, PassMode, PassRule, WeeklyRule};
use crate::qyzn::time::{DayRange, Periods, WallTime};
use crate::text::cut;
use crate::{Loss, LossReason};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::access::Rule;
use model::{CredentialKind, Period, Person, PersonKind, Verify};

/// What this dialect can say of a schedule; the count of holidays is ours.
const ROOM: Room = Room {
    periods: check::PERIODS,
    holidays: 128,
    holiday_name_bytes: check::HOLIDAY_NAME_BYTES,
};

/// Who is to be on a device.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The person.
    pub person: &'a Person,
    /// The grants that lead to the device's door, resolved.
    pub rules: &'a [Rule],
    /// The device's zone.
    pub zone: &'a TimeZone,
    /// The best photo; none for somebody with cards alone.
    pub photo: Option<DevicePhoto<'a>>,
    /// Now. Where grants have several validities, what is sent is what serves from now on.
    pub now: Timestamp,
    /// The longest IC card number that this device takes, in bytes. The document says 8, its example has 9;
    /// [`check::IC_NUMBER_BYTES`] is what a terminal of ours takes.
    pub ic_number_bytes: usize,
}

/// A photo for a device.
#[derive(Debug, Clone, Copy)]
pub struct DevicePhoto<'a> {
    /// The photo's id; hyphens are dropped so that a UUID fits.
    pub id: &'a str,
    /// A JPEG within the dialect's limits.
    pub jpeg: &'a [u8],
}

/// The message, and what it does not say.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// The message. Its `updateTime` is `now`, so two conversions of the same person differ there.
    pub message: AddPersonFace,
    /// What was cut, left out or narrowed.
    pub losses: Vec<Loss>,
    /// When the person is to be converted and sent again, because grants begin or end that the message leaves out.
    pub redo_at: Option<Timestamp>,
}

/// Converts a person with the grants that lead to a door into the message for the device there.
#[must_use]
pub fn person_to_device(wanted: &Wanted<'_>) -> Converted {
    let person = wanted.person;
    let mut losses = Vec::new();
    let mut message = AddPersonFace::new(
        person.id.as_str(),
        code(person, &mut losses),
        name(person, &mut losses),
        person_type(person.kind, &mut losses),
    );
    message.id_number = number(
        person,
        CredentialKind::IdCard,
        check::ID_NUMBER_BYTES,
        &mut losses,
    );
    message.ic_number = number(
        person,
        CredentialKind::IcCard,
        wanted.ic_number_bytes,
        &mut losses,
    );
    message.pass_number = Some(passes_left(person, &mut losses));
    message.pass_mode = verify_mode(person.verify);
    message.faces = wanted.photo.iter().map(face).collect();
    note_unsupported_fields(person, &mut losses);
    note_unsupported_credentials(person, &mut losses);
    let redo_at = set_access(wanted, &mut message, &mut losses);
    Converted {
        message,
        losses,
        redo_at,
    }
}

/// The employee number; required on the wire, so the id stands in (MODEL section 2).
fn code(person: &Person, losses: &mut Vec<Loss>) -> String {
    match person.code.as_deref().filter(|code| !code.trim().is_empty()) {
        Some(code) => fitted("code", code, check::PERSON_CODE_BYTES, losses),
        None => cut(person.id.as_str(), check::PERSON_CODE_BYTES).to_owned(),
    }
}

fn name(person: &Person, losses: &mut Vec<Loss>) -> String {
    match person.name.trim() {
        "" => cut(person.id.as_str(), check::NAME_BYTES).to_owned(),
        name => fitted("name", name, check::NAME_BYTES, losses),
    }
}

/// A text within a limit; a cut is a loss.
fn fitted(field: &str, text: &str, limit: usize, losses: &mut Vec<Loss>) -> String {
    let kept = cut(text, limit);
    if kept.len() < text.len() {
        losses.push(Loss::changed(field, LossReason::Cut, text, kept));
    }
    kept.to_owned()
}

fn person_type(kind: PersonKind, losses: &mut Vec<Loss>) -> PersonType {
    match kind {
        PersonKind::Member => PersonType::Member,
        PersonKind::Visitor => PersonType::Visitor,
        PersonKind::Blocked => PersonType::Blocked,
        PersonKind::Vip => {
            losses.push(Loss::changed(
                "kind",
                LossReason::Unsupported,
                "vip",
                "member without a schedule",
            ));
            PersonType::Member
        }
    }
}

fn verify_mode(verify: Verify) -> VerifyMode {
    match verify {
        Verify::Device => VerifyMode::Device,
        Verify::Face => VerifyMode::Face,
        Verify::Card => VerifyMode::Card,
        Verify::FaceAndCard => VerifyMode::FaceAndCard,
        Verify::FaceOrCard => VerifyMode::FaceOrCard,
        Verify::FaceAndIdCard => VerifyMode::FaceAndIdCard,
        Verify::FaceAndIdCardListed => VerifyMode::FaceAndIdCardListed,
    }
}

/// A credential's number. One that does not fit is left out, never cut: a cut number is somebody else's.
fn number(person: &Person, kind: CredentialKind, limit: usize, losses: &mut Vec<Loss>) -> Option<String> {
    let field = match kind {
        CredentialKind::IdCard => "credentials.id_card",
        _ => "credentials.ic_card",
    };
    let mut of_kind = person
        .credentials
        .iter()
        .filter(|credential| credential.kind == kind);
    let first = of_kind.next()?;
    if of_kind.next().is_some() {
        losses.push(Loss {
            reason: LossReason::LeftOut,
            ..Loss::unsupported(field)
        });
    }
    let fits = (1..=limit).contains(&first.number.len());
    if !fits {
        losses.push(Loss {
            reason: LossReason::LeftOut,
            ..Loss::unsupported(field)
        });
    }
    fits.then(|| first.number.clone())
}

fn passes_left(person: &Person, losses: &mut Vec<Loss>) -> i64 {
    const MOST: u32 = UNLIMITED_PASSES - 1;
    let Some(limit) = person.pass_limit else {
        return i64::from(UNLIMITED_PASSES);
    };
    let left = limit.saturating_sub(person.passes_used);
    if left > MOST {
        losses.push(Loss::changed(
            "pass_limit",
            LossReason::Narrowed,
            left.to_string(),
            MOST.to_string(),
        ));
    }
    i64::from(left.min(MOST))
}

fn face(photo: &DevicePhoto<'_>) -> Face {
    let id: String = photo.id.chars().filter(|c| *c != '-').collect();
    Face {
        face_id: Some(cut(&id, check::FACE_ID_BYTES).to_owned()).filter(|id| !id.is_empty()),
        image: Some(Base64Text::encode(photo.jpeg)),
    }
}

/// Everything that this dialect has no place for (MODEL section 8).
fn note_unsupported_fields(person: &Person, losses: &mut Vec<Loss>) {
    let filled = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
    let fields = [
        ("gender", person.gender.is_some()),
        ("birthday", person.birthday.is_some()),
        ("phone", filled(&person.phone)),
        ("email", filled(&person.email)),
        ("department", filled(&person.department)),
        ("title", filled(&person.title)),
        ("company", filled(&person.company)),
        ("ethnicity", filled(&person.ethnicity)),
        ("native_place", filled(&person.native_place)),
        ("address", filled(&person.address)),
        ("remark", filled(&person.remark)),
        ("visit", person.visit.is_some()),
        ("greeting", filled(&person.greeting)),
        ("room", filled(&person.room)),
        ("photos", person.photos.len() > 1),
    ];
    losses.extend(
        fields
            .into_iter()
            .filter(|(_, is_set)| *is_set)
            .map(|(field, _)| Loss::unsupported(field)),
    );
}

fn note_unsupported_credentials(person: &Person, losses: &mut Vec<Loss>) {
    // A QR code's content is brought to the hub, which decides: nothing is lost.
    for (kind, field) in [
        (CredentialKind::RfCard, "credentials.rf_card"),
        (CredentialKind::Wiegand, "credentials.wiegand"),
        (CredentialKind::Pin, "credentials.pin"),
    ] {
        if person
            .credentials
            .iter()
            .any(|credential| credential.kind == kind)
        {
            losses.push(Loss::unsupported(field));
        }
    }
}

/// Sets validity and rule; gives the time when they are to be chosen again.
fn set_access(wanted: &Wanted<'_>, message: &mut AddPersonFace, losses: &mut Vec<Loss>) -> Option<Timestamp> {
    let person = wanted.person;
    if person.kind == PersonKind::Blocked {
        // Recognised at any time, in order to be refused.
        set_days(message, [true; 7], None);
        return None;
    }
    let vip = person.kind == PersonKind::Vip;
    let bounds = Bounds {
        from: person.valid_from,
        until: person.valid_until,
        vip,
    };
    let Some(choice) = choose(wanted.rules, bounds, wanted.now, ROOM) else {
        set_days(message, [false; 7], None);
        return None;
    };
    if choice.narrowed || choice.times.as_ref().is_some_and(|times| times.narrowed) {
        losses.push(Loss {
            reason: LossReason::Narrowed,
            ..Loss::unsupported("grants")
        });
    }
    set_window(message, &choice, wanted.zone);
    match &choice.times {
        None => set_days(message, [true; 7], None),
        Some(times) => set_times(message, times, wanted),
    }
    choice.redo_at
}

/// The validity by the device's wall clock; wherever that is ambiguous, the shorter one.
fn set_window(message: &mut AddPersonFace, choice: &Choice, zone: &TimeZone) {
    let epoch = Timestamp::UNIX_EPOCH;
    let starts = choice.from > Timestamp::MIN || choice.until < epoch;
    let start = starts.then(|| local_time::not_before(choice.from.max(epoch), zone));
    let end = (choice.until < Timestamp::MAX).then(|| local_time::not_after(choice.until.max(epoch), zone));
    message.start_time = start.map(WallTime::new);
    message.expire_time = end.map(WallTime::new);
}

fn set_times(message: &mut AddPersonFace, times: &Union, wanted: &Wanted<'_>) {
    let (common, days, exact) = times.simple(check::SIMPLE_PERIODS);
    let all_day = common == [Period::ALL_DAY] || common.is_empty();
    set_days(message, days, (!all_day).then_some(common));
    if exact {
        return;
    }
    // A device that knows no extended rules still reads the simple one, which allows no more on any weekday.
    let mut rule = pass_rule(times);
    rule.id = Some(message.person_id.clone());
    rule.name = Some(message.name.clone());
    rule.update_time = Some(WallTime::new(wanted.zone.to_datetime(wanted.now)).to_string());
    message.ext_pass_rule = Some(rule);
}

/// A schedule as an extended rule.
fn pass_rule(times: &Union) -> PassRule {
    let day = |at: usize| {
        let (mode, periods) = mode_of(times.week.get(at).map_or(&[][..], Vec::as_slice));
        Some(DayRule { mode, periods })
    };
    let weekly = WeeklyRule {
        mon: day(0),
        tue: day(1),
        wed: day(2),
        thu: day(3),
        fri: day(4),
        sat: day(5),
        sun: day(6),
    };
    let holiday = times.holidays.iter().map(|holiday| {
        let (mode, periods) = mode_of(&holiday.allowed);
        HolidayRule {
            name: holiday.name.clone(),
            days: DayRange {
                first: holiday.first_day,
                last: holiday.last_day,
            },
            mode,
            periods,
        }
    });
    PassRule {
        weekly: Some(weekly),
        holiday: holiday.collect(),
        ..PassRule::default()
    }
}

fn mode_of(day: &[Period]) -> (PassMode, Option<Periods>) {
    match day {
        [] => (PassMode::Closed, None),
        [period] if *period == Period::ALL_DAY => (PassMode::Open, None),
        periods => (PassMode::Periods, Some(Periods(periods.to_vec()))),
    }
}

fn set_days(message: &mut AddPersonFace, days: [bool; 7], periods: Option<Vec<Period>>) {
    let [mon, tue, wed, thu, fri, sat, sun] = days.map(Some);
    message.pass_period = periods.map(Periods);
    message.pass_monday = mon;
    message.pass_tuesday = tue;
    message.pass_wednesday = wed;
    message.pass_thursday = thu;
    message.pass_friday = fri;
    message.pass_saturday = sat;
    message.pass_sunday = sun;
}
