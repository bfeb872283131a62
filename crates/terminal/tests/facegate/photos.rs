//! Photos by address (3.10, 3.10.6).

use crate::support::http::Receiver;
use crate::support::{Door, facegate_config, folder, sample};
use crate::{Caller, DEVICE, failed, person, picture, rf};
use serde_json::{Value, json};
use tokio::net::TcpListener;

fn by_address(uuid: &str, number: i64, address: &str) -> Value {
    let mut info = person(uuid, b"")["info"].clone();
    for (key, value) in [
        ("MjCardNo", json!(number)),
        ("RFIDCard", json!(rf(uuid))),
        ("picURI", json!(address)),
    ] {
        info[key] = value;
    }
    info.as_object_mut().unwrap().remove("DeviceID");
    info
}

async fn put(caller: &Caller, people: &[Value]) -> Value {
    let body = json!({"operator": "EditPersonsNew", "DeviceID": DEVICE, "IdType": 2, "Total": people.len(), "info": people});
    caller.raw("EditPersonsNew", &body.to_string()).await
}

async fn serving(body: Vec<u8>) -> String {
    let server = Receiver::listen().await;
    let url = server.url("/photo.jpg");
    server.serve("image/jpeg", body);
    url
}

/// An address where nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/photo.jpg", listener.local_addr().unwrap())
}

#[tokio::test]
async fn people_are_added_and_replaced_with_photos_that_are_fetched() {
    let (_folder, path) = folder();
    let mut config = facegate_config(&path);
    config.limits.push_seconds = 1;
    let door = Door::start_with_faces(config).await;
    let caller = Caller::of(&door);
    let good = serving(sample("obama.jpg")).await;
    let without_scheme = good.trim_start_matches("http://").to_owned();
    let silent = Receiver::listen().await;
    let number = json!(77);
    let mut first = by_address("a", 1, &good);
    first["CustomizeID"] = number.clone();
    let people = [
        first,
        by_address("b", 2, &without_scheme),
        by_address("c", 3, &nobody().await),
        by_address("d", 4, &silent.url("/photo.jpg")),
        by_address("e", 5, &serving(vec![0xFF, 0xD8, 0xFF, 0xE0]).await),
        by_address("f", 6, &serving(vec![7; 3000]).await),
        by_address("g", 7, &serving(crate::any_photo()).await),
        by_address("h", 1, &good),
    ];
    let answer = put(&caller, &people).await;
    let codes: Vec<&Value> = answer["info"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["errcode"])
        .collect();
    assert_eq!(codes, [200, 200, 465, 465, 466, 466, 468, 475], "{answer}");
    assert_eq!(answer["code"], 200);
    let told = caller
        .call(
            "SearchPerson",
            json!({"SearchType": 1, "SearchID": "a", "Picture": 1}),
        )
        .await;
    assert_eq!(told["picinfo"], picture(&sample("obama.jpg")));
    // Whole: what is not sent becomes the default (QUIRKS A36), but for the id that the call does not go by.
    let bare = json!({"PersonUUID": "a", "Name": "Only", "picURI": good});
    assert_eq!(put(&caller, &[bare]).await["info"][0]["errcode"], 200);
    let find = async || {
        caller
            .told("SearchPerson", json!({"SearchType": 1, "SearchID": "a"}))
            .await
    };
    let told = find().await;
    assert_eq!((&told["Name"], &told["Telnum"]), (&json!("Only"), &json!(" ")));
    assert_eq!(told["CustomizeID"], number);
    let by_number = json!({"operator": "EditPersonsNew", "DeviceID": DEVICE, "IdType": 0, "Total": 1,
        "info": [{"CustomizeID": number, "Name": "Other", "picURI": good}]});
    let answer = caller.raw("EditPersonsNew", &by_number.to_string()).await;
    assert_eq!(answer["info"][0]["errcode"], 200, "{answer}");
    assert_eq!(find().await["Name"], "Other");
    assert_eq!(door.state().await["counts"]["persons"], 2);
}

#[tokio::test]
async fn a_call_that_does_not_add_up_has_its_own_codes() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let one = by_address("a", 1, "http://127.0.0.1:1/");
    let code = async |body: Value| {
        failed(
            &caller.raw("EditPersonsNew", &body.to_string()).await,
            "EditPersonsNew",
        )
    };
    assert_eq!(code(json!({"IdType": 2, "info": [one]})).await, 414);
    assert_eq!(code(json!({"IdType": 2, "Total": 501, "info": [one]})).await, 415);
    assert_eq!(code(json!({"IdType": 2, "Total": 2, "info": [one]})).await, 416);
    assert_eq!(code(json!({"Total": 1, "info": [one]})).await, 417);
    assert_eq!(code(json!({"IdType": 1, "Total": 1, "info": [one]})).await, 418);
    assert_eq!(
        code(json!({"IdType": 2, "Total": 1, "DeviceID": 5, "info": [one]})).await,
        413
    );
    assert_eq!(code(json!({"IdType": 2, "Total": 1})).await, 412);
}

#[tokio::test]
async fn a_single_person_by_address_has_the_codes_of_its_own_table() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let code = async |address: &str| {
        let body = json!({"operator": "AddPerson", "info": by_address("a", 1, "x"), "picURI": address});
        caller.raw("AddPerson", &body.to_string()).await["code"].clone()
    };
    assert_eq!(code("http://").await, 475);
    assert_eq!(code(&nobody().await).await, 476);
    assert_eq!(code(&serving(vec![0xFF, 0xD8, 0xFF, 0xE0]).await).await, 477);
    assert_eq!(code(&serving(crate::any_photo()).await).await, 200);
}
