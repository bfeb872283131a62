//! One round of the demo, as a newcomer starts it.

use crate::kit::{free_port, photos};
use std::path::Path;
use std::process::Output;
use tokio::process::Command;

async fn demo(data: &Path, models: Option<&str>) -> (Output, String) {
    let listen = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new(env!("CARGO_BIN_EXE_menshen"));
    command
        .args([
            "demo", "--rounds", "1", "--pause", "0", "--listen", &listen, "--data",
        ])
        .arg(data);
    if let Some(models) = models {
        command.env("MENSHEN_MODELS", models);
    }
    let output = command.output().await.unwrap();
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output, String::from_utf8(text).unwrap())
}

/// Whether somebody came to the door of a dialect, and went with this result.
fn has_passes(text: &str, dialect: &str, expected: &[(&str, &str)]) {
    for (person, result) in expected {
        let found = text.lines().any(|line| {
            line.starts_with("pass")
                && [dialect, person, result]
                    .iter()
                    .all(|word| line.split_whitespace().any(|told| told == *word))
        });
        assert!(
            found,
            "no pass of {person} with {result} over {dialect} in:\n{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_people_come_with_their_faces_and_again_on_the_same_data() {
    if photos().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let (output, text) = demo(folder.path(), None).await;
        assert!(output.status.success(), "{text}");
        let expected = [
            ("Member", "granted"),
            ("Visitor", "granted"),
            ("Visitor", "expired"),
            ("Third", "stranger"),
        ];
        for dialect in ["qyzn", "mqtt", "facegate", "lan", "openapi"] {
            has_passes(&text, dialect, &expected);
        }
        // The wire of lan knows nobody who is blocked.
        for dialect in ["qyzn", "mqtt", "facegate", "openapi"] {
            has_passes(&text, dialect, &[("Third", "blocked")]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_models_it_says_so_and_they_come_with_cards() {
    let folder = tempfile::tempdir().unwrap();
    let (output, text) = demo(folder.path(), Some("/nonexistent")).await;
    assert!(output.status.success(), "{text}");
    assert!(text.contains("menshen models install"), "{text}");
    has_passes(
        &text,
        "qyzn",
        &[
            ("Member", "granted"),
            ("Third", "not_authorised"),
            ("Third", "blocked"),
            ("Visitor", "expired"),
        ],
    );
}
