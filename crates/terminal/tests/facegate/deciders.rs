//! Who opens the door (3.2.3, terminal rules 16 and 29).

use crate::pushes::{door_with_one, subscription};
use crate::support::http::Receiver;
use crate::support::{Door, facegate_config, folder};
use crate::{CARD, Caller};
use serde_json::json;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Said {
    Yes,
    No,
    Late,
    Never,
}

async fn mode(caller: &Caller, way: i64) {
    caller
        .done("SetDoorCondition", json!({"OpendoorWay": way, "VerifyMode": 23}))
        .await;
}

async fn openings(door: &Door) -> i64 {
    door.state().await["door"]["openings"].as_i64().unwrap()
}

#[tokio::test]
async fn with_mode_3_the_answer_opens_the_door() {
    for (said, reason, opened) in [
        (Said::Yes, "granted", 1),
        (Said::No, "platform_denied", 0),
        (Said::Late, "platform_silent", 0),
        (Said::Never, "platform_silent", 0),
    ] {
        let (_folder, path) = folder();
        let mut config = facegate_config(&path);
        config.limits.decision_wait_ms = if said == Said::Yes || said == Said::No {
            20_000
        } else {
            300
        };
        let (door, caller) = door_with_one(config).await;
        let platform = Receiver::listen().await;
        caller
            .done("Subscribe", subscription(&platform, &["VerifyNoPic"], 1))
            .await;
        mode(&caller, 3).await;
        let mut events = door.events().await;
        let shown = door.present("rf_card", CARD).await;
        assert_eq!(shown["decision"]["result"], "pending", "{said:?}");
        let pass = async {
            let pass = events.pass().await;
            assert_eq!(pass["reason"], reason, "{said:?}");
            if said == Said::Yes {
                assert_eq!(pass["message"], "words");
            }
        };
        match said {
            Said::Late => {
                let mut push = platform.next().await;
                pass.await;
                push.answer(r#"{"code":200,"desc":"OK","openDoor":1}"#).await;
            }
            Said::Never => {
                let silent = platform.next().await;
                pass.await;
                drop(silent);
            }
            Said::Yes | Said::No => {
                let open = i64::from(said == Said::Yes);
                let answer = json!({"code": 200, "desc": "OK", "openDoor": open, "showInfo": "words"});
                platform.answered(&answer.to_string()).await;
                pass.await;
            }
        }
        assert_eq!(openings(&door).await, opened, "{said:?}");
    }
}

#[tokio::test]
async fn a_deciding_platform_is_told_22_and_opens_nothing_for_a_record_that_is_late() {
    let (_folder, path) = folder();
    let mut config = facegate_config(&path);
    config.limits.decision_wait_ms = 200;
    let (door, caller) = door_with_one(config).await;
    let platform = Receiver::listen().await;
    caller
        .done("Subscribe", subscription(&platform, &["VerifyNoPic"], 1))
        .await;
    mode(&caller, 3).await;
    let mut events = door.events().await;
    door.present("rf_card", CARD).await;
    let first = platform.next().await;
    assert_eq!(first.json()["info"]["VerifyStatus"], 22);
    assert_eq!(events.pass().await["reason"], "platform_silent");
    drop(first);
    let mut again = platform.next().await;
    assert_eq!(again.json()["info"]["VerifyStatus"], 2);
    again.answer(r#"{"code":200,"desc":"OK","openDoor":1}"#).await;
    assert_eq!(openings(&door).await, 0);
    // Nobody need open from afar in this mode, but whoever does is obeyed, once (3.2.3).
    caller.done("OpenDoor", json!({"status": 1})).await;
    let mut remote = platform.next().await;
    assert_eq!(remote.json()["info"]["VerfyType"], 27);
    remote.answer(r#"{"code":200,"desc":"OK","openDoor":1}"#).await;
    assert_eq!(openings(&door).await, 1);
}

#[tokio::test]
async fn with_modes_0_to_2_the_answer_opens_nothing_more() {
    for (way, passes, remotely, records) in [(0, 0, 0, vec![21]), (1, 1, 1, vec![]), (2, 1, 1, vec![21, 27])]
    {
        let (_folder, path) = folder();
        let (door, caller) = door_with_one(facegate_config(&path)).await;
        let platform = Receiver::listen().await;
        caller
            .done("Subscribe", subscription(&platform, &["VerifyNoPic", "Snap"], 1))
            .await;
        mode(&caller, way).await;
        let shown = door.present("rf_card", CARD).await;
        assert_eq!(shown["decision"]["result"], "granted", "mode {way}");
        if way != 1 {
            let mut push = platform.next().await;
            assert_eq!(push.json()["info"]["VerifyStatus"], 1);
            push.answer(r#"{"code":200,"desc":"OK","openDoor":0}"#).await;
        }
        assert_eq!(openings(&door).await, passes, "mode {way}");
        caller
            .done("OpenDoor", json!({"status": 0, "msg": "请通行"}))
            .await;
        assert_eq!(openings(&door).await, passes, "mode {way}: words alone");
        caller
            .done("OpenDoor", json!({"DeviceID": "1300001", "Chn": 0}))
            .await;
        assert_eq!(openings(&door).await, passes + remotely, "mode {way}");
        let all = json!({"BeginTime": "2018-01-01T00:00:00", "EndTime": "2090-01-01T00:00:00"});
        let told = caller.told("SearchControl", all).await;
        let kinds: Vec<i64> = told["SearchInfo"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["VerfyType"].as_i64().unwrap())
            .collect();
        assert_eq!(kinds, records, "mode {way}: with 1 no record is made");
    }
}

#[tokio::test]
async fn the_decider_outlives_a_restart_and_the_door_stays_shut_without_the_platform() {
    let (_folder, path) = folder();
    let config = facegate_config(&path);
    let (door, caller) = door_with_one(config.clone()).await;
    mode(&caller, 3).await;
    door.running.stop().await;
    let door = Door::start(config).await;
    let shown = door.present("rf_card", CARD).await;
    assert_eq!(shown["decision"]["reason"], "platform_silent");
    let caller = Caller::of(&door);
    assert_eq!(caller.told("GetDoorCondition", json!({})).await["OpendoorWay"], 3);
    assert_eq!(
        caller
            .refused("SetDoorCondition", json!({"OpendoorWay": 4}))
            .await,
        462
    );
}
