//! A platform written by hand from the document's bytes (chapters 1 to 3), sharing no code with the terminal.

use md5::{Digest, Md5};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The value of 4.2.2.
const MAGIC: &str = "P3K0eikSRSJHliME";
const PASSWD: &str = "sUYpY/mV+WDaBacu";
const UUID: &str = "503337a3498b4e6b8349b084c26e1147";

/// A platform that listens.
pub struct Platform {
    listener: TcpListener,
}

/// A connection that a terminal made.
pub struct Link {
    stream: TcpStream,
    next: u32,
    /// Requests of the terminal that came while an answer was awaited.
    pub early: Vec<Packet>,
}

/// One frame.
#[derive(Debug, Clone)]
pub struct Packet {
    pub version: u8,
    pub kind: u8,
    pub timestamp: u32,
    pub sequence: u32,
    pub body: Value,
    pub raw: Vec<u8>,
}

impl Packet {
    pub fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    pub fn data(&self, field: &str) -> &Value {
        &self.body["data"][field]
    }
}

fn md5(text: &str) -> String {
    Md5::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Platform {
    pub async fn listen() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        }
    }

    /// The same port again, after a platform that is gone.
    pub async fn listen_at(address: &str) -> Self {
        Self {
            listener: TcpListener::bind(address).await.unwrap(),
        }
    }

    pub fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    pub async fn accept(&self) -> Link {
        let accepted = tokio::time::timeout(super::PATIENCE, self.listener.accept())
            .await
            .expect("a terminal dials");
        Link {
            stream: accepted.unwrap().0,
            next: 1000,
            early: Vec::new(),
        }
    }

    /// A connection whose terminal registered or logged in.
    pub async fn welcome(&self) -> Link {
        let mut link = self.accept().await;
        link.admit().await;
        link
    }
}

impl Link {
    /// Answers register and login, checking their signatures.
    pub async fn admit(&mut self) {
        let first = self.read().await;
        let login = if first.message() == "register" {
            self.answer_register(&first).await;
            self.read().await
        } else {
            first
        };
        self.answer_login(&login, 0).await;
    }

    pub async fn answer_register(&mut self, packet: &Packet) {
        assert_eq!((packet.kind, packet.message()), (3, "register"));
        let field = |name: &str| packet.data(name).as_str().unwrap().to_owned();
        assert_eq!(
            field("sign"),
            md5(&format!(
                "{}{}{}{MAGIC}",
                field("serial"),
                field("mac"),
                field("timestamp")
            ))
        );
        let data = json!({ "uuid": UUID, "passwd": PASSWD, "activateCode": null });
        self.answer(
            packet.sequence,
            &json!({ "message": "register", "result": 0, "desc": "Success", "data": data }),
        )
        .await;
    }

    pub async fn answer_login(&mut self, packet: &Packet, result: i64) {
        assert_eq!((packet.kind, packet.message()), (3, "login"));
        let timestamp = packet.data("timestamp").as_str().unwrap();
        assert_eq!(packet.data("uuid"), UUID);
        assert_eq!(
            packet.data("sign"),
            &json!(md5(&format!("{UUID}{PASSWD}{timestamp}{MAGIC}")))
        );
        self.answer(
            packet.sequence,
            &json!({ "result": result, "desc": "x", "data": {} }),
        )
        .await;
    }

    /// The next frame, as 1.1 lays it out.
    pub async fn read(&mut self) -> Packet {
        self.try_read().await.expect("a frame, not the end")
    }

    pub async fn try_read(&mut self) -> Option<Packet> {
        let mut header = [0; 20];
        let read = tokio::time::timeout(super::PATIENCE, self.stream.read_exact(&mut header)).await;
        read.expect("a frame in time").ok()?;
        assert_eq!(&header[..4], b"QYZN");
        assert_eq!((header[6], header[7]), (1, 0), "JSON, reserved");
        let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        let mut body = vec![0; number(16) as usize];
        self.stream.read_exact(&mut body).await.ok()?;
        Some(Packet {
            version: header[4],
            kind: header[5],
            timestamp: number(8),
            sequence: number(12),
            body: if body.is_empty() {
                Value::Null
            } else {
                serde_json::from_slice(&body).unwrap()
            },
            raw: [header.as_slice(), &body].concat(),
        })
    }

    pub async fn write(&mut self, version: u8, kind: u8, sequence: u32, body: &str) {
        let mut frame = b"QYZN".to_vec();
        frame.extend([version, kind, 1, 0]);
        frame.extend(0x5d40_ec47_u32.to_le_bytes());
        frame.extend(sequence.to_le_bytes());
        frame.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
        frame.extend(body.as_bytes());
        self.write_bytes(&frame).await;
    }

    pub async fn write_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    pub async fn answer(&mut self, sequence: u32, body: &Value) {
        self.write(2, 4, sequence, &body.to_string()).await;
    }

    /// Asks, and gives the answer; what the terminal asks meanwhile is kept.
    pub async fn ask(&mut self, message: &str, data: Value) -> Value {
        let sequence = self.send(message, data).await;
        self.answer_to(sequence).await
    }

    pub async fn send(&mut self, message: &str, data: Value) -> u32 {
        self.next += 1;
        let body = json!({ "message": message, "data": data }).to_string();
        self.write(3, 3, self.next, &body).await;
        self.next
    }

    pub async fn answer_to(&mut self, sequence: u32) -> Value {
        loop {
            let packet = self.read().await;
            if packet.kind == 4 && packet.sequence == sequence {
                return packet.body;
            }
            self.early.push(packet);
        }
    }

    /// The next request with this message; others are dropped.
    pub async fn request(&mut self, message: &str) -> Packet {
        if let Some(at) = self.early.iter().position(|packet| packet.message() == message) {
            return self.early.remove(at);
        }
        loop {
            let packet = self.read().await;
            if packet.kind == 3 && packet.message() == message {
                return packet;
            }
        }
    }

    /// The next record, acknowledged with `data`.
    pub async fn record(&mut self, data: Value) -> Packet {
        let packet = self.request("snapshot_face").await;
        self.answer(
            packet.sequence,
            &json!({ "result": 0, "desc": "Success", "data": data }),
        )
        .await;
        packet
    }

    /// Waits until the terminal has closed the connection.
    pub async fn closed(mut self) {
        while self.try_read().await.is_some() {}
    }
}
