//! Memory of a hub's process per idle connection, at 2,000.
//!
//! Floor: a process with as many bare tokio connections, a task and a small buffer each.

use crate::kit::{Api, free_port, start_hub, until};
use crate::records::metric;
use crate::report::Row;
use crate::runtime;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use terminal::swarm::{SwarmOptions, qyzn};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

/// Makes this program the floor's process.
pub(crate) const FLOOR_ARGUMENT: &str = "floor-sockets";
const CONNECTIONS: usize = 2000;

pub(crate) fn rows() -> Vec<Row> {
    let ours = runtime().block_on(hub());
    let floor = runtime().block_on(floor());
    vec![Row {
        what: format!("memory per idle connection, {CONNECTIONS} connections"),
        ours: format!("{:.1} KB", ours / 1024.0),
        floor: format!("bare tokio sockets: {:.1} KB", floor / 1024.0),
        ratio: Some(ours / floor),
    }]
}

async fn hub() -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let sets = ["devices.approve=automatic", "admin.metrics=open"];
    let port = free_port();
    let (hub, admin) = start_hub(folder.path(), port, &sets).await;
    let platform = format!("127.0.0.1:{port}");
    let _ready = Api::sign_in(&admin).await;
    let before = resident(hub.id());
    let options = SwarmOptions {
        hub: platform,
        count: CONNECTIONS,
        // Records come so seldom that there is none.
        records_per_second: 1e-6,
        duration: std::time::Duration::from_secs(3600),
        connects_per_second: 500,
        patience: std::time::Duration::from_secs(3600),
        ..SwarmOptions::default()
    };
    let swarm = tokio::spawn(qyzn::run(options));
    let connected =
        || async { (metric(&admin, "menshen_devices_connected").await >= CONNECTIONS as f64).then_some(()) };
    until("all to be connected", connected).await;
    let after = resident(hub.id());
    swarm.abort();
    (after - before) / CONNECTIONS as f64
}

async fn floor() -> f64 {
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new(program)
        .arg(FLOOR_ARGUMENT)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let before = resident(child.id());
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(line.trim()).await.unwrap();
        stream.read_u8().await.unwrap();
        streams.push(stream);
    }
    let after = resident(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    (after - before) / CONNECTIONS as f64
}

/// The floor's process: greets each connection with a byte and reads from it.
pub(crate) fn floor_process() {
    use tokio::io::AsyncWriteExt;
    runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut buffer = [0; 256];
                stream.write_u8(0).await.unwrap();
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
            });
        }
    });
}

/// Resident bytes of a process.
fn resident(process: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024.0
}
