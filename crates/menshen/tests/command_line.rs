//! The command line from outside: exit codes, one line that says what to do, configuration in layers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use serde_json::Value;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

fn menshen(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_menshen"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    outcome(&menshen(arguments).output().unwrap())
}

fn outcome(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn wrong_usage_is_2_and_failure_is_1_with_one_line() {
    assert_eq!(run(&["no-such-command"]).0, 2);
    assert_eq!(run(&["swarm", "qyzn", "--count", "many"]).0, 2);
    let (code, _, line) = run(&["models", "verify", "--to", "/nonexistent"]);
    assert_eq!((code, line.lines().count()), (1, 1), "{line}");
    assert!(line.contains("menshen models install"), "{line}");
}

#[test]
fn an_unknown_key_stops_either_side_with_2_and_the_nearest_key() {
    for (side, key, nearest) in [
        ("hub", "admin.lisen", "admin.listen"),
        ("hub", "qyzn.lissten", "qyzn.listen"),
        ("terminal", "kiosk.lisen", "kiosk.listen"),
        ("terminal", "qyzn.plattform", "qyzn.platform"),
    ] {
        let (code, _, line) = run(&[side, "--set", &format!("{key}=127.0.0.1:0")]);
        assert_eq!(code, 2, "{line}");
        assert!(line.contains(key) && line.contains(nearest), "{line}");
    }
}

#[test]
fn variables_are_read_and_refused_like_files() {
    let mut command = menshen(&["config", "show", "hub", "--json"]);
    let output = command
        .env("MENSHEN_DEVICES__PUBLIC_URL", "http://192.0.2.1:8081")
        .output()
        .unwrap();
    let (code, out, err) = outcome(&output);
    assert_eq!(code, 0, "{err}");
    let entries: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let url = entries
        .iter()
        .find(|entry| entry["key"] == "devices.public_url")
        .unwrap();
    assert_eq!(
        (&url["value"], &url["origin"]),
        (
            &"http://192.0.2.1:8081".into(),
            &"MENSHEN_DEVICES__PUBLIC_URL".into()
        )
    );

    let output = menshen(&["config", "check", "hub"])
        .env("MENSHEN_DEVICES__PUBLIC_URI", "x")
        .output()
        .unwrap();
    let (code, _, line) = outcome(&output);
    assert_eq!(code, 2);
    assert!(line.contains("devices.public_url"), "{line}");
}

#[test]
fn the_default_files_are_printed_and_accepted_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    for side in ["hub", "terminal"] {
        let (code, text, _) = run(&["config", "show", "--default", side]);
        assert_eq!(code, 0);
        let path = folder.path().join(format!("{side}.toml"));
        std::fs::write(&path, text).unwrap();
        let (code, out, line) = run(&["config", "check", "--config", path.to_str().unwrap()]);
        assert_eq!(code, 0, "{line}");
        assert!(out.contains(side), "{out}");
    }
}

#[test]
fn a_value_that_makes_no_sense_is_wrong_usage_on_either_side() {
    for set in ["hub.time_zone=Mars/Olympus", "terminal.time_zone=Mars/Olympus"] {
        let side = set.split('.').next().unwrap();
        let (code, _, line) = run(&["config", "check", side, "--set", set]);
        assert_eq!(code, 2, "{line}");
        assert!(line.contains("time_zone"), "{line}");
    }
}

#[test]
fn secrets_are_not_shown() {
    let (code, out, _) = run(&[
        "config",
        "show",
        "hub",
        "--set",
        "admin.password=very-secret-indeed",
    ]);
    assert_eq!(code, 0);
    assert!(out.contains("--set") && !out.contains("very-secret-indeed"));
}

#[test]
fn a_data_folder_with_another_key_is_refused_with_1_in_a_line_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let off = [
        "--set",
        "admin.listen=",
        "--set",
        "devices.listen=",
        "--set",
        "qyzn.listen=",
        "--set",
        "mqtt.listen=",
    ];
    let start = || {
        menshen(&["hub", "--data", data])
            .args(off)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut first = start();
    let listeners = folder.path().join("listeners.json");
    while !listeners.exists() {
        assert!(first.try_wait().unwrap().is_none(), "the hub ended early");
        std::thread::yield_now();
    }
    let (code, _, line) = outcome(&start().wait_with_output().unwrap());
    assert_eq!(code, 1, "a second process must be refused: {line}");
    first.kill().unwrap();
    first.wait().unwrap();

    std::fs::remove_file(folder.path().join("menshen.key")).unwrap();
    let (code, _, log) = outcome(&start().wait_with_output().unwrap());
    assert_eq!(code, 1, "{log}");
    assert!(
        !folder.path().join("menshen.key").exists(),
        "no new key is ever made for old data"
    );
    for line in log.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

/// A disk without room for the log, as when log and data share it.
#[test]
fn a_log_that_cannot_be_written_ends_neither_side() {
    let [hub, terminal] = [
        ["hub", "admin.listen=127.0.0.1:0"],
        ["terminal", "kiosk.listen=127.0.0.1:0"],
    ];
    for [side, listens] in [hub, terminal] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap();
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = menshen(&[side, "--data", data, "--set", listens]);
        for key in ["qyzn", "mqtt", "devices"] {
            if side == "hub" {
                command.args(["--set", &format!("{key}.listen=")]);
            }
        }
        let mut child = command.stderr(full.unwrap()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while !folder.path().join("listeners.json").exists() {
            assert_eq!(child.try_wait().unwrap(), None, "{side} ended");
            assert!(Instant::now() < deadline, "{side} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        assert!(child.wait().unwrap().success(), "{side}");
    }
}
