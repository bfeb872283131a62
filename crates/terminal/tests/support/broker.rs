//! A broker and the platform behind it in one, written by hand from MQTT 3.1.1 and the document, sharing no code with the
//! terminal: one terminal at a time, every packet as bytes.

use rumqttc::tokio_rustls::TlsAcceptor;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

use super::PATIENCE;

/// The terminal's serial in these tests.
pub const SERIAL: &str = "MS-TEST-1";
/// What the platform gives at registration.
pub const TOKEN: &str = "1508845817";

/// Where terminals connect.
pub struct Broker {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

/// What a connection reads and writes.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A file of the authority that is made for these tests.
pub fn tls_file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/support/tls");
    folder.join(name)
}

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(tls_file("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(tls_file("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// What CONNECT says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    pub client_id: String,
    pub clean_session: bool,
    pub keep_alive: u16,
    pub username: Option<String>,
    pub password: Option<String>,
}

/// A message that the terminal published.
#[derive(Debug, Clone)]
pub struct Message {
    pub topic: String,
    pub qos: u8,
    pub payload: Vec<u8>,
    pub json: Value,
}

impl Message {
    pub fn kind(&self) -> &str {
        self.json["msgType"].as_str().unwrap_or_default()
    }

    pub fn text(&self, field: &str) -> &str {
        self.json[field]
            .as_str()
            .unwrap_or_else(|| panic!("{field} is no text: {}", self.json))
    }
}

/// One connection of a terminal.
pub struct Wire {
    stream: Box<dyn Stream>,
    pub connect: Connect,
    pub topics: Vec<String>,
    next_packet: u16,
    next_command: u32,
    /// Messages that came while something else was awaited.
    early: VecDeque<Message>,
    /// Numbers of packets that the terminal acknowledged (PUBACK).
    pub acknowledged: Vec<u16>,
    /// Whether the terminal said DISCONNECT.
    pub disconnected: bool,
}

impl Broker {
    pub async fn listen() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            tls: None,
        }
    }

    /// The same behind TLS.
    pub async fn listen_with_tls() -> Self {
        Self {
            tls: Some(acceptor()),
            ..Self::listen().await
        }
    }

    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "ssl" } else { "tcp" };
        format!("{scheme}://{}", self.listener.local_addr().unwrap())
    }

    /// The next connection, accepted (CONNACK 0).
    pub async fn accept(&self) -> Wire {
        self.accept_with(0).await
    }

    /// The next connection, answered with a return code.
    pub async fn accept_with(&self, code: u8) -> Wire {
        let accepted = tokio::time::timeout(PATIENCE, self.listener.accept()).await;
        let (stream, _) = accepted.expect("a terminal dials").unwrap();
        let mut stream: Box<dyn Stream> = match &self.tls {
            Some(tls) => Box::new(tls.accept(stream).await.unwrap()),
            None => Box::new(stream),
        };
        let (kind, body) = read_packet(&mut stream).await.expect("CONNECT");
        assert_eq!(kind, 0x10, "CONNECT comes first");
        let connect = connect_of(&body);
        let session_present = u8::from(!connect.clean_session && code == 0);
        stream.write_all(&[0x20, 2, session_present, code]).await.unwrap();
        Wire {
            stream,
            connect,
            topics: Vec::new(),
            next_packet: 0,
            next_command: 0,
            early: VecDeque::new(),
            acknowledged: Vec::new(),
            disconnected: false,
        }
    }

    /// A connection whose terminal has registered.
    pub async fn welcome(&self) -> Wire {
        let mut wire = self.accept().await;
        let register = wire.message("register").await;
        assert_eq!(register.text("deviceNo"), SERIAL);
        wire.answer_register("100").await;
        wire
    }

    /// A connection whose beginning fails: the terminal does not trust this broker.
    pub async fn is_distrusted(&self) {
        let accepted = tokio::time::timeout(PATIENCE, self.listener.accept()).await;
        let (stream, _) = accepted.expect("a terminal dials").unwrap();
        assert!(self.tls.as_ref().unwrap().accept(stream).await.is_err());
    }
}

/// A text of two length bytes.
fn text_at(body: &[u8], at: &mut usize) -> String {
    let length = usize::from(u16::from_be_bytes([body[*at], body[*at + 1]]));
    let text = String::from_utf8(body[*at + 2..*at + 2 + length].to_vec()).unwrap();
    *at += 2 + length;
    text
}

/// 3.1 of MQTT 3.1.1.
fn connect_of(body: &[u8]) -> Connect {
    let mut at = 0;
    assert_eq!(text_at(body, &mut at), "MQTT");
    assert_eq!(body[at], 4, "3.1.1");
    let flags = body[at + 1];
    let keep_alive = u16::from_be_bytes([body[at + 2], body[at + 3]]);
    at += 4;
    assert_eq!(flags & 0b0000_0100, 0, "no will");
    let client_id = text_at(body, &mut at);
    let username = (flags & 0x80 != 0).then(|| text_at(body, &mut at));
    let password = (flags & 0x40 != 0).then(|| text_at(body, &mut at));
    Connect {
        client_id,
        clean_session: flags & 2 != 0,
        keep_alive,
        username,
        password,
    }
}

/// One packet: its first byte and its body.
async fn read_packet(stream: &mut Box<dyn Stream>) -> Option<(u8, Vec<u8>)> {
    let mut kind = [0];
    let read = tokio::time::timeout(PATIENCE, stream.read_exact(&mut kind)).await;
    read.expect("a packet in time").ok()?;
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.ok()?;
        length |= usize::from(byte[0] & 0x7F) << shift;
        shift += 7;
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((kind[0], body))
}

/// A packet's bytes.
pub fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    let mut length = body.len();
    loop {
        let low = u8::try_from(length % 128).unwrap();
        length /= 128;
        bytes.push(if length > 0 { low | 0x80 } else { low });
        if length == 0 {
            break;
        }
    }
    bytes.extend(body);
    bytes
}

/// A PUBLISH; quality 0 has no number.
pub fn publish(topic: &str, quality: u8, number: u16, payload: &[u8]) -> Vec<u8> {
    let mut body = u16::try_from(topic.len()).unwrap().to_be_bytes().to_vec();
    body.extend(topic.as_bytes());
    if quality > 0 {
        body.extend(number.to_be_bytes());
    }
    body.extend(payload);
    packet(0x30 | quality << 1, &body)
}

pub fn request_topic() -> String {
    format!("pass/{SERIAL}/request")
}

impl Wire {
    /// Reads one packet and answers it as a broker does; gives the message that it brings, if it brings one. `None` at
    /// the end.
    async fn step(&mut self) -> Option<Option<Message>> {
        let (kind, body) = read_packet(&mut self.stream).await?;
        match kind >> 4 {
            3 => return Some(Some(self.published(kind, &body).await)),
            4 => self.acknowledged.push(u16::from_be_bytes([body[0], body[1]])),
            8 => self.subscribed(&body).await,
            12 => self.stream.write_all(&[0xD0, 0]).await.ok()?,
            14 => {
                self.disconnected = true;
                self.stream.shutdown().await.ok()?;
            }
            other => panic!("packet {other}"),
        }
        Some(None)
    }

    /// The next message; `None` at the end.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.step().await? {
                return Some(message);
            }
        }
    }

    async fn published(&mut self, kind: u8, body: &[u8]) -> Message {
        let mut at = 0;
        let topic = text_at(body, &mut at);
        let qos = (kind >> 1) & 3;
        if qos > 0 {
            let number = [body[at], body[at + 1]];
            at += 2;
            // The terminal may have gone already.
            let _ = self.stream.write_all(&[0x40, 2, number[0], number[1]]).await;
        }
        assert_eq!(kind & 1, 0, "nothing is retained");
        let payload = body[at..].to_vec();
        Message {
            topic,
            qos,
            json: serde_json::from_slice(&payload).unwrap(),
            payload,
        }
    }

    async fn subscribed(&mut self, body: &[u8]) {
        let mut at = 2;
        let mut answer = body[..2].to_vec();
        while at < body.len() {
            self.topics.push(text_at(body, &mut at));
            answer.push(body[at]);
            at += 1;
        }
        self.stream.write_all(&packet(0x90, &answer)).await.unwrap();
    }

    /// The next message of this kind; others are kept.
    pub async fn message(&mut self, kind: &str) -> Message {
        if let Some(at) = self.early.iter().position(|message| message.kind() == kind) {
            return self.early.remove(at).unwrap();
        }
        loop {
            let message = self.next().await.unwrap_or_else(|| panic!("{kind}, not the end"));
            if message.kind() == kind {
                return message;
            }
            self.early.push_back(message);
        }
    }

    /// The next message, whatever it is.
    pub async fn any(&mut self) -> Message {
        self.try_any().await.expect("a message, not the end")
    }

    /// Whether messages of this kind have come that nobody waited for.
    pub fn has_early(&self, kind: &str) -> bool {
        self.early.iter().any(|message| message.kind() == kind)
    }

    /// The terminal's serial, as it calls itself to the broker.
    pub fn serial(&self) -> &str {
        &self.connect.client_id
    }

    /// The next message; `None` at the end.
    pub async fn try_any(&mut self) -> Option<Message> {
        match self.early.pop_front() {
            Some(message) => Some(message),
            None => self.next().await,
        }
    }

    /// Writes bytes as they are.
    pub async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    fn number(&mut self) -> u16 {
        self.next_packet += 1;
        self.next_packet
    }

    /// Publishes on a topic with quality 1; gives the packet's number.
    pub async fn publish(&mut self, topic: &str, payload: &str) -> u16 {
        let number = self.number();
        self.write(&publish(topic, 1, number, payload.as_bytes())).await;
        number
    }

    /// What a platform answers on `pass/…/response`.
    pub async fn respond(&mut self, message: Value) {
        let topic = format!("pass/{}/response", self.serial());
        self.publish(&topic, &message.to_string()).await;
    }

    pub async fn answer_register(&mut self, code: &str) {
        let serial = self.serial().to_owned();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        self.respond(json!({
            "msgType": "registerResp", "deviceNo": serial, "token": TOKEN,
            "registerTime": now.as_millis().to_string(), "errorCode": code,
        }))
        .await;
    }

    /// Commands something; gives the command's id.
    pub async fn command(&mut self, kind: &str, fields: Value) -> String {
        self.next_command += 1;
        let msg_id = format!("{:06}", self.next_command);
        self.command_as(&msg_id, kind, fields).await;
        msg_id
    }

    pub async fn command_as(&mut self, msg_id: &str, kind: &str, fields: Value) -> u16 {
        let mut message = json!({"msgType": kind, "msgID": msg_id, "deviceNo": SERIAL});
        for (key, value) in fields.as_object().unwrap() {
            message[key] = value.clone();
        }
        self.publish(&request_topic(), &message.to_string()).await
    }

    /// Commands something and gives the answer.
    pub async fn ask(&mut self, kind: &str, fields: Value) -> Message {
        let msg_id = self.command(kind, fields).await;
        self.answer_to(kind, &msg_id).await
    }

    /// The answer to a command.
    pub async fn answer_to(&mut self, kind: &str, msg_id: &str) -> Message {
        let answer = self.message(&format!("{kind}Resp")).await;
        assert_eq!(answer.topic, format!("face/{SERIAL}/response"));
        assert_eq!(answer.qos, 1);
        assert_eq!(
            (
                answer.text("msgID"),
                answer.text("deviceNo"),
                answer.text("token")
            ),
            (msg_id, SERIAL, TOKEN)
        );
        answer
    }

    /// The next record, which is not acknowledged yet.
    pub async fn record(&mut self) -> Message {
        let record = self.message("uploadRecord").await;
        assert_eq!(record.topic, format!("face/{SERIAL}/request"));
        record
    }

    /// Acknowledges a record.
    pub async fn take(&mut self, record: &Message, control: &str, words: &str) {
        self.respond(json!({
            "msgType": "uploadRecordResp", "msgID": record.text("msgID"), "deviceNo": self.serial(), "errorCode": "100",
            "controlState": control, "msg": words,
        }))
        .await;
    }

    /// Waits until the terminal has acknowledged a packet (PUBACK).
    pub async fn acknowledged(&mut self, number: u16) {
        while !self.acknowledged.contains(&number) {
            let brought = self.step().await.expect("an acknowledgement, not the end");
            self.early.extend(brought);
        }
    }

    /// Waits until the terminal has closed the connection.
    pub async fn closed(&mut self) {
        while let Some(message) = self.next().await {
            self.early.push_back(message);
        }
    }
}
