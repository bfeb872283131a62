//! The `qyzn` endpoint against a platform written by hand from the document.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use support::platform::Platform;
use support::{Door, card_holder, empty_picture, folder, qyzn_config, sample};

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// `add_person_face` in the form of 4.3.8.
fn person(id: &str, photo: Option<&[u8]>) -> Value {
    let faces: Vec<Value> = photo
        .iter()
        .map(|photo| json!({ "faceId": "3000004", "image": base64(photo) }))
        .collect();
    json!({
        "personId": id, "personCode": id, "name": "张三", "type": 1, "idNum": "", "icNum": format!("ic-{id}"),
        "passNum": 99999, "passMonday": true, "passTuesday": true, "passWednesday": true, "passThursday": true,
        "passFriday": true, "passSaturday": true, "passSunday": true, "passMode": 255, "faces": faces,
        "extPassRule": {},
    })
}

fn is_online(state: &Value) -> bool {
    state["connections"]["qyzn"]["online"] == true
}

#[tokio::test]
async fn it_registers_logs_in_sets_its_clock_and_says_goodbye() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let door = Door::start(qyzn_config(&path, platform.address())).await;
    let mut link = platform.accept().await;
    let register = link.read().await;
    assert_eq!(register.data("serial"), "MS-TEST-1");
    let mac = register.data("mac").as_str().unwrap();
    assert!(
        mac.len() == 12
            && mac
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)),
        "{mac}"
    );
    link.answer_register(&register).await;
    let login = link.read().await;
    assert_eq!(login.sequence, register.sequence.wrapping_add(1));
    link.answer_login(&login, 0).await;
    let sync = link.request("sync_time").await;
    assert_eq!(sync.data("timestamp").as_str().unwrap().len(), 17);
    let told = json!({ "result": 0, "desc": "Success", "data": { "timestamp": "20300102030405678" } });
    link.answer(sync.sequence, &told).await;
    let state = door
        .state_where(|state| is_online(state) && state["now"].as_str().unwrap().starts_with("2030"))
        .await;
    // 03:04:05 in Shanghai.
    assert!(
        state["now"].as_str().unwrap().starts_with("2030-01-01T19:04:0"),
        "{}",
        state["now"]
    );
    let (stopped, ()) = tokio::join!(door.running.stop(), async {
        let logout = link.request("logout").await;
        link.answer(
            logout.sequence,
            &json!({ "result": 0, "desc": "Success", "data": {} }),
        )
        .await;
        link.closed().await;
    });
    stopped
}

#[tokio::test]
async fn it_is_remembered_logs_in_again_and_registers_where_it_is_forgotten() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let config = qyzn_config(&path, platform.address());
    let door = Door::start(config.clone()).await;
    let link = platform.welcome().await;
    drop(link);
    let mut link = platform.accept().await;
    let login = link.read().await;
    link.answer_login(&login, 0).await;
    drop(link);
    door.running.stop().await;

    let _door = Door::start(config).await;
    let mut link = platform.accept().await;
    let login = link.read().await;
    link.answer_login(&login, 106).await;
    link.closed().await;
    let mut link = platform.accept().await;
    let login = link.read().await;
    assert_eq!(login.message(), "login", "another code than 100 forgets nothing");
    link.answer_login(&login, 100).await;
    let register = link.read().await;
    link.answer_register(&register).await;
    let login = link.read().await;
    link.answer_login(&login, 0).await;
}

#[tokio::test]
async fn it_beats() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let mut config = qyzn_config(&path, platform.address());
    config.qyzn.as_mut().unwrap().heartbeat_seconds = 1;
    let _door = Door::start(config).await;
    let mut link = platform.welcome().await;
    for _ in 0..2 {
        let beat = loop {
            let packet = link.read().await;
            if packet.kind == 1 {
                break packet;
            }
        };
        assert_eq!((beat.sequence, beat.raw.len()), (0, 20));
    }
}

#[tokio::test]
async fn people_come_pass_and_go() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let door = Door::start_with_faces(qyzn_config(&path, platform.address())).await;
    let mut link = platform.welcome().await;
    let refused = link
        .ask("add_person_face", person("100001", Some(&empty_picture())))
        .await;
    assert_eq!(refused["result"], 110);
    let zip = link
        .ask("add_person_face", person("100001", Some(b"PK\x03\x04 a zip")))
        .await;
    assert_eq!(zip["result"], 110);
    assert_eq!(
        door.state().await["counts"]["persons"],
        0,
        "a refused call changes nothing"
    );
    let added = link
        .ask("add_person_face", person("100001", Some(&sample("obama.jpg"))))
        .await;
    assert_eq!((&added["result"], &added["data"]), (&json!(0), &json!({})));

    let photo = sample("obama2.jpg");
    assert_eq!(door.frame(photo.clone()).await["decision"]["result"], "granted");
    let record = link.record(json!({})).await;
    assert_eq!(record.data("personId"), "100001");
    assert_eq!(record.data("faceId"), "3000004");
    assert_eq!(record.data("fullName"), "张三");
    assert_eq!(record.data("type"), 1);
    assert_eq!(record.data("result"), 1);
    assert_eq!(record.data("snapPic"), &json!(base64(&photo)));
    let score = record.data("score").as_i64().unwrap();
    assert!((80..=100).contains(&score), "{score}");
    let time = record.data("snaptime").as_str().unwrap();
    assert!(time.len() == 19 && &time[10..11] == " ", "{time}");

    let gone = link.ask("delete_person", json!({ "idSet": ["100001"] })).await;
    assert_eq!(gone["result"], 0);
    assert_eq!(door.frame(photo).await["decision"]["result"], "stranger");
    let record = link.record(json!({})).await;
    let fields = ["personId", "type", "result", "idNum", "icNum"].map(|name| record.data(name).clone());
    assert_eq!(fields, [json!(""), json!(4), json!(0), json!(""), json!("")]);

    assert_eq!(
        link.ask("add_person_face", person("100002", None)).await["result"],
        0
    );
    assert_eq!(link.ask("clear_person", json!({})).await["result"], 0);
    assert_eq!(door.state().await["counts"]["persons"], 0);
}

#[tokio::test]
async fn wrong_requests_get_their_codes() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let door = Door::start(qyzn_config(&path, platform.address())).await;
    let mut link = platform.welcome().await;
    let without = |field: &str| {
        let mut data = person("1", None);
        data.as_object_mut().unwrap().remove(field);
        data
    };
    let with = |field: &str, value: Value| {
        let mut data = person("1", None);
        data[field] = value;
        data
    };
    for (message, data, code) in [
        ("add_person_face", without("personId"), 104),
        ("add_person_face", without("name"), 104),
        ("add_person_face", with("type", json!(9)), 104),
        (
            "add_person_face",
            with("name", json!("a name of more than 24 bytes")),
            104,
        ),
        (
            "add_person_face",
            with("faces", json!([{ "faceId": "1", "image": "!!!" }])),
            104,
        ),
        ("delete_person", json!({}), 104),
        ("delete_person", json!({ "idSet": [] }), 104),
        ("delete_person", json!({ "idSet": ["nobody"] }), 105),
        ("snapshot_picture", json!({ "timeoutSeconds": -1 }), 104),
        ("online_openDoor", json!({ "online": 1, "mode": 7 }), 104),
        ("make_coffee", json!({}), 103),
    ] {
        let answer = link.ask(message, data.clone()).await;
        assert_eq!(answer["result"], code, "{message} {data}: {answer}");
    }
    assert_eq!(door.state().await["counts"]["persons"], 0);
}

#[tokio::test]
async fn the_door_opens_and_the_camera_shows_from_afar() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let door = Door::start_with_faces(qyzn_config(&path, platform.address())).await;
    let mut link = platform.welcome().await;
    assert_eq!(link.ask("open_door", json!({})).await["result"], 0);
    let state = door.state().await;
    assert_eq!(
        (&state["door"]["openings"], &state["door"]["last"]["method"]),
        (&json!(1), &json!("remote"))
    );
    assert_eq!(
        link.ask("snapshot_picture", json!({ "timeoutSeconds": 0 })).await["result"],
        107
    );
    let asked = link
        .send("snapshot_picture", json!({ "timeoutSeconds": 15 }))
        .await;
    door.frame(empty_picture()).await;
    let photo = sample("biden.jpg");
    door.frame(photo.clone()).await;
    let answer = link.answer_to(asked).await;
    assert_eq!(
        answer["data"]["image"],
        base64(&photo),
        "the frame with a face, not the one before"
    );
}

#[tokio::test]
async fn a_commanded_restart_is_answered_and_comes_back() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let door = Door::start(qyzn_config(&path, platform.address())).await;
    let mut link = platform.welcome().await;
    let before = door.state().await["started_at"].clone();
    assert_eq!(link.ask("device_restart", json!({})).await["result"], 0);
    link.closed().await;
    let _link = platform.welcome().await;
    let state = door.state_where(is_online).await;
    assert_ne!(state["started_at"], before);
}

#[tokio::test]
async fn a_record_is_sent_again_with_its_number_until_it_is_acknowledged() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let mut config = qyzn_config(&path, platform.address());
    config.qyzn.as_mut().unwrap().request_timeout_seconds = 1;
    let door = Door::start(config).await;
    door.put(card_holder("p1", "1")).await;
    let mut link = platform.welcome().await;
    door.card("1").await;
    let first = link.request("snapshot_face").await;
    for _ in 0..3 {
        let again = link.request("snapshot_face").await;
        assert_eq!(again.raw, first.raw, "the same bytes, the same number");
    }
    link.closed().await;
    let mut link = platform.welcome().await;
    let record = link.record(json!({})).await;
    assert_eq!(record.body, first.body);
    drop(link);
    let mut link = platform.welcome().await;
    door.card("404").await;
    let next = link.request("snapshot_face").await;
    assert_eq!(
        next.data("icNum"),
        "404",
        "what was acknowledged is not sent again"
    );
}

#[tokio::test]
async fn a_busy_platform_is_given_the_time_that_it_asks_for() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let door = Door::start(qyzn_config(&path, platform.address())).await;
    let mut link = platform.welcome().await;
    for card in ["1", "2"] {
        door.card(card).await;
    }
    let first = link.request("snapshot_face").await;
    let asked = std::time::Instant::now();
    let busy = json!({ "result": 109, "desc": "Success", "data": { "waitSeconds": 1 } });
    link.answer(first.sequence, &busy).await;
    let again = link.record(json!({})).await;
    assert!(asked.elapsed() >= std::time::Duration::from_millis(950));
    assert_eq!(again.data("icNum"), "1", "the order stays");
    assert_eq!(link.record(json!({})).await.data("icNum"), "2");
}

#[tokio::test]
async fn what_happened_without_a_platform_is_delivered_in_order() {
    const PASSES: usize = 60;
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let address = platform.address();
    let mut config = qyzn_config(&path, address.clone());
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start(config).await;
    drop(platform.welcome().await);
    drop(platform);
    for number in 0..PASSES {
        let answer = door.card(&format!("card-{number}")).await;
        assert_eq!(answer["decision"]["reason"], "unknown_credential");
    }
    let platform = Platform::listen_at(&address).await;
    let mut link = platform.welcome().await;
    let mut times = std::collections::BTreeSet::new();
    for number in 0..PASSES {
        let record = link.record(json!({})).await;
        assert_eq!(record.data("icNum"), &json!(format!("card-{number}")));
        times.insert(record.data("snaptime").as_str().unwrap().to_owned());
    }
    assert_eq!(
        times.len(),
        PASSES,
        "no two records of nobody state the same second"
    );
}

#[tokio::test]
async fn the_platform_decides_where_it_was_told_to() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let mut config = qyzn_config(&path, platform.address());
    config.terminal.repeat_seconds = Some(0);
    config.limits.decision_wait_ms = 1500;
    let door = Door::start(config).await;
    door.put(card_holder("p1", "1")).await;
    let mut link = platform.welcome().await;
    door.state_where(is_online).await;
    let mut events = door.events().await;
    assert_eq!(
        link.ask("online_open_door", json!({ "online": 1, "mode": 1 }))
            .await["result"],
        0
    );
    let mut told = Vec::new();
    door.put(card_holder("p2", "2")).await;
    for (card, open, result, reason) in [
        ("1", 1, "granted", "granted"),
        ("2", 0, "denied", "platform_denied"),
    ] {
        let openings = door.state().await["door"]["openings"].as_u64().unwrap();
        let answer = door.card(card).await;
        assert_eq!(answer["decision"]["result"], "pending");
        told.push(link.record(json!({ "opendoor": open })).await);
        let pass = events.pass().await;
        assert_eq!(
            (&pass["record_id"], &pass["result"]),
            (&answer["record_id"], &json!(result))
        );
        assert_eq!(pass["reason"], reason);
        let expected = openings + u64::from(open == 1);
        assert_eq!(door.state().await["door"]["openings"], expected);
    }
    // Asked for once more, they are the records that they were, whatever became of them.
    let span = json!({"recordType": 1, "snapStartTime": "2020-01-01 00:00:00", "snapEndTime": "2099-01-01 00:00:00"});
    assert_eq!(link.ask("reSend_record_set", span).await["result"], 0);
    for before in told {
        let again = link.record(json!({})).await;
        for field in ["snaptime", "personId", "result"] {
            assert_eq!(again.data(field), before.data(field), "{field}");
        }
    }
    // An answer without a word on the door does not open it.
    door.card("1").await;
    link.record(json!({})).await;
    assert_eq!(events.pass().await["reason"], "platform_denied");
    // Silence: the terminal decides itself, and in mode 2 the door stays shut.
    door.card("1").await;
    let silent = link.request("snapshot_face").await;
    assert_eq!(events.pass().await["result"], "granted");
    link.answer(
        silent.sequence,
        &json!({ "result": 0, "desc": "", "data": { "opendoor": 0 } }),
    )
    .await;
    assert_eq!(
        link.ask("online_openDoor", json!({ "online": 0, "mode": 2 }))
            .await["result"],
        0
    );
    door.card("1").await;
    let silent = link.request("snapshot_face").await;
    assert_eq!(events.pass().await["reason"], "platform_silent");
    link.answer(
        silent.sequence,
        &json!({ "result": 0, "desc": "", "data": { "opendoor": 1 } }),
    )
    .await;
    // Back to the terminal, whatever the platform says.
    assert_eq!(
        link.ask("online_openDoor", json!({ "online": 1, "mode": 0 }))
            .await["result"],
        0
    );
    assert_eq!(door.card("1").await["decision"]["result"], "granted");
    let openings = door.state().await["door"]["openings"].clone();
    link.record(json!({ "opendoor": 1 })).await;
    assert_eq!(link.ask("make_coffee", json!({})).await["result"], 103);
    assert_eq!(door.state().await["door"]["openings"], openings);
}

#[tokio::test]
async fn garbage_costs_the_connection_and_nothing_else() {
    let (_folder, path) = folder();
    let platform = Platform::listen().await;
    let door = Door::start(qyzn_config(&path, platform.address())).await;
    let mut link = platform.welcome().await;
    link.write(3, 3, 7, "{ this is not json").await;
    link.write(3, 3, 8, &"[".repeat(10_000)).await;
    link.write(3, 9, 9, "{}").await;
    let huge = [
        b"QYZN\x03\x03\x01\x00".as_slice(),
        &[0; 8],
        &u32::MAX.to_le_bytes(),
    ]
    .concat();
    link.write_bytes(&huge).await;
    link.closed().await;
    let mut link = platform.welcome().await;
    link.write_bytes(&vec![0xAB; 70_000]).await;
    link.closed().await;
    let mut link = platform.welcome().await;
    assert_eq!(link.ask("open_door", json!({})).await["result"], 0);
    assert_eq!(door.state().await["door"]["openings"], 1);
}

/// A process that dies runs no farewell: its runtime vanishes in the middle of everything.
#[test]
fn what_was_answered_survives_a_crash() {
    let (_folder, path) = folder();
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
    };
    let config = |platform: String| {
        let mut config = qyzn_config(&path, platform);
        config.terminal.repeat_seconds = Some(0);
        config
    };
    let mut answered = Vec::new();
    for round in 0..3 {
        let crashing = runtime();
        crashing.block_on(async {
            // Nobody listens there.
            let door = Door::start(config("127.0.0.1:1".to_owned())).await;
            for number in 0..5 {
                let card = format!("{round}-{number}");
                door.card(&card).await;
                answered.push(card);
            }
        });
        drop(crashing);
    }
    runtime().block_on(async {
        let platform = Platform::listen().await;
        let _door = Door::start(config(platform.address())).await;
        let mut link = platform.welcome().await;
        for card in &answered {
            assert_eq!(link.record(json!({})).await.data("icNum"), &json!(card));
        }
    });
}
