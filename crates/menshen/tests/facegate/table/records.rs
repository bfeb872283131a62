//! Records that are asked for (3.22, 3.26) or pushed again (3.32).

use super::{BAD_PARAMETER, Row, World, bytes_of, play, rows};
use crate::kit::until;
use serde_json::{Value, json};

/// Before and after everything.
const EVER: (&str, &str) = ("2020-01-01T00:00:00", "2099-12-31T23:59:59");

pub(super) const ROWS: &[Row] = rows! {
    "SearchControlNum" => passes_counted,
    "SearchControl" => passes_listed,
    "SearchCaptureNum" => strangers_counted,
    "SearchCapture" => strangers_listed,
    "ManualPushRecords" => passes_pushed_again,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_operator_on_records() {
    play(ROWS).await;
}

/// All of some kind.
fn ever(mut more: Value) -> Value {
    (more["BeginTime"], more["EndTime"]) = (json!(EVER.0), json!(EVER.1));
    more
}

/// One person by face and by card, and one opening by the hub.
async fn passes_counted(world: &mut World) {
    let more = json!({"gender": "female", "birthday": "1990-12-14", "credentials": [{"kind": "wiegand", "number": "8899"}]});
    let photo = world.photos[0][0].clone();
    world.enrolled("one", &more, &photo).await;
    world.pair.look(&world.photos[0][1]).await;
    world.presented("wiegand", "8899").await;
    world.presented("wiegand", "1234").await;
    world.pair.done(&json!({"kind": "open_door"})).await;
    world.pair.drained().await;
    let count = async |filter: Value| {
        let told = world.told("SearchControlNum", ever(filter)).await;
        told["ControlNum"].as_u64().unwrap()
    };
    assert_eq!(count(json!({})).await, 4);
    assert_eq!(count(json!({"OpenDoor": 1})).await, 3);
    assert_eq!(count(json!({"OpenDoor": 2})).await, 1);
    assert_eq!(count(json!({"Gender": 1})).await, 2);
    assert_eq!(count(json!({"MjCardNo": 8899})).await, 2);
    assert_eq!(count(json!({"Name": "of one"})).await, 2);
    assert_eq!(count(json!({"Name": "远程开门"})).await, 1);
    assert_eq!(count(json!({"Channel": 3})).await, 0);
    let by_person = json!({"SearchType": 1, "IdType": 2, "PersonUUID": "one"});
    assert_eq!(count(by_person).await, 2);
    let past = json!({"BeginTime": "2018-01-01T00:00:00", "EndTime": "2019-01-01T00:00:00"});
    assert_eq!(world.told("SearchControlNum", past).await["ControlNum"], 0);
    let wrong = ever(json!({"OpenDoor": 3}));
    world
        .refused("SearchControlNum", wrong, (BAD_PARAMETER, "OpenDoor"))
        .await;
}

/// The same that were pushed, with their pictures, page by page.
async fn passes_listed(world: &mut World) {
    let page = ever(json!({"BeginNO": 0, "RequestCount": 3, "Picture": 3, "Ascending": 0}));
    let told = world.told("SearchControl", page).await;
    let listed = told["SearchInfo"].as_array().unwrap();
    assert_eq!((&told["TotalNum"], listed.len()), (&json!(3), 3));
    let first = &listed[0];
    assert_eq!(
        (&first["Name"], &first["VerfyType"], &first["VerifyStatus"]),
        (&json!("Name of one"), &json!(1), &json!(1))
    );
    assert_eq!(bytes_of(&first["SnapPicinfo"]), world.photos[0][1]);
    assert!(!bytes_of(&first["RegPicinfo"]).is_empty());
    let pushed = world.pair.records().await;
    let times = pushed.iter().map(|record| &record["device_time"]);
    assert!(
        times.into_iter().any(|time| *time == first["Time"]),
        "{first}: {pushed:?}"
    );
    let opened = ever(json!({"Name": "远程开门"}));
    let told = world.told("SearchControl", opened).await;
    assert_eq!(told["SearchInfo"][0]["RemoteOpenDoor"], 1, "{told}");
    let oldest = ever(json!({"BeginNO": 3, "RequestCount": 1, "Ascending": 1, "Picture": 0}));
    let told = world.told("SearchControl", oldest).await;
    let oldest = &told["SearchInfo"][0];
    assert_eq!(
        (&oldest["Time"], &oldest["SnapPicinfo"]),
        (&first["Time"], &Value::Null)
    );
    let past = ever(json!({"BeginNO": 40, "RequestCount": 20}));
    let told = world.told("SearchControl", past).await;
    assert_eq!((&told["TotalNum"], &told["SearchInfo"]), (&json!(0), &json!([])));
    let wrong = ever(json!({"RequestCount": 10_000}));
    world
        .refused("SearchControl", wrong, (BAD_PARAMETER, "RequestCount"))
        .await;
}

async fn strangers_counted(world: &mut World) {
    assert_eq!(world.pair.look(&world.photos[1][0]).await, "stranger");
    assert_eq!(world.pair.look(&world.photos[2][0]).await, "stranger");
    world.pair.drained().await;
    let told = world.told("SearchCaptureNum", ever(json!({}))).await;
    assert_eq!(told["CaptureNum"], 2);
    let wrong = json!({"BeginTime": "now", "EndTime": EVER.1});
    world
        .refused("SearchCaptureNum", wrong, (BAD_PARAMETER, "BeginTime"))
        .await;
}

async fn strangers_listed(world: &mut World) {
    let newest = ever(json!({"Ascending": 1, "BeginNO": 1, "RequestCount": 5}));
    let told = world.told("SearchCapture", newest).await;
    let listed = told["List"].as_array().unwrap();
    assert_eq!((&told["Listnum"], listed.len()), (&json!(1), 1));
    assert_eq!(bytes_of(&listed[0]["SnapPicinfo"]), world.photos[1][0]);
    let past = ever(json!({"BeginNO": 40, "RequestCount": 5}));
    let told = world.told("SearchCapture", past).await;
    assert_eq!((&told["Listnum"], &told["List"]), (&json!(0), &json!([])));
    let wrong = ever(json!({"Ascending": 2}));
    world
        .refused("SearchCapture", wrong, (BAD_PARAMETER, "Ascending"))
        .await;
}

/// The hub asks for them by `resend_records`; what comes again is recognised.
async fn passes_pushed_again(world: &mut World) {
    let records = world.pair.drained().await.len();
    let repeated = world.pair.api.repeated().await;
    let tomorrow = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let again = json!({"kind": "resend_records", "from": "2020-01-01T00:00:00Z", "until": tomorrow});
    let result = world.pair.done(&again).await;
    assert_eq!(result["records"], 4);
    until("all to come again", || async {
        (world.pair.api.repeated().await >= repeated + 4).then_some(())
    })
    .await;
    assert_eq!(world.pair.records().await.len(), records);
    let nobody = json!({"TimeS": EVER.0, "TimeE": EVER.1, "Name": "nobody"});
    let told = world.told("ManualPushRecords", nobody).await;
    assert_eq!(told["RecordNum"], 0);
    let wrong = json!({"TimeS": "now", "TimeE": EVER.1});
    world
        .refused("ManualPushRecords", wrong, (BAD_PARAMETER, "TimeS"))
        .await;
}
