//! Waking the workers of devices that something was announced for. Whoever changes people, rights, devices or
//! commands need not know of workers, and another process may change them, too (hub rule 2).

use crate::events::Follower;
use crate::state::Hub;
use model::DeviceId;
use std::sync::Arc;
use store::hub::Event;

/// Wakes workers until the hub stops.
pub(crate) async fn wake_devices(hub: Arc<Hub>) {
    let mut announcements = Follower::new(&hub);
    while let Some(row) = announcements.next().await {
        if let (true, Some(device)) = (concerns_workers(row.event), row.device_id) {
            hub.links.wake(&DeviceId::new(device));
        }
    }
}

fn concerns_workers(event: Option<Event>) -> bool {
    matches!(
        event,
        Some(Event::RosterUpdated | Event::CommandUpdated | Event::DeviceStatus | Event::DevicePending)
    )
}
