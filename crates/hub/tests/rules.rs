//! Groups, zones, schedules, holidays and grants over HTTP.

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

async fn id_of_new(client: &Client, path: &str, body: Value) -> String {
    let object = client.post(path, &body).await.expect(201).json();
    assert_eq!(object["revision"], 1);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&object[field], value, "{path} {field}");
    }
    object["id"].as_str().unwrap().to_owned()
}

fn weekly() -> Value {
    let day = json!([{"from": "08:00", "until": "12:00"}, {"from": "13:00", "until": "24:00"}]);
    json!({"mon": day, "tue": [], "wed": [], "thu": [], "fri": [], "sat": [], "sun": []})
}

#[tokio::test]
async fn every_rule_has_its_five_verbs() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let group = id_of_new(&admin, "/groups", json!({"name": "staff"})).await;
    let zone = id_of_new(&admin, "/zones", json!({"name": "lab"})).await;
    let holiday =
        json!({"name": "new year", "first_day": "2030-01-01", "last_day": "2030-01-03", "mode": "closed"});
    let holiday = id_of_new(&admin, "/holidays", holiday).await;
    let schedule = json!({"name": "day", "weekly": weekly(), "holidays": [holiday]});
    let schedule = id_of_new(&admin, "/schedules", schedule).await;
    let grant = json!({"group_id": group, "zone_id": zone, "schedule_id": schedule,
        "valid_from": "2030-01-01T00:00:00Z", "valid_until": "2031-01-01T00:00:00Z"});
    let grant = id_of_new(&admin, "/grants", grant).await;

    let changes = [
        (format!("/groups/{group}"), json!({"name": "crew"})),
        (format!("/zones/{zone}"), json!({"name": "hall"})),
        (
            format!("/holidays/{holiday}"),
            json!({"mode": "periods", "periods": [{"from": "10:00", "until": "11:00"}]}),
        ),
        (format!("/schedules/{schedule}"), json!({"name": "night"})),
        (
            format!("/grants/{grant}"),
            json!({"schedule_id": null, "valid_from": null}),
        ),
    ];
    for (path, change) in &changes {
        let before = admin.get(path).await.expect(200).json();
        let stale = admin
            .request(Method::PATCH, path)
            .header("if-match", "\"7\"")
            .json(change);
        send(stale).await.problem(412, "stale");
        let changed = admin.patch(path, change).await.expect(200).json();
        assert_eq!(changed["revision"], 2, "{path}");
        for (field, value) in before.as_object().unwrap() {
            if field != "revision" {
                assert_eq!(
                    &changed[field],
                    change.get(field).unwrap_or(value),
                    "{path} {field}"
                );
            }
        }
        let list = path.rsplit_once('/').unwrap().0;
        assert_eq!(admin.all(list).await, [changed], "{list}");
        let viewer_cannot = admin
            .patch(path, &json!({"colour": "red"}))
            .await
            .problem(422, "invalid");
        assert_eq!(viewer_cannot["errors"][0]["path"], "colour");
    }
    for (path, _) in changes.iter().rev() {
        // Grant, schedule, holiday, zone, group: nothing refers to them any more in this order.
        admin.delete(path).await.expect(204);
        admin.get(path).await.problem(404, "not_found");
        admin.delete(path).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn what_is_in_use_is_not_deleted_and_says_by_whom() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let group = id_of_new(&admin, "/groups", json!({"name": "staff"})).await;
    let zone = id_of_new(&admin, "/zones", json!({"name": "lab"})).await;
    let holiday = json!({"name": "h", "first_day": "2030-01-01", "last_day": "2030-01-01", "mode": "open"});
    let holiday = id_of_new(&admin, "/holidays", holiday).await;
    let schedule = json!({"name": "day", "weekly": weekly(), "holidays": [holiday]});
    let schedule = id_of_new(&admin, "/schedules", schedule).await;
    let grant = json!({"group_id": group, "zone_id": zone, "schedule_id": schedule});
    let grant = id_of_new(&admin, "/grants", grant).await;

    let refused = admin
        .delete(&format!("/schedules/{schedule}"))
        .await
        .problem(409, "conflict");
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("staff") && detail.contains("lab"), "{detail}");
    let refused = admin
        .delete(&format!("/holidays/{holiday}"))
        .await
        .problem(409, "conflict");
    assert!(refused["detail"].as_str().unwrap().contains("day"), "{refused}");
    hub.user("guard", "viewer", Some(&zone)).await;
    let refused = admin
        .delete(&format!("/zones/{zone}"))
        .await
        .problem(409, "conflict");
    assert!(refused["detail"].as_str().unwrap().contains("guard"), "{refused}");

    let member = json!({"id": "m", "name": "M", "groups": [group]});
    admin.post("/persons", &member).await.expect(201);
    admin.delete(&format!("/groups/{group}")).await.expect(204);
    let member = admin.get("/persons/m").await.expect(200).json();
    assert_eq!((&member["groups"], &member["revision"]), (&json!([]), &json!(2)));
    admin
        .get(&format!("/grants/{grant}"))
        .await
        .problem(404, "not_found");
    admin.delete(&format!("/schedules/{schedule}")).await.expect(204);
}

#[tokio::test]
async fn what_is_referred_to_must_exist() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let group = id_of_new(&admin, "/groups", json!({"name": "staff"})).await;
    let zone = id_of_new(&admin, "/zones", json!({"name": "lab"})).await;
    for (body, path) in [
        (json!({"group_id": "x", "zone_id": zone}), "group_id"),
        (json!({"group_id": group, "zone_id": "x"}), "zone_id"),
        (
            json!({"group_id": group, "zone_id": zone, "schedule_id": "x"}),
            "schedule_id",
        ),
    ] {
        let problem = admin.post("/grants", &body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], path);
    }
    let schedule = json!({"name": "s", "weekly": {}, "holidays": ["x"]});
    let problem = admin.post("/schedules", &schedule).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["path"], "holidays");
    assert!(
        admin.all("/schedules").await.is_empty(),
        "nothing of a refused change is kept"
    );
}
