//! The hub as a client of a broker that is not ours: Debian's mosquitto, with a user, a password and TLS.

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
use serde_json::json;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the broker may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mosquitto of our own; killed when dropped.
struct Mosquitto {
    child: Child,
    config: PathBuf,
    plain: u16,
    tls: u16,
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn program(name: &str) -> String {
    let beside = format!("/usr/sbin/{name}");
    if Path::new(&beside).exists() {
        beside
    } else {
        name.to_owned()
    }
}

impl Mosquitto {
    fn start(folder: &Path) -> Self {
        certificates::write(folder);
        let passwords = folder.join("passwords");
        std::fs::write(&passwords, "").unwrap();
        for (user, password) in [("hub", "s@cret"), ("device", "d")] {
            let made = Command::new("mosquitto_passwd")
                .arg("-b")
                .arg(&passwords)
                .args([user, password])
                .status()
                .unwrap();
            assert!(made.success());
        }
        let (plain, tls) = (free_port(), free_port());
        let shown = folder.display();
        let config = folder.join("mosquitto.conf");
        let text = format!(
            "per_listener_settings false\nuser root\nallow_anonymous false\npassword_file {shown}/passwords\n\
             listener {plain} 127.0.0.1\nlistener {tls} 127.0.0.1\ncertfile {shown}/server.pem\n\
             keyfile {shown}/server.key\ncafile {shown}/ca.pem\n"
        );
        std::fs::write(&config, text).unwrap();
        Self {
            child: spawn(&config, plain),
            config,
            plain,
            tls,
        }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn restart(&mut self) {
        self.child = spawn(&self.config, self.plain);
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.plain)
    }
}

fn spawn(config: &Path, port: u16) -> Child {
    let child = Command::new(program("mosquitto"))
        .arg("-c")
        .arg(config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("Debian's package mosquitto");
    let deadline = Instant::now() + PATIENCE;
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "mosquitto does not listen");
        std::thread::yield_now();
    }
    child
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hello(serial: &str) -> Hello {
    Hello {
        user: Some("device".to_owned()),
        password: Some("d".to_owned()),
        ..Hello::of(serial)
    }
}

/// The hub's settings for the broker over TLS.
fn overrides(broker: &Mosquitto) -> String {
    let ca = broker.config.parent().unwrap().join("ca.pem");
    format!(
        "[mqtt]\nbroker = \"mqtts://hub:s%40cret@localhost:{}\"\nbroker_ca = \"{}\"\n[devices]\napprove = \"automatic\"\n",
        broker.tls,
        ca.display()
    )
}

/// Registers again and again, as devices do, until the hub answers; gives the answer.
async fn registered(device: &mut Device) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let registration = device.registration("1508845817");
        device.say(&registration).await;
        let answer = tokio::time::timeout(Duration::from_millis(300), device.heard("response")).await;
        if let Ok(answer) = answer {
            assert_eq!(answer["errorCode"], "100", "{answer}");
            return;
        }
        assert!(Instant::now() < deadline, "the hub does not answer");
    }
}

#[tokio::test]
async fn what_is_published_while_the_hub_is_away_waits_for_it_at_the_broker() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Mosquitto::start(folder.path());
    let hub = TestHub::start_with(&overrides(&broker)).await;
    let mut device = Device::connect(&broker.address(), "X-1", &hello("X-1")).await;
    registered(&mut device).await;
    let told = device.asked("onlineSetDevInfo").await;
    device.answer(&told, "100", json!({})).await;
    let directory = hub.stop().await;

    // Nobody is there; the broker takes it.
    for id in ["1", "2", "1"] {
        let record = device.record(id, "", "3", "1", &format!("2026-11-08 13:05:5{id}.421"));
        device.say(&record).await;
    }
    let hub = TestHub::start_in(directory, &overrides(&broker)).await;
    for id in ["1", "2", "1"] {
        let answer = loop {
            let message = device.next("").await.1;
            if message["msgType"] == "uploadRecordResp" {
                break message;
            }
        };
        assert_eq!(
            (&answer["msgID"], &answer["errorCode"]),
            (&json!(id), &json!("100"))
        );
    }
    let admin = hub.admin().await;
    assert_eq!(admin.all("/records").await.len(), 2, "none lost, none doubled");
    assert_eq!(
        admin.all("/devices").await[0]["status"],
        "online",
        "it never was away"
    );
}

#[tokio::test]
async fn a_broker_that_dies_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = Mosquitto::start(folder.path());
    let hub = TestHub::start_with(&overrides(&broker)).await;
    let admin = hub.admin().await;
    let mut device = Device::connect(&broker.address(), "X-1", &hello("X-1")).await;
    registered(&mut device).await;
    let mut events = admin.events(None).await;
    broker.kill();
    while events.next_named("device.status").await.data["status"] != "offline" {}
    let path = format!(
        "/devices/{}/commands",
        admin.all("/devices").await[0]["id"].as_str().unwrap()
    );
    let door = admin
        .post(&path, &json!({"kind": "open_door"}))
        .await
        .expect(202)
        .json();
    assert_eq!(door["state"], "expired", "nobody can be reached");
    broker.restart();
    let mut device = Device::connect(&broker.address(), "X-1", &hello("X-1")).await;
    registered(&mut device).await;
    while events.next_named("device.status").await.data["status"] != "online" {}
    let told = device.asked("onlineSetDevInfo").await;
    device.answer(&told, "100", json!({})).await;
    admin.post(&path, &json!({"kind": "open_door"})).await.expect(202);
    device.asked("onlineOpen").await;
}

#[tokio::test]
async fn a_last_will_says_that_a_device_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Mosquitto::start(folder.path());
    let hub = TestHub::start_with(&overrides(&broker)).await;
    let admin = hub.admin().await;
    let with_will = Hello {
        will_topic: Some("face/X-1/request".to_owned()),
        will: Some(json!({"msgType": "lastWill", "deviceNo": "X-1"}).to_string()),
        ..hello("X-1")
    };
    let (client, code) = Client::connect(&broker.address(), &with_will).await;
    assert_eq!(code, 0);
    let mut device = Device::on(client, "X-1").await;
    registered(&mut device).await;
    let mut events = admin.events(None).await;
    drop(device);
    while events.next_named("device.status").await.data["status"] != "offline" {}
}
