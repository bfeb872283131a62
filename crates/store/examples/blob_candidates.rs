//! How record photos are kept: two candidates and a floor, on the same work. The figures behind
//! `docs/decisions/0002-record-photos.md`.
//!
//! `cargo run --release -p store --example blob_candidates -- [FOLDER] [PHOTOS] [ROUNDS]`
//!
//! * **segments**: ciphertexts appended to one file, fdatasync, then rows into the main database, commit;
//! * **database**: ciphertexts into a SQLite database of the month, commit, then the same rows into the main database,
//!   commit (its pages are 16 KiB: with 4 KiB ones it was slower still);
//! * **floor**: the same bytes and commits in a bare loop.
//!
//! Each round makes a new folder, writes all photos in groups of the given size, reads 500 of them in a random order,
//! erases 100 of them one by one, and drops the month. The median of the rounds is printed, one line of JSON each.

use rusqlite::Connection;
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

const PHOTO_BYTES: usize = 60 * 1024;
/// Row of a record without its picture.
const ROW_BYTES: usize = 300;
const GROUPS: [usize; 3] = [1, 16, 128];
const READS: usize = 500;
const ERASED: usize = 100;
const DEFAULT_PHOTOS: usize = 2000;
const DEFAULT_ROUNDS: usize = 3;

/// One way of keeping photos.
trait Candidate {
    /// Adds one photo to the open group.
    fn put(&mut self, id: i64, photo: &[u8]) -> Outcome<()>;
    /// Brings the group to the disk.
    fn commit(&mut self) -> Outcome<()>;
    fn read(&self, id: i64) -> Outcome<usize>;
    /// Makes one photo unreadable, durably.
    fn erase(&mut self, id: i64) -> Outcome<()>;
    fn drop_month(&mut self) -> Outcome<()>;
}

fn open(path: &Path, page: i64) -> Outcome<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "page_size", page)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    Ok(connection)
}

fn open_main(folder: &Path) -> Outcome<Connection> {
    let main = open(&folder.join("main.db"), 4096)?;
    main.execute_batch(
        "CREATE TABLE records (seq INTEGER PRIMARY KEY, id BLOB UNIQUE, row BLOB);
         CREATE TABLE blobs (id INTEGER PRIMARY KEY, offset INTEGER, length INTEGER, key BLOB);",
    )?;
    Ok(main)
}

/// The record's own rows, the same for both.
fn insert_rows(main: &Connection, id: i64, offset: i64) -> Outcome<()> {
    if main.is_autocommit() {
        main.execute_batch("BEGIN IMMEDIATE")?;
    }
    let random = scramble(id as u64).to_be_bytes();
    main.prepare_cached("INSERT INTO records VALUES (?1, ?2, ?3)")?
        .execute((id, &random[..], &[1u8; ROW_BYTES][..]))?;
    main.prepare_cached("INSERT INTO blobs VALUES (?1, ?2, ?3, ?4)")?
        .execute((id, offset, PHOTO_BYTES as i64, &[2u8; 65][..]))?;
    Ok(())
}

/// What makes an erasure final: the row with the key goes, and the write-ahead log with it.
fn erase_rows(main: &Connection, id: i64) -> Outcome<()> {
    main.execute("DELETE FROM blobs WHERE id = ?1", [id])?;
    truncate(main)
}

fn truncate(connection: &Connection) -> Outcome<()> {
    Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}

struct Segments {
    main: Connection,
    path: PathBuf,
    file: File,
    end: u64,
}

impl Segments {
    fn new(folder: &Path) -> Outcome<Self> {
        let path = folder.join("2026-11.segment");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)?;
        Ok(Self {
            main: open_main(folder)?,
            path,
            file,
            end: 0,
        })
    }
}

impl Candidate for Segments {
    fn put(&mut self, id: i64, photo: &[u8]) -> Outcome<()> {
        self.file.write_all_at(photo, self.end)?;
        insert_rows(&self.main, id, self.end as i64)?;
        self.end += photo.len() as u64;
        Ok(())
    }

    fn commit(&mut self) -> Outcome<()> {
        self.file.sync_data()?;
        Ok(self.main.execute_batch("COMMIT")?)
    }

    fn read(&self, id: i64) -> Outcome<usize> {
        let (offset, length): (i64, i64) = self
            .main
            .prepare_cached("SELECT offset, length FROM blobs WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut bytes = vec![0; length as usize];
        File::open(&self.path)?.read_exact_at(&mut bytes, offset as u64)?;
        Ok(bytes.len())
    }

    fn erase(&mut self, id: i64) -> Outcome<()> {
        erase_rows(&self.main, id)
    }

    fn drop_month(&mut self) -> Outcome<()> {
        self.main.execute("DELETE FROM blobs", [])?;
        truncate(&self.main)?;
        Ok(fs::remove_file(&self.path)?)
    }
}

struct Database {
    main: Connection,
    month: Connection,
    path: PathBuf,
}

impl Database {
    const PAGE: i64 = 16 * 1024;

    fn new(folder: &Path) -> Outcome<Self> {
        let path = folder.join("2026-11.db");
        let month = open(&path, Self::PAGE)?;
        // Where a blob begins is not SQLite's to align: a table with the id as rowid is what it is fastest with.
        month.execute_batch("CREATE TABLE photos (id INTEGER PRIMARY KEY, bytes BLOB)")?;
        Ok(Self {
            main: open_main(folder)?,
            month,
            path,
        })
    }
}

impl Candidate for Database {
    fn put(&mut self, id: i64, photo: &[u8]) -> Outcome<()> {
        if self.month.is_autocommit() {
            self.month.execute_batch("BEGIN IMMEDIATE")?;
        }
        self.month
            .prepare_cached("INSERT INTO photos VALUES (?1, ?2)")?
            .execute((id, photo))?;
        insert_rows(&self.main, id, 0)
    }

    fn commit(&mut self) -> Outcome<()> {
        self.month.execute_batch("COMMIT")?;
        Ok(self.main.execute_batch("COMMIT")?)
    }

    fn read(&self, id: i64) -> Outcome<usize> {
        let mut key = self.main.prepare_cached("SELECT key FROM blobs WHERE id = ?1")?;
        let _: Vec<u8> = key.query_row([id], |row| row.get(0))?;
        let mut photo = self
            .month
            .prepare_cached("SELECT bytes FROM photos WHERE id = ?1")?;
        let bytes: Vec<u8> = photo.query_row([id], |row| row.get(0))?;
        Ok(bytes.len())
    }

    fn erase(&mut self, id: i64) -> Outcome<()> {
        self.month.execute("DELETE FROM photos WHERE id = ?1", [id])?;
        truncate(&self.month)?;
        erase_rows(&self.main, id)
    }

    fn drop_month(&mut self) -> Outcome<()> {
        self.main.execute("DELETE FROM blobs", [])?;
        truncate(&self.main)?;
        self.month = Connection::open_in_memory()?;
        Ok(fs::remove_file(&self.path)?)
    }
}

/// The same bytes and commits; what it cannot do costs nothing.
struct Floor {
    file: File,
}

impl Floor {
    fn new(folder: &Path) -> Outcome<Self> {
        Ok(Self {
            file: File::create(folder.join("floor"))?,
        })
    }
}

impl Candidate for Floor {
    fn put(&mut self, _: i64, photo: &[u8]) -> Outcome<()> {
        use std::io::Write as _;
        self.file.write_all(photo)?;
        Ok(self.file.write_all(&[1; ROW_BYTES])?)
    }

    fn commit(&mut self) -> Outcome<()> {
        Ok(self.file.sync_data()?)
    }

    fn read(&self, _: i64) -> Outcome<usize> {
        Ok(0)
    }

    fn erase(&mut self, _: i64) -> Outcome<()> {
        Ok(())
    }

    fn drop_month(&mut self) -> Outcome<()> {
        Ok(())
    }
}

/// What one round measured.
#[derive(Clone, Copy, Default)]
struct Figures {
    photos_per_second: f64,
    bytes_written_per_byte: f64,
    read_microseconds: f64,
    erase_milliseconds: f64,
    drop_milliseconds: f64,
}

fn round(candidate: &mut dyn Candidate, photos: usize, group: usize) -> Outcome<Figures> {
    let mut photo = vec![0u8; PHOTO_BYTES];
    let written = bytes_written()?;
    let started = Instant::now();
    for number in 1..=photos {
        fill(&mut photo, number as u64);
        candidate.put(number as i64, &photo)?;
        if number % group == 0 || number == photos {
            candidate.commit()?;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let written = bytes_written()?.saturating_sub(written);

    let started = Instant::now();
    for number in 0..READS {
        let id = scramble(number as u64) % photos as u64 + 1;
        std::hint::black_box(candidate.read(id as i64)?);
    }
    let read = started.elapsed().as_secs_f64();

    let started = Instant::now();
    for number in 0..ERASED.min(photos) {
        candidate.erase((number * (photos / ERASED).max(1) + 1) as i64)?;
    }
    let erase = started.elapsed().as_secs_f64();

    let started = Instant::now();
    candidate.drop_month()?;
    Ok(Figures {
        photos_per_second: photos as f64 / seconds,
        bytes_written_per_byte: written as f64 / (photos * PHOTO_BYTES) as f64,
        read_microseconds: read * 1e6 / READS as f64,
        erase_milliseconds: erase * 1e3 / ERASED as f64,
        drop_milliseconds: started.elapsed().as_secs_f64() * 1e3,
    })
}

/// Bytes that this process sent to the disk so far (Linux).
fn bytes_written() -> Outcome<u64> {
    let text = fs::read_to_string("/proc/self/io")?;
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    Ok(line.unwrap_or("0").trim().parse()?)
}

/// Bytes that no file system can compress, as ciphertext is.
fn fill(photo: &mut [u8], seed: u64) {
    for (at, chunk) in photo.chunks_exact_mut(8).enumerate() {
        chunk.copy_from_slice(&scramble(seed << 20 | at as u64).to_be_bytes());
    }
}

fn scramble(number: u64) -> u64 {
    let mut x = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn median(rounds: &[Figures], of: impl Fn(&Figures) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.get(values.len() / 2).copied().unwrap_or_default();
    (middle * 100.0).round() / 100.0
}

type Make = fn(&Path) -> Outcome<Box<dyn Candidate>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse::<usize>());
    let photos = number(DEFAULT_PHOTOS)?.max(1);
    let rounds = number(DEFAULT_ROUNDS)?.max(1);
    let candidates: [(&str, Make); 3] = [
        ("floor", |folder| Ok(Box::new(Floor::new(folder)?))),
        ("segments", |folder| Ok(Box::new(Segments::new(folder)?))),
        ("database", |folder| Ok(Box::new(Database::new(folder)?))),
    ];
    for group in GROUPS {
        let mut figures = vec![Vec::new(); candidates.len()];
        // Taken in turns, so that what else the machine does meets all of them.
        for turn in 0..rounds {
            for ((name, make), measured) in candidates.iter().zip(&mut figures) {
                let folder = parent.join(format!("blob-candidates-{}-{name}-{turn}", std::process::id()));
                fs::create_dir_all(&folder)?;
                let outcome =
                    make(&folder).and_then(|mut candidate| round(candidate.as_mut(), photos, group));
                fs::remove_dir_all(&folder)?;
                measured.push(outcome?);
            }
        }
        for ((name, _), measured) in candidates.iter().zip(&figures) {
            print(name, group, photos, measured);
        }
    }
    Ok(())
}

fn print(name: &str, group: usize, photos: usize, rounds: &[Figures]) {
    let line = serde_json::json!({
        "candidate": name,
        "photos": photos,
        "photos_per_commit": group,
        "photos_per_second": median(rounds, |f| f.photos_per_second),
        "bytes_written_per_byte": median(rounds, |f| f.bytes_written_per_byte),
        "read_microseconds": median(rounds, |f| f.read_microseconds),
        "erase_milliseconds": median(rounds, |f| f.erase_milliseconds),
        "drop_month_milliseconds": median(rounds, |f| f.drop_milliseconds),
    });
    println!("{line}");
}
