//! The engine through its public face: commits, groups, erasure, bounds, and who may open what.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::path::Path;
use store::{BlobClass, BlobId, MasterKey, Migration, Month, OpenError, Options, Store, StoreError};

const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE, blob TEXT)",
}];

fn key() -> MasterKey {
    MasterKey::from_bytes([7; 32]).unwrap()
}

fn options(folder: &Path) -> Options {
    Options::new(folder, "test.db", key(), SCHEMA)
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

async fn put(store: &Store, class: BlobClass, bytes: &[u8]) -> Result<BlobId, StoreError> {
    let sealed = store.seal_blob(class, bytes)?;
    store.write(move |write| write.put_blob(sealed)).await
}

async fn note(store: &Store, text: &str) -> Result<i64, StoreError> {
    let text = text.to_owned();
    store
        .write(move |write| {
            write.execute("INSERT INTO notes (text) VALUES (?1)", [&text])?;
            Ok(write.last_insert_rowid())
        })
        .await
}

async fn notes(store: &Store) -> Vec<String> {
    store
        .read(|connection| {
            let mut statement = connection.prepare("SELECT text FROM notes ORDER BY id")?;
            let texts = statement
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            Ok(texts)
        })
        .await
        .unwrap()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path))
        } else {
            found.push(path)
        }
    }
    found
}

fn contains(folder: &Path, needle: &[u8]) -> bool {
    files(folder).iter().any(|path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

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
