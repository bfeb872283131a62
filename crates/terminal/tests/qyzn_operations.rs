//! The terminal alone against a platform written from the document's bytes: each operation, its success and a documented
//! error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use support::http::Receiver;
use support::platform::{Link, Platform};
use support::{Door, folder, qyzn_config, sample};

async fn done(link: &mut Link, message: &str, data: Value) -> Value {
    let answer = link.ask(message, data).await;
    assert_eq!(answer["result"], 0, "{message}: {answer}");
    answer["data"].clone()
}

async fn refused(link: &mut Link, message: &str, data: Value, code: i64) {
    let answer = link.ask(message, data).await;
    assert_eq!(answer["result"], code, "{message}: {answer}");
}

/// `add_person` of the document's example (4.3.1) with other times.
fn example(id: &str) -> Value {
    json!({
        "personId": id, "personCode": "100001", "name": "张三", "type": 1, "idNum": "420381200010013857",
        "icNum": "157342643", "passNum": 10, "passPeriod": "00:00~24:00", "passMonday": true, "passTuesday": true,
        "passWednesday": true, "passThursday": true, "passFriday": true, "passSaturday": true, "passSunday": true,
        "startTime": "2019-01-01 00:00:00", "expireTime": "2099-01-01 00:00:00",
    })
}

#[tokio::test]
async fn people_by_every_message_of_chapters_4_3_and_4_4() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let door = Door::start_with_faces(qyzn_config(&path, platform.address())).await;
    let mut link = platform.welcome().await;
    done(&mut link, "add_person", example("100001")).await;
    refused(&mut link, "add_person", example("100001"), 101).await;
    refused(
        &mut link,
        "add_person",
        json!({"personId": "x", "personCode": "1", "name": "", "type": 1}),
        104,
    )
    .await;
    let change = json!({"personId": "100001", "personCode": "7", "name": "李四"});
    done(&mut link, "update_person", change).await;
    refused(
        &mut link,
        "update_person",
        json!({"personId": "nobody", "personCode": "7"}),
        105,
    )
    .await;
    let photo = STANDARD.encode(sample(face::samples::SAMPLES[0].file.name));
    let face =
        json!({"personid": "100001", "faceid": "f1", "image": format!("data:image/jpeg;base64,{photo}")});
    done(&mut link, "add_face", face).await;
    refused(
        &mut link,
        "add_face",
        json!({"personId": "100001", "faceId": "f2", "image": "AAAA"}),
        110,
    )
    .await;

    // 4.3.6 and 4.3.7: the number first, then each person, told again where the platform is busy.
    assert_eq!(
        done(&mut link, "sync_person", json!({})).await,
        json!({"person_num": 1})
    );
    let told = link.request("device_sync_person").await;
    assert_eq!(
        (
            told.data("personId"),
            told.data("name"),
            told.data("personCode"),
            told.data("icNum")
        ),
        (&json!("100001"), &json!("李四"), &json!("7"), &json!("157342643"))
    );
    assert_eq!(told.data("faces")[0]["faceId"], "f1");
    assert_eq!(told.data("faces")[0]["image"], photo);
    assert_eq!(
        (told.data("passNum"), told.data("expireTime")),
        (&json!(10), &json!("2099-01-01 00:00:00"))
    );
    let busy = json!({"result": 109, "desc": "Success", "data": {"waitSeconds": 1}});
    link.answer(told.sequence, &busy).await;
    let again = link.request("device_sync_person").await;
    assert_eq!(again.data("personId"), "100001");
    let faces = json!([{"oriFaceId": "f1", "newFaceId": "g1"}]);
    let renamed = json!({"oriPersonId": "100001", "newPersonId": "200002", "faces": faces});
    link.answer(
        again.sequence,
        &json!({"result": 0, "desc": "Success", "data": renamed}),
    )
    .await;
    // The new id is everybody's: the old one is nobody's.
    refused(
        &mut link,
        "update_person",
        json!({"personId": "100001", "personCode": "7"}),
        105,
    )
    .await;
    done(
        &mut link,
        "update_person",
        json!({"personId": "200002", "personCode": "8"}),
    )
    .await;
    let frame = door.frame(sample(face::samples::SAMPLES[0].file.name)).await;
    assert_eq!(frame["faces"][0]["person_id"], "200002");

    for gone in ["f1", "f9"] {
        refused(&mut link, "delete_face", json!({"faceId": gone}), 102).await;
    }
    // The photo, too, keeps its new id; a platform that changes it alone is obeyed as well.
    done(&mut link, "sync_person", json!({})).await;
    let told = link.request("device_sync_person").await;
    assert_eq!(told.data("faces")[0]["faceId"], "g1");
    let faces = json!([{"oriFaceId": "g1", "newFaceId": "h1"}]);
    let same = json!({"oriPersonId": "200002", "newPersonId": "200002", "faces": faces});
    link.answer(
        told.sequence,
        &json!({"result": 0, "desc": "Success", "data": same}),
    )
    .await;
    refused(&mut link, "delete_face", json!({"faceId": "g1"}), 102).await;
    let frame = door.frame(sample(face::samples::SAMPLES[0].file.name)).await;
    assert_eq!(frame["faces"][0]["person_id"], "200002");
    refused(&mut link, "delete_face", json!({}), 104).await;
    done(&mut link, "delete_face", json!({"personId": "200002"})).await;
    refused(&mut link, "delete_person", json!({"idSet": ["100001"]}), 105).await;
    refused(&mut link, "delete_person", json!({"idSet": []}), 104).await;
    done(&mut link, "delete_person", json!({"idSet": ["200002"]})).await;
    done(&mut link, "clear_person", json!({})).await;
}

#[tokio::test]
async fn whom_the_platform_lists_as_a_stranger_passes_only_while_listed_otherwise() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let mut config = qyzn_config(&path, platform.address());
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start(config).await;
    let mut link = platform.welcome().await;
    let person = json!({"personId": "1", "personCode": "1", "name": "N", "type": 4, "icNum": "77",
        "startTime": "0000-00-00 00:00:00", "expireTime": "0000-00-00 00:00:00"});
    done(&mut link, "add_person", person).await;
    for (change, passes) in [
        (json!({}), false),
        (json!({"passPeriod": "00:00~24:00"}), false),
        (json!({"type": 1}), true),
        (json!({"type": 4}), false),
        (json!({"type": 3, "name": "M"}), true),
        (json!({"type": 1}), true),
    ] {
        let mut update = json!({"personId": "1", "personCode": "1"});
        update
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        done(&mut link, "update_person", update).await;
        let passed = door.card("77").await["decision"]["result"] == "granted";
        assert_eq!(passed, passes, "{change}");
        link.record(json!({})).await;
    }
}

#[tokio::test]
async fn a_program_is_installed_though_the_connection_ends_meanwhile() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let _door = Door::start(qyzn_config(&path, platform.address())).await;
    let mut link = platform.welcome().await;
    let server = Receiver::listen().await;
    let program = b"a program".to_vec();
    let check = Md5::digest(&program)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    let data = json!({"url": server.url("/file.bin"), "version": "V9.1.0", "check": check});
    let body = json!({"message": "device_upgrade", "data": data}).to_string();
    link.write(2, 3, 4711, &body).await;
    let mut fetch = server.next().await;
    drop(link);
    let mut again = platform.accept().await;
    again.admit().await;
    fetch
        .answer_with("200 OK", "application/octet-stream", &program)
        .await;
    // It restarts, and says what it is now.
    let mut restarted = platform.accept().await;
    let login = restarted.read().await;
    assert_eq!(
        (login.message(), login.data("version")),
        ("login", &json!("V9.1.0"))
    );
}

#[tokio::test]
async fn groups_of_configuration_survive_a_restart_and_refuse_what_is_out_of_range() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let config = qyzn_config(&path, platform.address());
    let door = Door::start(config.clone()).await;
    let mut link = platform.welcome().await;
    for (group, fields, wrong) in [
        (
            "time",
            json!({"time_control": 2, "ntpServer": "192.168.1.250", "ntpPort": 3030}),
            json!({"ntpPort": 65_536}),
        ),
        (
            "ledctl",
            json!({"mode": 0, "closeScreen": 10}),
            json!({"closeScreen": 4}),
        ),
        (
            "serial",
            json!({"baudrate": 0, "databit": 5, "stopbit": 0, "checktype": 1, "putOutType": 2}),
            json!({"stopbit": 3}),
        ),
        ("audioctl", json!({"level": 15}), json!({"level": -1})),
        (
            "weigand",
            json!({"type": 1, "InputType": 1, "putOutType": 10}),
            json!({"putOutType": 3}),
        ),
        (
            "vaparam",
            json!({"SimilarThres": 81, "DetThres": 66, "LiveThres": 51, "LiveSwitch": 1, "Distance": 5, "safetyhatDecect": true}),
            json!({"Distance": 6}),
        ),
        (
            "switchCtrl",
            json!({"switchOutput": true, "switchOutMode": 1, "outputInterval": 10_000, "outputDelay": 5000}),
            json!({"switchOutMode": 65}),
        ),
        (
            "VoiceTips",
            json!({"SuccessTips": 8, "FailTips": 2}),
            json!({"SuccessTips": 0}),
        ),
        (
            "ProductNameSet",
            json!({"UIName": "动态人脸识别终端"}),
            json!({"UIName": "x".repeat(101)}),
        ),
        ("OpenDoorModeSet", json!({"OpenDoor": 6}), json!({"OpenDoor": -1})),
        (
            "StrangerParam",
            json!({"strangerIdentifyEn": false, "strangerOpenDoorEn": false}),
            json!({"strangerIdentifyEn": "maybe"}),
        ),
        (
            "HttpPush",
            json!({"httpPushEnable": false, "appid": "12355", "appSecret": "afaf", "AuthSn": "fafafa"}),
            json!({"charcode": 1}),
        ),
        (
            "system_reboot",
            json!({"week": 4, "auto_reboot": true, "log_level": 0, "time": "03:00:00"}),
            json!({"time": "3 o'clock"}),
        ),
        (
            "VerifyRetRspSet",
            json!({"SnapshotPic": false}),
            json!({"SnapshotPic": 3}),
        ),
        (
            "ForbidIdCardSet",
            json!({"NumPrefix": ["44", "4405"]}),
            json!({"NumPrefix": ["1234567890123"]}),
        ),
    ] {
        done(&mut link, "config_system", json!({ group: fields })).await;
        refused(&mut link, "config_system", json!({ group: wrong }), 104).await;
        holds(&mut link, group, &fields).await;
    }
    refused(&mut link, "config_system", json!({"coffee": {"cups": 1}}), 103).await;
    refused(
        &mut link,
        "config_system",
        json!({"version": {"appVer": "2"}}),
        104,
    )
    .await;
    refused(&mut link, "get_configs", json!({"groupKey": ["coffee"]}), 103).await;
    // Of several groups the unknown ones are left out (QUIRKS T61).
    let two = done(
        &mut link,
        "get_configs",
        json!({"groupKey": ["version", "coffee", " ledctl"]}),
    )
    .await;
    assert_eq!(
        (two.as_array().unwrap().len(), &two[0]["license"]),
        (2, &json!("MS-TEST-1"))
    );
    // All of a message, or nothing of it.
    refused(
        &mut link,
        "config_system",
        json!({"audioctl": {"level": 1}, "ledctl": {"mode": 9}}),
        104,
    )
    .await;
    holds(&mut link, "audioctl", &json!({"level": 15})).await;
    drop(link);
    door.running.stop().await;

    let _door = Door::start(config).await;
    let mut link = platform.welcome().await;
    holds(&mut link, "serial", &json!({"baudrate": 0, "putOutType": 2})).await;
    holds(
        &mut link,
        "ForbidIdCardSet",
        &json!({"NumPrefix": ["44", "4405"]}),
    )
    .await;
}

async fn holds(link: &mut Link, group: &str, fields: &Value) {
    let answer = link.ask("get_configs", json!({"groupKey": [group]})).await;
    assert_eq!(answer["data"][0]["groupKey"], group);
    for (key, value) in fields.as_object().unwrap() {
        assert_eq!(&answer["data"][0][key], value, "{group}.{key}");
    }
}

#[tokio::test]
async fn what_only_the_platform_can_answer() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let door = Door::start(qyzn_config(&path, platform.address())).await;
    let mut link = platform.welcome().await;
    door.state_where(|state| state["connections"]["qyzn"]["online"] == true)
        .await;
    for (code, opendoor, result) in [("adddfffsss", 1, "granted"), ("another", 0, "denied")] {
        let shown = door.present("qr", code);
        let asked = async {
            let asked = link.request("qrcode_data").await;
            assert_eq!(
                asked.body,
                json!({"message": "qrcode_data", "data": {"content": code}})
            );
            link.answer(
                asked.sequence,
                &json!({"result": 0, "desc": "Success", "data": {"opendoor": opendoor}}),
            )
            .await;
        };
        let (shown, ()) = tokio::join!(shown, asked);
        assert_eq!(shown["decision"]["result"], result);
        // Shown again at once it is the same pass (terminal rule 6): nobody is asked.
        let again = door.present("qr", code).await;
        assert_eq!(again["decision"]["result"], result);
    }
    // A silent platform: the door stays shut, and the answer comes nevertheless.
    assert_eq!(
        door.present("qr", "a third").await["decision"]["reason"],
        "platform_silent"
    );
    let silent = link.request("qrcode_data").await;
    assert_eq!(silent.kind, 3);
    for (result, outcome) in [
        (0, json!({"answered_by": "u1", "result": "answered"})),
        (104, json!({"answered_by": null, "result": "unknown_room"})),
        (105, json!({"answered_by": null, "result": "nobody"})),
    ] {
        let called = door.call("304");
        let asked = async {
            let asked = link.request("device_call_param").await;
            assert_eq!((asked.version, asked.data("callNo")), (5, &json!("304")));
            let data = json!({"callRequestId": asked.data("callRequestId"), "callNo": "304", "callMaxSeconds": 60,
                "calleds": [{"userId": "u1", "token": "", "phoneNo": "13800000000"}]});
            link.answer(
                asked.sequence,
                &json!({"message": "device_call_param", "result": result, "data": data}),
            )
            .await;
            if result == 0 {
                let report = link.request("device_call_result").await;
                assert_eq!(report.data("callRequestId"), asked.data("callRequestId"));
                assert_eq!(report.data("callRecords")[0]["callResult"], 7);
                link.answer(
                    report.sequence,
                    &json!({"message": "device_call_result", "result": 0}),
                )
                .await;
            }
        };
        let (called, ()) = tokio::join!(called, asked);
        assert_eq!(called, outcome);
    }
}
