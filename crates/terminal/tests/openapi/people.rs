//! People (8.2).

use crate::support::{Door, card_holder, empty_picture, folder, openapi_config, sample};
use crate::{Caller, base64, user, with};
use serde_json::{Value, json};

#[tokio::test]
async fn a_person_is_told_as_added_and_changed_in_part() {
    let (_folder, path) = folder();
    let door = Door::start(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    let photo = base64(&empty_picture());
    let whole = json!({
        "userId": "42", "userType": 2, "photo": photo, "icNumber": "7267e840", "jobNumber": "A7", "mobile": "18868681819",
        "name": "张三", "remark": "r", "department": "研发", "birthday": 641_779_200, "entryTime": 1_577_808_000,
        "mail": "a@b.cn", "title": "t", "position": "p", "idNumber": "990307189207026735", "gender": 2, "prompt": "欢迎",
        "startTime": 1_600_000_000, "endTime": 4_102_444_800_u64, "purpose": "会面", "interviewee": "李四",
        "comeFrom": "北京", "description": "d",
    });
    caller.done("/api/user", whole.clone()).await;
    let told = async || caller.told("/api/user/list", "userId=42").await["data"][0].clone();
    assert_eq!(told().await, whole);
    // What is not sent stays, the photo above all; what is sent empty is cleared.
    caller
        .done("/api/user/update/42", json!({"name": "王五", "department": ""}))
        .await;
    let mut changed = with(whole, "name", "王五");
    changed.as_object_mut().unwrap().remove("department");
    assert_eq!(told().await, changed);
    door.running.stop().await;
    let door = Door::start(door.config).await;
    let caller = Caller::of(&door);
    assert_eq!(
        caller.told("/api/user/list", "userId=42").await["data"][0],
        changed
    );
    caller.told("/api/user/delete/42", "").await;
    assert_eq!(caller.get("/api/user/list", "").await["code"], 50008);
}

#[tokio::test]
async fn lists_come_ten_at_a_time_and_filtered_and_all_go_at_once() {
    let (_folder, path) = folder();
    let door = Door::start(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    for number in 10..35 {
        let kind = if number == 34 { 3 } else { 1 };
        caller
            .done("/api/user", with(user(&number.to_string()), "userType", kind))
            .await;
    }
    let page = caller.told("/api/user/list", "page=3&size=50").await;
    let figures = |page: &Value| {
        ["total", "pageNum", "size", "pageSize", "totalPage"].map(|name| page[name].as_i64().unwrap())
    };
    assert_eq!(figures(&page), [25, 3, 5, 10, 3]);
    assert_eq!(page["data"][4]["userId"], "34");
    let beyond = caller.told("/api/user/list", "page=4").await;
    assert!(beyond["data"].as_array().unwrap().is_empty());
    let blocked = caller.told("/api/user/list", "type=3").await;
    assert_eq!(
        (&blocked["total"], &blocked["data"][0]["userId"]),
        (&json!(1), &json!("34"))
    );
    let by_card = caller.told("/api/user/list", "icNumber=card%2012").await;
    assert_eq!(by_card["data"][0]["userId"], "12");
    caller.told("/api/user/delete/all", "").await;
    assert_eq!(caller.get("/api/user/list", "").await["code"], 50008);
}

#[tokio::test]
async fn faces_are_enrolled_and_recognised() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    let without_face = with(user("1"), "photo", base64(&empty_picture()));
    assert_eq!(caller.post("/api/user", without_face).await["code"], 30002);
    caller
        .done(
            "/api/user",
            with(user("1"), "photo", base64(&sample("obama.jpg"))),
        )
        .await;
    caller.done("/api/user/update/1", json!({"name": "other"})).await;
    assert_eq!(
        door.frame(sample("obama2.jpg")).await["decision"]["result"],
        "granted"
    );
    caller.done("/api/user/update/1", json!({"userType": 3})).await;
    assert_eq!(
        door.frame(sample("obama2.jpg")).await["decision"]["result"],
        "blocked"
    );
}

#[tokio::test]
async fn what_the_dialect_has_no_place_for_stays_as_another_said_it() {
    let (_folder, path) = folder();
    let door = Door::start(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    let over: jiff::Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    let rules = vec![model::access::Rule {
        valid_until: Some(over),
        ..model::access::Rule::default()
    }];
    let mut bound = card_holder("7", "card 7");
    bound.rules.clone_from(&rules);
    bound.person.kind = model::PersonKind::Vip;
    bound.person.valid_until = Some(over);
    door.put(bound).await;
    let held = || door.running.device().people.find("7").unwrap();
    let shut = async || door.card("card 7").await["decision"]["result"] != "granted";
    assert!(shut().await);
    caller.done("/api/user/update/7", json!({"mobile": "1"})).await;
    assert_eq!(held().person.phone.as_deref(), Some("1"));
    assert_eq!((&held().rules, held().person.valid_until), (&rules, Some(over)));
    assert_eq!(held().person.kind, model::PersonKind::Vip);
    caller.done("/api/user", user("7")).await;
    assert!(shut().await, "added anew is changed");
    // A visit has an end of its own.
    let visit = json!({"userType": 2, "startTime": 1, "endTime": 4_102_444_800_u64});
    caller.done("/api/user/update/7", visit).await;
    assert_ne!(held().person.valid_until, Some(over));
    caller.done("/api/user/update/7", json!({"userType": 1})).await;
    assert_eq!((&held().rules, held().person.valid_until), (&rules, None));
}

#[tokio::test]
async fn nothing_told_of_a_person_outlives_the_person() {
    let (_folder, path) = folder();
    let door = Door::start(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    let told = async || caller.told("/api/user/list", "userId=7").await["data"][0].clone();
    let device = door.running.device();
    for everybody in [false, true] {
        let whole = with(user("7"), "entryTime", 1_577_808_000);
        caller.done("/api/user", whole).await;
        assert_eq!(told().await["entryTime"], 1_577_808_000);
        // By any other dialect.
        match everybody {
            true => drop(device.clear_people().await.unwrap()),
            false => drop(device.delete_person("7").await.unwrap()),
        }
        door.put(card_holder("7", "another's")).await;
        assert_eq!(told().await.get("entryTime"), None);
    }
}
