//! The scripts of `docs/examples/lan`, run with a shell and curl against a terminal.

use crate::Caller;
use crate::support::http::Receiver;
use crate::support::{Door, empty_picture, folder, lan_config};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/lan")
}

#[tokio::test]
async fn every_example_gets_the_documented_answers() {
    let (_folder, path) = folder();
    let door = Door::start(lan_config(&path)).await;
    let caller = Caller::of(&door);
    let frame = terminal::camera::Frame {
        bytes: empty_picture().into(),
        at: tokio::time::Instant::now(),
        has_face: None,
    };
    door.running.device().camera.show(frame);
    let photo = path.join("photo.jpg");
    std::fs::write(&photo, empty_picture()).unwrap();
    let programs = Receiver::listen().await;
    let apk = programs.url("/app.apk");
    programs.serve("application/octet-stream", b"PK\x03\x04".to_vec());
    let expected = [
        ("key.sh", vec![None]),
        ("device-info.sh", vec![None, Some("appWelcomeMsg")]),
        ("clock.sh", vec![None, Some("ts")]),
        (
            "people.sh",
            vec![Some("isValid"), None, Some("passCount"), Some("person"), None],
        ),
        ("records.sh", vec![None, Some("url"), Some("record"), None]),
        ("heartbeat.sh", vec![None, Some("period")]),
        ("control.sh", vec![None, Some("photos"), None, None, None]),
    ];
    assert_eq!(std::fs::read_dir(scripts()).unwrap().count(), expected.len());
    for (script, answers) in expected {
        let mut shell = tokio::process::Command::new("sh");
        shell
            .arg(scripts().join(script))
            .env("DEVICE", &caller.base)
            .env("PHOTO", &photo)
            .env("APK", &apk);
        let output = shell.output().await.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{script}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let lines: Vec<Value> = said
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), answers.len(), "{script}: {said}");
        for (line, field) in lines.iter().zip(answers) {
            assert_eq!(line["status"], 0, "{script}: {line}");
            match field {
                Some(field) => assert!(
                    line["data"].get(field).is_some(),
                    "{script}: {line} has no {field}"
                ),
                None => assert!(line.get("data").is_none(), "{script}: {line}"),
            }
        }
    }
}
