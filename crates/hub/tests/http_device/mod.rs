//! A device that is called over HTTP, written by hand: it reads one request of each connection, keeps it for the test, and
//! answers with what the test has laid out for the path.

#![allow(dead_code, unreachable_pub)]

use serde_json::Value;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

/// How a call is met.
#[derive(Debug, Clone)]
pub enum Reaction {
    /// An answer with this body, under a broken content type.
    Answer(String),
    /// The whole answer, byte for byte.
    Raw(Vec<u8>),
    /// The same; and the call's body is the answer of another path from now on.
    Keep(String, &'static str),
    /// The same once, then with another body.
    Once(String, String),
    /// The same, once the test says so.
    When(Arc<Notify>, String),
    /// The connection is closed without a word.
    HangUp,
    /// The answer begins and never ends, byte by byte.
    Endless,
    /// The answer has no end, as fast as it goes.
    Flood,
    /// The same once, then as another reaction.
    FloodOnce(Box<Reaction>),
}

/// A call as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// The path, without query.
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    /// Query and form together.
    pub fn form(&self) -> HashMap<String, String> {
        let body = String::from_utf8_lossy(&self.body);
        let url = format!("http://x/?{}&{body}", self.query);
        let url = reqwest::Url::parse(&url).unwrap();
        url.query_pairs().into_owned().collect()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

type Reactions = Arc<Mutex<HashMap<String, Reaction>>>;

pub struct HttpDevice {
    pub address: SocketAddr,
    reactions: Reactions,
    asked: mpsc::UnboundedReceiver<Asked>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for HttpDevice {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl HttpDevice {
    /// Listens; every path of `answers` is answered with its body.
    pub async fn start(answers: &[(&str, &str)]) -> Self {
        Self::start_at("127.0.0.1:0", answers).await
    }

    pub async fn start_at(address: &str, answers: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers = answers
            .iter()
            .map(|(path, body)| ((*path).to_owned(), Reaction::Answer((*body).to_owned())));
        let reactions: Reactions = Arc::new(Mutex::new(answers.collect()));
        let (sender, asked) = mpsc::unbounded_channel();
        let known = Arc::clone(&reactions);
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&known), sender.clone()));
            }
        });
        Self {
            address,
            reactions,
            asked,
            serving,
        }
    }

    /// How a path is met from now on.
    pub fn on(&self, path: &str, reaction: Reaction) {
        self.reactions.lock().unwrap().insert(path.to_owned(), reaction);
    }

    pub fn answers(&self, path: &str, body: &str) {
        self.on(path, Reaction::Answer(body.to_owned()));
    }

    /// The next call of a path; others before it are passed over.
    pub async fn asked(&mut self, path: &str) -> Asked {
        let next = async {
            loop {
                let asked = self.asked.recv().await.expect("the device ended");
                if asked.path == path {
                    return asked;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), next)
            .await
            .unwrap_or_else(|_| panic!("{path} was not called within 20 s"))
    }

    /// The next call, whichever.
    pub async fn next(&mut self) -> Asked {
        tokio::time::timeout(Duration::from_secs(20), self.asked.recv())
            .await
            .expect("no call within 20 s")
            .expect("the device ended")
    }
}

async fn serve(stream: TcpStream, reactions: Reactions, sender: mpsc::UnboundedSender<Asked>) {
    let mut stream = BufReader::new(stream);
    let Some(asked) = read(&mut stream).await else {
        return;
    };
    let mut reaction = reactions.lock().unwrap().get(&asked.path).cloned();
    if let Some(Reaction::Once(answer, then)) = reaction {
        let then = Reaction::Answer(then);
        reactions.lock().unwrap().insert(asked.path.clone(), then);
        reaction = Some(Reaction::Answer(answer));
    } else if let Some(Reaction::Keep(answer, path)) = reaction {
        let kept = Reaction::Answer(String::from_utf8(asked.body.clone()).unwrap());
        reactions.lock().unwrap().insert(path.to_owned(), kept);
        reaction = Some(Reaction::Answer(answer));
    } else if let Some(Reaction::FloodOnce(then)) = reaction {
        reactions.lock().unwrap().insert(asked.path.clone(), *then);
        reaction = Some(Reaction::Flood);
    }
    let _ = sender.send(asked);
    if let Some(Reaction::When(told, answer)) = reaction {
        told.notified().await;
        reaction = Some(Reaction::Answer(answer));
    }
    let mut stream = stream.into_inner();
    let _ = match reaction {
        None => {
            stream
                .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                .await
        }
        Some(
            Reaction::HangUp
            | Reaction::Keep(..)
            | Reaction::Once(..)
            | Reaction::When(..)
            | Reaction::FloodOnce(_),
        ) => Ok(()),
        Some(Reaction::Raw(bytes)) => stream.write_all(&bytes).await,
        Some(Reaction::Answer(body)) => {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/;;json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).await
        }
        Some(Reaction::Endless) => endless(&mut stream).await,
        Some(Reaction::Flood) => flood(&mut stream).await,
    };
}

async fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        .await?;
    loop {
        stream.write_all(b" ").await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn flood(stream: &mut TcpStream) -> std::io::Result<()> {
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        .await?;
    let block = vec![b' '; 1 << 16];
    loop {
        stream.write_all(&block).await?;
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut parts = line.split_whitespace();
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Asked {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body,
    })
}
