//! `kill -9` at random moments: everything that was acknowledged is there afterwards, whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{month, options};
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use store::{BlobClass, BlobId, Options, Store};

/// Rounds by default; `MENSHEN_KILL_ROUNDS` asks for another number.
const ROUNDS: u32 = 8;
const WRITERS: u64 = 6;
const FOLDER: &str = "MENSHEN_KILL_FOLDER";

fn open(folder: &Path) -> Store {
    Store::open(Options {
        segment_bytes: 500_000,
        ..options(folder)
    })
    .unwrap()
}

/// The picture number `number`: its bytes tell it.
fn picture(number: u64) -> Vec<u8> {
    let length = 5_000 + (number as usize * 977) % 40_000;
    number.to_be_bytes().into_iter().cycle().take(length).collect()
}

/// Not a test: what the child process does. Writes rows with pictures from several tasks, erases every fifth again,
/// and prints a line for each acknowledgement.
///
/// Without a folder in its environment, as in an ordinary run of the tests, it does nothing.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = open(Path::new(&folder));
        let newest: Vec<u64> = kept(&store).await.into_iter().map(|(number, _)| number).collect();
        let first = newest.into_iter().max().unwrap_or(0);
        let tasks: Vec<_> = (1..=WRITERS)
            .map(|task| tokio::spawn(write(store.clone(), first + task)))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

async fn write(store: Store, first: u64) {
    for number in (first..).step_by(WRITERS as usize) {
        let class = match number % 3 {
            0 => BlobClass::Photo,
            back => BlobClass::Capture {
                month: month("2026-11").before(back as u32),
            },
        };
        let blob = store.seal_blob(class, &picture(number)).unwrap();
        let id = store
            .write(move |write| {
                let id = write.put_blob(blob)?;
                write.execute(
                    "INSERT INTO notes (id, text, blob) VALUES (?1, ?1, ?2)",
                    (number as i64, &id),
                )?;
                Ok(id)
            })
            .await
            .unwrap();
        say("put", number);
        if number.is_multiple_of(5) {
            store
                .write(move |write| {
                    write.delete_blob(&id)?;
                    write
                        .execute("UPDATE notes SET blob = NULL WHERE id = ?1", [number as i64])
                        .map_err(Into::into)
                })
                .await
                .unwrap();
            say("erased", number);
        }
    }
}

/// One line at once, so that a kill cuts no line in two unseen: the reader drops a last line without its end.
fn say(what: &str, number: u64) {
    let line = format!("@{what} {number}\n");
    std::io::stderr().lock().write_all(line.as_bytes()).unwrap();
}

fn spawn(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Lets a child run until it acknowledged `enough` times, kills it, and gives all that it acknowledged.
fn run_and_kill(folder: &Path, enough: usize) -> Vec<(String, u64)> {
    let mut child = spawn(folder);
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut said = Vec::new();
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 0 {
        if line.ends_with('\n')
            && let Some((what, number)) = line
                .strip_prefix('@')
                .and_then(|rest| rest.trim().split_once(' '))
        {
            said.push((what.to_owned(), number.parse().unwrap()));
        }
        line.clear();
        if said.len() == enough {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    said
}

/// Each note's number, with its picture's address if it has one.
async fn kept(store: &Store) -> Vec<(u64, Option<BlobId>)> {
    store
        .read(|connection| {
            let mut statement = connection.prepare("SELECT id, blob FROM notes")?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let rounds = std::env::var("MENSHEN_KILL_ROUNDS").map_or(ROUNDS, |text| text.parse().unwrap());
    let mut said = Vec::new();
    open(folder.path()).close().await;
    for round in 0..rounds {
        let enough = 1 + (round as usize * 37 + std::process::id() as usize) % 120;
        said.extend(run_and_kill(folder.path(), enough));
        let store = open(folder.path());
        let kept = kept(&store).await;
        for (what, number) in &said {
            let found = kept.iter().find(|(kept, _)| kept == number);
            let Some((_, picture)) = found else {
                panic!("{what} {number} is lost in round {round}")
            };
            assert!(
                what != "erased" || picture.is_none(),
                "{number} came back in round {round}"
            );
        }
        for (number, id) in kept {
            let Some(id) = id else { continue };
            let found = store.blob(&id).await.unwrap();
            assert!(
                found == Some(picture(number)),
                "picture {number} is torn in round {round}"
            );
        }
        store.close().await;
    }
    assert!(said.len() >= rounds as usize);
}
