//! What is pushed (3.12 to 3.14), and again until it is acknowledged.

use crate::support::http::{Received, Receiver};
use crate::support::{Door, facegate_config, folder, sample};
use crate::{CARD, Caller, DEVICE, any_photo, person, picture, with};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const OK: &str = r#"{"code":200,"desc":"OK",}"#;

/// `Subscribe` as the document shows it, without a heartbeat.
pub(crate) fn subscription(platform: &Receiver, topics: &[&str], resume: i64) -> Value {
    json!({
        "DeviceID": DEVICE, "Num": topics.len(), "Topics": topics, "SubscribeAddr": platform.url(""),
        "SubscribeUrl": {
            "Snap": "/Subscribe/Snap", "Verify": "/Subscribe/Verify", "QRCode": "/Subscribe/QRCode ",
            "Card": "/Subscribe/Card", "PassWord": "/Subscribe/ PassWord", "IDCard": "/Subscribe/IDCard",
        },
        "Auth": "None", "ResumefromBreakpoint": resume,
    })
}

/// A door with one person, whose cards are R-u-1 and 1234567.
pub(crate) async fn door_with_one(config: terminal::config::TerminalConfig) -> (Door, Caller) {
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    let body = person("u-1", &any_photo()).to_string();
    assert_eq!(caller.raw("AddPerson", &body).await["code"], 200);
    (door, caller)
}

pub(crate) fn every_frame(path: &std::path::Path) -> terminal::config::TerminalConfig {
    let mut config = facegate_config(path);
    config.terminal.repeat_seconds = Some(0);
    config
}

async fn acknowledged(platform: &Receiver) -> (Received, Value) {
    let push = platform.answered(OK).await;
    let body = push.json();
    (push, body)
}

#[tokio::test]
async fn a_face_is_pushed_with_both_pictures_and_the_person() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let body = person("u-1", &sample("obama.jpg")).to_string();
    assert_eq!(caller.raw("AddPerson", &body).await["code"], 200);
    let platform = Receiver::listen().await;
    caller
        .done("Subscribe", subscription(&platform, &["Snap", "Verify"], 0))
        .await;
    let frame = sample("obama2.jpg");
    assert_eq!(door.frame(frame.clone()).await["decision"]["result"], "granted");
    let (push, body) = acknowledged(&platform).await;
    assert_eq!(
        (push.method.as_str(), push.target.as_str()),
        ("POST", "/Subscribe/Verify")
    );
    assert!(push.head.contains("\r\nContent-Length: "), "{}", push.head);
    assert_eq!(body["operator"], "VerifyPush");
    assert_eq!(body["SanpPic"], picture(&frame));
    assert_eq!(body["RegisteredPic"], picture(&sample("obama.jpg")));
    let info = &body["info"];
    assert_eq!(
        (&info["DeviceID"], &info["PersonUUID"]),
        (&json!(DEVICE), &json!("u-1"))
    );
    assert_eq!(
        (&info["VerifyStatus"], &info["VerfyType"], &info["Sendintime"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert!(info["Similarity1"].as_f64().unwrap() >= 80.0, "{info}");
    // A stranger is a picture alone.
    door.frame(sample("biden.jpg")).await;
    let (push, body) = acknowledged(&platform).await;
    assert_eq!(push.target, "/Subscribe/Snap");
    assert_eq!(
        (&body["operator"], &body["SanpPic"]),
        (&json!("SnapPush"), &json!(picture(&sample("biden.jpg"))))
    );
}

#[tokio::test]
async fn what_one_of_several_cameras_saw_is_told_with_its_channel() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(every_frame(&path)).await;
    let caller = Caller::of(&door);
    let body = person("u-1", &sample("obama.jpg")).to_string();
    assert_eq!(caller.raw("AddPerson", &body).await["code"], 200);
    let platform = Receiver::listen().await;
    caller
        .done("Subscribe", subscription(&platform, &["Snap", "Verify"], 0))
        .await;
    door.frame_of(2, sample("obama2.jpg")).await;
    let (_, verified) = acknowledged(&platform).await;
    assert_eq!(verified["info"]["AccessChannel"], 2, "{}", verified["info"]);
    door.frame_of(8, sample("biden.jpg")).await;
    let (_, snapped) = acknowledged(&platform).await;
    assert_eq!(snapped["info"]["SnapChannel"], 8, "{}", snapped["info"]);
    door.frame(sample("obama2.jpg")).await;
    let (_, plain) = acknowledged(&platform).await;
    assert_eq!(plain["info"]["AccessChannel"], Value::Null, "{}", plain["info"]);
    for (channel, found) in [(0, 1), (2, 1), (1, 0)] {
        let filter =
            json!({"BeginTime": "2018-01-01T00:00:00", "EndTime": "2090-01-01T00:00:00", "Channel": channel});
        assert_eq!(
            caller.told("SearchControlNum", filter).await["ControlNum"],
            found,
            "channel {channel}"
        );
    }
    let beyond = door.request(Method::POST, "/api/frames?channel=9");
    let refused = beyond.body(sample("biden.jpg")).send().await.unwrap();
    assert_eq!(refused.status(), 422);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["errors"][0]["path"], "channel", "{refused}");
}

/// `ChannelAuthorityX` (3.10.1).
#[tokio::test]
async fn a_camera_that_is_shut_to_somebody_lets_them_in_no_more_than_a_stranger() {
    let (_folder, path) = folder();
    let config = every_frame(&path);
    let door = Door::start_with_faces(config.clone()).await;
    let caller = Caller::of(&door);
    let mut body = person("u-1", &sample("obama.jpg"));
    body["info"]["ChannelAuthority1"] = json!(1);
    body["info"]["ChannelAuthority2"] = json!(0);
    assert_eq!(caller.raw("AddPerson", &body.to_string()).await["code"], 200);
    let at = async |door: &Door, channel: u8| {
        let answer = door.frame_of(channel, sample("obama2.jpg")).await;
        answer["decision"]["reason"].clone()
    };
    let before = [at(&door, 1).await, at(&door, 2).await];
    assert_eq!(before, ["granted", "not_authorised"]);
    door.running.stop().await;

    let door = Door::start_with_faces(config).await;
    assert_eq!(at(&door, 2).await, "not_authorised", "kept over a restart");
    let open = json!({"IdType": 2, "PersonUUID": "u-1", "ChannelAuthority2": 1});
    Caller::of(&door).done("EditPerson", open).await;
    assert_eq!(at(&door, 2).await, "granted");
}

#[tokio::test]
async fn with_resuming_a_push_comes_again_in_order_until_it_is_acknowledged_also_after_a_restart() {
    let (_folder, path) = folder();
    let config = every_frame(&path);
    let (door, caller) = door_with_one(config.clone()).await;
    let platform = Receiver::listen().await;
    caller
        .done("Subscribe", subscription(&platform, &["VerifyNoPic"], 1))
        .await;
    for _ in 0..3 {
        assert_eq!(
            door.present("rf_card", CARD).await["decision"]["result"],
            "granted"
        );
    }
    let first = platform.answered(r#"{"code":0}"#).await.json();
    drop(platform.next().await);
    let again = platform.answered("").await.json();
    assert_eq!(
        again["info"]["CreateTime"], first["info"]["CreateTime"],
        "nothing overtakes it"
    );
    door.running.stop().await;
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    let mut times = Vec::new();
    for _ in 0..3 {
        times.push(acknowledged(&platform).await.1["info"]["CreateTime"].clone());
    }
    assert_eq!(times[0], first["info"]["CreateTime"]);
    assert!(times.is_sorted_by_key(|time| time.to_string()), "{times:?}");
    // A further call of the same platform loses nothing that waits.
    caller
        .done("Subscribe", subscription(&platform, &["Snap"], 1))
        .await;
    let told = caller.told("GetSubscribe", json!({})).await;
    assert_eq!(told["Topics"], json!(["VerifyNoPic", "Snap"]));
}

#[tokio::test]
async fn without_resuming_a_push_goes_out_once() {
    let (_folder, path) = folder();
    let (door, caller) = door_with_one(every_frame(&path)).await;
    let platform = Receiver::listen().await;
    caller
        .done("Subscribe", subscription(&platform, &["VerifyNoPic"], 0))
        .await;
    door.present("rf_card", CARD).await;
    drop(platform.next().await);
    door.present("wiegand", "1234567").await;
    let second = platform.answered("").await.json();
    assert_eq!(second["info"]["VerfyType"], 24, "the first does not come again");
    door.present("rf_card", CARD).await;
    assert_eq!(acknowledged(&platform).await.1["info"]["VerfyType"], 21);
}

#[tokio::test]
async fn what_was_pushed_in_vain_comes_from_the_time_that_a_platform_names() {
    let (_folder, path) = folder();
    let (door, caller) = door_with_one(every_frame(&path)).await;
    let platform = Receiver::listen().await;
    caller
        .done("Subscribe", subscription(&platform, &["VerifyNoPic"], 0))
        .await;
    let mut lost = Vec::new();
    for _ in 0..2 {
        door.present("rf_card", CARD).await;
        lost.push(platform.answered("").await.json()["info"]["CreateTime"].clone());
    }
    let mut wanted = subscription(&platform, &["VerifyNoPic"], 1);
    wanted["BeginTime"] = lost[0].clone();
    caller.done("Subscribe", wanted).await;
    for time in &lost {
        assert_eq!(acknowledged(&platform).await.1["info"]["CreateTime"], *time);
    }
    door.present("wiegand", "1234567").await;
    assert_eq!(acknowledged(&platform).await.1["info"]["VerfyType"], 24);
    // Once all is there, records are wanted from then on.
    loop {
        let told = caller.told("GetSubscribe", json!({})).await;
        if told["BeginTime"].as_str() > lost[0].as_str() {
            break;
        }
    }
}

#[tokio::test]
async fn what_waits_to_come_again_does_so_once_the_platform_looks() {
    let (_folder, path) = folder();
    let mut config = every_frame(&path);
    config.facegate.as_mut().unwrap().resend_seconds = 3600;
    let (door, caller) = door_with_one(config).await;
    let platform = Receiver::listen().await;
    caller
        .done("Subscribe", subscription(&platform, &["VerifyNoPic"], 1))
        .await;
    door.present("rf_card", CARD).await;
    let first = platform.answered(r#"{"code":0}"#).await.json();
    let looks = async {
        loop {
            caller.told("GetSubscribe", json!({})).await;
        }
    };
    let again = tokio::select! {
        () = looks => unreachable!(),
        again = acknowledged(&platform) => again.1,
    };
    assert_eq!(again["info"]["CreateTime"], first["info"]["CreateTime"]);
}

#[tokio::test]
async fn what_is_pushed_by_hand_ends_where_nobody_takes_it_or_is_subscribed() {
    let (_folder, path) = folder();
    let (door, caller) = door_with_one(every_frame(&path)).await;
    let platform = Receiver::listen().await;
    caller
        .done("Subscribe", subscription(&platform, &["VerifyNoPic"], 1))
        .await;
    for _ in 0..6 {
        door.present("rf_card", CARD).await;
        acknowledged(&platform).await;
    }
    let times = json!({"DeviceID": DEVICE, "TimeS": "2018-07-28T9:00:00", "TimeE": "2090-08-07T9:00:00"});
    let again = caller.call("ManualPushRecords", times.clone()).await;
    assert_eq!(again["info"]["RecordNum"], 6);
    // Three are in vain; what comes next is another call's.
    for _ in 0..3 {
        drop(platform.next().await);
    }
    loop {
        let again = caller.call("ManualPushRecords", times.clone()).await;
        if again["code"] == 200 {
            break;
        }
    }
    let first = acknowledged(&platform).await.1["info"]["CreateTime"].clone();
    let mut second = platform.next().await;
    assert!(second.json()["info"]["CreateTime"].as_str() > first.as_str());
    caller
        .done(
            "Unsubscribe",
            json!({"DeviceID": DEVICE, "Num": 1, "Topics": ["VerifyNoPic"]}),
        )
        .await;
    second.answer(OK).await;
    caller
        .done("Subscribe", subscription(&platform, &["Snap", "VerifyNoPic"], 1))
        .await;
    door.present("wiegand", "1234567").await;
    assert_eq!(acknowledged(&platform).await.1["info"]["VerfyType"], 24);
}

#[tokio::test]
async fn heartbeats_come_with_the_password_and_end_with_the_last_topic() {
    let (_folder, path) = folder();
    let (door, caller) = door_with_one(facegate_config(&path)).await;
    let platform = Receiver::listen().await;
    let mut wanted = subscription(&platform, &["Snap"], 0);
    wanted["SubscribeUrl"]["HeartBeat"] = json!("/Subscribe/heartbeat");
    wanted["BeatInterval"] = json!(1);
    wanted["Auth"] = json!("basic");
    wanted["User"] = json!("ad:min");
    wanted["Pwd"] = json!("pass@word");
    assert_eq!(
        caller
            .refused("Subscribe", subscription(&platform, &["Weather"], 0))
            .await,
        462
    );
    caller.done("Subscribe", wanted).await;
    for _ in 0..2 {
        let mut beat = platform.next().await;
        let body = beat.json();
        assert_eq!(
            (&body["operator"], &body["info"]["DeviceID"]),
            (&json!("HeartBeat"), &json!(DEVICE))
        );
        assert_eq!(body["info"]["Time"].as_str().unwrap().len(), 19);
        assert_eq!(beat.target, "/Subscribe/heartbeat");
        let header = format!("Authorization: Basic {}", crate::base64(b"ad:min:pass@word"));
        assert!(beat.head.contains(&header), "{}", beat.head);
        beat.answer(r#"{"operator":"HeartBeat","code":200,"desc":"OK","info":{"Result":"Ok"}}"#)
            .await;
    }
    door.state_where(|state| state["connections"]["facegate"]["online"] == true)
        .await;
    caller
        .done("Unsubscribe", json!({"Num": 1, "Topics": ["Snap"]}))
        .await;
    assert_eq!(caller.told("GetSubscribe", json!({})).await, json!({"Num": 0}));
}

#[tokio::test]
async fn cards_codes_and_documents_have_pushes_of_their_own() {
    let (_folder, path) = folder();
    let (door, caller) = door_with_one(every_frame(&path)).await;
    let mut with_access = with(person("u-2", &any_photo()), "AccessId", "A-2");
    for (key, value) in [
        ("MjCardNo", json!(2)),
        ("RFIDCard", json!("A2")),
        ("IdCard", json!("110101200001011237")),
    ] {
        with_access["info"][key] = value;
    }
    assert_eq!(
        caller.raw("AddPerson", &with_access.to_string()).await["code"],
        200
    );
    let platform = Receiver::listen().await;
    caller
        .done(
            "Subscribe",
            subscription(&platform, &["Card", "QRCode", "IDCard", "VerifyNoPic"], 0),
        )
        .await;
    door.present("ic_card", "A-2").await;
    let (push, body) = acknowledged(&platform).await;
    assert_eq!(
        (push.target.as_str(), &body["operator"]),
        ("/Subscribe/Card", &json!("CardVerify"))
    );
    assert_eq!(
        (&body["info"]["CardNo"], &body["info"]["HasPic"]),
        (&json!("A-2"), &json!(0))
    );
    // A code is opened for by OpenDoor.
    let openings = door.state().await["door"]["openings"].as_i64().unwrap();
    let (shown, ()) = tokio::join!(door.present("qr", "visitor 7"), async {
        let (push, body) = acknowledged(&platform).await;
        assert_eq!(push.target, "/Subscribe/QRCode");
        assert_eq!(
            (&body["operator"], &body["info"]["QRcodeInfo"]),
            (&json!("QRCodePush"), &json!("visitor 7"))
        );
        caller
            .done("OpenDoor", json!({"DeviceID": "1300001", "status": 1, "msg": ""}))
            .await;
    });
    assert_eq!(shown["decision"]["result"], "granted");
    assert_eq!(door.state().await["door"]["openings"], openings + 1, "once");
    let document = json!({"name": "张三", "gender": "女", "birthday": "2000-01-01", "valid_from": "2015.01.02",
        "valid_until": "2035.01.02"});
    let body = json!({"kind": "id_card", "number": "110101200001011237", "document": document});
    let shown = door
        .request(reqwest::Method::POST, "/api/credentials")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(shown.status(), 200);
    let (push, body) = acknowledged(&platform).await;
    assert_eq!(
        (push.target.as_str(), &body["operator"]),
        ("/Subscribe/IDCard", &json!("IDCardInfoPush"))
    );
    assert_eq!(body["info"]["IDCard_Idno"], "110101200001011237");
    assert_eq!(
        (&body["info"]["IDCard_Gender"], &body["info"]["IDCard_Idperiod"]),
        (&json!(1), &json!("20150102-20350102"))
    );
    assert_eq!(acknowledged(&platform).await.1["info"]["VerfyType"], 2);
}

#[tokio::test]
async fn records_are_pushed_by_hand_whatever_was_acknowledged() {
    let (_folder, path) = folder();
    let (door, caller) = door_with_one(every_frame(&path)).await;
    let times = json!({"DeviceID": DEVICE, "TimeS": "2018-07-28T9:00:00", "TimeE": "2090-08-07T9:00:00"});
    let unsubscribed = caller.call("ManualPushRecords", times.clone()).await;
    assert_eq!(unsubscribed["info"]["Result"], "Fail");
    let platform = Receiver::listen().await;
    caller
        .done("Subscribe", subscription(&platform, &["VerifyNoPic"], 1))
        .await;
    for _ in 0..2 {
        door.present("rf_card", CARD).await;
        acknowledged(&platform).await;
    }
    let answer = caller.call("ManualPushRecords", times).await;
    assert_eq!(
        (&answer["code"], &answer["info"]["RecordNum"]),
        (&json!(200), &json!(2))
    );
    for _ in 0..2 {
        let (_, body) = acknowledged(&platform).await;
        assert_eq!(
            (&body["operator"], &body["info"]["PushType"]),
            (&json!("VerifyPush"), &json!(2))
        );
    }
    let none = json!({"TimeS": "2018-07-28T9:00:00", "TimeE": "2018-08-07T9:00:00"});
    assert_eq!(
        caller
            .refused("ManualPushRecords", json!({"TimeS": "now", "TimeE": ""}))
            .await,
        462
    );
    loop {
        // Until the former call has pushed everything.
        let answer = caller.call("ManualPushRecords", none.clone()).await;
        if answer["code"] == 200 {
            assert_eq!(answer["info"]["RecordNum"], 0);
            break;
        }
    }
}
