//! Detection and embedding of one photo whose longer side is 640, one thread.
//!
//! Peer: OpenCV's own YuNet and SFace with the same model files, if `python3` (or `MENSHEN_PYTHON`) has its package.

use crate::report::Row;
use crate::time;
use face::{Engine, Settings, decode, models, samples};
use serde_json::Value;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const TIMES: usize = 30;
const LONGER_SIDE: u32 = 640;
const PEER: &str = include_str!("opencv.py");

pub(crate) fn rows() -> Vec<Row> {
    let models = models::default_directory();
    let settings = Settings {
        threads: 1,
        ..Settings::default()
    };
    let photo = samples::SAMPLES
        .first()
        .and_then(|sample| std::fs::read(samples::default_directory().join(sample.file.name)).ok());
    let (Ok(engine), Some(photo)) = (Engine::load(&models, settings), photo) else {
        eprintln!(
            "no face models or sample photos: rows left out; `menshen models install --samples` fetches them"
        );
        return Vec::new();
    };
    let shrunk = image::load_from_memory(&photo)
        .unwrap()
        .thumbnail(LONGER_SIDE, LONGER_SIDE);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.png");
    shrunk.save(&path).unwrap();
    let picture = decode::decode(&std::fs::read(&path).unwrap(), &settings.photo).unwrap();
    let faces = engine.detect(&picture).unwrap();
    let landmarks = faces[0].landmarks;
    let detect = time(TIMES, || drop(engine.detect(&picture).unwrap()));
    let embed = time(TIMES, || {
        black_box(engine.embed(&picture, &landmarks).unwrap());
    });
    let peer = peer(&models, &path);
    let (width, height) = (shrunk.width(), shrunk.height());
    vec![
        row(
            &format!("detect faces, {width} × {height}, one thread"),
            detect,
            peer.as_ref(),
            "detect_ms",
        ),
        row(
            "align and embed a face, one thread",
            embed,
            peer.as_ref(),
            "embed_ms",
        ),
    ]
}

fn row(what: &str, ours: Duration, peer: Option<&Value>, key: &str) -> Row {
    let ours = ours.as_secs_f64() * 1000.0;
    let value = peer.and_then(|peer| peer[key].as_f64());
    Row {
        what: what.to_owned(),
        ours: format!("{ours:.2} ms"),
        floor: match (peer, value) {
            (Some(peer), Some(value)) => format!(
                "OpenCV {}: {value:.2} ms",
                peer["version"].as_str().unwrap_or("?")
            ),
            _ => "OpenCV's Python package is not there".to_owned(),
        },
        ratio: value.map(|value| ours / value),
    }
}

fn peer(models: &Path, photo: &Path) -> Option<Value> {
    let python = std::env::var("MENSHEN_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let [detector, embedder] = &models::FILES;
    let mut command = Command::new(python);
    command
        .args(["-c", PEER])
        .arg(models.join(detector.name))
        .arg(models.join(embedder.name))
        .arg(photo);
    let output = command.arg(TIMES.to_string()).output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}
