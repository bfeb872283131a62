//! The floor under "committed records per second": the same bytes and the same number of commits in a bare loop, which
//! appends to one file and calls fdatasync. Nothing that keeps what it acknowledged can be faster on this disk.
//!
//! `cargo run --release -p store --example commit_floor -- [FOLDER] [RECORDS] [RECORDS_PER_COMMIT] [BYTES]` prints one
//! line of JSON: `{"records_per_second": …, "commits_per_second": …, "megabytes_per_second": …, …}`.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes of one record's row with its share of the index pages, as the write-ahead log carries them.
const ROW_BYTES: usize = 4096;
const DEFAULT_RECORDS: usize = 2000;
const DEFAULT_PER_COMMIT: usize = 32;
const DEFAULT_BYTES: usize = 60 * 1024;

/// Appends `records` times `bytes` plus a row, with an fdatasync after each `per_commit` records. Gives the time taken.
fn bare_loop(folder: &Path, records: usize, per_commit: usize, bytes: usize) -> std::io::Result<Duration> {
    let path = folder.join("commit-floor.tmp");
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .open(&path)?;
    // Not zeroes: some file systems keep no blocks for those.
    let mut photo = vec![0u8; bytes + ROW_BYTES];
    let mut state = 0x9E37_79B9_u32;
    for byte in &mut photo {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = state.to_be_bytes()[0];
    }
    let started = Instant::now();
    for record in 1..=records {
        file.write_all(&photo)?;
        if record % per_commit == 0 || record == records {
            file.sync_data()?;
        }
    }
    let took = started.elapsed();
    std::fs::remove_file(&path)?;
    Ok(took)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse::<usize>());
    let records = number(DEFAULT_RECORDS)?.max(1);
    let per_commit = number(DEFAULT_PER_COMMIT)?.max(1);
    let bytes = number(DEFAULT_BYTES)?;
    let seconds = bare_loop(&folder, records, per_commit, bytes)?.as_secs_f64();
    let per_second = |count: usize| (count as f64 / seconds).round();
    let report = serde_json::json!({
        "records": records,
        "records_per_commit": per_commit,
        "photo_bytes": bytes,
        "seconds": seconds,
        "records_per_second": per_second(records),
        "commits_per_second": per_second(records.div_ceil(per_commit)),
        "megabytes_per_second": per_second(records * (bytes + ROW_BYTES) / 1_000_000),
    });
    println!("{report}");
    Ok(())
}
