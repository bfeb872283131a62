//! What becomes of a pass on the way from a terminal to the hub's records.

use crate::{ABSENT, FULL, Row};
use dialects::facegate::convert as facegate;
use dialects::facegate::person::PersonInfo;
use dialects::lan;
use dialects::mqtt::convert as mqtt;
use dialects::openapi::convert as openapi;
use dialects::qyzn::convert as qyzn;
use dialects::received::ReceivedRecord;
use dialects::reported::{Pass, SeenPerson};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{Direction, Method, Outcome, Person, PersonKind, TemperatureAlarm};
use serde_json::{Map, Value, json};

const ID: &str = "p1";
const NAME: &str = "Ann";

/// One pass.
#[derive(Clone, Copy)]
struct Came<'a> {
    outcome: Outcome,
    method: Method,
    person: Option<&'a Person>,
}

impl<'a> Came<'a> {
    fn pass(&self) -> Pass<'a> {
        let has_card = matches!(
            self.method,
            Method::IcCard | Method::RfCard | Method::Wiegand | Method::FaceAndCard
        );
        let has_face = matches!(
            self.method,
            Method::Face | Method::FaceAndCard | Method::FaceAndIdCard
        );
        Pass {
            person: self.person.map(|person| SeenPerson { wire_id: ID, person }),
            at: at(),
            method: self.method,
            outcome: self.outcome,
            score: has_face.then_some(0.8),
            temperature: None,
            temperature_alarm: TemperatureAlarm::None,
            mask: None,
            direction: Direction::Entry,
            card: has_card.then_some("123456"),
            document: None,
            capture: None,
            registered: None,
        }
    }
}

fn at() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn over_qyzn(came: Came<'_>) -> Option<ReceivedRecord> {
    let pass = came.pass();
    let message = qyzn::record_to_platform(&qyzn::Pass {
        person: came.person.map(|person| qyzn::SeenPerson {
            id: ID,
            face_id: None,
            name: NAME,
            kind: person.kind,
            id_number: matches!(came.method, Method::FaceAndIdCard | Method::IdCard)
                .then_some("330102199005010000"),
            ic_number: None,
        }),
        at: pass.at,
        zone: &TimeZone::UTC,
        outcome: pass.outcome,
        score: pass.score,
        temperature: None,
        card: pass.card,
        document: None,
        capture: None,
        registered: None,
    });
    Some(qyzn::record_from_device(message, &json!({})))
}

fn over_mqtt(came: Came<'_>) -> Option<ReceivedRecord> {
    let pass = came.pass();
    let message = mqtt::record_to_platform(&mqtt::Pass {
        id: "1",
        person: came.person.map(|_| mqtt::SeenPerson {
            id: ID,
            name: NAME,
            gender: None,
            birthday: None,
            phone: None,
            valid_from: None,
            valid_until: None,
        }),
        at: pass.at,
        zone: &TimeZone::UTC,
        outcome: pass.outcome,
        method: pass.method,
        spoken: "",
        direction: pass.direction,
        temperature: None,
        fever_from: None,
        card: pass.card,
        document: None,
        capture: None,
        registered: None,
    });
    let is_blocked = came
        .person
        .is_some_and(|person| person.kind == PersonKind::Blocked);
    Some(mqtt::record_from_device(message, &json!({}), is_blocked))
}

fn over_facegate(came: Came<'_>) -> Option<ReceivedRecord> {
    let info = came.person.map(|person| PersonInfo {
        uuid: Some(ID.to_owned()),
        person_type: Some(i64::from(person.kind == PersonKind::Blocked)),
        name: Some(NAME.to_owned()),
        ..PersonInfo::default()
    });
    let report = facegate::Report {
        pass: came.pass(),
        zone: &TimeZone::UTC,
        person: info.as_ref(),
        lib_id: info.is_some().then_some(1),
        in_time: true,
        by_hand: false,
        channel: None,
    };
    let push = facegate::record_to_platform(&report, facegate::ReportKind::of(&report.pass));
    facegate::record_from_device(push, json!({})).map(|told| told.record)
}

fn over_lan(came: Came<'_>) -> Option<ReceivedRecord> {
    let message = lan::convert::record_to_platform(&came.pass(), None)?;
    Some(lan::convert::record_from_device(message, &json!({})))
}

fn over_openapi(came: Came<'_>) -> Option<ReceivedRecord> {
    let message = openapi::record_to_platform(&came.pass(), 1, &Map::new(), "");
    Some(openapi::record_from_device(message, &json!({})))
}

/// In the order of the columns.
const WIRES: [fn(Came<'_>) -> Option<ReceivedRecord>; 5] =
    [over_qyzn, over_mqtt, over_facegate, over_lan, over_openapi];

fn word(value: impl serde::Serialize) -> String {
    let value: Value = serde_json::to_value(value).unwrap();
    value.as_str().unwrap().to_owned()
}

fn somebody(kind: PersonKind) -> Person {
    let mut person: Person = serde_json::from_value(json!({"id": ID, "name": NAME})).unwrap();
    person.kind = kind;
    person
}

fn cell(wanted: &str, got: Option<String>) -> String {
    match got {
        None => ABSENT.to_owned(),
        Some(got) if got == wanted => FULL.to_owned(),
        Some(got) => format!("`{got}`"),
    }
}

/// The rows about results.
pub(crate) fn results() -> Vec<Row> {
    let (member, blocked) = (somebody(PersonKind::Member), somebody(PersonKind::Blocked));
    let rows = [
        ("", Outcome::Granted, Method::Face, Some(&member)),
        ("", Outcome::Denied, Method::Face, Some(&member)),
        ("", Outcome::Stranger, Method::Face, None),
        ("", Outcome::Expired, Method::Face, Some(&member)),
        ("", Outcome::OutOfSchedule, Method::Face, Some(&member)),
        ("", Outcome::Blocked, Method::Face, Some(&blocked)),
        (
            ", somebody known",
            Outcome::NotAuthorised,
            Method::Face,
            Some(&member),
        ),
        (", a card of nobody", Outcome::NotAuthorised, Method::IcCard, None),
    ];
    let row = |(note, outcome, method, person): (&str, Outcome, Method, Option<&Person>)| {
        let wanted = word(outcome);
        let came = Came {
            outcome,
            method,
            person,
        };
        let cells = WIRES.map(|wire| cell(&wanted, wire(came).map(|record| word(record.outcome))));
        (format!("`{wanted}`{note}"), cells)
    };
    rows.map(row).into()
}

/// The rows about ways to identify.
pub(crate) fn methods() -> Vec<Row> {
    let member = somebody(PersonKind::Member);
    let methods = [
        Method::Face,
        Method::IcCard,
        Method::RfCard,
        Method::Wiegand,
        Method::IdCard,
        Method::Qr,
        Method::Pin,
        Method::FaceAndCard,
        Method::FaceAndIdCard,
    ];
    let row = |method: Method| {
        let wanted = word(method);
        let came = Came {
            outcome: Outcome::Granted,
            method,
            person: Some(&member),
        };
        let cells = WIRES.map(|wire| cell(&wanted, wire(came).map(|record| word(record.method))));
        (format!("`{wanted}`"), cells)
    };
    methods.map(row).into()
}
