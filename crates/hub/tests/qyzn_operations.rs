//! The hub alone against a terminal written from the document's bytes: what each operation looks like on the wire, what
//! becomes of a success, and what of a documented error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod device;
mod kit;

use device::Came;
use device::site::Site;
use serde_json::{Value, json};

#[tokio::test]
async fn what_the_hub_asks_of_a_device() {
    let mut site = Site::start().await;
    let none = || json!({});
    site.command(json!({"kind": "open_door"}), "open_door", none(), none(), 109)
        .await;
    site.command(json!({"kind": "reboot"}), "device_restart", none(), none(), -1)
        .await;
    site.command(
        json!({"kind": "clear_records"}),
        "record_clear",
        none(),
        none(),
        -1,
    )
    .await;
    let upgrade = json!({"kind": "upgrade", "url": "http://10.0.0.1/file.bin", "version": "V1.0.2",
        "md5": "E10ADC3949BA59ABBE56E057F20F883E"});
    let wire = json!({"url": "http://10.0.0.1/file.bin", "version": "V1.0.2", "check": "e10adc3949ba59abbe56e057f20f883e"});
    site.command(upgrade, "device_upgrade", wire, none(), 203).await;
    let output = json!({"kind": "serial_output", "hex": "1234ef"});
    site.command(
        output,
        "serial_output",
        json!({"index": 0, "content": "1234EF"}),
        none(),
        104,
    )
    .await;
    let output = json!({"kind": "wiegand_output", "hex": "1234ef"});
    site.command(
        output,
        "weigand_output",
        json!({"content": "1234EF"}),
        none(),
        104,
    )
    .await;
    let resend =
        json!({"kind": "resend_records", "from": "2021-01-01T00:30:20Z", "until": "2021-01-02T00:30:20Z"});
    let wire = json!({"recordType": 2, "snapStartTime": "2021-01-01 08:30:20", "snapEndTime": "2021-01-02 08:30:20"});
    site.command(resend, "reSend_record_set", wire, none(), 104).await;
    // The document's own answer (4.5.8).
    let card = json!({"cardType": 1, "name": "Jim", "idNum": "420381198802141789", "ethnic": "汉", "gender": 1,
        "birthday": "1989-10-10", "address": "北京市朝阳区清湖路", "idIssuingOrgan": "北京市朝阳区公安局",
        "idUsefulLife": "2000-01-01~2030-01-01"});
    let read = json!({"kind": "read_card", "timeout": 10});
    let result = site
        .command(read, "swiping_card", json!({"timeOut": 10}), card, 107)
        .await;
    assert_eq!(
        (&result["kind"], &result["number"]),
        (&json!("id_card"), &json!("420381198802141789"))
    );
    let picture = json!({"image": "/9j/2wBDABQODxIPDRQ="});
    let snapshot = json!({"kind": "snapshot", "timeout": 5});
    site.command(
        snapshot,
        "snapshot_picture",
        json!({"timeoutSeconds": 5}),
        picture,
        107,
    )
    .await;
    for (operation, wire, code) in [
        (
            "add_person",
            json!({"personId": "1", "personCode": "1", "name": "N", "type": 1}),
            101,
        ),
        ("update_person", json!({"personId": "1", "personCode": "1"}), 105),
        ("delete_person", json!({"idSet": ["1"]}), 105),
        ("clear_person", json!({}), -1),
        (
            "add_person_face",
            json!({"personId": "1", "personCode": "1", "name": "N", "type": 1}),
            110,
        ),
        (
            "add_face",
            json!({"personId": "1", "faceId": "1", "image": "AAAA"}),
            110,
        ),
        ("delete_face", json!({"faceId": "1"}), 102),
        ("sync_person", json!({}), -1),
        ("online_openDoor", json!({"online": 1, "mode": 2}), 104),
        (
            "config_device_pass_rule",
            json!({"weekly": {"mon": {"mode": 0}}}),
            104,
        ),
    ] {
        site.native(operation, wire, json!({}), code).await;
    }
}

#[tokio::test]
async fn the_configuration_of_a_device_is_read_and_set() {
    let mut site = Site::start().await;
    let path = site.path.clone();
    for group in [
        "version",
        "netinfo",
        "time",
        "ledctl",
        "serial",
        "audioctl",
        "weigand",
        "vaparam",
        "switchCtrl",
        "VoiceTips",
        "ProductNameSet",
        "OpenDoorModeSet",
        "StrangerParam",
        "HttpPush",
        "system_reboot",
        "VerifyRetRspSet",
        "ForbidIdCardSet",
    ] {
        let url = format!("{path}/settings/native/{group}");
        let read = site.admin.get(&url);
        let answered = async {
            let asked = site.device.asked_for("get_configs").await;
            assert_eq!(asked.body["data"], json!({"groupKey": [group]}));
            let data = json!([{"groupKey": format!("{group} "), "made_up": 7}]);
            site.device.answer(&asked, 0, data).await;
        };
        let (read, ()) = tokio::join!(read, answered);
        assert_eq!(read.expect(200).json(), json!({"made_up": 7}), "{group}");
        let read = site.admin.get(&url);
        let refused = async {
            let asked = site.device.asked_for("get_configs").await;
            site.device.answer(&asked, 103, json!({})).await;
        };
        let (read, ()) = tokio::join!(read, refused);
        assert_eq!(read.expect(422).json()["code"], "unsupported", "{group}");
    }
    for (group, change, field, wrong) in [
        ("time", json!({"timezone": 20}), "timezone", json!(25)),
        ("ledctl", json!({"mode": 2}), "mode", json!(3)),
        ("serial", json!({"baudrate": 3}), "baudrate", json!(8)),
        ("audioctl", json!({"level": 12}), "level", json!(16)),
        ("weigand", json!({"type": 0}), "type", json!(2)),
        (
            "vaparam",
            json!({"safetyhatDecect": false}),
            "LiveSwitch",
            json!(3),
        ),
        (
            "switchCtrl",
            json!({"outputInterval": 2000}),
            "outputInterval",
            json!(10_001),
        ),
        ("VoiceTips", json!({"SuccessTips": 2}), "FailTips", json!(3)),
        (
            "ProductNameSet",
            json!({"UIName": "门"}),
            "UIName",
            json!("门".repeat(34)),
        ),
        ("OpenDoorModeSet", json!({"OpenDoor": 1}), "OpenDoor", json!(7)),
        (
            "StrangerParam",
            json!({"strangerIdentifyEn": true}),
            "strangerIdentifyEn",
            json!(2),
        ),
        ("HttpPush", json!({"appSecret": "s"}), "timeout", json!(1001)),
        ("system_reboot", json!({"time": "03:00:00"}), "week", json!(8)),
        (
            "VerifyRetRspSet",
            json!({"SnapshotPic": true}),
            "SnapshotPic",
            json!("no"),
        ),
        (
            "ForbidIdCardSet",
            json!({"NumPrefix": ["44"]}),
            "NumPrefix",
            json!(["4".repeat(13)]),
        ),
    ] {
        let url = format!("{path}/settings/native/{group}");
        let changed = site.admin.patch(&url, &change);
        let answered = async {
            let asked = site.device.asked_for("config_system").await;
            assert_eq!(asked.body["data"], json!({ group: change }));
            site.device.answer(&asked, 0, json!({})).await;
            let asked = site.device.asked_for("get_configs").await;
            site.device.answer(&asked, 0, json!([{"groupKey": group}])).await;
        };
        let (changed, ()) = tokio::join!(changed, answered);
        changed.expect(200);
        let changed = site.admin.patch(&url, &change);
        let refused = async {
            let asked = site.device.asked_for("config_system").await;
            site.device.answer(&asked, 104, json!({})).await;
        };
        let (changed, ()) = tokio::join!(changed, refused);
        assert_eq!(changed.expect(422).json()["code"], "invalid", "{group}");
        // Out of range: nothing reaches the device.
        let problem = site
            .admin
            .patch(&url, &json!({ field: wrong }))
            .await
            .expect(422)
            .json();
        assert_eq!(problem["errors"][0]["path"], field, "{problem}");
    }
    let unknown = format!("{path}/settings/native/coffee");
    site.admin.get(&unknown).await.expect(404);
    let read_only = format!("{path}/settings/native/version");
    site.admin
        .patch(&read_only, &json!({"appVer": "2"}))
        .await
        .expect(422);
}

fn code(answer: &Value) -> i64 {
    answer["result"].as_i64().unwrap()
}

#[tokio::test]
async fn what_a_device_asks_of_the_hub() {
    let mut site = Site::start().await;
    // QR codes: a visitor's opens, another does not; records tell of both (4.6.3).
    let host = site
        .admin
        .post("/persons", &json!({"name": "Host", "phone": "13800000000"}))
        .await
        .expect(201)
        .json();
    let groups = site.admin.all("/groups").await;
    let visitor = json!({"name": "访客", "host_id": host["id"], "valid_until": "2099-01-01T00:00:00Z", "groups": [groups[0]["id"]]});
    let visitor = site.admin.post("/visitors", &visitor).await.expect(201).json();
    assert_eq!(visitor["visit"]["host"], "Host");
    let number = visitor["credentials"][0]["number"].as_str().unwrap().to_owned();
    for name in ["qrcode_data", "query_qrcode"] {
        let answer = site.device.ask(name, json!({"content": number})).await;
        assert_eq!((code(&answer), &answer["data"]), (0, &json!({"opendoor": 1})));
    }
    let answer = site
        .device
        .ask("qrcode_data", json!({"content": "adddfffsss"}))
        .await;
    assert_eq!((code(&answer), &answer["data"]), (0, &json!({"opendoor": 0})));
    assert_eq!(
        code(&site.device.ask("qrcode_data", json!({"content": " "})).await),
        104
    );
    let records = site.admin.all("/records?method=qr").await;
    let results: Vec<&Value> = records.iter().map(|record| &record["result"]).collect();
    assert_eq!(
        results,
        [&json!("not_authorised"), &json!("granted"), &json!("granted")]
    );
    let nobody =
        json!({"name": "X", "host_id": "nobody", "valid_until": "2099-01-01T00:00:00Z", "groups": []});
    let problem = site.admin.post("/visitors", &nobody).await.expect(422).json();
    assert_eq!(problem["errors"][0]["path"], "host_id");

    // Calls: an unknown room is 104, a room where nobody has a telephone 105 (4.7.1).
    let param = json!({"callNo": "304", "callRequestId": "c-1", "picture": ""});
    assert_eq!(
        code(&site.device.ask("device_call_param", param.clone()).await),
        104
    );
    let room = json!({"number": "304", "answers": []});
    site.admin.post("/rooms", &room).await.expect(201);
    site.admin.post("/rooms", &room).await.expect(409);
    let odd = json!({"number": "3栋/101", "answers": []});
    let odd = site.admin.post("/rooms", &odd).await.expect(201);
    let place = odd.header("location").trim_start_matches("/api/v1").to_owned();
    assert_eq!(
        site.admin.get(&place).await.expect(200).json()["number"],
        "3栋/101"
    );
    assert_eq!(
        code(&site.device.ask("device_call_param", param.clone()).await),
        105
    );
    let answers = json!({"answers": [{"person_id": host["id"]}]});
    site.admin.patch("/rooms/304", &answers).await.expect(200);
    let answer = site.device.ask("device_call_param", param).await;
    assert_eq!(code(&answer), 0);
    let data = &answer["data"];
    assert_eq!(
        (&data["callRequestId"], &data["callNo"], &data["callMaxSeconds"]),
        (&json!("c-1"), &json!("304"), &json!(60))
    );
    assert_eq!(
        data["calleds"],
        json!([{"userId": host["id"], "token": "", "phoneNo": "13800000000"}])
    );
    let report = |result: i64| {
        json!({"callNo": "304", "callRequestId": "c-1", "callRecords":
        {"userId": "", "callResult": result, "callType": 2, "openStatus": 0, "startTime": "20210616103000", "endTime": "20210616103010"}})
    };
    assert_eq!(code(&site.device.ask("device_call_result", report(7)).await), 0);
    assert_eq!(
        code(&site.device.ask("device_call_result", report(17)).await),
        104
    );

    // The clock (4.6.2), and what nobody knows.
    let answer = site
        .device
        .ask("sync_time", json!({"timestamp": "20190531145826123"}))
        .await;
    assert_eq!(answer["data"]["timestamp"].as_str().unwrap().len(), 17);
    assert_eq!(code(&site.device.ask("make_coffee", json!({})).await), 103);
}

/// `device_sync_person` of the document's example (4.3.7), with a photo.
fn held(id: &str, name: &str) -> Value {
    json!({
        "personId": id, "personCode": "100001", "name": name, "type": 1, "idNum": "420381200010013857",
        "icNum": format!("ic-{id}"), "passNum": 10, "passPeriod": "08:00~09:30,11:30~14:00,17:00~19:00",
        "passMonday": true, "passTuesday": true, "passWednesday": true, "passThursday": true, "passFriday": true,
        "passSaturday": false, "passSunday": false, "startTime": "2019-01-01 00:00:00",
        "expireTime": "2020-01-01 00:00:00", "faces": [{"faceId": "3000004", "image": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}],
    })
}

async fn tell(site: &mut Site, asked: &Came, people: &[Value]) {
    site.device
        .answer(asked, 0, json!({"person_num": people.len()}))
        .await;
    for person in people {
        let answer = site.device.ask("device_sync_person", person.clone()).await;
        assert_eq!(code(&answer), 0);
        let id = &person["personId"];
        assert_eq!(
            (&answer["data"]["oriPersonId"], &answer["data"]["newPersonId"]),
            (id, id)
        );
        assert_eq!(
            answer["data"]["faces"],
            json!([{"oriFaceId": "3000004", "newFaceId": "3000004"}])
        );
    }
}

/// Waits for the end of the import by what the hub announces of people.
async fn imported(site: &Site) -> Value {
    let path = format!("{}/import", site.path);
    let mut events = site.admin.events(None).await;
    loop {
        let state = site.admin.get(&path).await.expect(200).json();
        if state["state"] != "running" {
            return state;
        }
        site.admin
            .post(
                "/zones",
                &json!({"name": format!("wake {}", uuid::Uuid::new_v4())}),
            )
            .await;
        events.next_named("audit.created").await;
    }
}

#[tokio::test]
async fn a_device_is_taken_over_with_ids_of_its_own() {
    let mut site = Site::start().await;
    // Somebody else has one of the ids here; the same person has another.
    site.admin
        .post("/persons", &json!({"id": "100002", "name": "Somebody else"}))
        .await
        .expect(201);
    site.admin
        .post("/persons", &json!({"id": "100003", "name": "Same"}))
        .await
        .expect(201);
    let people = [
        held("100001", "张三"),
        held("100002", "李四"),
        held("100003", "Same"),
        held("工号 4/门", "王五"),
    ];
    let path = format!("{}/import", site.path);
    site.admin.get(&path).await.expect(404);
    for round in 0..2 {
        site.admin.post(&path, &json!({})).await.expect(202);
        let asked = site.device.asked_for("sync_person").await;
        site.admin.post(&path, &json!({})).await.expect(409);
        tell(&mut site, &asked, &people).await;
        let state = imported(&site).await;
        assert_eq!(
            (&state["state"], &state["persons"]),
            (&json!("done"), &json!(4)),
            "{state}"
        );
        let all = site.admin.all("/persons").await;
        assert_eq!(all.len(), 5, "round {round}: nobody twice");
        let named = |name: &str| all.iter().find(|person| person["name"] == name).unwrap();
        assert_eq!(named("张三")["id"], "100001");
        assert_ne!(named("李四")["id"], "100002");
        assert_eq!(named("Same")["id"], "100003");
        assert_eq!(named("张三")["photos"].as_array().unwrap().len(), 1);
        assert_eq!(named("王五")["credentials"][0]["number"], "ic-工号 4/门");
    }
    // A record under the device's id is the person's.
    let all = site.admin.all("/persons").await;
    let li = all.iter().find(|person| person["name"] == "李四").unwrap();
    let answer = site.device.record("100002", "2026-01-01 10:00:00", 1, "").await;
    assert_eq!(code(&answer), 0);
    let records = site.admin.all("/records").await;
    assert_eq!(records[0]["person_id"], li["id"]);
}
