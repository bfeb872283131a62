//! Swarms of all five dialects at once against one hub. `MENSHEN_TEST_SWARM` asks for more devices of each,
//! `MENSHEN_TEST_SECONDS` for how long.

use crate::kit::{Api, free_port, here, number, start_hub};
use crate::wires;
use crate::world::{FIVE, borrowed};
use futures_util::future::join_all;
use serde_json::Value;
use std::io::ErrorKind;
use std::net::TcpListener;
use tokio::process::Command;

/// Records of one dialect's devices in a second.
const RATE: usize = 20;
/// The port of the document at which facegate's devices are dialled.
const FACEGATE_PORT: u16 = 80;

#[tokio::test(flavor = "multi_thread")]
async fn swarms_of_all_five_at_once_lose_nothing_and_double_nothing() {
    let (devices, seconds) = (
        number("MENSHEN_TEST_SWARM", 20),
        number("MENSHEN_TEST_SECONDS", 5),
    );
    let folder = tempfile::tempdir().unwrap();
    let [qyzn, broker, listener] = [(); 3].map(|()| free_port());
    let sets = [(wires::MQTT.hub)(broker), (wires::LAN.hub)(listener)].concat();
    let sets = [borrowed(&sets), vec!["devices.approve=automatic"]].concat();
    let (_hub, admin) = start_hub(&folder.path().join("hub"), qyzn, &sets).await;
    let api = Api::sign_in(&admin).await;
    let may_listen = !matches!(TcpListener::bind(("127.0.0.1", FACEGATE_PORT)),
        Err(error) if error.kind() == ErrorKind::PermissionDenied);
    if !may_listen {
        eprintln!(
            "facegate is left out: its devices are dialled at port {FACEGATE_PORT}, where this user may not listen"
        );
    }
    let swarms = FIVE
        .into_iter()
        .filter(|dialect| *dialect != "facegate" || may_listen);
    let reports = join_all(swarms.map(|dialect| {
        let port = match dialect {
            "qyzn" => qyzn,
            "mqtt" => broker,
            _ => listener,
        };
        swarm(dialect, port, devices, seconds)
    }))
    .await;

    let mut acknowledged = 0;
    for (dialect, report) in &reports {
        eprintln!("{dialect}: {report}");
        let of = |key: &str| usize::try_from(report[key].as_u64().unwrap()).unwrap();
        assert_eq!(
            (of("devices"), of("connected")),
            (devices, devices),
            "{dialect}: {report}"
        );
        assert_eq!((of("lost"), of("duplicated")), (0, 0), "{dialect}: {report}");
        assert_eq!(of("sent"), of("acknowledged"), "{dialect}: {report}");
        assert!(of("sent") > 0, "{dialect}: {report}");
        acknowledged += of("acknowledged");
    }
    assert_eq!(api.all("/records").await.len(), acknowledged);
}

async fn swarm(dialect: &str, port: u16, devices: usize, seconds: usize) -> (&str, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_menshen"));
    command.args([
        "swarm",
        dialect,
        "--json",
        "--photo-kb",
        "20",
        "--hub",
        &here(port),
    ]);
    command.args([
        "--count",
        &devices.to_string(),
        "--duration",
        &format!("{seconds}s"),
    ]);
    command.args(["--records-per-second", &RATE.to_string()]);
    let output = command.output().await.unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let (told, log) = (&output.stdout, &output.stderr);
        let [told, log] = [told, log].map(|bytes| String::from_utf8_lossy(bytes));
        panic!("{dialect}: {error}: {told}{log}")
    });
    (dialect, report)
}
