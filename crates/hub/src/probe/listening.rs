//! Waiting for the device: for dialects in which it dials.

use super::ProbeError;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// Where and how long a device is waited for.
#[derive(Debug, Clone)]
pub struct Listening {
    /// `address:port` to listen on.
    pub address: String,
    /// How long the device may take to come.
    pub wait: Duration,
    /// Told once devices can come, with the address that is listened on.
    pub ready: fn(SocketAddr),
}

impl Listening {
    /// Listens.
    pub(super) async fn bind(&self) -> Result<(TcpListener, SocketAddr), ProbeError> {
        let failed = |error| ProbeError::Listen(self.address.clone(), error);
        let listener = TcpListener::bind(self.address.as_str()).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok((listener, address))
    }

    /// Nobody came.
    pub(super) fn nobody(&self) -> ProbeError {
        ProbeError::NobodyCame(self.address.clone(), self.wait)
    }
}
