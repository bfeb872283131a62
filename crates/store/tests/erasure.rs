//! What is erased is gone: from the database, its log, and the blobs (hub rules 4 and 47).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{contains, files, month, options, put};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use store::{BlobClass, Options, Reclaimed, Store};

/// A quarter of what the segments of these tests hold.
const QUARTER: usize = 10_000;

fn small_segments(folder: &std::path::Path) -> Options {
    Options {
        segment_bytes: 4 * QUARTER as u64 + 1000,
        ..options(folder)
    }
}

#[tokio::test]
async fn an_erased_picture_leaves_neither_key_nor_row() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path())).unwrap();
    let capture = BlobClass::Capture {
        month: month("2026-11"),
    };
    let photo = put(&store, BlobClass::Photo, b"of a person").await.unwrap();
    let (gone, stays) = (
        put(&store, capture, b"one").await.unwrap(),
        put(&store, capture, b"two").await.unwrap(),
    );
    let secret = store.seal("notes", "1", b"a template").unwrap();
    let sealed = secret.clone();
    store
        .write(move |write| {
            Ok(write.execute("INSERT INTO notes (id, text, blob) VALUES (1, 'n', ?1)", [sealed])?)
        })
        .await
        .unwrap();
    let keys: Vec<Vec<u8>> = store
        .read(|connection| {
            let mut statement = connection.prepare("SELECT key FROM blobs")?;
            Ok(statement
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?)
        })
        .await
        .unwrap();
    assert!(contains(folder.path(), &secret) && keys.iter().all(|key| contains(folder.path(), key)));
    assert_eq!(files(&folder.path().join("blobs/photo")).len(), 1);

    let erased = (photo.clone(), gone.clone());
    store
        .write(move |write| {
            write.execute("DELETE FROM notes", [])?;
            write.delete_blob(&erased.0)?;
            write.delete_blob(&erased.1)
        })
        .await
        .unwrap();
    store.truncate_wal().await.unwrap();
    assert!(
        !contains(folder.path(), &secret),
        "the sealed column is still there"
    );
    assert_eq!(
        keys.iter().filter(|key| contains(folder.path(), key)).count(),
        1,
        "only the key of what stays"
    );
    assert!(
        !contains(folder.path(), photo.as_str().as_bytes())
            && !contains(folder.path(), gone.as_str().as_bytes())
    );
    assert!(
        files(&folder.path().join("blobs/photo")).is_empty(),
        "a photo's file goes at once"
    );
    assert_eq!(store.blob(&gone).await.unwrap(), None);
    assert_eq!(store.blob(&stays).await.unwrap().unwrap(), b"two");
    store.close().await;
}

#[tokio::test]
async fn the_log_is_emptied_by_itself_after_an_erasure() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path())).unwrap();
    let photo = put(&store, BlobClass::Photo, b"of a person").await.unwrap();
    let log = folder.path().join("test.db-wal");
    assert!(std::fs::metadata(&log).unwrap().len() > 0);
    store.write(move |write| write.delete_blob(&photo)).await.unwrap();
    let emptied = async {
        let mut often = tokio::time::interval(Duration::from_millis(20));
        while std::fs::metadata(&log).unwrap().len() > 0 {
            often.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), emptied)
        .await
        .unwrap();
    store.close().await;
}

/// Reads of which one ends only when the next has begun, so that there is always one.
#[derive(Default)]
struct Relay {
    begun: Mutex<u64>,
    next: Condvar,
}

impl Relay {
    /// Patience for the next one, which may be held up.
    const PATIENCE: Duration = Duration::from_millis(40);

    fn run(&self) {
        let mut begun = self.begun.lock().unwrap();
        *begun += 1;
        let mine = *begun;
        self.next.notify_all();
        let _ = self
            .next
            .wait_timeout_while(begun, Self::PATIENCE, |begun| *begun == mine)
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_and_writes_that_never_stop_do_not_keep_the_log_alive() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path())).unwrap();
    let photo = put(&store, BlobClass::Photo, b"of a person").await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let relay = Arc::new(Relay::default());
    let mut busy = Vec::new();
    for _ in 0..4 {
        let (store, stopped, relay) = (store.clone(), stopped.clone(), Arc::clone(&relay));
        busy.push(tokio::spawn(async move {
            while !*stopped.borrow() {
                let relay = Arc::clone(&relay);
                let look = store.read(move |connection| {
                    let count =
                        connection.query_row("SELECT count(*) FROM notes", [], |row| row.get::<_, i64>(0))?;
                    relay.run();
                    Ok(count)
                });
                look.await.unwrap();
            }
        }));
    }
    let (writing, begun) = (store.clone(), stopped.clone());
    busy.push(tokio::spawn(async move {
        while !*begun.borrow() {
            writing
                .write(|write| Ok(write.execute("INSERT INTO notes (text) VALUES (NULL)", [])?))
                .await
                .unwrap();
        }
    }));
    store.write(move |write| write.delete_blob(&photo)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), store.truncate_wal())
        .await
        .unwrap()
        .unwrap();
    stop.send(true).unwrap();
    for task in busy {
        task.await.unwrap();
    }
    store.close().await;
}

#[tokio::test]
async fn a_month_is_dropped_as_a_whole_and_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(small_segments(folder.path())).unwrap();
    let (old, new) = (month("2026-10"), month("2026-11"));
    let mut kept = Vec::new();
    for round in 0..10_u8 {
        put(&store, BlobClass::Capture { month: old }, &[round; QUARTER])
            .await
            .unwrap();
        kept.push(
            put(&store, BlobClass::Capture { month: new }, &[round; QUARTER])
                .await
                .unwrap(),
        );
    }
    assert_eq!(store.months().await.unwrap(), [old, new]);
    assert_eq!(store.drop_month(old).await.unwrap(), 10);
    assert_eq!(store.months().await.unwrap(), [new]);
    assert!(files(&folder.path().join("blobs/capture/2026-10")).is_empty());
    for (round, id) in kept.iter().enumerate() {
        assert_eq!(store.blob(id).await.unwrap().unwrap(), [round as u8; QUARTER]);
    }
    // A picture of that month that comes later is kept as any other.
    let late = put(&store, BlobClass::Capture { month: old }, b"late")
        .await
        .unwrap();
    assert_eq!(store.blob(&late).await.unwrap().unwrap(), b"late");
    store.close().await;
}

#[tokio::test]
async fn space_of_erased_captures_is_reclaimed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(small_segments(folder.path())).unwrap();
    let class = BlobClass::Capture {
        month: month("2026-11"),
    };
    let mut ids = Vec::new();
    for round in 0..14_u8 {
        ids.push(put(&store, class, &[round; QUARTER]).await.unwrap());
    }
    // Segments hold 0–3, 4–7, 8–11 and 12–13. Of the first nothing is left, of the second a quarter, of the third half
    // (which stays: there is as much to lose as to win).
    let erased: Vec<_> = [0, 1, 2, 3, 5, 6, 7, 10, 11]
        .map(|at: usize| ids[at].clone())
        .into();
    let gone = erased.clone();
    store
        .write(move |write| gone.iter().try_for_each(|id| write.delete_blob(id)))
        .await
        .unwrap();
    let size = |folder: &std::path::Path| -> u64 {
        files(&folder.join("blobs"))
            .iter()
            .map(|path| path.metadata().unwrap().len())
            .sum()
    };
    let before = size(folder.path());
    let Reclaimed { segments, bytes } = store.reclaim().await.unwrap();
    assert_eq!(segments, 1, "the empty one went when its last picture did");

    assert!(bytes >= 3 * QUARTER as u64, "{bytes}");
    assert!(size(folder.path()) + bytes <= before);
    for (round, id) in ids.iter().enumerate() {
        let found = store.blob(id).await.unwrap();
        let expected = (!erased.contains(id)).then(|| vec![round as u8; QUARTER]);
        assert_eq!(found, expected, "picture {round}");
    }
    assert_eq!(
        store.reclaim().await.unwrap(),
        Reclaimed::default(),
        "nothing is left to do"
    );
    store.close().await;
}
