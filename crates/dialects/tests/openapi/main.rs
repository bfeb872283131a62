//! The dialect `openapi`: every operation and every example of the document, what real devices do otherwise, limits at
//! their edges, and conversions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod calls;
mod convert;
mod examples;
mod limits;
mod platform;
mod platform_convert;
mod socket;

use dialects::http::{Call, Method};
use dialects::openapi::{Incoming, Refused, Request};
use serde_json::Value;
use std::path::PathBuf;

const NOW_MS: i64 = 1_573_539_353_795;
const PASSWORD: &str = "123456";

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn golden(name: &str) -> Vec<u8> {
    let path = folder("golden/openapi").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn golden_value(name: &str) -> Value {
    serde_json::from_slice(&golden(name)).unwrap()
}

/// A call as a device receives it, its signature apart.
fn arrive(method: Method, target: &str, body: &[u8]) -> Result<Request, Refused> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request::parse(&Incoming::read(method, path, query, body)?)
}

fn post(path: &str, body: &Value) -> Result<Request, Refused> {
    arrive(Method::Post, path, body.to_string().as_bytes())
}

/// A call that goes out and comes in again, signature and all.
fn through(call: &Call) -> Result<Request, Refused> {
    let (path, query) = call.target.split_once('?').unwrap();
    let incoming = Incoming::read(call.method, path, query, &call.body)?;
    incoming.authenticate(PASSWORD, jiff::Timestamp::from_millisecond(NOW_MS).unwrap())?;
    Request::parse(&incoming)
}
