//! The dialects that this terminal speaks: which are on, and their restart when a platform commands a reboot.

use crate::config::TerminalConfig;
use crate::device::Device;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The names of the dialects that are on.
pub(crate) fn switched_on(config: &TerminalConfig) -> Vec<&'static str> {
    config.qyzn.iter().map(|_| "qyzn").collect()
}

/// Runs all dialects until `shutdown`; after a commanded reboot they close and come back (terminal rule 20).
pub(crate) async fn run(device: Arc<Device>, shutdown: CancellationToken) {
    let mut reboots = device.reboots.subscribe();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            told = reboots.changed() => {
                if told.is_err() { return }
                device.restarted();
            }
        }
    }
}
