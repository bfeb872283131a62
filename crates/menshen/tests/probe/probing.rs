//! Running the probe, and a terminal with somebody on it and in front of its camera.

use crate::kit::{Kiosk, Process, SERIAL, free_port, use_ring};
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use tokio_util::task::AbortOnDropHandle;

/// A frame counts for ten seconds; this is often enough.
const FRAMES_EVERY: Duration = Duration::from_secs(2);

/// What the probe printed and how it ended.
pub(crate) struct Probed {
    pub(crate) code: i32,
    pub(crate) report: Value,
    pub(crate) stderr: String,
}

impl Probed {
    /// The row of an operation.
    pub(crate) fn row(&self, name: &str) -> &Value {
        let rows = self.report["operations"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == name);
        row.unwrap_or_else(|| panic!("no row {name} in {}", self.report))
    }

    /// The names of the rows with this outcome.
    pub(crate) fn with(&self, outcome: &str) -> Vec<&str> {
        let rows = self.report["operations"].as_array().unwrap().iter();
        let rows = rows.filter(|row| row["outcome"] == outcome);
        rows.map(|row| row["name"].as_str().unwrap()).collect()
    }

    /// Nothing differs and nothing is refused; the rows are told in `detail` where it does.
    pub(crate) fn holds(&self) {
        let rows = self.report["operations"].as_array().unwrap().iter();
        let wrong = rows.filter(|row| row["outcome"] == "differs" || row["outcome"] == "refused");
        let wrong: Vec<String> = wrong.map(Value::to_string).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(self.code, 0, "{}", self.stderr);
    }
}

/// Runs `menshen probe … --json`.
pub(crate) async fn probe(arguments: &[&str]) -> Probed {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_menshen"));
    command.arg("probe").args(arguments).arg("--json");
    let output = command.stdin(Stdio::null()).output().await.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Probed {
        code: output.status.code().unwrap(),
        report: serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}")),
        stderr,
    }
}

/// A terminal with a camera that shows something.
pub(crate) struct Terminal {
    pub(crate) process: Process,
    pub(crate) kiosk: Kiosk,
    _camera: AbortOnDropHandle<()>,
    _folder: tempfile::TempDir,
}

impl Terminal {
    /// Starts one with these settings.
    pub(crate) async fn start(settings: &[String]) -> Self {
        use_ring();
        let folder = tempfile::tempdir().unwrap();
        let mut sets = vec![
            format!("terminal.serial={SERIAL}"),
            format!("kiosk.listen=127.0.0.1:{}", free_port()),
        ];
        sets.extend(settings.iter().cloned());
        let process = Process::start("terminal", folder.path(), &sets);
        let kiosk = Kiosk::new(&process.listener("kiosk").await);
        kiosk.frame(grey()).await;
        let shown = kiosk.clone();
        let camera = tokio::spawn(async move {
            let mut frames = tokio::time::interval(FRAMES_EVERY);
            loop {
                frames.tick().await;
                shown.frame(grey()).await;
            }
        });
        Self {
            process,
            kiosk,
            _camera: AbortOnDropHandle::new(camera),
            _folder: folder,
        }
    }
}

/// A picture of nobody.
fn grey() -> Vec<u8> {
    let mut jpeg = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_pixel(640, 480, image::Rgb([128; 3]));
    picture.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}
