//! The scripts of `docs/examples/openapi`, run with a shell and curl against a terminal.

use crate::support::{Door, empty_picture, folder, openapi_config};
use crate::{Caller, user};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/openapi")
}

#[tokio::test]
async fn every_example_gets_the_documented_answers() {
    let (_folder, path) = folder();
    let door = Door::start(openapi_config(&path, "")).await;
    let caller = Caller::of(&door);
    caller.done("/api/user", user("1")).await;
    door.card("card 1").await;
    let photo = path.join("photo.jpg");
    std::fs::write(&photo, empty_picture()).unwrap();
    let expected = [
        ("people.sh", vec!["userId", "userId", "total", "userId"]),
        (
            "settings.sh",
            vec!["defRout", "", "faceThre", "", "unlockOuttime", ""],
        ),
        ("records.sh", vec!["totalPage"]),
        ("device.sh", vec!["", "", "deviceMoel", "", ""]),
    ];
    assert_eq!(std::fs::read_dir(scripts()).unwrap().count(), expected.len());
    for (script, answers) in expected {
        let mut shell = tokio::process::Command::new("sh");
        shell
            .arg(scripts().join(script))
            .env("DEVICE", &caller.base)
            .env("PHOTO", &photo);
        let output = shell.output().await.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let problem = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {said}{problem}");
        let lines: Vec<Value> = said
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), answers.len(), "{script}: {said}");
        for (line, field) in lines.iter().zip(answers) {
            assert_eq!(line["code"], 200, "{script}: {line}");
            if !field.is_empty() {
                assert!(
                    line["data"].get(field).is_some(),
                    "{script}: {line} has no {field}"
                );
            }
        }
    }
}
