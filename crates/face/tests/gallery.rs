//! The gallery against the plainest search there is, and while it changes.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use face::{Gallery, TEMPLATE_LENGTH, Template};
use proptest::prelude::*;

/// A direction that depends on the seed alone.
fn template(seed: u32) -> Template {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    Template::from_raw(std::array::from_fn::<_, TEMPLATE_LENGTH, _>(|_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    }))
    .unwrap()
}

#[derive(Debug, Clone)]
enum Change {
    Insert { key: u8, photo: u8, seed: u32 },
    Remove { key: u8 },
    RemovePhoto { key: u8, photo: u8 },
    Clear,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        12 => (0..12_u8, 0..3_u8, any::<u32>()).prop_map(|(key, photo, seed)| Change::Insert { key, photo, seed }),
        3 => (0..12_u8).prop_map(|key| Change::Remove { key }),
        3 => (0..12_u8, 0..3_u8).prop_map(|(key, photo)| Change::RemovePhoto { key, photo }),
        1 => Just(Change::Clear),
    ]
}

type Plain = BTreeMap<(u8, u8), Template>;

fn apply(gallery: &Gallery<u8>, plain: &mut Plain, change: Change) {
    match change {
        Change::Insert { key, photo, seed } => {
            gallery.insert(key, &photo.to_string(), &template(seed));
            plain.insert((key, photo), template(seed));
        }
        Change::Remove { key } => {
            let before = plain.len();
            plain.retain(|(other, _), _| *other != key);
            assert_eq!(gallery.remove(&key), before - plain.len());
        }
        Change::RemovePhoto { key, photo } => {
            assert_eq!(
                gallery.remove_photo(&key, &photo.to_string()),
                plain.remove(&(key, photo)).is_some()
            );
        }
        Change::Clear => {
            gallery.clear();
            plain.clear();
        }
    }
}

/// Every key's best cosine, the best first.
fn search(plain: &Plain, query: &Template) -> Vec<(u8, f64)> {
    let mut best: BTreeMap<u8, f64> = BTreeMap::new();
    for ((key, _), template) in plain {
        let pairs = template.values().iter().zip(query.values());
        let score: f64 = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        let known = best.entry(*key).or_insert(score);
        *known = known.max(score);
    }
    let mut best: Vec<_> = best.into_iter().collect();
    best.sort_by(|a, b| b.1.total_cmp(&a.1));
    best
}

proptest! {
    #[test]
    fn it_finds_what_a_plain_search_finds(
        changes in prop::collection::vec(change(), 0..60),
        queries in prop::collection::vec(any::<u32>(), 1..4),
    ) {
        let (gallery, mut plain) = (Gallery::new(), Plain::new());
        for change in changes {
            apply(&gallery, &mut plain, change);
        }
        prop_assert_eq!(gallery.len(), plain.len());
        for query in queries.into_iter().map(template) {
            let expected = search(&plain, &query);
            prop_assert_eq!(gallery.keys(), expected.len());
            let found = gallery.search(&query);
            for (found, expected) in [(found.best, expected.first()), (found.second, expected.get(1))] {
                prop_assert_eq!(found.map(|(key, _)| key), expected.map(|(key, _)| *key));
                let difference = found.zip(expected).map_or(0.0, |((_, a), (_, b))| (f64::from(a) - b).abs());
                prop_assert!(difference < 1e-5);
            }
            let nearest: Vec<_> = gallery.nearest(&query, 5).into_iter().map(|(key, _)| key).collect();
            let expected: Vec<_> = expected.iter().take(5).map(|(key, _)| *key).collect();
            prop_assert_eq!(nearest, expected);
        }
    }
}

#[test]
fn searches_and_changes_go_on_together() {
    let gallery = Gallery::new();
    for key in 0..3000_u32 {
        gallery.insert(key, "kept", &template(key));
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for reader in 0..2_u32 {
            let (gallery, done) = (&gallery, &done);
            scope.spawn(move || {
                let mut key = reader;
                while !done.load(Ordering::Relaxed) {
                    key = (key + 7) % 3000;
                    let found = gallery.search(&template(key));
                    assert_eq!(found.best.map(|(found, _)| found), Some(key));
                    assert_ne!(found.second.map(|(found, _)| found), Some(key));
                }
            });
        }
        for round in 0..20_u32 {
            for key in 3000..3600 {
                gallery.insert(key, "passing", &template(key + round * 1000));
            }
            for key in 3000..3600 {
                assert_eq!(gallery.remove(&key), 1);
            }
            for key in (3000..3600).step_by(100) {
                let found = gallery.search(&template(key + round * 1000));
                assert_ne!(found.best.map(|(found, _)| found), Some(key), "it was removed");
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!((gallery.len(), gallery.keys()), (3000, 3000));
}
