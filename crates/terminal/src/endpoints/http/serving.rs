//! Serving a dialect over HTTP/1.1 with bounds: so many connections, so long for headers, and an end that requests under
//! way live to see.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// How long to rest when the system gives no more connections.
const REST_AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(100);
/// How long requests under way may take once the end has come; a reboot is over within ten seconds.
const END_WITHIN: Duration = Duration::from_secs(5);

/// What one listener takes on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Connections at a time; more wait in the system's queue.
    pub(crate) connections: usize,
    /// How long a request's headers may take.
    pub(crate) headers_within: Duration,
    /// Header names go out in title case (`Content-Length`).
    pub(crate) title_case: bool,
}

impl Bounds {
    /// As configured.
    pub(crate) fn of(limits: &crate::config::LimitsConfig) -> Self {
        Self {
            connections: limits.connections,
            headers_within: Duration::from_secs(limits.header_seconds),
            title_case: false,
        }
    }
}

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// More than may come.
    #[error("a body of more than {0} bytes")]
    TooLarge(usize),
    /// It broke off, or took too long.
    #[error("the body did not come whole")]
    Broken,
}

/// Reads a request's body of at most `most` bytes, which may take `within`.
pub(crate) async fn body(body: Body, most: usize, within: Duration) -> Result<Bytes, BodyError> {
    let read = tokio::time::timeout(within, Limited::new(body, most).collect());
    match read.await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge(most)),
        Ok(Err(_)) | Err(_) => Err(BodyError::Broken),
    }
}

/// Serves until `end`: then nothing new is accepted, and requests under way are finished.
pub(crate) async fn serve(listener: TcpListener, router: Router, bounds: Bounds, end: CancellationToken) {
    let places = Arc::new(Semaphore::new(bounds.connections));
    let connections = TaskTracker::new();
    let abort = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            () = end.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let serving = connection(stream, peer, router.clone(), bounds, end.clone());
                let abort = abort.clone();
                connections.spawn(async move {
                    abort.run_until_cancelled(serving).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(REST_AFTER_ACCEPT_ERROR).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(END_WITHIN, connections.wait())
        .await
        .is_err()
    {
        abort.cancel();
        connections.wait().await;
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    bounds: Bounds,
    end: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "no TCP_NODELAY");
    }
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let request: Request<Body> = request.map(Body::new);
        router.clone().oneshot(request)
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(bounds.headers_within)
        .title_case_headers(bounds.title_case);
    let connection = http
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut serving = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = end.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended badly");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn start(bounds: Bounds) -> (SocketAddr, CancellationToken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let end = CancellationToken::new();
        let router = Router::new().route("/", get(|| async { "here" }));
        tokio::spawn(serve(listener, router, bounds, end.clone()));
        (address, end)
    }

    fn bounds() -> Bounds {
        Bounds {
            connections: 2,
            headers_within: Duration::from_millis(200),
            title_case: true,
        }
    }

    #[tokio::test]
    async fn header_names_are_in_title_case_where_that_is_wanted() {
        for (title_case, name) in [
            (true, "\r\nContent-Length: 4\r\n"),
            (false, "\r\ncontent-length: 4\r\n"),
        ] {
            let (address, _end) = start(Bounds {
                title_case,
                ..bounds()
            })
            .await;
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = b"GET / HTTP/1.1\r\nHost: door\r\nConnection: close\r\n\r\n";
            stream.write_all(request).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.contains(name), "{answer}");
        }
    }

    #[tokio::test]
    async fn whoever_says_nothing_gives_up_the_place_and_an_end_comes() {
        let (address, end) = start(bounds()).await;
        let mut silent = Vec::new();
        for _ in 0..2 {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        let mut third = TcpStream::connect(address).await.unwrap();
        third
            .write_all(b"GET / HTTP/1.1\r\nHost: door\r\n\r\n")
            .await
            .unwrap();
        let mut first = [0; 4];
        third.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP");
        end.cancel();
        let mut rest = Vec::new();
        third.read_to_end(&mut rest).await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
