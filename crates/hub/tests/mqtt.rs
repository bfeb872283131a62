//! The hub's embedded broker and its link, against a terminal written from the document's bytes: who is let in, who speaks
//! for whom, registration, presence, records.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod broker_client;
mod kit;

use broker_client::{Client, Device, Hello, certificates};
use kit::TestHub;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const LISTEN: &str = "[mqtt]\nlisten = \"127.0.0.1:0\"\n";
const ANONYMOUS: &str = "[mqtt]\nlisten = \"127.0.0.1:0\"\nanonymous = true\n";

fn broker(hub: &TestHub) -> String {
    hub.running.listeners().mqtt.clone().unwrap()
}

/// Enters a device beforehand; gives its path and its account at the broker.
async fn entered(admin: &kit::Client, serial: &str) -> (String, Value) {
    let device = json!({"dialect": "mqtt", "serial": serial});
    let device = admin.post("/devices", &device).await.expect(201).json();
    let path = format!("/devices/{}", device["id"].as_str().unwrap());
    assert!(
        admin.get(&path).await.expect(200).json().get("broker").is_none(),
        "shown once"
    );
    (path, device["broker"].clone())
}

#[tokio::test]
async fn a_device_is_let_in_with_its_password_and_speaks_for_itself_alone() {
    let hub = TestHub::start_with(LISTEN).await;
    let admin = hub.admin().await;
    let (path, account) = entered(&admin, "M-1").await;
    entered(&admin, "M-2").await;
    assert_eq!(account["username"], "M-1");
    let address = broker(&hub);

    // 5: not authorised, 4: bad user name or password.
    for (hello, code) in [
        (Hello::of("M-1"), 5),
        (
            Hello {
                password: Some("guess".to_owned()),
                ..Hello::with("M-1", &account)
            },
            4,
        ),
        (
            Hello {
                user: Some("M-3".to_owned()),
                ..Hello::with("M-3", &account)
            },
            5,
        ),
        (
            Hello {
                will_topic: Some("pass/M-2/request".to_owned()),
                ..Hello::with("M-1", &account)
            },
            5,
        ),
    ] {
        let (_, answered) = Client::connect(&address, &hello).await;
        assert_eq!(answered, code, "{hello:?}");
    }
    let hello = Hello::with("M-1", &account);
    let (mut client, code) = Client::connect(&address, &hello).await;
    assert_eq!(code, 0);
    for (filter, granted) in [
        ("pass/M-1/request", 1),
        ("pass/M-1/#", 1),
        ("pass/M-2/request", 0x80),
        ("pass/+/request", 0x80),
        ("face/M-1/request", 0x80),
        ("#", 0x80),
        ("$SYS/#", 0x80),
    ] {
        assert_eq!(client.subscribe(filter).await, granted, "{filter}");
    }
    assert!(
        !client.publish("face/M-2/request", b"{}").await,
        "another's topic"
    );
    for topic in ["pass/M-1/request", "elsewhere"] {
        let (mut client, _) = Client::connect(&address, &hello).await;
        assert!(!client.publish(topic, b"{}").await, "{topic}");
    }

    // A new password ends what used the old one.
    let (mut client, _) = Client::connect(&address, &hello).await;
    client.ping().await;
    let made = admin
        .post(&format!("{path}/broker-credentials"), &json!({}))
        .await
        .expect(201)
        .json();
    let (_, code) = Client::connect(&address, &hello).await;
    assert_eq!(code, 4);
    let (_, code) = Client::connect(&address, &Hello::with("M-1", &made["broker"])).await;
    assert_eq!(code, 0);
}

#[tokio::test]
async fn without_passwords_a_connection_belongs_to_the_first_serial_that_it_uses() {
    let hub = TestHub::start_with(ANONYMOUS).await;
    let admin = hub.admin().await;
    entered(&admin, "M-1").await;
    let address = broker(&hub);
    let (mut client, code) = Client::connect(&address, &Hello::of("M-9")).await;
    assert_eq!(code, 0);
    assert_eq!(
        client.subscribe("pass/M-1/request").await,
        0x80,
        "M-1 has a password"
    );
    assert_eq!(client.subscribe("pass/M-9/request").await, 1);
    assert_eq!(client.subscribe("pass/M-8/request").await, 0x80);
    assert!(!client.publish("face/M-8/request", b"{}").await);
    let (mut client, _) = Client::connect(&address, &Hello::of("M-9")).await;
    assert!(
        !client.publish("face/M-1/request", b"{}").await,
        "M-1 has a password"
    );
}

#[tokio::test]
async fn a_device_waits_for_approval_and_is_told_when_it_comes() {
    let hub = TestHub::start_with(ANONYMOUS).await;
    let admin = hub.admin().await;
    let mut device = Device::connect(&broker(&hub), "M-1", &Hello::of("M-1")).await;
    let mut forged = device.registration("1508845817");
    forged["sign"] = json!("025984AB8393B9484226E6B1FA7BBF79");
    device.say(&forged).await;
    assert_eq!(
        device.heard("response").await["errorCode"],
        "200",
        "the sign is wrong"
    );
    assert!(admin.all("/devices").await.is_empty());

    let answer = device.register().await;
    assert_eq!(answer["errorCode"], "200", "pending");
    let shown = admin.all("/devices").await[0].clone();
    assert_eq!(shown["status"], "pending");
    assert_eq!(
        (&shown["model"], &shown["firmware"]),
        (&json!("A2"), &json!("2.1.9 2020-02-13"))
    );
    assert!(
        shown["address"].as_str().unwrap().starts_with("127.0.0.1:"),
        "{shown}"
    );
    let path = format!("/devices/{}", shown["id"].as_str().unwrap());
    admin
        .post(&format!("{path}/commands"), &json!({"kind": "open_door"}))
        .await
        .expect(409);
    admin
        .post(&format!("{path}/approve"), &json!({"name": "Gate"}))
        .await
        .expect(200);
    let answer = device.heard("response").await;
    assert_eq!(
        (&answer["msgType"], &answer["errorCode"]),
        (&json!("registerResp"), &json!("100"))
    );
    assert_eq!(answer["registerTime"].as_str().unwrap().len(), 13, "milliseconds");
    assert_eq!(answer["token"].as_str().unwrap().len(), 32);
    let told = device.asked("onlineSetDevInfo").await;
    device.answer(&told, "100", json!({})).await;
    assert_eq!(admin.get(&path).await.expect(200).json()["status"], "online");

    // Again, at will: a new token.
    let again = device.register().await;
    assert_eq!(again["errorCode"], "100");
    assert_ne!(again["token"], answer["token"]);
    device
        .say(&json!({"msgType": "keepAlive", "deviceNo": "M-1", "token": device.token}))
        .await;
    assert_eq!(
        device.heard("response").await,
        json!({"msgType": "keepAliveResp", "deviceNo": "M-1"})
    );

    // Its connection ends, and so does its presence.
    let mut events = admin.events(None).await;
    drop(device);
    let gone = events.next_named("device.status").await;
    assert_eq!(gone.data["status"], "offline");

    // Switched off, nothing of it is taken.
    let mut device = Device::connect(&broker(&hub), "M-1", &Hello::of("M-1")).await;
    device.enter().await;
    admin
        .patch(&path, &json!({"status": "disabled"}))
        .await
        .expect(200);
    device.client.is_hung_up_on().await;
}

#[tokio::test]
async fn records_are_acknowledged_once_they_are_kept_and_kept_once() {
    let hub = TestHub::start_with(LISTEN).await;
    let admin = hub.admin().await;
    let (path, account) = entered(&admin, "M-1").await;
    let mut device = Device::connect(&broker(&hub), "M-1", &Hello::with("M-1", &account)).await;
    device.enter().await;
    let record = device.record("1001", "20001", "0", " 0", " 2026-11-08 13:05:51.421");
    let answer = device.upload(&record).await;
    let acknowledged = json!({"msgType": "uploadRecordResp", "msgID": "1001", "deviceNo": "M-1", "errorCode": "100",
        "controlState": "", "msg": ""});
    assert_eq!(answer, acknowledged);
    assert_eq!(device.upload(&record).await, acknowledged, "again");
    // The same id at another time is another record (QUIRKS M36).
    let later = device.record("1001", "", "3", "1", "2026-11-08 13:05:52.421");
    device.upload(&later).await;
    let records = admin.all("/records").await;
    assert_eq!(records.len(), 2, "{records:?}");
    let first = records
        .iter()
        .find(|record| record["result"] == "granted")
        .unwrap();
    assert_eq!(first["occurred_at"], "2026-11-08T05:05:51.421Z");
    assert_eq!(
        (&first["method"], &first["direction"]),
        (&json!("face"), &json!("entry"))
    );
    assert_eq!(first["late"], true, "before the connection");
    assert_eq!(first["person_id"], Value::Null, "not on this device by the hub");
    assert_eq!(first["person_name"], "张三");
    let photo = admin
        .get(first["photo_url"].as_str().unwrap().trim_start_matches("/api/v1"))
        .await;
    assert_eq!(photo.expect(200).bytes[..3], [0xff, 0xd8, 0xff]);
    assert!(records.iter().any(|record| record["result"] == "stranger"));
    assert!(first["native"].get("recognitionPhoto").is_none() && first["native"].get("token").is_none());

    // Another's name in the message: it is nobody's.
    let mut foreign = record.clone();
    (foreign["deviceNo"], foreign["msgID"]) = (json!("M-2"), json!("1002"));
    device.say(&foreign).await;
    device.client.ping().await;
    let next = device.record("1003", "20001", "4", "4", "2026-11-08 13:05:53.421");
    device.upload(&next).await;
    assert_eq!(admin.all("/records").await.len(), 3);

    // What a device leaves blank, or fills with something else, does not keep a record from being taken.
    let mut odd = device.record("1007", "20001", "", " ", "2026-11-08 13:05:55.421");
    for (field, value) in [
        ("inOutMode", json!("")),
        ("name", Value::Null),
        ("comparePhoto", Value::Null),
        ("temperatureResult", json!("none")),
        ("company", json!([])),
    ] {
        odd[field] = value;
    }
    device.upload(&odd).await;
    let records = admin.all("/records").await;
    assert_eq!(records.len(), 4, "{records:?}");
    let kept = records
        .iter()
        .find(|record| record["occurred_at"] == "2026-11-08T05:05:55.421Z");
    let kept = kept.unwrap();
    assert_eq!(
        (&kept["result"], &kept["method"], &kept["direction"]),
        (&json!("denied"), &json!("unknown"), &json!("none"))
    );

    // The hub decides.
    admin.patch(&path, &json!({"decision": "hub"})).await.expect(200);
    let told = device.asked("onlineSetDevInfo").await;
    assert_eq!(told["autoOpenDoorEnable"], "0");
    device.answer(&told, "100", json!({})).await;
    let now = jiff::Timestamp::now();
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let time = zone
        .to_datetime(now)
        .strftime("%Y-%m-%d %H:%M:%S.%3f")
        .to_string();
    let fresh = device.record("1004", "20001", "0", "0", &time);
    let answer = device.upload(&fresh).await;
    assert_eq!(answer["controlState"], "close", "nobody is granted this door");
    assert_ne!(answer["msg"], "");
    assert_eq!(
        device.upload(&fresh).await["controlState"],
        "",
        "a repeat moves nothing"
    );
}

#[tokio::test]
async fn over_tls_the_devices_own_address_is_known() {
    let directory = tempfile::tempdir().unwrap();
    certificates::write(directory.path());
    let overrides = "[mqtt]\nlisten = \"\"\ntls_listen = \"127.0.0.1:0\"\ntls_certificate = \"server.pem\"\n\
         tls_key = \"server.key\"\n";
    let hub = TestHub::start_in(directory, overrides).await;
    assert_eq!(hub.running.listeners().mqtt, None);
    let admin = hub.admin().await;
    let (path, account) = entered(&admin, "M-1").await;
    let address = hub.running.listeners().mqtt_tls.clone().unwrap();

    let (client, code) = over_tls(&address, hub.directory.path(), &Hello::with("M-1", &account)).await;
    assert_eq!(code, 0);
    let mut device = Device::on(client, "M-1").await;
    device.enter().await;
    let shown = admin.get(&path).await.json()["address"]
        .as_str()
        .unwrap()
        .to_owned();
    let own = device.client.local.unwrap().to_string();
    assert_eq!(shown, own, "the device's own address, not the acceptor's");

    // Pinned elsewhere, it is not let in, and the operators are told.
    let mut events = admin.events(None).await;
    for wrong in ["192.0.2.1:80", "door.example", ""] {
        let refused = admin.patch(&path, &json!({"pinned_address": wrong})).await;
        assert_eq!(
            refused.expect(422).json()["errors"][0]["path"],
            "pinned_address",
            "{wrong}"
        );
    }
    admin
        .patch(&path, &json!({"pinned_address": " 192.0.2.1"}))
        .await
        .expect(200);
    let (_, code) = over_tls(&address, hub.directory.path(), &Hello::with("M-1", &account)).await;
    assert_eq!(code, 5);
    events.next_named("device.wrong_address").await;
}

async fn over_tls(address: &str, folder: &std::path::Path, hello: &Hello) -> (Client, u8) {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(folder.join("ca.pem")).unwrap())
        .unwrap();
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let local = stream.local_addr().ok();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from("127.0.0.1").unwrap(), stream)
        .await
        .unwrap();
    let (mut client, code) = Client::over(Box::new(stream), hello).await;
    client.local = local;
    (client, code)
}
