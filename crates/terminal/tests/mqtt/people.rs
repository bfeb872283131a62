//! People that the platform brings (2.2.1), asks for by number and place (2.2.4, 2.2.5).

use crate::support::broker::Broker;
use crate::support::{Door, empty_picture, folder, mqtt_config, sample};
use crate::{base64, person, register, with};
use serde_json::{Value, json};

#[tokio::test]
async fn people_come_pass_change_and_go() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start_with_faces(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    let code = |answer: &crate::support::broker::Message| answer.text("errorCode").to_owned();
    let faceless = wire
        .ask("registerPersonInfo", register(person("1", &empty_picture())))
        .await;
    assert_eq!(code(&faceless), "301");
    let zip = wire
        .ask("registerPersonInfo", register(person("1", b"PK\x03\x04 a zip")))
        .await;
    assert_eq!(code(&zip), "303");
    // The third photo's fault is told as well.
    let third = with(
        person("1", &sample("obama.jpg")),
        "registerPhoto3",
        json!(base64(&empty_picture())),
    );
    let third = wire.ask("registerPersonInfo", register(third)).await;
    assert_eq!(code(&third), "301");
    assert!(
        third.text("msg").starts_with("registerPhoto3"),
        "{}",
        third.text("msg")
    );
    assert_eq!(
        door.state().await["counts"]["persons"],
        0,
        "a refused command changes nothing"
    );

    let added = wire
        .ask(
            "registerPersonInfo",
            register(person("20001", &sample("obama.jpg"))),
        )
        .await;
    assert_eq!((code(&added).as_str(), added.text("msg")), ("100", "操作成功"));
    let photo = sample("obama2.jpg");
    assert_eq!(door.frame(photo.clone()).await["decision"]["result"], "granted");

    // Blocked, without a photo in the message: the old one stays.
    let blocked = with(
        with(person("20001", b""), "operateType", json!("1")),
        "priority",
        json!("1"),
    );
    let changed = wire.ask("registerPersonInfo", register(blocked)).await;
    assert_eq!(code(&changed), "100");
    let again = door.frame(photo.clone()).await;
    assert_eq!(again["decision"]["result"], "blocked");

    // Deleting needs nothing but the id, and may be repeated.
    for _ in 0..2 {
        let gone = register(json!({"operateType": "2", "idNumber": "20001"}));
        assert_eq!(code(&wire.ask("registerPersonInfo", gone).await), "100");
    }
    assert_eq!(door.frame(photo).await["decision"]["result"], "stranger");
    let unknown = with(person("20001", b""), "operateType", json!("1"));
    assert_eq!(
        code(&wire.ask("registerPersonInfo", register(unknown)).await),
        "300"
    );
}

#[tokio::test]
async fn wrong_people_get_300_with_the_field() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    let photo = sample("obama.jpg");
    let good = person("1", &photo);
    let six = "01_00,02_00,03_00,04_00,05_00,06_00,07_00,08_00,09_00,10_00,11_00,12_00";
    for (field, value) in [
        ("idNumber", json!("x".repeat(33))),
        ("idNumber", json!("")),
        ("idNumber", json!("0")),
        ("name", json!("")),
        ("normalNumber", json!("8".repeat(33))),
        ("phone", json!("1".repeat(17))),
        ("priority", json!("3")),
        ("operateType", json!("4")),
        ("passTime3", json!(six)),
        ("passTime1", json!("25_00,26_00")),
        ("validDateStart", json!("soon")),
        ("validDateEnd", json!("2018_01_01")),
        ("registerPhoto1", json!("")),
        ("visitorVoiceText", json!("欢".repeat(31))),
    ] {
        let answer = wire
            .ask(
                "registerPersonInfo",
                register(with(good.clone(), field, value.clone())),
            )
            .await;
        assert_eq!(answer.text("errorCode"), "300", "{field} {value}");
        assert!(
            answer.text("msg").contains(field),
            "{field}: {}",
            answer.text("msg")
        );
        assert!(answer.text("msg").len() <= 128);
    }
    let none = wire
        .ask(
            "registerPersonInfo",
            json!({"personInfoCount": "0", "personInfoData": []}),
        )
        .await;
    assert_eq!(none.text("errorCode"), "300");
    let spoiled = with(good, "registerPhoto1", json!("***"));
    let answer = wire.ask("registerPersonInfo", register(spoiled)).await;
    assert_eq!(answer.text("errorCode"), "303");
    assert_eq!(door.state().await["counts"]["persons"], 0);
}

#[tokio::test]
async fn a_full_terminal_says_302_and_everybody_can_go_at_once() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let mut config = mqtt_config(&path, broker.url());
    config.terminal.capacity = 2;
    let door = Door::start(config).await;
    let mut wire = broker.welcome().await;
    let photo = sample("obama.jpg");
    for (id, due) in [("1", "100"), ("2", "100"), ("3", "302"), ("2", "100")] {
        let answer = wire.ask("registerPersonInfo", register(person(id, &photo))).await;
        assert_eq!(answer.text("errorCode"), due, "{id}");
    }
    let count = wire.ask("onlineGetRegisterCount", json!({})).await;
    assert_eq!((count.text("errorCode"), count.text("personNum")), ("100", "2"));
    // The array as a text, with numbers (QUIRKS M9, M27).
    let all = json!({"personInfoCount": 1, "personInfoData": "[{\"operateType\":3}]"});
    assert_eq!(wire.ask("registerPersonInfo", all).await.text("errorCode"), "100");
    assert_eq!(door.state().await["counts"]["persons"], 0);
}

#[tokio::test]
async fn a_person_is_told_by_place_as_it_came() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    let photo = sample("obama.jpg");
    let mut sent = person("20001", &photo);
    for (field, value) in [
        ("registerPhoto2", json!(base64(&sample("obama2.jpg")))),
        ("registerPhotoID2", json!("654322")),
        ("passTime1", json!("06_00,09_00,18_00,21_00")),
        ("priority", json!("2")),
        ("voiceSpecialMode", json!("1")),
        ("voiceNameSexEnable", json!("1")),
        ("visitorVoiceTextBeforeName", json!("亲爱的")),
        ("visitorVoiceText", json!("欢迎您的参观")),
        ("displaySpecialMode", json!("3")),
        ("visitordisplayText", json!("欢迎")),
    ] {
        sent[field] = value;
    }
    let mut other = person("10000", &photo);
    other["RegisterPhotoID2"] = json!("1");
    for person in [sent.clone(), other] {
        let answer = wire.ask("registerPersonInfo", register(person)).await;
        assert_eq!(answer.text("errorCode"), "100");
    }
    // In the order of ids: 10000 has place 0.
    let told = wire.ask("onlineGetRegisterByIndex", json!({"index": "1"})).await;
    assert_eq!((told.text("errorCode"), told.text("index")), ("100", "1"));
    for (field, value) in sent.as_object().unwrap() {
        let due = match field.as_str() {
            "operateType" => continue,
            // A whole day needs no periods.
            "passTime7" => json!(""),
            _ => value.clone(),
        };
        assert_eq!(told.json[field], due, "{field}");
    }
    assert_eq!(told.json.get("operateType"), None);
    for index in ["2", "-1"] {
        let beyond = wire
            .ask("onlineGetRegisterByIndex", json!({"index": index}))
            .await;
        assert_eq!(beyond.text("errorCode"), "400", "{index}");
    }
    // Kept over a restart, in the same order.
    door.running.stop().await;
    let door = Door::start(door.config).await;
    let mut wire = broker.welcome().await;
    let told: Value = wire
        .ask("onlineGetRegisterByIndex", json!({"index": 1}))
        .await
        .json;
    assert_eq!(
        (&told["idNumber"], &told["visitorVoiceText"]),
        (&sent["idNumber"], &sent["visitorVoiceText"])
    );
    assert_eq!(door.state().await["counts"]["persons"], 2);
}

#[tokio::test]
async fn the_door_greets_with_the_persons_own_words() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let mut config = mqtt_config(&path, broker.url());
    config.terminal.language = "zh".into();
    let door = Door::start(config).await;
    let mut wire = broker.welcome().await;
    let mut greeted = person("1", &sample("obama.jpg"));
    for (field, value) in [
        ("voiceSpecialMode", "1"),
        ("voiceNameSexEnable", "1"),
        ("visitorVoiceTextBeforeName", "亲爱的"),
        ("visitorVoiceText", "欢迎您的参观"),
        ("displaySpecialMode", "2"),
    ] {
        greeted[field] = json!(value);
    }
    wire.ask("registerPersonInfo", register(greeted)).await;
    let decision = door.card("card-1").await["decision"].clone();
    assert_eq!(decision["result"], "granted");
    assert_eq!(decision["speech"], "亲爱的张三先生，欢迎您的参观");
    assert_eq!(decision["message"], "张三");
    let record = wire.record().await;
    assert_eq!(record.text("visitorVoiceText"), "亲爱的张三先生，欢迎您的参观");
}
