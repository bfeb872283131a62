//! Processes of ours, driven from outside.

use super::{Kiosk, PASSWORD, SERIAL, Wire, free_port, until, use_ring};
use crate::WIRE;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The contract: SIGTERM, then gone.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// One of our processes; killed when dropped.
pub(crate) struct Process {
    arguments: Vec<String>,
    data: PathBuf,
    child: Option<Child>,
}

impl Process {
    pub(crate) fn start(side: &str, data: &Path, sets: &[String]) -> Self {
        let mut arguments = vec![side.to_owned(), "--data".to_owned(), data.display().to_string()];
        for set in sets {
            arguments.extend(["--set".to_owned(), set.clone()]);
        }
        let mut process = Self {
            arguments,
            data: data.to_owned(),
            child: None,
        };
        process.restart();
        process
    }

    /// Starts again on the same data and with the same settings.
    pub(crate) fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// The same on a computer whose clock is `ahead` of this one's, in the words of `faketime` (Debian's package).
    pub(crate) fn restart_ahead(&mut self, ahead: &str) {
        let library = Command::new("faketime")
            .args(["-m", "-f", ahead, "printenv", "LD_PRELOAD"])
            .output()
            .expect("faketime, of the Debian package of that name");
        let library = String::from_utf8(library.stdout).unwrap();
        self.restart_with(&[
            ("LD_PRELOAD", library.trim()),
            ("FAKETIME", ahead),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]);
    }

    fn restart_with(&mut self, environment: &[(&str, &str)]) {
        assert!(self.child.is_none(), "it still runs");
        let _gone = std::fs::remove_file(self.data.join("listeners.json"));
        std::fs::create_dir_all(&self.data).unwrap();
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.data.join("stderr.log"))
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_menshen"));
        command
            .args(&self.arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM; must end with 0 in time.
    pub(crate) fn stop(&mut self) {
        let mut child = self.child.take().expect("it runs");
        let kill = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(kill.success());
        let started = Instant::now();
        let status = child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
        assert!(
            started.elapsed() < STOP_WITHIN,
            "stopping took {:?}",
            started.elapsed()
        );
    }

    /// The last lines of its log.
    pub(crate) fn log(&self) -> String {
        let text = std::fs::read_to_string(self.data.join("stderr.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// What it listens on, as soon as it says so.
    pub(crate) async fn listener(&self, name: &str) -> String {
        let path = self.data.join("listeners.json");
        let find = || async {
            let listeners: Value = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
            listeners[name].as_str().map(str::to_owned)
        };
        until(
            &format!("{name} in listeners.json; its log:\n{}", self.log()),
            find,
        )
        .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
}

/// Starts a hub that meets the dialect's terminals at this port, and gives it with its admin address.
pub(crate) async fn start_hub(data: &Path, port: u16, more: &[&str]) -> (Process, String) {
    start_hub_over(WIRE, data, port, more).await
}

/// The same over a wire of one's choice.
pub(crate) async fn start_hub_over(wire: &Wire, data: &Path, port: u16, more: &[&str]) -> (Process, String) {
    use_ring();
    let admin = format!("127.0.0.1:{}", free_port());
    let mut sets = vec![
        format!("admin.listen={admin}"),
        format!("admin.password={PASSWORD}"),
        "devices.listen=127.0.0.1:0".to_owned(),
        "qyzn.listen=".to_owned(),
        "devices.drain_quiet_ms=200".to_owned(),
        "mqtt.listen=".to_owned(),
    ];
    sets.extend((wire.hub)(port));
    sets.extend(more.iter().map(|set| (*set).to_owned()));
    let hub = Process::start("hub", data, &sets);
    assert_eq!(hub.listener("admin").await, admin);
    (hub, admin)
}

/// Starts a terminal that has a kiosk.
pub(crate) async fn start_terminal(data: &Path, more: &[String]) -> (Process, Kiosk) {
    let mut sets = vec![
        format!("terminal.serial={SERIAL}"),
        format!("kiosk.listen=127.0.0.1:{}", free_port()),
    ];
    sets.extend_from_slice(more);
    let terminal = Process::start("terminal", data, &sets);
    let kiosk = Kiosk::new(&terminal.listener("kiosk").await);
    (terminal, kiosk)
}
