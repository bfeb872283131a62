//! The small vocabulary of the engine's tests.
#![allow(dead_code, unreachable_pub)]

use std::path::{Path, PathBuf};
use store::{BlobClass, BlobId, MasterKey, Migration, Month, Options, Store, StoreError};

pub(crate) const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE, blob TEXT)",
}];

pub(crate) fn key() -> MasterKey {
    MasterKey::from_bytes([7; 32]).unwrap()
}

pub(crate) fn options(folder: &Path) -> Options {
    Options::new(folder, "test.db", key(), SCHEMA)
}

pub(crate) fn month(text: &str) -> Month {
    text.parse().unwrap()
}

pub(crate) async fn put(store: &Store, class: BlobClass, bytes: &[u8]) -> Result<BlobId, StoreError> {
    let sealed = store.seal_blob(class, bytes)?;
    store.write(move |write| write.put_blob(sealed)).await
}

pub(crate) async fn note(store: &Store, text: &str) -> Result<i64, StoreError> {
    let text = text.to_owned();
    store
        .write(move |write| {
            write.execute("INSERT INTO notes (text) VALUES (?1)", [&text])?;
            Ok(write.last_insert_rowid())
        })
        .await
}

pub(crate) async fn notes(store: &Store) -> Vec<String> {
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
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
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

pub(crate) fn contains(folder: &Path, needle: &[u8]) -> bool {
    files(folder).iter().any(|path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

/// Copies a folder as it is at this moment: what a crash would leave.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
