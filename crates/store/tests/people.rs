//! Persons, rules and what follows from them for devices and records.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{contains, key};
use jiff::Timestamp;
use model::{
    Credential, CredentialKind, Decider, Direction, GroupId, HolidayMode, Method, Outcome, PersonId,
    PersonKind, Record, RecordId, TemperatureAlarm, Weekly, ZoneId,
};
use model::{DayMinute, Device, FaceFault, Period, Person};
use std::path::Path;
use store::hub::devices::NewDevice;
use store::hub::people::{self, PersonChange, StoredPerson};
use store::hub::photos::{Findings, NewPhoto, new_id};
use store::hub::records::{Committed, HeldLimits, NewRecord, Picture};
use store::hub::roster::RosterOutcome;
use store::hub::rules::{self, GrantDraft, HolidayDraft, ScheduleDraft};
use store::hub::{Actor, HubStore, HubStoreOptions};
use store::{BlobClass, StoreError};

/// A name that is found nowhere by chance.
const NAME: &str = "Zhongkui Demonqueller";

fn open(folder: &Path) -> HubStore {
    HubStore::open(HubStoreOptions::new(
        folder.to_owned(),
        "hub.db".to_owned(),
        key(),
    ))
    .unwrap()
}

fn by() -> Actor {
    Actor::new("tester")
}

/// A zone with one device, a group that may pass there, and one member.
struct Site {
    store: HubStore,
    zone: ZoneId,
    group: GroupId,
    grant: model::GrantId,
    device: Device,
}

fn person(id: &str, groups: &[&GroupId]) -> Person {
    Person {
        groups: groups.iter().map(|group| (*group).clone()).collect(),
        ..Person::new(PersonId::new(id).unwrap(), NAME)
    }
}

fn grant(group: &GroupId, zone: &ZoneId) -> GrantDraft {
    GrantDraft {
        group_id: group.clone(),
        zone_id: zone.clone(),
        schedule_id: None,
        valid_from: None,
        valid_until: None,
    }
}

impl Site {
    async fn new(folder: &Path) -> Self {
        let store = open(folder);
        let zone = store
            .rules
            .create_zone(&by(), "hall".to_owned())
            .await
            .unwrap()
            .object
            .id;
        let group = store
            .rules
            .create_group(&by(), "staff".to_owned())
            .await
            .unwrap()
            .object
            .id;
        let grant = store
            .rules
            .create_grant(&by(), grant(&group, &zone))
            .await
            .unwrap()
            .object
            .id;
        let device = NewDevice {
            dialect: "wire".to_owned(),
            serial: "S-1".to_owned(),
            mac: String::new(),
            name: "door".to_owned(),
            address: None,
            push_address: None,
            pinned_address: None,
            link_key: None,
            direction: Direction::None,
            zone_id: Some(zone.clone()),
            time_zone: None,
            decision: Decider::Device,
            capabilities: vec!["blocked".to_owned()],
            credentials: None,
            password_hash: None,
        };
        let device = store.devices.create(&by(), device).await.unwrap().device;
        Self {
            store,
            zone,
            group,
            grant,
            device,
        }
    }

    async fn member(&self, id: &str) -> StoredPerson {
        self.store
            .people
            .create(&by(), person(id, &[&self.group]), None)
            .await
            .unwrap()
    }

    async fn photo(&self, id: &PersonId, bytes: &[u8], score: f64) -> model::PhotoId {
        let photo = NewPhoto {
            id: new_id(),
            blob: self.store.engine.seal_blob(BlobClass::Photo, bytes).unwrap(),
            media_type: "image/png".to_owned(),
            findings: Findings {
                faults: vec![FaceFault::Dark],
                score,
                template: Some(format!("template of {id} {score}").into_bytes()),
                model: Some("m1".to_owned()),
                ..Findings::default()
            },
            most: 3,
        };
        self.store
            .people
            .add_photo(&by(), id, None, photo)
            .await
            .unwrap()
            .id
    }

    async fn digest(&self, id: &str) -> Option<people::PersonDigest> {
        let (id, zone) = (id.to_owned(), self.zone.clone());
        self.store
            .engine
            .read(move |conn| people::wanted_digest(conn, &id, Some(&zone)))
            .await
            .unwrap()
    }

    /// The device takes everything that it is to take.
    async fn synchronise(&self) {
        while let Some(work) = self
            .store
            .roster
            .claim(&self.device.id, Timestamp::now())
            .await
            .unwrap()
        {
            let (person, digest, outcome) = match work {
                store::hub::roster::RosterWork::Put(put) => (
                    put.person.id.to_string(),
                    Some(put.digest),
                    RosterOutcome::Applied {
                        warnings: Vec::new(),
                        redo_at: None,
                    },
                ),
                store::hub::roster::RosterWork::Remove { person_id, .. } => {
                    (person_id, None, RosterOutcome::Removed)
                }
            };
            self.store
                .roster
                .settle(&self.device.id, &person, digest, outcome)
                .await
                .unwrap();
        }
    }

    async fn rostered(&self) -> Vec<(String, String)> {
        let items = self.store.roster.items(&self.device.id, None, 100).await.unwrap();
        items
            .iter()
            .map(|item| {
                let state = serde_json::to_value(item.state).unwrap();
                (item.person_id.to_string(), state.as_str().unwrap().to_owned())
            })
            .collect()
    }

    async fn pass(&self, person: &str, capture: &[u8]) -> RecordId {
        let picture = |bytes: &[u8]| Picture {
            bytes: bytes.to_vec(),
            media_type: "image/jpeg".to_owned(),
        };
        let draft = Record {
            id: RecordId::new(""),
            device_id: self.device.id.clone(),
            person_id: None,
            person_name: Some(NAME.to_owned()),
            occurred_at: Timestamp::now(),
            received_at: Timestamp::now(),
            late: false,
            clock_suspect: false,
            method: Method::Face,
            result: Outcome::Granted,
            score: Some(0.9),
            scores: Vec::new(),
            temperature: None,
            temperature_alarm: TemperatureAlarm::None,
            mask: None,
            helmet: None,
            card: Some("card-4711".to_owned()),
            channel: None,
            direction: Direction::None,
            photo_url: None,
            registered_photo_url: None,
            document: None,
            location: None,
            native: serde_json::json!({"userName": NAME}),
        };
        let record = NewRecord {
            draft,
            duplicate_key: capture.to_vec(),
            same_as: Vec::new(),
            device_time: None,
            wire_person: Some(person.to_owned()),
            capture: Some(picture(capture)),
            registered: Some(picture(b"registered")),
            code: None,
            ask: None,
            held: HeldLimits {
                records: 10,
                bytes: 1000,
            },
        };
        match self.store.records.commit(record).await.unwrap() {
            Committed::Stored { id, .. } => id,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_deleted_person_is_readable_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(folder.path()).await;
    let mut whole = person("P-1", &[&site.group]);
    whole.credentials = vec![Credential {
        kind: CredentialKind::IcCard,
        number: "card-4711".to_owned(),
        facility: None,
        bits: None,
    }];
    let id = site
        .store
        .people
        .create(&by(), whole, None)
        .await
        .unwrap()
        .person
        .id;
    site.photo(&id, b"photo of a person", 1.0).await;
    site.synchronise().await;
    let record = site.pass("P-1", b"capture of a person").await;
    let secrets = site
        .store
        .engine
        .read(|conn| {
            let mut found = Vec::new();
            for sql in [
                "SELECT template FROM photos",
                "SELECT key FROM blobs",
                "SELECT private FROM records",
                "SELECT CAST(blob_id AS BLOB) FROM photos",
            ] {
                let mut statement = conn.prepare(sql)?;
                let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
                found.extend(rows.collect::<Result<Vec<_>, _>>()?);
            }
            Ok(found)
        })
        .await
        .unwrap();
    assert_eq!(secrets.len(), 1 + 3 + 1 + 1);
    let mut texts: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
    texts.extend([NAME.as_bytes(), b"card-4711"]);
    for text in &texts {
        assert!(contains(folder.path(), text), "{}", String::from_utf8_lossy(text));
    }

    site.store.people.delete(&by(), &id, None, None).await.unwrap();
    for text in &texts {
        assert!(
            !contains(folder.path(), text),
            "{} is still there",
            String::from_utf8_lossy(text)
        );
    }
    let kept = site.store.records.record(&record, None).await.unwrap().unwrap();
    assert_eq!((kept.record.person_name, kept.record.card), (None, None));
    assert!(!kept.has_capture && !kept.has_registered);
    assert_eq!(kept.record.result, Outcome::Granted);
    assert_eq!(site.rostered().await, [("P-1".to_owned(), "removing".to_owned())]);
    assert!(site.store.people.templates("m1", 0, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn devices_are_told_when_what_they_hold_changes_and_only_then() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(folder.path()).await;
    let stored = site.member("P-1").await;
    let id = stored.person.id.clone();
    let mut digests = vec![site.digest("P-1").await.unwrap()];
    let mut revision = stored.revision;
    let changes: [fn(&mut Person); 4] = [
        |person| person.name.push('!'),
        |person| person.kind = PersonKind::Vip,
        |person| person.valid_until = Timestamp::from_second(2_000_000_000).ok(),
        |person| person.pass_limit = Some(3),
    ];
    let mut current = stored.person;
    for change in changes {
        change(&mut current);
        let change = PersonChange {
            person: current.clone(),
            passes_used: None,
            expected: revision,
            bound: None,
        };
        revision = site.store.people.replace(&by(), change).await.unwrap().revision;
        digests.push(site.digest("P-1").await.unwrap());
    }
    let counted = id.clone();
    site.store
        .engine
        .write(move |tx| people::count_pass(tx, counted.as_str()))
        .await
        .unwrap();
    digests.push(site.digest("P-1").await.unwrap());
    let better = site.photo(&id, b"a", 1.0).await;
    digests.push(site.digest("P-1").await.unwrap());
    site.photo(&id, b"b", 0.5).await;
    digests.push(site.digest("P-1").await.unwrap());
    let findings = Findings {
        score: 0.1,
        ..Findings::default()
    };
    assert!(site.store.people.set_findings(&better, findings).await.unwrap());
    digests.push(site.digest("P-1").await.unwrap());
    let schedule = ScheduleDraft {
        name: "day".to_owned(),
        weekly: Weekly::default(),
        holidays: Vec::new(),
    };
    let schedule = site
        .store
        .rules
        .create_schedule(&by(), schedule)
        .await
        .unwrap()
        .object
        .id;
    let scheduled = GrantDraft {
        schedule_id: Some(schedule.clone()),
        ..grant(&site.group, &site.zone)
    };
    site.store
        .rules
        .replace_grant(&by(), &site.grant, scheduled, None)
        .await
        .unwrap();
    digests.push(site.digest("P-1").await.unwrap());
    let weekly = Weekly::every_day(&[Period::ALL_DAY]);
    let open = ScheduleDraft {
        name: "day".to_owned(),
        weekly,
        holidays: Vec::new(),
    };
    site.store
        .rules
        .replace_schedule(&by(), &schedule, open, None)
        .await
        .unwrap();
    digests.push(site.digest("P-1").await.unwrap());
    for (index, digest) in digests.iter().enumerate() {
        assert!(!digests[..index].contains(digest), "change {index} is not seen");
    }

    let before = site.digest("P-1").await;
    site.store
        .rules
        .rename_group(&by(), &site.group, "crew".to_owned(), None)
        .await
        .unwrap();
    let other = site
        .store
        .rules
        .create_group(&by(), "idle".to_owned())
        .await
        .unwrap()
        .object
        .id;
    let mut joined = site.store.people.person(&id, None).await.unwrap().unwrap();
    joined.person.groups.push(other);
    let change = PersonChange {
        person: joined.person,
        passes_used: None,
        expected: joined.revision,
        bound: None,
    };
    site.store.people.replace(&by(), change).await.unwrap();
    assert_eq!(
        site.digest("P-1").await,
        before,
        "nothing that a device could be told has changed"
    );
    assert_eq!(site.digest("nobody").await, None);
}

#[tokio::test]
async fn rules_follow_grants_schedules_and_holidays() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(folder.path()).await;
    site.member("P-1").await;
    let resolved = |zone: Option<ZoneId>| {
        site.store
            .engine
            .read(move |conn| rules::resolved(conn, "P-1", zone.as_ref()))
    };
    let always = resolved(Some(site.zone.clone())).await.unwrap();
    assert_eq!(always, [model::access::Rule::default()]);
    assert!(resolved(None).await.unwrap().is_empty());
    assert!(resolved(Some(ZoneId::new("elsewhere"))).await.unwrap().is_empty());

    let day = "2030-01-01".parse().unwrap();
    let morning = Period::new(DayMinute::new(8, 0).unwrap(), DayMinute::END).unwrap();
    let holiday = HolidayDraft {
        name: "h".to_owned(),
        first_day: day,
        last_day: day,
        mode: HolidayMode::Periods,
        periods: vec![morning],
    };
    let holiday = site
        .store
        .rules
        .create_holiday(&by(), holiday)
        .await
        .unwrap()
        .object;
    let weekly = Weekly {
        mon: vec![Period::ALL_DAY],
        ..Weekly::default()
    };
    let schedule = ScheduleDraft {
        name: "s".to_owned(),
        weekly: weekly.clone(),
        holidays: vec![holiday.id.clone()],
    };
    let schedule = site
        .store
        .rules
        .create_schedule(&by(), schedule)
        .await
        .unwrap()
        .object;
    let until = Timestamp::from_second(2_000_000_000).unwrap();
    let second = GrantDraft {
        schedule_id: Some(schedule.id),
        valid_until: Some(until),
        ..grant(&site.group, &site.zone)
    };
    site.store.rules.create_grant(&by(), second).await.unwrap();
    let rules = resolved(Some(site.zone.clone())).await.unwrap();
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[1].valid_until, Some(until));
    let times = rules[1].times.as_ref().unwrap();
    assert_eq!((&times.weekly, &times.holidays), (&weekly, &vec![holiday]));
}

#[tokio::test]
async fn rosters_follow_people_and_grants() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(folder.path()).await;
    site.member("P-1").await;
    let mut blocked = person("P-2", &[]);
    blocked.kind = PersonKind::Blocked;
    site.store.people.create(&by(), blocked, None).await.unwrap();
    site.store
        .people
        .create(&by(), person("P-3", &[]), None)
        .await
        .unwrap();
    let state = |id: &str, state: &str| (id.to_owned(), state.to_owned());
    assert_eq!(
        site.rostered().await,
        [state("P-1", "wanted"), state("P-2", "wanted")]
    );
    let access = site
        .store
        .people
        .access(&PersonId::new("P-1").unwrap(), None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            access.doors.len(),
            access.doors[0].held,
            access.doors[0].rules.len()
        ),
        (1, false, 1)
    );

    site.synchronise().await;
    assert_eq!(
        site.rostered().await,
        [state("P-1", "applied"), state("P-2", "applied")]
    );
    let access = site
        .store
        .people
        .access(&PersonId::new("P-1").unwrap(), None)
        .await
        .unwrap()
        .unwrap();
    assert!(access.doors[0].held);

    site.store
        .rules
        .delete_group(&by(), &site.group, None)
        .await
        .unwrap();
    assert_eq!(
        site.rostered().await,
        [state("P-1", "removing"), state("P-2", "applied")]
    );
    site.synchronise().await;
    assert_eq!(site.rostered().await, [state("P-2", "applied")]);
    let refused = site
        .store
        .rules
        .delete_zone(&by(), &site.zone, None)
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, StoreError::Conflict { what } if what.contains("door")),
        "{refused}"
    );
}

#[tokio::test]
async fn photos_come_best_first_and_templates_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(folder.path()).await;
    let id = site.member("P-1").await.person.id;
    let worse = site.photo(&id, b"one", 0.2).await;
    let best = site.photo(&id, b"two", 0.9).await;
    let middle = site.photo(&id, b"three", 0.5).await;
    let order = site.store.people.photos(&id, None).await.unwrap().unwrap();
    assert_eq!(
        order.iter().map(|photo| &photo.id).collect::<Vec<_>>(),
        [&best, &middle, &worse]
    );
    let bytes = site
        .store
        .people
        .photo_bytes(&by(), &id, &best, None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (bytes.bytes.as_slice(), bytes.media_type.as_str()),
        (&b"two"[..], "image/png")
    );

    let blob = site.store.engine.seal_blob(BlobClass::Photo, b"four").unwrap();
    let fourth = NewPhoto {
        id: new_id(),
        blob,
        media_type: "image/png".to_owned(),
        findings: Findings::default(),
        most: 3,
    };
    let refused = site
        .store
        .people
        .add_photo(&by(), &id, None, fourth)
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { .. }));

    let first = site.store.people.templates("m1", 0, 2).await.unwrap();
    let rest = site.store.people.templates("m1", first[1].seq, 2).await.unwrap();
    assert_eq!((first.len(), rest.len()), (2, 1));
    assert_eq!(first[0].template, b"template of P-1 0.2");
    assert!(site.store.people.templates("m2", 0, 9).await.unwrap().is_empty());
    assert_eq!(
        site.store
            .people
            .photos_unseen_by("m2", 0, 9)
            .await
            .unwrap()
            .len(),
        3
    );
    assert!(
        site.store
            .people
            .photos_unseen_by("m1", 0, 9)
            .await
            .unwrap()
            .is_empty()
    );

    site.store
        .people
        .delete_photo(&by(), &id, &best, None)
        .await
        .unwrap();
    assert_eq!(site.store.people.photo_for_work(&best).await.unwrap(), None);
    assert!(
        !site
            .store
            .people
            .set_findings(&best, Findings::default())
            .await
            .unwrap()
    );
}
