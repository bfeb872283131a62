//! The dialect `facegate` against its document: every example, every name, every range, and what real devices do
//! otherwise.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod answers;
mod batches;
mod calls;
mod documented;
mod people;
mod pushes;
mod ranges;
mod records;
mod reported;
mod settings;
mod written;

use dialects::facegate::{DeviceId, json};
use serde_json::Value;
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The bytes of an example.
fn golden(name: &str) -> Vec<u8> {
    let path = folder("golden/facegate").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn value(bytes: &[u8]) -> Value {
    json::read(bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

fn device() -> DeviceId {
    DeviceId::from(1_300_001)
}
