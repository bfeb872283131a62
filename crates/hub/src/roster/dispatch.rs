//! Waking the workers of devices that something was announced for. Whoever changes people, rights, devices or
//! commands need not know of workers, and another process may change them, too (hub rule 2).

use crate::state::Hub;
use model::DeviceId;
use std::sync::Arc;
use store::hub::Event;

/// Announcements read at a time.
const PAGE: u32 = 500;

/// Wakes workers until the hub stops.
pub(crate) async fn wake_devices(hub: Arc<Hub>) {
    let mut head = hub.outbox_head.subscribe();
    let mut place = *head.borrow_and_update();
    loop {
        match hub.store.outbox.after(place, PAGE).await {
            Ok(rows) if rows.is_empty() => {
                tokio::select! {
                    () = hub.shutdown.cancelled() => return,
                    changed = head.changed() => if changed.is_err() { return },
                }
            }
            Ok(rows) => {
                for row in rows {
                    place = place.max(row.seq);
                    if let (true, Some(device)) = (concerns_workers(row.event), row.device_id) {
                        hub.links.wake(&DeviceId::new(device));
                    }
                }
            }
            Err(store::StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "the outbox could not be read");
                tokio::select! {
                    () = hub.shutdown.cancelled() => return,
                    changed = head.changed() => if changed.is_err() { return },
                }
            }
        }
    }
}

fn concerns_workers(event: Option<Event>) -> bool {
    matches!(
        event,
        Some(Event::RosterUpdated | Event::CommandUpdated | Event::DeviceStatus | Event::DevicePending)
    )
}
