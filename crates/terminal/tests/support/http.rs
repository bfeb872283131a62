//! HTTP as plain bytes: a server that takes one request at a time and answers when it is told to.

use super::PATIENCE;
use std::collections::BTreeMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server.
pub struct Receiver {
    listener: TcpListener,
}

/// A request that waits for its answer; dropped, it gets none.
pub struct Received {
    stream: TcpStream,
    pub method: String,
    pub target: String,
    /// As they came.
    pub head: String,
    pub body: Vec<u8>,
}

impl Receiver {
    pub async fn listen() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listener.local_addr().unwrap())
    }

    /// The next request.
    pub async fn next(&self) -> Received {
        let next = tokio::time::timeout(PATIENCE, self.next_ever());
        next.await.expect("a request in time")
    }

    /// The next request, however long it takes.
    pub async fn next_ever(&self) -> Received {
        loop {
            let (stream, _) = self.listener.accept().await.unwrap();
            // Whoever breaks off is nobody.
            if let Some(whole) = Received::read(stream).await {
                return whole;
            }
        }
    }

    /// The next request, answered.
    pub async fn answered(&self, answer: &str) -> Received {
        let mut request = self.next().await;
        request.answer(answer).await;
        request
    }

    /// Hands this out to whoever asks.
    pub fn serve(self, content_type: &'static str, body: Vec<u8>) {
        tokio::spawn(async move {
            loop {
                let mut request = self.next_ever().await;
                request.answer_with("200 OK", content_type, &body).await;
            }
        });
    }
}

impl Received {
    async fn read(mut stream: TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length:")
                    .map(str::to_owned)
            })
            .map_or(0, |length| length.trim().parse().unwrap());
        while bytes.len() < end + length {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        let mut first = head.split_whitespace();
        Some(Self {
            method: first.next().unwrap().to_owned(),
            target: first.next().unwrap().to_owned(),
            body: bytes[end..].to_vec(),
            head,
            stream,
        })
    }

    /// From where it came.
    pub fn peer(&self) -> std::net::IpAddr {
        self.stream.peer_addr().unwrap().ip()
    }

    pub async fn answer(&mut self, body: &str) {
        self.answer_with("200 OK", "application/json", body.as_bytes())
            .await;
    }

    pub async fn answer_with(&mut self, status: &str, content_type: &str, body: &[u8]) {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let whole = [head.as_bytes(), body].concat();
        // Whoever asked may have gone.
        if self.stream.write_all(&whole).await.is_ok() {
            let _ = self.stream.shutdown().await;
        }
    }

    /// The body as a form.
    pub fn form(&self) -> BTreeMap<String, String> {
        let text = std::str::from_utf8(&self.body).unwrap();
        text.split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), decoded(value)))
            .collect()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, others)) = rest.split_first() {
        rest = others;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let code = std::str::from_utf8(&rest[..2]).unwrap();
                bytes.push(u8::from_str_radix(code, 16).unwrap());
                rest = &rest[2..];
            }
            plain => bytes.push(*plain),
        }
    }
    String::from_utf8(bytes).unwrap()
}
