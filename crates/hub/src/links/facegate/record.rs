//! A record on its way from the wire to the intake.

use crate::intake::{self, Arrival, Receipt, Taken};
use crate::links::dialled::pushed::connected_at;
use crate::state::Hub;
use dialects::facegate::convert::DeviceRecord;
use jiff::Timestamp;
use store::StoreError;
use store::hub::devices::StoredDevice;

/// How finely a terminal tells the time, in milliseconds.
const RESOLUTION_MS: i64 = 1000;

/// Takes a record; what it returns without an error may be acknowledged. Only a record whose answer may open the door asks
/// the hub (3.2.3, QUIRKS A24).
///
/// # Errors
/// What the store says; nothing was kept then.
pub(super) async fn take(
    hub: &Hub,
    device: &StoredDevice,
    record: DeviceRecord,
) -> Result<Taken, StoreError> {
    let live = hub.links.get(&device.device.id);
    let zone = hub.zone_of(&device.device);
    let receipt = Receipt {
        device,
        zone: &zone,
        connected_at: connected_at(hub, live.as_deref()),
        skew_ms: device.device.clock_skew_ms,
        resolution_ms: RESOLUTION_MS,
        received_at: Timestamp::now(),
    };
    let mut arrival = Arrival::of(record.record, &receipt);
    arrival.same_as = record.same_as;
    arrival.asks = record.may_open;
    arrival.draft.late = record.is_late;
    arrival.draft.channel = record.channel;
    intake::take(hub, arrival).await
}
