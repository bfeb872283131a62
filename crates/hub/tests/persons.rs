//! Persons over HTTP: create, find, change, delete; who sees whom.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod kit;

use kit::{Client, TestHub, send};
use reqwest::Method;
use serde_json::{Value, json};

fn paths(problem: &Value) -> Vec<&str> {
    problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["path"].as_str().unwrap())
        .collect()
}

async fn made(client: &Client, path: &str, body: Value) -> Value {
    let answer = client.post(path, &body).await.expect(201);
    let object = answer.json();
    assert_eq!(
        answer.header("location"),
        format!("/api/v1{path}/{}", object["id"].as_str().unwrap())
    );
    assert_eq!(object["revision"], 1);
    object
}

async fn ids(client: &Client, path: &str) -> Vec<String> {
    client
        .all(path)
        .await
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_person_is_made_found_changed_and_deleted() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let group = made(&admin, "/groups", json!({"name": "staff"})).await;
    let full = json!({
        "id": "P-1", "code": "1007", "name": "Ann Li", "kind": "vip", "gender": "female", "birthday": "1990-01-31",
        "phone": "+86 1", "email": "ann@example.org", "department": "R&D", "title": "Dr", "company": "ACME",
        "ethnicity": "Han", "native_place": "Suzhou", "address": "Street 1\nTown", "remark": "r",
        "visit": {"host": "h", "purpose": "p", "from_company": "c"},
        "credentials": [{"kind": "ic_card", "number": "0012345"}, {"kind": "wiegand", "number": "9", "facility": 3, "bits": 26}],
        "groups": [group["id"]], "valid_from": "2030-01-01T00:00:00Z", "valid_until": "2031-01-01T00:00:00Z",
        "pass_limit": 5, "verify": "face_and_card", "greeting": "Hello", "room": "301",
    });
    let person = made(&admin, "/persons", full.clone()).await;
    for (field, value) in full.as_object().unwrap() {
        assert_eq!(&person[field], value, "{field}");
    }
    assert_eq!(
        (&person["passes_used"], &person["photos"]),
        (&json!(0), &json!([]))
    );
    let shown = admin.get("/persons/P-1").await.expect(200);
    assert_eq!(shown.header("etag"), "\"1\"");
    assert_eq!(shown.json(), person);

    let other = made(&admin, "/persons", json!({"name": "Bo"})).await;
    assert_eq!(other["id"].as_str().unwrap().len(), 32);
    for (query, found) in [
        ("ann", 1),
        ("1007", 1),
        ("0012345", 1),
        ("P-1", 1),
        ("", 2),
        ("nobody", 0),
        ("%25", 0),
    ] {
        assert_eq!(
            ids(&admin, &format!("/persons?query={query}")).await.len(),
            found,
            "{query}"
        );
    }
    assert_eq!(
        ids(&admin, "/persons?kind=member").await,
        [other["id"].as_str().unwrap()]
    );
    assert_eq!(
        ids(
            &admin,
            &format!("/persons?group_id={}", group["id"].as_str().unwrap())
        )
        .await,
        ["P-1"]
    );
    let paged = admin.all("/persons?limit=1").await;
    assert_eq!(paged.len(), 2, "page by page, by creation");
    assert_eq!(paged[0]["id"], "P-1");

    let change = json!({"phone": null, "credentials": [], "groups": [], "name": "Ann"});
    let changed = admin.patch("/persons/P-1", &change).await.expect(200).json();
    assert_eq!(
        (&changed["name"], &changed["phone"], &changed["revision"]),
        (&json!("Ann"), &json!(null), &json!(2))
    );
    assert_eq!(
        (&changed["credentials"], &changed["groups"], &changed["code"]),
        (&json!([]), &json!([]), &json!("1007"))
    );
    assert_eq!(
        admin.patch("/persons/P-1", &changed).await.expect(200).json()["name"],
        "Ann",
        "sent back as read"
    );

    admin.delete("/persons/P-1").await.expect(204);
    for answer in [
        admin.get("/persons/P-1").await,
        admin.delete("/persons/P-1").await,
        admin.patch("/persons/P-1", &json!({})).await,
    ] {
        answer.problem(404, "not_found");
    }
    made(
        &admin,
        "/persons",
        json!({"id": "P-1", "code": "1007", "name": "Cy"}),
    )
    .await;
}

#[tokio::test]
async fn what_contradicts_is_refused() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    made(&admin, "/persons", json!({"id": "a", "code": "1", "name": "Ann"})).await;
    made(&admin, "/persons", json!({"id": "b", "code": "2", "name": "Bo"})).await;
    admin
        .post("/persons", &json!({"id": "a", "name": "x"}))
        .await
        .problem(409, "conflict");
    admin
        .post("/persons", &json!({"code": "1", "name": "x"}))
        .await
        .problem(409, "conflict");
    admin
        .patch("/persons/b", &json!({"code": "1"}))
        .await
        .problem(409, "conflict");
    admin
        .patch("/persons/b", &json!({"code": "2", "name": "B"}))
        .await
        .expect(200);

    let unknown = admin
        .patch("/persons/b", &json!({"groups": ["nowhere"]}))
        .await
        .problem(422, "invalid");
    assert_eq!(paths(&unknown), ["groups"]);
    let bad = admin
        .post("/persons", &json!({"id": "all", "name": "", "kind": "x"}))
        .await
        .problem(422, "invalid");
    let mut found = paths(&bad);
    found.sort_unstable();
    assert_eq!(found, ["id", "kind", "name"]);
    assert_eq!(
        paths(&admin.post("/persons", &json!([])).await.problem(422, "invalid")),
        [""]
    );
    let not_json = admin
        .post_bytes("/persons", "application/json", b"{".to_vec())
        .await;
    not_json.problem(400, "not_json");
    admin.get("/persons?cursor=zz").await.problem(400, "bad_cursor");
    admin.get("/persons?limit=0").await.problem(422, "invalid");
    admin
        .get(&format!("/persons?query={}", "x".repeat(300)))
        .await
        .problem(422, "invalid");
    admin.get("/persons/no%20id").await.problem(404, "not_found");

    let stale = |method| {
        admin
            .request(method, "/persons/b")
            .header("if-match", "\"1\"")
            .json(&json!({"name": "C"}))
    };
    send(stale(Method::PATCH)).await.problem(412, "stale");
    send(stale(Method::DELETE)).await.problem(412, "stale");
    let fresh = admin
        .request(Method::PATCH, "/persons/b")
        .header("if-match", "\"2\"")
        .json(&json!({"name": "C"}));
    send(fresh).await.expect(200);
}

#[tokio::test]
async fn changes_at_the_same_time_are_all_kept() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    made(&admin, "/persons", json!({"id": "a", "name": "Ann"})).await;
    let fields = [
        "phone",
        "department",
        "title",
        "company",
        "native_place",
        "remark",
        "greeting",
        "room",
    ];
    let changes = fields.map(|field| {
        let admin = admin.clone();
        tokio::spawn(async move { admin.patch("/persons/a", &json!({field: "new"})).await })
    });
    for change in changes {
        change.await.unwrap().expect(200);
    }
    let person = admin.get("/persons/a").await.json();
    assert!(fields.iter().all(|field| person[field] == "new"), "{person}");
    assert_eq!(person["revision"], 1 + i64::try_from(fields.len()).unwrap());
}

#[tokio::test]
async fn a_user_of_a_zone_sees_who_may_pass_there() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let zone = made(&admin, "/zones", json!({"name": "here"})).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let group = made(&admin, "/groups", json!({"name": "staff"})).await["id"].clone();
    let elsewhere = made(&admin, "/groups", json!({"name": "others"})).await["id"].clone();
    made(
        &admin,
        "/persons",
        json!({"id": "in", "name": "In", "groups": [group]}),
    )
    .await;
    made(
        &admin,
        "/persons",
        json!({"id": "out", "name": "Out", "groups": [elsewhere]}),
    )
    .await;
    let guard = hub.user("guard", "operator", Some(&zone)).await;
    assert!(guard.all("/persons").await.is_empty());

    made(&admin, "/grants", json!({"group_id": group, "zone_id": zone})).await;
    assert_eq!(ids(&guard, "/persons").await, ["in"]);
    guard.get("/persons/in").await.expect(200);
    for path in ["/persons/out", "/persons/out/photos", "/persons/out/access"] {
        guard.get(path).await.problem(404, "not_found");
    }
    guard
        .patch("/persons/out", &json!({"name": "x"}))
        .await
        .problem(404, "not_found");
    guard.delete("/persons/out").await.problem(404, "not_found");
    guard
        .post_bytes("/persons/out/photos", "image/jpeg", vec![1])
        .await
        .problem(404, "not_found");

    guard
        .patch("/persons/in", &json!({"name": "Inside"}))
        .await
        .expect(200);
    for groups in [json!([]), json!([elsewhere])] {
        let refused = guard
            .post("/persons", &json!({"name": "New", "groups": groups}))
            .await;
        assert_eq!(paths(&refused.problem(422, "invalid")), ["groups"]);
    }
    let raised = guard
        .patch("/persons/in", &json!({"groups": [group, elsewhere]}))
        .await;
    assert_eq!(paths(&raised.problem(422, "invalid")), ["groups"]);
    made(&guard, "/persons", json!({"name": "New", "groups": [group]})).await;
    guard
        .post("/grants", &json!({"group_id": group, "zone_id": zone}))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn changes_are_told_and_audited_without_names() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let mut events = admin.events(None).await;
    made(&admin, "/persons", json!({"id": "a", "name": "Ann"})).await;
    let told = events.next_named("person.updated").await;
    assert_eq!(
        (&told.data["id"], &told.data["name"]),
        (&json!("a"), &json!("Ann"))
    );
    admin
        .patch("/persons/a", &json!({"name": "Bea", "phone": "1"}))
        .await
        .expect(200);
    admin.delete("/persons/a").await.expect(204);

    let lines = admin.all("/audit").await;
    let of_person: Vec<_> = lines
        .iter()
        .filter(|line| line["target"]["kind"] == "person")
        .collect();
    let actions: Vec<_> = of_person
        .iter()
        .map(|line| line["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["person.create", "person.update", "person.delete"]);
    assert_eq!(of_person[1]["detail"], json!({"fields": ["name", "phone"]}));
    assert!(
        lines
            .iter()
            .all(|line| !line.to_string().contains("Ann") && !line.to_string().contains("Bea"))
    );

    let viewer = hub.user("viewer", "viewer", None).await;
    viewer.get("/persons").await.expect(200);
    viewer
        .post("/persons", &json!({"name": "x"}))
        .await
        .problem(403, "forbidden");
}
