//! People (3.6 to 3.9) and `check` (3.19).

use crate::support::{Door, card_holder, empty_picture, folder, lan_config, sample};
use crate::{Caller, base64, person, with};
use serde_json::json;

#[tokio::test]
async fn a_person_is_told_as_set_and_replaced_whole() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    let photo = empty_picture();
    let set = json!({"id": "7", "name": "胖虎 1", "IC_NO": "7267e840", "ID_NO": "990307189207026735",
        "passCount": 5, "startTs": 1_542_595_445, "endTs": 4_102_444_800.123, "photo": format!("data:image/jpeg;base64,{}", base64(&photo))});
    caller.done("setPerson", set).await;
    let told = caller.told("getPerson", "id=7").await;
    assert_eq!(
        told,
        json!({"id": "7", "name": "胖虎 1", "IC_NO": "7267e840", "ID_NO": "990307189207026735", "passCount": 5,
            "startTs": 1_542_595_445, "endTs": 4_102_444_800.123, "photo": base64(&photo)})
    );
    let listed = caller.told("listPerson", "").await;
    assert_eq!(listed["person"][0]["endTs"], 4_102_444_800.123);
    assert!(listed["person"][0].get("photo").is_none());
    // Again under the same id: what is not said is as if it had never been.
    caller
        .done("setPerson", json!({"id": "7", "name": "other"}))
        .await;
    assert_eq!(
        caller.told("getPerson", "id=7").await,
        json!({"id": "7", "name": "other", "passCount": 10000, "startTs": -1, "endTs": -1})
    );
}

#[tokio::test]
async fn ids_are_removed_as_text_as_a_list_and_all_at_once() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    for id in ["1", "2", "3", "4", "5"] {
        caller.done("setPerson", with(person(id), "IC_NO", id)).await;
    }
    let left = async || {
        caller.told("listPerson", "").await["person"]
            .as_array()
            .unwrap()
            .len()
    };
    caller.done("removePerson", json!({"id": "1"})).await;
    caller.done("removePerson", json!({"id": "[2, \"3\"]"})).await;
    assert_eq!(left().await, 2);
    assert_eq!(
        caller.post("removePerson", json!({"id": ["4", "nobody"]})).await["status"],
        126
    );
    assert_eq!(left().await, 2, "all or none");
    caller.done("removePerson", json!({"id": []})).await;
    assert_eq!(left().await, 0);
}

#[tokio::test]
async fn faces_are_checked_enrolled_and_recognised() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(lan_config(&path)).await;
    let caller = Caller::of(&door);
    let check = async |photo: &[u8]| caller.done("check", json!({"photo": base64(photo)})).await;
    let (obama, other) = (sample("obama.jpg"), sample("obama2.jpg"));
    assert_eq!(check(&other).await, json!({"isValid": 0, "isExist": false}));
    assert_eq!(check(&empty_picture()).await["isValid"], 3);
    assert_eq!(check(b"no picture at all").await["isValid"], 2);
    let without_face = with(person("1"), "photo", base64(&empty_picture()));
    assert_eq!(caller.post("setPerson", without_face).await["status"], 106);
    caller
        .done("setPerson", with(person("1"), "photo", base64(&obama)))
        .await;
    assert_eq!(check(&other).await, json!({"isValid": 0, "isExist": true}));
    assert_eq!(check(&sample("biden.jpg")).await["isExist"], false);
    assert_eq!(door.frame(other).await["decision"]["result"], "granted");
}

#[tokio::test]
async fn a_schedule_that_another_dialect_gave_stays() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    let rules = vec![model::access::Rule {
        valid_until: Some("2020-01-01T00:00:00Z".parse().unwrap()),
        ..model::access::Rule::default()
    }];
    let mut bound = card_holder("7", "card 7");
    bound.rules.clone_from(&rules);
    door.put(bound).await;
    caller.done("setPerson", with(person("7"), "name", "other")).await;
    let held = door.running.device().people.find("7").unwrap();
    assert_eq!((held.person.name.as_str(), &held.rules), ("other", &rules));
    assert_ne!(door.card("7267e840").await["decision"]["result"], "granted");
}

#[tokio::test]
async fn a_damaged_picture_has_its_own_status() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(lan_config(&path)).await;
    let caller = Caller::of(&door);
    let whole = sample("obama.jpg");
    let status = async |photo: &[u8]| {
        let message = with(person("1"), "photo", base64(photo));
        caller.post("setPerson", message).await["status"].clone()
    };
    assert_eq!(status(&whole[..300]).await, 127);
    assert_eq!(status(b"no picture at all").await, 124);
}
