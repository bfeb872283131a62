//! A person message as a terminal understands it.

use super::UNLIMITED_PASSES;
use crate::lenient::Base64Error;
use crate::local_time;
use crate::qyzn::person::{AddPersonFace, PersonType, VerifyMode};
use crate::qyzn::rule::{DayRule, PassMode, PassRule};
use crate::qyzn::time::{Periods, WallTime};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::access::{Rule, Subject, Times};
use model::{
    Credential, CredentialKind, Holiday, HolidayId, HolidayMode, Period, PersonKind, Verify, Weekly,
};

/// A person as a terminal keeps it; ids are up to 64 bytes of whatever the platform chose.
#[derive(Debug, Clone, PartialEq)]
pub struct LibraryPerson {
    /// The platform's id.
    pub id: String,
    /// The employee number.
    pub code: String,
    /// The name shown.
    pub name: String,
    /// What the person is.
    pub kind: PersonKind,
    /// IC card and identity document.
    pub credentials: Vec<Credential>,
    /// How the person identifies.
    pub verify: Verify,
    /// Validity starts here (inclusive).
    pub valid_from: Option<Timestamp>,
    /// Validity ends here (exclusive).
    pub valid_until: Option<Timestamp>,
    /// How many passes from now on; `None` is unlimited.
    pub pass_limit: Option<u32>,
    /// When the door may be passed; empty for somebody listed as a stranger.
    pub rules: Vec<Rule>,
    /// The photos.
    pub faces: Vec<LibraryFace>,
}

/// A photo that a platform gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryFace {
    /// The platform's id for it.
    pub id: Option<String>,
    /// The picture's bytes, whatever its format.
    pub picture: Vec<u8>,
}

impl LibraryPerson {
    /// What the access decision needs to know, with the passes granted since the message.
    #[must_use]
    pub fn subject(&self, passes_used: u32) -> Subject {
        Subject {
            kind: self.kind,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            pass_limit: self.pass_limit,
            passes_used,
        }
    }
}

/// Reads a checked message in the terminal's zone. Faces without a picture are left out.
///
/// # Errors
/// [`Base64Error`] for a picture that is no Base64 (code 104).
pub fn person_from_platform(message: &AddPersonFace, zone: &TimeZone) -> Result<LibraryPerson, Base64Error> {
    let mut faces = Vec::new();
    for face in &message.faces {
        if let Some(image) = face.image.as_ref().filter(|image| !image.is_blank()) {
            faces.push(LibraryFace {
                id: face.face_id.clone(),
                picture: image.decode()?,
            });
        }
    }
    Ok(LibraryPerson {
        faces,
        ..person_without_faces(message, zone)
    })
}

/// The same without the photos, in which nothing can be wrong.
#[must_use]
pub fn person_without_faces(message: &AddPersonFace, zone: &TimeZone) -> LibraryPerson {
    let start = message.start_time.and_then(|time| instants(time, zone));
    let end = message.expire_time.and_then(|time| instants(time, zone));
    LibraryPerson {
        id: message.person_id.clone(),
        code: message.person_code.clone(),
        name: message.name.clone(),
        kind: kind(message.person_type),
        credentials: credentials(message),
        verify: verify(message.pass_mode),
        // A wall-clock time that is shown twice is read so that nobody is let in too early or too late.
        valid_from: start.map(|(_, latest)| latest),
        valid_until: end.map(|(earliest, _)| earliest),
        pass_limit: pass_limit(message.pass_number),
        rules: rules(message),
        faces: Vec::new(),
    }
}

fn instants(time: WallTime, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    local_time::readings(time.local(), zone)
}

fn kind(person_type: PersonType) -> PersonKind {
    match person_type {
        PersonType::Blocked => PersonKind::Blocked,
        PersonType::Visitor => PersonKind::Visitor,
        PersonType::Member | PersonType::Stranger | PersonType::Other(_) => PersonKind::Member,
    }
}

fn verify(mode: VerifyMode) -> Verify {
    match mode {
        VerifyMode::Device | VerifyMode::Other(_) => Verify::Device,
        VerifyMode::Face => Verify::Face,
        VerifyMode::FaceAndCard => Verify::FaceAndCard,
        VerifyMode::Card => Verify::Card,
        VerifyMode::FaceAndIdCard => Verify::FaceAndIdCard,
        VerifyMode::FaceAndIdCardListed => Verify::FaceAndIdCardListed,
        VerifyMode::FaceOrCard => Verify::FaceOrCard,
    }
}

fn credentials(message: &AddPersonFace) -> Vec<Credential> {
    let of = |kind, number: &Option<String>| {
        let number = number
            .as_deref()
            .map(str::trim)
            .filter(|number| !number.is_empty())?;
        Some(Credential {
            kind,
            number: number.to_owned(),
            facility: None,
            bits: None,
        })
    };
    let ic_card = of(CredentialKind::IcCard, &message.ic_number);
    let id_card = of(CredentialKind::IdCard, &message.id_number);
    ic_card.into_iter().chain(id_card).collect()
}

fn pass_limit(number: Option<i64>) -> Option<u32> {
    let number = u32::try_from(number?).unwrap_or(UNLIMITED_PASSES);
    (number < UNLIMITED_PASSES).then_some(number)
}

/// One rule: the extended one if it says anything, else the simple one.
fn rules(message: &AddPersonFace) -> Vec<Rule> {
    if matches!(message.person_type, PersonType::Stranger | PersonType::Other(_)) {
        return Vec::new();
    }
    let times = match &message.ext_pass_rule {
        Some(rule) if !rule.is_empty() => Some(rule_times(rule)),
        _ => simple_times(message),
    };
    vec![Rule {
        times,
        valid_from: None,
        valid_until: None,
    }]
}

/// The simple rule: which weekdays, and the periods common to them. A day that is not mentioned is permitted.
fn simple_times(message: &AddPersonFace) -> Option<Times> {
    let days = [
        message.pass_monday,
        message.pass_tuesday,
        message.pass_wednesday,
        message.pass_thursday,
        message.pass_friday,
        message.pass_saturday,
        message.pass_sunday,
    ];
    let periods = message
        .pass_period
        .as_ref()
        .filter(|periods| !periods.0.is_empty());
    if periods.is_none() && days.iter().all(|day| day.unwrap_or(true)) {
        return None;
    }
    let open = periods.map_or_else(|| vec![Period::ALL_DAY], |periods| periods.0.clone());
    let [mon, tue, wed, thu, fri, sat, sun] = days.map(|day| {
        if day.unwrap_or(true) {
            open.clone()
        } else {
            Vec::new()
        }
    });
    Some(Times {
        weekly: Weekly {
            mon,
            tue,
            wed,
            thu,
            fri,
            sat,
            sun,
        },
        holidays: Vec::new(),
    })
}

/// A pass rule's times. A weekday that the rule does not mention is closed, and so is a mode that it does not define.
#[must_use]
pub fn rule_times(rule: &PassRule) -> Times {
    let week = rule.weekly.clone().unwrap_or_default();
    let day =
        |rule: Option<&DayRule>| rule.map_or_else(Vec::new, |rule| periods(rule.mode, rule.periods.as_ref()));
    let weekly = Weekly {
        mon: day(week.mon.as_ref()),
        tue: day(week.tue.as_ref()),
        wed: day(week.wed.as_ref()),
        thu: day(week.thu.as_ref()),
        fri: day(week.fri.as_ref()),
        sat: day(week.sat.as_ref()),
        sun: day(week.sun.as_ref()),
    };
    let holidays = rule.holiday.iter().enumerate().map(|(at, holiday)| Holiday {
        id: HolidayId::new(at.to_string()),
        name: holiday.name.clone(),
        first_day: holiday.days.first,
        last_day: holiday.days.last,
        mode: match holiday.mode {
            PassMode::Open => HolidayMode::Open,
            PassMode::Periods => HolidayMode::Periods,
            PassMode::Closed | PassMode::Other(_) => HolidayMode::Closed,
        },
        periods: periods(holiday.mode, holiday.periods.as_ref()),
    });
    Times {
        weekly,
        holidays: holidays.collect(),
    }
}

fn periods(mode: PassMode, periods: Option<&Periods>) -> Vec<Period> {
    match mode {
        PassMode::Open => vec![Period::ALL_DAY],
        PassMode::Periods => periods.map(|periods| periods.0.clone()).unwrap_or_default(),
        PassMode::Closed | PassMode::Other(_) => Vec::new(),
    }
}
