//! The clock, the door, restarts, programs and pictures (3.4, 3.5, 3.14, 3.15, 3.18, 3.20, 3.21).

use crate::support::http::Receiver;
use crate::support::{Door, empty_picture, folder, lan_config};
use crate::{Caller, base64, person};
use serde_json::json;

#[tokio::test]
async fn the_clock_is_set_in_any_spelling_and_kept() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    for ts in [
        json!(1_539_666_601),
        json!("1.539666601235E9"),
        json!(1_539_666_601_235_u64),
    ] {
        caller.done("setTime", json!({"ts": ts})).await;
        let told = caller.told("getTime", "").await["ts"].as_f64().unwrap();
        assert!((1_539_666_601.0..1_539_666_661.0).contains(&told), "{ts}: {told}");
    }
    door.running.stop().await;
    let door = Door::start(door.config).await;
    let told = Caller::of(&door).told("getTime", "").await["ts"]
        .as_f64()
        .unwrap();
    assert!((1_539_666_601.0..1_539_666_661.0).contains(&told), "{told}");
}

#[tokio::test]
async fn the_door_opens_from_afar_by_post_and_get() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    caller.done("open", json!({})).await;
    caller.told("open", "").await;
    let state = door.state().await;
    assert_eq!(
        (&state["door"]["openings"], &state["door"]["last"]["method"]),
        (&json!(2), &json!("remote"))
    );
}

#[tokio::test]
async fn a_reboot_is_answered_and_comes_back_on_the_same_address() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    caller.done("setPerson", person("1")).await;
    caller.done("reset", json!({})).await;
    let before = door.state().await["started_at"].clone();
    caller.done("reboot", json!({})).await;
    caller.told("getTime", "").await;
    door.state_where(|state| state["started_at"] != before).await;
    while caller.http.get(&caller.base).send().await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        caller.told("listPerson", "").await["person"][0]["id"],
        "1",
        "nothing is wiped"
    );
}

#[tokio::test]
async fn a_program_is_fetched_and_looked_at() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    let before = door.state().await["started_at"].clone();
    let (good, bad) = (Receiver::listen().await, Receiver::listen().await);
    let package = json!({"url": good.url("/app-1.1.104.apk")});
    let other = json!({"url": bad.url("/app.apk")});
    good.serve(
        "application/vnd.android.package-archive",
        b"PK\x03\x04 and so on".to_vec(),
    );
    bad.serve("text/html", b"<html>not found</html>".to_vec());
    let refused = caller.post("updateAPK", other).await;
    assert_eq!(refused["status"], 1, "{refused}");
    caller.done("updateAPK", package).await;
    assert_eq!(
        caller.told("getDeviceInfo", "").await["APKVersion"],
        "app-1.1.104.apk"
    );
    door.state_where(|state| state["started_at"] != before).await;
}

#[tokio::test]
async fn one_to_three_pictures_one_call_at_a_time() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    let picture = empty_picture();
    let frame = terminal::camera::Frame {
        bytes: picture.clone().into(),
        at: tokio::time::Instant::now(),
        has_face: None,
    };
    door.running.device().camera.show(frame);
    let mut events = door.events().await;
    let three = caller.done("photo", json!({"count": 3, "tipsBefore": "look here"}));
    let second = async {
        while events.next().await.1["message"] != "look here" {}
        caller.post("photo", json!({})).await
    };
    let (three, second) = tokio::join!(three, second);
    assert_eq!(
        three["photos"],
        json!([base64(&picture), base64(&picture), base64(&picture)])
    );
    assert_eq!(second["status"], 123);
    assert_eq!(
        caller.done("photo", json!({})).await["photos"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
