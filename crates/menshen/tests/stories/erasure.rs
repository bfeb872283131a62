//! A deleted person is gone: from both databases, their write-ahead logs and the blobs.

use crate::kit::{Pair, photos};
use face::MODEL_VERSION;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use store::MasterKey;
use store::hub::{HubStore, HubStoreOptions, PageRequest};
use store::terminal::TerminalStore;

const HUB_FILE: &str = "menshen.db";
/// A name that stands nowhere by chance.
const NAME: &str = "Qwmzx Vbnlk";

fn copy(from: &Path, to: &Path) {
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

fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

fn key(folder: &Path, database: &Path) -> MasterKey {
    MasterKey::obtain(None, &folder.join("menshen.key"), database).unwrap()
}

fn rows(database: &Path, sql: &str) -> Vec<Vec<u8>> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn count(database: &Path, sql: &str) -> i64 {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The photo and template of the hub's copy, read with its key file.
async fn of_the_hub(folder: &Path) -> (Vec<u8>, Vec<u8>) {
    let options = HubStoreOptions::new(
        folder.to_owned(),
        HUB_FILE.to_owned(),
        key(folder, &folder.join(HUB_FILE)),
    );
    let store = HubStore::open(options).unwrap();
    let templates = store.people.templates(MODEL_VERSION, 0, 10).await.unwrap();
    assert_eq!(templates.len(), 1);
    let photo = templates[0].photo.clone();
    let bytes = store.people.photo_for_work(&photo).await.unwrap().unwrap();
    let people = store
        .people
        .list(
            Default::default(),
            PageRequest {
                after: None,
                limit: 10,
            },
        )
        .await
        .unwrap();
    assert_eq!(people.items[0].person.name, NAME);
    store.engine.clone().close().await;
    (bytes, templates[0].template.clone())
}

/// The photo and template of the terminal's copy.
async fn of_the_terminal(folder: &Path) -> (Vec<u8>, Vec<u8>) {
    let key = key(folder, &TerminalStore::database(folder));
    let store = TerminalStore::open(folder, key).await.unwrap();
    let people = store.library.page(None, 10).await.unwrap();
    assert_eq!((people.len(), people[0].person.name.as_str()), (1, NAME));
    let photo = &people[0].photos[0];
    let bytes = store.library.picture(&photo.blob).await.unwrap().unwrap();
    let template = photo.template.clone().unwrap().bytes;
    store.close().await;
    (bytes, template)
}

/// Which of these byte strings stand in any file of these folders.
fn found_in(folders: &[&Path], secrets: &[Vec<u8>]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for file in folders.iter().flat_map(|folder| files(folder)) {
        let bytes = std::fs::read(&file).unwrap();
        let here = secrets
            .iter()
            .enumerate()
            .filter(|(_, secret)| memchr::memmem::find(&bytes, secret).is_some());
        found.extend(here.map(|(number, _)| number));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_deleted_person_is_left_in_database_log_or_blobs() {
    let Some(photos) = photos() else { return };
    let mut pair = Pair::start(&[]).await;
    pair.person("one", &json!({ "name": NAME })).await;
    pair.api.upload("/persons/one/photos", photos[0][0].clone()).await;
    pair.settled(1).await;
    let answer = pair.kiosk.frame(photos[0][1].clone()).await;
    assert_eq!(answer["decision"]["result"], "granted");
    pair.drained().await;

    pair.terminal.stop();
    pair.hub.stop();
    let (hub, terminal) = (
        pair.folder.path().join("hub"),
        pair.folder.path().join("terminal"),
    );
    let (hub_copy, terminal_copy) = (
        pair.folder.path().join("hub-copy"),
        pair.folder.path().join("terminal-copy"),
    );
    copy(&hub, &hub_copy);
    copy(&terminal, &terminal_copy);
    let (photo, template) = of_the_hub(&hub_copy).await;
    assert_eq!(photo, photos[0][0], "the hub keeps the upload as it came");
    let (rendition, terminal_template) = of_the_terminal(&terminal_copy).await;
    assert!(face::decode::media_type(&rendition).is_some());
    let kept = [
        rows(&hub_copy.join(HUB_FILE), "SELECT template FROM photos"),
        rows(&hub_copy.join(HUB_FILE), "SELECT key FROM blobs"),
        rows(
            &TerminalStore::database(&terminal_copy),
            "SELECT template FROM photos",
        ),
        rows(
            &TerminalStore::database(&terminal_copy),
            "SELECT body FROM persons",
        ),
        rows(&TerminalStore::database(&terminal_copy), "SELECT key FROM blobs"),
        vec![NAME.as_bytes().to_vec()],
    ]
    .concat();
    // At the hub the template, the photo and the capture, at the terminal the template, the person and the photo, and the
    // name; where a record outlives its acknowledgement, its capture, too.
    assert!(
        kept.len() >= 7,
        "{} things are kept of a person who passed once",
        kept.len()
    );
    let found = found_in(&[&hub_copy, &terminal_copy], &kept);
    assert_eq!(
        found.len(),
        kept.len(),
        "a search that does not find what is there proves nothing: {found:?}"
    );

    pair.hub.restart();
    pair.terminal.restart();
    pair.hub_ready().await;
    pair.kiosk_ready().await;
    pair.api.delete("/persons/one").await;
    pair.settled(0).await;
    pair.terminal.stop();
    pair.hub.stop();

    assert_eq!(
        count(&hub.join(HUB_FILE), "SELECT count(*) FROM blobs"),
        0,
        "a blob is left at the hub"
    );
    assert_eq!(
        count(&TerminalStore::database(&terminal), "SELECT count(*) FROM blobs"),
        0,
        "a blob is left at the terminal"
    );
    let secrets = [kept, vec![photo, template, rendition, terminal_template]].concat();
    assert_eq!(found_in(&[&hub, &terminal], &secrets), BTreeSet::new());
}
