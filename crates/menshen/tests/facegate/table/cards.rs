//! Passwords (3.21) and cards of a door station, and what is pushed of them (3.12.7, 3.12.8).

use super::{BAD_PARAMETER, Row, World, play, rows};
use serde_json::{Value, json};

pub(super) const ROWS: &[Row] = rows! {
    "AddAccessPwd" => passwords_added,
    "PwdVerify" => password_told,
    "GetAccessTempPwd" => password_of_the_hour,
    "CardVerify" => card_told,
    "DelAccessPwd" => password_deleted,
    "ClearAccessPwd" => passwords_cleared,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_operator_on_passwords_and_cards() {
    play(ROWS).await;
}

async fn passwords_added(world: &mut World) {
    assert_eq!(world.presented("pin", "95468").await, "not_authorised");
    world
        .done("AddAccessPwd", json!({"AccessPwd": ["123465", "95468"]}))
        .await;
    assert_eq!(world.presented("pin", "95468").await, "granted");
    let short = json!({"AccessPwd": ["123"]});
    world
        .refused("AddAccessPwd", short, (BAD_PARAMETER, "AccessPwd"))
        .await;
}

/// Whose it is the terminal does not say.
async fn password_told(world: &mut World) {
    let before = world.pair.drained().await.len();
    assert_eq!(world.presented("pin", "123465").await, "granted");
    let record = world.next_record(before).await;
    assert_eq!(
        (&record["method"], &record["result"], &record["person_id"]),
        (&json!("pin"), &json!("granted"), &Value::Null)
    );
    assert_eq!(record["native"]["operator"], "PwdVerify");
    assert!(!record.to_string().contains("123465"), "{record}");
}

/// It opens the door for this hour.
async fn password_of_the_hour(world: &mut World) {
    let told = world.told("GetAccessTempPwd", Value::Null).await;
    let password = told["TempPwd"].as_str().unwrap();
    assert!(password.len() == 6 && password.bytes().all(|byte| byte.is_ascii_digit()));
    let period = told["ValidPeriod"].as_str().unwrap();
    assert!(
        period.contains(":00:00 ~ ") && period.ends_with(":59:59"),
        "{period}"
    );
    assert_eq!(world.presented("pin", password).await, "granted");
}

/// The push says the card alone; whose it is the hub knows.
async fn card_told(world: &mut World) {
    let photo = world.photos[0][0].clone();
    let card = json!({"credentials": [{"kind": "ic_card", "number": "8899"}]});
    world.enrolled("one", &card, &photo).await;
    let before = world.pair.drained().await.len();
    assert_eq!(world.presented("ic_card", "8899").await, "granted");
    let record = world.next_record(before).await;
    assert_eq!(
        (&record["method"], &record["result"], &record["card"]),
        (&json!("ic_card"), &json!("granted"), &json!("8899"))
    );
    assert_eq!(record["native"]["operator"], "CardVerify", "{record}");
    // A card that does not pass is told as a result.
    let before = world.pair.drained().await.len();
    assert_eq!(world.presented("ic_card", "7788").await, "not_authorised");
    let record = world.next_record(before).await;
    assert_eq!(record["native"]["operator"], "VerifyPush", "{record}");
    assert_ne!(record["result"], "granted", "{record}");
}

async fn password_deleted(world: &mut World) {
    world.done("DelAccessPwd", json!({"AccessPwd": ["95468"]})).await;
    assert_eq!(world.presented("pin", "95468").await, "not_authorised");
    let none = json!({"AccessPwd": []});
    world
        .refused("DelAccessPwd", none, (BAD_PARAMETER, "AccessPwd"))
        .await;
    // The others are kept over a restart.
    world.pair.restarts(&json!({"kind": "reboot"})).await;
    assert_eq!(world.presented("pin", "123465").await, "granted");
    assert_eq!(world.presented("pin", "95468").await, "not_authorised");
}

async fn passwords_cleared(world: &mut World) {
    world.done("ClearAccessPwd", Value::Null).await;
    assert_eq!(world.presented("pin", "123465").await, "not_authorised");
}
