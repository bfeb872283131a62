//! What a dialect keeps over restarts: one value, on disk before it holds.

use crate::device::Device;
use arc_swap::ArcSwap;
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;
use store::StoreError;
use store::terminal::DeviceState;
use tokio::sync::{Mutex, watch};

/// A kept value.
pub(crate) struct Kept<T> {
    device: Arc<Device>,
    name: String,
    now: ArcSwap<T>,
    /// Changes are made one after the other.
    order: Mutex<()>,
    changed: watch::Sender<u64>,
}

/// Under which name a value is kept.
fn name(dialect: &str, what: &str) -> String {
    format!("{dialect}.{what}")
}

impl<T: Clone + Default + Serialize + DeserializeOwned + Send + Sync> Kept<T> {
    /// As it was kept last, or the default.
    pub(crate) async fn load(device: &Arc<Device>, dialect: &str, what: &str) -> Result<Self, StoreError> {
        let now = Self::read(&*device.state, dialect, what).await?;
        Ok(Self {
            device: Arc::clone(device),
            name: name(dialect, what),
            now: ArcSwap::from_pointee(now),
            order: Mutex::default(),
            changed: watch::Sender::new(0),
        })
    }

    /// As it was kept last, or the default, for whoever does not change it.
    pub(crate) async fn read(state: &dyn DeviceState, dialect: &str, what: &str) -> Result<T, StoreError> {
        match state.get(&name(dialect, what)).await? {
            Some(bytes) => Ok(serde_json::from_slice(&bytes)?),
            None => Ok(T::default()),
        }
    }

    /// As it is now.
    pub(crate) fn get(&self) -> Arc<T> {
        self.now.load_full()
    }

    /// Changes it; on disk when it returns, and unchanged where that failed.
    pub(crate) async fn change(&self, change: impl FnOnce(&mut T) + Send) -> Result<(), StoreError> {
        let _order = self.order.lock().await;
        let mut changed = T::clone(&self.now.load());
        change(&mut changed);
        let bytes = serde_json::to_vec(&changed)?;
        self.device.state.set(&self.name, Some(&bytes)).await?;
        self.now.store(Arc::new(changed));
        self.changed.send_modify(|count| *count += 1);
        Ok(())
    }

    /// Counts the changes.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}
