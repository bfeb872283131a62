//! Records with a photo through the engine, as fast as it goes: many writers at once, each waiting for its
//! acknowledgement. To be held against `commit_floor`.
//!
//! `cargo run --release -p store --example engine_commits -- [FOLDER] [RECORDS] [WRITERS] [BYTES]` prints one line of
//! JSON.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;
use store::{BlobClass, MasterKey, Migration, Month, Options, Store, StoreError};

const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    sql: "CREATE TABLE records (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, capture TEXT, row BLOB)",
}];
const ROW_BYTES: usize = 300;
const DEFAULT_RECORDS: usize = 4000;
const DEFAULT_WRITERS: usize = 64;
const DEFAULT_BYTES: usize = 60 * 1024;

async fn record(store: &Store, month: Month, number: usize, bytes: usize) -> Result<(), StoreError> {
    let photo = store.seal_blob(BlobClass::Capture { month }, &vec![number as u8; bytes])?;
    let write = store.write(move |write| {
        let capture = write.put_blob(photo)?;
        write
            .prepare_cached("INSERT INTO records (id, capture, row) VALUES (?1, ?2, ?3)")?
            .execute((format!("record-{number}"), &capture, &[1u8; ROW_BYTES][..]))?;
        Ok(())
    });
    write.await
}

async fn run(folder: &Path, records: usize, writers: usize, bytes: usize) -> Result<f64, Box<dyn Error>> {
    let store = Store::open(Options::new(folder, "engine.db", MasterKey::random()?, SCHEMA))?;
    let month: Month = "2026-11".parse()?;
    let started = Instant::now();
    let mut tasks = Vec::new();
    for writer in 0..writers {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            for number in (writer..records).step_by(writers) {
                record(&store, month, number, bytes).await?;
            }
            Ok::<(), StoreError>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    let seconds = started.elapsed().as_secs_f64();
    store.close().await;
    Ok(seconds)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse::<usize>());
    let records = number(DEFAULT_RECORDS)?.max(1);
    let writers = number(DEFAULT_WRITERS)?.max(1);
    let bytes = number(DEFAULT_BYTES)?;
    let folder = parent.join(format!("engine-commits-{}", std::process::id()));
    let outcome = run(&folder, records, writers, bytes).await;
    std::fs::remove_dir_all(&folder)?;
    let seconds = outcome?;
    let report = serde_json::json!({
        "records": records,
        "writers": writers,
        "photo_bytes": bytes,
        "seconds": seconds,
        "records_per_second": (records as f64 / seconds).round(),
    });
    println!("{report}");
    Ok(())
}
