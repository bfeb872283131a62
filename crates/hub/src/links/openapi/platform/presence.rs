//! Who is there of those that only ask: by the gaps between their requests (hub rule 21).

use super::link::AskingLink;
use crate::links::{Link, LiveLink};
use crate::presence;
use crate::state::Hub;
use jiff::Timestamp;
use model::DeviceId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::hub::devices::StoredDevice;
use tokio::time::Instant;

/// The gaps that count.
const GAPS: usize = 10;
/// A device is gone after so many of its usual gaps,
const USUAL_GAPS: u32 = 3;
/// but not before this,
const SHORTEST: Duration = Duration::from_secs(100);
/// and not after this.
const LONGEST: Duration = Duration::from_secs(600);
/// How often it is told that a device calls from another address than its own.
const TOLD_EVERY: Duration = Duration::from_secs(600);

/// All of them.
#[derive(Default)]
pub(super) struct Asking {
    devices: Mutex<HashMap<DeviceId, Arc<Device>>>,
    told: Mutex<HashMap<DeviceId, Instant>>,
}

/// One that was here lately.
pub(super) struct Device {
    pub(super) link: Arc<AskingLink>,
    rhythm: Mutex<Rhythm>,
}

/// When requests came.
struct Rhythm {
    last: Instant,
    gaps: VecDeque<Duration>,
}

impl Rhythm {
    fn beat(&mut self, now: Instant) {
        if self.gaps.len() == GAPS {
            self.gaps.pop_front();
        }
        self.gaps.push_back(now.saturating_duration_since(self.last));
        self.last = now;
    }

    /// How long it may be silent.
    fn patience(&self) -> Duration {
        let mut gaps: Vec<Duration> = self.gaps.iter().copied().collect();
        gaps.sort_unstable();
        let median = gaps.get(gaps.len() / 2).copied().unwrap_or_default();
        median.saturating_mul(USUAL_GAPS).clamp(SHORTEST, LONGEST)
    }
}

impl Device {
    fn new() -> Self {
        Self {
            link: Arc::default(),
            rhythm: Mutex::new(Rhythm {
                last: Instant::now(),
                gaps: VecDeque::new(),
            }),
        }
    }

    fn gone_at(&self) -> Instant {
        let rhythm = self.rhythm.lock().unwrap_or_else(PoisonError::into_inner);
        rhythm.last + rhythm.patience()
    }

    fn beat(&self) {
        let mut rhythm = self.rhythm.lock().unwrap_or_else(PoisonError::into_inner);
        rhythm.beat(Instant::now());
    }
}

impl Asking {
    /// An approved device asked something. `None` where it is called, too: its people come by calls then.
    pub(super) fn asked(self: &Arc<Self>, hub: &Arc<Hub>, device: &StoredDevice) -> Option<Arc<Device>> {
        let id = &device.device.id;
        let mut all = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(id).filter(|known| !known.link.closing.is_cancelled()) {
            known.beat();
            if let Some(live) = hub.links.get(id) {
                live.seen(Timestamp::now());
            }
            return Some(Arc::clone(known));
        }
        if let Some(called) = hub.links.get(id) {
            called.seen(Timestamp::now());
            return None;
        }
        let new = Arc::new(Device::new());
        all.insert(id.clone(), Arc::clone(&new));
        let link: Arc<dyn Link> = Arc::clone(&new.link) as _;
        let live = presence::arrived(hub, id.clone(), link);
        let watched = watch(Arc::clone(self), Arc::clone(hub), live, Arc::clone(&new));
        hub.tasks.spawn(watched);
        Some(new)
    }

    /// A device called from an address that is not its own.
    pub(super) async fn wrong_address(&self, hub: &Hub, device: &DeviceId, peer: &str) {
        let now = Instant::now();
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.get(device).is_some_and(|at| now < *at + TOLD_EVERY) {
                return;
            }
            told.insert(device.clone(), now);
        }
        if let Err(error) = hub.store.devices.wrong_address(device, peer).await {
            tracing::error!(%device, %error, "a wrong address was not noted");
        }
        hub.outbox_grew();
    }
}

/// Waits until the device is gone.
async fn watch(asking: Arc<Asking>, hub: Arc<Hub>, live: Arc<LiveLink>, device: Arc<Device>) {
    loop {
        let gone_at = device.gone_at();
        if gone_at <= Instant::now() {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep_until(gone_at) => {}
            () = device.link.closing.cancelled() => break,
            () = hub.shutdown.cancelled() => break,
        }
    }
    device.link.close();
    let withdrawn = device
        .link
        .changes
        .lock()
        .await
        .withdraw(&hub, &live.device)
        .await;
    if let Err(error) = withdrawn {
        tracing::warn!(device = %live.device, %error, "what was handed out is handed out later");
    }
    presence::left(&hub, &live).await;
    let mut all = asking.devices.lock().unwrap_or_else(PoisonError::into_inner);
    if all
        .get(&live.device)
        .is_some_and(|known| Arc::ptr_eq(known, &device))
    {
        all.remove(&live.device);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn patience_follows_the_rhythm() {
        let device = Device::new();
        let patience = || device.gone_at().duration_since(Instant::now()).as_secs();
        assert_eq!(patience(), 100, "at least");
        let after = async |gaps: &[u64]| {
            for gap in gaps {
                tokio::time::advance(Duration::from_secs(*gap)).await;
                device.beat();
            }
            patience()
        };
        assert_eq!(after(&[60, 60, 60]).await, 180);
        assert_eq!(after(&[5, 5]).await, 180, "the median");
        assert_eq!(after(&[5, 5, 5]).await, 100);
        assert_eq!(after(&[900; 10]).await, 600, "at most");
    }
}
