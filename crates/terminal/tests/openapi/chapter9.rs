//! Chapter 9: the terminal asks and reports (terminal rule 33).

use crate::base64;
use crate::support::http::{Received, Receiver};
use crate::support::{Door, PATIENCE, card_holder, face_holder, folder, openapi_config, sample};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A platform written from chapter 9: `syrecord` is answered from what is planned, the rest is handed to the test.
struct Platform {
    base: String,
    changes: Arc<Mutex<VecDeque<Value>>>,
    polls: UnboundedReceiver<Received>,
    beats: UnboundedReceiver<Received>,
    reports: UnboundedReceiver<Received>,
    results: UnboundedReceiver<Received>,
}

const DONE: &str = r#"{"ret":"0","desc":"Success"}"#;

impl Platform {
    async fn listen() -> Self {
        let receiver = Receiver::listen().await;
        let base = receiver.url("/openapi");
        let changes: Arc<Mutex<VecDeque<Value>>> = Arc::default();
        let (planned, (poll, polls), (beat, beats)) =
            (Arc::clone(&changes), unbounded_channel(), unbounded_channel());
        let ((report, reports), (result, results)) = (unbounded_channel(), unbounded_channel());
        tokio::spawn(async move {
            loop {
                let mut request = receiver.next_ever().await;
                let path = request.target.split('?').next().unwrap().to_owned();
                let name = path
                    .strip_prefix("/openapi/")
                    .and_then(|path| path.strip_suffix("/MS-TEST-1"));
                // Whoever does not look does not care.
                match name {
                    Some("syrecord") => {
                        let change = planned.lock().unwrap().pop_front();
                        let nothing = || json!({"list": [], "lastQueryTime": request.target.split_once("lastQueryTime=").unwrap().1});
                        let answer = json!({"serviceResponse": change.unwrap_or_else(nothing)});
                        request.answer(&answer.to_string()).await;
                        let _ = poll.send(request);
                    }
                    Some("syheartbeat") => {
                        request.answer(DONE).await;
                        let _ = beat.send(request);
                    }
                    Some("syface" | "syattribute") => drop(report.send(request)),
                    Some("syresult") => drop(result.send(request)),
                    _ => panic!("{path}"),
                }
            }
        });
        Self {
            base,
            changes,
            polls,
            beats,
            reports,
            results,
        }
    }

    fn plan(&self, list: Value, mark: i64) {
        self.changes
            .lock()
            .unwrap()
            .push_back(json!({"list": list, "lastQueryTime": mark}));
    }

    /// The next result, taken.
    async fn result(&mut self) -> (String, String) {
        let mut request = next(&mut self.results).await;
        request.answer(DONE).await;
        outcome(&request)
    }
}

fn outcome(request: &Received) -> (String, String) {
    let body = request.json();
    let text = |name: &str| body["resultList"][name].as_str().unwrap().to_owned();
    (text("userID"), text("status"))
}

async fn next(from: &mut UnboundedReceiver<Received>) -> Received {
    tokio::time::timeout(PATIENCE, from.recv())
        .await
        .expect("in time")
        .unwrap()
}

fn is_online(state: &Value) -> bool {
    state["connections"]["openapi"]["online"] == true
}

#[tokio::test]
async fn people_are_saved_and_deleted_and_each_change_has_its_result() {
    let (_folder, path) = folder();
    let mut platform = Platform::listen().await;
    let photos = Receiver::listen().await;
    let (photo, page) = (photos.url("/1.jpg"), Receiver::listen().await);
    let no_photo = page.url("/2.jpg");
    photos.serve("application/octet-stream", sample("obama.jpg"));
    page.serve("image/jpeg", b"<html>".to_vec());
    let save = |id: &str, url: &str| {
        json!({"operation": " save", "userType": "user", "userId": id, "userName": "张三", "sex": 1,
        "userRemark": "r", "imageUrl": url, "operateTime ": 1_604_475_200_000_u64})
    };
    platform.plan(
        json!([save("7", &photo), save("8", &no_photo)]),
        1_604_475_200_123,
    );
    platform.plan(
        json!([{"operation": "delete ", "userId": "nobody", "userName": "", "userImageUrl": ""}]),
        1_604_475_200_124,
    );
    let door = Door::start_with_faces(openapi_config(&path, &platform.base)).await;
    let first = next(&mut platform.polls).await;
    assert_eq!(
        (first.method.as_str(), first.target.as_str()),
        ("GET", "/openapi/syrecord/MS-TEST-1?lastQueryTime=0")
    );
    // A result that is not taken comes again.
    let mut refused = next(&mut platform.results).await;
    assert_eq!(outcome(&refused), ("7".to_owned(), "100".to_owned()));
    refused.answer(r#"{"ret":"1","desc":"busy"}"#).await;
    assert_eq!(platform.result().await, ("7".to_owned(), "100".to_owned()));
    assert_eq!(platform.result().await, ("8".to_owned(), "101".to_owned()));
    assert_eq!(
        next(&mut platform.polls).await.target.split_once('=').unwrap().1,
        "1604475200123"
    );
    assert_eq!(platform.result().await, ("nobody".to_owned(), "100".to_owned()));
    let held = door.running.device().people.find("7").unwrap();
    assert_eq!(held.person.name, "张三");
    assert!(door.running.device().people.find("8").is_none());
    // The mark outlives a restart.
    next(&mut platform.polls).await;
    door.running.stop().await;
    while platform.polls.try_recv().is_ok() {}
    platform.plan(json!([{"operation": "delete", "userId": "7"}]), 1_604_475_200_125);
    let door = Door::start(door.config).await;
    assert_eq!(
        next(&mut platform.polls).await.target.split_once('=').unwrap().1,
        "1604475200124"
    );
    assert_eq!(platform.result().await, ("7".to_owned(), "100".to_owned()));
    assert!(door.running.device().people.is_empty());
}

#[tokio::test]
async fn the_platform_decides_on_faces_and_cards_open_at_once() {
    let (_folder, path) = folder();
    let mut platform = Platform::listen().await;
    let mut config = openapi_config(&path, &platform.base);
    config.terminal.repeat_seconds = Some(0);
    let door = Door::start_with_faces(config).await;
    door.put(face_holder("20001", "obama.jpg")).await;
    let beat = next(&mut platform.beats).await.json();
    assert_eq!(beat["Heartinfo"]["deviceid"], "MS-TEST-1");
    door.state_where(is_online).await;
    let photo = sample("obama2.jpg");
    let mut events = door.events().await;
    for (answer, result) in [
        (
            json!({"ret": "0", "desc": "Success", "openDoor": 1, "unlockDelay": 5000}),
            "granted",
        ),
        (json!({"ret": 0, "openDoor": 0, "unlockDelay": 20}), "denied"),
        (json!({"ret": "0"}), "denied"),
    ] {
        assert_eq!(door.frame(photo.clone()).await["decision"]["result"], "pending");
        let mut asked = next(&mut platform.reports).await;
        assert_eq!(asked.target, "/openapi/syface/MS-TEST-1");
        let body = asked.json();
        assert_eq!(
            (&body["userId"], &body["userName"]),
            (&json!("20001"), &json!("Name of 20001"))
        );
        assert_eq!(
            (&body["deviceId"], &body["img"]),
            (&json!("MS-TEST-1"), &json!(base64(&photo)))
        );
        assert!(body["similarity"].as_i64().unwrap() >= 80);
        asked.answer(&answer.to_string()).await;
        assert_eq!(events.pass().await["result"], result, "{answer}");
    }
    // Cards open at once, and are told afterwards.
    let card = door.card("card of 20001").await;
    assert_eq!(card["decision"]["result"], "granted");
    let mut told = next(&mut platform.reports).await;
    assert_eq!(told.json()["userId"], "20001");
    told.answer(DONE).await;
    // A stranger is what the sensors saw, in the wrapper.
    assert_eq!(
        door.frame(sample("biden.jpg")).await["decision"]["result"],
        "stranger"
    );
    let mut measured = next(&mut platform.reports).await;
    assert_eq!(measured.target, "/openapi/syattribute/MS-TEST-1");
    assert_eq!(measured.json()["Info"]["deviceid"], "MS-TEST-1");
    measured.answer(DONE).await;
}

#[tokio::test]
async fn silence_leaves_it_to_the_terminal_and_reports_come_again_in_order() {
    let (_folder, path) = folder();
    let mut platform = Platform::listen().await;
    let mut config = openapi_config(&path, &platform.base);
    config.terminal.repeat_seconds = Some(0);
    config.limits.decision_wait_ms = 500;
    let door = Door::start_with_faces(config).await;
    door.put(face_holder("1", "obama.jpg")).await;
    door.put(card_holder("2", "8899")).await;
    door.state_where(is_online).await;
    let mut events = door.events().await;
    door.frame(sample("obama2.jpg")).await;
    let silent = next(&mut platform.reports).await;
    assert_eq!(events.pass().await["result"], "granted", "the terminal decides");
    door.card("8899").await;
    drop(silent);
    // Not taken: it comes again, and nothing newer before it.
    let mut refused = next(&mut platform.reports).await;
    assert_eq!(refused.json()["userId"], "1");
    refused.answer(r#"{"ret":"500","desc":"later"}"#).await;
    door.running.stop().await;
    let _door = Door::start(door.config).await;
    for id in ["1", "2"] {
        let mut again = next(&mut platform.reports).await;
        assert_eq!(again.json()["userId"], id);
        again.answer(DONE).await;
    }
}
