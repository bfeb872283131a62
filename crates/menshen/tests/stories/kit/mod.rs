//! Processes, and the two HTTP APIs. Which dialect they meet in says `crate::WIRE`.

#![allow(dead_code, unused_imports, reason = "each test binary uses a part")]

mod api;
mod kiosk;
mod pair;
mod process;
mod wire;

pub(crate) use api::Api;
pub(crate) use kiosk::Kiosk;
pub(crate) use pair::Pair;
pub(crate) use process::{Process, start_hub, start_hub_over, start_terminal};
pub(crate) use wire::{Between, Silence, Wire, here, ic_card};

use reqwest::Response;
use serde_json::Value;
use std::net::TcpListener;
use std::sync::Once;
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How much longer each person may take beyond that.
const EACH_PERSON: Duration = Duration::from_millis(1500);
/// How often something that cannot be waited for is asked for.
const ASK_EVERY: Duration = Duration::from_millis(20);
/// Ports below those that systems give to outgoing connections: a terminal that dials a hub that is down must not
/// reach itself, and the hub's port must still be free when it comes back.
const PORTS: std::ops::Range<u16> = 12_000..30_000;
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const SERIAL: &str = "TEST-1";

/// A number from the environment.
pub(crate) fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// How long something with so many people may take on a busy machine.
pub(crate) fn patience_for(people: usize) -> Duration {
    PATIENCE + EACH_PERSON * u32::try_from(people).unwrap()
}

/// Asks until there is an answer.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, ask: impl FnMut() -> F) -> T {
    until_within(PATIENCE, what, ask).await
}

/// Asks until there is an answer, for as long as something large may take.
pub(crate) async fn until_within<T, F: Future<Output = Option<T>>>(
    within: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            Instant::now() < deadline,
            "waited {} s in vain for {what}",
            within.as_secs()
        );
        tokio::time::sleep(ASK_EVERY).await;
    }
}

pub(crate) fn free_port() -> u16 {
    let start = u64::from(std::process::id()) * 7919 + u64::from(uuid::Uuid::new_v4().as_fields().0);
    let span = u64::from(PORTS.end - PORTS.start);
    let candidates = (0..span).map(|n| PORTS.start + u16::try_from((start + n) % span).unwrap());
    candidates
        .into_iter()
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}

pub(crate) fn use_ring() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

async fn good(what: &str, answer: Response) -> Value {
    let status = answer.status();
    let body = answer.text().await.unwrap();
    assert!(status.is_success(), "{what}: {status}: {body}");
    serde_json::from_str(&body).unwrap_or(Value::Null)
}

fn media_type(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"\x89PNG") {
        "image/png"
    } else {
        "image/jpeg"
    }
}

/// The sample photos by person, the person with the most first; `None`, and a word about it, without models or photos.
pub(crate) fn photos() -> Option<Vec<Vec<Vec<u8>>>> {
    let directory = face::samples::default_directory();
    if face::models::verify(&face::models::default_directory()).is_err()
        || face::samples::verify(&directory).is_err()
    {
        eprintln!(
            "left out: no face models or sample photos; `menshen models install --samples` fetches them"
        );
        return None;
    }
    let mut people: Vec<(&str, Vec<Vec<u8>>)> = Vec::new();
    for sample in face::samples::SAMPLES {
        let photo = std::fs::read(directory.join(sample.file.name)).unwrap();
        match people.iter_mut().find(|(person, _)| *person == sample.person) {
            Some((_, photos)) => photos.push(photo),
            None => people.push((sample.person, vec![photo])),
        }
    }
    people.sort_by_key(|(_, photos)| std::cmp::Reverse(photos.len()));
    Some(people.into_iter().map(|(_, photos)| photos).collect())
}
