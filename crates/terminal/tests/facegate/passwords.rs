//! Passwords that open the door (3.21), and what is pushed of them (3.12.8).

use crate::Caller;
use crate::pushes::{OK, subscription};
use crate::support::http::Receiver;
use crate::support::{Door, facegate_config, folder};
use serde_json::json;

#[tokio::test]
async fn a_password_opens_until_it_is_deleted_and_is_pushed() {
    let (_folder, path) = folder();
    let mut config = facegate_config(&path);
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start(config.clone()).await;
    let caller = Caller::of(&door);
    let platform = Receiver::listen().await;
    caller
        .done("Subscribe", subscription(&platform, &["PassWord"], 1))
        .await;
    caller
        .done("AddAccessPwd", json!({"AccessPwd": ["123465", "95468"]}))
        .await;
    assert_eq!(
        caller
            .refused("AddAccessPwd", json!({"AccessPwd": ["123"]}))
            .await,
        462
    );
    assert_eq!(
        door.present("pin", "95468").await["decision"]["result"],
        "granted"
    );
    let push = platform.answered(OK).await;
    assert_eq!(
        (push.target.as_str(), &push.json()["operator"]),
        ("/Subscribe/PassWord", &json!("PwdVerify"))
    );
    assert_eq!(push.json()["info"]["HasPic"], 0);
    assert_eq!(
        door.present("pin", "0000").await["decision"]["reason"],
        "unknown_credential"
    );
    caller.done("DelAccessPwd", json!({"AccessPwd": ["95468"]})).await;
    assert_eq!(
        door.present("pin", "95468").await["decision"]["reason"],
        "unknown_credential"
    );
    let temporary = caller.told("GetAccessTempPwd", json!({})).await;
    let password = temporary["TempPwd"].as_str().unwrap();
    assert_eq!(password.len(), 6);
    assert!(
        temporary["ValidPeriod"].as_str().unwrap().contains(":00:00 ~ "),
        "{temporary}"
    );
    assert_eq!(
        door.present("pin", password).await["decision"]["result"],
        "granted"
    );
    door.running.stop().await;
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    caller.told("GetAccessTempPwd", json!({})).await;
    assert_eq!(
        door.present("pin", "123465").await["decision"]["result"],
        "granted",
        "kept"
    );
    caller.done("ClearAccessPwd", json!({})).await;
    assert_eq!(
        door.present("pin", "123465").await["decision"]["reason"],
        "unknown_credential"
    );
}
