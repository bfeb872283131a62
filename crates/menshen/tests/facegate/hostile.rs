//! Terminals that answer without end, with a gigabyte, with an address of somebody else, and behind a certificate that
//! nobody trusts: no other terminal waits for them, and the hub keeps nothing of what they say.

use crate::kit::{Pair, Process, photos, until};
use crate::{WIRE, kit};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a terminal may take for an answer. All that is asked of the good one is done before one such wait is over.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// People who come while the others misbehave.
const PEOPLE: usize = 5;
/// The bytes of the large answer.
const GIGABYTE: u64 = 1 << 30;
/// What the hub may take of it, and by how much its memory may grow at the peak, bytes: more than an answer at its limit
/// (32 MiB) and the work of a few people, and far less than all.
const BOUND: u64 = GIGABYTE / 4;

/// A terminal that is up to no good.
struct Hostile {
    address: String,
    /// How often it was called.
    calls: Arc<AtomicUsize>,
}

impl Hostile {
    /// Answers each call in this way.
    async fn start<F>(answer: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(answer(stream));
            }
        });
        Self { address, calls }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Waits until it was called so often.
    async fn called(&self, times: usize) {
        let what = format!("{times} calls of {}", self.address);
        until(&what, || async { (self.calls() >= times).then_some(()) }).await;
    }
}

/// Reads a request's head.
async fn request(stream: &mut TcpStream) {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await.unwrap_or_default() == 0 {
            return;
        }
    }
}

/// A byte now and then, for ever.
async fn endless(mut stream: TcpStream) {
    request(&mut stream).await;
    let head =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n";
    let mut said = stream.write_all(head).await;
    let mut often = tokio::time::interval(Duration::from_millis(50));
    while said.is_ok() {
        often.tick().await;
        said = stream.write_all(b"1\r\n \r\n").await;
    }
}

/// As much as is taken, a gigabyte at most; `taken` is told how much that was.
async fn flood(mut stream: TcpStream, taken: Arc<AtomicU64>) {
    request(&mut stream).await;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {GIGABYTE}\r\n\r\n");
    let block = vec![b' '; 64 * 1024];
    let mut sent = 0;
    let mut said = stream.write_all(head.as_bytes()).await;
    while said.is_ok() && sent < GIGABYTE {
        said = stream.write_all(&block).await;
        sent += 64 * 1024;
    }
    taken.fetch_max(sent, Ordering::SeqCst);
}

/// Somebody else is to be asked.
async fn redirect(mut stream: TcpStream, other: String) {
    request(&mut stream).await;
    let answer = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{other}/action/GetSysParam\r\nContent-Length: 0\r\n\r\n"
    );
    drop(stream.write_all(answer.as_bytes()).await);
}

/// TLS with a certificate of an authority that nobody knows.
fn untrusted() -> Arc<ServerConfig> {
    kit::use_ring();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../terminal/tests/support/tls");
    let certificate = CertificateDer::from_pem_file(folder.join("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    Arc::new(config.with_single_cert(vec![certificate], key).unwrap())
}

async fn behind_tls(stream: TcpStream, config: Arc<ServerConfig>) {
    let mut stream = stream.into_std().unwrap();
    let served = tokio::task::spawn_blocking(move || {
        stream.set_nonblocking(false).unwrap();
        let mut connection = ServerConnection::new(config).unwrap();
        while connection.is_handshaking() && connection.complete_io(&mut stream).is_ok() {}
    });
    served.await.unwrap();
}

/// The most memory that a process has had, KiB; `None` where the system does not tell.
fn peak_kb(process: &Process) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Enters a terminal into the same zone; the device.
async fn enter(pair: &Pair, hostile: &Hostile) -> String {
    let zone = pair.api.get(&format!("/devices/{}", pair.device)).await["zone_id"].clone();
    let device = json!({
        "dialect": WIRE.name, "address": hostile.address, "name": hostile.address, "zone_id": zone,
        "credentials": { "user": "admin", "password": "admin" },
    });
    let entered = pair.api.post("/devices", &device).await;
    entered["id"].as_str().unwrap().to_owned()
}

/// Somebody new with a card and a photo.
async fn newcomer(pair: &Pair, id: &str, photo: &[u8]) {
    let (kind, number) = (WIRE.card)(id);
    let cards = json!({ "credentials": [{ "kind": kind, "number": number }] });
    pair.person(id, &cards).await;
    pair.api
        .upload(&format!("/persons/{id}/photos"), photo.to_vec())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_terminals_delay_no_other_and_the_hub_keeps_nothing_of_them() {
    let Some(photos) = photos() else { return };
    let call = format!("devices.call_seconds={}", ANSWER_WITHIN.as_secs());
    let pair = Pair::start_with_hub(&[&call], &["terminal.repeat_seconds=0"]).await;
    // The models are in memory from the first photo on.
    newcomer(&pair, "first", &photos[0][0]).await;
    pair.settled(1).await;
    let peak = peak_kb(&pair.hub);

    let victim = Hostile::start(|mut stream| async move { request(&mut stream).await }).await;
    let (other, taken, tls) = (victim.address.clone(), Arc::new(AtomicU64::new(0)), untrusted());
    let most = Arc::clone(&taken);
    let hostile = [
        Hostile::start(endless).await,
        Hostile::start(move |stream| flood(stream, Arc::clone(&most))).await,
        Hostile::start(move |stream| redirect(stream, other.clone())).await,
        Hostile::start(move |stream| behind_tls(stream, Arc::clone(&tls))).await,
    ];
    let mut devices = Vec::new();
    for hostile in &hostile {
        devices.push(enter(&pair, hostile).await);
    }
    for hostile in &hostile {
        hostile.called(1).await;
    }

    let begun = Instant::now();
    let people: Vec<String> = (0..PEOPLE).map(|n| format!("p{n}")).collect();
    for id in &people {
        newcomer(&pair, id, &photos[1][0]).await;
    }
    pair.settled(PEOPLE + 1).await;
    for id in &people {
        assert_eq!(pair.kiosk.card(id).await["decision"]["result"], "granted");
    }
    let records = pair.records_at_least(PEOPLE).await;
    let took = begun.elapsed();
    let whose: Vec<&str> = records
        .iter()
        .map(|record| record["person_id"].as_str().unwrap())
        .collect();
    assert_eq!(whose, people);
    assert!(took < ANSWER_WITHIN, "the good terminal waited: {took:?}");

    // They are tried again, and are as far as at first.
    for (hostile, device) in hostile.iter().zip(&devices) {
        hostile.called(2).await;
        let shown = pair.api.get(&format!("/devices/{device}")).await;
        assert_eq!(shown["status"], "offline", "{shown}");
        let roster = pair.api.all(&format!("/devices/{device}/roster")).await;
        assert_eq!(roster.len(), PEOPLE + 1);
        assert!(roster.iter().all(|item| item["state"] != "applied"), "{roster:?}");
    }
    let metrics = pair.api.metrics().await;
    for outcome in ["timeout", "internal"] {
        let line = format!("menshen_dial_total{{outcome=\"{outcome}\"}}");
        assert!(metrics.contains(&line), "{line} is not told");
    }
    assert_eq!(victim.calls(), 0, "a redirect was followed");
    let taken = taken.load(Ordering::SeqCst);
    assert!((1..BOUND).contains(&taken), "{taken} bytes were taken");
    if let (Some(before), Some(after)) = (peak, peak_kb(&pair.hub)) {
        let grown = (after - before) * 1024;
        assert!(grown < BOUND, "the hub's memory grew by {grown} bytes");
    }
    pair.online().await;
}
