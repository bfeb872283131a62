//! Whom a terminal sees (9.2, 9.3): kept, and decided on while somebody stands at the door.

use super::super::records::RESOLUTION_MS;
use crate::intake::{self, Arrival, Receipt, Taken};
use crate::state::Hub;
use dialects::received::ReceivedRecord;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use store::StoreError;
use store::hub::devices::StoredDevice;

/// Keeps a pass. What happened since shortly before the terminal was heard of first is fresh as long as it is young by its
/// clock, which counts as right unless it was found wrong.
pub(super) async fn take(
    hub: &Hub,
    device: &StoredDevice,
    record: ReceivedRecord,
) -> Result<Taken, StoreError> {
    let fresh_for = SignedDuration::try_from(Duration::from_millis(hub.config.devices.late_after_ms));
    let fresh_for = fresh_for.unwrap_or(SignedDuration::ZERO);
    let live = hub.links.get(&device.device.id);
    let received_at = Timestamp::now();
    let since = live.map_or(received_at, |live| live.since);
    let zone = hub.zone_of(&device.device);
    let receipt = Receipt {
        device,
        zone: &zone,
        connected_at: since.saturating_sub(fresh_for).unwrap_or(since),
        skew_ms: Some(device.device.clock_skew_ms.unwrap_or_default()),
        resolution_ms: RESOLUTION_MS,
        received_at,
    };
    intake::take(hub, Arrival::of(record, &receipt)).await
}
