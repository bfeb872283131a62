//! `menshen swarm` against a hub that approves by itself.

use crate::WIRE;
use crate::kit::{Api, free_port, number, start_hub};
use serde_json::Value;
use std::io::ErrorKind;
use std::net::TcpListener;
use tokio::process::Command;

/// Records of each device.
const RECORDS_EACH: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_swarm_loses_nothing_and_doubles_nothing() {
    if let Some(port) = WIRE.swarm_port
        && let Err(error) = TcpListener::bind(("127.0.0.1", port))
        && error.kind() == ErrorKind::PermissionDenied
    {
        eprintln!("left out: devices of this dialect listen on port {port}, which this user may not open");
        return;
    }
    let devices = number("MENSHEN_TEST_SWARM", 30);
    let folder = tempfile::tempdir().unwrap();
    let sets = ["devices.approve=automatic"];
    let port = free_port();
    let (_hub, admin) = start_hub(&folder.path().join("hub"), port, &sets).await;
    let platform = format!("127.0.0.1:{port}");
    let api = Api::sign_in(&admin).await;
    let arguments = [
        "swarm",
        WIRE.name,
        "--json",
        "--photo-kb",
        "20",
        "--hub",
        &platform,
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_menshen"));
    command.args(arguments).args(["--count", &devices.to_string()]);
    command.args(["--records-each", &RECORDS_EACH.to_string()]);
    let output = command.output().await.unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    });

    let of = |key: &str| usize::try_from(report[key].as_u64().unwrap()).unwrap();
    assert_eq!((of("devices"), of("connected")), (devices, devices), "{report}");
    assert_eq!((of("lost"), of("duplicated")), (0, 0), "{report}");
    assert_eq!(of("sent"), of("acknowledged"), "{report}");
    assert_eq!(of("sent"), devices * RECORDS_EACH, "{report}");
    assert_eq!(api.all("/records").await.len(), of("acknowledged"));
}
