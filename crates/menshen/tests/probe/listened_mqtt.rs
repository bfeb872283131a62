//! A device with planted faults that comes to the probe's broker.

use crate::kit::free_port;
use crate::probing::probe;
use dialects::mqtt::Topic;
use dialects::mqtt::topic::Part;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

const SERIAL: &str = "faulty";
/// Enough for a photo.
const PACKET_BYTES: usize = 1024 * 1024;

/// What it answers to a message, badly: each answer has a fault of its own.
fn answer(asked: &Value) -> Value {
    let name = asked["msgType"].as_str().unwrap();
    let mut answer = json!({
        "msgType": format!("{name}Resp"), "msgID": asked["msgID"], "deviceNo": SERIAL, "token": "t",
        "errorCode": "100", "msg": "ok",
    });
    let more = match name {
        // A number where everything is text.
        "onlineGetRegisterCount" => json!({"personNum": 3}),
        // A code that the document does not have.
        "registerPersonInfo" => json!({"errorCode": "999"}),
        // The name of the document's example.
        "onlineGetRegister" => json!({
            "msgType": "onlineGetRegisterInfoResp", "personNum": "1", "index": "0", "idNumber": "7", "name": "n",
            "sex": "男", "birthday": "1997年4月3日", "phone": "", "registerPhoto1": "", "registerPhotoID1": "",
        }),
        // Another person than at that place.
        "onlineGetRegisterByIndex" => json!({
            "index": "0", "idNumber": "8", "name": "n", "sex": "男", "birthday": "1997年4月3日", "phone": "",
            "registerPhoto1": "", "registerPhotoID1": "",
        }),
        // A blank within the key.
        "onlineStopGetRegister" => json!({"errorCode": null, "errorCode ": "100"}),
        // No picture, though it says that all is well.
        "onlineGetPhoto" => json!({"photo": "AAAA"}),
        // Few settings.
        "onlineGetDevInfo" => json!({"voiceVolume": "5"}),
        _ => json!({}),
    };
    let fields = answer.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    fields.retain(|_, value| !value.is_null());
    answer
}

/// Its token is the one that it was given, so that nothing but the planted differs.
fn with_token(mut answer: Value, token: &Value) -> Vec<u8> {
    answer["token"] = token.clone();
    answer.to_string().into_bytes()
}

fn device(port: u16) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut options = MqttOptions::new(SERIAL, "127.0.0.1", port);
        options.set_max_packet_size(PACKET_BYTES, PACKET_BYTES);
        let (client, mut connection) = AsyncClient::new(options, 16);
        let mut token = Value::Null;
        loop {
            let event = match connection.poll().await {
                Ok(event) => event,
                Err(_) => {
                    tokio::task::yield_now().await;
                    continue;
                }
            };
            match event {
                Event::Incoming(Packet::ConnAck(_)) => {
                    let topic = format!("pass/{SERIAL}/#");
                    client.try_subscribe(topic, QoS::AtLeastOnce).unwrap();
                }
                Event::Incoming(Packet::SubAck(_)) => {
                    let register = json!({
                        "msgType": "register", "deviceNo": SERIAL, "registerTime": "1700000000", "rand": "r",
                        "protocolVersion": "V1.0", "hardwareVersion": "h", "softwareVersion": "s", "algVersion": "a",
                        "sign": "0123456789ABCDEF0123456789ABCDEF",
                    });
                    say(&client, Part::Request, register.to_string().into_bytes());
                    let beat = json!({"msgType": "keepAlive", "deviceNo": "another", "token": ""});
                    say(&client, Part::Request, beat.to_string().into_bytes());
                }
                Event::Incoming(Packet::Publish(publish)) => {
                    let said: Value = serde_json::from_slice(&publish.payload).unwrap();
                    match said["msgType"].as_str() {
                        Some("registerResp") => token = said["token"].clone(),
                        _ if publish.topic.ends_with("/request") => {
                            say(&client, Part::Response, with_token(answer(&said), &token));
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }))
}

fn say(client: &AsyncClient, part: Part, payload: Vec<u8>) {
    let topic = Topic::of_device(SERIAL, part).to_string();
    client
        .try_publish(topic, QoS::AtLeastOnce, false, payload)
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_mqtt_device_is_found_out_with_the_bytes() {
    let port = free_port();
    let _device = device(port);
    let address = format!("127.0.0.1:{port}");
    let probed = probe(&["mqtt", &address, "--answer-within", "2s"]).await;
    assert_eq!(probed.code, 1);
    for (name, quirk, part, bytes) in [
        (
            "register",
            "M14",
            "sign is not that of deviceNo",
            "0123456789ABCDEF",
        ),
        ("keepAlive", "", "deviceNo is not the", r#""deviceNo":"another""#),
        (
            "onlineGetRegisterCount",
            "M40",
            r#"personNum 3 came, "3" is expected"#,
            r#""personNum":3"#,
        ),
        ("registerPersonInfo", "", "999", r#""errorCode":"999""#),
        (
            "onlineGetRegister",
            "M1",
            r#"msgType "onlineGetRegisterInfoResp" came, "onlineGetRegisterResp" is expected"#,
            "onlineGetRegisterInfoResp",
        ),
        (
            "onlineGetRegisterByIndex",
            "",
            "idNumber is not the",
            r#""idNumber":"8""#,
        ),
        (
            "onlineStopGetRegister",
            "M50",
            "errorCode is missing",
            r#""errorCode ":"100""#,
        ),
        ("onlineGetPhoto", "M43", "photo is no JPEG", r#""photo":"AAAA""#),
        (
            "onlineGetDevInfo",
            "",
            "devicePassword is missing",
            r#""voiceVolume":"5""#,
        ),
        (
            "onlineSetDevInfo",
            "",
            "voiceVolume is not the 6 that was set",
            r#""voiceVolume":"5""#,
        ),
    ] {
        let row = probed.row(name);
        assert_eq!(row["outcome"], "differs", "{row}");
        let detail = row["detail"].as_str().unwrap();
        assert!(
            detail.contains(part) && detail.contains(bytes),
            "{name}: {detail}"
        );
        assert_eq!(
            row["quirk"].as_str().unwrap_or_default(),
            quirk,
            "{name}: {detail}"
        );
    }
    for untried in [
        "uploadRecord",
        "onlineOpen",
        "onlineReboot",
        "onlineUpdate",
        "onlineDeleteSnapRecord",
    ] {
        assert_eq!(probed.row(untried)["outcome"], "skipped");
    }
}
