//! The same broker without a gate: anybody may come, and nobody is a hub.

use super::{Listener, Runtime, ServerContext, device_listener, listener, own_listener};
use crate::config::HubConfig;
use rmqtt::server::MqttServer;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpSocket;

/// Threads of its runtime.
const THREADS: usize = 2;
/// What rmqtt knows the listeners by.
const OWN: u16 = 1;
const DEVICES: u16 = 2;

/// A broker that lets anybody in; it ends with this.
pub(in crate::links::mqtt) struct OpenBroker {
    runtime: Option<Runtime>,
    context: ServerContext,
    waiting: Option<Listener>,
    served: SocketAddr,
    own: SocketAddr,
    /// Keeps a port that was picked from being picked by another until the broker listens on it.
    _probes: Vec<TcpSocket>,
}

impl OpenBroker {
    /// Serves whoever is in this process; devices follow with [`Self::open`].
    pub(in crate::links::mqtt) async fn start(address: &str) -> io::Result<Self> {
        let config = HubConfig::with("").map_err(io::Error::other)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("broker")
            .enable_all()
            .build()?;
        match Self::on(&runtime, &config, address).await {
            Ok((context, (waiting, served), own, probes)) => Ok(Self {
                runtime: Some(runtime),
                context,
                waiting: Some(waiting),
                served,
                own,
                _probes: probes,
            }),
            Err(error) => {
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    async fn on(
        runtime: &Runtime,
        config: &HubConfig,
        address: &str,
    ) -> io::Result<(ServerContext, (Listener, SocketAddr), SocketAddr, Vec<TcpSocket>)> {
        let mut probes = Vec::new();
        let devices = device_listener(config).allow_anonymous(true);
        let devices = listener(runtime, address, devices, &mut probes).await?;
        let own = own_listener(config).allow_anonymous(true);
        let (own, own_address) = listener(runtime, "127.0.0.1:0", own, &mut probes).await?;
        let starting = runtime.spawn(ServerContext::new().busy_check_enable(false).build());
        let context = starting.await.map_err(io::Error::other)?;
        let server = MqttServer::new(context.clone()).listener_by_id(own, OWN).build();
        runtime.spawn(server.run());
        Ok((context, devices, own_address, probes))
    }

    /// Where devices are served, and whoever is in this process.
    pub(in crate::links::mqtt) fn addresses(&self) -> (SocketAddr, SocketAddr) {
        (self.served, self.own)
    }

    /// Lets devices in, once.
    pub(in crate::links::mqtt) fn open(&mut self) {
        if let (Some(devices), Some(runtime)) = (self.waiting.take(), &self.runtime) {
            let server = MqttServer::new(self.context.clone()).listener_by_id(devices, DEVICES);
            runtime.spawn(server.build().run());
        }
    }
}

impl Drop for OpenBroker {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
