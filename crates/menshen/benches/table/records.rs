//! Committed records per second with a 60 KB photo each, through loopback connections.
//!
//! Floor: a bare loop that does the same to the disk: as many photos appended to one file and as many rows put into a
//! database of the same settings, with as many commits as the hub made of records, each synced.

use crate::kit::{Api, free_port, start_hub};
use crate::report::Row;
use crate::runtime;
use rusqlite::Connection;
use std::io::Write;
use std::path::Path;
use std::time::Instant;
use terminal::swarm::{SwarmOptions, SwarmReport, qyzn};

const DEVICES: usize = 64;
const RECORDS_EACH: u32 = 40;
const PHOTO_BYTES: usize = 60 * 1024;
/// What the hub keeps of a record beside its photo, about.
const ROW_BYTES: usize = 600;

/// How often the floor is measured.
const FLOOR_RUNS: usize = 5;

pub(crate) fn rows() -> Vec<Row> {
    let (report, commits) = runtime().block_on(hub());
    assert_eq!(report.lost, 0, "records were lost");
    let records = usize::try_from(report.acknowledged).unwrap();
    let ours = report.acknowledged as f64 / report.seconds;
    // What the hub wrote is still on its way to the disk: the best of several is the floor.
    let floor = (0..FLOOR_RUNS)
        .map(|_| floor(tempfile::tempdir().unwrap().path(), records, commits))
        .fold(0.0, f64::max);
    vec![Row {
        what: format!(
            "records with a {} KB photo, {DEVICES} devices",
            PHOTO_BYTES / 1024
        ),
        ours: format!("{ours:.0}/s, p99 {:.0} ms", report.latency_ms.p99),
        floor: format!("bare loop, same bytes, same {commits} commits: {floor:.0}/s"),
        ratio: Some(floor / ours),
    }]
}

async fn hub() -> (SwarmReport, usize) {
    let folder = tempfile::tempdir().unwrap();
    let sets = ["devices.approve=automatic", "admin.metrics=open"];
    let port = free_port();
    let (_hub, admin) = start_hub(folder.path(), port, &sets).await;
    let platform = format!("127.0.0.1:{port}");
    let _ready = Api::sign_in(&admin).await;
    let options = SwarmOptions {
        hub: platform,
        count: DEVICES,
        records_per_second: 0.0,
        duration: std::time::Duration::from_secs(600),
        records_per_device: Some(RECORDS_EACH),
        photo_bytes: PHOTO_BYTES,
        ..SwarmOptions::default()
    };
    let report = qyzn::run(options).await.unwrap();
    (
        report,
        metric(&admin, "menshen_store_blob_commits_total").await as usize,
    )
}

/// One figure of `/metrics`.
pub(crate) async fn metric(admin: &str, name: &str) -> f64 {
    let text = reqwest::get(format!("http://{admin}/metrics"))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with(name) && !line.starts_with('#'));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok())
        .unwrap_or_default()
}

fn floor(folder: &Path, records: usize, commits: usize) -> f64 {
    let mut database = Connection::open(folder.join("floor.db")).unwrap();
    database.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE records (id INTEGER PRIMARY KEY, row BLOB)").unwrap();
    let mut photos = std::fs::File::create(folder.join("photos")).unwrap();
    let (photo, row) = (vec![7_u8; PHOTO_BYTES], vec![7_u8; ROW_BYTES]);
    let begun = Instant::now();
    let mut written = 0;
    for commit in 1..=commits {
        let transaction = database.transaction().unwrap();
        let due = records * commit / commits;
        let photos_before = written;
        while written < due {
            photos.write_all(&photo).unwrap();
            transaction
                .execute("INSERT INTO records (row) VALUES (?1)", [&row])
                .unwrap();
            written += 1;
        }
        if written > photos_before {
            photos.sync_data().unwrap();
        }
        transaction.commit().unwrap();
    }
    records as f64 / begun.elapsed().as_secs_f64()
}
