//! Whatever is written within the limits is read again the same; whatever bytes arrive give a value or a reason.

use super::device;
use dialects::facegate::call::OPERATORS;
use dialects::facegate::card_number::CardNumber;
use dialects::facegate::json::HexSpelling;
use dialects::facegate::person::search::HeldPeople;
use dialects::facegate::person::{HeldPerson, SearchPersonList};
use dialects::facegate::push::{VerifyResult, VerifyStatus, VerifyType};
use dialects::facegate::record::{ControlRecord, ControlRecords, SearchControl, control::ControlEvent};
use dialects::facegate::{
    Acknowledgement, AddPerson, AddPersons, Body, Call, EditPersonsNew, Operation, PersonInfo, Push,
    ReceivedCall, ReceivedPush, VerifyPush, answer_of, success,
};
use dialects::lenient::Base64Text;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

/// A text that is not blank and has no blanks at its ends, of at most so many bytes.
fn text(bytes: usize) -> impl Strategy<Value = Option<String>> {
    option::of("[a-zA-Z0-9张三\"\\\\/，_-]{1,12}").prop_map(move |text| {
        let text = text.map(|text| dialects::text::cut(&text, bytes).to_owned());
        text.filter(|text| !text.is_empty())
    })
}

fn time() -> impl Strategy<Value = String> {
    (2000i16..2100, 1i8..13, 1i8..29, 0i8..24, 0i8..60, 0i8..60)
        .prop_map(|(y, mo, d, h, mi, s)| format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}"))
}

/// Who it is, and what is said of them.
fn plain_person() -> impl Strategy<Value = PersonInfo> {
    let ids = (
        option::of(1i64..4_294_967_296),
        option::of(1i64..4_294_967_296),
        text(48),
    );
    let texts = (text(31), text(31), text(31), text(71), text(63), text(17));
    let numbers = (
        option::of(0i64..12),
        option::of(0i64..2),
        option::of(1i64..58),
        option::of(0i64..2),
    );
    (ids, texts, numbers, btree_map(0u32..9, any::<bool>(), 0..3)).prop_map(
        |((lib_id, customize_id, uuid), texts, numbers, channels)| PersonInfo {
            lib_id,
            customize_id,
            uuid,
            name: texts.0,
            id_card: texts.1,
            phone: texts.2,
            address: texts.3,
            notes: texts.4,
            rf_card: texts.5,
            person_type: numbers.0,
            gender: numbers.1,
            nation: numbers.2,
            rf_card_mode: numbers.3,
            channels,
            ..PersonInfo::default()
        },
    )
}

/// The same with a card, a validity and a photo.
fn person() -> impl Strategy<Value = PersonInfo> {
    let card = prop_oneof![
        (0u32..=0xFF_FFFF).prop_map(|number| (0, 0, None, CardNumber::decimal(number.into()))),
        any::<u32>().prop_map(|number| (1, 1, None, CardNumber::hexadecimal(number.into(), 8))),
        any::<(u8, u16)>().prop_map(|(facility, number)| (
            6,
            1,
            Some(CardNumber::hexadecimal(facility.into(), 2)),
            CardNumber::hexadecimal(number.into(), 1)
        )),
    ];
    let validity = prop_oneof![
        Just((0, None, None)),
        (1i64..3, time(), time()).prop_map(|(kind, a, b)| (kind, Some((a, b)), None)),
        (1i64..4_294_967_296).prop_map(|passes| (3, None, Some(passes))),
    ];
    let photo = vec(any::<u8>(), 1..40).prop_map(|bytes| Base64Text::encode(&bytes));
    (
        plain_person(),
        option::of(card),
        option::of(validity),
        option::of(photo),
    )
        .prop_map(|(mut person, card, validity, photo)| {
            if let Some((kind, mode, facility, number)) = card {
                person.card_from = Some(2);
                person.wiegand_type = Some(kind);
                person.card_mode = Some(mode);
                person.facility = facility;
                person.card_number = Some(number);
            }
            if let Some((kind, window, passes)) = validity {
                person.validity = Some(kind);
                (person.valid_begin, person.valid_end) = window.unzip();
                person.passes = passes;
            }
            person.picture = photo;
            person
        })
}

fn read(operator: &str, bytes: &[u8]) -> Call {
    let received = ReceivedCall::read(operator, bytes);
    received
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
        .call
}

fn event() -> impl Strategy<Value = ControlEvent> {
    (time(), option::of(0i64..1024), 0i64..30, option::of(0u32..=1000)).prop_map(
        |(time, verify_type, status, similarity)| ControlEvent {
            time,
            verify_type: verify_type.map(VerifyType),
            status: VerifyStatus::from(status),
            similarity: similarity.map(|tenths| f64::from(tenths) / 10.0),
            ..ControlEvent::default()
        },
    )
}

proptest! {
    #[test]
    fn people_are_read_as_they_were_written(people in vec(person(), 1..4)) {
        for person in &people {
            prop_assert_eq!(person.check(), Ok(()));
            let add = AddPerson { person: person.clone() };
            for hex in [HexSpelling::Bare, HexSpelling::Quoted] {
                let bytes = add.body().to_bytes_with(hex);
                prop_assert_eq!(read("AddPerson", &bytes), Call::AddPerson(add.clone()));
            }
        }
        let add = AddPersons::new(people.clone());
        prop_assert_eq!(read("AddPersons", &add.request(Some(&device()))), Call::AddPersons(add));
        let edit = EditPersonsNew::by_uuid(people.clone());
        prop_assert_eq!(read("EditPersonsNew", &edit.request(Some(&device()))), Call::EditPersonsNew(edit));
        let held = HeldPeople(people.into_iter().map(|person| HeldPerson { person }).collect());
        let list = SearchPersonList::default();
        let bytes = success(&list, &held, &device()).to_bytes();
        prop_assert_eq!(answer_of(&list, &bytes), Ok(held));
    }

    #[test]
    fn records_are_read_as_they_were_written(
        events in vec(event(), 0..4), person in plain_person(), of_one_person: bool
    ) {
        let records: Vec<ControlRecord> =
            events.into_iter().map(|event| ControlRecord { event, person: person.clone() }).collect();
        let of_one_person = of_one_person && !records.is_empty();
        let records = ControlRecords { records, of_one_person };
        let search = SearchControl::default();
        let bytes = success(&search, &records, &device()).to_bytes();
        prop_assert_eq!(answer_of(&search, &bytes).unwrap().records, records.records);
    }

    #[test]
    fn results_are_read_as_they_were_written(event in event(), person in plain_person(), in_time in option::of(0i64..2)) {
        let result = VerifyResult {
            person_id: Some(7),
            time: event.time,
            status: event.status,
            verify_type: event.verify_type,
            similarity: event.similarity,
            in_time,
            capture: Some(Base64Text::encode(b"picture")),
            ..VerifyResult::default()
        };
        let push = Push::Verify(VerifyPush { result, person, ..VerifyPush::default() });
        let bytes = push.to_bytes(&device());
        let received = ReceivedPush::parse(&bytes).unwrap();
        prop_assert_eq!((received.device, received.push), (Some(device()), push));
    }

    #[test]
    fn beyond_a_limit_is_an_error(person in person(), longer in "[a-z]{64,80}", which in 0usize..6) {
        let mut person = person;
        let field = match which {
            0 => { person.name = Some(longer); "Name" }
            1 => { person.id_card = Some(longer); "IdCard" }
            2 => { person.notes = Some(longer); "Notes" }
            3 => { person.room = Some(longer); "RoomNum" }
            4 => { person.uuid = Some(longer); "PersonUUID" }
            _ => { person.access_card = Some(longer); "AccessId" }
        };
        prop_assert_eq!(person.check().unwrap_err().field, field);
    }

    #[test]
    fn any_bytes_give_a_value_or_a_reason(bytes: Vec<u8>, at in 0usize..72) {
        let _ = ReceivedCall::parse(OPERATORS[at], &bytes, &device());
        let _ = ReceivedPush::parse(&bytes);
        let _ = Acknowledgement::parse(&bytes);
        let _ = answer_of(&SearchControl::default(), &bytes);
    }

    /// Whatever fields of whatever kinds: a value or a reason, and what is accepted is written and read again the same.
    #[test]
    fn any_fields_give_a_value_or_a_reason(
        at in 0usize..72,
        fields in btree_map("[A-Za-z_]{1,12}|DeviceID|IdType|Topics|MjCardNo|Personinfo_0|picinfo", value(), 0..6),
        inside: bool,
    ) {
        let fields: serde_json::Map<String, serde_json::Value> = fields.into_iter().collect();
        let bytes = if inside {
            serde_json::json!({ "info": fields }).to_string()
        } else {
            serde_json::Value::Object(fields).to_string()
        };
        let operator = OPERATORS[at];
        let accepted = ReceivedCall::read(operator, bytes.as_bytes());
        if let Some(received) = accepted.ok().filter(|received| received.call.check().is_ok()) {
            let written = received.call.request(received.device.as_ref());
            prop_assert_eq!(read(operator, &written), received.call);
        }
        if let Ok(body) = Body::parse(bytes.as_bytes()) {
            prop_assert_eq!(Body::parse(&body.to_bytes()), Ok(body));
        }
    }
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i32>().prop_map(serde_json::Value::from),
        "[0-9A-Fa-f ]{0,6}|[a-z请]{0,5}".prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
    ];
    scalar.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
            btree_map("[A-Za-z]{1,8}", inner, 0..3)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}
