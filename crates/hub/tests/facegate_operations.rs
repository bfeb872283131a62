//! Every operator that the hub calls on a facegate terminal: commands, natives, settings, people.

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

use dialects::facegate::call::OPERATORS;
use facegate_device::{NOBODY, Site, done, refused};
use http_device::Reaction;
use serde_json::{Value, json};

const LISTED: &str = include_str!("../../dialects/tests/golden/facegate/3.19.3-SearchPersonList.answer.json");

/// A call's fields without the device's number, which each has.
fn info(call: &Value) -> Value {
    let mut info = call["info"].as_object().unwrap().clone();
    assert_eq!(info.remove("DeviceID"), Some(json!(1_300_001)), "{call}");
    Value::Object(info)
}

#[tokio::test]
async fn each_command_is_one_call_that_succeeds_or_says_why_not() {
    let mut site = Site::start().await;
    let day =
        json!({"kind": "resend_records", "from": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z"});
    for (command, operator, wire) in [
        (
            json!({"kind": "open_door", "message": "欢迎"}),
            "OpenDoor",
            json!({"status": 1, "msg": "欢迎"}),
        ),
        (
            json!({"kind": "show_message", "text": "wait"}),
            "OpenDoor",
            json!({"status": 0, "msg": "wait"}),
        ),
        (
            json!({"kind": "reboot"}),
            "RebootDevice",
            json!({"IsRebootDevice": 1}),
        ),
        (
            json!({"kind": "upgrade", "url": "http://10.0.0.1/a.swx", "version": "2"}),
            "Upgrade",
            json!({"Name": "2", "Path": "http://10.0.0.1/a.swx"}),
        ),
        (
            json!({"kind": "play_audio", "audio": "welcome.wav"}),
            "SetAudio",
            json!({"AudioType": 0, "AudioName": "welcome.wav"}),
        ),
        (day, "ManualPushRecords", Value::Null),
        (json!({"kind": "sync_time"}), "SetSysTime", Value::Null),
        (json!({"kind": "clear_records"}), "SetFactoryDefault", Value::Null),
    ] {
        let path = format!("/action/{operator}");
        site.device.answers(&path, &done(operator));
        let ended = site.command(&command).await;
        assert_eq!(ended["state"], "done", "{ended}");
        let asked = site.asked(operator).await.json();
        assert_eq!(asked["operator"], operator);
        if !wire.is_null() {
            assert_eq!(info(&asked), wire);
        }
        site.device
            .answers(&path, &refused(operator, 462, "Parameter error"));
        let failed = site.command(&command).await;
        assert_eq!(
            (&failed["state"], &failed["error"]),
            (&json!("failed"), &json!("462: Parameter error"))
        );
        site.asked(operator).await;
        if operator == "SetAudio" {
            site.asked(operator).await;
        }
    }
}

#[tokio::test]
async fn a_terminal_that_hangs_up_when_told_to_reboot_does_so() {
    let mut site = Site::start().await;
    for operator in ["RebootDevice", "OpenDoor"] {
        site.device.on(&format!("/action/{operator}"), Reaction::HangUp);
    }
    let ended = site.command(&json!({"kind": "reboot"})).await;
    assert_eq!((&ended["state"], &ended["error"]), (&json!("done"), &Value::Null));
    site.asked("RebootDevice").await;
    // Of a door nobody knows whether it opened.
    let ended = site.command(&json!({"kind": "open_door"})).await;
    assert_ne!(ended["state"], "done");
}

#[tokio::test]
async fn records_of_a_time_are_pushed_again_and_a_picture_is_brought() {
    let mut site = Site::start().await;
    // As the document prints it (QUIRKS A44).
    let pushed = r#"{"operator":"ManualPushRecords","code":200,"info":{"Result":"Ok","RecordNum":"8"}}"#;
    site.device.answers("/action/ManualPushRecords", pushed);
    let day =
        json!({"kind": "resend_records", "from": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z"});
    assert_eq!(site.command(&day).await["result"]["records"], 8);
    let asked = site.asked("ManualPushRecords").await.json();
    assert!(
        asked["info"]["TimeS"].as_str().unwrap().starts_with("2026-1"),
        "{asked}"
    );
    let picture = r#"{"operator":"FrontalFaceSnap","info":{"DeviceID":1300001},"FacePic":"data:image/jpeg;base64,/9j/2wBDABQODxIPDRQ="}"#;
    site.device.answers("/action/FrontalFaceSnap", picture);
    let taken = site.command(&json!({"kind": "snapshot"})).await;
    let photo = taken["result"]["photo_url"]
        .as_str()
        .unwrap()
        .trim_start_matches("/api/v1")
        .to_owned();
    assert_eq!(site.admin.get(&photo).await.expect(200).bytes[..2], [0xff, 0xd8]);
}

#[tokio::test]
async fn every_operator_of_the_document_can_be_called_as_it_is() {
    let mut site = Site::start().await;
    for operator in OPERATORS {
        let path = format!("/action/{operator}");
        let command = json!({"kind": "native", "operation": operator, "body": {"Extra": 1}});
        site.device.answers(&path, &done(operator));
        let ended = site.command(&command).await;
        assert_eq!(ended["state"], "done", "{operator}: {ended}");
        assert_eq!(ended["result"]["info"]["Result"], "OK", "{operator}: as it came");
        let asked = loop {
            let asked = site.asked(operator).await.json();
            if asked["Extra"] == 1 || asked["info"]["Extra"] == 1 {
                break asked;
            }
        };
        assert_eq!(asked["operator"], operator);
        let numbers = [&asked["DeviceID"], &asked["info"]["DeviceID"]];
        assert!(numbers.contains(&&json!(1_300_001)), "{asked}");
        // A code of the table that is the operator's (QUIRKS A9).
        let (code, text) = match operator {
            "EditPersonsNew" => (415, "Total out of range"),
            "AddPerson" | "AddPersons" | "EditPerson" => (473, "Face Undetected"),
            _ => (465, "Other"),
        };
        site.device.answers(&path, &refused(operator, code, text));
        let failed = site.command(&command).await;
        assert_eq!(
            (&failed["state"], &failed["error"]),
            (&json!("failed"), &json!(format!("{code}: {text}"))),
            "{operator}"
        );
        site.device.answers(&path, &done(operator));
    }
}

#[tokio::test]
async fn what_the_dialect_lacks_or_cannot_say_is_refused_before_it_is_queued() {
    let site = Site::start().await;
    let path = format!("{}/commands", site.path);
    for kind in ["read_card", "serial_output", "wiegand_output"] {
        site.admin
            .post(&path, &json!({"kind": kind}))
            .await
            .problem(422, "unsupported");
    }
    for (body, field) in [
        (json!({"kind": "open_door", "message": "x".repeat(64)}), "message"),
        (json!({"kind": "show_message", "text": "x".repeat(64)}), "text"),
        (json!({"kind": "upgrade", "url": "http://10.0.0.1/a.bin"}), "url"),
        (json!({"kind": "play_audio", "audio": "UklGRg=="}), "audio"),
        (
            json!({"kind": "resend_records", "from": "2026-11-01T00:00:00Z"}),
            "until",
        ),
        (json!({"kind": "native", "operation": "../etc"}), "operation"),
        (
            json!({"kind": "native", "operation": "GetSound", "body": 7}),
            "body",
        ),
    ] {
        let problem = site.admin.post(&path, &body).await.expect(422).json();
        assert_eq!(problem["errors"][0]["path"], field, "{problem}");
    }
}

#[tokio::test]
async fn settings_are_read_and_written_in_the_terminals_groups_and_in_the_hubs() {
    let mut site = Site::start().await;
    let native = |group: &str| format!("{}/settings/native/{group}", site.path);
    let sound = r#"{"operator":"GetSound","info":{"DeviceID":1300001,"Volume":60,"IsShowTime":1}}"#;
    site.device.answers("/action/GetSound", sound);
    site.device.answers("/action/SetSound", &done("SetSound"));
    let shown = site.admin.get(&native("Sound")).await.expect(200).json();
    assert_eq!(shown["Volume"], 60);
    site.admin
        .patch(&native("Sound"), &json!({"Volume": 50}))
        .await
        .expect(200);
    assert_eq!(
        info(&site.device.asked("/action/SetSound").await.json()),
        json!({"Volume": 50})
    );
    let problem = site
        .admin
        .patch(&native("DoorCondition"), &json!({"OpendoorWay": 7}))
        .await
        .expect(422)
        .json();
    assert_eq!(problem["errors"][0]["path"], "OpendoorWay");
    let shared = format!("{}/settings", site.path);
    let shown = site.admin.get(&shared).await.expect(200).json();
    assert_eq!(
        (&shown["volume"]["value"], &shown["mask"]["value"]),
        (&json!(0.6), &json!(false))
    );
    site.admin
        .patch(&shared, &json!({"mask": true}))
        .await
        .expect(200);
    let door = site.device.asked("/action/SetDoorCondition").await.json();
    assert_eq!(door["info"]["VerifyMode"], 257);
    site.device
        .answers("/action/SetSound", &refused("SetSound", 462, "Parameter error"));
    let refusal = site.admin.patch(&shared, &json!({"volume": 0.5})).await;
    assert!(
        refusal.status >= 400 && refusal.text().contains("Parameter error"),
        "{}",
        refusal.text()
    );
    site.asked("SetSound").await;
}

#[tokio::test]
async fn people_are_brought_changed_and_taken_off() {
    let mut site = Site::start().await;
    site.person("p-1").await;
    let sought = site.asked("SearchPerson").await.json();
    assert_eq!(
        info(&sought),
        json!({"SearchType": 1, "SearchID": "p-1", "Picture": 0})
    );
    let added = site.asked("AddPerson").await.json();
    assert!(
        added["picinfo"]
            .as_str()
            .unwrap()
            .starts_with("data:image/jpeg;base64,/9j/")
    );
    let person = &added["info"];
    assert_eq!(
        (&person["PersonUUID"], &person["CustomizeID"]),
        (&json!("p-1"), &json!(1_203_670_799))
    );
    assert_eq!(
        (&person["PersonType"], &person["Tempvalid"]),
        (&json!(0), &json!(0))
    );
    site.on_roster("p-1", "applied").await;

    // It has a number of its own there.
    let found =
        r#"{"operator":"SearchPerson","info":{"PersonUUID":"p-1","CustomizeID":55,"LibID":3,"Name":"x"}}"#;
    site.device.answers("/action/SearchPerson", found);
    site.admin
        .patch("/persons/p-1", &json!({"name": "another"}))
        .await
        .expect(200);
    let edited = site.asked("EditPerson").await.json();
    let person = &edited["info"];
    assert_eq!(
        (&person["IdType"], &person["CustomizeID"]),
        (&json!(2), &json!(55))
    );
    assert_eq!(
        (&person["Name"], &person["RFIDCard"]),
        (&json!("another"), &json!(""))
    );

    // What a deletion destroys is fetched first.
    let listed = json!({"info": {"Name": "another", "PersonUUID": "p-1", "LibID": 3, "SearchInfo": [
        {"Time": facegate_device::wall_clock(1), "VerifyStatus": 1},
    ]}});
    site.device.on(
        "/action/SearchControl",
        Reaction::Once(listed.to_string(), String::new()),
    );
    site.admin.delete("/persons/p-1").await.expect(204);
    let deleted = site.asked("DeletePerson").await.json();
    assert_eq!(
        info(&deleted),
        json!({"TotalNum": 1, "IdType": 2, "PersonUUID": ["p-1"]})
    );
    // A command goes behind it.
    site.command(&json!({"kind": "open_door"})).await;
    assert!(site.admin.all(&format!("{}/roster", site.path)).await.is_empty());
    assert_eq!(site.records().await.len(), 1);
}

#[tokio::test]
async fn whoever_has_no_photo_any_more_is_taken_off_with_the_face() {
    let mut site = Site::start().await;
    for id in ["f-1", "f-2"] {
        site.person(id).await;
        site.on_roster(id, "applied").await;
    }
    let held = r#"{"operator":"SearchPerson","info":{"PersonUUID":"f-1","CustomizeID":55,"LibID":3}}"#;
    site.device.answers("/action/SearchPerson", held);
    let photo = site.admin.all("/persons/f-1/photos").await[0]["id"].clone();
    let photo = format!("/persons/f-1/photos/{}", photo.as_str().unwrap());
    site.admin.delete(&photo).await.expect(204);
    let deleted = site.asked("DeletePerson").await.json();
    assert_eq!(info(&deleted)["PersonUUID"], json!(["f-1"]));
    assert_eq!(site.on_roster("f-1", "failed").await["reason"], "photo_rejected");
}

#[tokio::test]
async fn a_number_that_is_somebody_elses_is_replaced_and_refusals_keep_their_reason() {
    let mut site = Site::start().await;
    let taken = refused("AddPerson", 466, "CustomizeID or UUID had existed");
    site.device
        .on("/action/AddPerson", Reaction::Once(taken, done("AddPerson")));
    let holder =
        r#"{"operator":"SearchPerson","info":{"PersonUUID":"other","CustomizeID":1203670799,"LibID":3}}"#;
    site.device.answers("/action/SearchPerson", holder);
    site.person("p-1").await;
    let first = site.asked("AddPerson").await.json()["info"]["CustomizeID"].clone();
    let second = site.asked("AddPerson").await.json()["info"]["CustomizeID"].clone();
    assert_ne!(first, second);
    site.on_roster("p-1", "applied").await;

    site.device.answers("/action/SearchPerson", NOBODY);
    site.device
        .answers("/action/AddPerson", &refused("AddPerson", 473, "Face Undetected"));
    site.person("p-2").await;
    let failed = site.on_roster("p-2", "failed").await;
    assert_eq!(
        (&failed["reason"], &failed["detail"]),
        (&json!("photo_rejected"), &json!("473: Face Undetected"))
    );
    let without = json!({"id": "p-3", "name": "no photo", "groups": [site.group]});
    site.admin.post("/persons", &without).await.expect(201);
    assert_eq!(site.on_roster("p-3", "failed").await["reason"], "photo_rejected");
}

#[tokio::test]
async fn whom_a_terminal_holds_is_imported_and_strangers_to_the_hub_are_told() {
    let site = Site::start().await;
    site.device.on(
        "/action/SearchPersonList",
        Reaction::Once(LISTED.to_owned(), String::new()),
    );
    let mut events = site.admin.events(None).await;
    site.admin
        .post(&format!("{}/import", site.path), &json!({}))
        .await
        .expect(202);
    let mut people = site.admin.all("/persons").await;
    while people.is_empty() {
        events.next().await;
        people = site.admin.all("/persons").await;
    }
    assert!(!people[0]["name"].as_str().unwrap().is_empty());
}
