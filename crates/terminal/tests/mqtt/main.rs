//! The `mqtt` endpoint against a broker and a platform written by hand from MQTT 3.1.1 and the document.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../support/mod.rs"]
mod support;

mod connection;
mod control;
mod people;
mod records;
mod settings;
mod stream;
mod swarm;
mod table;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn is_online(state: &Value) -> bool {
    state["connections"]["mqtt"]["online"] == true
}

/// A person in the form of 2.2.1, always valid.
fn person(id: &str, photo: &[u8]) -> Value {
    json!({
        "operateType": "0", "idNumber": id, "normalNumber": format!("card-{id}"), "name": "张三", "sex": "男",
        "birthday": "1997年4月3日", "phone": "18868681819", "validDateStart": "2019_08_09",
        "validDateEnd": "2099_08_09", "priority": 0, "registerPhoto1": base64(photo), "registerPhotoID1": "654321",
        "registerPhoto2": "", "registerPhotoID2": "", "registerPhoto3": "", "registerPhotoID3": "",
        "passTime1": "", "passTime7": "00_00,23_59",
    })
}

fn with(mut value: Value, field: &str, to: Value) -> Value {
    value[field] = to;
    value
}

/// The fields of `registerPersonInfo` for one person.
fn register(person: Value) -> Value {
    json!({"personInfoCount": "1", "personInfoData": [person]})
}
