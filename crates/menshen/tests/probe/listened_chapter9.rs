//! A device with planted faults that asks the probe, as in chapter 9.

use crate::kit::{free_port, use_ring};
use crate::probing::probe;
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

/// Asks until somebody answers; then once for each step, badly.
fn device(base: String) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        let client = reqwest::Client::new();
        // Without the mark that it is to ask with.
        let changes = loop {
            match client.get(format!("{base}/syrecord/faulty")).send().await {
                Ok(answer) => break answer.json::<Value>().await.unwrap(),
                Err(_) => tokio::task::yield_now().await,
            }
        };
        let change = &changes["serviceResponse"]["list"][0];
        assert_eq!(
            (&change["operation"], &change["userId"]),
            (&json!("save"), &json!("menshen-probe"))
        );
        let say = |name: &'static str, body: Value| {
            let request = client.post(format!("{base}/{name}/faulty")).json(&body);
            async move { request.send().await.unwrap().json::<Value>().await.unwrap() }
        };
        // Blanks, and a number where a text belongs; the photo was never fetched.
        let saved = json!({"resultList": {"userID": " menshen-probe", "status": 100, "msg": "ok"}});
        assert_eq!(say("syresult", saved).await["ret"], "0");
        // Without its wrapper.
        say("syheartbeat", json!({"deviceid": "faulty"})).await;
        // Somebody at the door: nobody is let in, and the record is left to come again.
        let face = json!({
            "userId": "7", "userName": "n", "deviceid": "faulty", "temperature": "36.5", "screenTime": 1_700_000_000,
            "similarity": 90, "img": "",
        });
        let verdict = say("syface", face).await;
        assert_ne!(verdict["ret"], "0");
        assert_ne!(verdict["openDoor"], 1);
        // It cannot delete.
        let kept = json!({"resultList": {"userID": "menshen-probe", "status": "101", "msg": "no"}});
        say("syresult", kept).await;
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_device_of_chapter_9_is_found_out_with_the_bytes() {
    use_ring();
    let address = format!("127.0.0.1:{}", free_port());
    let device = device(format!("http://{address}/openapi"));
    let probed = probe(&["openapi", &address, "--listen"]).await;
    device.await.unwrap();
    assert_eq!(probed.code, 1);
    for (name, quirk, part, bytes) in [
        ("syrecord", "O13", "lastQueryTime is missing", ""),
        (
            "syresult",
            "O9",
            "resultList.status 100 came",
            r#""userID":" menshen-probe""#,
        ),
        (
            "syheartbeat",
            "O7",
            "Heartinfo is missing",
            r#"{"deviceid":"faulty"}"#,
        ),
        ("syface", "O6", "deviceId is missing", r#""deviceid":"faulty""#),
    ] {
        let row = probed.row(name);
        assert_eq!(row["outcome"], "differs", "{row}");
        let detail = row["detail"].as_str().unwrap();
        assert!(
            detail.contains(part) && detail.contains(bytes),
            "{name}: {detail}"
        );
        assert_eq!(
            row["quirk"].as_str().unwrap_or_default(),
            quirk,
            "{name}: {detail}"
        );
    }
    assert_eq!(probed.row("syattribute")["outcome"], "skipped");
}
