//! People (3.10, 3.11, 3.19).

use crate::support::{Door, card_holder, facegate_config, folder, sample};
use crate::{CARD, Caller, DEVICE, any_photo, failed, person, picture, rf, with};
use serde_json::{Value, json};

async fn added(caller: &Caller, body: Value) {
    let answer = caller.raw("AddPerson", &body.to_string()).await;
    assert_eq!(answer["code"], 200, "{answer}");
}

async fn code(caller: &Caller, body: Value) -> Value {
    failed(&caller.raw("AddPerson", &body.to_string()).await, "AddPerson")
}

fn searched(uuid: &str) -> Value {
    json!({"DeviceID": DEVICE, "SearchType": 1, "SearchID": uuid, "Picture": 1})
}

/// Others with numbers of their own.
fn another(uuid: &str, number: i64) -> Value {
    with(
        with(person(uuid, &any_photo()), "MjCardNo", number),
        "RFIDCard",
        rf(uuid),
    )
}

#[tokio::test]
async fn a_person_comes_back_as_told_and_keeps_the_number() {
    let (_folder, path) = folder();
    let config = facegate_config(&path);
    let door = Door::start(config.clone()).await;
    let caller = Caller::of(&door);
    added(&caller, with(person("u-1", &any_photo()), "CustomizeID", 77)).await;
    let told = caller.call("SearchPerson", searched("u-1")).await;
    assert_eq!(told["picinfo"], picture(&any_photo()));
    let info = &told["info"];
    for (key, value) in person("u-1", b"")["info"].as_object().unwrap() {
        if !["isCheckSimilarity", "RFCardMode", "MjCardFrom"].contains(&key.as_str()) {
            assert_eq!(info[key], *value, "{key}");
        }
    }
    assert_eq!(info["CustomizeID"], 77);
    let lib_id = info["LibID"].clone();
    door.running.stop().await;
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    for (kind, id) in [(0, json!("77")), (1, json!("u-1")), (2, lib_id.clone())] {
        let told = caller
            .told("SearchPerson", json!({"SearchType": kind, "SearchID": id}))
            .await;
        assert_eq!(told["LibID"], lib_id);
    }
    assert_eq!(
        door.present("wiegand", "1234567").await["decision"]["result"],
        "granted"
    );
    assert_eq!(
        caller.told("GetDatabaseVer", json!({})).await["DatabaseVersion"],
        1
    );
}

#[tokio::test]
async fn what_is_somebodys_already_is_refused_by_its_code() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    added(&caller, with(person("u-1", &any_photo()), "CustomizeID", 77)).await;
    assert_eq!(code(&caller, another("u-1", 9)).await, 466);
    assert_eq!(
        code(&caller, with(another("u-2", 9), "CustomizeID", 77)).await,
        466
    );
    assert_eq!(code(&caller, another("u-2", 1_234_567)).await, 469);
    assert_eq!(
        code(&caller, with(another("u-2", 9), "RFIDCard", CARD)).await,
        470
    );
    assert_eq!(code(&caller, with(another("u-2", 9), "Tempvalid", 4)).await, 462);
    assert_eq!(
        code(&caller, with(another("u-2", 9), "WiegandType", 7)).await,
        478
    );
    assert_eq!(
        code(&caller, with(another("u-2", 9), "MjCardNo", "zz")).await,
        479
    );
    let mut body = another("u-2", 9);
    body["picinfo"] = json!("%%%");
    assert_eq!(code(&caller, body.clone()).await, 474);
    body.as_object_mut().unwrap().remove("picinfo");
    assert_eq!(code(&caller, body).await, 464);
    assert_eq!(
        door.state().await["counts"]["persons"],
        1,
        "a refused call changes nothing"
    );
}

#[tokio::test]
async fn a_face_that_is_somebodys_is_refused_where_that_is_asked() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    added(&caller, person("u-1", &sample("obama.jpg"))).await;
    let same = |check: i64| {
        let body = with(person("u-2", &sample("obama2.jpg")), "MjCardNo", 9);
        with(body, "isCheckSimilarity", check)
    };
    assert_eq!(code(&caller, same(1)).await, 471);
    added(&caller, same(0)).await;
    let mut faceless = another("u-3", 10);
    assert_eq!(code(&caller, faceless.clone()).await, 473);
    faceless["picinfo"] = json!(picture(&sample("biden.jpg")));
    added(&caller, with(faceless, "isCheckSimilarity", 1)).await;
}

#[tokio::test]
async fn times_and_counts_are_kept_and_hold() {
    let (_folder, path) = folder();
    let mut config = facegate_config(&path);
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start(config).await;
    let caller = Caller::of(&door);
    caller
        .done(
            "SetSysTime",
            json!({"Year": 2030, "Month": 3, "Day": 25, "Hour": 12}),
        )
        .await;
    let times = |body: Value, kind: i64, begin: &str, end: &str| {
        with(
            with(with(body, "Tempvalid", kind), "ValidBegin", begin),
            "ValidEnd",
            end,
        )
    };
    added(
        &caller,
        times(
            another("past", 1),
            1,
            "2018-03-12T09:09:20",
            "2020-12-14T23:59:59",
        ),
    )
    .await;
    added(
        &caller,
        times(another("now", 2), 1, "2018-03-12 09:09:20", "2090-12-14T23:59:59"),
    )
    .await;
    added(
        &caller,
        times(
            another("daily", 3),
            2,
            "2018-03-12T08:00:00",
            "2090-12-14T18:00:00",
        ),
    )
    .await;
    added(
        &caller,
        with(with(another("twice", 4), "Tempvalid", 3), "EffectNumber", 2),
    )
    .await;
    let pass = async |number: &str| door.present("wiegand", number).await["decision"]["reason"].clone();
    assert_eq!(pass("1").await, "expired");
    assert_eq!(pass("2").await, "granted");
    assert_eq!(pass("3").await, "granted");
    assert_eq!(
        (pass("4").await, pass("4").await),
        (json!("granted"), json!("granted"))
    );
    assert_eq!(pass("4").await, "used_up");
    let told = caller.told("SearchPerson", searched("daily")).await;
    assert_eq!(
        (&told["Tempvalid"], &told["ValidBegin"], &told["ValidEnd"]),
        (
            &json!(2),
            &json!("2018-03-12T08:00:00"),
            &json!("2090-12-14T18:00:00")
        )
    );
    assert_eq!(
        caller.told("SearchPerson", searched("past")).await["ValidEnd"],
        "2020-12-14T23:59:59"
    );
    // A change that says nothing of times leaves them as they are.
    caller
        .done(
            "EditPerson",
            json!({"IdType": 2, "PersonUUID": "past", "Name": "Other"}),
        )
        .await;
    assert_eq!(pass("1").await, "expired");
}

#[tokio::test]
async fn an_edit_changes_what_it_names() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    added(&caller, with(person("u-1", &any_photo()), "CustomizeID", 77)).await;
    added(&caller, with(another("u-2", 9), "CustomizeID", 78)).await;
    caller
        .done(
            "EditPerson",
            json!({"IdType": 0, "CustomizeID": 77, "Name": "张三", "MjCardNo": 55, "PersonType": 1}),
        )
        .await;
    let told = caller.told("SearchPerson", searched("u-1")).await;
    assert_eq!((&told["Name"], &told["MjCardNo"]), (&json!("张三"), &json!(55)));
    assert_eq!(
        (&told["Telnum"], &told["PersonType"]),
        (&json!("18888888888"), &json!(1))
    );
    assert_eq!(
        door.present("wiegand", "55").await["decision"]["result"],
        "blocked"
    );
    assert_eq!(
        caller
            .refused("EditPerson", json!({"IdType": 0, "CustomizeID": 79, "Name": "x"}))
            .await,
        465
    );
    assert_eq!(
        caller
            .refused(
                "EditPerson",
                json!({"IdType": 2, "PersonUUID": "u-1", "MjCardNo": 9})
            )
            .await,
        469
    );
    assert_eq!(
        caller
            .refused(
                "EditPerson",
                json!({"IdType": 2, "PersonUUID": "u-1", "CustomizeID": 78})
            )
            .await,
        466
    );
    assert_eq!(
        caller
            .refused("EditPerson", json!({"IdType": 3, "PersonUUID": "u-1"}))
            .await,
        462
    );
    // By the terminal's own number, with another text.
    caller
        .done(
            "EditPerson",
            json!({"IdType": 1, "LibID": told["LibID"], "PersonUUID": "u-9"}),
        )
        .await;
    let renamed = caller.told("SearchPerson", searched("u-9")).await;
    assert_eq!(
        (&renamed["LibID"], &renamed["Name"]),
        (&told["LibID"], &json!("张三"))
    );
    assert_eq!(
        caller.call("SearchPerson", searched("u-1")).await["info"]["Result"],
        "Fail"
    );
}

#[tokio::test]
async fn an_id_that_is_somebody_elses_changes_nothing_of_anybody() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    added(&caller, with(another("a", 1), "CustomizeID", 77)).await;
    added(&caller, with(another("b", 2), "CustomizeID", 88)).await;
    let named = |id: i64| json!({"SearchType": 0, "SearchID": id.to_string()});
    for (kind, more) in [
        (2, json!({"PersonUUID": "a", "CustomizeID": 88})),
        (0, json!({"PersonUUID": "b", "CustomizeID": 77})),
    ] {
        let mut one = json!({"Name": "changed", "picinfo": picture(&any_photo())});
        one.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let call = json!({"operator": "EditPersonsNew", "DeviceID": DEVICE, "IdType": kind, "Total": 1, "info": [one]});
        let answer = caller.raw("EditPersonsNew", &call.to_string()).await;
        assert_eq!(answer["info"][0]["errcode"], 479, "{answer}");
    }
    for (id, uuid) in [(77, "a"), (88, "b")] {
        let told = caller.told("SearchPerson", named(id)).await;
        assert_eq!(
            (&told["PersonUUID"], &told["Name"]),
            (&json!(uuid), &json!(format!("Name {uuid}")))
        );
    }
    // A text that looks like a number is nobody's number.
    added(&caller, with(another("99", 3), "CustomizeID", 66)).await;
    let nobody = caller.call("SearchPerson", named(99)).await;
    assert_eq!(nobody["info"]["Result"], "Fail", "{nobody}");
    added(&caller, with(another("d", 4), "CustomizeID", 99)).await;
    assert_eq!(caller.told("SearchPerson", named(99)).await["PersonUUID"], "d");
}

#[tokio::test]
async fn many_people_have_a_code_each() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let mut batch = json!({"operator": "AddPersons", "DeviceID": DEVICE, "Total": 3});
    for (at, uuid) in ["a", "b", "a"].into_iter().enumerate() {
        let mut one = another(uuid, i64::try_from(at).unwrap() + 1)["info"].clone();
        one.as_object_mut().unwrap().remove("DeviceID");
        one["picinfo"] = json!(picture(&any_photo()));
        batch[format!("Personinfo_{at}")] = one;
    }
    let answer = caller.raw("AddPersons", &batch.to_string()).await;
    let codes: Vec<&Value> = answer["info"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["errcode"])
        .collect();
    assert_eq!(codes, [200, 200, 466], "{answer}");
    batch["Total"] = json!(4);
    assert_eq!(
        failed(&caller.raw("AddPersons", &batch.to_string()).await, "AddPersons"),
        462
    );
}

#[tokio::test]
async fn people_are_searched_and_paged() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    door.put(card_holder("elsewhere", "c")).await;
    for at in 1..=4 {
        let birthday = if at == 4 { "2020-01-01" } else { "1990-12-14" };
        let body = with(
            with(another(&format!("u-{at}"), at), "Gender", at % 2),
            "Birthday",
            birthday,
        );
        added(&caller, with(body, "PersonType", i64::from(at == 2))).await;
    }
    let number = async |filter: Value| caller.told("SearchPersonNum", filter).await["PersonNum"].clone();
    let all = caller.told("SearchPersonNum", json!({})).await;
    assert_eq!(
        (&all["PersonNum"], &all["MaxListsNum"]),
        (&json!(5), &json!(50_000))
    );
    assert_eq!(number(json!({"PersonType": 1})).await, 1);
    assert_eq!(number(json!({"PersonType": 2, "Gender": 1})).await, 2);
    assert_eq!(number(json!({"Name": "u-3"})).await, 1);
    assert_eq!(number(json!({"MjCardNo": 4})).await, 1);
    assert_eq!(
        number(json!({"Age": "1-10"})).await,
        2,
        "one of ten at most, one of no known age"
    );
    assert_eq!(number(json!({"EndTime": "2018-01-01T00:00:00"})).await, 0);
    assert_eq!(caller.refused("SearchPersonNum", json!({"Gender": 3})).await, 462);
    let page = json!({"BeginNO": 1, "RequestCount": 2, "Picture": 1});
    let told = caller.told("SearchPersonList", page).await;
    let names: Vec<&Value> = told["List"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["PersonUUID"])
        .collect();
    assert_eq!(names, ["u-2", "u-3"]);
    assert_eq!(told["Listnum"], 2);
    assert_eq!(told["List"][0]["Picinfo"], picture(&any_photo()));
    let past = caller.told("SearchPersonList", json!({"BeginNO": 50})).await;
    assert_eq!((&past["Listnum"], &past["List"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn people_go_by_each_kind_of_id_and_all_at_once() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    for at in 1..=4 {
        added(
            &caller,
            with(another(&format!("u-{at}"), at), "CustomizeID", 70 + at),
        )
        .await;
    }
    let lib_id = caller.told("SearchPerson", searched("u-2")).await["LibID"].clone();
    caller
        .done(
            "DeletePerson",
            json!({"TotalNum": 1, "IdType": 0, "CustomizeID": [71]}),
        )
        .await;
    caller
        .done(
            "DeletePerson",
            json!({"TotalNum": 1, "IdType": 1, "LibID": [lib_id]}),
        )
        .await;
    caller
        .done(
            "DeletePerson",
            json!({"TotalNum": 1, "IdType": 2, "PersonUUID": "u-3"}),
        )
        .await;
    assert_eq!(door.state().await["counts"]["persons"], 1);
    let many: Vec<i64> = (1..=257).collect();
    assert_eq!(
        caller
            .refused("DeletePerson", json!({"IdType": 0, "CustomizeID": many}))
            .await,
        462
    );
    let highest = caller.told("SearchPerson", searched("u-4")).await["LibID"]
        .as_i64()
        .unwrap();
    assert_eq!(
        caller
            .refused("DeleteAllPerson", json!({"DeleteAllPersonCheck": 0}))
            .await,
        462
    );
    let started = door.state().await["started_at"].clone();
    caller
        .done("DeleteAllPerson", json!({"DeleteAllPersonCheck": 1}))
        .await;
    let state = door.state_where(|state| state["started_at"] != started).await;
    assert_eq!(state["counts"]["persons"], 0);
    added(&caller, another("u-4", 4)).await;
    let again = caller.told("SearchPerson", searched("u-4")).await["LibID"]
        .as_i64()
        .unwrap();
    assert!(again > highest, "numbers are never given twice");
}

#[tokio::test]
async fn cards_and_ids_of_every_form() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let body = another("hex", 9)
        .to_string()
        .replace(r#""MjCardNo":9"#, r#""WGFacilityCode":9A,"MjCardNo": 018B2D"#);
    let body = body
        .replace(r#""WiegandType":1"#, r#""WiegandType":7"#)
        .replace(r#""CardMode":0"#, r#""CardMode":1"#);
    assert_eq!(caller.raw("AddPerson", &body).await["code"], 200);
    assert_eq!(
        door.present("wiegand", "018B2D").await["decision"]["result"],
        "granted"
    );
    let text = caller.request("SearchPerson", json!({"info": searched("hex")}).to_string());
    let text = text.send().await.unwrap().text().await.unwrap();
    assert!(
        text.contains(r#""MjCardNo":018B2D"#) && text.contains(r#""WGFacilityCode":9A"#),
        "{text}"
    );
    // An id of 48 bytes; one more is refused.
    let long = "x".repeat(48);
    added(&caller, with(another(&long, 10), "Name", "long")).await;
    assert_eq!(
        code(&caller, with(another(&"y".repeat(49), 11), "Name", "long")).await,
        462
    );
    // By the number alone, and by nothing at all.
    let mut numbered = with(another("", 12), "CustomizeID", 1234);
    numbered["info"].as_object_mut().unwrap().remove("PersonUUID");
    added(&caller, numbered).await;
    let told = caller
        .told("SearchPerson", json!({"SearchType": 0, "SearchID": 1234}))
        .await;
    assert_eq!(
        (&told["CustomizeID"], &told["PersonUUID"]),
        (&json!(1234), &json!(" "))
    );
    let mut nameless = with(another("", 13), "RFIDCard", "77");
    nameless["info"].as_object_mut().unwrap().remove("PersonUUID");
    added(&caller, nameless).await;
    assert_eq!(
        door.present("wiegand", "13").await["decision"]["result"],
        "granted"
    );
}
