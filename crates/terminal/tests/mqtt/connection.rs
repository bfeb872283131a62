//! Connecting, registering, beating, coming back (2.1.1, 2.1.2; terminal rules 1, 19, 20, 21, 26).

use crate::is_online;
use crate::support::broker::{Broker, SERIAL, TOKEN, publish, request_topic, tls_file};
use crate::support::{Door, folder, mqtt_config};
use md5::{Digest, Md5};
use serde_json::json;

#[tokio::test]
async fn it_registers_sets_its_clock_and_says_goodbye() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let mut config = mqtt_config(&path, broker.url());
    let mqtt = config.mqtt.as_mut().unwrap();
    (mqtt.username, mqtt.password) = ("gate".into(), "secret".into());
    let door = Door::start(config).await;
    let mut wire = broker.accept().await;
    assert_eq!(wire.connect.client_id, SERIAL);
    assert_eq!(
        (wire.connect.username.as_deref(), wire.connect.password.as_deref()),
        (Some("gate"), Some("secret"))
    );
    assert!(
        !wire.connect.clean_session,
        "what is commanded while it is away waits for it"
    );
    assert_eq!(wire.connect.keep_alive, 30);
    let register = wire.message("register").await;
    assert_eq!(
        wire.topics,
        [
            "pass/MS-TEST-1/request",
            "pass/MS-TEST-1/requset",
            "pass/MS-TEST-1/response"
        ]
    );
    assert_eq!(
        (register.topic.as_str(), register.qos),
        ("face/MS-TEST-1/request", 1)
    );
    let [time, rand] = ["registerTime", "rand"].map(|field| register.text(field));
    assert_eq!(time.len(), 10, "seconds");
    assert!(rand.len() >= 10 && rand.len() <= 64);
    let signed: String = Md5::digest(format!("{SERIAL}{time}{rand}{SERIAL}"))
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    assert_eq!(register.text("sign"), signed);
    for field in ["hardwareVersion", "softwareVersion", "algVersion"] {
        assert!((1..=32).contains(&register.text(field).len()), "{field}");
    }
    assert_eq!(register.text("protocolVersion"), "V1.0");
    // 2030-01-01T03:04:05.678Z
    wire.respond(json!({
        "msgType": "registerResp", "deviceNo": SERIAL, "token": TOKEN, "registerTime": "1893467045678",
        "errorCode": "100",
    }))
    .await;
    let state = door.state_where(is_online).await;
    assert!(
        state["now"].as_str().unwrap().starts_with("2030-01-01T03:04:0"),
        "{}",
        state["now"]
    );
    let ((), ()) = tokio::join!(door.running.stop(), async {
        wire.closed().await;
        assert!(wire.disconnected, "DISCONNECT");
    });
}

#[tokio::test]
async fn it_beats_and_pings() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let mut config = mqtt_config(&path, broker.url());
    config.mqtt.as_mut().unwrap().heartbeat_seconds = 1;
    let _door = Door::start(config).await;
    let mut wire = broker.welcome().await;
    for _ in 0..2 {
        let beat = wire.message("keepAlive").await;
        assert_eq!((beat.text("deviceNo"), beat.text("token")), (SERIAL, TOKEN));
        assert_eq!(beat.topic, "face/MS-TEST-1/request");
        // The document's answer has a key with a blank (QUIRKS M5).
        wire.respond(json!({"msgType ": "keepAliveResp", "deviceNo": SERIAL}))
            .await;
    }
}

#[tokio::test]
async fn nothing_but_register_before_the_answer_and_register_again_without_one() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let mut config = mqtt_config(&path, broker.url());
    let mqtt = config.mqtt.as_mut().unwrap();
    (mqtt.register_seconds, mqtt.heartbeat_seconds) = (1, 1);
    let door = Door::start(config).await;
    door.card("9").await;
    let mut wire = broker.accept().await;
    let first = wire.any().await;
    // A command that comes too early waits.
    let early = wire.command("onlineGetRegisterCount", json!({})).await;
    let second = wire.any().await;
    assert_eq!([first.kind(), second.kind()], ["register", "register"]);
    assert_ne!(first.text("sign"), second.text("sign"));
    wire.answer_register("100").await;
    wire.answer_to("onlineGetRegisterCount", &early).await;
    wire.record().await;
}

#[tokio::test]
async fn a_refused_registration_ends_the_connection_and_is_tried_again() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    for code in ["200", "201"] {
        let mut wire = broker.accept().await;
        wire.message("register").await;
        wire.answer_register(code).await;
        wire.closed().await;
        assert_eq!(
            wire.acknowledged.len(),
            1,
            "or the broker tells it again on the next connection"
        );
        assert!(wire.disconnected, "DISCONNECT");
        let state = door
            .state_where(|state| state["connections"]["mqtt"]["problem"].is_string())
            .await;
        let problem = state["connections"]["mqtt"]["problem"].as_str().unwrap();
        assert!(problem.contains("register was refused"), "{problem}");
    }
    let _wire = broker.welcome().await;
    door.state_where(is_online).await;
}

#[tokio::test]
async fn what_a_broker_kept_of_an_older_registration_is_no_answer_to_this_one() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.accept().await;
    wire.answer_register("200").await;
    // 2030-01-01T03:04:05.678Z
    wire.respond(json!({
        "msgType": "registerResp", "deviceNo": SERIAL, "token": "old", "registerTime": "1893467045678",
        "errorCode": "100",
    }))
    .await;
    wire.message("register").await;
    for number in [1, 2] {
        wire.acknowledged(number).await;
    }
    let before = door.state().await;
    assert!(!is_online(&before), "{before}");
    assert!(!before["now"].as_str().unwrap().starts_with("2030"), "{before}");
    wire.answer_register("100").await;
    door.state_where(is_online).await;
}

#[tokio::test]
async fn a_broker_that_refuses_or_breaks_off_is_tried_again() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    // 5: not authorised.
    drop(broker.accept_with(5).await);
    let wire = broker.welcome().await;
    door.state_where(is_online).await;
    drop(wire);
    let mut wire = broker.welcome().await;
    door.state_where(is_online).await;
    let count = wire.ask("onlineGetRegisterCount", json!({})).await;
    assert_eq!(count.text("personNum"), "0");
}

#[tokio::test]
async fn what_is_no_command_for_it_is_ignored_and_what_is_unknown_answered_203() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    // Another's, no JSON, a JSON without a name, a topic of somebody else, a retained one.
    let other = json!({"msgType": "onlineOpen", "msgID": "1", "deviceNo": "SOMEBODY", "msg": ""});
    let numbers = [
        wire.publish(&request_topic(), &other.to_string()).await,
        wire.publish(&request_topic(), "{\"msgType\":").await,
        wire.publish(&request_topic(), "{\"msgID\":\"2\"}").await,
        wire.publish(
            "pass/SOMEBODY/request",
            "{\"msgType\":\"onlineOpen\",\"msgID\":\"3\"}",
        )
        .await,
    ];
    let mut retained = publish(
        &request_topic(),
        1,
        77,
        b"{\"msgType\":\"onlineOpen\",\"msgID\":\"4\",\"msg\":\"\"}",
    );
    retained[0] |= 1;
    wire.write(&retained).await;
    let unknown = wire.ask("makeCoffee", json!({"sugar": 2})).await;
    assert_eq!(unknown.text("errorCode"), "203");
    for number in numbers.into_iter().chain([77]) {
        wire.acknowledged(number).await;
    }
    let bad = wire
        .ask("onlineGetRegisterByIndex", json!({"index": "first"}))
        .await;
    assert_eq!(bad.text("errorCode"), "400");
    assert!(bad.text("msg").contains("index"), "{}", bad.text("msg"));
    assert_eq!(door.state().await["door"]["openings"], 0);
    // Quality 0, in two writes, under the document's misprinted topic.
    let bytes = publish(
        &request_topic().replace("request", "requset"),
        0,
        0,
        b"{\"msgType\":\" onlineGetRegisterCount\",\"msgID\":\"m4\",}",
    );
    let (first, rest) = bytes.split_at(9);
    wire.write(first).await;
    wire.write(rest).await;
    let strict = wire.ask("onlineGetRegisterCount", json!({})).await;
    assert_eq!(strict.text("msg"), "操作成功");
    wire.write(&publish(
        &request_topic().replace("request", "requset"),
        0,
        0,
        b"{\"msgType \":\" onlineGetRegisterCount\",\"msgID\":\"m5\"}",
    ))
    .await;
    assert_eq!(
        wire.message("onlineGetRegisterCountResp").await.text("msgID"),
        "m5"
    );
}

#[tokio::test]
async fn a_command_that_comes_again_is_answered_again_and_carried_out_once() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    let fields = json!({"msg": "欢迎光临"});
    for _ in 0..2 {
        let number = wire.command_as("7", "onlineOpen", fields.clone()).await;
        let answer = wire.answer_to("onlineOpen", "7").await;
        assert_eq!(answer.text("errorCode"), "100");
        wire.acknowledged(number).await;
    }
    // And after the connection was lost, once the terminal knows that its answers arrived.
    wire.ask("onlineGetRegisterCount", json!({})).await;
    drop(wire);
    let mut wire = broker.welcome().await;
    wire.command_as("7", "onlineOpen", fields).await;
    wire.answer_to("onlineOpen", "7").await;
    assert_eq!(door.state().await["door"]["openings"], 1);
    wire.command_as("8", "onlineOpen", json!({"msg": ""})).await;
    wire.answer_to("onlineOpen", "8").await;
    assert_eq!(door.state().await["door"]["openings"], 2);
}

#[tokio::test]
async fn a_reboot_is_answered_and_everything_returns() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    let before = door.state_where(is_online).await["started_at"].clone();
    let number = wire.command_as("1", "onlineReboot", json!({})).await;
    let answer = wire.answer_to("onlineReboot", "1").await;
    assert_eq!(answer.text("errorCode"), "100");
    wire.acknowledged(number).await;
    wire.closed().await;
    assert!(wire.disconnected);
    let mut wire = broker.welcome().await;
    let state = door.state_where(is_online).await;
    assert_ne!(state["started_at"], before);
    // The platform asks again: it is answered, and nothing more.
    wire.command_as("1", "onlineReboot", json!({})).await;
    wire.answer_to("onlineReboot", "1").await;
    wire.ask("onlineGetRegisterCount", json!({})).await;
    assert_eq!(door.state().await["started_at"], state["started_at"]);
}

#[tokio::test]
async fn an_answer_that_the_broker_did_not_confirm_comes_on_the_next_connection() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let door = Door::start(mqtt_config(&path, broker.url())).await;
    let mut wire = broker.welcome().await;
    door.state_where(is_online).await;
    wire.command_as("lost", "onlineOpen", json!({"msg": "x"})).await;
    // The door opens; the connection goes before anything is read.
    door.state_where(|state| state["door"]["openings"] == 1).await;
    drop(wire);
    let mut wire = broker.welcome().await;
    let answer = wire.answer_to("onlineOpen", "lost").await;
    assert_eq!(answer.text("errorCode"), "100");
}

#[tokio::test]
async fn tls_is_spoken_to_brokers_of_the_named_authority_alone() {
    let (_folder, path) = folder();
    let broker = Broker::listen_with_tls().await;
    let mut config = mqtt_config(&path, broker.url());
    config.mqtt.as_mut().unwrap().ca = tls_file("ca.pem");
    let door = Door::start(config.clone()).await;
    let mut wire = broker.welcome().await;
    door.state_where(is_online).await;
    wire.ask("onlineGetRegisterCount", json!({})).await;
    door.running.stop().await;
    // The system's authorities do not know it; a file that is none is told.
    config.mqtt.as_mut().unwrap().ca = "".into();
    let door = Door::start(config.clone()).await;
    broker.is_distrusted().await;
    door.running.stop().await;
    config.mqtt.as_mut().unwrap().ca = "missing.pem".into();
    let door = Door::start(config).await;
    let state = door
        .state_where(|state| state["connections"]["mqtt"]["problem"].is_string())
        .await;
    let problem = state["connections"]["mqtt"]["problem"].as_str().unwrap();
    assert!(
        problem.starts_with("mqtt.ca") && problem.contains("missing.pem"),
        "{problem}"
    );
}

#[tokio::test]
async fn what_is_too_large_ends_the_connection_and_the_session_begins_anew() {
    let (_folder, path) = folder();
    let broker = Broker::listen().await;
    let mut config = mqtt_config(&path, broker.url());
    config.limits.message_bytes = 1;
    let _door = Door::start(config).await;
    let mut wire = broker.welcome().await;
    // 3 MB come in; more does not.
    let padding = "x".repeat(2_900_000);
    let large = wire.ask("makeCoffee", json!({"padding": padding})).await;
    assert_eq!(large.text("errorCode"), "203");
    wire.command("makeCoffee", json!({"padding": "x".repeat(3_100_000)}))
        .await;
    wire.closed().await;
    let wire = broker.welcome().await;
    assert!(
        wire.connect.clean_session,
        "the broker would bring it again for ever"
    );
}
