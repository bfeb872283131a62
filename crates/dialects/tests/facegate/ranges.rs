//! Every range of people, subscriptions and other calls at its edges.

use dialects::facegate::device::{AddAccessPwd, OpenDoor, SetAudio, SetUserPwd, Upgrade};
use dialects::facegate::face::{GetImage, GetPictureSearch};
use dialects::facegate::person::{PersonIds, PersonInfo};
use dialects::facegate::subscription::SubscribeUrls;
use dialects::facegate::{DeletePerson, Operation, ReceivedCall, Subscription, Topic};
use dialects::lenient::Base64Text;
use serde_json::{Value, json};

fn person(change: impl Fn(&mut PersonInfo)) -> Result<(), String> {
    let mut person = PersonInfo::default();
    change(&mut person);
    person.check().map_err(|error| error.field)
}

#[test]
fn limits_of_people_are_enforced() {
    type Text = fn(&mut PersonInfo, String);
    let texts: [(&str, usize, Text); 11] = [
        ("PersonUUID", 48, |p, text| p.uuid = Some(text)),
        ("Name", 31, |p, text| p.name = Some(text)),
        ("IdCard", 31, |p, text| p.id_card = Some(text)),
        ("Telnum", 31, |p, text| p.phone = Some(text)),
        ("Native", 31, |p, text| p.native_place = Some(text)),
        ("Address", 71, |p, text| p.address = Some(text)),
        ("Notes", 63, |p, text| p.notes = Some(text)),
        ("RFIDCard", 17, |p, text| p.rf_card = Some(text)),
        ("AccessId", 23, |p, text| p.access_card = Some(text)),
        ("WardenId", 31, |p, text| p.warden_card = Some(text)),
        ("RoomNum", 23, |p, text| p.room = Some(text)),
    ];
    for (field, bytes, set) in texts {
        assert_eq!(person(|p| set(p, "x".repeat(bytes))), Ok(()), "{field}");
        assert_eq!(person(|p| set(p, "x".repeat(bytes + 1))), Err(field.to_owned()));
    }
    type Number = fn(&mut PersonInfo, i64);
    let numbers: [(&str, i64, i64, Number); 11] = [
        ("CustomizeID", 1, 4_294_967_295, |p, n| p.customize_id = Some(n)),
        ("LibID", 1, 4_294_967_295, |p, n| p.lib_id = Some(n)),
        ("PersonType", 0, 11, |p, n| p.person_type = Some(n)),
        ("Gender", 0, 1, |p, n| p.gender = Some(n)),
        ("Nation", 1, 57, |p, n| p.nation = Some(n)),
        ("CardType", 0, 0, |p, n| p.card_type = Some(n)),
        ("CardMode", 0, 1, |p, n| p.card_mode = Some(n)),
        ("RFCardMode", 0, 1, |p, n| p.rf_card_mode = Some(n)),
        ("EffectNumber", 1, 4_294_967_295, |p, n| p.passes = Some(n)),
        ("isCheckSimilarity", 0, 1, |p, n| p.check_similarity = Some(n)),
        ("MjCardFrom", 0, 1, |p, n| p.card_from = Some(n)),
    ];
    for (field, first, last, set) in numbers {
        assert_eq!(person(|p| set(p, first)), Ok(()), "{field}");
        assert_eq!(person(|p| set(p, last)), Ok(()), "{field}");
        assert_eq!(person(|p| set(p, first - 1)), Err(field.to_owned()));
        let above = if field == "MjCardFrom" { 4 } else { last + 1 };
        assert_eq!(person(|p| set(p, above)), Err(field.to_owned()));
    }
    assert_eq!(person(|p| p.validity = Some(4)), Err("Tempvalid".to_owned()));
    assert_eq!(
        person(|p| p.wiegand_type = Some(5)),
        Err("WiegandType".to_owned())
    );
    assert_eq!(
        person(|p| p.birthday = Some("1990-13-01".into())),
        Err("Birthday".to_owned())
    );
    for validity in [1, 2] {
        let window = |begin: &str, end: &str| {
            person(|p| {
                p.validity = Some(validity);
                p.valid_begin = Some(begin.to_owned());
                p.valid_end = Some(end.to_owned());
            })
        };
        assert_eq!(window("2026-01-01 00:00:00", "2026-12-31T23:59:59"), Ok(()));
        assert_eq!(window("2026-01-01T00:00:00", ""), Err("ValidEnd".to_owned()));
        assert_eq!(
            window("soon", "2026-12-31T23:59:59"),
            Err("ValidBegin".to_owned())
        );
    }
    assert_eq!(person(|p| p.validity = Some(3)), Err("EffectNumber".to_owned()));
    let large = Base64Text::encode(&vec![0; 1024 * 1024]);
    assert_eq!(person(|p| p.picture = Some(large.clone())), Ok(()));
    let larger = Base64Text::encode(&vec![0; 1024 * 1024 + 64]);
    assert_eq!(
        person(|p| p.picture = Some(larger.clone())),
        Err("picinfo".to_owned())
    );
}

#[test]
fn a_wiegand_number_fits_its_bits() {
    let wiegand = |kind: i64, mode: i64, facility: Option<&str>, number: &str| {
        person(|p| {
            p.card_from = Some(2);
            p.wiegand_type = Some(kind);
            p.card_mode = Some(mode);
            p.facility = facility.map(dialects::facegate::CardNumber::from_text);
            p.card_number = Some(dialects::facegate::CardNumber::from_text(number));
        })
    };
    let number = Err("MjCardNo".to_owned());
    let facility = Err("WGFacilityCode".to_owned());
    assert_eq!(wiegand(0, 1, None, "FFFFFF"), Ok(()));
    assert_eq!(wiegand(0, 1, None, "1000000"), number);
    assert_eq!(wiegand(1, 0, None, "4294967295"), Ok(()));
    assert_eq!(wiegand(1, 0, None, "4294967296"), number);
    assert_eq!(wiegand(6, 0, Some("255"), "65535"), Ok(()));
    assert_eq!(wiegand(6, 0, Some("255"), "65536"), number);
    assert_eq!(wiegand(6, 0, Some("256"), "1"), facility);
    assert_eq!(wiegand(7, 1, Some("9A"), "018B2D"), Ok(()));
    assert_eq!(wiegand(7, 1, None, "018B2D"), facility);
    assert_eq!(wiegand(7, 0, Some("9A"), "1"), facility, "not decimal");
}

fn subscription() -> Subscription {
    Subscription {
        topics: vec![Topic::Snap, Topic::Verify],
        address: Some("http://10.0.0.1:8081".to_owned()),
        urls: Some(SubscribeUrls {
            snap: Some("/s".to_owned()),
            verify: Some("/v".to_owned()),
            ..SubscribeUrls::default()
        }),
        resumes: Some(true),
        ..Subscription::default()
    }
}

#[test]
fn limits_of_a_subscription_are_enforced() {
    let field = |change: fn(&mut Subscription)| {
        let mut changed = subscription();
        change(&mut changed);
        dialects::facegate::Subscribe(changed)
            .check()
            .map_err(|error| error.field)
    };
    let wrong = |field: &str| Err(field.to_owned());
    assert_eq!(field(|_| {}), Ok(()));
    assert_eq!(field(|s| s.topics.clear()), wrong("Topics"));
    assert_eq!(
        field(|s| s.topics.push(Topic::Other("Doors".into()))),
        wrong("Topics")
    );
    assert_eq!(field(|s| s.topics = vec![Topic::VerifyNoPic]), Ok(()));
    assert_eq!(field(|s| s.topics = vec![Topic::QrCode]), wrong("SubscribeUrl"));
    assert_eq!(field(|s| s.address = None), wrong("SubscribeAddr"));
    assert_eq!(
        field(|s| s.address = Some("ftp://h".into())),
        wrong("SubscribeAddr")
    );
    assert_eq!(field(|s| s.beat_seconds = Some(0)), wrong("BeatInterval"));
    assert_eq!(field(|s| s.is_timed = Some(true)), wrong("PushInterval"));
    assert_eq!(field(|s| s.auth = Some("Digest".into())), wrong("Auth"));
    assert_eq!(field(|s| s.auth = Some("basic".into())), wrong("User"));
    assert_eq!(
        field(|s| {
            s.auth = Some("Basic".into());
            s.user = Some("u".repeat(64));
        }),
        wrong("User")
    );
    assert_eq!(field(|s| s.begin = Some("now".into())), wrong("BeginTime"));
    assert_eq!(
        field(|s| {
            s.auth = Some("Basic".into());
            s.user = Some("u".repeat(63));
            s.password = Some("p".repeat(63));
            s.begin = Some("2018-03-12T09:10:00".into());
        }),
        Ok(())
    );
}

#[test]
fn limits_of_other_calls_are_enforced() {
    let wrong = |field: &str| Err(field.to_owned());
    let open = |door: i64, message: &str| {
        let call = OpenDoor {
            door: Some(door),
            message: Some(message.to_owned()),
            ..OpenDoor::default()
        };
        call.check().map_err(|error| error.field)
    };
    assert_eq!(open(9, &"x".repeat(63)), Ok(()));
    assert_eq!(open(10, ""), wrong("Chn"));
    assert_eq!(open(0, &"x".repeat(64)), wrong("msg"));
    let user = |user: &str, password: &str| {
        let call = SetUserPwd {
            user: user.to_owned(),
            password: password.to_owned(),
        };
        call.check().map_err(|error| error.field)
    };
    assert_eq!(user(&"u".repeat(63), &"p".repeat(63)), Ok(()));
    assert_eq!(user(&"u".repeat(64), "p"), wrong("User"));
    assert_eq!(user("a:b", "p"), wrong("User"));
    assert_eq!(user("u", ""), wrong("Pwd"));
    let audio = |kind: i64, name: usize| {
        let call = SetAudio {
            kind,
            name: Some("n".repeat(name)),
        };
        call.check().map_err(|error| error.field)
    };
    assert_eq!(
        (audio(1, 64), audio(2, 1), audio(0, 65)),
        (Ok(()), wrong("AudioType"), wrong("AudioName"))
    );
    let upgrade = |url: &str| {
        Upgrade {
            name: String::new(),
            url: url.to_owned(),
        }
        .check()
        .is_ok()
    };
    assert!(upgrade("https://h/a.SWX") && upgrade("http://h/a.swx?t=1"));
    assert!(!upgrade("http://h/a.bin") && !upgrade("ftp://h/a.swx") && !upgrade(""));
    let passwords = |passwords: &[&str]| {
        let passwords = passwords.iter().map(|password| (*password).to_owned()).collect();
        AddAccessPwd { passwords }.check().is_ok()
    };
    assert!(passwords(&["1234", "12345678"]));
    assert!(!passwords(&["123"]) && !passwords(&["123456789"]) && !passwords(&["12a4"]) && !passwords(&[]));
    let delete = |ids| DeletePerson { ids }.check().map_err(|error| error.field);
    assert_eq!(delete(PersonIds::LibIds(vec![1; 256])), Ok(()));
    assert_eq!(delete(PersonIds::LibIds(vec![1; 257])), wrong("TotalNum"));
    assert_eq!(delete(PersonIds::LibIds(vec![0])), wrong("LibID"));
    assert_eq!(delete(PersonIds::CustomizeIds(vec![-2])), wrong("CustomizeID"));
    assert_eq!(
        delete(PersonIds::Uuids(vec![" ".to_owned()])),
        wrong("PersonUUID")
    );
    assert_eq!(delete(PersonIds::Uuids(Vec::new())), wrong("TotalNum"));
    let image = |kind| {
        GetImage {
            kind,
            ..GetImage::default()
        }
        .check()
        .is_ok()
    };
    assert!(image(2) && !image(3) && !image(-1));
    let search = |least: f64, most: i64| {
        let picture = Base64Text::encode(b"x");
        GetPictureSearch { least, most, picture }
            .check()
            .map_err(|error| error.field)
    };
    assert_eq!((search(100.0, 100), search(0.0, 1)), (Ok(()), Ok(())));
    assert_eq!(
        (search(100.1, 1), search(80.0, 101)),
        (wrong("MaxSimilarity"), wrong("MaxNum"))
    );
}

#[test]
fn limits_of_searches_are_enforced() {
    let check = |operator: &str, info: Value| {
        let mut whole = json!({"BeginTime": "2020-01-01T00:00:00", "EndTime": "2020-12-13T23:09:00"});
        for (key, value) in info.as_object().unwrap() {
            whole[key] = value.clone();
        }
        let body = json!({"info": whole}).to_string();
        let call = ReceivedCall::read(operator, body.as_bytes()).unwrap().call;
        call.check().map_err(|error| error.field)
    };
    let wrong = |field: &str| Err(field.to_owned());
    for (operator, field, first, last) in [
        ("SearchControl", "RequestCount", 0, 100),
        ("SearchControl", "Picture", 0, 3),
        ("SearchControl", "Gender", 0, 2),
        ("SearchControl", "OpenDoor", 0, 2),
        ("SearchControl", "Channel", 0, 8),
        ("SearchControlNum", "Ascending", 0, 1),
        ("SearchCapture", "RequestCount", 0, 100),
        ("SearchCaptureNum", "Ascending", 0, 1),
        ("SearchPersonNum", "PersonType", 0, 2),
        ("SearchPersonList", "Gender", 0, 2),
    ] {
        for inside in [first, last] {
            assert_eq!(
                check(operator, json!({field: inside})),
                Ok(()),
                "{operator} {field}"
            );
        }
        for outside in [first - 1, last + 1] {
            assert_eq!(
                check(operator, json!({field: outside})),
                wrong(field),
                "{operator}"
            );
        }
    }
    assert_eq!(
        check("SearchControl", json!({"EndTime": "later"})),
        wrong("EndTime")
    );
    assert_eq!(check("SearchControl", json!({"Age": "old"})), wrong("Age"));
    assert_eq!(
        check("SearchControl", json!({"SearchType": 1, "IdType": 0})),
        wrong("IdType")
    );
    assert_eq!(
        check("SearchControl", json!({"SearchType": 1, "IdType": 1, "LibID": 0})),
        Ok(())
    );
    // More people than a page may be asked for: no more come (3.19.3).
    assert_eq!(check("SearchPersonList", json!({"RequestCount": 5000})), Ok(()));
}

#[test]
fn a_further_subscription_adds_topics() {
    let topics = |subscription: &Subscription| -> Vec<String> {
        subscription
            .topics
            .iter()
            .map(|topic| topic.name().to_owned())
            .collect()
    };
    let qr = Subscription {
        topics: vec![Topic::QrCode, Topic::VerifyNoPic],
        urls: Some(SubscribeUrls {
            qr_code: Some("/q".to_owned()),
            verify: Some("/w".to_owned()),
            ..SubscribeUrls::default()
        }),
        resumes: Some(false),
        ..subscription()
    };
    let both = subscription().followed_by(qr.clone());
    assert_eq!(topics(&both), ["Snap", "QRCode", "VerifyNoPic"]);
    assert_eq!(both.url(&Topic::Snap).as_deref(), Some("http://10.0.0.1:8081/s"));
    assert_eq!(
        both.url(&Topic::VerifyNoPic).as_deref(),
        Some("http://10.0.0.1:8081/w")
    );
    assert_eq!(both.resumes, Some(false));
    let elsewhere = Subscription {
        address: Some("http://10.0.0.2".to_owned()),
        ..qr.clone()
    };
    assert_eq!(subscription().followed_by(elsewhere.clone()), elsewhere);
    assert_eq!(
        topics(&both.clone().without(&[Topic::Verify])),
        ["Snap", "QRCode"]
    );
    assert_eq!(both.without(&Topic::ALL), Subscription::default());
    assert_eq!(Topic::Verify.pictures(), (true, true));
    assert_eq!(Topic::VerifyWithReg.pictures(), (false, true));
    assert_eq!(Topic::VerifyNoPic.pictures(), (false, false));
}
