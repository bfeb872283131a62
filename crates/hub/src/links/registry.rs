//! Who is connected: device to live link. The newer connection of a device wins.

use super::{Link, RecordFlow};
use jiff::Timestamp;
use model::DeviceId;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;
use tokio::sync::{Mutex, Notify};

/// A connection that a device signed in on.
pub struct LiveLink {
    /// The device.
    pub device: DeviceId,
    /// How to talk to it.
    pub link: Arc<dyn Link>,
    /// Since when.
    pub since: Timestamp,
    /// There may be something to do for it.
    pub wake: Notify,
    /// Held during each call: a device does one thing at a time.
    pub turn: Mutex<()>,
    /// Held by whoever reads or changes whom the device holds, so that nobody is put there or taken off while it is
    /// read. Reading may take minutes; commands go on beside it.
    pub people: Arc<Mutex<()>>,
    /// The device's records on their way.
    pub records: RecordFlow,
    last_seen: AtomicI64,
    /// For how long the device said it had been running, in milliseconds.
    uptime: AtomicU64,
    number: u64,
}

impl fmt::Debug for LiveLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LiveLink({}, {})", self.device, self.number)
    }
}

impl LiveLink {
    /// Notes a sign of life; it reaches the database in its own time.
    pub fn seen(&self, at: Timestamp) {
        self.last_seen.fetch_max(at.as_millisecond(), Ordering::Relaxed);
    }

    /// Notes for how long the device says that it has been running; whether it was started again meanwhile.
    pub fn has_restarted(&self, uptime: Duration) -> bool {
        let uptime = u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX);
        uptime < self.uptime.swap(uptime, Ordering::Relaxed)
    }

    /// The last sign of life.
    #[must_use]
    pub fn last_seen(&self) -> Timestamp {
        Timestamp::from_millisecond(self.last_seen.load(Ordering::Relaxed)).unwrap_or(self.since)
    }
}

/// All live links of this process.
#[derive(Debug, Default)]
pub struct Registry {
    live: RwLock<HashMap<DeviceId, Arc<LiveLink>>>,
    numbers: AtomicU64,
}

impl Registry {
    /// Registers a link; an older one of the device is closed and does not count any more.
    pub fn add(&self, device: DeviceId, link: Arc<dyn Link>, since: Timestamp) -> Arc<LiveLink> {
        let live = Arc::new(LiveLink {
            device: device.clone(),
            link,
            since,
            wake: Notify::new(),
            turn: Mutex::new(()),
            people: Arc::default(),
            records: RecordFlow::default(),
            last_seen: AtomicI64::new(since.as_millisecond()),
            uptime: AtomicU64::new(0),
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
        });
        if let Some(older) = self.write().insert(device, Arc::clone(&live)) {
            older.link.close();
        }
        live
    }

    /// Takes a link out, if it is still the device's.
    pub fn remove(&self, live: &LiveLink) {
        let mut all = self.write();
        if all
            .get(&live.device)
            .is_some_and(|current| current.number == live.number)
        {
            all.remove(&live.device);
        }
    }

    /// Whether this link is still the device's.
    #[must_use]
    pub fn is_current(&self, live: &LiveLink) -> bool {
        self.read()
            .get(&live.device)
            .is_some_and(|current| current.number == live.number)
    }

    /// The live link of a device.
    #[must_use]
    pub fn get(&self, device: &DeviceId) -> Option<Arc<LiveLink>> {
        self.read().get(device).cloned()
    }

    /// Whether a device is connected.
    #[must_use]
    pub fn is_live(&self, device: &DeviceId) -> bool {
        self.read().contains_key(device)
    }

    /// Tells a device's worker that there may be something to do.
    pub fn wake(&self, device: &DeviceId) {
        if let Some(live) = self.get(device) {
            live.wake.notify_one();
        }
    }

    /// All live links.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<LiveLink>> {
        self.read().values().cloned().collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<DeviceId, Arc<LiveLink>>> {
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<DeviceId, Arc<LiveLink>>> {
        self.live.write().unwrap_or_else(PoisonError::into_inner)
    }
}
