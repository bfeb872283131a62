//! Every route of the API's document, tried by everyone: nobody, a viewer, an operator, an admin, and an operator who
//! is bound to a zone. What comes back is compared with the committed table `route_roles.txt`
//! (`UPDATE_SNAPSHOTS=1` writes it anew), and some rules hold whatever the table says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod kit;

use kit::{Client, TestHub};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/route_roles.txt");
const WHO: [&str; 5] = ["nobody", "viewer", "operator", "admin", "zoned"];
/// What nobody has to sign in for (hub rule 9).
const OPEN: [&str; 3] = ["GET /healthz", "GET /readyz", "POST /api/v1/session"];
/// What is asked by `POST` because it carries a picture, and changes nothing.
const READS_BY_POST: [&str; 2] = ["POST /api/v1/faces/", "POST /api/v1/records/search"];
/// What a viewer may change: the own sign-in.
const VIEWERS_OWN: [&str; 2] = ["POST /api/v1/session", "DELETE /api/v1/session"];

/// One route and what it answered to each of [`WHO`].
struct Row {
    route: String,
    answers: Vec<&'static str>,
}

async fn routes(hub: &TestHub) -> Vec<(Method, String)> {
    let document = hub.nobody().get("//api/openapi.json").await.expect(200).json();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "patch", "delete"] {
            if item.get(method).is_some() {
                routes.push((method.to_uppercase().parse().unwrap(), path.clone()));
            }
        }
    }
    routes
}

/// Tries a route with ids that do not exist: whoever passes the permission meets 404, 422 and the like.
async fn try_route(client: &Client, method: &Method, path: &str) -> &'static str {
    let concrete: String = path
        .split('/')
        .map(|part| if part.starts_with('{') { "no-such-id" } else { part })
        .collect::<Vec<_>>()
        .join("/");
    let mut request = client.request(method.clone(), &format!("/{concrete}"));
    if !matches!(*method, Method::GET | Method::DELETE) {
        request = request.json(&json!({}));
    }
    let response = request.send().await.unwrap();
    match response.status().as_u16() {
        401 => "401",
        403 => "403",
        404 => "404",
        // Without face models the engine's routes are 503, with them they look at the picture.
        503 if path.contains("/faces/") => "ok",
        status if status >= 500 => panic!("{method} {path}: {status}"),
        _ => "ok",
    }
}

/// Everyone of [`WHO`], each signed in twice: signing out must not end the other turns.
async fn callers(hub: &TestHub) -> Vec<(Client, Client)> {
    let zone = hub
        .admin()
        .await
        .post("/zones", &json!({ "name": "North" }))
        .await
        .expect(201)
        .json();
    let zone = zone["id"].as_str().unwrap();
    let mut callers = vec![(hub.nobody(), hub.nobody())];
    for (name, role, zone) in [
        ("viewer", "viewer", None),
        ("operator", "operator", None),
        ("second", "admin", None),
        ("zoned", "operator", Some(zone)),
    ] {
        let client = hub.user(name, role, zone).await;
        callers.push((client, hub.sign_in(name, &format!("password of {name}")).await));
    }
    callers
}

async fn walk(hub: &TestHub) -> Vec<Row> {
    let callers = callers(hub).await;
    let mut rows = Vec::new();
    for (method, path) in routes(hub).await {
        let route = format!("{method} {path}");
        let mut answers = Vec::new();
        for (client, to_sign_out) in &callers {
            let client = if route == "DELETE /api/v1/session" {
                to_sign_out
            } else {
                client
            };
            answers.push(try_route(client, &method, &path).await);
        }
        rows.push(Row { route, answers });
    }
    rows.sort_by(|a, b| a.route.cmp(&b.route));
    rows
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "# What each route answers to whom; ok is neither 401, 403 nor 404 (404: the id does not exist, or is not for\n\
         # a user of another zone to know). UPDATE_SNAPSHOTS=1 cargo nextest run -p hub --test routes writes it.\n",
    );
    writeln!(
        text,
        "{:<55}{}",
        "# route",
        WHO.map(|who| format!("{who:<10}")).concat()
    )
    .unwrap();
    for row in rows {
        let answers: String = row.answers.iter().map(|answer| format!("{answer:<10}")).collect();
        writeln!(text, "{:<55}{}", row.route, answers.trim_end()).unwrap();
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

#[tokio::test]
async fn every_route_answers_everyone_as_the_table_says() {
    let hub = TestHub::start().await;
    let rows = walk(&hub).await;
    let found = table(&rows);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(TABLE, &found).unwrap();
    }
    let expected = std::fs::read_to_string(TABLE).unwrap_or_default();
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "{found}");
}

#[tokio::test]
async fn rules_that_hold_for_every_route() {
    let hub = TestHub::start().await;
    let rows = walk(&hub).await;
    assert!(rows.len() > 20, "{}", rows.len());
    for Row { route, answers } in &rows {
        let [nobody, viewer, operator, admin, _zoned] = answers[..] else {
            panic!("{route}")
        };
        let open = OPEN.contains(&route.as_str());
        assert_eq!(nobody == "401", !open, "{route}: nobody gets {nobody}");
        let reads = route.starts_with("GET ") || READS_BY_POST.iter().any(|path| route.starts_with(path));
        if !reads && !VIEWERS_OWN.contains(&route.as_str()) {
            assert_eq!(viewer, "403", "{route}: a viewer changes nothing");
        }
        if ["/api/v1/users", "/api/v1/audit", "/api/v1/settings"]
            .iter()
            .any(|path| route.contains(path))
        {
            assert_eq!((viewer, operator), ("403", "403"), "{route}: is for admins");
        }
        assert_ne!(admin, "403", "{route}: an admin may do everything");
    }
}

#[tokio::test]
async fn a_token_needs_the_scope_of_each_route() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let made = admin
        .post("/tokens", &json!({ "name": "stats", "scopes": ["stats:read"] }))
        .await
        .expect(201);
    let token = hub.nobody().with_token(made.json()["token"].as_str().unwrap());
    for (method, path) in routes(&hub).await {
        let route = format!("{method} {path}");
        if OPEN.contains(&route.as_str()) || route.ends_with("/session") || path.starts_with("/api/v1/stats")
        {
            continue;
        }
        assert_eq!(try_route(&token, &method, &path).await, "403", "{route}");
    }
}

/// The document is committed: a change of the API shows in review.
#[tokio::test]
async fn the_document_is_the_committed_one() {
    const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let document: Value = serde_json::from_str(&hub::api::openapi().to_json().unwrap()).unwrap();
    assert!(
        document["openapi"].as_str().unwrap().starts_with("3.1"),
        "{}",
        document["openapi"]
    );
    let found = serde_json::to_string_pretty(&document).unwrap() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(SNAPSHOT, &found).unwrap();
    }
    let expected = std::fs::read_to_string(SNAPSHOT).unwrap_or_default();
    for (number, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(
            found,
            expected,
            "line {}; UPDATE_SNAPSHOTS=1 writes it anew",
            number + 1
        );
    }
    assert_eq!(found.len(), expected.len());
}
