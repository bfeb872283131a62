//! What is published to the broker of `SetMQTTParam` (3.31), beside what is pushed.

use crate::pushes::{OK, door_with_one, every_frame, subscription};
use crate::support::broker::{Broker, Message, Wire};
use crate::support::http::Receiver;
use crate::support::{Door, facegate_config, folder, sample};
use crate::{CARD, Caller, DEVICE, person, picture};
use serde_json::{Value, json};

const TOPIC: &str = "mqtt/face/1300001";

/// The parameters as the document's example has them, with everything uploaded.
fn parameters(broker: &Broker) -> Value {
    let url = broker.url();
    let (host, port) = url.strip_prefix("tcp://").unwrap().rsplit_once(':').unwrap();
    json!({
        "MQEnable": 1, "MQAddr": host, "MQPort": port.parse::<u16>().unwrap(), "MQUser": "admin", "MQPwd": "password",
        "MQTopic": TOPIC, "MQCloudID": "1306612", "StrangerUploadType": 0, "RecordUploadType": 1, "Direction": 1,
        "QRCode": 1, "ResumefromBreakpoint": 0,
    })
}

/// The next message that is no heartbeat.
async fn published(wire: &mut Wire) -> Message {
    loop {
        let message = wire.any().await;
        assert_eq!((message.topic.as_str(), message.qos), (TOPIC, 1));
        if message.json["operator"] != "HeartBeat" {
            return message;
        }
    }
}

/// The next connection, after its first heartbeat.
async fn welcomed(broker: &Broker) -> Wire {
    let mut wire = broker.accept().await;
    assert_eq!(wire.any().await.json["operator"], "HeartBeat");
    wire
}

async fn pass(door: &Door) {
    assert_eq!(
        door.present("rf_card", CARD).await["decision"]["result"],
        "granted"
    );
}

/// What a platform calls that lets a code in.
fn opened() -> Value {
    json!({"DeviceID": DEVICE, "status": 1, "msg": ""})
}

/// The place of a published pass among others.
fn time(message: &Message) -> String {
    assert_eq!(message.json["operator"], "VerifyPush");
    message.json["info"]["CreateTime"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_pushed_is_published_byte_for_byte() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let body = person("u-1", &sample("obama.jpg")).to_string();
    assert_eq!(caller.raw("AddPerson", &body).await["code"], 200);
    let (platform, broker) = (Receiver::listen().await, Broker::listen().await);
    caller
        .done(
            "Subscribe",
            subscription(&platform, &["Snap", "VerifyWithSnap", "QRCode"], 0),
        )
        .await;
    caller.done("SetMQTTParam", parameters(&broker)).await;
    let mut wire = broker.accept().await;
    let connect = &wire.connect;
    assert_eq!(
        (
            connect.client_id.as_str(),
            connect.username.as_deref(),
            connect.password.as_deref()
        ),
        ("1306612", Some("admin"), Some("password"))
    );
    assert!(connect.clean_session);
    let beat = wire.any().await;
    assert_eq!((beat.topic.as_str(), beat.qos), (TOPIC, 1));
    assert_eq!(
        (&beat.json["operator"], &beat.json["info"]["DeviceID"]),
        (&json!("HeartBeat"), &json!(DEVICE))
    );
    // Somebody known, somebody unknown.
    for (frame, operator) in [("obama2.jpg", "VerifyPush"), ("biden.jpg", "SnapPush")] {
        door.frame(sample(frame)).await;
        let (pushed, published) = tokio::join!(platform.answered(OK), published(&mut wire));
        assert_eq!(published.json["operator"], operator);
        assert_eq!(published.json["SanpPic"], picture(&sample(frame)));
        assert!(
            published.payload == pushed.body,
            "{operator} is published as it is pushed"
        );
    }
    // A code, which is opened for by OpenDoor.
    let (shown, ()) = tokio::join!(door.present("qr", "visitor 7"), async {
        let (pushed, published) = tokio::join!(platform.answered(OK), published(&mut wire));
        assert_eq!(published.json["info"]["QRcodeInfo"], "visitor 7");
        assert!(published.payload == pushed.body);
        caller.done("OpenDoor", opened()).await;
    });
    assert_eq!(shown["decision"]["result"], "granted");
    // An exit here is an exit there, whose number is another (QUIRKS A7).
    assert_eq!(caller.told("GetGeneralParam", json!({})).await["Direction"], 2);
    assert_eq!(caller.told("GetMQTTParam", json!({})).await["Direction"], 1);
}

#[tokio::test]
async fn what_is_not_uploaded_is_not_published_and_nobody_need_subscribe() {
    let (_folder, path) = folder();
    let (door, caller) = door_with_one(every_frame(&path)).await;
    let broker = Broker::listen().await;
    let mut changed = parameters(&broker);
    changed["RecordUploadType"] = json!(2);
    caller.done("SetMQTTParam", changed).await;
    let mut wire = welcomed(&broker).await;
    pass(&door).await;
    let message = published(&mut wire).await;
    assert_eq!(message.json["info"]["PersonUUID"], "u-1");
    assert_eq!(
        (message.json.get("SanpPic"), message.json.get("RegisteredPic")),
        (None, None)
    );
    // A setting of something else leaves the connection as it is.
    caller.done("SetSound", json!({"Volume": 50})).await;
    let (shown, ()) = tokio::join!(door.present("qr", "visitor 7"), async {
        assert_eq!(published(&mut wire).await.json["info"]["QRcodeInfo"], "visitor 7");
        caller.done("OpenDoor", opened()).await;
    });
    assert_eq!(shown["decision"]["result"], "granted");
    // Only codes.
    caller
        .done(
            "SetMQTTParam",
            json!({"RecordUploadType": 0, "StrangerUploadType": 1}),
        )
        .await;
    wire.closed().await;
    assert!(wire.disconnected, "it says goodbye");
    let mut wire = welcomed(&broker).await;
    pass(&door).await;
    let (_, message) = tokio::join!(door.present("qr", "visitor 8"), published(&mut wire));
    assert_eq!(message.json["operator"], "QRCodePush");
}

#[tokio::test]
async fn a_broker_that_refuses_the_password_is_tried_again() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let broker = Broker::listen().await;
    caller.done("SetMQTTParam", parameters(&broker)).await;
    const BAD_USER_OR_PASSWORD: u8 = 4;
    for _ in 0..2 {
        let mut refused = broker.accept_with(BAD_USER_OR_PASSWORD).await;
        assert_eq!(refused.connect.password.as_deref(), Some("password"));
        assert!(
            refused.try_any().await.is_none(),
            "nothing is published to a broker that refuses"
        );
    }
    drop(welcomed(&broker).await);
    // Refused again, and then the right one.
    let mut refused = broker.accept_with(BAD_USER_OR_PASSWORD).await;
    assert!(refused.try_any().await.is_none());
    caller.done("SetMQTTParam", json!({"MQPwd": "pass@word"})).await;
    let wire = loop {
        let wire = broker.accept().await;
        if wire.connect.password.as_deref() == Some("pass@word") {
            break wire;
        }
    };
    assert_eq!(wire.connect.username.as_deref(), Some("admin"));
}

#[tokio::test]
async fn another_broker_is_followed_at_once_and_after_a_restart() {
    let (_folder, path) = folder();
    let config = every_frame(&path);
    let (door, caller) = door_with_one(config.clone()).await;
    let (first, second) = (Broker::listen().await, Broker::listen().await);
    caller.done("SetMQTTParam", parameters(&first)).await;
    let mut wire = welcomed(&first).await;
    pass(&door).await;
    time(&published(&mut wire).await);
    let port = parameters(&second)["MQPort"].clone();
    caller.done("SetMQTTParam", json!({ "MQPort": port })).await;
    wire.closed().await;
    assert!(wire.disconnected);
    let mut wire = welcomed(&second).await;
    pass(&door).await;
    time(&published(&mut wire).await);
    door.running.stop().await;
    wire.closed().await;
    assert!(wire.disconnected);
    let door = Door::start(config).await;
    let mut wire = welcomed(&second).await;
    pass(&door).await;
    time(&published(&mut wire).await);
    Caller::of(&door)
        .done("SetMQTTParam", json!({"MQEnable": 0}))
        .await;
    wire.closed().await;
}

#[tokio::test]
async fn with_resuming_everything_is_published_in_order_also_after_a_restart() {
    let (_folder, path) = folder();
    let config = every_frame(&path);
    let (door, caller) = door_with_one(config.clone()).await;
    let broker = Broker::listen().await;
    // What was before is not published, unless a time is told.
    pass(&door).await;
    let mut changed = parameters(&broker);
    changed["ResumefromBreakpoint"] = json!(1);
    caller.done("SetMQTTParam", changed).await;
    let mut wire = welcomed(&broker).await;
    pass(&door).await;
    let first = time(&published(&mut wire).await);
    let begin = caller.told("GetMQTTParam", json!({})).await["BeginTime"].clone();
    assert_eq!(begin.as_str().unwrap().len(), 19);
    // What the broker has not confirmed comes again.
    pass(&door).await;
    drop(wire);
    let mut wire = welcomed(&broker).await;
    let second = time(&published(&mut wire).await);
    assert!(second > first, "{second}");
    // What happens without a connection is published later.
    caller.done("SetMQTTParam", json!({"MQEnable": 0})).await;
    wire.closed().await;
    for _ in 0..2 {
        pass(&door).await;
    }
    door.running.stop().await;
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    caller.done("SetMQTTParam", json!({"MQEnable": 1})).await;
    let mut wire = welcomed(&broker).await;
    let third = time(&published(&mut wire).await);
    let fourth = time(&published(&mut wire).await);
    assert!(second < third && third < fourth, "{third} {fourth}");
    // From a time on, all over.
    caller
        .done("SetMQTTParam", json!({"BeginTime": "2020-05-25T09:10:00"}))
        .await;
    let mut wire = welcomed(&broker).await;
    let mut times = Vec::new();
    for _ in 0..5 {
        times.push(time(&published(&mut wire).await));
    }
    assert_eq!(times[1..], [first, second, third, fourth]);
}

#[tokio::test]
async fn parameters_that_cannot_be_are_refused_and_change_nothing() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    for topic in ["face/+", "face/#"] {
        let changed = json!({"MQTopic": topic, "QRCode": 1});
        assert_eq!(caller.refused("SetMQTTParam", changed).await, 462);
    }
    let changed = json!({"BeginTime": "yesterday", "QRCode": 1});
    assert_eq!(
        caller.call("SetMQTTParam", changed).await["info"]["Result"],
        "Fail"
    );
    let told = caller.told("GetMQTTParam", json!({})).await;
    assert_eq!((&told["QRCode"], &told["MQTopic"]), (&json!(0), &json!("")));
}
