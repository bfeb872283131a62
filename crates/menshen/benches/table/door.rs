//! `open_door` from the API to the terminal's answer and back into the API.
//!
//! Floor: one byte there and back over loopback TCP. In between lie two HTTP requests and the commits of the command's
//! states, each on the disk before the next step; a synced append is measured beside it.

use crate::kit::Pair;
use crate::report::Row;
use crate::{median, runtime, time};
use serde_json::json;
use std::io::Write;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const COMMANDS: usize = 60;
const ECHOES: usize = 2000;

pub(crate) fn rows() -> Vec<Row> {
    let ours = runtime().block_on(open_door());
    let echo = runtime().block_on(echo());
    let sync = synced_append();
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let row = |floor: &str, value: Duration| Row {
        what: "open_door there and back, through the API".to_owned(),
        ours: format!("{:.2} ms", milliseconds(ours)),
        floor: format!("{floor}: {:.3} ms", milliseconds(value)),
        ratio: Some(ours.as_secs_f64() / value.as_secs_f64()),
    };
    vec![row("TCP echo", echo), row("one synced append", sync)]
}

async fn open_door() -> Duration {
    let pair = Pair::start(&[]).await;
    let path = format!("/devices/{}/commands", pair.device);
    let mut took = Vec::new();
    for _ in 0..COMMANDS {
        let begun = Instant::now();
        let command = pair.api.post(&path, &json!({ "kind": "open_door" })).await;
        let state = format!("/commands/{}", command["id"].as_str().unwrap());
        while pair.api.get(&state).await["state"] != "done" {
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "the door does not open"
            );
        }
        took.push(begun.elapsed());
    }
    median(took)
}

async fn echo() -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        while let Ok(byte) = stream.read_u8().await {
            stream.write_u8(byte).await.unwrap();
        }
    });
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut took = Vec::new();
    for _ in 0..ECHOES {
        let begun = Instant::now();
        stream.write_u8(1).await.unwrap();
        stream.read_u8().await.unwrap();
        took.push(begun.elapsed());
    }
    median(took)
}

fn synced_append() -> Duration {
    let mut file = tempfile::tempfile().unwrap();
    time(COMMANDS, || {
        file.write_all(&[7; 512]).unwrap();
        file.sync_data().unwrap();
    })
}
