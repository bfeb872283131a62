//! Bringing the records here that a device still holds, before a command destroys them (hub rule 33).

use crate::links::{CallError, Failure, LiveLink};
use crate::state::Hub;
use jiff::Timestamp;
use std::time::Duration;
use store::hub::records::RecordFilter;

/// A device that sends on for so long keeps its records: the command fails.
const DRAIN_WITHIN: Duration = Duration::from_secs(3600);

/// How often it is looked whether the connection is still there.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Returns when the device was asked for its records and none came for `devices.drain_quiet_ms`. Other calls may be made
/// meanwhile.
///
/// # Errors
/// [`CallError`]: nothing is to be destroyed then.
pub(super) async fn drained(hub: &Hub, live: &LiveLink) -> Result<(), CallError> {
    let since = newest(hub, live).await?;
    {
        let _turn = live.turn.lock().await;
        live.link.recall_records(since).await?;
    }
    let quiet = Duration::from_millis(hub.config.devices.drain_quiet_ms);
    let why = tokio::select! {
        () = live.records.quiet_for(quiet) => return Ok(()),
        () = gone(hub, live) => CallError::disconnected(),
        () = hub.shutdown.cancelled() => {
            CallError::ours(Failure::Busy, "the hub stopped before all records were here; none was deleted")
        }
        () = tokio::time::sleep(DRAIN_WITHIN) => {
            CallError::ours(Failure::Busy, "the device still sends records; none was deleted")
        }
    };
    Err(why)
}

/// When the newest record happened that the hub has of the device.
async fn newest(hub: &Hub, live: &LiveLink) -> Result<Option<Timestamp>, CallError> {
    let filter = RecordFilter {
        device: Some(live.device.clone()),
        limit: 1,
        ..RecordFilter::default()
    };
    let last = hub.store.records.list(filter).await;
    let last = last.map_err(|error| CallError::ours(Failure::Internal, error.to_string()))?;
    Ok(last.first().map(|stored| stored.record.occurred_at))
}

/// Resolves once the connection is not the device's any more.
async fn gone(hub: &Hub, live: &LiveLink) {
    while hub.links.is_current(live) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
