//! Somebody of a terminal's library as the platform is told.

use super::library::WORDINGS;
use super::wanted::{ALWAYS, FOR_EVER, six_digits};
use crate::convert::union::{Room, Union};
use crate::lenient::Base64Text;
use crate::mqtt::person::{GREETING_CHARACTERS, PHONE_BYTES, PersonInfo, SHORT_BYTES};
use crate::mqtt::time::{Day, DayPeriods, PERIODS, write_birthday};
use crate::text::cut;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::access::{Rule, Times};
use model::{CredentialKind, Gender, Greeting, Person, PersonKind, Welcome, Wording};

/// Somebody of a terminal's library.
#[derive(Debug, Clone, Copy)]
pub struct KnownPerson<'a> {
    /// The id on the wire, whole.
    pub id: &'a str,
    /// The person.
    pub person: &'a Person,
    /// When the door may be passed.
    pub rules: &'a [Rule],
    /// What the door says and shows to this person.
    pub greeting: &'a Greeting,
    /// The photos: ids that some dialect gave, and JPEGs.
    pub photos: &'a [(String, Vec<u8>)],
    /// The terminal's zone.
    pub zone: &'a TimeZone,
}

/// The person as a terminal tells it (2.2.2, 2.2.5). What another dialect brought and this one cannot say is left out,
/// or cut.
#[must_use]
pub fn person_to_platform(known: &KnownPerson<'_>) -> PersonInfo {
    let person = known.person;
    let number = |kind: CredentialKind| {
        let own = person
            .credentials
            .iter()
            .find(|credential| credential.kind == kind);
        own.map(|credential| credential.number.as_str())
    };
    let within = |text: Option<&str>, bytes: usize| {
        let text = text.unwrap_or_default();
        if text.len() <= bytes {
            text.to_owned()
        } else {
            String::new()
        }
    };
    let greeting = greeting(known);
    let mut info = PersonInfo {
        operate: None,
        id: known.id.to_owned(),
        card: within(number(CredentialKind::IcCard), SHORT_BYTES),
        name: cut(&person.name, SHORT_BYTES).to_owned(),
        sex: sex(person.gender).to_owned(),
        birthday: person.birthday.map(write_birthday).unwrap_or_default(),
        phone: within(person.phone.as_deref(), PHONE_BYTES),
        valid_from: Some(first_day(person.valid_from, known.zone)),
        valid_until: Some(last_day(person.valid_until, known.zone)),
        priority: match person.kind {
            PersonKind::Blocked => 1,
            PersonKind::Vip => 2,
            PersonKind::Member | PersonKind::Visitor => 0,
        },
        voice_mode: mode(greeting.spoken.wording),
        voice_with_title: greeting.spoken.with_title.into(),
        voice_before: greeting.spoken.before,
        voice_after: greeting.spoken.after,
        display_mode: mode(greeting.shown.wording),
        display_with_title: greeting.shown.with_title.into(),
        display_before: greeting.shown.before,
        display_after: greeting.shown.after,
        ..PersonInfo::default()
    };
    set_week(&mut info, known.rules);
    set_photos(&mut info, known.photos);
    info
}

/// The first day of a validity, as it is written.
pub(super) fn first_day(from: Option<Timestamp>, zone: &TimeZone) -> Day {
    Day(from.map_or(ALWAYS, |from| zone.to_datetime(from).date()))
}

/// The last day of a validity, as it is written.
pub(super) fn last_day(until: Option<Timestamp>, zone: &TimeZone) -> Day {
    let last = until.map(|until| {
        until
            .saturating_sub(SignedDuration::from_nanos(1))
            .unwrap_or(until)
    });
    Day(last.map_or(FOR_EVER, |last| zone.to_datetime(last).date()))
}

/// A greeting that another dialect brought is words of the person's own.
fn greeting(known: &KnownPerson<'_>) -> Greeting {
    let words = known
        .person
        .greeting
        .as_deref()
        .map(str::trim)
        .unwrap_or_default();
    if *known.greeting != Greeting::default() || words.is_empty() {
        return known.greeting.clone();
    }
    let own = Welcome {
        wording: Some(Wording::Own),
        after: words.chars().take(GREETING_CHARACTERS).collect(),
        ..Welcome::default()
    };
    Greeting {
        spoken: own.clone(),
        shown: own,
    }
}

/// Any one rule suffices; holidays are not told (the dialect has none).
fn set_week(info: &mut PersonInfo, rules: &[Rule]) {
    let all: Option<Vec<&Times>> = rules.iter().map(|rule| rule.times.as_ref()).collect();
    let week = match all {
        // A rule without times is open on every day.
        None => return,
        Some(all) => {
            let room = Room {
                periods: PERIODS,
                holidays: 0,
                holiday_name_bytes: 0,
            };
            Union::of(&all, room).week
        }
    };
    let days = [
        &mut info.monday,
        &mut info.tuesday,
        &mut info.wednesday,
        &mut info.thursday,
        &mut info.friday,
        &mut info.saturday,
        &mut info.sunday,
    ];
    for (day, open) in days.into_iter().zip(week) {
        *day = DayPeriods::allowing(open);
    }
}

fn set_photos(info: &mut PersonInfo, photos: &[(String, Vec<u8>)]) {
    let places = [
        (&mut info.photo_1, &mut info.photo_id_1),
        (&mut info.photo_2, &mut info.photo_id_2),
        (&mut info.photo_3, &mut info.photo_id_3),
    ];
    for ((place, place_id), (id, jpeg)) in places.into_iter().zip(photos) {
        *place = Base64Text::encode(jpeg);
        let is_own =
            !id.is_empty() && id.len() <= SHORT_BYTES && id.bytes().all(|byte| byte.is_ascii_digit());
        *place_id = if is_own { id.clone() } else { six_digits(id) };
    }
}

/// The text of `sex`.
pub(super) fn sex(gender: Option<Gender>) -> &'static str {
    match gender {
        Some(Gender::Male) => "男",
        Some(Gender::Female) => "女",
        Some(Gender::Other) | None => "",
    }
}

fn mode(wording: Option<Wording>) -> i64 {
    let place = WORDINGS.iter().position(|known| Some(*known) == wording);
    place.and_then(|place| i64::try_from(place + 1).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::convert::{LibraryPerson, PersonError, person_from_platform};
    use jiff::civil::Date;
    use model::{DayMinute, Period, PersonId};
    use proptest::prelude::*;

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    fn info() -> PersonInfo {
        PersonInfo {
            id: "2001".into(),
            card: "8899".into(),
            name: "张三".into(),
            sex: "男".into(),
            birthday: "1997年4月3日".into(),
            phone: "18868681819".into(),
            valid_from: "2019_08_09".parse().ok(),
            valid_until: "2029_08_09".parse().ok(),
            photo_1: Base64Text::encode(b"one"),
            photo_id_1: "654321".into(),
            photo_3: Base64Text::encode(b"three"),
            voice_mode: 1,
            voice_with_title: 1,
            voice_before: "亲爱的".into(),
            voice_after: "欢迎您的参观".into(),
            display_mode: 4,
            monday: "06_00,09_00,18_00,21_00".parse().unwrap(),
            tuesday: "00_00,00_00".parse().unwrap(),
            sunday: "00_00,23_59".parse().unwrap(),
            ..PersonInfo::default()
        }
    }

    fn told(kept: &LibraryPerson) -> PersonInfo {
        told_in(kept, &zone())
    }

    fn told_in(kept: &LibraryPerson, zone: &TimeZone) -> PersonInfo {
        let person = Person {
            kind: kept.kind,
            gender: kept.gender,
            birthday: kept.birthday,
            phone: kept.phone.clone(),
            credentials: kept.credentials.clone(),
            valid_from: kept.valid_from,
            valid_until: kept.valid_until,
            ..Person::new(PersonId::new("x").unwrap(), kept.name.clone())
        };
        person_to_platform(&KnownPerson {
            id: &kept.id,
            person: &person,
            rules: &kept.rules,
            greeting: &kept.greeting,
            photos: &kept.photos,
            zone,
        })
    }

    #[test]
    fn the_documents_person_is_kept_and_told_again() {
        let kept = person_from_platform(&info(), &zone()).unwrap();
        assert_eq!(kept.gender, Some(Gender::Male));
        assert_eq!(kept.valid_from.unwrap().to_string(), "2019-08-08T16:00:00Z");
        assert_eq!(kept.valid_until.unwrap().to_string(), "2029-08-09T16:00:00Z");
        let weekly = &kept.rules[0].times.as_ref().unwrap().weekly;
        assert_eq!((weekly.mon.len(), weekly.tue.len()), (2, 0));
        assert_eq!(
            (&weekly.wed, &weekly.sun),
            (&vec![Period::ALL_DAY], &vec![Period::ALL_DAY])
        );
        assert_eq!(kept.greeting.spoken.wording, Some(Wording::NameAndOwn));
        assert_eq!(kept.greeting.shown.wording, Some(Wording::Fixed));
        assert_eq!(kept.photos[1].1, b"three");
        let again = told(&kept);
        let due = PersonInfo {
            photo_2: Base64Text::encode(b"three"),
            photo_id_2: again.photo_id_2.clone(),
            photo_3: Base64Text::default(),
            // A whole day needs no periods.
            sunday: DayPeriods::default(),
            ..info()
        };
        assert_eq!(again, due);
        assert_eq!(again.photo_id_2.len(), 6);
    }

    #[test]
    fn priorities_and_absent_fields() {
        let kind = |priority| {
            person_from_platform(&PersonInfo { priority, ..info() }, &zone())
                .unwrap()
                .kind
        };
        assert_eq!(
            [kind(0), kind(1), kind(2)],
            [PersonKind::Member, PersonKind::Blocked, PersonKind::Vip]
        );
        let bare = PersonInfo {
            id: "1".into(),
            name: "A".into(),
            ..PersonInfo::default()
        };
        let kept = person_from_platform(&bare, &zone()).unwrap();
        assert_eq!(kept.rules, [Rule::default()]);
        assert_eq!(
            (kept.valid_from, kept.birthday, kept.phone.clone()),
            (None, None, None)
        );
        let again = told(&kept);
        assert_eq!(again.valid_until.unwrap().to_string(), "2099_12_31");
        assert_eq!(again.monday, DayPeriods::default());
    }

    #[test]
    fn what_contradicts_itself_is_named() {
        let backwards = PersonInfo {
            valid_until: "2019_08_08".parse().ok(),
            ..info()
        };
        let error = person_from_platform(&backwards, &zone()).unwrap_err();
        assert!(error.to_string().starts_with("validDateEnd"), "{error}");
        let spoiled = PersonInfo {
            photo_3: Base64Text::from_text("***"),
            ..info()
        };
        assert_eq!(
            person_from_platform(&spoiled, &zone()),
            Err(PersonError::Photo(3))
        );
    }

    #[test]
    fn people_of_other_dialects_are_told_as_far_as_this_one_goes() {
        let person = Person {
            greeting: Some("生日快乐".into()),
            phone: Some("00491511234567890".into()),
            ..Person::new(PersonId::new("x").unwrap(), "很长的名字".repeat(4))
        };
        let told = person_to_platform(&KnownPerson {
            id: &"a".repeat(64),
            person: &person,
            rules: &[],
            greeting: &Greeting::default(),
            photos: &[("face-1".into(), b"x".to_vec())],
            zone: &zone(),
        });
        assert_eq!(
            (told.id.len(), told.name.len(), told.phone.as_str()),
            (64, 30, "")
        );
        assert_eq!((told.voice_mode, told.voice_after.as_str()), (3, "生日快乐"));
        assert!(told.monday.closed, "nobody passes without a rule");
        assert_eq!(told.photo_id_1.len(), 6);
    }

    /// Sorted, disjoint periods that do not touch: as they are told.
    fn day() -> impl Strategy<Value = DayPeriods> {
        prop::collection::btree_set(0_u16..1440, 0..=2 * PERIODS).prop_map(|minutes| {
            let at = |minute: u16| {
                DayMinute::new(
                    u8::try_from(minute / 60).unwrap(),
                    u8::try_from(minute % 60).unwrap(),
                )
                .unwrap()
            };
            let minutes: Vec<u16> = minutes.into_iter().collect();
            let periods = minutes.chunks_exact(2);
            DayPeriods::allowing(
                periods
                    .map(|pair| Period::new(at(pair[0]), at(pair[1])).unwrap())
                    .collect(),
            )
        })
    }

    prop_compose! {
        fn any_info()(
            id in "[0-9a-zA-Z]{1,32}",
            name in "[张三a-z]{1,10}",
            sex in prop::sample::select(vec!["男", "女", ""]),
            phone in "[0-9]{0,16}",
            card in "[0-9A-F]{0,32}",
            born in -20_000_i32..20_000,
            from in 0_i32..20_000,
            length in 0_i32..10_000,
            priority in 0_i64..3,
            modes in (0_i64..6, 0_i64..2, 0_i64..6, 0_i64..2),
            texts in prop::array::uniform4("[欢迎a-z]{0,30}"),
            week in prop::array::uniform7(day()),
            photos in prop::collection::vec(("[0-9]{6}", prop::collection::vec(any::<u8>(), 1..9)), 0..4),
        ) -> PersonInfo {
            let days_after = |start: Date, days: i32| {
                start.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).unwrap()
            };
            let first = days_after(Date::constant(2000, 1, 1), from);
            let [voice_before, voice_after, display_before, display_after] = texts;
            let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = week;
            let mut info = PersonInfo {
                id, name, phone, card, priority, sex: sex.to_owned(),
                birthday: write_birthday(days_after(Date::constant(1970, 1, 1), born)),
                valid_from: Some(Day(first)), valid_until: Some(Day(days_after(first, length))),
                voice_mode: modes.0, voice_with_title: modes.1, display_mode: modes.2, display_with_title: modes.3,
                voice_before, voice_after, display_before, display_after,
                monday, tuesday, wednesday, thursday, friday, saturday, sunday,
                ..PersonInfo::default()
            };
            set_photos(&mut info, &photos);
            info
        }
    }

    proptest! {
        /// What a platform brought is told again as it came, over a clock that is moved twice a year, too.
        #[test]
        fn people_are_told_as_they_came(info in any_info(), zone in prop::sample::select(vec![
            "Asia/Shanghai", "Europe/Berlin", "America/Santiago",
        ])) {
            prop_assert_eq!(info.check(), Ok(()));
            let zone = TimeZone::get(zone).unwrap();
            let kept = person_from_platform(&info, &zone).unwrap();
            prop_assert_eq!(told_in(&kept, &zone), info);
        }
    }
}
