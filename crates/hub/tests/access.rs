//! Signing in, users, tokens, the audit and settings, over real HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod kit;

use kit::TestHub;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn signing_in_gives_a_cookie_and_a_csrf_token() {
    let hub = TestHub::start().await;
    let body = json!({ "username": "Admin", "password": kit::ADMIN_PASSWORD });
    let answer = hub.nobody().post("/session", &body).await.expect(200);
    let cookie = answer.header("set-cookie").to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let session = answer.json();
    assert_eq!(session["csrf_header"], "X-CSRF-Token");
    assert_eq!(session["user"]["role"], "admin");
    assert_eq!(session["user"]["username"], "admin");

    let admin = hub.admin().await;
    assert_eq!(
        admin.get("/session").await.expect(200).json()["user"],
        session["user"]
    );
    admin.without_csrf().delete("/session").await.problem(403, "csrf");
    admin.delete("/session").await.expect(204);
    admin.get("/session").await.problem(401, "not_signed_in");
    admin.get("/users").await.problem(401, "not_signed_in");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_alike() {
    let hub = TestHub::start().await;
    let nobody = hub.nobody();
    let mut answers = Vec::new();
    for (username, password) in [
        ("admin", "wrong"),
        ("nobody", "wrong"),
        ("nobody", kit::ADMIN_PASSWORD),
    ] {
        let body = json!({ "username": username, "password": password });
        answers.push(
            nobody
                .post("/session", &body)
                .await
                .problem(401, "wrong_credentials"),
        );
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // A handful of wrong attempts locks nobody out.
    hub.admin().await.get("/users").await.expect(200);
    nobody
        .post("/session", &json!({ "username": "admin" }))
        .await
        .problem(422, "invalid");
}

#[tokio::test]
async fn a_cookie_without_the_csrf_header_changes_nothing() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let user = json!({ "username": "eve", "password": "two painted gods", "role": "viewer" });
    admin
        .without_csrf()
        .post("/users", &user)
        .await
        .problem(403, "csrf");
    let wrong = admin
        .without_csrf()
        .request(Method::POST, "/users")
        .header("x-csrf-token", "wrong")
        .json(&user);
    kit::send(wrong).await.problem(403, "csrf");
    assert_eq!(admin.all("/users").await.len(), 1);
    admin.without_csrf().get("/users").await.expect(200);
}

#[tokio::test]
async fn users_are_made_changed_and_removed() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    for (password, code) in [("short", "too_short"), ("password123", "too_common")] {
        let body = json!({ "username": "guard", "password": password, "role": "operator" });
        let problem = admin.post("/users", &body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], "password");
        assert_eq!(problem["errors"][0]["code"], code);
    }
    let body = json!({ "username": "guard", "password": "two painted gods", "role": "operator" });
    let made = admin.post("/users", &body).await.expect(201);
    let user = made.json();
    let place = format!("/users/{}", user["id"].as_str().unwrap());
    assert_eq!(made.header("location"), format!("/api/v1{place}"));
    assert!(user.get("password").is_none() && user.get("password_hash").is_none());
    admin.post("/users", &body).await.problem(409, "conflict");
    let shouted = json!({ "username": "GUARD", "password": "two painted gods", "role": "viewer" });
    admin.post("/users", &shouted).await.problem(409, "conflict");

    let guard = hub.sign_in("guard", "two painted gods").await;
    let stale = admin
        .request(Method::PATCH, &place)
        .header("if-match", "\"7\"")
        .json(&json!({ "role": "viewer" }));
    kit::send(stale).await.problem(412, "stale");
    let fresh = admin
        .request(Method::PATCH, &place)
        .header("if-match", "\"1\"")
        .json(&json!({ "role": "viewer" }));
    let changed = kit::send(fresh).await.expect(200);
    assert_eq!(
        (changed.json()["revision"].clone(), changed.header("etag")),
        (json!(2), "\"2\"")
    );
    assert_eq!(guard.get("/session").await.json()["user"]["role"], "viewer");

    admin
        .patch(&place, &json!({ "password": "two other gods" }))
        .await
        .expect(200);
    guard.get("/session").await.problem(401, "not_signed_in");
    hub.sign_in("guard", "two other gods").await;
    admin.delete(&place).await.expect(204);
    admin.get(&place).await.problem(404, "not_found");
    admin.delete(&place).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_last_admin_stays() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let id = admin.get("/session").await.json()["user"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    admin
        .delete(&format!("/users/{id}"))
        .await
        .problem(409, "conflict");
    admin
        .patch(&format!("/users/{id}"), &json!({ "role": "operator" }))
        .await
        .problem(409, "conflict");
    assert_eq!(admin.get("/session").await.json()["user"]["role"], "admin");
    let second = hub.user("second", "admin", None).await;
    second.delete(&format!("/users/{id}")).await.expect(204);
    admin.get("/session").await.problem(401, "not_signed_in");
}

#[tokio::test]
async fn a_token_may_do_what_its_scopes_say() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let bad = json!({ "name": "ci", "scopes": ["users:read", "everything:read"] });
    let problem = admin.post("/tokens", &bad).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["path"], "scopes[1]");

    let made = admin
        .post("/tokens", &json!({ "name": "ci", "scopes": ["users:read"] }))
        .await
        .expect(201)
        .json();
    let token = made["token"].as_str().unwrap();
    let ci = hub.nobody().with_token(token);
    ci.get("/users").await.expect(200);
    let user = json!({ "username": "x", "password": "two painted gods", "role": "viewer" });
    ci.post("/users", &user).await.problem(403, "forbidden");
    ci.get("/tokens").await.problem(403, "forbidden");
    hub.nobody()
        .with_token("nonsense")
        .get("/users")
        .await
        .problem(401, "not_signed_in");

    let all = admin
        .post("/tokens", &json!({ "name": "all", "scopes": ["*"] }))
        .await
        .expect(201)
        .json();
    let all = hub.nobody().with_token(all["token"].as_str().unwrap());
    all.post("/users", &user).await.expect(201);

    let listed = admin.all("/tokens").await;
    assert_eq!(listed.len(), 2);
    assert!(
        listed.iter().all(|listed| listed.get("token").is_none()),
        "{listed:?}"
    );
    admin
        .delete(&format!("/tokens/{}", made["id"].as_str().unwrap()))
        .await
        .expect(204);
    ci.get("/users").await.problem(401, "not_signed_in");
}

#[tokio::test]
async fn a_token_ends_when_it_says() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let past = json!({ "name": "old", "scopes": ["*"], "expires_at": "2020-01-01T00:00:00Z" });
    let problem = admin.post("/tokens", &past).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["path"], "expires_at");
    let end = (jiff::Timestamp::now() + jiff::SignedDuration::from_millis(600)).to_string();
    let body = json!({ "name": "brief", "scopes": ["*"], "expires_at": end });
    let made = admin.post("/tokens", &body).await.expect(201).json();
    // It makes none that lasts longer.
    let brief = hub.nobody().with_token(made["token"].as_str().unwrap());
    let endless = json!({ "name": "endless", "scopes": ["*"] });
    let refused = brief.post("/tokens", &endless).await;
    assert!(matches!(refused.status, 403 | 401), "{}", refused.text());
    let brief = hub.nobody().with_token(made["token"].as_str().unwrap());
    let died = async {
        while brief.get("/users").await.status == 200 {}
        brief.get("/users").await.problem(401, "not_signed_in");
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), died)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_operator_has_own_tokens_only() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let others = admin
        .post("/tokens", &json!({ "name": "a", "scopes": ["*"] }))
        .await
        .expect(201)
        .json();
    let operator = hub.user("guard", "operator", None).await;
    let own = operator
        .post("/tokens", &json!({ "name": "b", "scopes": ["*"] }))
        .await
        .expect(201)
        .json();
    let names: Vec<_> = operator
        .all("/tokens")
        .await
        .iter()
        .map(|token| token["name"].clone())
        .collect();
    assert_eq!(names, ["b"]);
    operator
        .delete(&format!("/tokens/{}", others["id"].as_str().unwrap()))
        .await
        .problem(404, "not_found");
    // The token can do no more than its owner,
    let bearer = hub.nobody().with_token(own["token"].as_str().unwrap());
    bearer.get("/users").await.problem(403, "forbidden");
    // and none that is wider than itself.
    let narrow = operator
        .post("/tokens", &json!({ "name": "c", "scopes": ["tokens:write"] }))
        .await
        .expect(201);
    let narrow = hub.nobody().with_token(narrow.json()["token"].as_str().unwrap());
    narrow
        .post("/tokens", &json!({ "name": "d", "scopes": ["*"] }))
        .await
        .problem(403, "forbidden");
    assert_eq!(admin.all("/tokens").await.len(), 3);
}

#[tokio::test]
async fn what_was_done_is_in_the_audit() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    hub.user("guard", "operator", None).await;
    let lines = admin.all("/audit?limit=2").await;
    let actions: Vec<_> = lines
        .iter()
        .map(|line| (line["actor"].clone(), line["action"].clone()))
        .collect();
    assert_eq!(actions[0], (json!("hub"), json!("user.create")));
    assert!(
        actions.contains(&(json!("admin"), json!("user.create"))),
        "{actions:?}"
    );
    assert!(
        actions.contains(&(json!("guard"), json!("session.create"))),
        "{actions:?}"
    );
    let created = admin.all("/audit?action=user.create&actor=admin").await;
    assert_eq!(created.len(), 1);
    assert_eq!(created[0]["target"]["kind"], "user");
    assert!(
        !created[0].to_string().contains("password of guard"),
        "{}",
        created[0]
    );
}

#[tokio::test]
async fn settings_change_over_the_configuration() {
    let hub = TestHub::start_with("[hub]\nname = \"Site\"\n").await;
    let admin = hub.admin().await;
    let before = admin.get("/settings").await.expect(200).json();
    assert_eq!(
        (&before["name"], &before["revision"]),
        (&json!("Site"), &json!(0))
    );
    let patch = json!({ "name": "North gate", "retention": { "captures_days": 7 } });
    let after = admin.patch("/settings", &patch).await.expect(200).json();
    assert_eq!(after["retention"]["captures_days"], 7);
    assert_eq!(hub.running.hub().settings().retention.captures_days, 7);
    admin
        .patch("/settings", &json!({ "time_zone": "Europe/Berlin" }))
        .await
        .expect(200);
    assert_eq!(hub.running.hub().time_zone().iana_name(), Some("Europe/Berlin"));
    assert_eq!(
        after["retention"]["records_days"],
        before["retention"]["records_days"]
    );
    for (patch, path) in [
        (json!({ "time_zone": "Mars/Olympus" }), "time_zone"),
        (json!({ "language": "tlh" }), "language"),
        (
            json!({ "retention": { "records_days": 0 } }),
            "retention.records_days",
        ),
        (json!({ "retention": { "days": 1 } }), "retention.days"),
        (json!({ "name": "" }), "name"),
    ] {
        let problem = admin.patch("/settings", &patch).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["path"], path, "{problem}");
    }
    let stale = admin
        .request(Method::PATCH, "/settings")
        .header("if-match", "\"0\"")
        .json(&json!({}));
    kit::send(stale).await.problem(412, "stale");
    let folder = hub.stop().await;
    let changed = "[hub]\nname = \"Other\"\n[retention]\ncaptures_days = 8\nrecords_days = 9\n";
    let again = TestHub::start_in(folder, changed).await;
    let shown = again.admin().await.get("/settings").await.json();
    assert_eq!(
        (&shown["name"], &shown["retention"]["captures_days"]),
        (&json!("North gate"), &json!(7))
    );
    assert_eq!(
        shown["retention"]["records_days"], 9,
        "what was never set is the configuration's"
    );
}

#[tokio::test]
async fn the_first_start_makes_an_admin_and_the_second_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = kit::config(folder.path(), "");
    config.admin.password = String::new();
    let running = hub::Hub::start(config.clone(), hub::Options::default())
        .await
        .unwrap();
    let password = running.first_password().unwrap().to_owned();
    let base = format!("http://{}", running.listeners().admin.clone().unwrap());
    kit::Client::new(&base).sign_in("admin", &password).await;
    running.stop().await;
    config.admin.password = "another password".to_owned();
    let running = hub::Hub::start(config, hub::Options::default()).await.unwrap();
    assert_eq!(running.first_password(), None);
    let base = format!("http://{}", running.listeners().admin.clone().unwrap());
    kit::Client::new(&base).sign_in("admin", &password).await;
    running.stop().await;
}

#[tokio::test]
async fn an_operator_of_the_machine_works_beside_a_running_hub() {
    let hub = TestHub::start().await;
    let config = kit::config(hub.directory.path(), "");
    let beside = hub::admin::Admin::open(&config).unwrap();
    use store::hub::accounts::Role;
    assert!(beside.add_user("guard", "short", Role::Viewer).await.is_err());
    beside
        .add_user("guard", "two painted gods", Role::Viewer)
        .await
        .unwrap();
    assert_eq!(beside.users().await.unwrap().len(), 2);
    hub.sign_in("guard", "two painted gods").await;
    beside.set_password("guard", "two other gods").await.unwrap();
    hub.sign_in("guard", "two other gods").await;
    let (_, token) = beside
        .create_token("cron", vec!["users:read".to_owned()], None)
        .await
        .unwrap();
    hub.nobody().with_token(&token).get("/users").await.expect(200);
    assert!(
        beside
            .create_token("cron", vec!["nothing".to_owned()], None)
            .await
            .is_err()
    );
    let lines = hub.admin().await.all("/audit?actor=cli").await;
    assert_eq!(lines.len(), 3);
    beside.close().await;
}

#[tokio::test]
async fn guessing_at_once_is_slowed() {
    let hub = TestHub::start().await;
    let mut guesses = tokio::task::JoinSet::new();
    for n in 0..40 {
        let nobody = hub.nobody();
        guesses.spawn(async move {
            let guess = json!({ "username": "admin", "password": format!("guess {n}") });
            nobody.post("/session", &guess).await
        });
    }
    // Those whose turn is too far off are told so at once; the others wait for theirs.
    let refused = async {
        loop {
            let answer = guesses.join_next().await.unwrap().unwrap();
            if answer.status != 401 {
                break answer;
            }
        }
    };
    let refused = tokio::time::timeout(std::time::Duration::from_secs(8), refused)
        .await
        .unwrap();
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    refused.problem(429, "too_many_attempts");
    // Another user from the same place is not in the same queue.
    hub.nobody()
        .post("/session", &json!({ "username": "x", "password": "y" }))
        .await
        .problem(401, "wrong_credentials");
}

#[tokio::test]
async fn a_user_of_a_zone_has_no_part_in_what_is_everyones() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let zone = admin
        .post("/zones", &json!({ "name": "North" }))
        .await
        .expect(201)
        .json();
    let bound = hub.user("north", "admin", zone["id"].as_str()).await;
    for path in ["/users", "/audit", "/settings", "/groups", "/zones", "/grants"] {
        bound.get(path).await.problem(404, "not_found");
    }
    // A bound admin does not count as the last one.
    let id = admin.get("/session").await.json()["user"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    admin
        .delete(&format!("/users/{id}"))
        .await
        .problem(409, "conflict");
    let unknown =
        json!({ "username": "x", "password": "two painted gods", "role": "viewer", "zone_id": "none" });
    let problem = admin.post("/users", &unknown).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["path"], "zone_id");
}
