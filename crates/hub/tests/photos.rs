//! Photos of persons and the face engine over HTTP, with and without models.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod kit;

use kit::{Answer, Client, TestHub, send};
use reqwest::Method;
use serde_json::{Value, json};

/// A folder without models.
const NO_MODELS: &str = "[face]\nmodels = \"/nonexistent\"\n";

/// A PNG of 1 × 1 pixel.
const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\nIDATx\x9cc`\
\0\0\0\x02\0\x01H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82";

/// A sample photo of the face engine.
fn sample(name: &str) -> Vec<u8> {
    let path = face::samples::default_directory().join(name);
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; `cargo xtask test` installs the photos first",
            path.display()
        )
    })
}

async fn person(client: &Client, id: &str) {
    client
        .post("/persons", &json!({"id": id, "name": id}))
        .await
        .expect(201);
}

async fn add(client: &Client, id: &str, bytes: &[u8]) -> Answer {
    // The stated type is not believed.
    client
        .post_bytes(&format!("/persons/{id}/photos"), "text/plain", bytes.to_vec())
        .await
}

fn codes(problem: &Value) -> Vec<&str> {
    problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect()
}

async fn identify(client: &Client, bytes: &[u8]) -> Value {
    client
        .post_bytes("/faces/identify", "image/jpeg", bytes.to_vec())
        .await
        .expect(200)
        .json()
}

#[tokio::test]
async fn without_models_photos_are_kept_unlooked_at_and_it_says_so() {
    let hub = TestHub::start_with(&format!(
        "{NO_MODELS}[limits]\nphotos_per_person = 2\nphoto_kb = 64\n"
    ))
    .await;
    let admin = hub.admin().await;
    person(&admin, "a").await;
    let answer = add(&admin, "a", PIXEL).await.expect(201);
    let photo = answer.json();
    assert_eq!(answer.header("location"), photo["url"].as_str().unwrap());
    assert_eq!(
        (&photo["quality"], &photo["check"], &photo["reasons"]),
        (&json!(null), &json!("off"), &json!([]))
    );
    assert!(
        photo["note"].as_str().unwrap().contains("menshen models install"),
        "{photo}"
    );

    let path = photo["url"].as_str().unwrap().strip_prefix("/api/v1").unwrap();
    let bytes = admin.get(path).await.expect(200);
    assert_eq!(
        (bytes.header("content-type"), bytes.bytes.as_slice()),
        ("image/png", PIXEL)
    );
    let shown = admin.get("/persons/a").await.json();
    assert_eq!(
        shown["photos"],
        json!([{"id": photo["id"], "quality": null, "url": photo["url"]}])
    );
    assert_eq!(shown["revision"], 2, "a photo is a change of the person");
    let viewed = admin.all("/audit?action=person.photo_view").await;
    assert_eq!((viewed.len(), &viewed[0]["target"]["id"]), (1, &json!("a")));

    add(&admin, "a", PIXEL).await.expect(201);
    add(&admin, "a", PIXEL).await.problem(409, "conflict");
    assert_eq!(admin.all("/persons/a/photos").await.len(), 2);
    admin.delete(path).await.expect(204);
    admin.get(path).await.problem(404, "not_found");
    admin.delete(path).await.problem(404, "not_found");
    add(&admin, "b", PIXEL).await.problem(404, "not_found");

    let mut bomb = PIXEL.to_vec();
    bomb[16..24].copy_from_slice(&[0, 0, 0x30, 0, 0, 0, 0x30, 0]);
    for (bytes, code) in [
        (&b""[..], "not_an_image"),
        (b"PK\x03\x04 a zip", "not_an_image"),
        (&bomb, "too_large"),
    ] {
        let problem = add(&admin, "a", bytes).await.problem(422, "photo_rejected");
        assert_eq!(codes(&problem), [code]);
        assert_eq!(problem["errors"][0]["path"], "photo");
    }
    add(&admin, "a", &vec![0; 65 * 1024])
        .await
        .problem(413, "too_large");

    for path in ["/faces/detect", "/faces/identify"] {
        let problem = admin
            .post_bytes(path, "image/png", PIXEL.to_vec())
            .await
            .problem(503, "models_missing");
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("menshen models install"),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn a_strict_hub_refuses_photos_without_one_good_face() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    person(&admin, "a").await;
    let problem = add(&admin, "a", PIXEL).await.problem(422, "photo_rejected");
    assert_eq!(codes(&problem), ["no_face"]);
    assert!(admin.all("/persons/a/photos").await.is_empty());

    let good = add(&admin, "a", &sample("obama.jpg")).await.expect(201).json();
    assert!(good["quality"]["size"].as_f64().unwrap() > 50.0, "{good}");
    assert_eq!((&good["check"], &good["note"]), (&json!("strict"), &json!(null)));

    let lenient = TestHub::start_with("[faces]\ncheck = \"warn\"\n").await;
    let admin = lenient.admin().await;
    person(&admin, "a").await;
    let kept = add(&admin, "a", PIXEL).await.expect(201).json();
    assert_eq!(
        (&kept["check"], &kept["reasons"]),
        (&json!("warn"), &json!(["no_face"]))
    );
    let good = add(&admin, "a", &sample("obama.jpg")).await.expect(201).json();
    let photos = admin.all("/persons/a/photos").await;
    assert_eq!(photos[0]["id"], good["id"], "the better photo comes first");
    assert_eq!(photos[1]["reasons"], json!(["no_face"]));
    add(&admin, "a", b"PK\x03\x04")
        .await
        .problem(422, "photo_rejected");
}

#[tokio::test]
async fn faces_are_found_compared_and_identified() {
    let hub = TestHub::start().await;
    let admin = hub.admin().await;
    let (one, two, other) = (sample("obama.jpg"), sample("obama2.jpg"), sample("astronaut.png"));
    assert_eq!(
        identify(&admin, &one).await,
        json!({"matches": [], "verdict": "stranger"})
    );
    person(&admin, "one").await;
    person(&admin, "other").await;
    let photo = add(&admin, "one", &one).await.expect(201).json();
    add(&admin, "other", &other).await.expect(201);
    let known = identify(&admin, &two).await;
    assert_eq!(
        (&known["verdict"], &known["matches"][0]["person_id"]),
        (&json!("known"), &json!("one"))
    );
    assert_eq!(
        identify(&admin, &sample("biden.jpg")).await["verdict"],
        "stranger"
    );

    let found = admin
        .post_bytes("/faces/detect", "image/jpeg", one.clone())
        .await
        .expect(200)
        .json();
    let faces = found["faces"].as_array().unwrap();
    assert_eq!((faces.len(), &found["usable"]), (1, &json!(true)));
    assert_eq!(
        (
            faces[0]["box"].as_array().unwrap().len(),
            faces[0]["landmarks"].as_array().unwrap().len()
        ),
        (4, 5)
    );
    let nothing = admin
        .post_bytes("/faces/detect", "image/png", PIXEL.to_vec())
        .await
        .expect(200)
        .json();
    assert_eq!(nothing["reasons"], json!(["no_face"]));
    let refused = admin
        .post_bytes("/faces/identify", "image/png", PIXEL.to_vec())
        .await;
    assert_eq!(codes(&refused.problem(422, "photo_rejected")), ["no_face"]);

    let pair = |a: &[u8], b: &[u8]| form(&[("a", a), ("b", b)]);
    for (b, verdict) in [(&two, "same"), (&other, "different")] {
        let answer = compare(&admin, pair(&one, b)).await.expect(200).json();
        assert_eq!(answer["verdict"], verdict, "{answer}");
    }
    let half = compare(&admin, form(&[("a", &one)]))
        .await
        .problem(422, "invalid");
    assert_eq!(half["errors"][0]["path"], "b");
    let blind = compare(&admin, pair(&one, PIXEL))
        .await
        .problem(422, "photo_rejected");
    assert_eq!(blind["errors"][0]["path"], "b");

    let path = photo["url"].as_str().unwrap().strip_prefix("/api/v1").unwrap();
    admin.delete(path).await.expect(204);
    assert_eq!(
        identify(&admin, &two).await["verdict"],
        "stranger",
        "the face goes with the photo"
    );
    admin.delete("/persons/other").await.expect(204);
    assert_eq!(
        identify(&admin, &other).await["matches"],
        json!([]),
        "and with the person"
    );
}

#[tokio::test]
async fn faces_are_known_after_a_restart_and_once_models_are_there() {
    let hub = TestHub::start_with(NO_MODELS).await;
    let admin = hub.admin().await;
    person(&admin, "one").await;
    add(&admin, "one", &sample("obama.jpg")).await.expect(201);
    let hub = TestHub::start_in(hub.stop().await, "").await;
    let admin = hub.admin().await;
    // In the background, as soon as the hub runs; the place before which nothing was told yet is 0.
    let mut events = admin.events(Some(0)).await;
    while events.next_named("person.updated").await.data["photos"][0]["quality"].is_null() {}
    assert_eq!(identify(&admin, &sample("obama2.jpg")).await["verdict"], "known");

    let off = "[faces]\ncheck = \"off\"\n";
    let hub = TestHub::start_in(hub.stop().await, off).await;
    let admin = hub.admin().await;
    assert_eq!(
        identify(&admin, &sample("obama3.jpg")).await["matches"][0]["person_id"],
        "one"
    );
    let unseen = add(&admin, "one", &sample("obama3.jpg")).await.expect(201).json();
    assert_eq!(
        (&unseen["check"], &unseen["quality"]),
        (&json!("off"), &json!(null))
    );
}

const BOUNDARY: &str = "a-boundary-of-these-tests";

fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

async fn compare(client: &Client, body: Vec<u8>) -> Answer {
    let request = client
        .request(Method::POST, "/faces/compare")
        .header(
            "content-type",
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(body);
    send(request).await
}
