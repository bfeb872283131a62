//! What becomes of a person on the way to a device.

use crate::{ABSENT, FULL, Row};
use dialects::facegate::convert as facegate;
use dialects::mqtt::convert as mqtt;
use dialects::openapi::convert::person_to_device as to_openapi;
use dialects::placement::{Converted, Placement, Wanted};
use dialects::qyzn::convert as qyzn;
use dialects::{Loss, LossReason, lan};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::Person;
use model::access::Rule;
use serde_json::{Value, json};

const JPEG: &[u8] = b"\xff\xd8\xff\xd9";

/// What a conversion did.
struct Sent {
    placed: bool,
    losses: Vec<Loss>,
}

impl<T> From<Converted<T>> for Sent {
    fn from(converted: Converted<T>) -> Self {
        Self {
            placed: matches!(converted.placement, Placement::Hold(_)),
            losses: converted.losses,
        }
    }
}

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn to_qyzn(person: &Person, rules: &[Rule], _: bool) -> Sent {
    let converted = qyzn::person_to_device(&qyzn::Wanted {
        person,
        rules,
        zone: &TimeZone::UTC,
        photo: Some(qyzn::DevicePhoto { id: "1", jpeg: JPEG }),
        now: now(),
        ic_number_bytes: dialects::qyzn::check::IC_NUMBER_BYTES,
    });
    Sent {
        placed: true,
        losses: converted.losses,
    }
}

fn to_mqtt(person: &Person, rules: &[Rule], hub_decides: bool) -> Sent {
    mqtt::person_to_device(&mqtt::Wanted {
        person,
        rules,
        zone: &TimeZone::UTC,
        photos: &[mqtt::DevicePhoto { id: "1", jpeg: JPEG }],
        now: now(),
        hub_decides,
    })
    .into()
}

fn to_facegate(person: &Person, rules: &[Rule], hub_decides: bool) -> Sent {
    facegate::person_to_device(&facegate::Wanted {
        person,
        rules,
        zone: &TimeZone::UTC,
        photo: Some(facegate::DevicePhoto::Jpeg(JPEG)),
        now: now(),
        hub_decides,
        new_database: true,
        customize_id: 1,
    })
    .into()
}

fn wanted<'a>(person: &'a Person, rules: &'a [Rule]) -> Wanted<'a> {
    Wanted {
        person,
        rules,
        photo: Some(JPEG),
        now: now(),
    }
}

fn to_lan(person: &Person, rules: &[Rule], _: bool) -> Sent {
    lan::convert::person_to_device(&wanted(person, rules)).into()
}

/// A person with grants, and whether the hub decides at the door.
type Conversion = fn(&Person, &[Rule], bool) -> Sent;

/// In the order of the columns.
const CONVERSIONS: [Conversion; 5] = [to_qyzn, to_mqtt, to_facegate, to_lan, |person, rules, _| {
    to_openapi(&wanted(person, rules)).into()
}];

fn person(more: &Value) -> Person {
    let mut person = json!({"id": "p1", "name": "Ann", "photos": [{"id": "1", "quality": null, "url": ""}]});
    for (key, value) in more.as_object().unwrap() {
        person[key] = value.clone();
    }
    serde_json::from_value(person).unwrap()
}

fn rules(rule: &Value) -> Vec<Rule> {
    let rule = if rule.is_null() { &json!({}) } else { rule };
    let mut whole = json!({"times": null, "valid_from": null, "valid_until": null});
    for (key, value) in rule.as_object().unwrap() {
        whole[key] = value.clone();
    }
    vec![serde_json::from_value(whole).unwrap()]
}

fn cell(sent: &Sent, plain: &Sent) -> String {
    let lost: Vec<&Loss> = sent
        .losses
        .iter()
        .filter(|loss| !plain.losses.contains(loss))
        .collect();
    let told = lost.iter().map(|loss| match (loss.reason, &loss.after) {
        (LossReason::EnforcedByHub, _) => "hub".to_owned(),
        (LossReason::Narrowed, _) => "narrowed".to_owned(),
        (LossReason::Unsupported, Some(after)) => format!("as {after}"),
        (LossReason::Cut, _) => "cut".to_owned(),
        (LossReason::Unsupported | LossReason::LeftOut, _) => ABSENT.to_owned(),
    });
    let mut told: Vec<String> = told.collect();
    told.dedup();
    if told.is_empty() {
        return FULL.to_owned();
    }
    told.join(", ")
}

/// The concepts: what they are called, what a person has then, and the grant.
fn concepts() -> Vec<(String, Value, Value)> {
    let daily = json!([{"from": "08:00", "until": "18:00"}]);
    let week = json!({"mon": daily, "tue": daily, "wed": daily, "thu": daily, "fri": daily});
    let holiday = json!({"id": "h", "name": "New Year", "first_day": "2027-01-01", "last_day": "2027-01-01", "mode": "closed"});
    let always = json!([{"from": "00:00", "until": "24:00"}]);
    let all_week = json!({"mon": always, "tue": always, "wed": always, "thu": always, "fri": always, "sat": always, "sun": always});
    let all_days = json!({"mon": daily, "tue": daily, "wed": daily, "thu": daily, "fri": daily, "sat": daily, "sun": daily});
    let end = "2027-06-01T10:30:00Z";
    let mut all = vec![
        (
            "`kind: visitor`".to_owned(),
            json!({"kind": "visitor"}),
            Value::Null,
        ),
        ("`kind: vip`".to_owned(), json!({"kind": "vip"}), Value::Null),
        (
            "`kind: blocked`".to_owned(),
            json!({"kind": "blocked"}),
            Value::Null,
        ),
        (
            "`valid_from`, `valid_until`, to the minute".to_owned(),
            json!({"valid_from": "2026-11-24T08:30:00Z", "valid_until": end}),
            Value::Null,
        ),
        (
            "`valid_until`, at the end of a day".to_owned(),
            json!({"valid_until": "2027-06-01T00:00:00Z"}),
            Value::Null,
        ),
        ("`pass_limit`".to_owned(), json!({"pass_limit": 10}), Value::Null),
        (
            "a grant with the same hours every day".to_owned(),
            json!({}),
            json!({"times": {"weekly": all_days, "holidays": []}}),
        ),
        (
            "a grant with hours by weekday".to_owned(),
            json!({}),
            json!({"times": {"weekly": week, "holidays": []}}),
        ),
        (
            "a grant with holidays".to_owned(),
            json!({}),
            json!({"times": {"weekly": all_week, "holidays": [holiday]}}),
        ),
    ];
    for kind in ["ic_card", "rf_card", "wiegand", "id_card", "qr", "pin"] {
        let mut credential = json!({"kind": kind, "number": "12345"});
        if kind == "wiegand" {
            credential["facility"] = json!(12);
            credential["bits"] = json!(26);
        }
        all.push((
            format!("credential `{kind}`"),
            json!({"credentials": [credential]}),
            Value::Null,
        ));
    }
    for verify in [
        "face",
        "card",
        "face_and_card",
        "face_or_card",
        "face_and_id_card",
        "face_and_id_card_listed",
    ] {
        all.push((
            format!("`verify: {verify}`"),
            json!({"verify": verify}),
            Value::Null,
        ));
    }
    for (field, value) in [
        ("code", json!("E-17")),
        ("gender", json!("female")),
        ("birthday", json!("1990-05-01")),
        ("phone", json!("13800000000")),
        ("email", json!("ann@example.org")),
        ("department", json!("Research")),
        ("title", json!("Engineer")),
        ("company", json!("Doors")),
        ("ethnicity", json!("汉")),
        ("native_place", json!("Hangzhou")),
        ("address", json!("1 Lake Road")),
        ("remark", json!("left wing")),
        ("visit", json!({"host": "Bo", "purpose": "audit"})),
    ] {
        all.push((format!("`{field}`"), json!({field: value}), Value::Null));
    }
    all
}

/// The rows about people.
pub(crate) fn rows() -> Vec<Row> {
    let photos = crate::row("photos of one person", |dialect| dialect.photos().to_string());
    let plain = CONVERSIONS.map(|convert| convert(&person(&json!({})), &rules(&Value::Null), false));
    let mut rows = vec![photos];
    rows.extend(concepts().into_iter().map(|(what, more, rule)| {
        let (person, rules) = (person(&more), self::rules(&rule));
        let mut plain = plain.iter();
        let cells = CONVERSIONS.map(|convert| {
            let [by_device, by_hub] = [false, true].map(|hub_decides| convert(&person, &rules, hub_decides));
            let plain = plain.next().unwrap();
            match (by_device.placed, by_hub.placed) {
                (true, _) => cell(&by_device, plain),
                (false, true) => "not placed unless the hub decides".to_owned(),
                (false, false) => "not placed".to_owned(),
            }
        });
        (what, cells)
    }));
    rows
}
