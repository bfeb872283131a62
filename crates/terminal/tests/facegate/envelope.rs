//! The envelope (2.1 to 2.4, appendix B): who calls, what is called, and the answers.

use crate::support::{Door, facegate_config, folder};
use crate::{Caller, DEVICE, failed};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_caller_without_the_password_is_told_so_with_401() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let mut caller = Caller::of(&door);
    caller.password = "wrong".to_owned();
    let answer = caller.request("GetSysParam", String::new()).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(
        body,
        json!({"operator": "authentication", "info": {"Result": "Fail", "Detail": "Unknown user or password"}})
    );
    let anonymous = caller.http.post(format!("{}/action/GetSysParam", caller.base));
    let answer = anonymous.send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(body["info"]["Detail"], "Unsupport authentication protocol type");
}

#[tokio::test]
async fn a_new_password_counts_at_once_and_after_a_restart() {
    let (_folder, path) = folder();
    let config = facegate_config(&path);
    let door = Door::start(config.clone()).await;
    let mut caller = Caller::of(&door);
    assert_eq!(
        caller
            .refused("SetUserPwd", json!({"User": "a:b", "Pwd": "c"}))
            .await,
        462
    );
    caller
        .done("SetUserPwd", json!({"User": "root", "Pwd": "geheim"}))
        .await;
    let old = caller.request("GetSysParam", String::new()).send().await.unwrap();
    assert_eq!(old.status(), 401);
    door.running.stop().await;
    let door = Door::start(config).await;
    caller = Caller::of(&door);
    caller.user = "root".to_owned();
    caller.password = "geheim".to_owned();
    assert_eq!(caller.told("GetSysParam", json!({})).await["DeviceID"], DEVICE);
}

#[tokio::test]
async fn header_names_are_in_title_case_and_bodies_come_with_get_too() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let address = door.running.listeners().facegate.unwrap();
    for method in ["POST", "GET"] {
        let body = r#"{"operator":"GetSysParam","info":{}}"#;
        let request = format!(
            "{method} /action/%20GetSysParam HTTP/1.1\r\nHost: door\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("\r\nContent-Length: "), "{answer}");
        assert!(answer.contains("\r\nContent-Type: application/json"), "{answer}");
        assert!(answer.contains(r#""DeviceID":1300001"#), "{answer}");
    }
    let caller = Caller::of(&door);
    let put = caller.http.put(format!("{}/action/GetSysParam", caller.base));
    assert_eq!(put.send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn what_is_unknown_unreadable_or_another_devices_has_its_code() {
    let (_folder, path) = folder();
    let mut config = facegate_config(&path);
    config.limits.message_bytes = 2000;
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    assert_eq!(caller.refused("LaunchRocket", json!({})).await, 461);
    assert_eq!(failed(&caller.raw("AddPerson", "{").await, "AddPerson"), 462);
    assert_eq!(caller.refused("GetSound", json!({"DeviceID": 7})).await, 463);
    caller.told("GetSound", json!({"DeviceID": "1300001"})).await;
    let large = json!({"operator": "AddPerson", "info": {"Name": "x".repeat(3000)}}).to_string();
    assert_eq!(failed(&caller.raw("AddPerson", &large).await, "AddPerson"), 462);
    let other = json!({"operator": "SetSound", "info": {}}).to_string();
    assert_eq!(failed(&caller.raw("GetSound", &other).await, "GetSound"), 461);
}

#[tokio::test]
async fn commanded_reboots_are_answered_and_return_at_the_same_address() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let started = door.state().await["started_at"].clone();
    caller
        .done("RebootDevice", json!({"DeviceID": DEVICE, "IsRebootDevice": 0}))
        .await;
    assert_eq!(door.state().await["started_at"], started);
    caller
        .done("RebootDevice", json!({"DeviceID": DEVICE, "IsRebootDevice": 1}))
        .await;
    door.state_where(|state| state["started_at"] != started).await;
    let mut told = caller.request("GetSysParam", String::new()).send().await;
    while told.is_err() {
        tokio::task::yield_now().await;
        told = caller.request("GetSysParam", String::new()).send().await;
    }
    assert_eq!(told.unwrap().status(), 200);
}

#[tokio::test]
async fn new_network_parameters_are_not_answered_and_reboot() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let started = door.state().await["started_at"].clone();
    assert_eq!(caller.refused("SetNetParam", json!({"ListenPort": 0})).await, 462);
    let body =
        json!({"operator": "SetNetParam", "info": {"Submask": "255.255.0.0", "Gateway": "192.168.2.1"}});
    let silent = caller.request("SetNetParam", body.to_string()).send().await;
    assert!(silent.is_err(), "the connection closes without an answer");
    door.state_where(|state| state["started_at"] != started).await;
    assert_eq!(
        caller.told("GetNetParam", json!({})).await["Submask"],
        "255.255.0.0"
    );
}
