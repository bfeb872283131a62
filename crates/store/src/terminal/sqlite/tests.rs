use super::*;
use crate::StoreError;
use crate::terminal::{Entry, NewEntry, NewPerson, NewPhoto, RenamedPhoto, Template, Trimmed};
use jiff::Timestamp;
use model::{Person, PersonId, RecordId, access::Rule};
use serde_json::json;
use std::path::Path;
use tempfile::TempDir;

fn key() -> MasterKey {
    MasterKey::from_bytes(*b"an unremarkable key of 32 bytes!").unwrap()
}

async fn open(directory: &Path) -> TerminalStore {
    TerminalStore::open(directory, key()).await.unwrap()
}

fn person(wire_id: &str, photo: Option<&[u8]>) -> NewPerson {
    let template = Template {
        model: "m1".into(),
        bytes: b"the template's own bytes".to_vec(),
    };
    NewPerson {
        wire_id: wire_id.into(),
        person: Person::new(PersonId::new("p1").unwrap(), "Zhang San"),
        rules: vec![Rule::default()],
        greeting: model::Greeting::default(),
        dialect: "one".into(),
        keeps_passes: false,
        photos: photo
            .map(|bytes| NewPhoto {
                face_id: "f1".into(),
                bytes: bytes.to_vec(),
                template: Some(template),
            })
            .into_iter()
            .collect(),
    }
}

fn entry(number: u32, person: Option<&str>) -> NewEntry {
    NewEntry {
        id: RecordId::new(format!("r{number}")),
        occurred_at: Timestamp::from_second(1_700_000_000).unwrap(),
        wire_key: person.unwrap_or_default().to_owned(),
        person: person.map(str::to_owned),
        settled: true,
        counts: person.is_some(),
        details: json!({ "number": number }),
        private: json!({ "name": "Zhang San" }),
        hidden_from: Vec::new(),
        capture: Some(format!("capture {number}").into_bytes()),
    }
}

fn numbers(entries: &[Entry]) -> Vec<u64> {
    entries
        .iter()
        .map(|entry| entry.details["number"].as_u64().unwrap())
        .collect()
}

async fn outstanding(store: &TerminalStore, dialect: &str) -> Vec<u64> {
    numbers(&store.journal.outstanding(dialect, 0, 100).await.unwrap())
}

#[tokio::test]
async fn a_person_comes_back_whole_after_a_restart_without_a_farewell() {
    let folder = TempDir::new().unwrap();
    {
        let store = open(folder.path()).await;
        store
            .library
            .put(person("a", Some(b"photo one")), 10)
            .await
            .unwrap();
        store.journal.append(entry(1, Some("a"))).await.unwrap();
        store.close().await;
    }
    let store = open(folder.path()).await;
    let people = store.library.page(None, 10).await.unwrap();
    assert_eq!(people.len(), 1);
    let kept = &people[0];
    assert_eq!(
        (
            kept.wire_id.as_str(),
            kept.person.name.as_str(),
            kept.person.passes_used
        ),
        ("a", "Zhang San", 1)
    );
    assert_eq!(kept.rules, vec![Rule::default()]);
    assert_eq!(
        kept.photos[0].template.as_ref().unwrap().bytes,
        b"the template's own bytes"
    );
    let picture = store.library.picture(&kept.photos[0].blob).await.unwrap();
    assert_eq!(picture.as_deref(), Some(b"photo one".as_slice()));
    assert_eq!(store.journal.count(), 1);
    let entries = store.journal.entry(1).await.unwrap().unwrap();
    assert_eq!(entries.private, json!({ "name": "Zhang San" }));
    assert_eq!(
        store.journal.capture(1).await.unwrap().as_deref(),
        Some(b"capture 1".as_slice())
    );
}

#[tokio::test]
async fn other_ids_of_a_person_and_a_photo_are_one_change_and_stay() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    let kept = store.library.put(person("a", Some(b"one")), 10).await.unwrap();
    store.library.put(person("b", None), 10).await.unwrap();
    let photos = vec![RenamedPhoto {
        id: kept.photos[0].id,
        face_id: "g1".to_owned(),
    }];
    let taken = store.library.rename("a", "b", photos.clone()).await;
    assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
    assert!(!store.library.rename("nobody", "c", photos.clone()).await.unwrap());
    let face_id = async |store: &TerminalStore| {
        let people = store.library.page(None, 10).await.unwrap();
        let pictured = people.into_iter().find(|kept| !kept.photos.is_empty()).unwrap();
        (pictured.wire_id, pictured.photos[0].face_id.clone())
    };
    assert_eq!(face_id(&store).await, ("a".to_owned(), "f1".to_owned()));
    assert!(store.library.rename("a", "c", photos).await.unwrap());
    store.close().await;
    let store = open(folder.path()).await;
    assert_eq!(face_id(&store).await, ("c".to_owned(), "g1".to_owned()));
}

#[tokio::test]
async fn replacing_counts_passes_anew_and_drops_the_old_photo() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    let first = store.library.put(person("a", Some(b"old")), 1).await.unwrap();
    store.journal.append(entry(1, Some("a"))).await.unwrap();
    let second = store.library.put(person("a", Some(b"new")), 1).await.unwrap();
    assert_eq!(second.person.passes_used, 0);
    assert_eq!(
        store.library.page(None, 1).await.unwrap()[0].person.passes_used,
        0
    );
    assert_eq!(store.library.picture(&first.photos[0].blob).await.unwrap(), None);
    let refused = store.library.put(person("b", None), 1).await;
    assert!(matches!(refused, Err(StoreError::Full { .. })), "{refused:?}");
}

#[tokio::test]
async fn passes_that_nobody_was_told_of_count_against_a_new_limit() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    store.journal.switch_on(&["one"]).await.unwrap();
    for number in 1..=3 {
        store.journal.append(entry(number, Some("a"))).await.unwrap();
    }
    store.journal.acknowledge("one", 1).await.unwrap();
    let kept = store.library.put(person("a", None), 1).await.unwrap();
    assert_eq!(kept.person.passes_used, 2);
    store.journal.switch_on(&["one", "idle"]).await.unwrap();
    store.journal.append(entry(4, Some("a"))).await.unwrap();
    for number in 2..=4 {
        store.journal.acknowledge("one", number).await.unwrap();
    }
    let kept = store.library.put(person("a", None), 1).await.unwrap();
    assert_eq!(
        kept.person.passes_used, 0,
        "what others have yet to be told of is counted"
    );
    store.journal.append(entry(5, Some("a"))).await.unwrap();
    store.journal.switch_on(&["two"]).await.unwrap();
    let kept = store.library.put(person("a", None), 1).await.unwrap();
    assert_eq!(kept.person.passes_used, 0, "a dialect that is off does not count");
}

#[tokio::test]
async fn deleting_takes_photos_captures_and_names_and_leaves_the_record() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    let kept = store.library.put(person("a", Some(b"photo")), 10).await.unwrap();
    store.journal.append(entry(1, Some("a"))).await.unwrap();
    store.journal.append(entry(2, None)).await.unwrap();
    assert!(store.library.delete("a").await.unwrap());
    assert!(!store.library.delete("a").await.unwrap());
    assert_eq!(store.library.picture(&kept.photos[0].blob).await.unwrap(), None);
    let record = store.journal.entry(1).await.unwrap().unwrap();
    assert_eq!(record.private, serde_json::Value::Null);
    assert!(!record.has_capture);
    assert!(
        store.journal.capture(2).await.unwrap().is_some(),
        "a stranger's stays"
    );
}

#[tokio::test]
async fn clearing_takes_everybody() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    for id in ["a", "b"] {
        store.library.put(person(id, Some(b"photo")), 10).await.unwrap();
    }
    store.journal.append(entry(1, Some("b"))).await.unwrap();
    assert_eq!(store.library.clear().await.unwrap(), 2);
    assert!(store.library.page(None, 10).await.unwrap().is_empty());
    assert_eq!(store.journal.capture(1).await.unwrap(), None);
}

#[tokio::test]
async fn each_dialect_goes_its_own_way_through_the_records() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    let journal = &store.journal;
    journal.switch_on(&["one"]).await.unwrap();
    for number in 1..=4 {
        journal.append(entry(number, None)).await.unwrap();
    }
    journal.switch_on(&["one", "two"]).await.unwrap();
    journal.append(entry(5, None)).await.unwrap();
    assert_eq!(outstanding(&store, "one").await, [1, 2, 3, 4, 5]);
    assert_eq!(
        outstanding(&store, "two").await,
        [5],
        "a new dialect starts at now"
    );
    journal.acknowledge("one", 3).await.unwrap();
    assert_eq!(outstanding(&store, "one").await, [1, 2, 4, 5], "out of order");
    journal.acknowledge("one", 1).await.unwrap();
    journal.acknowledge("one", 2).await.unwrap();
    journal.acknowledge("one", 2).await.unwrap();
    assert_eq!(outstanding(&store, "one").await, [4, 5]);
    assert_eq!(journal.backlog("one").await.unwrap(), 2);
    journal.hide_all("one").await.unwrap();
    assert_eq!(outstanding(&store, "one").await, [0; 0]);
    assert_eq!(
        outstanding(&store, "two").await,
        [5],
        "hidden from one dialect alone"
    );
}

#[tokio::test]
async fn what_is_hidden_from_one_dialect_is_nothing_to_the_others() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    let journal = &store.journal;
    journal.switch_on(&["one", "two"]).await.unwrap();
    for number in 1..=4 {
        journal.append(entry(number, None)).await.unwrap();
    }
    journal.acknowledge("one", 1).await.unwrap();
    journal.hide("one", &[1, 3, 99]).await.unwrap();
    let visible = async |dialect, after, limit| {
        let all = journal.visible(dialect, Timestamp::MIN, Timestamp::MAX, after, limit);
        numbers(&all.await.unwrap())
    };
    assert_eq!(visible("one", 0, 10).await, [2, 4]);
    assert_eq!(visible("one", 2, 1).await, [4]);
    assert_eq!(visible("two", 0, 10).await, [1, 2, 3, 4]);
    assert_eq!(outstanding(&store, "one").await, [2, 4]);
    assert_eq!(outstanding(&store, "two").await, [1, 2, 3, 4]);
    let again = journal
        .delivered("one", Timestamp::MIN, Timestamp::MAX, 0, 10)
        .await;
    assert_eq!(numbers(&again.unwrap()), [0; 0]);
    let always = (Timestamp::MIN, Timestamp::MAX);
    let queried = journal.recorded("one", always, None, 10).await;
    assert_eq!(numbers(&queried.unwrap()), [4, 2], "the newest first");
    let hidden = NewEntry {
        hidden_from: vec!["two".to_owned()],
        ..entry(5, None)
    };
    journal.append(hidden).await.unwrap();
    assert_eq!(visible("one", 4, 10).await, [5]);
    assert_eq!(visible("two", 4, 10).await, [0; 0]);
    assert_eq!(outstanding(&store, "two").await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn records_of_one_key_never_state_the_same_second() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    let mut seconds = Vec::new();
    for number in 0..20 {
        let whose = if number % 2 == 0 { Some("a") } else { Some("b") };
        seconds.push(
            store
                .journal
                .append(entry(number, whose))
                .await
                .unwrap()
                .wire_second,
        );
    }
    let expected: Vec<i64> = (0..20)
        .map(|number| 1_700_000_000 + i64::from(number) / 2)
        .collect();
    assert_eq!(seconds, expected);
}

#[tokio::test]
async fn a_platforms_decision_is_written_once_and_counts_the_pass() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    store.library.put(person("a", None), 10).await.unwrap();
    let waiting = NewEntry {
        settled: false,
        counts: false,
        ..entry(1, Some("a"))
    };
    let seq = store.journal.append(waiting).await.unwrap().seq;
    assert_eq!(store.journal.unsettled().await.unwrap().len(), 1);
    assert!(
        store
            .journal
            .settle(seq, json!({ "number": 7 }), true)
            .await
            .unwrap()
    );
    assert!(
        !store
            .journal
            .settle(seq, json!({ "number": 8 }), true)
            .await
            .unwrap()
    );
    assert_eq!(
        store.library.page(None, 1).await.unwrap()[0].person.passes_used,
        1
    );
    assert_eq!(numbers(&[store.journal.entry(seq).await.unwrap().unwrap()]), [7]);
}

#[tokio::test]
async fn past_the_bound_delivered_records_go_first_then_the_oldest() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    store.journal.switch_on(&["one"]).await.unwrap();
    for number in 1..=6 {
        store.journal.append(entry(number, None)).await.unwrap();
    }
    store.journal.acknowledge("one", 1).await.unwrap();
    let trimmed = store.journal.trim(3, &["one"]).await.unwrap();
    assert_eq!(
        trimmed,
        Trimmed {
            delivered: 1,
            lost: 2
        }
    );
    assert_eq!(outstanding(&store, "one").await, [4, 5, 6]);
    assert_eq!(store.journal.count(), 3);
    assert_eq!(store.journal.trim(3, &["one"]).await.unwrap(), Trimmed::default());
}

#[tokio::test]
async fn past_the_bound_what_was_acknowledged_out_of_order_goes_before_what_was_not() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    store.journal.switch_on(&["one", "two"]).await.unwrap();
    for number in 1..=5 {
        store.journal.append(entry(number, None)).await.unwrap();
    }
    for number in 2..=4 {
        store.journal.acknowledge("one", number).await.unwrap();
    }
    for number in [1, 2, 4] {
        store.journal.acknowledge("two", number).await.unwrap();
    }
    let trimmed = store.journal.trim(3, &["one", "two"]).await.unwrap();
    assert_eq!(
        trimmed,
        Trimmed {
            delivered: 2,
            lost: 0
        }
    );
    assert_eq!(outstanding(&store, "one").await, [1, 5]);
    assert_eq!(outstanding(&store, "two").await, [3, 5]);
    let trimmed = store.journal.trim(2, &["one", "two"]).await.unwrap();
    assert_eq!(
        trimmed,
        Trimmed {
            delivered: 0,
            lost: 1
        },
        "then the oldest"
    );
}

#[tokio::test]
async fn state_is_kept_and_removed() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    assert_eq!(store.state.get("secret").await.unwrap(), None);
    store.state.set("secret", Some(b"one")).await.unwrap();
    store.state.set("secret", Some(b"two")).await.unwrap();
    store.close().await;
    let store = open(folder.path()).await;
    assert_eq!(
        store.state.get("secret").await.unwrap().as_deref(),
        Some(b"two".as_slice())
    );
    store.state.set("secret", None).await.unwrap();
    assert_eq!(store.state.get("secret").await.unwrap(), None);
}

#[tokio::test]
async fn nothing_of_a_deleted_person_is_left_on_the_disk() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    store
        .library
        .put(person("a-very-recognisable-id", Some(b"photo")), 10)
        .await
        .unwrap();
    let sealed: Vec<u8> = {
        let store = store.store.clone();
        store
            .read(|c| Ok(c.query_row("SELECT template FROM photos", [], |row| row.get(0))?))
            .await
            .unwrap()
    };
    assert!(on_disk(folder.path(), &sealed), "the test finds what is there");
    store.library.delete("a-very-recognisable-id").await.unwrap();
    store.close().await;
    assert!(!on_disk(folder.path(), &sealed));
}

fn on_disk(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|item| {
        let path = item.unwrap().path();
        match path.is_dir() {
            true => on_disk(&path, needle),
            false => std::fs::read(path)
                .unwrap()
                .windows(needle.len())
                .any(|window| window == needle),
        }
    })
}

#[tokio::test]
async fn what_a_dialect_keeps_of_a_person_goes_with_the_person() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    let library = &store.library;
    library
        .set_extra("p", "one", Some(b"nobody is there"))
        .await
        .unwrap();
    assert_eq!(library.extra("p", "one").await.unwrap(), None);
    for id in ["p", "q"] {
        library.put(person(id, None), 10).await.unwrap();
        library.set_extra(id, "one", Some(id.as_bytes())).await.unwrap();
        library.set_extra(id, "two", Some(b"2")).await.unwrap();
    }
    library.put(person("p", None), 10).await.unwrap();
    assert_eq!(
        library.extra("p", "one").await.unwrap().unwrap(),
        b"p",
        "changed, it stays"
    );
    library.set_extra("p", "two", None).await.unwrap();
    assert_eq!(library.extra("p", "two").await.unwrap(), None);
    assert!(library.rename("p", "r", Vec::new()).await.unwrap());
    assert_eq!(library.extra("r", "one").await.unwrap().unwrap(), b"p");
    assert!(library.delete("r").await.unwrap());
    for id in ["p", "r"] {
        library.put(person(id, None), 10).await.unwrap();
        assert_eq!(
            library.extra(id, "one").await.unwrap(),
            None,
            "{id} is somebody new"
        );
    }
    assert_eq!(library.extra("q", "one").await.unwrap().unwrap(), b"q");
    library.clear().await.unwrap();
    library.put(person("q", None), 10).await.unwrap();
    assert_eq!(library.extra("q", "two").await.unwrap(), None);
}

#[tokio::test]
async fn what_is_undecided_is_done_with_by_no_time() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).await;
    let journal = &store.journal;
    journal.switch_on(&["one"]).await.unwrap();
    journal.append(entry(1, None)).await.unwrap();
    let undecided = NewEntry {
        settled: false,
        ..entry(2, None)
    };
    let seq = journal.append(undecided).await.unwrap().seq;
    journal.append(entry(3, None)).await.unwrap();
    let until = Timestamp::from_second(1_800_000_000).unwrap();
    journal.acknowledge_until("one", until).await.unwrap();
    let left = journal.outstanding("one", 0, 10).await.unwrap();
    assert_eq!(numbers(&left), [2]);
    journal.settle(seq, json!({ "number": 2 }), false).await.unwrap();
    journal.acknowledge_until("one", until).await.unwrap();
    assert!(journal.outstanding("one", 0, 10).await.unwrap().is_empty());
}
