//! Whatever happened before and however it ended: after opening, what was acknowledged is there and nothing else is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{copy, files, month, options};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use store::{BlobClass, BlobId, Month, Options, Store, StoreError};

/// A step in the life of a store.
#[derive(Debug, Clone)]
enum Step {
    /// Some pictures in one write.
    Put(Vec<(Option<u32>, usize)>),
    /// The same, but the write ends in an error.
    Fail(Vec<(Option<u32>, usize)>),
    /// Erases one of those that are there.
    Erase(usize),
    DropMonth(u32),
    Reclaim,
    /// Ends well and is opened again.
    Restart,
    /// The folder is taken as it is, with garbage behind the segments' ends and files that nobody knows.
    Crash(usize),
}

fn pictures() -> impl Strategy<Value = Vec<(Option<u32>, usize)>> {
    prop::collection::vec((prop::option::weighted(0.8, 0..3_u32), 0..3000_usize), 1..5)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => pictures().prop_map(Step::Put),
        2 => pictures().prop_map(Step::Fail),
        3 => any::<usize>().prop_map(Step::Erase),
        1 => (0..3_u32).prop_map(Step::DropMonth),
        1 => Just(Step::Reclaim),
        1 => Just(Step::Restart),
        2 => (0..5000_usize).prop_map(Step::Crash),
    ]
}

struct Life {
    parent: tempfile::TempDir,
    folder: PathBuf,
    store: Store,
    /// What was acknowledged.
    known: BTreeMap<BlobId, (Option<Month>, Vec<u8>)>,
    made: usize,
}

fn open(folder: &Path) -> Store {
    Store::open(Options {
        segment_bytes: 8000,
        readers: 1,
        ..options(folder)
    })
    .unwrap()
}

fn class(month: Option<Month>) -> BlobClass {
    month.map_or(BlobClass::Photo, |month| BlobClass::Capture { month })
}

fn back(months: u32) -> Month {
    month("2026-11").before(months)
}

impl Life {
    fn begin() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("0");
        Self {
            store: open(&folder),
            parent,
            folder,
            known: BTreeMap::new(),
            made: 0,
        }
    }

    async fn live(&mut self, step: Step) {
        match step {
            Step::Put(pictures) => self.put(pictures, false).await,
            Step::Fail(pictures) => self.put(pictures, true).await,
            Step::Erase(which) => {
                let Some(id) = self.known.keys().nth(which % self.known.len().max(1)).cloned() else {
                    return;
                };
                self.known.remove(&id);
                self.store
                    .write(move |write| write.delete_blob(&id))
                    .await
                    .unwrap();
            }
            Step::DropMonth(months) => {
                self.store.drop_month(back(months)).await.unwrap();
                self.known.retain(|_, (month, _)| *month != Some(back(months)));
            }
            Step::Reclaim => {
                self.store.reclaim().await.unwrap();
            }
            Step::Restart => {
                self.store.clone().close().await;
                self.store = open(&self.folder);
            }
            Step::Crash(garbage) => self.crash(garbage).await,
        }
    }

    async fn put(&mut self, pictures: Vec<(Option<u32>, usize)>, fail: bool) {
        let mut sealed = Vec::new();
        for (months, length) in pictures {
            self.made += 1;
            let (month, bytes) = (months.map(back), vec![self.made as u8; length]);
            let blob = self.store.seal_blob(class(month), &bytes).unwrap();
            if !fail {
                self.known.insert(blob.id().clone(), (month, bytes));
            }
            sealed.push(blob);
        }
        let outcome = self
            .store
            .write(move |write| {
                for blob in sealed {
                    write.put_blob(blob)?;
                }
                if fail {
                    Err(StoreError::Corrupt("on purpose".to_owned()))
                } else {
                    Ok(())
                }
            })
            .await;
        assert_eq!(outcome.is_err(), fail, "{outcome:?}");
    }

    async fn crash(&mut self, garbage: usize) {
        self.made += 1;
        let folder = self.parent.path().join(self.made.to_string());
        copy(&self.folder, &folder);
        self.store.clone().close().await;
        let blobs = folder.join("blobs");
        for segment in files(&blobs.join("capture")) {
            let mut file = std::fs::OpenOptions::new().append(true).open(segment).unwrap();
            file.write_all(&vec![0xAA; garbage]).unwrap();
        }
        for orphan in ["capture/2026-11/9999", "capture/2020-01/1", "photo/00/0"] {
            let orphan = blobs.join(orphan);
            std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
            std::fs::write(orphan, vec![0xAA; garbage]).unwrap();
        }
        self.folder = folder;
        self.store = open(&self.folder);
    }

    async fn verify(&self) {
        for (id, (_, bytes)) in &self.known {
            let found = self.store.blob(id).await.unwrap();
            assert_eq!(found.as_ref(), Some(bytes), "{id}");
        }
        let (rows, segments) = self
            .store
            .read(|connection| {
                let count =
                    |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0).map(|n| n as usize));
                Ok((
                    count("SELECT count(*) FROM blobs")?,
                    count("SELECT count(*) FROM segments")?,
                ))
            })
            .await
            .unwrap();
        assert_eq!(rows, self.known.len(), "what failed or was erased has no row");
        assert_eq!(
            files(&self.folder.join("blobs")).len(),
            segments,
            "each file is a segment"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_is_there_and_nothing_else(steps in prop::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut life = Life::begin();
            for step in steps {
                life.live(step).await;
                life.verify().await;
            }
            life.live(Step::Crash(100)).await;
            life.verify().await;
        });
    }
}
