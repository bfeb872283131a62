//! A person message as a terminal's library keeps it.

use crate::fields::FieldError;
use crate::local_time;
use crate::mqtt::person::PersonInfo;
use crate::mqtt::time::{Day, DayPeriods, birthday};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use model::access::{Rule, Times};
use model::{Credential, CredentialKind, Gender, Greeting, Period, PersonKind, Weekly, Welcome, Wording};

/// A person as a terminal keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct LibraryPerson {
    /// The platform's id.
    pub id: String,
    /// The name shown.
    pub name: String,
    /// What the person is.
    pub kind: PersonKind,
    /// Gender, where the message states one.
    pub gender: Option<Gender>,
    /// Day of birth, where it can be read.
    pub birthday: Option<Date>,
    /// Telephone number.
    pub phone: Option<String>,
    /// The IC card.
    pub credentials: Vec<Credential>,
    /// Validity starts here (inclusive): the first moment of `validDateStart`.
    pub valid_from: Option<Timestamp>,
    /// Validity ends here (exclusive): the last moment of `validDateEnd`.
    pub valid_until: Option<Timestamp>,
    /// When the door may be passed.
    pub rules: Vec<Rule>,
    /// What the door says and shows to this person.
    pub greeting: Greeting,
    /// The photos: the platform's id, or an empty text, and the picture's bytes, whatever its format.
    pub photos: Vec<(String, Vec<u8>)>,
}

/// Why a message's person cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PersonError {
    /// A field contradicts another (code 300).
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A photo is no Base64 (code 303).
    #[error("registerPhoto{0} is no Base64")]
    Photo(usize),
}

/// Reads a checked message in the terminal's zone. Photos that are empty are left out.
///
/// # Errors
/// [`PersonError`].
pub fn person_from_platform(info: &PersonInfo, zone: &TimeZone) -> Result<LibraryPerson, PersonError> {
    if let (Some(first), Some(last)) = (info.valid_from, info.valid_until)
        && last < first
    {
        let limit = format!("not before validDateStart, {first}");
        return Err(FieldError::new("validDateEnd", limit, last).into());
    }
    let mut photos = Vec::new();
    for (number, id, photo) in info.photos() {
        let picture = photo.decode().map_err(|_| PersonError::Photo(number))?;
        photos.push((id.trim().to_owned(), picture));
    }
    // A midnight that the clock shows twice, or never, is read so that nobody is let in too early or too late.
    let midnight = |day: Date| local_time::readings(day.to_datetime(Time::midnight()), zone);
    let day_after = |day: Day| day.0.tomorrow().ok();
    Ok(LibraryPerson {
        id: info.id.trim().to_owned(),
        name: info.name.trim().to_owned(),
        kind: match info.priority {
            1 => PersonKind::Blocked,
            2 => PersonKind::Vip,
            _ => PersonKind::Member,
        },
        gender: gender(&info.sex),
        birthday: birthday(&info.birthday),
        phone: filled(&info.phone),
        credentials: credentials(&info.card),
        valid_from: info
            .valid_from
            .and_then(|day| midnight(day.0))
            .map(|(_, latest)| latest),
        valid_until: info
            .valid_until
            .and_then(day_after)
            .and_then(midnight)
            .map(|(earliest, _)| earliest),
        rules: vec![Rule {
            times: times(info),
            valid_from: None,
            valid_until: None,
        }],
        greeting: greeting(info),
        photos,
    })
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn gender(text: &str) -> Option<Gender> {
    match text.trim() {
        "" => None,
        "男" => Some(Gender::Male),
        "女" => Some(Gender::Female),
        text if text.eq_ignore_ascii_case("male") || text.eq_ignore_ascii_case("m") => Some(Gender::Male),
        text if text.eq_ignore_ascii_case("female") || text.eq_ignore_ascii_case("f") => Some(Gender::Female),
        _ => Some(Gender::Other),
    }
}

fn credentials(card: &str) -> Vec<Credential> {
    let number = filled(card).into_iter();
    number
        .map(|number| Credential {
            kind: CredentialKind::IcCard,
            number,
            facility: None,
            bits: None,
        })
        .collect()
}

/// The week; `None` where every day is open.
fn times(info: &PersonInfo) -> Option<Times> {
    let week = info.week().map(DayPeriods::allowed);
    if week.iter().all(|day| *day == [Period::ALL_DAY]) {
        return None;
    }
    let [mon, tue, wed, thu, fri, sat, sun] = week;
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

/// The modes of `voiceSpecialMode` and `displaySpecialMode`, from 1 on; 0 leaves it to the door (QUIRKS M25).
pub(super) const WORDINGS: [Wording; 5] = [
    Wording::NameAndOwn,
    Wording::Name,
    Wording::Own,
    Wording::Fixed,
    Wording::NameAndFixed,
];

/// The wording of a mode that counts from 0, as the settings of 2.1.6 do.
#[must_use]
pub fn wording(mode: i64) -> Option<Wording> {
    WORDINGS.get(usize::try_from(mode).ok()?).copied()
}

fn greeting(info: &PersonInfo) -> Greeting {
    Greeting {
        spoken: welcome(
            info.voice_mode,
            info.voice_with_title,
            &info.voice_before,
            &info.voice_after,
        ),
        shown: welcome(
            info.display_mode,
            info.display_with_title,
            &info.display_before,
            &info.display_after,
        ),
    }
}

fn welcome(mode: i64, with_title: i64, before: &str, after: &str) -> Welcome {
    Welcome {
        wording: wording(mode - 1),
        with_title: with_title == 1,
        before: before.trim().to_owned(),
        after: after.trim().to_owned(),
    }
}
