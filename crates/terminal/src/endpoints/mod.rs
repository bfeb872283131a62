//! The dialects that this terminal speaks: which are on, and their restart when a platform commands a reboot.

mod delivery;
mod facegate;
mod http;
mod kept;
mod lan;
pub(crate) mod mqtt;
mod openapi;
pub(crate) mod publisher;
mod qyzn;
mod reconnect;
mod threshold;
mod told;

use crate::config::{OpenapiConfig, TerminalConfig};
use crate::decider::Decider;
use crate::device::Device;
pub(crate) use http::{Client, Places, Post, serving};
use std::sync::Arc;
use store::terminal::DeviceState;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// When a dialect's endpoint is to end.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    /// The terminal stops for good.
    pub(crate) shutdown: CancellationToken,
    /// This run ends: the terminal stops, or reboots.
    pub(crate) run: CancellationToken,
}

/// The names of the dialects that are on.
pub(crate) fn switched_on(config: &TerminalConfig) -> Vec<&'static str> {
    let qyzn = config.qyzn.iter().map(|_| qyzn::DIALECT);
    let mqtt = config.mqtt.iter().map(|_| mqtt::DIALECT);
    let facegate = config.facegate.iter().map(|_| facegate::DIALECT);
    let lan = config.lan.iter().map(|_| lan::DIALECT);
    let openapi = config.openapi.iter().map(|_| openapi::DIALECT);
    let http = facegate.chain(lan).chain(openapi);
    qyzn.chain(mqtt).chain(http).collect()
}

/// The dialects whose platforms can decide, and who decides before anybody says so (terminal rule 16).
pub(crate) fn deciders(config: &TerminalConfig) -> (Vec<&'static str>, Decider) {
    let mut dialects = switched_on(config);
    let platform = config.openapi.as_ref().and_then(OpenapiConfig::platform);
    if platform.is_none() {
        dialects.retain(|dialect| *dialect != openapi::DIALECT);
        return (dialects, Decider::Terminal);
    }
    (dialects, openapi::decider())
}

/// Where dialects listen: the name in `listeners.json`, the configuration's key, and the address.
pub(crate) fn listens(config: &TerminalConfig) -> Vec<(&'static str, &'static str, &str)> {
    let facegate = config.facegate.iter();
    let facegate = facegate.map(|config| (facegate::DIALECT, "facegate.listen", config.listen.as_str()));
    let lan = config.lan.iter();
    let lan = lan.map(|lan| (lan::DIALECT, "lan.listen", lan.listen.as_str()));
    let openapi = config.openapi.iter().flat_map(|openapi| {
        [
            (openapi::DIALECT, "openapi.listen", openapi.listen.as_str()),
            (openapi::PUSH, "openapi.push_listen", openapi.push_listen.as_str()),
        ]
    });
    facegate.chain(lan).chain(openapi).collect()
}

/// Moves dialects to where platforms told them to listen.
pub(crate) async fn settle(places: &Places, state: &dyn DeviceState) {
    facegate::settle(places, state).await;
}

/// Runs all dialects until `shutdown`; after a commanded reboot they close and come back (terminal rule 20).
pub(crate) async fn run(device: Arc<Device>, places: Arc<Places>, shutdown: CancellationToken) {
    let mut reboots = device.reboots.subscribe();
    let memory = mqtt::Memory::default();
    loop {
        let ending = Ending {
            run: shutdown.child_token(),
            shutdown: shutdown.clone(),
        };
        let mut endpoints = start(&device, &places, &ending, &memory);
        let rebooting = tokio::select! {
            () = shutdown.cancelled() => false,
            told = reboots.changed() => told.is_ok(),
        };
        ending.run.cancel();
        while endpoints.join_next().await.is_some() {}
        if !rebooting {
            return;
        }
        tracing::info!("restarted, as a platform commanded");
        device.restarted();
    }
}

fn start(device: &Arc<Device>, places: &Arc<Places>, ending: &Ending, memory: &mqtt::Memory) -> JoinSet<()> {
    let mut endpoints = JoinSet::new();
    if let Some(config) = device.config.qyzn.clone() {
        endpoints.spawn(qyzn::run(Arc::clone(device), config, ending.clone()));
    }
    if let Some(config) = device.config.mqtt.clone() {
        let memory = memory.clone();
        endpoints.spawn(mqtt::run(Arc::clone(device), config, ending.clone(), memory));
    }
    if let Some(config) = device.config.facegate.clone() {
        let places = Arc::clone(places);
        endpoints.spawn(facegate::run(Arc::clone(device), config, places, ending.clone()));
    }
    if let Some(config) = device.config.lan.clone() {
        let places = Arc::clone(places);
        endpoints.spawn(lan::run(Arc::clone(device), config, places, ending.clone()));
    }
    if let Some(config) = device.config.openapi.clone() {
        let places = Arc::clone(places);
        endpoints.spawn(openapi::run(Arc::clone(device), config, places, ending.clone()));
    }
    endpoints
}

/// Resolves at an instant; never, where there is none.
pub(crate) async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
