//! A terminal that speaks MQTT 3.1.1 by hand: its packets are written here from the standard and its messages from the
//! dialect's document, not by any library of the hub's, so that two sides of ours cannot agree on a mistake.

#![allow(dead_code, unreachable_pub)]

pub mod certificates;

use md5::{Digest, Md5};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes both ways: plain or TLS.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What a client says of itself when it connects.
#[derive(Debug, Clone, Default)]
pub struct Hello {
    pub client_id: String,
    pub user: Option<String>,
    pub password: Option<String>,
    pub will_topic: Option<String>,
    pub will: Option<String>,
}

impl Hello {
    pub fn of(serial: &str) -> Self {
        Self {
            client_id: format!("client of {serial}"),
            ..Self::default()
        }
    }

    pub fn with(serial: &str, broker: &Value) -> Self {
        Self {
            user: broker["username"].as_str().map(str::to_owned),
            password: broker["password"].as_str().map(str::to_owned),
            ..Self::of(serial)
        }
    }
}

/// A packet that came.
#[derive(Debug, Clone, PartialEq)]
pub enum Packet {
    ConnAck(u8),
    Publish {
        topic: String,
        payload: Vec<u8>,
        qos: u8,
    },
    PubAck(u16),
    SubAck(Vec<u8>),
    Pong,
}

/// A text with its length before it.
fn text(text: &str) -> Vec<u8> {
    let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

/// A packet: its first byte, the remaining length, the rest.
fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut left = body.len();
    loop {
        let digit = u8::try_from(left % 128).unwrap();
        left /= 128;
        bytes.push(if left > 0 { digit | 0x80 } else { digit });
        if left == 0 {
            break;
        }
    }
    bytes.extend(body);
    bytes
}

/// A connection to a broker.
pub struct Client {
    /// Where it comes from, where somebody noted it.
    pub local: Option<std::net::SocketAddr>,
    /// How long it waits for the next packet.
    pub patience: Duration,
    stream: Box<dyn Stream>,
    next_id: u16,
    came: VecDeque<Packet>,
}

impl Client {
    /// Connects; gives the broker's return code along.
    pub async fn connect(address: &str, hello: &Hello) -> (Self, u8) {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::over(Box::new(stream), hello).await
    }

    /// The same over bytes that are there.
    pub async fn over(stream: Box<dyn Stream>, hello: &Hello) -> (Self, u8) {
        let mut client = Self {
            local: None,
            patience: PATIENCE,
            stream,
            next_id: 0,
            came: VecDeque::new(),
        };
        let mut flags = 0x02;
        let mut payload = text(&hello.client_id);
        if let Some(topic) = &hello.will_topic {
            flags |= 0x04;
            payload.extend(text(topic));
            payload.extend(text(hello.will.as_deref().unwrap_or("gone")));
        }
        if let Some(user) = &hello.user {
            flags |= 0x80;
            payload.extend(text(user));
        }
        if let Some(password) = &hello.password {
            flags |= 0x40;
            payload.extend(text(password));
        }
        let mut body = text("MQTT");
        body.extend([4, flags, 0, 60]);
        body.extend(payload);
        client.write(&packet(0x10, &body)).await;
        let code = match client.receive().await {
            Some(Packet::ConnAck(code)) => code,
            other => panic!("{other:?} instead of CONNACK"),
        };
        (client, code)
    }

    async fn write(&mut self, bytes: &[u8]) {
        // Whoever is hung up on notices when reading.
        let _ = self.stream.write_all(bytes).await;
    }

    /// The next packet; `None` where the broker hung up.
    pub async fn receive(&mut self) -> Option<Packet> {
        tokio::time::timeout(self.patience, self.read())
            .await
            .expect("nothing came in time")
    }

    async fn read(&mut self) -> Option<Packet> {
        let first = self.stream.read_u8().await.ok()?;
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            let digit = self.stream.read_u8().await.ok()?;
            length |= usize::from(digit & 0x7f) << shift;
            shift += 7;
            if digit & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.ok()?;
        let number = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
        Some(match first >> 4 {
            2 => Packet::ConnAck(body[1]),
            3 => {
                let qos = (first >> 1) & 3;
                let topic_ends = 2 + usize::from(number(0));
                let topic = String::from_utf8(body[2..topic_ends].to_vec()).unwrap();
                let begins = if qos > 0 {
                    let id = number(topic_ends);
                    self.write(&packet(0x40, &id.to_be_bytes())).await;
                    topic_ends + 2
                } else {
                    topic_ends
                };
                let payload = body[begins..].to_vec();
                Packet::Publish { topic, payload, qos }
            }
            4 => Packet::PubAck(number(0)),
            9 => Packet::SubAck(body[2..].to_vec()),
            13 => Packet::Pong,
            other => panic!("packet type {other}"),
        })
    }

    /// Subscribes; gives the broker's return code.
    pub async fn subscribe(&mut self, filter: &str) -> u8 {
        self.next_id += 1;
        let mut body = self.next_id.to_be_bytes().to_vec();
        body.extend(text(filter));
        body.push(1);
        self.write(&packet(0x82, &body)).await;
        loop {
            match self.receive().await.expect("the broker hung up") {
                Packet::SubAck(codes) => return codes[0],
                other => self.came.push_back(other),
            }
        }
    }

    /// Publishes at QoS 1; `false` where the broker hangs up over it.
    pub async fn publish(&mut self, topic: &str, payload: &[u8]) -> bool {
        self.next_id += 1;
        let mut body = text(topic);
        body.extend(self.next_id.to_be_bytes());
        body.extend(payload);
        self.write(&packet(0x32, &body)).await;
        loop {
            match self.receive().await {
                None => return false,
                Some(Packet::PubAck(id)) if id == self.next_id => return true,
                Some(other) => self.came.push_back(other),
            }
        }
    }

    /// Asks whether the connection is alive.
    pub async fn ping(&mut self) {
        self.write(&packet(0xc0, &[])).await;
        loop {
            match self.receive().await.expect("the broker hung up") {
                Packet::Pong => return,
                other => self.came.push_back(other),
            }
        }
    }

    /// The next publication; `None` where the broker hung up.
    pub async fn published(&mut self) -> Option<(String, Value, u8)> {
        loop {
            let came = match self.came.pop_front() {
                Some(came) => came,
                None => self.receive().await?,
            };
            if let Packet::Publish { topic, payload, qos } = came {
                return Some((topic, serde_json::from_slice(&payload).unwrap(), qos));
            }
        }
    }

    /// Ends the connection without a word.
    pub async fn hang_up(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Waits until the broker hangs up.
    pub async fn is_hung_up_on(&mut self) {
        while self.receive().await.is_some() {}
    }
}

/// The signature of 2.1.1, from the document's sentence.
pub fn sign(serial: &str, time: &str, rand: &str) -> String {
    let hash = Md5::digest(format!("{serial}{time}{rand}{serial}").as_bytes());
    hash.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A terminal on its connection.
pub struct Device {
    pub client: Client,
    pub serial: String,
    pub token: String,
    /// How many people it says it holds.
    pub held: u32,
}

impl Device {
    /// Connects and subscribes to what the cloud says.
    pub async fn connect(address: &str, serial: &str, hello: &Hello) -> Self {
        let (client, code) = Client::connect(address, hello).await;
        assert_eq!(code, 0, "CONNACK");
        Self::on(client, serial).await
    }

    /// The same on a connection that stands.
    pub async fn on(mut client: Client, serial: &str) -> Self {
        for part in ["request", "response"] {
            assert_eq!(client.subscribe(&format!("pass/{serial}/{part}")).await, 1);
        }
        Self {
            client,
            serial: serial.to_owned(),
            token: String::new(),
            held: 0,
        }
    }

    /// Publishes a report or question.
    pub async fn say(&mut self, message: &Value) {
        let topic = format!("face/{}/request", self.serial);
        assert!(self.client.publish(&topic, message.to_string().as_bytes()).await);
    }

    /// The next message of the cloud on this topic's part (`request`, `response`). That people are counted after each
    /// connection is answered by the way.
    pub async fn heard(&mut self, part: &str) -> Value {
        loop {
            let (topic, message, _) = self.next("").await;
            if topic.is_empty() {
                continue;
            }
            assert_eq!(topic, format!("pass/{}/{part}", self.serial), "{message}");
            return message;
        }
    }

    /// The next publication; a count that is not `wanted` is answered, and told without a topic.
    pub async fn next(&mut self, wanted: &str) -> (String, Value, u8) {
        let (topic, message, qos) = self.client.published().await.expect("the broker hung up");
        if message["msgType"] == "onlineGetRegisterCount" && wanted != "onlineGetRegisterCount" {
            self.answer(&message, "100", json!({"personNum": self.held.to_string()}))
                .await;
            return (String::new(), message, qos);
        }
        (topic, message, qos)
    }

    /// The next question of the cloud; it must be this one.
    pub async fn asked(&mut self, name: &str) -> Value {
        let message = loop {
            let (topic, message, _) = self.next(name).await;
            if topic == format!("pass/{}/request", self.serial) {
                break message;
            }
            assert_eq!(topic, "", "{message}");
        };
        assert_eq!(message["msgType"], name, "{message}");
        assert_eq!(message["deviceNo"], self.serial.as_str());
        message
    }

    /// Answers a question.
    pub async fn answer(&mut self, question: &Value, code: &str, more: Value) {
        let name = format!("{}Resp", question["msgType"].as_str().unwrap());
        let mut answer = json!({"msgType": name, "msgID": question["msgID"], "deviceNo": self.serial,
            "token": self.token, "errorCode": code, "msg": "from the device"});
        for (key, value) in more.as_object().into_iter().flatten() {
            answer[key] = value.clone();
        }
        let topic = format!("face/{}/response", self.serial);
        assert!(self.client.publish(&topic, answer.to_string().as_bytes()).await);
    }

    /// `register` as the document's example has it, at this time of the device's clock.
    pub fn registration(&self, time: &str) -> Value {
        let rand = "e10adc3949ba59abbe56e057f20f883e";
        json!({"msgType": "register", "deviceNo": self.serial, "registerTime": time, "rand": rand,
            "protocolVersion": " V1.0", "hardwareVersion": "A2", "softwareVersion": "2.1.9 2020-02-13",
            "algVersion": "1.0.2-1.2.0", "serialNo": "1683800000106", "sign": sign(&self.serial, time, rand)})
    }

    /// Registers; gives the answer.
    pub async fn register(&mut self) -> Value {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let registration = self.registration(&now.as_secs().to_string());
        self.say(&registration).await;
        let answer = self.heard("response").await;
        assert_eq!(answer["msgType"], "registerResp");
        self.token = answer["token"].as_str().unwrap_or_default().to_owned();
        answer
    }

    /// Registers and is told who decides.
    pub async fn enter(&mut self) {
        assert_eq!(self.register().await["errorCode"], "100");
        let told = self.asked("onlineSetDevInfo").await;
        assert_eq!(told["autoOpenDoorEnable"], "1");
        self.answer(&told, "100", json!({})).await;
        let counted = self.asked("onlineGetRegisterCount").await;
        let held = self.held.to_string();
        self.answer(&counted, "100", json!({"personNum": held})).await;
    }

    /// A record, as the document's example has it.
    pub fn record(&self, id: &str, person: &str, snap_type: &str, result: &str, time: &str) -> Value {
        json!({"msgType": "uploadRecord", "msgID": id, "version": "V1.0", "deviceNo": self.serial,
            "token": self.token, "snapType": snap_type, "compareResult": result, "passTime": time,
            "idNumber": person, "name": "张三", "sex": "男", "birth": "1998年8月9日", "company": "", "department": "",
            "phone": "18868681819", "validDateStart": "2019_10_8", "validDateEnd": "2029_10_8",
            "visitorVoiceText": "欢迎光临", "inOutMode": "1", "recognitionPhoto": "/9j/2wBDABQODxIPDRQ=",
            "comparePhoto": "", "temperature": "36.5", "temperatureResult": "1"})
    }

    /// Uploads a record; gives the answer.
    pub async fn upload(&mut self, record: &Value) -> Value {
        self.say(record).await;
        let answer = self.heard("response").await;
        assert_eq!(answer["msgType"], "uploadRecordResp");
        assert_eq!(answer["msgID"], record["msgID"]);
        answer
    }
}
