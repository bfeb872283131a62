//! What happened, asked for (3.22, 3.26).

use crate::pushes::door_with_one;
use crate::support::{Door, facegate_config, folder, sample};
use crate::{CARD, Caller, DEVICE, person, picture};
use serde_json::{Value, json};

fn all() -> Value {
    json!({"BeginTime": "2018-01-01T00:00:00", "EndTime": "2090-01-01T00:00:00"})
}

fn all_with(fields: Value) -> Value {
    let mut filter = all();
    filter
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    filter
}

async fn number(caller: &Caller, fields: Value) -> Value {
    caller.told("SearchControlNum", all_with(fields)).await["ControlNum"].clone()
}

#[tokio::test]
async fn control_records_by_every_filter_and_page() {
    let (_folder, path) = folder();
    let mut config = facegate_config(&path);
    config.terminal.repeat_seconds = Some(0);
    let (door, caller) = door_with_one(config).await;
    for card in [CARD, CARD, "nobody's"] {
        door.present("rf_card", card).await;
    }
    door.present("wiegand", "1234567").await;
    assert_eq!(number(&caller, json!({})).await, 4);
    assert_eq!(number(&caller, json!({"OpenDoor": 1})).await, 3);
    assert_eq!(number(&caller, json!({"OpenDoor": 2})).await, 1);
    assert_eq!(number(&caller, json!({"Name": "u-1"})).await, 3);
    assert_eq!(number(&caller, json!({"Name": "远程开门"})).await, 0);
    assert_eq!(number(&caller, json!({"Gender": 1, "Age": "20-60"})).await, 3);
    assert_eq!(number(&caller, json!({"Gender": 0})).await, 0);
    assert_eq!(number(&caller, json!({"MjCardNo": 1_234_567})).await, 3);
    assert_eq!(number(&caller, json!({"Channel": 0})).await, 4);
    assert_eq!(
        number(&caller, json!({"EndTime": "2018-02-01T00:00:00"})).await,
        0
    );
    let by_id = json!({"SearchType": 1, "IdType": 2, "PersonUUID": "u-1"});
    assert_eq!(number(&caller, by_id.clone()).await, 3);
    caller.done("OpenDoor", json!({"status": 1})).await;
    caller
        .done("OpenDoor", json!({"status": 0, "msg": "words"}))
        .await;
    let remote = caller
        .told("SearchControl", all_with(json!({"Name": "远程开门"})))
        .await;
    let remote = remote["SearchInfo"].as_array().unwrap();
    assert_eq!(remote.len(), 1, "words open nothing");
    assert_eq!(
        (&remote[0]["RemoteOpenDoor"], &remote[0]["VerfyType"]),
        (&json!(1), &json!(27))
    );
    let wrong = all_with(json!({"OpenDoor": 3}));
    assert_eq!(caller.refused("SearchControlNum", wrong).await, 462);
    let page =
        all_with(json!({"Name": "u-1", "BeginNO": 1, "RequestCount": 2, "Ascending": 0, "Picture": 3}));
    let told = caller.told("SearchControl", page).await;
    assert_eq!(
        (&told["TotalNum"], &told["DeviceID"]),
        (&json!(2), &json!(DEVICE))
    );
    let first = &told["SearchInfo"][0];
    assert_eq!(
        (&first["PersonUUID"], &first["VerifyStatus"]),
        (&json!("u-1"), &json!(1))
    );
    assert_eq!(first["RegPicinfo"], picture(&crate::any_photo()));
    let newest = caller
        .told(
            "SearchControl",
            all_with(json!({"Ascending": 1, "RequestCount": 1})),
        )
        .await;
    assert_eq!(newest["SearchInfo"][0]["VerfyType"], 24);
    // What one person's records share stands once.
    let of_one = caller.told("SearchControl", all_with(by_id)).await;
    assert_eq!(
        (&of_one["PersonUUID"], &of_one["TotalNum"]),
        (&json!("u-1"), &json!(3))
    );
    let past = caller
        .told("SearchControl", all_with(json!({"BeginNO": 10})))
        .await;
    assert_eq!((&past["TotalNum"], &past["SearchInfo"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn strangers_are_pictures() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let photo = sample("biden.jpg");
    door.frame(photo.clone()).await;
    assert_eq!(caller.told("SearchCaptureNum", all()).await["CaptureNum"], 1);
    assert_eq!(number(&caller, json!({})).await, 0);
    let query = all_with(json!({"Ascending": 0, "BeginNO": 0, "RequestCount": 10}));
    let told = caller.told("SearchCapture", query).await;
    assert_eq!(told["List"][0]["SnapPicinfo"], picture(&photo));
    let id = told["List"][0]["LibSnapID"].clone();
    let image = json!({"Filetype": 2, "Fileindex": id, "Filepos": 0});
    assert_eq!(
        caller.told("GetImage", image).await["FeatureData1"],
        picture(&photo)
    );
    assert_eq!(
        caller
            .refused("SearchCapture", all_with(json!({"RequestCount": 101})))
            .await,
        462
    );
    caller
        .done("SetFactoryDefault", json!({"DefaltCapture": 1}))
        .await;
    assert_eq!(caller.told("SearchCaptureNum", all()).await["CaptureNum"], 0);
}

#[tokio::test]
async fn a_person_takes_the_records_along_for_this_dialect() {
    let (_folder, path) = folder();
    let config = facegate_config(&path);
    let (door, caller) = door_with_one(config.clone()).await;
    let mut other = person("u-2", &crate::any_photo());
    for (key, value) in [("MjCardNo", json!(2)), ("RFIDCard", json!("A2"))] {
        other["info"][key] = value;
    }
    assert_eq!(caller.raw("AddPerson", &other.to_string()).await["code"], 200);
    door.present("rf_card", CARD).await;
    door.present("rf_card", "A2").await;
    caller
        .done("DeletePerson", json!({"IdType": 2, "PersonUUID": ["u-1"]}))
        .await;
    assert_eq!(number(&caller, json!({})).await, 1);
    // Deleted by another dialect the record stays, and is nobody's.
    assert!(door.running.device().delete_person("u-2").await.unwrap());
    assert_eq!(
        number(&caller, json!({"SearchType": 1, "IdType": 1, "LibID": 0})).await,
        1
    );
    door.running.stop().await;
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    assert_eq!(number(&caller, json!({})).await, 1);
    assert_eq!(
        door.state().await["counts"]["records"],
        2,
        "the journal keeps them"
    );
    caller.done("SetFactoryDefault", json!({"DefaltRecord": 1})).await;
    assert_eq!(number(&caller, json!({})).await, 0);
}
