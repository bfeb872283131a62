//! TLS in front of the broker (decision 1): the handshake is ours, and what comes out of it goes on to a loopback
//! listener of the broker, with the device's own address in a PROXY header before it.

use crate::config::HubConfig;
use rmqtt::net::Listener;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// How long a handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// How long to rest when the system gives no more connections.
const REST_AFTER_ACCEPT_ERROR: Duration = Duration::from_millis(100);
/// What a PROXY header of version 2 begins with.
const PROXY_SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Why no TLS can be offered.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file.
    #[error("{key} = {}: {problem}", path.display())]
    File {
        /// The key in full.
        key: &'static str,
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Certificate and key do not go together.
    #[error("mqtt.tls_certificate and mqtt.tls_key do not go together: {0}")]
    Pair(#[from] rustls::Error),
}

/// An acceptor that is bound.
pub(super) struct Acceptor {
    listener: TcpListener,
    address: SocketAddr,
    tls: TlsAcceptor,
    behind: (Listener, SocketAddr),
    places: Arc<Semaphore>,
}

impl Acceptor {
    /// Loads the certificate and binds `mqtt.tls_listen`.
    pub(super) async fn bind(
        config: &HubConfig,
        address: &str,
        behind: (Listener, SocketAddr),
        runtime: &Handle,
    ) -> Result<Self, super::BindError> {
        let tls = TlsAcceptor::from(Arc::new(server_config(config)?));
        let at = |source| super::BindError::Address {
            key: "mqtt.tls_listen",
            address: address.to_owned(),
            source,
        };
        let wanted = tokio::net::lookup_host(address)
            .await
            .map_err(at)?
            .next()
            .ok_or_else(|| at(io::ErrorKind::AddrNotAvailable.into()))?;
        let listener = std::net::TcpListener::bind(wanted).map_err(at)?;
        listener.set_nonblocking(true).map_err(at)?;
        let _entered = runtime.enter();
        let listener = TcpListener::from_std(listener).map_err(at)?;
        Ok(Self {
            address: listener.local_addr().map_err(at)?,
            listener,
            tls,
            behind,
            places: Arc::new(Semaphore::new(config.limits.mqtt_connections)),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The broker's listener behind it, and the work of accepting.
    pub(super) fn into_parts(self) -> (Listener, impl Future<Output = ()> + Send + 'static) {
        let Self {
            listener,
            tls,
            behind: (behind, address),
            places,
            ..
        } = self;
        (behind, serve(listener, tls, address, places))
    }
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, behind: SocketAddr, places: Arc<Semaphore>) {
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let tls = tls.clone();
                tokio::spawn(async move {
                    if let Err(error) = connection(stream, peer, tls, behind).await {
                        tracing::debug!(%peer, %error, "a TLS connection ended badly");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a TLS connection was not accepted");
                tokio::time::sleep(REST_AFTER_ACCEPT_ERROR).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: TlsAcceptor,
    behind: SocketAddr,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let own = stream.local_addr()?;
    let mut device = tokio::time::timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await??;
    let mut broker = TcpStream::connect(behind).await?;
    broker.set_nodelay(true)?;
    broker.write_all(&proxy_header(peer, own)).await?;
    tokio::io::copy_bidirectional(&mut device, &mut broker).await?;
    Ok(())
}

/// A PROXY header of version 2 for a TCP connection from `source` to `target`.
fn proxy_header(source: SocketAddr, target: SocketAddr) -> Vec<u8> {
    const VERSION_2_PROXY: u8 = 0x21;
    const TCP_OVER_IPV4: u8 = 0x11;
    const TCP_OVER_IPV6: u8 = 0x21;
    let mut addresses = Vec::new();
    let family = match (source, target) {
        (SocketAddr::V4(from), SocketAddr::V4(to)) => {
            addresses.extend(from.ip().octets());
            addresses.extend(to.ip().octets());
            TCP_OVER_IPV4
        }
        (from, to) => {
            for address in [from, to] {
                let ip = match address {
                    SocketAddr::V4(v4) => v4.ip().to_ipv6_mapped(),
                    SocketAddr::V6(v6) => *v6.ip(),
                };
                addresses.extend(ip.octets());
            }
            TCP_OVER_IPV6
        }
    };
    addresses.extend(source.port().to_be_bytes());
    addresses.extend(target.port().to_be_bytes());
    let mut header = PROXY_SIGNATURE.to_vec();
    header.extend([VERSION_2_PROXY, family]);
    header.extend(u16::try_from(addresses.len()).unwrap_or(0).to_be_bytes());
    header.extend(addresses);
    header
}

fn server_config(config: &HubConfig) -> Result<ServerConfig, CertificateError> {
    let mqtt = &config.mqtt;
    let certificate_path = config.path(Path::new(&mqtt.tls_certificate));
    let key_path = config.path(Path::new(&mqtt.tls_key));
    let wrong = |key: &'static str, path: &Path, problem: String| CertificateError::File {
        key,
        path: path.to_owned(),
        problem,
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&certificate_path)
        .and_then(Iterator::collect)
        .map_err(|error| wrong("mqtt.tls_certificate", &certificate_path, error.to_string()))?;
    if chain.is_empty() {
        let problem = "there is no certificate in it (PEM)".to_owned();
        return Err(wrong("mqtt.tls_certificate", &certificate_path, problem));
    }
    let key = PrivateKeyDer::from_pem_file(&key_path)
        .map_err(|error| wrong("mqtt.tls_key", &key_path, error.to_string()))?;
    Ok(ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_that_of_the_proxy_protocol() {
        let header = proxy_header(
            "192.0.2.7:51000".parse().unwrap(),
            "10.0.0.1:8883".parse().unwrap(),
        );
        let expected = [
            b"\x0D\x0A\x0D\x0A\x00\x0D\x0A\x51\x55\x49\x54\x0A".as_slice(),
            &[0x21, 0x11, 0, 12],
            &[192, 0, 2, 7, 10, 0, 0, 1],
            &51000_u16.to_be_bytes(),
            &8883_u16.to_be_bytes(),
        ]
        .concat();
        assert_eq!(header, expected);
        let header = proxy_header("[::1]:1".parse().unwrap(), "10.0.0.1:2".parse().unwrap());
        assert_eq!((header[13], header[15], header.len()), (0x21, 36, 16 + 36));
    }
}
