//! `SetFactoryDefault` (3.8): each flag clears its part, and nothing else.

use crate::pushes::{every_frame, subscription};
use crate::settings::changes;
use crate::support::http::Receiver;
use crate::support::{Door, folder, sample};
use crate::{CARD, Caller, person};
use dialects::facegate::SettingsGroup;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Each flag and what it clears: fields by group, people and both kinds of records. `log`: there is none.
const PARTS: [(&str, &[&str]); 13] = [
    (
        "DefaltDoorSet",
        // The thresholds are those of 3.23, too.
        &[
            "DoorCondition.",
            "GeneralParam.FaceThreshold",
            "GeneralParam.IDCardThreshold",
        ],
    ),
    ("DefaltSoundSet", &["Sound."]),
    // The addresses are those of 3.23, too.
    ("DefaltNetPar", &["NetParam.", "GeneralParam.Submask"]),
    ("DefaltCenterPar", &["Center."]),
    ("DefaltCapture", &["captures", "control records"]),
    ("DefaltLog", &["log"]),
    ("DefaltPerson", &["people", "control records"]),
    ("DefaltRecord", &["control records"]),
    (
        "DefaltMaintainTime",
        &["GeneralParam.AutoRebootDay", "GeneralParam.AutoRebootHour"],
    ),
    ("DefaltSystemSettings", &["SysCfg."]),
    ("DefaltEnterIPC", &["EnterIPC."]),
    ("DefaltServerBasicPara", &["ServerBasicPara."]),
    ("DefaltWorktype", &["Worktype."]),
];

type All = BTreeMap<String, Value>;

/// Everything that the terminal tells of itself, but for the time.
async fn all(caller: &Caller) -> All {
    let mut all = All::new();
    for group in SettingsGroup::ALL {
        if *group != SettingsGroup::SysTime {
            let told = caller.told(group.getter(), json!({})).await;
            for (key, value) in told.as_object().unwrap() {
                all.insert(format!("{}.{key}", group.name()), value.clone());
            }
        }
    }
    let ever = json!({"BeginTime": "2018-01-01T00:00:00", "EndTime": "2090-01-01T00:00:00"});
    let people = caller.told("SearchPersonNum", json!({})).await;
    let control = caller.told("SearchControlNum", ever.clone()).await;
    let captures = caller.told("SearchCaptureNum", ever).await;
    all.insert("people".to_owned(), people["PersonNum"].clone());
    all.insert("control records".to_owned(), control["ControlNum"].clone());
    all.insert("captures".to_owned(), captures["CaptureNum"].clone());
    all.insert(
        "subscription".to_owned(),
        caller.told("GetSubscribe", json!({})).await,
    );
    all
}

/// A value of each group that is none of the factory's.
fn set(group: SettingsGroup) -> Value {
    match group {
        SettingsGroup::DoorCondition => {
            json!({"FaceThreshold": 85, "IDCardThreshold": 60, "IOStayTime": 200, "OpendoorWay": 0, "VerifyResetTime": 9})
        }
        SettingsGroup::NetParam | SettingsGroup::SysTime | SettingsGroup::Rtsp => json!({}),
        _ => changes(group).0,
    }
}

/// Somebody, three passes, one of them nobody's, and a stranger, where they are not there; then settings.
async fn furnish(door: &Door, caller: &Caller, now: &All) {
    if now["people"] == 0 {
        let body = person("u-1", &sample("obama.jpg")).to_string();
        assert_eq!(caller.raw("AddPerson", &body).await["code"], 200);
    }
    if now["control records"] == 0 {
        for card in [CARD, CARD, "0F0F0F"] {
            door.present("rf_card", card).await;
        }
    }
    if now["captures"] == 0 {
        door.frame(sample("biden.jpg")).await;
    }
    for group in SettingsGroup::ALL {
        let changed = set(*group);
        if !changed.as_object().unwrap().is_empty() {
            caller.done(group.setter(), changed).await;
        }
    }
    if now["NetParam.Submask"] != "255.255.0.0" {
        let before = door.state().await["started_at"].clone();
        let body = json!({"operator": "SetNetParam", "info": {"Submask": "255.255.0.0"}});
        let answered = caller.request("SetNetParam", body.to_string()).send().await;
        assert!(answered.is_err(), "it is not answered (QUIRKS A38)");
        door.state_where(|state| state["started_at"] != before).await;
        while caller.request("GetSysParam", String::new()).send().await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn each_flag_clears_its_part_and_nothing_else() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(every_frame(&path)).await;
    let caller = Caller::of(&door);
    let platform = Receiver::listen().await;
    caller
        .done("Subscribe", subscription(&platform, &["IDCard"], 1))
        .await;
    caller
        .done("AddAccessPwd", json!({"AccessPwd": ["246810"]}))
        .await;
    let factory = all(&caller).await;
    for (flag, parts) in PARTS {
        let is_part = |key: &str| parts.iter().any(|part| key.starts_with(part));
        furnish(&door, &caller, &all(&caller).await).await;
        let before = all(&caller).await;
        let started = door.state().await["started_at"].clone();
        caller.done("SetFactoryDefault", json!({ flag: 1 })).await;
        let after = all(&caller).await;
        assert!(after.keys().eq(before.keys()));
        for (key, value) in &after {
            let expected = if is_part(key) { &factory[key] } else { &before[key] };
            assert_eq!(value, expected, "{flag}: {key}");
        }
        if flag != "DefaltLog" {
            let set = |part: &&str| {
                before
                    .keys()
                    .any(|key| key.starts_with(part) && before[key] != factory[key])
            };
            assert!(parts.iter().all(set), "{flag}: there was something to clear");
        }
        // The document tells of no restart.
        assert_eq!(door.state().await["started_at"], started, "{flag}");
    }
    // Flags that say no clear nothing; the door is as it was.
    let before = all(&caller).await;
    let no: serde_json::Map<String, Value> = PARTS
        .iter()
        .map(|(flag, _)| ((*flag).to_owned(), json!(0)))
        .collect();
    caller.done("SetFactoryDefault", Value::Object(no)).await;
    assert_eq!(all(&caller).await, before);
    caller
        .done("SetFactoryDefault", json!({"DefaltDoorSet": 1}))
        .await;
    assert_eq!(
        door.present("pin", "246810").await["decision"]["result"],
        "granted"
    );
}
