//! A person's life at a door: granted by an unseen photo, no longer granted, blocked, deleted.

use crate::WIRE;
use crate::kit::{Pair, photos};
use serde_json::{Value, json};

fn result(answer: &Value) -> &str {
    answer["decision"]["result"].as_str().unwrap_or("no decision")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_is_granted_until_the_grant_goes_and_blocked_and_a_stranger_after_deletion() {
    let Some(photos) = photos() else { return };
    let pair = Pair::start(&["terminal.repeat_seconds=0"]).await;
    let (enrolled, unseen) = (&photos[0][0], &photos[0][1]);

    assert_eq!(result(&pair.kiosk.frame(unseen.clone()).await), "stranger");
    pair.person("one", &json!({})).await;
    pair.api.upload("/persons/one/photos", enrolled.clone()).await;
    pair.settled(1).await;
    let answer = pair.kiosk.frame(unseen.clone()).await;
    assert_eq!(
        (result(&answer), &answer["faces"][0]["person_id"]),
        ("granted", &json!("one"))
    );
    the_record_has_both_pictures(&pair, unseen).await;

    pair.api.delete(&format!("/grants/{}", pair.grant)).await;
    pair.settled(0).await;
    assert_eq!(result(&pair.kiosk.frame(unseen.clone()).await), "stranger");

    pair.api
        .patch("/persons/one", &json!({ "kind": "blocked" }))
        .await;
    if WIRE.knows_blocked {
        pair.settled(1).await;
        assert_eq!(result(&pair.kiosk.frame(unseen.clone()).await), "blocked");
    } else {
        pair.settled(0).await;
        assert_eq!(result(&pair.kiosk.frame(unseen.clone()).await), "stranger");
    }

    pair.api.delete("/persons/one").await;
    pair.settled(0).await;
    assert_eq!(result(&pair.kiosk.frame(unseen.clone()).await), "stranger");
}

async fn the_record_has_both_pictures(pair: &Pair, frame: &[u8]) {
    let before = usize::from(WIRE.tells_strangers);
    let records = pair.records_at_least(before + 1).await;
    let record = &records[before];
    assert_eq!(
        (&record["result"], &record["person_id"], &record["method"]),
        (&json!("granted"), &json!("one"), &json!("face"))
    );
    let capture = pair
        .api
        .bytes(record["photo_url"].as_str().expect("a capture"))
        .await;
    assert!(
        face::decode::media_type(&capture).is_some(),
        "the capture is a picture"
    );
    assert!(frame.len() > capture.len() / 10);
    let registered = pair
        .api
        .bytes(
            record["registered_photo_url"]
                .as_str()
                .expect("the registered photo"),
        )
        .await;
    assert!(
        face::decode::media_type(&registered).is_some(),
        "the registered photo is a picture"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_without_a_face_is_refused_with_the_reason() {
    if photos().is_none() {
        return;
    }
    let pair = Pair::start(&[]).await;
    pair.person("one", &json!({})).await;
    let mut blank = Vec::new();
    let picture =
        image::DynamicImage::ImageRgb8(image::RgbImage::from_pixel(320, 320, image::Rgb([90, 90, 90])));
    picture
        .write_to(&mut std::io::Cursor::new(&mut blank), image::ImageFormat::Png)
        .unwrap();
    for (bytes, code) in [(blank, "no_face"), (b"PK\x03\x04 a zip".to_vec(), "not_an_image")] {
        let answer = pair.api.post_bytes("/persons/one/photos", bytes).await;
        assert_eq!(answer.status(), 422);
        let problem: Value = answer.json().await.unwrap();
        assert!(problem.to_string().contains(code), "{problem}");
    }
}
