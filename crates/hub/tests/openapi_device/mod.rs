//! An openapi terminal written from the document's bytes: the calls of chapters 7 and 8, and its WebSocket.

#![allow(dead_code, unreachable_pub)]

use crate::http_device::{Asked, HttpDevice};
use crate::kit::{Answer, Client, TestHub};
use futures_util::{SinkExt as _, StreamExt as _};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

pub const PASSWORD: &str = "123456";
pub const OK: &str = r#"{"code":200,"message":"OK","desc":""}"#;
pub const NOTHING: &str = r#"{"code":50008,"message":"Search List Null","desc":""}"#;
const INFORMATION: &str = r#"{"code":200,"message":"OK","desc":"","data":{"deviceID":"OA-1","deviceName":"door","appVer":"1.2.3","webVer":"1","deviceMoel":"DS-7"}}"#;

/// A page of a list.
pub fn page(entries: &[Value]) -> String {
    let count = entries.len();
    let pages = usize::from(count > 0);
    json!({"code": 200, "message": "OK", "desc": "", "data": {"total": count, "pageNum": 1, "size": count,
        "pageSize": count, "totalPage": pages, "data": entries}})
    .to_string()
}

/// A record as the document's example has it.
pub fn record(id: i64, user: &str, at: i64) -> Value {
    json!({"id": id, "userId": user, "userType": 1, "name": "张三", "icNumber": "", "jobNumber": "", "mobile": "",
        "remark": "", "signAvatar": "/9j/2wBDABQODxIPDRQ=", "signTime": at, "type": 1, "inputType": 1,
        "similarity": 87, "temperature": 36.5, "temperatureState": 0, "wearMask": false, "deviceMark": "OA-1"})
}

pub struct Terminal {
    pub http: HttpDevice,
    listener: TcpListener,
    pub push_address: SocketAddr,
}

impl Terminal {
    pub async fn start() -> Self {
        let http = HttpDevice::start(&[
            ("/api/device/information", INFORMATION),
            ("/api/user/list", NOTHING),
            ("/api/record", NOTHING),
            ("/api/device/syncTime", OK),
        ])
        .await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let push_address = listener.local_addr().unwrap();
        Self {
            http,
            listener,
            push_address,
        }
    }

    pub async fn enter(&self, admin: &Client, more: Value) -> String {
        let mut body = json!({
            "dialect": "openapi", "address": self.http.address.to_string(),
            "push_address": self.push_address.to_string(), "credentials": {"password": PASSWORD},
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let entered = admin.post("/devices", &body).await.expect(201).json();
        format!("/devices/{}", entered["id"].as_str().unwrap())
    }

    /// The next client that listens; its query is checked.
    pub async fn listened(&mut self) -> Listening {
        let accept = async {
            let (stream, _) = self.listener.accept().await.unwrap();
            let mut target = String::new();
            #[allow(clippy::result_large_err, reason = "the library's type")]
            let check = |request: &Request, response: Response| {
                target = request.uri().to_string();
                Ok(response)
            };
            let socket = tokio_tungstenite::accept_hdr_async(stream, check).await.unwrap();
            let query = target.split_once("/api/record?").unwrap().1.to_owned();
            signed(&query);
            Listening(socket)
        };
        tokio::time::timeout(Duration::from_secs(20), accept)
            .await
            .expect("nobody listened within 20 s")
    }
}

/// Whether a query is signed by the password; the time of the signature, in milliseconds.
pub fn signed(query: &str) -> i64 {
    let url = reqwest::Url::parse(&format!("http://x/?{query}")).unwrap();
    let pairs: std::collections::HashMap<String, String> = url.query_pairs().into_owned().collect();
    let mut digest = Md5::new();
    digest.update(format!("{}#{PASSWORD}", pairs["timestamp"]));
    assert_eq!(pairs["sign"], hex::encode(digest.finalize()), "{query}");
    pairs["timestamp"].parse().unwrap()
}

/// The parameters of a call beside its signature, which is checked.
pub fn parameters(asked: &Asked) -> Value {
    signed(&asked.query);
    let url = reqwest::Url::parse(&format!("http://x/?{}", asked.query)).unwrap();
    let own = url.query_pairs().into_owned();
    let own = own.filter(|(name, _)| name != "timestamp" && name != "sign");
    json!(own.collect::<std::collections::HashMap<String, String>>())
}

/// A hub that fetches soon, and an admin.
pub async fn hub() -> (TestHub, Client) {
    let overrides = "[devices]\nfill_after_ms = 50\ncall_seconds = 5\n[faces]\ncheck = \"off\"\n";
    let hub = TestHub::start_with(overrides).await;
    let admin = hub.admin().await;
    (hub, admin)
}

pub fn made(answer: Answer) -> Value {
    answer.expect(201).json()
}

/// Somebody who listens.
pub struct Listening(WebSocketStream<TcpStream>);

impl Listening {
    pub async fn greet(&mut self) {
        self.say(&json!({"code": 20000, "message": " Connected!", "desc": "Connected!"}))
            .await;
    }

    pub async fn say(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    pub async fn push(&mut self, record: &Value) {
        self.say(&json!({"code": 30000, "message": "push record", "desc": "", "data": record}))
            .await;
    }

    /// The next text of the client.
    pub async fn heard(&mut self) -> String {
        let heard = async {
            loop {
                match self.0.next().await.expect("the client left").unwrap() {
                    Message::Text(text) => return text.to_string(),
                    _ => continue,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), heard)
            .await
            .expect("nothing was said within 20 s")
    }
}
