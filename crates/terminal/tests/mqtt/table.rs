//! One row for each command of the document: the answer's name, that every scalar is a text, what else the answer has.

use crate::support::broker::{Broker, SERIAL, TOKEN};
use crate::support::{Door, card_holder, empty_picture, folder, mqtt_config};
use crate::{person, register};
use serde_json::{Value, json};

struct Row {
    command: &'static str,
    reply: &'static str,
    fields: Value,
    code: &'static str,
    /// Fields that the answer has beside those of every answer.
    more: &'static [&'static str],
}

fn row(
    command: &'static str,
    reply: &'static str,
    fields: Value,
    code: &'static str,
    more: &'static [&'static str],
) -> Row {
    Row {
        command,
        reply,
        fields,
        code,
        more,
    }
}

/// What every told person has (2.2.2).
const PERSON: &[&str] = &[
    "index",
    "idNumber",
    "normalNumber",
    "name",
    "sex",
    "birthday",
    "phone",
    "validDateStart",
    "validDateEnd",
    "priority",
    "registerPhoto1",
    "registerPhotoID1",
    "registerPhoto2",
    "registerPhotoID2",
    "registerPhoto3",
    "registerPhotoID3",
    "voiceSpecialMode",
    "voiceNameSexEnable",
    "visitorVoiceTextBeforeName",
    "visitorVoiceText",
    "displaySpecialMode",
    "displayNameSexEnable",
    "visitordisplayTextBeforeName",
    "visitordisplayText",
    "passTime1",
    "passTime2",
    "passTime3",
    "passTime4",
    "passTime5",
    "passTime6",
    "passTime7",
];

fn rows() -> Vec<Row> {
    let update = json!({"updateType": "1", "updateUrl": "http://127.0.0.1:1/x", "updateKey": "nonsense"});
    vec![
        row("onlineOpen", "onlineOpenResp", json!({"msg": ""}), "100", &[]),
        row("onlineUpdate", "onlineUpdateResp", update, "400", &[]),
        row(
            "onlineSetDevInfo",
            "onlineSetDevInfoResp",
            json!({"banner": "x"}),
            "100",
            &[],
        ),
        row(
            "onlineGetDevInfo",
            "onlineGetDevInfoResp",
            json!({}),
            "100",
            &[
                "devicePassword",
                "irLiveLevel",
                "passTime",
                "wiredIpAddr",
                "deviceNumber",
            ],
        ),
        row(
            "registerPersonInfo",
            "registerPersonInfoResp",
            register(person("2", &empty_picture())),
            "100",
            &[],
        ),
        row(
            "onlineGetRegister",
            "onlineGetRegisterResp",
            json!({}),
            "100",
            PERSON,
        ),
        row(
            "onlineStopGetRegister",
            "onlineStopGetRegisterResp",
            json!({}),
            "100",
            &[],
        ),
        row(
            "onlineGetRegisterCount",
            "onlineGetRegisterCountResp",
            json!({}),
            "100",
            &["personNum"],
        ),
        row(
            "onlineGetRegisterByIndex",
            "onlineGetRegisterByIndexResp",
            json!({"index": "0"}),
            "100",
            PERSON,
        ),
        row(
            "onlineGetPhoto",
            "onlineGetPhotoResp",
            json!({"photoType": "1"}),
            "600",
            &["photo"],
        ),
        row(
            "onlineDeleteSnapRecord",
            "onlineDeleteSnapRecordResp",
            json!({}),
            "100",
            &[],
        ),
        row("onlineReboot", "onlineRebootResp", json!({}), "100", &[]),
    ]
}

#[tokio::test]
async fn every_command_of_the_document_is_answered_under_its_name() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    door.put(card_holder("1", "8899")).await;
    let mut wire = broker.welcome().await;
    for Row {
        command,
        reply,
        fields,
        code,
        more,
    } in rows()
    {
        let msg_id = wire.command(command, fields).await;
        let answer = wire.message(reply).await;
        assert_eq!(answer.topic, format!("face/{SERIAL}/response"), "{reply}");
        let due = json!([msg_id, SERIAL, TOKEN, code]);
        let got = ["msgID", "deviceNo", "token", "errorCode"].map(|field| answer.json[field].clone());
        assert_eq!(json!(got), due, "{reply}: {}", answer.json);
        let all = answer.json.as_object().unwrap();
        assert!(all.values().all(Value::is_string), "{reply}: {}", answer.json);
        for field in more.iter().chain(&["msg"]) {
            assert!(all.contains_key(*field), "{reply} without {field}");
        }
    }
}
