//! A person's object as a terminal or an importing hub understands it, and a terminal's person as the object.

use crate::lenient;
use crate::openapi::operation::plain;
use crate::openapi::time::Seconds;
use crate::openapi::user::{User, UserType};
use crate::told::{ToldPerson, credential, filled};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::access::Rule;
use model::{CredentialKind, Gender, Person, PersonId, PersonKind, Visit};
use serde_json::{Map, Value};

/// Midnight anywhere is within so much of noon UTC of its day: devices' platforms write birthdays by their own zone.
const HALF_A_DAY: SignedDuration = SignedDuration::from_hours(12);

/// Reads a person under an id of the reader's. The door may be passed at any time of the visit, or at any time at all:
/// the dialect has no schedules, and its staff no validity. A stranger may not pass.
#[must_use]
pub fn person_from_message(user: &User, id: PersonId) -> ToldPerson {
    let kind = match user.kind.unwrap_or(UserType::Staff) {
        UserType::Visitor => PersonKind::Visitor,
        UserType::Blocked => PersonKind::Blocked,
        UserType::Staff | UserType::Stranger | UserType::Other(_) => PersonKind::Member,
    };
    let is_listed = matches!(
        user.kind.unwrap_or(UserType::Staff),
        UserType::Staff | UserType::Visitor | UserType::Blocked
    );
    let credentials = [
        credential(CredentialKind::IcCard, Some(&user.card)),
        credential(CredentialKind::IdCard, user.id_number.as_deref()),
    ];
    let visits = kind == PersonKind::Visitor;
    let person = Person {
        kind,
        code: filled(&user.job_number),
        gender: match user.gender {
            Some(1) => Some(Gender::Male),
            Some(2) => Some(Gender::Female),
            _ => None,
        },
        birthday: user.birthday.and_then(day),
        phone: filled(&user.mobile),
        email: given(&user.mail),
        department: given(&user.department),
        title: given(&user.title),
        remark: filled(&user.remark),
        visit: visit(user),
        credentials: credentials.into_iter().flatten().collect(),
        valid_from: user.start.filter(|_| visits).and_then(bound),
        valid_until: user.end.filter(|_| visits).and_then(bound),
        greeting: given(&user.prompt),
        ..Person::new(id, user.name.trim())
    };
    ToldPerson {
        wire_id: user.id.clone(),
        person,
        rules: if is_listed {
            vec![Rule::default()]
        } else {
            Vec::new()
        },
        photo: user.photo.clone().filter(|photo| !photo.is_blank()),
        photo_url: None,
        extra: extra(user, visits),
    }
}

fn given(text: &Option<String>) -> Option<String> {
    filled(text.as_deref()?)
}

fn visit(user: &User) -> Option<Visit> {
    let visit = Visit {
        host: given(&user.interviewee),
        purpose: given(&user.purpose),
        from_company: given(&user.come_from),
    };
    (visit != Visit::default()).then_some(visit)
}

fn day(birthday: Seconds) -> Option<Date> {
    let noon = birthday.timestamp()?.checked_add(HALF_A_DAY).ok()?;
    Some(TimeZone::UTC.to_datetime(noon).date())
}

/// 0 is no bound.
fn bound(at: Seconds) -> Option<Timestamp> {
    Some(at).filter(|at| at.get() > 0)?.timestamp()
}

/// The fields that the model has no place for, and those that it keeps in another form.
fn extra(user: &User, visits: bool) -> Map<String, Value> {
    plain(&User {
        birthday: user.birthday,
        entry_time: user.entry_time,
        position: user.position.clone(),
        description: user.description.clone(),
        start: user.start.filter(|_| !visits),
        end: user.end.filter(|_| !visits),
        ..User::default()
    })
    .into_iter()
    .filter(|(name, _)| EXTRA.contains(&name.as_str()))
    .collect()
}

const EXTRA: &[&str] = &[
    "birthday",
    "entryTime",
    "position",
    "description",
    "startTime",
    "endTime",
];

/// A person of a terminal's library as the object, without the photo. `extra` is what the last message left there.
#[must_use]
pub fn user_to_platform(wire_id: &str, person: &Person, extra: &Map<String, Value>) -> User {
    let number = |kind: CredentialKind| {
        let mut credentials = person.credentials.iter();
        let found = credentials.find(|credential| credential.kind == kind);
        found.map(|credential| credential.number.clone())
    };
    let visits = person.kind == PersonKind::Visitor;
    let visit = person.visit.clone().unwrap_or_default();
    let kept: User = lenient::salvage(&Value::Object(extra.clone())).unwrap_or_default();
    let seconds = |at: Option<Timestamp>| at.filter(|_| visits).map(Seconds::of);
    User {
        id: wire_id.to_owned(),
        kind: Some(user_type(person.kind)),
        photo: None,
        card: number(CredentialKind::IcCard).unwrap_or_default(),
        job_number: person.code.clone().unwrap_or_default(),
        mobile: person.phone.clone().unwrap_or_default(),
        name: person.name.clone(),
        remark: person.remark.clone().unwrap_or_default(),
        department: person.department.clone(),
        birthday: kept.birthday.or_else(|| birthday(person.birthday?)),
        entry_time: kept.entry_time,
        mail: person.email.clone(),
        title: person.title.clone(),
        position: kept.position,
        id_number: number(CredentialKind::IdCard),
        gender: match person.gender {
            Some(Gender::Male) => Some(1),
            Some(Gender::Female) => Some(2),
            Some(Gender::Other) | None => None,
        },
        prompt: person.greeting.clone(),
        start: seconds(person.valid_from).or(kept.start),
        end: seconds(person.valid_until).or(kept.end),
        purpose: visit.purpose,
        interviewee: visit.host,
        come_from: visit.from_company,
        description: kept.description,
    }
}

/// The day's beginning in UTC.
pub(super) fn birthday(day: Date) -> Option<Seconds> {
    let midnight = TimeZone::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight()));
    midnight.ok().map(Seconds::of)
}

pub(super) fn user_type(kind: PersonKind) -> UserType {
    match kind {
        PersonKind::Member | PersonKind::Vip => UserType::Staff,
        PersonKind::Visitor => UserType::Visitor,
        PersonKind::Blocked => UserType::Blocked,
    }
}
