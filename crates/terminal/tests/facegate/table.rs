//! Every operator of the document is served, and the examples of the integrators' scripts.

use crate::support::{Door, facegate_config, folder};
use crate::{Caller, DEVICE, failed};
use dialects::facegate::call::OPERATORS;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// These restart the terminal whatever they are called with; tests of their own call them.
const RESTARTING: [&str; 2] = ["SetNetParam", "RebootDevice"];

#[tokio::test]
async fn every_operator_is_served() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    for operator in OPERATORS
        .into_iter()
        .filter(|operator| !RESTARTING.contains(operator))
    {
        let answer = caller.call(operator, json!({"DeviceID": DEVICE})).await;
        let expected = if operator == "GetAccessTempPwd" {
            "GetTempPwd"
        } else {
            operator
        };
        assert_eq!(answer["operator"], expected, "{answer}");
        assert!(
            !matches!(answer["code"].as_i64(), Some(411 | 461)),
            "{operator}: {answer}"
        );
        let lower = caller
            .call(&operator.to_lowercase(), json!({"DeviceID": DEVICE}))
            .await;
        let named = lower["operator"].as_str().unwrap();
        assert!(
            named.eq_ignore_ascii_case(expected),
            "operators are found in any case: {lower}"
        );
    }
}

/// With the document's code, and nothing done: also of those that restart the terminal.
#[tokio::test]
async fn every_operator_refuses_another_devices_number_and_what_cannot_be_read() {
    let (_folder, path) = folder();
    let door = Door::start(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let started_at = door.state().await["started_at"].clone();
    for operator in OPERATORS {
        let (device, unreadable) = match operator {
            "EditPersonsNew" => (413, 412),
            _ => (463, 462),
        };
        let other = json!({"operator": operator, "DeviceID": DEVICE + 1, "info": {"DeviceID": DEVICE + 1}});
        let answer = caller.raw(operator, &other.to_string()).await;
        assert_eq!(failed(&answer, operator), device, "{operator}: {answer}");
        let answer = caller.raw(operator, "{\"operator\": ").await;
        assert_eq!(failed(&answer, operator), unreadable, "{operator}: {answer}");
    }
    assert_eq!(door.state().await["started_at"], started_at);
}

/// `curl` with the document's example requests, where it is there.
#[tokio::test(flavor = "multi_thread")]
async fn the_scripts_of_the_documentation_are_answered() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/facegate");
    if Command::new("curl").arg("--version").output().is_err() {
        return;
    }
    let mut names: Vec<_> = std::fs::read_dir(&scripts)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "sh"));
    names.sort();
    assert!(!names.is_empty());
    for script in names {
        let (_folder, path) = folder();
        let mut config = facegate_config(&path);
        "1300001".clone_into(&mut config.terminal.serial);
        let door = Door::start(config).await;
        let address = door.running.listeners().facegate.unwrap();
        let run = tokio::task::spawn_blocking(move || {
            let photo = path.join("photo.jpg");
            // As large as those of cameras: no argument of a program takes it.
            let mut picture = crate::any_photo();
            picture.resize(300_000, 0);
            std::fs::write(&photo, picture).unwrap();
            let mut command = Command::new("sh");
            command.arg(&script).env("PHOTO", photo);
            let output = command.env("DEVICE", format!("http://{address}")).output();
            (script, output.unwrap())
        });
        let (script, output) = run.await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let problems = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{}: {said}{problems}", script.display());
    }
}
