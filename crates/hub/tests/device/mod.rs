//! A terminal that speaks the wire by hand: its bytes are written here from the document, not by the hub's own codec,
//! so that two sides of ours cannot agree on a mistake.

#![allow(dead_code, unreachable_pub)]

pub mod site;

use md5::{Digest, Md5};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The key of signatures (document 4.2.2).
const SIGN_KEY: &str = "P3K0eikSRSJHliME";

pub const HEARTBEAT: u8 = 1;
pub const NOTIFICATION: u8 = 2;
pub const REQUEST: u8 = 3;
pub const RESPONSE: u8 = 4;

/// A frame as it lies on the wire (document 1.1).
pub fn frame(version: u8, kind: u8, sequence: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = b"QYZN".to_vec();
    bytes.extend([version, kind, 1, 0]);
    bytes.extend(1_564_535_879_u32.to_le_bytes());
    bytes.extend(sequence.to_le_bytes());
    bytes.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    bytes.extend(body);
    bytes
}

pub fn md5(parts: &[&str]) -> String {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A frame that came.
#[derive(Debug, Clone)]
pub struct Came {
    pub version: u8,
    pub kind: u8,
    pub sequence: u32,
    pub body: Value,
}

/// A terminal with its connection.
pub struct Device {
    pub stream: TcpStream,
    pub serial: String,
    pub mac: String,
    pub uuid: String,
    pub passwd: String,
    sequence: u32,
    /// Requests of the hub that came while an answer was waited for.
    asked: std::collections::VecDeque<Came>,
}

impl Device {
    /// Dials the hub.
    pub async fn dial(address: &str, serial: &str) -> Self {
        Self {
            stream: TcpStream::connect(address).await.unwrap(),
            serial: serial.to_owned(),
            mac: "8CEC4B91040C".to_owned(),
            uuid: String::new(),
            passwd: String::new(),
            sequence: 1000,
            asked: std::collections::VecDeque::new(),
        }
    }

    /// The same terminal on a new connection.
    pub async fn again(&self, address: &str) -> Self {
        let mut device = Self::dial(address, &self.serial).await;
        (device.mac, device.uuid, device.passwd) = (self.mac.clone(), self.uuid.clone(), self.passwd.clone());
        device
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next frame; `None` when the hub hung up.
    pub async fn receive(&mut self) -> Option<Came> {
        let mut header = [0; 20];
        let read = tokio::time::timeout(Duration::from_secs(20), self.stream.read_exact(&mut header));
        if read.await.expect("nothing came within 20 s").is_err() {
            return None;
        }
        assert_eq!(&header[..4], b"QYZN");
        let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        let mut body = vec![0; number(16) as usize];
        self.stream.read_exact(&mut body).await.ok()?;
        Some(Came {
            version: header[4],
            kind: header[5],
            sequence: number(12),
            body: if body.is_empty() {
                Value::Null
            } else {
                serde_json::from_slice(&body).unwrap()
            },
        })
    }

    /// Whether the hub hangs up, whatever it says before.
    pub async fn is_hung_up_on(&mut self) {
        while self.receive().await.is_some() {}
    }

    /// Sends a request; gives the answer of the same sequence. What the hub asks meanwhile is kept.
    pub async fn ask(&mut self, message: &str, data: Value) -> Value {
        let body = json!({"message": message, "data": data}).to_string();
        self.ask_raw(body.as_bytes()).await
    }

    pub async fn ask_raw(&mut self, body: &[u8]) -> Value {
        self.sequence += 1;
        let sequence = self.sequence;
        self.send(&frame(2, REQUEST, sequence, body)).await;
        self.answer_of(sequence).await
    }

    pub async fn answer_of(&mut self, sequence: u32) -> Value {
        loop {
            let came = self.receive().await.expect("the hub hung up");
            match came.kind {
                RESPONSE if came.sequence == sequence => return came.body,
                REQUEST => self.asked.push_back(came),
                _ => {}
            }
        }
    }

    pub fn last_sequence(&self) -> u32 {
        self.sequence
    }

    /// The next request of the hub.
    pub async fn asked(&mut self) -> Came {
        if let Some(came) = self.asked.pop_front() {
            return came;
        }
        loop {
            let came = self.receive().await.expect("the hub hung up");
            if came.kind == REQUEST {
                return came;
            }
        }
    }

    /// The next request of the hub of this name; others are answered with success.
    pub async fn asked_for(&mut self, message: &str) -> Came {
        loop {
            let came = self.asked().await;
            if came.body["message"] == message {
                return came;
            }
            self.answer(&came, 0, json!({})).await;
        }
    }

    pub async fn answer(&mut self, to: &Came, result: i64, data: Value) {
        let body = json!({"result": result, "desc": "from the device", "data": data}).to_string();
        self.send(&frame(to.version, RESPONSE, to.sequence, body.as_bytes()))
            .await;
    }

    /// The data of a registration.
    pub fn registration(&self) -> Value {
        let timestamp = "1543563114";
        json!({
            "serial": self.serial, "mac": self.mac, "timestamp": timestamp, "type": "KG02",
            "sign": md5(&[&self.serial, &self.mac, timestamp, SIGN_KEY]),
        })
    }

    pub async fn register(&mut self) -> Value {
        let answer = self.ask("register", self.registration()).await;
        if answer["result"] == 0 {
            self.uuid = answer["data"]["uuid"].as_str().unwrap().to_owned();
            self.passwd = answer["data"]["passwd"].as_str().unwrap().to_owned();
        }
        answer
    }

    pub async fn login(&mut self) -> Value {
        let timestamp = "1543563115";
        let sign = md5(&[&self.uuid, &self.passwd, timestamp, SIGN_KEY]);
        let data = json!({"uuid": self.uuid, "version": "V1.0.0", "timestamp": timestamp, "sign": sign});
        self.ask("login", data).await
    }

    /// Registers and signs in.
    pub async fn enter(&mut self) {
        assert_eq!(self.register().await["result"], 0);
        assert_eq!(self.login().await["result"], 0);
    }

    /// Sends a record; gives the answer.
    pub async fn record(&mut self, person: &str, snaptime: &str, result: i64, picture: &str) -> Value {
        let kind = if person.is_empty() { 4 } else { 1 };
        let data = json!({
            "personId": person, "fullName": "Han Meimei", "type": kind, "idNum": "", "icNum": "",
            "snapPic": picture, "score": 92, "result": result, "snaptime": snaptime,
        });
        self.ask("snapshot_face", data).await
    }
}
