//! The WebSocket of 8.3.3: several platforms may listen, each is told every record, and one that says nothing for 33
//! seconds is dropped (terminal rule 34).

use super::Endpoint;
use super::live::Records;
use dialects::openapi::socket::SILENT_SECONDS;
use dialects::openapi::{Listen, SocketMessage};
use futures_util::{SinkExt as _, StreamExt as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Bytes of what a listener says; the document has a word in mind.
const WORD_BYTES: usize = 16 * 1024;
/// How long to rest when the system gives no more connections.
const REST_AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(100);
/// How long a listener may take to read a message, or a farewell.
const SEND_WITHIN: Duration = Duration::from_secs(5);

/// Serves listeners until `end`.
pub(super) async fn serve(
    endpoint: Arc<Endpoint>,
    listener: Option<TcpListener>,
    records: Records,
    end: CancellationToken,
) {
    let Some(listener) = listener else { return };
    let places = Arc::new(Semaphore::new(endpoint.device.config.limits.connections));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = end.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match (accepted, Arc::clone(&places).try_acquire_owned()) {
            (Ok((stream, _)), Ok(place)) => {
                let (endpoint, records, end) = (Arc::clone(&endpoint), records.clone(), end.clone());
                connections.spawn(async move {
                    endpoint.listener(stream, &records, end).await;
                    drop(place);
                });
            }
            (Ok(_), Err(_)) => tracing::warn!("more platforms want to listen than limits.connections"),
            (Err(error), _) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(REST_AFTER_ACCEPT_ERROR).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

impl Endpoint {
    /// One listener, from the upgrade to the farewell.
    async fn listener(&self, stream: TcpStream, records: &Records, end: CancellationToken) {
        let within = Duration::from_secs(self.device.config.limits.header_seconds);
        let upgraded = tokio::select! {
            () = end.cancelled() => return,
            upgraded = tokio::time::timeout(within, upgrade(stream)) => upgraded,
        };
        let (mut socket, query) = match upgraded {
            Ok(Ok(upgraded)) => upgraded,
            Ok(Err(error)) => return tracing::debug!(%error, "a listener was not upgraded"),
            Err(_) => return tracing::debug!("a listener was too slow"),
        };
        // Records from here on are told: nothing falls between the greeting and the first of them.
        let mut told = records.listen();
        let now = self.device.clock.now();
        let ended = match Listen::authenticate(&query, &self.config.password, now) {
            Ok(signed) => {
                self.used.take(&signed);
                let greeted = say(&mut socket, SocketMessage::Connected.to_text()).await;
                match greeted {
                    Ok(()) => tell(&mut socket, &mut told, end).await,
                    Err(error) => Err(error),
                }
            }
            Err(refused) => {
                let desc = refused.reason;
                say(&mut socket, SocketMessage::Denied { desc }.to_text()).await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a listener has gone");
        }
        // Whoever does not hear the farewell is cut off.
        let _ = tokio::time::timeout(SEND_WITHIN, socket.close(None)).await;
    }
}

/// The WebSocket and the query of its address.
async fn upgrade(stream: TcpStream) -> Result<(WebSocketStream<TcpStream>, String), Error> {
    let mut query = String::new();
    let config = WebSocketConfig::default()
        .max_message_size(Some(WORD_BYTES))
        .max_frame_size(Some(WORD_BYTES));
    #[allow(clippy::result_large_err, reason = "the library's own type")]
    let note = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        request.uri().query().unwrap_or_default().clone_into(&mut query);
        Ok(response)
    };
    let socket = tokio_tungstenite::accept_hdr_async_with_config(stream, note, Some(config)).await?;
    Ok((socket, query))
}

/// Tells records until the listener goes, says nothing for too long, or the end comes.
async fn tell<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    records: &mut tokio::sync::broadcast::Receiver<Arc<str>>,
    end: CancellationToken,
) -> Result<(), Error> {
    let patience = Duration::from_secs(SILENT_SECONDS);
    let mut silent_at = Instant::now() + patience;
    loop {
        tokio::select! {
            () = end.cancelled() => return Ok(()),
            () = tokio::time::sleep_until(silent_at) => {
                tracing::info!("a listener said nothing for too long");
                return Ok(());
            }
            said = socket.next() => match said {
                // Any word will do (QUIRKS O25); pings are answered by the library.
                Some(Ok(Message::Close(_))) | None => return Ok(()),
                Some(Ok(_)) => silent_at = Instant::now() + patience,
                Some(Err(error)) => return Err(error),
            },
            record = records.recv() => match record {
                Ok(record) => say(socket, record.to_string()).await?,
                Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "a listener is too slow for the records"),
                Err(RecvError::Closed) => return Ok(()),
            },
        }
    }
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    text: String,
) -> Result<(), Error> {
    let sent = tokio::time::timeout(SEND_WITHIN, socket.send(Message::text(text))).await;
    sent.unwrap_or_else(|_| Err(Error::Io(std::io::ErrorKind::TimedOut.into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_tungstenite::tungstenite::protocol::Role;

    #[tokio::test(start_paused = true)]
    async fn a_word_keeps_a_listener_and_silence_drops_it() {
        let (ours, theirs) = tokio::io::duplex(1024);
        let mut device = WebSocketStream::from_raw_socket(ours, Role::Server, None).await;
        let mut platform = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
        let records = Records::default();
        let mut told = records.listen();
        let start = Instant::now();
        let platform = async {
            tokio::time::sleep(Duration::from_secs(30)).await;
            platform.send(Message::text("{}")).await.unwrap();
            platform
        };
        let telling = tell(&mut device, &mut told, CancellationToken::new());
        let (ended, _platform) = tokio::join!(telling, platform);
        ended.unwrap();
        assert_eq!(start.elapsed().as_secs(), 30 + 33);
    }
}
