//! People (3.10, 3.11, 3.19): those whom the hub's roster brings, and those whom a call brings by hand.

use super::{BAD_PARAMETER, Row, World, by_hand, nobody, picture, play, rows, small};
use crate::asking::serve;
use crate::kit::until;
use dialects::facegate::convert::customize_id;
use serde_json::{Value, json};

/// The number, and the cards, of the person that is added by hand.
const NUMBER: i64 = 71;

pub(super) const ROWS: &[Row] = rows! {
    "GetDatabaseVer" => version_told,
    "AddPerson" => one_added,
    "SearchPerson" => one_found,
    "EditPerson" => one_changed,
    "AddPersons" => several_added,
    "EditPersonsNew" => several_replaced,
    "SearchPersonNum" => counted,
    "SearchPersonList" => listed,
    "DeletePerson" => some_deleted,
    "DeleteAllPerson" => everybody_deleted,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_operator_on_people() {
    play(ROWS).await;
}

/// `SearchPerson` by the platform's text.
fn named(uuid: &str) -> Value {
    json!({"SearchType": 1, "SearchID": uuid, "Picture": 0})
}

/// The new one: what the hub sends of daily periods and counts is understood.
async fn version_told(world: &mut World) {
    let told = world.told("GetDatabaseVer", Value::Null).await;
    assert_eq!(told["DatabaseVersion"], 1, "{told}");
}

async fn one_added(world: &mut World) {
    let cards = json!({"credentials": [{"kind": "rf_card", "number": "AB01"}]});
    let (first, second) = (world.photos[0][0].clone(), world.photos[1][0].clone());
    world.enrolled("one", &cards, &first).await;
    assert_eq!(world.pair.look(&world.photos[0][1]).await, "granted");
    assert_eq!(world.presented("rf_card", "AB01").await, "granted");
    world.done("AddPerson", by_hand("by-hand", NUMBER, &second)).await;
    assert_eq!(world.pair.look(&second).await, "granted");
    assert_eq!(world.presented("wiegand", "71").await, "granted");
    // What is somebody's already: the id, the card, the face.
    let again = by_hand("by-hand", NUMBER, &second);
    world.refused("AddPerson", again, ("466", "existed")).await;
    let same_card = by_hand("other", NUMBER, &second);
    let mut same_card = without(same_card, "CustomizeID");
    same_card["RFIDCard"] = json!("9");
    world.refused("AddPerson", same_card, ("469", "WG_CardNo")).await;
    let mut same_face = by_hand("other", 72, &world.photos[0][2]);
    same_face["isCheckSimilarity"] = json!(1);
    world.refused("AddPerson", same_face, ("471", "Person")).await;
    let faceless = by_hand("other", 72, &nobody());
    world.refused("AddPerson", faceless, ("473", "Face")).await;
    let mut long = by_hand("other", 72, &second);
    long["Name"] = json!("x".repeat(32));
    world.refused("AddPerson", long, (BAD_PARAMETER, "Name")).await;
    assert_eq!(world.held().await, 2);
}

fn without(mut fields: Value, key: &str) -> Value {
    fields.as_object_mut().unwrap().remove(key);
    fields
}

async fn one_found(world: &mut World) {
    let told = world.told("SearchPerson", named("one")).await;
    assert_eq!(
        (&told["Name"], &told["RFIDCard"], &told["CustomizeID"]),
        (
            &json!("Name of one"),
            &json!("AB01"),
            &json!(customize_id("one", 0))
        )
    );
    let by_number = json!({"SearchType": 0, "SearchID": NUMBER.to_string(), "Picture": 1});
    let answer = world.pair.native("SearchPerson", &by_number).await;
    assert_eq!(answer["picinfo"], picture(&world.photos[1][0]));
    let info = &answer["info"];
    for (key, value) in [
        ("Birthday", "1990-12-14"),
        ("Native", "广东深圳"),
        ("Notes", "测试名单"),
    ] {
        assert_eq!(info[key], value, "{info}");
    }
    let by_device = json!({"SearchType": 2, "SearchID": info["LibID"].to_string()});
    assert_eq!(
        world.told("SearchPerson", by_device).await["PersonUUID"],
        "by-hand"
    );
    world
        .refused("SearchPerson", named("two"), ("", "not found"))
        .await;
}

async fn one_changed(world: &mut World) {
    let changes = json!({"name": "李四", "credentials": [{"kind": "rf_card", "number": "AB02"}]});
    world.pair.api.patch("/persons/one", &changes).await;
    until("the change to be there", || async {
        let told = world.told("SearchPerson", named("one")).await;
        (told["Name"] == "李四").then_some(())
    })
    .await;
    assert_eq!(world.presented("rf_card", "AB01").await, "not_authorised");
    assert_eq!(world.presented("rf_card", "AB02").await, "granted");
    // What is not named stays; three passes are left, and then none.
    let change =
        json!({"IdType": 2, "PersonUUID": "by-hand", "RFIDCard": "4711", "Tempvalid": 3, "EffectNumber": 2});
    world.done("EditPerson", change).await;
    assert_eq!(world.presented("rf_card", "71").await, "not_authorised");
    for expected in ["granted", "granted", "expired"] {
        assert_eq!(world.presented("rf_card", "4711").await, expected);
    }
    let told = world.told("SearchPerson", named("by-hand")).await;
    assert_eq!(
        (&told["Name"], &told["Tempvalid"], &told["MjCardNo"]),
        (&json!("手工 by-hand"), &json!(3), &json!(NUMBER))
    );
    let nobody = json!({"IdType": 2, "PersonUUID": "two", "Name": "x"});
    world.refused("EditPerson", nobody, ("465", "")).await;
    let nothing = json!({"IdType": 1, "PersonUUID": "by-hand", "Name": "x"});
    world
        .refused("EditPerson", nothing, (BAD_PARAMETER, "IdType"))
        .await;
}

/// Each with a result of their own.
async fn several_added(world: &mut World) {
    let third = small(&world.photos[2][0]);
    let people = json!({
        "Total": 3, "Personinfo_0": by_hand("several-0", 100, &third),
        "Personinfo_1": by_hand("several-1", 101, &nobody()), "Personinfo_2": by_hand("several-2", 102, &third),
    });
    let results = world.told("AddPersons", people).await;
    assert_eq!(codes(&results), [200, 473, 200]);
    assert_eq!(results[1]["PersonUUID"], "several-1");
    assert_eq!(world.held().await, 4);
    assert_eq!(world.presented("rf_card", "102").await, "granted");
    let wrong = json!({"Total": 2, "Personinfo_0": by_hand("several-3", 103, &third)});
    world.refused("AddPersons", wrong, (BAD_PARAMETER, "Total")).await;
}

fn codes(results: &Value) -> Vec<i64> {
    let results = results.as_array().unwrap().iter();
    results
        .map(|result| result["errcode"].as_i64().unwrap())
        .collect()
}

/// Whole people, whose photos the terminal fetches: who is new comes, of who is there nothing stays but what is sent.
async fn several_replaced(world: &mut World) {
    let url = serve("photo.jpg", world.photos[2][0].clone()).await;
    let gone = format!("http://{}/photo.jpg", crate::kit::here(crate::kit::free_port()));
    let whole = |uuid: &str, name: &str, url: &str| json!({"PersonUUID": uuid, "Name": name, "RFIDCard": uuid.len().to_string(), "RFCardMode": 0, "picURI": url});
    let people = [
        whole("several-0", "新名", &url),
        whole("several-10", "来者", &url),
        whole("several-100", "无照", &gone),
        json!({"PersonUUID": "several-1000", "Name": "无照"}),
    ];
    let call = json!({"IdType": 2, "Total": people.len(), "info": people});
    let results = world.told("EditPersonsNew", call).await;
    assert_eq!(codes(&results), [200, 200, 465, 481]);
    assert_eq!(world.held().await, 5);
    let told = world.told("SearchPerson", named("several-0")).await;
    assert_eq!(
        (&told["Name"], &told["RFIDCard"], &told["Notes"]),
        (&json!("新名"), &json!("9"), &json!(" "))
    );
    assert_eq!(world.presented("wiegand", "100").await, "not_authorised");
    assert_eq!(world.presented("rf_card", "10").await, "granted");
    let wrong = json!({"IdType": 1, "Total": 1, "info": [whole("x", "x", &url)]});
    world.refused("EditPersonsNew", wrong, ("418", "IdType")).await;
}

async fn counted(world: &mut World) {
    let count = async |filter: Value| world.told("SearchPersonNum", filter).await["PersonNum"].clone();
    assert_eq!(count(json!({"PersonType": 2})).await, 5);
    assert_eq!(count(json!({"Name": "several"})).await, 1);
    assert_eq!(count(json!({"Gender": 1, "MjCardNo": NUMBER})).await, 1);
    assert_eq!(count(json!({"EndTime": "2018-01-01T00:00:00"})).await, 0);
    let device = world.device().await;
    let told = world.told("SearchPersonNum", Value::Null).await;
    assert_eq!(told["MaxListsNum"], device["capacity"]);
    let wrong = json!({"Gender": 3});
    world
        .refused("SearchPersonNum", wrong, (BAD_PARAMETER, "Gender"))
        .await;
}

async fn listed(world: &mut World) {
    let page = json!({"BeginNO": 1, "RequestCount": 2, "Picture": 1});
    let told = world.told("SearchPersonList", page).await;
    assert_eq!(told["Listnum"], 2);
    for (one, id) in told["List"]
        .as_array()
        .unwrap()
        .iter()
        .zip(["by-hand", "several-0"])
    {
        assert_eq!(one["PersonUUID"], id, "{told}");
    }
    assert_eq!(told["List"][0]["Picinfo"], picture(&world.photos[1][0]));
    let past = world.told("SearchPersonList", json!({"BeginNO": 50})).await;
    assert_eq!((&past["Listnum"], &past["List"]), (&json!(0), &json!([])));
    // The hub lists, too: whom it did not bring are strays.
    world
        .pair
        .api
        .post(&world.pair.at("/roster/verify"), &json!({}))
        .await;
    until("the strays", || async {
        let strays = world.pair.api.all(&world.pair.at("/strays")).await;
        (strays.len() == 4).then_some(())
    })
    .await;
}

/// By each kind of id; the hub deletes by its own.
async fn some_deleted(world: &mut World) {
    let found = world.told("SearchPerson", named("several-0")).await;
    for ids in [
        json!({"IdType": 0, "CustomizeID": [NUMBER]}),
        json!({"IdType": 1, "LibID": [found["LibID"]]}),
        json!({"IdType": 2, "PersonUUID": ["several-2", "several-10"]}),
    ] {
        world.done("DeletePerson", ids).await;
    }
    assert_eq!(world.held().await, 1);
    assert_eq!(world.presented("rf_card", "4711").await, "not_authorised");
    let many: Vec<i64> = (1..=257).collect();
    let many = json!({"IdType": 0, "CustomizeID": many});
    world
        .refused("DeletePerson", many, (BAD_PARAMETER, "TotalNum"))
        .await;
    world.pair.api.delete("/persons/one").await;
    world.pair.settled(0).await;
    assert_eq!(world.pair.look(&world.photos[0][1]).await, "stranger");
}

/// The terminal restarts without anybody; whom the hub wants there come back.
async fn everybody_deleted(world: &mut World) {
    let photo = world.photos[0][0].clone();
    world.enrolled("back", &json!({}), &photo).await;
    let person = by_hand("by-hand", NUMBER, &world.photos[1][0]);
    world.done("AddPerson", person).await;
    let wrong = json!({"DeleteAllPersonCheck": 0});
    world
        .refused("DeleteAllPerson", wrong, (BAD_PARAMETER, "DeleteAllPersonCheck"))
        .await;
    let all = json!({"kind": "native", "operation": "DeleteAllPerson", "body": {"DeleteAllPersonCheck": 1}});
    world.pair.restarts(&all).await;
    world
        .refused("SearchPerson", named("by-hand"), ("", "not found"))
        .await;
    world
        .pair
        .api
        .post(&world.pair.at("/roster/verify"), &json!({}))
        .await;
    world.pair.settled(1).await;
    assert_eq!(world.pair.look(&world.photos[0][1]).await, "granted");
}
