//! The gallery: the templates that one searches.
//!
//! Rows lie in blocks of [`BLOCK_ROWS`], each behind its own lock, so that a change holds up a search for one row of
//! one block only, and never rebuilds anything. A freed row is used again. A search takes each block as it is at that
//! moment: what was removed before the search began is never found.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use arc_swap::ArcSwap;

use crate::ranking::{next_over, products};
use crate::template::{TEMPLATE_LENGTH, Template};

/// Rows of a block: 512 KB of numbers.
const BLOCK_ROWS: usize = 1024;

/// The best two people of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Top2<K> {
    /// The most alike, with the cosine.
    pub best: Option<(K, f32)>,
    /// The most alike of another key.
    pub second: Option<(K, f32)>,
}

/// Templates by key (a person) and photo. Shared by reference: all methods take `&self`.
#[derive(Debug)]
pub struct Gallery<K> {
    blocks: ArcSwap<Vec<Arc<RwLock<Block<K>>>>>,
    directory: Mutex<Directory<K>>,
}

#[derive(Debug)]
struct Block<K> {
    rows: Vec<[f32; TEMPLATE_LENGTH]>,
    owners: Vec<Option<Arc<K>>>,
}

#[derive(Debug)]
struct Directory<K> {
    people: HashMap<Arc<K>, Vec<(Box<str>, Place)>>,
    free: Vec<Place>,
    used: usize,
}

/// A row of a block.
#[derive(Debug, Clone, Copy)]
struct Place {
    block: usize,
    row: usize,
}

impl<K> Default for Gallery<K> {
    fn default() -> Self {
        Self {
            blocks: ArcSwap::from_pointee(Vec::new()),
            directory: Mutex::new(Directory {
                people: HashMap::new(),
                free: Vec::new(),
                used: 0,
            }),
        }
    }
}

impl<K: Clone + Eq + Hash> Gallery<K> {
    /// An empty gallery.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a photo's template to a key, or replaces the one of the same photo.
    pub fn insert(&self, key: K, photo: &str, template: &Template) {
        let mut directory = self.directory();
        let owner = directory.owner(key);
        let known = directory.people.get(&owner).and_then(|photos| {
            photos
                .iter()
                .find(|(name, _)| **name == *photo)
                .map(|(_, place)| *place)
        });
        let place = known.unwrap_or_else(|| {
            let place = self.free_place(&mut directory);
            directory
                .people
                .entry(Arc::clone(&owner))
                .or_default()
                .push((photo.into(), place));
            directory.used += 1;
            place
        });
        self.write(place, *template.values(), Some(owner));
    }

    /// Removes everything of a key; says how many templates that were.
    pub fn remove(&self, key: &K) -> usize {
        let mut directory = self.directory();
        let photos = directory.people.remove(key).unwrap_or_default();
        for (_, place) in &photos {
            self.release(&mut directory, *place);
        }
        photos.len()
    }

    /// Removes one photo of a key; says whether it was there.
    pub fn remove_photo(&self, key: &K, photo: &str) -> bool {
        let mut directory = self.directory();
        let Some(photos) = directory.people.get_mut(key) else {
            return false;
        };
        let Some(index) = photos.iter().position(|(name, _)| **name == *photo) else {
            return false;
        };
        let (_, place) = photos.swap_remove(index);
        if photos.is_empty() {
            directory.people.remove(key);
        }
        self.release(&mut directory, place);
        true
    }

    /// Removes everything.
    pub fn clear(&self) {
        let mut directory = self.directory();
        self.blocks.store(Arc::new(Vec::new()));
        *directory = Directory {
            people: HashMap::new(),
            free: Vec::new(),
            used: 0,
        };
    }

    /// How many templates it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.directory().used
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many keys it holds.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.directory().people.len()
    }

    /// Whether it holds a template of this key.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.directory().people.contains_key(key)
    }

    /// The most alike key, and the most alike of another key.
    #[must_use]
    pub fn search(&self, query: &Template) -> Top2<K> {
        let mut found = self.nearest(query, 2).into_iter();
        Top2 {
            best: found.next(),
            second: found.next(),
        }
    }

    /// The `count` most alike keys, each once, with its best cosine; the best first.
    #[must_use]
    pub fn nearest(&self, query: &Template, count: usize) -> Vec<(K, f32)> {
        let blocks = self.blocks.load_full();
        let mut best = Best {
            limit: count,
            entries: Vec::with_capacity(count.saturating_add(1).min(64)),
        };
        let mut scores = vec![0.0_f32; BLOCK_ROWS];
        for block in blocks.iter() {
            let block = block.read().unwrap_or_else(PoisonError::into_inner);
            if products(&block.rows, query.values(), &mut scores) <= best.floor() {
                continue;
            }
            let mut from = 0;
            while let Some((row, score)) = next_over(&scores, from, best.floor()) {
                from = row + 1;
                if let Some(Some(owner)) = block.owners.get(row) {
                    best.offer(owner, score);
                }
            }
        }
        best.entries
            .into_iter()
            .map(|(owner, score)| (K::clone(&owner), score))
            .collect()
    }

    fn directory(&self) -> MutexGuard<'_, Directory<K>> {
        self.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, place: Place, row: [f32; TEMPLATE_LENGTH], owner: Option<Arc<K>>) {
        let blocks = self.blocks.load();
        let Some(block) = blocks.get(place.block) else {
            return;
        };
        let mut block = block.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = block.rows.get_mut(place.row) {
            *kept = row;
        }
        if let Some(kept) = block.owners.get_mut(place.row) {
            *kept = owner;
        }
    }

    /// Overwrites the row too: a removed person's template must not stay in memory.
    fn release(&self, directory: &mut Directory<K>, place: Place) {
        self.write(place, [0.0; TEMPLATE_LENGTH], None);
        directory.free.push(place);
        directory.used -= 1;
    }

    fn free_place(&self, directory: &mut Directory<K>) -> Place {
        if let Some(place) = directory.free.pop() {
            return place;
        }
        let mut blocks = Vec::clone(&self.blocks.load());
        let block = blocks.len();
        blocks.push(Arc::new(RwLock::new(Block {
            rows: vec![[0.0; TEMPLATE_LENGTH]; BLOCK_ROWS],
            owners: vec![None; BLOCK_ROWS],
        })));
        self.blocks.store(Arc::new(blocks));
        directory
            .free
            .extend((1..BLOCK_ROWS).rev().map(|row| Place { block, row }));
        Place { block, row: 0 }
    }
}

impl<K: Eq + Hash> Directory<K> {
    fn owner(&self, key: K) -> Arc<K> {
        self.people
            .get_key_value(&key)
            .map_or_else(|| Arc::new(key), |(owner, _)| Arc::clone(owner))
    }
}

/// The best keys so far, each once, the best first.
struct Best<K> {
    limit: usize,
    entries: Vec<(Arc<K>, f32)>,
}

impl<K: Eq> Best<K> {
    /// What a row must exceed to matter. Another photo of a key that is already listed counts only when it is better
    /// than that key's place, which [`Best::offer`] sees to.
    fn floor(&self) -> f32 {
        match self.entries.last() {
            _ if self.limit == 0 => f32::INFINITY,
            Some((_, score)) if self.entries.len() >= self.limit => *score,
            _ => f32::NEG_INFINITY,
        }
    }

    fn offer(&mut self, owner: &Arc<K>, score: f32) {
        if let Some(index) = self.entries.iter().position(|(known, _)| **known == **owner) {
            if self.entries.get(index).is_some_and(|(_, known)| *known >= score) {
                return;
            }
            self.entries.remove(index);
        }
        let index = self.entries.partition_point(|(_, known)| *known >= score);
        self.entries.insert(index, (Arc::clone(owner), score));
        self.entries.truncate(self.limit);
    }
}
