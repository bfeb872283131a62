//! Devices that the hub dials: each listens at a loopback address of its own, on its document's port: `127.x.0.1`,
//! `127.x.0.2` and so on. The hub therefore runs on this computer.

use super::fleet::Fleet;
use super::pace::Tally;
use super::posting::{self, Voice};
use super::{SwarmError, SwarmOptions, SwarmReport};
use crate::config::LimitsConfig;
use crate::endpoints::serving::{self, Bounds};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Devices that have an address of their own.
const MOST_DEVICES: usize = 65_000;

/// Runs a swarm of devices that `listen`, each made by its number, to its end.
pub(super) async fn run<D, W>(
    options: SwarmOptions,
    listen: impl Fn(usize, Arc<Fleet>) -> W,
) -> Result<SwarmReport, SwarmError>
where
    D: Voice,
    W: Future<Output = io::Result<D>> + Send + 'static,
{
    if options.count > MOST_DEVICES {
        return Err(SwarmError::Options("more devices than loopback addresses"));
    }
    Fleet::run(options, |number, fleet| {
        let device = listen(number, Arc::clone(&fleet));
        async move {
            match device.await {
                Ok(device) => posting::run(number, fleet, device).await,
                Err(problem) => {
                    tracing::warn!(number, %problem, "a simulated device cannot listen");
                    Tally::default()
                }
            }
        }
    })
    .await
}

/// A device's own loopback address; another process has others.
pub(super) fn address(number: usize) -> IpAddr {
    let [.., high, low] = u32::try_from(number + 1).unwrap_or(u32::MAX).to_be_bytes();
    let of_process = u8::try_from(1 + std::process::id() % 250).unwrap_or(1);
    Ipv4Addr::new(127, of_process, high, low).into()
}

/// Serves a device's calls until the guard goes; with header names in title case where the dialect wants them so.
pub(super) async fn serve(
    address: IpAddr,
    port: u16,
    router: Router,
    title_case: bool,
) -> io::Result<DropGuard> {
    let listener = TcpListener::bind((address, port)).await?;
    let limits = LimitsConfig::default();
    let bounds = Bounds {
        title_case,
        ..Bounds::of(&limits)
    };
    let router = router.layer(DefaultBodyLimit::max(limits.message_bytes));
    let end = CancellationToken::new();
    tokio::spawn(serving::serve(listener, router, bounds, end.clone()));
    Ok(end.drop_guard())
}
