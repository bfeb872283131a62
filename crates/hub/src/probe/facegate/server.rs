//! Where a terminal reaches the probe: it fetches the photo there, and pushes there while it is tried whether it takes a
//! subscription.

use axum::Router;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// The path of the photo; terminals look at its end.
const PHOTO: &str = "/photo.jpg";
/// What a push is answered with (3.12).
const TAKEN: &str = r#"{"code":200,"desc":"OK"}"#;

/// Serves until dropped.
pub(super) struct Server {
    address: SocketAddr,
    _serving: AbortOnDropHandle<()>,
}

impl Server {
    /// Listens at the address that reaches the terminal.
    ///
    /// # Errors
    /// It cannot be listened there.
    pub(super) async fn start(local: Option<IpAddr>, photo: Option<Vec<u8>>) -> io::Result<Self> {
        let local = local.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let listener = TcpListener::bind((local, 0)).await?;
        let address = listener.local_addr()?;
        let photo = photo.unwrap_or_default();
        let router = Router::new().fallback(move |method: Method| async move { answer(&method, photo) });
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "the probe cannot be reached any more");
            }
        });
        Ok(Self {
            address,
            _serving: AbortOnDropHandle::new(serving),
        })
    }

    /// As `http://host:port`.
    pub(super) fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// The address of the photo.
pub(super) fn photo(base: &str) -> String {
    format!("{base}{PHOTO}")
}

fn answer(method: &Method, photo: Vec<u8>) -> Response {
    if method == Method::GET {
        return ([(CONTENT_TYPE, "image/jpeg")], photo).into_response();
    }
    ([(CONTENT_TYPE, "application/json; charset=UTF-8")], TAKEN).into_response()
}
