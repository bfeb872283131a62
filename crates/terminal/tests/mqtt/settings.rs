//! The settings of a device (2.1.6, 2.1.7): set, read back, kept over a restart, refused beyond their ranges, acted upon.

use crate::support::broker::{Broker, Wire};
use crate::support::{Door, PATIENCE, card_holder, folder, mqtt_config, sample};
use crate::{is_online, person, register, with};
use serde_json::{Map, Value, json};

async fn set(wire: &mut Wire, settings: Value) -> (String, String) {
    let answer = wire.ask("onlineSetDevInfo", settings).await;
    (answer.text("errorCode").to_owned(), answer.text("msg").to_owned())
}

async fn take(wire: &mut Wire, settings: Value) {
    let (code, words) = set(wire, settings).await;
    assert_eq!(code, "100", "{words}");
}

async fn all(wire: &mut Wire) -> Map<String, Value> {
    let told = wire.ask("onlineGetDevInfo", json!({})).await;
    assert_eq!(told.text("errorCode"), "100");
    told.json.as_object().unwrap().clone()
}

/// The example of 2.1.6, as it is printed, with the two settings that the table has beside it.
const EXAMPLE: &str = r#"{
    "alarmNotInPassTimeContent": "禁止通行", "alarmVoiceEnable": "1", "autoOpenDoorEnable": "1",
    "devicePassword": "12345", "displayNameSexEnable": "1", "displayTextContent": "欢迎您的光临",
    "displayTextContentBeforeName": "您好", "displayTextMode": "1", "entranceDirection": "1",
    "entranceSerialBaudRate": "96000", "faceCardConfidenceScore": "80", "faceDetectBoxScore": "80",
    "faceDetectLandmardScore": "99", "faceFeverTemperature": "37.30",
    "faceRegisterConfidenceScore": "99", "faceTemperatureDetectEnable": "1",
    "identificationDisplayTextFailedContent": "人证比对失败",
    "identificationDisplayTextSuccessContent": "人证比对成功", "identificationVoiceFailedContent": "人证比对失败",
    "identificationVoiceSuccessContent": "人证比对成功", "installCity": "shenzhen", "irLiveLevel": "1",
    "jpegEncodeSizeMode": "1", "ntpAddress": "http://www.baidu.com", "ntpCycle": "24", "ntpEnable": "1",
    "objectId": "111", "onlyRecogMaxSizeFaceEnable": "1", "openDoorTimeDelayMs": "10000",
    "overlayDeviceName": "前闸门", "playVoiceEnable": "0", "recogDistance": "1", "recogIntervalTime": "3",
    "registerVoiceContent": "欢迎您的光临", "registerVoiceContentBeforeName": "您好", "registerVoiceMode": "1",
    "registerVoiceNameSexEnable": "1", "startWdr1": "1", "startWdr2": "1", "strangerRecogEnable": "1",
    "strangerVoiceContent": "请注意", "strangerVoiceMode": "1", "strangerVoiceTime": "10",
    "voiceVolume": "5", "wdrTimeSet1": "21:56-21:56", "wdrTimeSet2": "21:56-21:56",
    "faceRFIDCardEnable": 0,
    "passTime": " 06:00-09:00,18:00-21:00; 06:00-09:00,18:00-21:00; 06:00-09:00,18:00-21:00; 06:00-09:00,18:00-21:00; 06:00-09:00,18:00-21:00; 06:00-09:00,18:00-21:00; 06:00-09:00,18:00-21:00",
    "alwaysOpenDoor": "0", "autoDeleteNotValidRecord": "0", "strangerDisplayContent": "陌生人",
    "alarmDisplayEnable": "1", "alarmNotInPassTimeDisplayContent": "不在通行时间",
    "alarmNotInValidTimeVoiceContent": "已过期", "alarmNotInValidTimeDisplayContent": "已过期",
    "alarmNotAuthVoiceContent": "无记录", "alarmNotAuthDisplayContent": "无记录", "banner": "人脸识别管理系统",
    "mainWindowUiEnable": "1"
}"#;

fn example() -> Value {
    serde_json::from_str(EXAMPLE).unwrap()
}

#[tokio::test]
async fn the_documents_example_is_set_read_back_and_kept() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    let before = all(&mut wire).await;
    assert_eq!(
        (&before["deviceNumber"], &before["cloudPushMode"]),
        (&json!("MS-TEST-1"), &json!("2"))
    );
    assert!(before.values().all(Value::is_string), "every scalar is a text");
    take(&mut wire, example()).await;
    let check = |told: &Map<String, Value>| {
        for (name, value) in example().as_object().unwrap() {
            let due = match name.as_str() {
                "faceFeverTemperature" => json!("37.3"),
                "faceRFIDCardEnable" => json!("0"),
                "ntpAddress" => json!("www.baidu.com"),
                _ => value.clone(),
            };
            assert_eq!(told[name], due, "{name}");
        }
    };
    check(&all(&mut wire).await);
    let state = door.state().await;
    assert_eq!(
        (&state["name"], &state["volume"]),
        (&json!("前闸门"), &json!(0.5))
    );
    // What the terminal told comes back whole: nothing is refused.
    let mut echo = Value::Object(all(&mut wire).await);
    for field in ["msgType", "msgID", "deviceNo", "token", "errorCode", "msg"] {
        echo.as_object_mut().unwrap().remove(field);
    }
    take(&mut wire, echo).await;
    door.running.stop().await;
    let _door = Door::start(door.config).await;
    let mut wire = broker.welcome().await;
    check(&all(&mut wire).await);
}

#[tokio::test]
async fn what_is_out_of_range_is_refused_by_name_and_changes_nothing() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    let before = all(&mut wire).await;
    for (field, value) in [
        ("voiceVolume", "11"),
        ("ntpCycle", "25"),
        ("irLiveLevel", "4"),
        ("recogDistance", "5"),
        ("recogIntervalTime", "100"),
        ("faceRegisterConfidenceScore", "100"),
        ("faceFeverTemperature", "hot"),
        ("jpegEncodeSizeMode", "3"),
        ("registerVoiceMode", "5"),
        ("entranceDirection", "2"),
        ("openDoorTimeDelayMs", "10001"),
        ("faceRFIDCardEnable", "3"),
        ("wdrTimeSet1", "nine"),
        ("wdrTimeSet2", "08:00-09:00,10:00"),
        ("passTime", "06:00-25:00"),
        (
            "passTime",
            "01:00-02:00,03:00-04:00,05:00-06:00,07:00-08:00,09:00-10:00,11:00-12:00",
        ),
        (
            "registerVoiceContent",
            "欢迎您的光临欢迎您的光临欢迎您的光临欢迎您的光临欢迎您的光临欢迎",
        ),
        ("overlayDeviceName", "1234567890123456789012345678901"),
        ("wiredIpAddr", "10.0.0.1"),
    ] {
        // The volume stands before it in the message.
        let mut fields = Map::from_iter([("voiceVolume".to_owned(), json!("1"))]);
        fields.insert(field.to_owned(), json!(value));
        let (code, words) = set(&mut wire, Value::Object(fields)).await;
        assert_eq!(code, "400", "{field} {value}");
        assert!(words.contains(field), "{field}: {words}");
    }
    let mut after = all(&mut wire).await;
    after.insert("msgID".to_owned(), before["msgID"].clone());
    assert_eq!(after, before);
    assert_eq!(door.state().await["volume"], Value::Null);
    // What no document has is no error.
    take(&mut wire, json!({"coffee": "1", "voiceVolume": "2"})).await;
}

#[tokio::test]
async fn words_modes_and_voices_are_acted_upon() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let mut config = mqtt_config(&path, broker.url());
    config.terminal.language = "zh".into();
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start(config).await;
    let mut wire = broker.welcome().await;
    wire.ask("registerPersonInfo", register(person("1", &sample("obama.jpg"))))
        .await;
    let said = |decision: &Value| {
        let text = |key: &str| decision["decision"][key].as_str().unwrap().to_owned();
        (text("message"), text("speech"))
    };
    let pair = |message: &str, speech: &str| (message.to_owned(), speech.to_owned());
    take(
        &mut wire,
        json!({
            "registerVoiceMode": "4", "registerVoiceNameSexEnable": "1", "registerVoiceContentBeforeName": "您好",
            "registerVoiceContent": "欢迎光临", "displayTextMode": "3", "displayTextContent": "请进",
            "alarmNotAuthVoiceContent": "无记录", "alarmNotAuthDisplayContent": "查无此人",
        }),
    )
    .await;
    assert_eq!(
        said(&door.card("card-1").await),
        pair("请进", "您好张三先生，欢迎光临")
    );
    assert_eq!(said(&door.card("nobody").await), pair("查无此人", "无记录"));
    take(
        &mut wire,
        json!({"alarmVoiceEnable": "0", "alarmDisplayEnable": "0"}),
    )
    .await;
    assert_eq!(said(&door.card("nobody").await), pair("", ""));
    take(&mut wire, json!({"playVoiceEnable": "1"})).await;
    assert_eq!(said(&door.card("card-1").await), pair("请进", ""));

    // Nobody passes on any day; who may pass at any time does (vip).
    take(&mut wire, json!({"passTime": "00:00-00:00;00:00-00:00;00:00-00:00;00:00-00:00;00:00-00:00;00:00-00:00;00:00-00:00", "alarmDisplayEnable": "1", "alarmNotInPassTimeDisplayContent": "不在通行时间"})).await;
    let late = door.card("card-1").await;
    assert_eq!(late["decision"]["result"], "out_of_schedule");
    assert_eq!(late["decision"]["message"], "张三，不在通行时间");
    let vip = with(
        with(person("1", b""), "operateType", json!("1")),
        "priority",
        json!("2"),
    );
    wire.ask("registerPersonInfo", register(vip)).await;
    assert_eq!(door.card("card-1").await["decision"]["result"], "granted");
    take(&mut wire, json!({"passTime": ""})).await;

    // Face alone, and fever.
    take(&mut wire, json!({"faceRFIDCardEnable": "0"})).await;
    assert_eq!(
        door.card("card-1").await["decision"]["reason"],
        "second_factor_missing"
    );
    take(
        &mut wire,
        json!({"faceRFIDCardEnable": "1", "faceTemperatureDetectEnable": "1", "faceFeverTemperature": "37.3"}),
    )
    .await;
    let sensors = door.request(reqwest::Method::PUT, "/api/sensors");
    sensors.json(&json!({"temperature": 38.1})).send().await.unwrap();
    assert_eq!(door.card("card-1").await["decision"]["reason"], "fever");
    take(&mut wire, json!({"entranceDirection": "1"})).await;
    let record = loop {
        let record = wire.record().await;
        wire.take(&record, "", "").await;
        if record.json["temperatureResult"] == "2" {
            break record;
        }
    };
    assert_eq!(
        [record.text("temperature"), record.text("compareResult")],
        ["38.1", "1"]
    );
}

#[tokio::test]
async fn the_interval_pictures_and_strangers_are_acted_upon() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start_with_faces(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    door.state_where(is_online).await;
    wire.ask("registerPersonInfo", register(person("1", &sample("obama.jpg"))))
        .await;
    take(
        &mut wire,
        json!({"recogIntervalTime": "0", "jpegEncodeSizeMode": "1", "entranceDirection": "1"}),
    )
    .await;
    let photo = sample("obama2.jpg");
    let first = door.frame(photo.clone()).await;
    let second = door.frame(photo.clone()).await;
    assert_ne!(first["record_id"], second["record_id"], "every frame counts");
    let record = wire.record().await;
    let face = record.text("recognitionPhoto");
    assert!(
        !face.is_empty() && face != crate::base64(&photo),
        "the face alone"
    );
    assert_eq!(record.text("inOutMode"), "2");
    wire.take(&record, "", "").await;
    let record = wire.record().await;
    wire.take(&record, "", "").await;
    take(
        &mut wire,
        json!({"recogIntervalTime": "99", "jpegEncodeSizeMode": "0", "strangerRecogEnable": "0"}),
    )
    .await;
    let third = door.frame(photo.clone()).await;
    assert_eq!(door.frame(photo.clone()).await["record_id"], third["record_id"]);
    let record = wire.record().await;
    assert_eq!(record.text("recognitionPhoto"), "");
    wire.take(&record, "", "").await;
    let stranger = door.frame(sample("biden.jpg")).await;
    assert_eq!(
        (&stranger["decision"]["result"], &stranger["record_id"]),
        (&json!("stranger"), &Value::Null)
    );
    door.card("unknown").await;
    let record = wire.record().await;
    assert_eq!(
        [record.text("normalNumber"), record.text("recognitionPhoto")],
        ["unknown", ""]
    );
    // The door opens for whoever stands before it.
    let openings = door.state().await["door"]["openings"].as_u64().unwrap();
    take(&mut wire, json!({"alwaysOpenDoor": "1"})).await;
    door.frame(sample("biden.jpg")).await;
    assert_eq!(door.state().await["door"]["openings"], openings + 1);
    // 99 of 99 is the same picture alone.
    take(
        &mut wire,
        json!({"alwaysOpenDoor": "0", "faceRegisterConfidenceScore": "99", "recogIntervalTime": "0"}),
    )
    .await;
    assert_ne!(door.frame(photo).await["decision"]["result"], "granted");
}

#[tokio::test]
async fn people_whose_time_is_over_go_where_that_is_wanted() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    let over = with(
        person("over", &sample("obama.jpg")),
        "validDateEnd",
        json!("2020_01_01"),
    );
    wire.ask("registerPersonInfo", register(over)).await;
    door.put(card_holder("stays", "1")).await;
    assert_eq!(door.state().await["counts"]["persons"], 2);
    take(&mut wire, json!({"autoDeleteNotValidRecord": "1"})).await;
    let gone = door.state_where(|state| state["counts"]["persons"] == 1);
    tokio::time::timeout(PATIENCE, gone).await.expect("at once");
    assert!(door.running.device().people.find("stays").is_some());
}
