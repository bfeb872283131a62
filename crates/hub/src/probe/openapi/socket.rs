//! The WebSocket of 8.3.3: opened, greeted on, and spoken to once.

use crate::links::dialled::address::HostPort;
use crate::links::{CallError, Failure};
use crate::probe::compare::Difference;
use crate::probe::row::{Came, NoAnswer};
use bytes::Bytes;
use dialects::lenient;
use dialects::openapi::SocketMessage;
use dialects::openapi::socket::{HEARTBEAT, Listen};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Bytes of a message: a record with its picture.
const MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// A platform that listens.
pub(super) struct Listening {
    place: HostPort,
    within: Duration,
    /// Once it was greeted.
    stream: Option<WebSocketStream<TcpStream>>,
}

impl Listening {
    pub(super) fn new(place: HostPort, within: Duration) -> Self {
        Self {
            place,
            within,
            stream: None,
        }
    }

    /// Opens it and waits for the greeting.
    pub(super) async fn open(&mut self, now_there_ms: i64, password: &str) -> Result<Came, CallError> {
        let opened = timeout(self.within, self.upgraded(now_there_ms, password)).await;
        let mut stream = match opened.map_err(|_| self.failed(Failure::Timeout, "was not opened in time"))? {
            Ok(stream) => stream,
            Err(tungstenite::Error::Http(answer)) => return Ok(not_upgraded(&answer)),
            Err(error) => return Err(self.failed(Failure::Disconnected, error)),
        };
        let greeting = timeout(self.within, stream.next()).await;
        let greeting = greeting.map_err(|_| self.failed(Failure::Timeout, "did not greet"))?;
        let came = greeted(self.heard(greeting)?.into_data());
        if came.exact.is_ok() {
            self.stream = Some(stream);
        }
        Ok(came)
    }

    async fn upgraded(
        &self,
        now_there_ms: i64,
        password: &str,
    ) -> Result<WebSocketStream<TcpStream>, tungstenite::Error> {
        let place = &self.place;
        let stream = TcpStream::connect((place.host.as_str(), place.port)).await?;
        let bounds = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES))
            .max_frame_size(Some(MESSAGE_BYTES));
        let url = format!("ws://{place}{}", Listen::target(now_there_ms, password));
        let (stream, _) = client_async_with_config(url, stream, Some(bounds)).await?;
        Ok(stream)
    }

    /// Says what a client says every ten seconds, with a ping; whatever comes then is a sign of life.
    pub(super) async fn beat(&mut self) -> Result<Came, CallError> {
        let Some(mut stream) = self.stream.take() else {
            return Err(self.failed(Failure::Disconnected, "is not open"));
        };
        let beat = async {
            stream.send(Message::text(HEARTBEAT)).await?;
            stream.send(Message::Ping(Bytes::new())).await?;
            Ok(stream.next().await)
        };
        let answered = timeout(self.within, beat).await;
        let answered = answered.map_err(|_| self.failed(Failure::Timeout, "does not answer a ping"))?;
        let answered = answered
            .map_err(|error: tungstenite::Error| self.failed(Failure::Disconnected, error))
            .and_then(|answered| self.heard(answered))?;
        // A goodbye that is not heard is none.
        let _gone = timeout(self.within, stream.close(None)).await;
        Ok(Came {
            bytes: answered.into_data(),
            value: Value::Null,
            exact: Ok(Value::Null),
            around: Vec::new(),
        })
    }

    /// What came, where the connection goes on.
    fn heard(&self, came: Option<Result<Message, tungstenite::Error>>) -> Result<Message, CallError> {
        match came {
            Some(Ok(Message::Close(_))) | None => Err(self.failed(Failure::Disconnected, "hung up")),
            Some(Ok(message)) => Ok(message),
            Some(Err(error)) => Err(self.failed(Failure::Disconnected, error)),
        }
    }

    fn failed(&self, failure: Failure, why: impl std::fmt::Display) -> CallError {
        CallError::ours(failure, format!("the WebSocket at {}: {why}", self.place))
    }
}

/// A status of HTTP instead of the upgrade (QUIRKS O42).
fn not_upgraded(answer: &tungstenite::http::Response<Option<Vec<u8>>>) -> Came {
    let status = answer.status().as_u16();
    let bytes = Bytes::from(answer.body().clone().unwrap_or_default());
    Came {
        value: lenient::body(&bytes).unwrap_or_default(),
        exact: Err(NoAnswer::Malformed("no WebSocket was opened".to_owned())),
        around: vec![Difference::new(
            "upgrade",
            format!("{status} came, 101 is expected"),
        )],
        bytes,
    }
}

fn greeted(bytes: Bytes) -> Came {
    let exact = match SocketMessage::parse(&bytes) {
        Ok(SocketMessage::Denied { desc }) => Err(NoAnswer::Refused(format!("20002: {desc}"))),
        Ok(message @ SocketMessage::Connected) => lenient::body(message.to_text().as_bytes())
            .map_err(|error| NoAnswer::Malformed(error.to_string())),
        Ok(_) => Err(NoAnswer::Malformed("it is no greeting".to_owned())),
        Err(error) => Err(NoAnswer::Malformed(error.to_string())),
    };
    Came {
        value: lenient::body(&bytes).unwrap_or_default(),
        exact,
        around: Vec::new(),
        bytes,
    }
}
