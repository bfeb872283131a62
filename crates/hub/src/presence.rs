//! Who is there: what connections say of devices, written so that the last word is true, and coarsely.

use crate::links::{Link, LiveLink};
use crate::patience::patiently;
use crate::roster;
use crate::state::Hub;
use jiff::Timestamp;
use model::DeviceId;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;

/// How often signs of life are written: not per message.
const SEEN_EVERY: Duration = Duration::from_secs(30);

/// Devices written in one transaction at most.
const SEEN_AT_ONCE: usize = 500;

/// A device is here from now on, over this link: an older connection of it ends, its presence is written, and what there
/// is to do for it is begun.
pub fn arrived(hub: &Arc<Hub>, device: DeviceId, link: Arc<dyn Link>) -> Arc<LiveLink> {
    let live = hub.links.add(device, link, Timestamp::now());
    let (owned, id) = (Arc::clone(hub), live.device.clone());
    hub.tasks.spawn(async move { settle(&owned, &id).await });
    hub.tasks
        .spawn(roster::work_off(Arc::clone(hub), Arc::clone(&live)));
    live
}

/// A link has ended. Whoever served it may have been replaced already by a newer one of the device.
pub async fn left(hub: &Arc<Hub>, live: &LiveLink) {
    hub.links.remove(live);
    live.wake.notify_one();
    settle(hub, &live.device).await;
}

/// Writes whether a device is connected *now*, and tells of it. However connections of a device follow one another,
/// the last write is true: it looks at the registry inside the transaction.
pub async fn settle(hub: &Arc<Hub>, device: &DeviceId) {
    let written = patiently(|| {
        let (probe_hub, probe_device) = (Arc::clone(hub), device.clone());
        let live = Box::new(move || probe_hub.links.is_live(&probe_device));
        hub.store.devices.settle_presence(device, live, Timestamp::now())
    });
    match written.await {
        Ok(Some(now)) => {
            tracing::info!(%device, serial = now.device.serial, status = ?now.device.status, "presence");
            let to = if hub.links.is_live(device) {
                "online"
            } else {
                "offline"
            };
            metrics::counter!("menshen_device_presence_total", "to" => to).increment(1);
            hub.outbox_grew();
        }
        Ok(None) | Err(StoreError::Closed) => {}
        Err(error) => tracing::error!(%device, %error, "presence could not be written"),
    }
}

/// Writes signs of life now and then, until the hub stops.
pub(crate) async fn write_seen(hub: Arc<Hub>) {
    let mut written: HashMap<DeviceId, Timestamp> = HashMap::new();
    loop {
        tokio::select! {
            () = hub.shutdown.cancelled() => return,
            () = tokio::time::sleep(SEEN_EVERY) => {}
        }
        let live = hub.links.all();
        #[allow(clippy::cast_precision_loss, reason = "a count of connections")]
        metrics::gauge!("menshen_devices_connected").set(live.len() as f64);
        let fresh = fresh(&mut written, &live);
        for some in fresh.chunks(SEEN_AT_ONCE) {
            if let Err(error) = hub.store.devices.seen(some.to_vec()).await {
                tracing::warn!(%error, "signs of life were not written");
            }
        }
    }
}

/// The devices that were heard of since they were written last.
fn fresh(written: &mut HashMap<DeviceId, Timestamp>, live: &[Arc<LiveLink>]) -> Vec<(DeviceId, Timestamp)> {
    let now: HashMap<DeviceId, Timestamp> = live
        .iter()
        .map(|live| (live.device.clone(), live.last_seen()))
        .collect();
    let fresh = now
        .iter()
        .filter(|(device, at)| written.get(*device) != Some(*at))
        .map(|(device, at)| (device.clone(), *at))
        .collect();
    *written = now;
    fresh
}
