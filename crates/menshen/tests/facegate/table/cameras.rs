//! A server with several cameras (3.15 to 3.17), and the rights that somebody has at each.

use super::settings::{first, set};
use super::{Row, World, by_hand, play, rows};
use serde_json::{Value, json};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = rows! {
    "GetEnterIPC" => first("EnterIPC", json!({"TotalNum": 0, "IPC_Info": []})),
    "GetServerBasicPara" => first("ServerBasicPara", json!({"Channelselection": 0, "InformationRelease": ""})),
    "GetWorktype" => first("Worktype", json!({"TotalNum": 0, "WorkTypeInfo": []})),
    "SetEnterIPC" => cameras_set,
    "SetServerBasicPara" => set("ServerBasicPara", json!({
        "InformationRelease": "欢迎光临", "Channelselection": 4, "DisplaySnapVerify": 1,
    }), ("Channelselection", json!(3))),
    "SetWorktype" => kinds_set,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_operator_of_a_server() {
    play(ROWS).await;
}

async fn cameras_set(world: &mut World) {
    let camera = |channel: i64| {
        json!({"IPC_Channel": channel, "IPC_Enable": 1, "IPC_URL": "192.168.1.1", "IPC_Port": 5000 + channel,
        "IPC_Username": "admin", "IPC_Password": "secret", "IPC_Name": format!("camera {channel}")})
    };
    let changes = json!({"TotalNum": 2, "IPC_Info": [camera(0), camera(3)]});
    set(world, "EnterIPC", changes, ("TotalNum", json!(10))).await;
}

/// Somebody of a kind, with rights at single channels, is told as they were given.
async fn kinds_set(world: &mut World) {
    let kind = |index: i64, name: &str| json!({"WorkTypeIndex": index, "WorktypeEnable": 1, "Worktype": name, "Num": 0});
    let changes = json!({"TotalNum": 2, "WorkTypeInfo": [kind(0, "经理"), kind(1, "访客")]});
    set(
        world,
        "Worktype",
        changes,
        ("WorkTypeInfo", json!([kind(10, "x")])),
    )
    .await;
    let mut person = by_hand("manager", 71, &world.photos[1][0]);
    for (key, value) in [
        ("PersonType", 2),
        ("ChannelAuthority0", 1),
        ("ChannelAuthority3", 0),
    ] {
        person[key] = json!(value);
    }
    world.done("AddPerson", person).await;
    let told = world
        .told("SearchPerson", json!({"SearchType": 1, "SearchID": "manager"}))
        .await;
    assert_eq!(
        (
            &told["PersonType"],
            &told["ChannelAuthority0"],
            &told["ChannelAuthority3"]
        ),
        (&json!(2), &json!(1), &json!(0)),
        "{told}"
    );
    // What is told again as a whole is taken as a whole.
    let edit: Value = json!({"IdType": 2, "PersonUUID": "manager", "ChannelAuthority3": 1});
    world.done("EditPerson", edit).await;
    let told = world
        .told("SearchPerson", json!({"SearchType": 1, "SearchID": "manager"}))
        .await;
    assert_eq!(
        (&told["ChannelAuthority0"], &told["ChannelAuthority3"]),
        (&json!(1), &json!(1))
    );
}
