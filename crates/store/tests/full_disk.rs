//! A disk that is full: nothing is acknowledged that is not kept, and writing works again when there is space.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use std::path::Path;
use std::process::Command;

use common::{month, note, notes, options, put};
use store::{BlobClass, Options, Store, StoreError};

#[tokio::test]
async fn a_database_that_may_not_grow_refuses_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let bounded = Options {
        database_bytes: 256 * 1024,
        ..options(folder.path())
    };
    let store = Store::open(bounded).unwrap();
    let mut kept = Vec::new();
    let full = loop {
        let text = format!("{:04}{}", kept.len(), "x".repeat(4000));
        match note(&store, &text).await {
            Ok(_) => kept.push(text),
            Err(error) => break error,
        }
        assert!(kept.len() < 1000, "the bound was not felt");
    };
    assert!(matches!(full, StoreError::Full { .. }), "{full:?}");
    // Whoever shares the group with one that does not fit is told the truth as well.
    let too_large = "y".repeat(300_000);
    let (small, large) = tokio::join!(note(&store, "small"), note(&store, &too_large));
    assert!(matches!(large, Err(StoreError::Full { .. })), "{large:?}");
    if small.is_ok() {
        kept.push("small".to_owned());
    }
    assert_eq!(notes(&store).await, kept);

    store
        .write(|write| Ok(write.execute("DELETE FROM notes WHERE id < 20", [])?))
        .await
        .unwrap();
    note(&store, "there is space again").await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_segment_that_cannot_grow_refuses_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path())).unwrap();
    let capture = BlobClass::Capture {
        month: month("2026-11"),
    };
    // The file of the first segment is one that is always full.
    let segments = folder.path().join("blobs/capture/2026-11");
    std::fs::create_dir_all(&segments).unwrap();
    std::os::unix::fs::symlink("/dev/full", segments.join("1")).unwrap();

    let sealed = store.seal_blob(capture, &[1; 10_000]).unwrap();
    let id = sealed.id().clone();
    let (picture, row) = tokio::join!(
        store.write(move |write| {
            write.execute("INSERT INTO notes (text) VALUES ('with a picture')", [])?;
            write.put_blob(sealed)
        }),
        note(&store, "without a picture"),
    );
    assert!(matches!(picture, Err(StoreError::Full { .. })), "{picture:?}");
    row.unwrap();
    assert_eq!(notes(&store).await, ["without a picture"]);
    assert_eq!(store.blob(&id).await.unwrap(), None);

    // The store removed the file that it could not fill; the next one has space.
    let id = put(&store, capture, b"there is space again").await.unwrap();
    assert_eq!(store.blob(&id).await.unwrap().unwrap(), b"there is space again");
    store.close().await;
}

/// Where the small disk is mounted, for the process that runs on it.
const SMALL_DISK: &str = "MENSHEN_SMALL_DISK";

/// Runs itself again in a mount namespace of its own, on a disk of 6 MB. Where the system allows nobody to mount, the
/// bounds of the tests above have to do.
#[test]
fn a_small_disk_refuses_and_recovers() {
    if let Ok(disk) = std::env::var(SMALL_DISK) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return runtime.block_on(fill(Path::new(&disk)));
    }
    let disk = tempfile::tempdir().unwrap();
    let mounted = |command: &str| {
        let mut unshare = Command::new("unshare");
        unshare
            .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
            .arg(format!(
                "mount -t tmpfs -o size=6m tmpfs \"$MENSHEN_SMALL_DISK\" && {command}"
            ))
            .env(SMALL_DISK, disk.path())
            .env("THIS_TEST", std::env::current_exe().unwrap());
        unshare.status().is_ok_and(|status| status.success())
    };
    if !mounted("true") {
        eprintln!("no small disk can be mounted here");
        return;
    }
    assert!(mounted(
        "exec \"$THIS_TEST\" --exact a_small_disk_refuses_and_recovers --nocapture"
    ));
}

async fn fill(disk: &Path) {
    let folder = tempfile::tempdir_in(disk).unwrap();
    let store = Store::open(options(folder.path())).unwrap();
    // Rows alone: it is the write-ahead log that finds no space, at the commit.
    let filler = folder.path().join("filler");
    let mut kept = 0;
    for size in [500_000, 1000] {
        let mut all = std::fs::read(&filler).unwrap_or_default();
        while std::fs::write(&filler, &all).is_ok() {
            all.resize(all.len() + size, 0);
        }
    }
    let full = loop {
        match note(&store, &format!("{kept}{}", "x".repeat(20_000))).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, StoreError::Full { .. }), "{full:?}");
    assert_eq!(notes(&store).await.len(), kept);
    std::fs::remove_file(&filler).unwrap();
    note(&store, "there is space again").await.unwrap();
    store.close().await;
    let store = Store::open(options(folder.path())).unwrap();
    assert_eq!(notes(&store).await.len(), kept + 1);
    store.close().await;
}
