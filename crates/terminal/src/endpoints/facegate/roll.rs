//! The roll: `LibID`, `CustomizeID` and whatever else the dialect says of people that the library has no place for
//! (terminal rule 8). It is kept in leaves, so that one person's change does not write everybody.

use crate::device::Device;
use crate::pass::{Channel, ShutChannels};
use dialects::facegate::PersonRef;
use dialects::facegate::person::shut_channels;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use store::StoreError;
use store::terminal::DeviceState;
use tokio::sync::Mutex;

/// Leaves of the roll.
const LEAVES: usize = 256;
/// Under which names they are kept.
const NAME: &str = "facegate.roll";
/// The platform's number among [`Entry::extra`].
const CUSTOMIZE_ID: &str = "CustomizeID";

/// What the roll says of one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// This terminal's number, never used twice.
    pub(super) lib_id: i64,
    /// When the person came.
    pub(super) added: Timestamp,
    /// What the model has no place for, by the names on the wire.
    pub(super) extra: Map<String, Value>,
}

impl Entry {
    /// The platform's number.
    pub(super) fn customize_id(&self) -> Option<i64> {
        self.extra.get(CUSTOMIZE_ID).and_then(Value::as_i64)
    }

    fn shut_channels(&self) -> Vec<Channel> {
        let shut = shut_channels(&self.extra).into_iter();
        shut.filter_map(Channel::new).collect()
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Leaf {
    /// The highest number that was ever given in this leaf.
    highest: i64,
    people: BTreeMap<String, Entry>,
}

#[derive(Default)]
struct Index {
    leaves: Vec<Leaf>,
    by_lib_id: HashMap<i64, String>,
    by_customize_id: HashMap<i64, String>,
    shut_channels: Arc<ShutChannels>,
    /// The highest number that was ever given.
    highest: i64,
}

impl Index {
    fn entry(&self, wire_id: &str) -> Option<&Entry> {
        self.leaves.get(place(wire_id))?.people.get(wire_id)
    }

    fn put(&mut self, at: usize, leaf: Leaf) {
        let before = self
            .leaves
            .get_mut(at)
            .map(|place| std::mem::replace(place, leaf));
        let Some(leaf) = self.leaves.get(at) else { return };
        for (wire_id, entry) in before.iter().flat_map(|leaf| &leaf.people) {
            self.by_lib_id.remove(&entry.lib_id);
            entry.customize_id().map(|id| self.by_customize_id.remove(&id));
            if !leaf.people.contains_key(wire_id) {
                self.shut_channels.set(wire_id, Vec::new());
            }
        }
        self.highest = self.highest.max(leaf.highest);
        for (wire_id, entry) in &leaf.people {
            self.by_lib_id.insert(entry.lib_id, wire_id.clone());
            if let Some(id) = entry.customize_id() {
                self.by_customize_id.insert(id, wire_id.clone());
            }
            self.shut_channels.set(wire_id, entry.shut_channels());
        }
    }
}

/// The roll of everybody.
pub(super) struct Roll {
    state: Arc<dyn DeviceState>,
    index: RwLock<Index>,
    /// Changes are made one after the other.
    order: Mutex<()>,
}

impl Roll {
    /// As it was kept, without those who are gone.
    pub(super) async fn load(device: &Device) -> Result<Self, StoreError> {
        let mut index = Index {
            leaves: vec![Leaf::default(); LEAVES],
            shut_channels: Arc::clone(&device.shut_channels),
            ..Index::default()
        };
        for at in 0..LEAVES {
            if let Some(bytes) = device.state.get(&name(at)).await? {
                let mut leaf: Leaf = serde_json::from_slice(&bytes)?;
                leaf.people
                    .retain(|wire_id, _| device.people.find(wire_id).is_some());
                index.put(at, leaf);
            }
        }
        Ok(Self {
            state: Arc::clone(&device.state),
            index: RwLock::new(index),
            order: Mutex::default(),
        })
    }

    /// What it says of somebody.
    pub(super) fn entry(&self, wire_id: &str) -> Option<Entry> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index.entry(wire_id).cloned()
    }

    /// Whom a reference may mean; whether that person is still there is the library's to say.
    pub(super) fn whom(&self, person: &PersonRef) -> Option<String> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        match person {
            PersonRef::LibId(id) => index.by_lib_id.get(id).cloned(),
            PersonRef::CustomizeId(id) => {
                // Whoever has no number of the platform's may have one for a text.
                let is_numbered = |wire_id: &String| {
                    let entry = index.entry(wire_id);
                    entry.is_some_and(|entry| entry.customize_id().is_some())
                };
                let known = index.by_customize_id.get(id).cloned();
                known.or_else(|| Some(id.to_string()).filter(|wire_id| !is_numbered(wire_id)))
            }
            PersonRef::Uuid(uuid) => Some(uuid.clone()),
        }
    }

    /// A number that nobody had before.
    pub(super) fn next_lib_id(&self) -> i64 {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index.highest + 1
    }

    /// Puts somebody new down under a number, or changes what is said of somebody who keeps it; on disk when it returns.
    pub(super) async fn put(
        &self,
        wire_id: &str,
        lib_id: i64,
        extra: Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(place(wire_id), |leaf| {
            let known = leaf.people.get(wire_id).filter(|entry| entry.lib_id == lib_id);
            let added = known.map_or(now, |entry| entry.added);
            let entry = Entry { lib_id, added, extra };
            leaf.highest = leaf.highest.max(lib_id);
            leaf.people.insert(wire_id.to_owned(), entry);
        })
        .await
    }

    /// Strikes somebody out.
    pub(super) async fn remove(&self, wire_id: &str) -> Result<(), StoreError> {
        self.change(place(wire_id), |leaf| {
            leaf.people.remove(wire_id);
        })
        .await
    }

    /// Strikes everybody out; their numbers are not given again.
    pub(super) async fn clear(&self) -> Result<(), StoreError> {
        for at in 0..LEAVES {
            self.change(at, |leaf| leaf.people.clear()).await?;
        }
        Ok(())
    }

    /// Numbers those whom other dialects brought.
    pub(super) async fn number(&self, wire_ids: &[String], now: Timestamp) -> Result<(), StoreError> {
        let mut missing: BTreeMap<usize, Vec<&String>> = BTreeMap::new();
        for wire_id in wire_ids.iter().filter(|wire_id| self.entry(wire_id).is_none()) {
            missing.entry(place(wire_id)).or_default().push(wire_id);
        }
        for (at, wire_ids) in missing {
            let first = self.next_lib_id();
            self.change(at, |leaf| {
                for (wire_id, lib_id) in wire_ids.into_iter().zip(first..) {
                    let entry = Entry {
                        lib_id,
                        added: now,
                        extra: Map::new(),
                    };
                    leaf.people.entry(wire_id.clone()).or_insert(entry);
                    leaf.highest = leaf.highest.max(lib_id);
                }
            })
            .await?;
        }
        Ok(())
    }

    async fn change(&self, at: usize, change: impl FnOnce(&mut Leaf)) -> Result<(), StoreError> {
        let _order = self.order.lock().await;
        let before = {
            let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
            index.leaves.get(at).cloned().unwrap_or_default()
        };
        let mut leaf = before.clone();
        change(&mut leaf);
        if leaf.people == before.people && leaf.highest == before.highest {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&leaf)?;
        self.state.set(&name(at), Some(&bytes)).await?;
        self.index
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .put(at, leaf);
        Ok(())
    }
}

fn name(at: usize) -> String {
    format!("{NAME}.{at}")
}

/// The leaf of a person: FNV-1a, the same for ever.
fn place(wire_id: &str) -> usize {
    let hash = wire_id.bytes().fold(0x811C_9DC5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    usize::try_from(hash).unwrap_or_default() % LEAVES
}
