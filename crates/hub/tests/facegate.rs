//! The hub alone against a facegate terminal written from the document's bytes: the first word to it, what it pushes, what it
//! left during an outage, and devices that misbehave.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod facegate_device;
mod http_device;
mod kit;

use facegate_device::{
    FAST, Site, UNKNOWN, WHO, admins, asked, enter, hub, push, terminal, until, wall_clock,
};
use http_device::Reaction;
use kit::TestHub;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Notify;

const SNAP: &[u8] = include_bytes!("../../dialects/tests/golden/facegate/3.12.3-SnapPush.push.json");
const VERIFY: &[u8] = include_bytes!("../../dialects/tests/golden/facegate/3.12.4-VerifyPush.push.json");
const ID_CARD: &[u8] = include_bytes!("../../dialects/tests/golden/facegate/3.12.6-IDCardInfoPush.push.json");
const CARD: &[u8] = include_bytes!("../../dialects/tests/golden/facegate/3.12.7-CardVerify.push.json");
const PASSWORD: &[u8] = include_bytes!("../../dialects/tests/golden/facegate/3.12.8-PwdVerify.push.json");
const HEART_BEAT: &[u8] = include_bytes!("../../dialects/tests/golden/facegate/3.14-HeartBeat.push.json");

const ACKNOWLEDGED: &str = r#"{"code":200,"desc":"OK"}"#;

/// A result of somebody, as it is pushed.
fn verified(time: &str, status: i64, person: &str, more: Value) -> String {
    let mut info = json!({
        "DeviceID": 1_300_001, "PersonID": 7, "CreateTime": time, "Similarity1": 90.5, "VerifyStatus": status,
        "VerfyType": 1, "PersonType": 0, "Name": "hahaha", "PersonUUID": person, "CustomizeID": 123_456, "Sendintime": 1,
    });
    info.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    json!({"operator": "VerifyPush", "info": info, "SanpPic": "data:image/jpeg;base64,/9j/2wBDABQODxIPDRQ="})
        .to_string()
}

#[tokio::test]
async fn a_terminal_is_asked_who_it_is_and_subscribed_whole() {
    let (hub, admin) = hub().await;
    let mut device = terminal().await;
    let path = enter(&admin, &device, json!({})).await;
    let first = device.next().await;
    assert_eq!(
        (first.method.as_str(), first.path.as_str()),
        ("POST", "/action/GetSysParam")
    );
    assert_eq!(first.header("authorization"), Some("Basic YWRtaW46MTIzNDU="));
    let names: Vec<_> = first.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        names.contains(&"Authorization") && names.contains(&"Content-Length"),
        "{names:?}"
    );
    let subscribed = asked(&mut device, "Subscribe").await.json();
    let info = &subscribed["info"];
    assert_eq!(info["DeviceID"], 1_300_001);
    assert_eq!(
        info["Topics"],
        json!(["Snap", "Verify", "QRCode", "IDCard", "Card", "PassWord"])
    );
    assert_eq!(
        (&info["Num"], &info["ResumefromBreakpoint"]),
        (&json!(6), &json!(1))
    );
    assert_eq!(
        (&info["BeatInterval"], &info["Auth"]),
        (&json!(15), &json!("none"))
    );
    let devices = hub.running.listeners().devices.clone().unwrap();
    assert_eq!(info["SubscribeAddr"], format!("http://{devices}"));
    let verify = info["SubscribeUrl"]["Verify"].as_str().unwrap();
    let token = verify
        .strip_prefix("/facegate/")
        .unwrap()
        .strip_suffix("/verify")
        .unwrap();
    assert!(token.len() >= 32, "unguessable");
    assert_eq!(
        info["SubscribeUrl"]["HeartBeat"],
        format!("/facegate/{token}/heartbeat")
    );
    let shown = until(&admin, &path, "online").await;
    assert_eq!(
        (&shown["serial"], &shown["firmware"]),
        (&json!("1300001"), &json!("v4.0.5-0.0.6.0"))
    );
    assert_eq!(shown["capacity"], 10_000);
    assert!(shown["clock_skew_ms"].as_i64().unwrap().abs() < 60_000);
}

#[tokio::test]
async fn a_terminal_that_is_subscribed_already_is_not_subscribed_again() {
    let mut site = Site::start().await;
    let again =
        json!({"name": "another", "address": site.device.address.to_string(), "credentials": admins()});
    site.admin.patch(&site.path, &again).await.expect(200);
    // It is dialled anew; the first call after the look at the subscription tells that there was none to make.
    site.asked("GetDatabaseVer").await;
    site.asked("GetSubscribe").await;
    let next = site.device.next().await;
    assert_ne!(next.path, "/action/Subscribe");
}

#[tokio::test]
async fn a_wrong_password_keeps_the_device_offline_until_it_is_corrected() {
    let (_hub, admin) = hub().await;
    let mut device = terminal().await;
    device.answers("/action/GetSysParam", UNKNOWN);
    let path = enter(&admin, &device, json!({})).await;
    asked(&mut device, "GetSysParam").await;
    asked(&mut device, "GetSysParam").await;
    assert_eq!(admin.get(&path).await.json()["status"], "offline");
    device.answers("/action/GetSysParam", WHO);
    let right = json!({"credentials": {"user": "admin", "password": "right"}});
    admin.patch(&path, &right).await.expect(200);
    while asked(&mut device, "GetSysParam").await.header("authorization") != Some("Basic YWRtaW46cmlnaHQ=") {}
    until(&admin, &path, "online").await;
}

#[tokio::test]
async fn every_push_of_the_document_is_acknowledged_and_results_are_records() {
    let site = Site::start().await;
    for (path, push) in [
        ("snap", SNAP),
        ("verify", VERIFY),
        ("idcard", ID_CARD),
        ("card", CARD),
        ("password", PASSWORD),
        // What it is says the body.
        ("card", VERIFY),
    ] {
        let text = String::from_utf8_lossy(push)
            .replace("1300195", "1300001")
            .replace("1300196", "1300001");
        let answer = site.push(path, text).await.expect(200);
        assert_eq!(answer.text(), ACKNOWLEDGED, "{path}");
        assert_eq!(answer.header("content-length"), ACKNOWLEDGED.len().to_string());
    }
    let beat = site.push("heartbeat", HEART_BEAT).await.expect(200).json();
    assert_eq!(
        (&beat["operator"], &beat["code"]),
        (&json!("HeartBeat"), &json!(200))
    );
    let records = site.records().await;
    let told: Vec<_> = records
        .iter()
        .rev()
        .map(|record| {
            (
                record["method"].as_str().unwrap(),
                record["result"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("face", "stranger"),
            ("unknown", "denied"),
            ("ic_card", "granted"),
            ("pin", "granted")
        ]
    );
    assert_eq!(records[2]["late"], true, "Sendintime 0");
    assert_eq!(records[2]["occurred_at"], "2018-03-12T09:09:20Z");
}

#[tokio::test]
async fn a_card_that_is_told_twice_is_one_record_of_its_holder() {
    let site = Site::start().await;
    let holder = json!({
        "id": "holder", "name": "Holder", "credentials": [{"kind": "ic_card", "number": "77123"}],
    });
    site.admin.post("/persons", &holder).await.expect(201);
    let time = wall_clock(1);
    let card = json!({"DeviceID": 1_300_001, "CreateTime": time, "CardNo": "77123", "HasPic": 0});
    let card = json!({"operator": "CardVerify", "info": card}).to_string();
    let cards = json!({"VerfyType": 24, "AccessId": "77123"});
    site.push("card", card).await.expect(200);
    site.push("verify", verified(&time, 1, "holder", cards.clone()))
        .await
        .expect(200);
    let elsewhere = verified(&wall_clock(9), 1, "holder", cards);
    site.push("verify", elsewhere).await.expect(200);
    let records = site.records().await;
    let told: Vec<_> = records
        .iter()
        .map(|record| (&record["method"], &record["person_id"]))
        .collect();
    assert_eq!(told.len(), 2, "{records:?}");
    assert!(told.contains(&(&json!("ic_card"), &json!("holder"))), "{told:?}");
}

#[tokio::test]
async fn a_push_that_cannot_be_its_devices_is_not_acknowledged() {
    let site = Site::start().await;
    let token = site.pushes.rsplit('/').next().unwrap();
    let guessed = site.pushes.replace(token, "guessed");
    let time = wall_clock(1);
    push(&format!("{guessed}/verify"), verified(&time, 1, "a", json!({})))
        .await
        .expect(404);
    let other = verified(&time, 1, "a", json!({"DeviceID": 7}));
    site.push("verify", other).await.expect(403);
    site.push("verify", "{\"operator\":").await.expect(400);
    // Set up by hand: from the pinned address.
    let by_hand = site.pushes.replace(&format!("/{token}"), "");
    let answer = push(&format!("{by_hand}/verify"), verified(&time, 1, "a", json!({})))
        .await
        .expect(200);
    assert_eq!(answer.text(), ACKNOWLEDGED);
    let elsewhere = json!({"pinned_address": "192.0.2.1"});
    site.admin.patch(&site.path, &elsewhere).await.expect(200);
    push(&format!("{by_hand}/verify"), verified(&time, 2, "b", json!({})))
        .await
        .expect(404);
    assert_eq!(site.records().await.len(), 1);
}

#[tokio::test]
async fn a_record_is_one_however_often_and_in_whatever_form_it_comes() {
    let mut site = Site::start().await;
    let time = wall_clock(1);
    for _ in 0..2 {
        let answer = site
            .push("verify", verified(&time, 1, "a", json!({})))
            .await
            .expect(200);
        assert_eq!(answer.text(), ACKNOWLEDGED);
    }
    assert_eq!(site.records().await.len(), 1);
    // Asked for, it lacks the kind; and there is one that was never pushed.
    let listed = json!({"operator": "SearchControl", "info": {"DeviceID": 1_300_001, "TotalNum": 2, "SearchInfo": [
        {"Time": time, "VerifyStatus": 1, "LibID": 7, "Name": "hahaha", "PersonUUID": "a"},
        {"Time": wall_clock(2), "VerifyStatus": "2", "LibID": 8, "Name": "other", "PersonUUID": "b"},
    ]}});
    site.device
        .on("/action/SearchControl", Reaction::Answer(listed.to_string()));
    let again = format!("{}/commands", site.path);
    let clear = json!({"kind": "clear_records"});
    site.admin.post(&again, &clear).await.expect(202);
    let first = site.asked("SearchControl").await.json();
    assert_eq!(first["info"]["BeginNO"], 0);
    while site.asked("SearchControl").await.json()["info"]["BeginNO"] != 2 {}
    site.device.answers("/action/SearchControl", "");
    let reset = site.asked("SetFactoryDefault").await.json();
    assert_eq!(
        (&reset["info"]["DefaltRecord"], &reset["info"]["DefaltPerson"]),
        (&json!(1), &json!(0))
    );
    let records = site.records().await;
    assert_eq!(records.len(), 2, "{records:?}");
    assert!(
        records
            .iter()
            .any(|record| record["person_name"] == "other" && record["result"] == "denied")
    );
}

#[tokio::test]
async fn what_an_outage_left_is_fetched_once_the_terminal_is_there_again() {
    let device = terminal().await;
    let listed = json!({"operator": "SearchControl", "info": {"DeviceID": 1_300_001, "TotalNum": 1, "SearchInfo": [
        {"Time": wall_clock(3), "VerifyStatus": 1, "VerfyType": 1, "LibID": 7, "Name": "left", "PersonUUID": "a"},
    ]}});
    device.answers("/action/SearchControl", &listed.to_string());
    let site = Site::start_with(json!({}), device).await;
    let mut events = site.admin.events(Some(0)).await;
    let record = events.next_named("record.created").await.data;
    site.device.answers("/action/SearchControl", "");
    assert_eq!(
        (&record["person_name"], &record["late"]),
        (&json!("left"), &json!(true))
    );
}

#[tokio::test]
async fn pictures_that_are_too_much_for_one_answer_are_fetched_in_smaller_pages() {
    let listed = json!({"operator": "SearchControl", "info": {"DeviceID": 1_300_001, "TotalNum": 1, "SearchInfo": [
        {"Time": wall_clock(3), "VerifyStatus": 1, "VerfyType": 1, "LibID": 7, "Name": "left", "PersonUUID": "a"},
    ]}});
    let listed = Reaction::Once(listed.to_string(), String::new());
    let mut device = terminal().await;
    let too_much = Reaction::FloodOnce(Box::new(Reaction::FloodOnce(Box::new(listed))));
    device.on("/action/SearchControl", too_much);
    let (_hub, admin) = hub().await;
    enter(&admin, &device, json!({})).await;
    for (begin, count) in [(0, 16), (0, 8), (0, 4), (1, 4)] {
        let asked = asked(&mut device, "SearchControl").await.json();
        let page = (&asked["info"]["BeginNO"], &asked["info"]["RequestCount"]);
        assert_eq!(page, (&json!(begin), &json!(count)));
    }
    assert_eq!(admin.all("/records").await[0]["person_name"], "left");
}

#[tokio::test]
async fn a_pass_that_is_told_once_and_lost_is_fetched_soon() {
    let mut site = Site::start().await;
    // Nothing was left when the terminal came; what it tells now does not arrive.
    site.asked("SearchControl").await;
    let mut events = site.admin.events(None).await;
    let listed = json!({"operator": "SearchControl", "info": {"DeviceID": 1_300_001, "TotalNum": 1, "SearchInfo": [
        {"Time": wall_clock(0), "VerifyStatus": 1, "VerfyType": 24, "LibID": 7, "Name": "lost", "PersonUUID": "a"},
    ]}});
    site.device.answers("/action/SearchControl", &listed.to_string());
    let record = events.next_named("record.created").await.data;
    site.device.answers("/action/SearchControl", "");
    assert_eq!(record["person_name"], "lost");
}

#[tokio::test]
async fn where_the_hub_decides_only_a_fresh_question_is_answered_by_a_verdict() {
    let mut site = Site::start_with(json!({"decision": "hub"}), terminal().await).await;
    let told = site.asked("SetDoorCondition").await.json();
    assert_eq!(told["info"]["OpendoorWay"], 3);
    site.person("p-1").await;
    site.asked("AddPerson").await;
    site.on_roster("p-1", "applied").await;
    let ask = async |time: &str, person: &str, more: Value| {
        site.push("verify", verified(time, 22, person, more))
            .await
            .expect(200)
            .json()
    };
    let time = wall_clock(0);
    let yes = ask(&time, "p-1", json!({})).await;
    assert_eq!((&yes["code"], &yes["openDoor"]), (&json!(200), &json!(1)));
    assert_eq!(yes["showInfo"], "请通行");
    let again = ask(&time, "p-1", json!({})).await;
    assert_eq!(
        again,
        json!({"code": 200, "desc": "OK"}),
        "a repeat opens nothing"
    );
    let no = ask(&time, "p-2", json!({"PersonID": 8})).await;
    assert_eq!(no["openDoor"], 0);
    for old in [
        json!({"Sendintime": 0, "PersonID": 9}),
        json!({"PushType": 2, "PersonID": 10}),
    ] {
        let answer = ask(&time, "p-1", old).await;
        assert_eq!(answer, json!({"code": 200, "desc": "OK"}));
    }
    let results: Vec<_> = site
        .records()
        .await
        .iter()
        .map(|record| record["result"].clone())
        .collect();
    assert_eq!(results[2..], [json!("not_authorised"), json!("granted")]);
    // Back to the device.
    site.device.answers(
        "/action/GetDoorCondition",
        r#"{"operator":"GetDoorCondition","info":{"OpendoorWay":3}}"#,
    );
    site.admin
        .patch(&site.path, &json!({"decision": "device"}))
        .await
        .expect(200);
    assert_eq!(
        site.asked("SetDoorCondition").await.json()["info"]["OpendoorWay"],
        2
    );
}

#[tokio::test]
async fn a_code_is_decided_by_the_hub_and_answered_by_a_call() {
    let mut site = Site::start().await;
    let code = "menshen:7f3a";
    let holder = json!({"id": "g-1", "name": "guest", "groups": [site.group], "credentials": [{"kind": "qr", "number": code}]});
    site.admin.post("/persons", &holder).await.expect(201);
    let shown = |code: &str| {
        json!({"operator": "QRCodePush", "info": {"DeviceID": 1_300_001, "QRcodeInfo": code}}).to_string()
    };
    assert_eq!(
        site.push("qrcode", shown(code)).await.expect(200).text(),
        ACKNOWLEDGED
    );
    let opened = site.asked("OpenDoor").await.json();
    assert_eq!(
        (&opened["info"]["status"], &opened["info"]["msg"]),
        (&json!(1), &json!("请通行"))
    );
    site.push("qrcode", shown("forged")).await.expect(200);
    let refused = site.asked("OpenDoor").await.json();
    assert_eq!(refused["info"]["status"], 0);
    let records = site.records().await;
    assert_eq!(
        (&records[1]["method"], &records[1]["result"]),
        (&json!("qr"), &json!("granted"))
    );
    assert_eq!(records[0]["result"], "not_authorised");
}

#[tokio::test]
async fn a_door_is_opened_for_nobody_who_waited_in_vain() {
    let mut site = Site::start().await;
    let code = "menshen:7f3a";
    let holder = json!({"id": "g-1", "name": "guest", "groups": [site.group], "credentials": [{"kind": "qr", "number": code}]});
    site.admin.post("/persons", &holder).await.expect(201);
    let free = Arc::new(Notify::new());
    let wiped = facegate_device::done("DeleteAllPerson");
    site.device.on(
        "/action/DeleteAllPerson",
        Reaction::When(Arc::clone(&free), wiped),
    );
    let commands = format!("{}/commands", site.path);
    let wipe = json!({"kind": "native", "operation": "DeleteAllPerson", "body": {"DeleteAllPersonCheck": 1}});
    site.admin.post(&commands, &wipe).await.expect(202);
    site.asked("DeleteAllPerson").await;

    // The terminal is busy for longer than somebody stands before the door.
    let shown = json!({"operator": "QRCodePush", "info": {"DeviceID": 1_300_001, "QRcodeInfo": code}});
    site.push("qrcode", shown.to_string()).await.expect(200);
    let mut events = site.admin.events(None).await;
    let open = json!({"kind": "open_door", "expires_in": 4});
    let open = site.admin.post(&commands, &open).await.expect(202).json();
    loop {
        let told = events.next_named("command.updated").await.data;
        assert_ne!(told["state"], "done", "{told}");
        if told["id"] == open["id"] && told["state"] == "expired" {
            break;
        }
    }
    free.notify_one();
    site.command(&json!({"kind": "show_message", "text": "later"}))
        .await;
    let told = site.asked("OpenDoor").await.json();
    assert_eq!(
        (&told["info"]["status"], &told["info"]["msg"]),
        (&json!(0), &json!("later"))
    );
}

#[tokio::test]
async fn an_unknown_terminal_is_pending_and_not_acknowledged() {
    let (hub, admin) = hub().await;
    let base = format!(
        "http://{}/facegate",
        hub.running.listeners().devices.clone().unwrap()
    );
    let record = verified(&wall_clock(1), 1, "a", json!({}));
    let answer = push(&format!("{base}/verify"), record.clone())
        .await
        .expect(403)
        .json();
    assert_ne!(answer["code"], 200);
    push(&format!("{base}/heartbeat"), HEART_BEAT).await.expect(403);
    let pending = admin.all("/devices?status=pending").await;
    let found = pending
        .iter()
        .find(|device| device["serial"] == "1300001")
        .unwrap();
    assert_eq!(found["address"], "127.0.0.1:80");
    let path = format!("/devices/{}", found["id"].as_str().unwrap());
    let commands = format!("{path}/commands");
    admin
        .post(&commands, &json!({"kind": "reboot"}))
        .await
        .expect(409);
    let approval = json!({"credentials": admins(), "time_zone": "UTC"});
    let approved = admin
        .post(&format!("{path}/approve"), &approval)
        .await
        .expect(200)
        .json();
    assert_eq!(approved["pinned_address"], "127.0.0.1");
    let answer = push(&format!("{base}/verify"), record).await.expect(200);
    assert_eq!(answer.text(), ACKNOWLEDGED);
    // It listens elsewhere than supposed.
    let device = terminal().await;
    let address = json!({"address": device.address.to_string()});
    admin.patch(&path, &address).await.expect(200);
    until(&admin, &path, "online").await;
    assert_eq!(admin.all("/records").await.len(), 1);
}

#[tokio::test]
async fn a_hub_that_comes_back_elsewhere_is_subscribed_anew_and_takes_what_was_kept() {
    let site = Site::start().await;
    let (kept, time) = (verified(&wall_clock(1), 1, "a", json!({})), wall_clock(0));
    site.push("verify", kept.clone()).await.expect(200);
    let Site {
        hub,
        mut device,
        path,
        pushes,
        ..
    } = site;
    let hub = TestHub::start_in(hub.stop().await, FAST).await;
    let subscribed = asked(&mut device, "Subscribe").await.json();
    let address = subscribed["info"]["SubscribeAddr"].as_str().unwrap();
    let verify = subscribed["info"]["SubscribeUrl"]["Verify"].as_str().unwrap();
    let token = pushes.rsplit('/').next().unwrap();
    assert_eq!(
        verify,
        format!("/facegate/{token}/verify"),
        "what is under way finds its way"
    );
    let admin = hub.admin().await;
    until(&admin, &path, "online").await;
    for record in [kept, verified(&time, 1, "b", json!({"PersonID": 8}))] {
        let answer = push(&format!("{address}{verify}"), record).await.expect(200);
        assert_eq!(answer.text(), ACKNOWLEDGED);
    }
    assert_eq!(admin.all("/records").await.len(), 2);
}

#[tokio::test]
async fn silence_is_a_lost_subscription_or_a_terminal_that_is_gone() {
    let hub = TestHub::start_with(&format!("{FAST}period_seconds = 1\n")).await;
    let admin = hub.admin().await;
    let mut device = terminal().await;
    let path = enter(&admin, &device, json!({})).await;
    asked(&mut device, "Subscribe").await;
    until(&admin, &path, "online").await;
    let nothing = r#"{"operator":"GetSubscribe","info":{"Num":0}}"#;
    device.answers("/action/GetSubscribe", nothing);
    let again = asked(&mut device, "Subscribe").await.json();
    assert_eq!(again["info"]["BeatInterval"], 1);
    drop(device);
    until(&admin, &path, "offline").await;
}

#[tokio::test]
async fn misbehaving_terminals_delay_no_other() {
    let mut site = Site::start().await;
    let mut bad = Vec::new();
    let redirect =
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec();
    for reaction in [
        Reaction::Endless,
        Reaction::Flood,
        Reaction::HangUp,
        Reaction::Raw(redirect),
    ] {
        let device = terminal().await;
        device.on("/action/GetSysParam", reaction);
        bad.push((enter(&site.admin, &device, json!({})).await, device));
    }
    for (_, device) in &mut bad {
        asked(device, "GetSysParam").await;
    }
    let begun = std::time::Instant::now();
    let opened = site.command(&json!({"kind": "open_door"})).await;
    assert_eq!(opened["state"], "done");
    site.asked("OpenDoor").await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(2));
    for (path, device) in &mut bad {
        asked(device, "GetSysParam").await;
        assert_eq!(site.admin.get(path).await.json()["status"], "offline");
    }
}

#[tokio::test]
async fn a_password_and_an_address_that_are_changed_are_followed() {
    let mut site = Site::start().await;
    let native =
        json!({"kind": "native", "operation": "SetUserPwd", "body": {"User": "admin", "Pwd": "new"}});
    let changed = site.command(&native).await;
    assert_eq!(changed["state"], "done", "{changed}");
    let set = site.asked("SetUserPwd").await;
    assert_eq!(set.header("authorization"), Some("Basic YWRtaW46MTIzNDU="));
    let next = site.asked("GetSysParam").await;
    assert_eq!(next.header("authorization"), Some("Basic YWRtaW46bmV3"));
    let kept = site
        .admin
        .get(&format!("{}/credentials", site.path))
        .await
        .expect(200)
        .json();
    assert_eq!(kept["password"], "new");
    // The network's change is not answered (3.4).
    let mut moved = terminal().await;
    site.device.on("/action/SetNetParam", Reaction::Endless);
    let port =
        json!({"kind": "native", "operation": "SetNetParam", "body": {"WebPort": moved.address.port()}});
    site.command(&port).await;
    let called = asked(&mut moved, "GetSysParam").await;
    assert_eq!(called.header("authorization"), Some("Basic YWRtaW46bmV3"));
    let shown = until(&site.admin, &site.path, "online").await;
    assert_eq!(shown["address"], moved.address.to_string());
    // The address stands among the common parameters, too (3.23).
    moved.answers(
        "/action/SetGeneralParam",
        &facegate_device::done("SetGeneralParam"),
    );
    let elsewhere =
        json!({"kind": "native", "operation": "SetGeneralParam", "body": {"IPAddr": "127.0.0.2"}});
    let changed = site.command(&elsewhere).await;
    assert_eq!(changed["state"], "done", "{changed}");
    let shown = site.admin.get(&site.path).await.expect(200).json();
    assert_eq!(shown["address"], format!("127.0.0.2:{}", moved.address.port()));
}
