//! The engine through its public face: commits, groups, erasure, bounds, and who may open what.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{contains, month, note, notes, options, put};
use store::{BlobClass, MasterKey, OpenError, Options, Store, StoreError};

#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path())).unwrap();
    note(&store, "one").await.unwrap();
    let capture = BlobClass::Capture {
        month: month("2026-11"),
    };
    let (a, b) = (
        put(&store, capture, b"capture").await.unwrap(),
        put(&store, BlobClass::Photo, b"photo").await.unwrap(),
    );
    store.close().await;

    let store = Store::open(options(folder.path())).unwrap();
    assert_eq!(notes(&store).await, ["one"]);
    assert_eq!(store.blob(&a).await.unwrap().unwrap(), b"capture");
    assert_eq!(store.blob(&b).await.unwrap().unwrap(), b"photo");
    assert!(!contains(folder.path(), b"capture\0") && !contains(folder.path(), b"photo\0"));
    let c = put(&store, capture, b"another").await.unwrap();
    assert_eq!(store.blob(&c).await.unwrap().unwrap(), b"another");
    assert_eq!(store.blob(&a).await.unwrap().unwrap(), b"capture");
    store.close().await;
}

#[tokio::test]
async fn a_write_that_fails_leaves_its_group_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path())).unwrap();
    let capture = BlobClass::Capture {
        month: month("2026-11"),
    };
    // All are queued before the first can be committed.
    let (good, bad) = (
        store.seal_blob(capture, b"good").unwrap(),
        store.seal_blob(capture, b"bad").unwrap(),
    );
    let bad_id = bad.id().clone();
    let (first, second, third, fourth, fifth) = tokio::join!(
        note(&store, "same"),
        note(&store, "same"),
        store.write(move |write| {
            write.put_blob(bad)?;
            write.execute("INSERT INTO notes (text) VALUES ('half done')", [])?;
            panic!("on purpose");
            #[allow(unreachable_code)]
            Ok(())
        }),
        store.write(move |write| write.put_blob(good)),
        note(&store, "last"),
    );
    first.unwrap();
    assert!(matches!(second, Err(StoreError::Conflict { what }) if what == "notes.text"));
    assert!(matches!(third, Err(StoreError::Panicked)));
    assert_eq!(store.blob(&fourth.unwrap()).await.unwrap().unwrap(), b"good");
    fifth.unwrap();
    assert_eq!(notes(&store).await, ["same", "last"]);
    assert_eq!(store.blob(&bad_id).await.unwrap(), None);
    store.close().await;
}

#[tokio::test]
async fn one_process_owns_the_folder_and_a_guest_may_write_rows() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path())).unwrap();
    match Store::open(options(folder.path())) {
        Err(OpenError::InUse { owner, .. }) => {
            assert!(owner.contains(&std::process::id().to_string()), "{owner}")
        }
        other => panic!("{other:?}"),
    }
    let guest = Store::open(Options {
        shared: true,
        ..options(folder.path())
    })
    .unwrap();
    assert!(guest.is_guest() && !store.is_guest());
    let (ours, theirs) = tokio::join!(note(&store, "owner"), note(&guest, "guest"));
    assert_ne!(ours.unwrap(), theirs.unwrap());
    assert_eq!(notes(&store).await.len(), 2);
    assert!(matches!(
        put(&guest, BlobClass::Photo, b"x").await,
        Err(StoreError::Guest)
    ));
    guest.close().await;
    store.close().await;

    let alone = Store::open(Options {
        shared: true,
        ..options(folder.path())
    })
    .unwrap();
    assert!(!alone.is_guest(), "with nobody there it is the owner");
    alone.close().await;
}

#[tokio::test]
async fn data_without_its_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    Store::open(options(folder.path())).unwrap().close().await;
    let other = MasterKey::from_bytes([8; 32]).unwrap();
    let refused = Store::open(Options {
        key: other,
        ..options(folder.path())
    });
    assert!(matches!(refused, Err(OpenError::WrongKey { .. })), "{refused:?}");
    Store::open(options(folder.path())).unwrap().close().await;
}

#[tokio::test]
async fn past_the_bound_of_the_queue_it_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Options {
        queue_limit: 2,
        ..options(folder.path())
    })
    .unwrap();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let slow = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .write(move |_| {
                    begun.send(()).unwrap();
                    gate.recv().unwrap();
                    Ok(())
                })
                .await
        }
    });
    has_begun.await.unwrap();
    let waiting = async {
        tokio::join!(note(&store, "1"), note(&store, "2"), note(&store, "3"), async {
            go.send(())
        })
    };
    let (first, second, third, _) = waiting.await;
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert!(matches!(third, Err(StoreError::Busy { limit: 2 })), "{third:?}");
    slow.await.unwrap().unwrap();
    assert_eq!(notes(&store).await, ["1", "2"]);
    store.close().await;
}

#[tokio::test]
async fn a_reader_sees_one_state_and_may_not_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path())).unwrap();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let count = |connection: &rusqlite::Connection| {
        Ok(connection.query_row("SELECT count(*) FROM notes", [], |row| row.get::<_, i64>(0))?)
    };
    let view = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .read(move |connection| {
                    let before = count(connection)?;
                    begun.send(()).unwrap();
                    gate.recv().unwrap();
                    Ok((before, count(connection)?))
                })
                .await
        }
    });
    has_begun.await.unwrap();
    note(&store, "meanwhile").await.unwrap();
    go.send(()).unwrap();
    assert_eq!(view.await.unwrap().unwrap(), (0, 0));
    assert_eq!(store.read(count).await.unwrap(), 1);
    let refused = store
        .read(|connection| Ok(connection.execute("DELETE FROM notes", [])?))
        .await;
    assert!(matches!(refused, Err(StoreError::Sqlite(_))), "{refused:?}");
    let panicked = store.read::<(), _>(|_| panic!("on purpose")).await;
    assert!(matches!(panicked, Err(StoreError::Panicked)));
    assert_eq!(store.read(count).await.unwrap(), 1);
    store.close().await;
}

#[tokio::test]
async fn a_store_that_was_merely_dropped_finishes_and_frees_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path())).unwrap();
    let mut writing = Box::pin(note(&store, "nobody waits for this"));
    // Begun, then forgotten.
    let _ = poll_once(&mut writing).await;
    drop(writing);
    drop(store);
    let store = Store::open(options(folder.path())).unwrap();
    assert_eq!(notes(&store).await, ["nobody waits for this"]);
    store.close().await;
}

async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
