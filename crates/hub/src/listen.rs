//! Serving HTTP on a listener with bounds: so many connections, so long for headers, and an orderly end.

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// What one listener takes on.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections at a time; more wait in the system's queue.
    pub connections: usize,
    /// How long a request's headers may take.
    pub headers_within: Duration,
    /// Whether header names of answers are written in title case: some devices read no other.
    pub title_case: bool,
}

/// The address of the other end of a connection; a request extension.
#[derive(Debug, Clone, Copy)]
pub struct PeerAddress(pub SocketAddr);

/// How long to rest when the system gives no more connections (it is out of file descriptors).
const REST_AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(100);

/// Listens on an address of the configuration; `""` is off.
///
/// # Errors
/// When the address is not one or is taken.
pub async fn bind(address: &str) -> io::Result<Option<TcpListener>> {
    if address.is_empty() {
        return Ok(None);
    }
    TcpListener::bind(address).await.map(Some)
}

/// Serves until `shutdown`: then nothing new is accepted, and requests under way are finished.
pub async fn serve(listener: TcpListener, router: Router, bounds: Bounds, shutdown: CancellationToken) {
    let places = Arc::new(Semaphore::new(bounds.connections));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let (router, shutdown) = (router.clone(), shutdown.clone());
                connections.spawn(async move {
                    connection(stream, peer, router, bounds, shutdown).await;
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
    connections.wait().await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
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
    shutdown: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "no TCP_NODELAY");
    }
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(PeerAddress(peer));
        router.clone().oneshot(request)
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .title_case_headers(bounds.title_case)
        .header_read_timeout(bounds.headers_within);
    let mut serving = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = shutdown.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended badly");
    }
}
