//! Devices, rosters, commands and records where the order of things matters: crashes, doubts, deletions, retention.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::key;
use jiff::{SignedDuration, Timestamp};
use model::{
    CommandKind, CommandState, Decider, DeviceId, DeviceStatus, Direction, GroupId, Method, Outcome, Person,
    PersonId, Record, RecordId, TemperatureAlarm, ZoneId,
};
use serde_json::json;
use store::StoreError;
use store::hub::commands::{Finished, NewCommand, Waiting};
use store::hub::devices::{Contact, DeviceChange, NewDevice, Registration};
use store::hub::people::PersonChange;
use store::hub::records::{Committed, HeldLimits, NewRecord, Picture, RecordFilter, RecordPicture};
use store::hub::roster::{RosterOutcome, RosterPut, RosterState, RosterWork};
use store::hub::rules::GrantDraft;
use store::hub::{Actor, HubStore, HubStoreOptions};

fn by() -> Actor {
    Actor::new("tester")
}

fn open(folder: &std::path::Path) -> HubStore {
    HubStore::open(HubStoreOptions::new(
        folder.to_owned(),
        "hub.db".to_owned(),
        key(),
    ))
    .unwrap()
}

struct Site {
    _folder: tempfile::TempDir,
    store: HubStore,
    group: GroupId,
    device: DeviceId,
}

fn entered(zone: Option<ZoneId>, serial: &str) -> NewDevice {
    NewDevice {
        dialect: "wire".to_owned(),
        serial: serial.to_owned(),
        mac: String::new(),
        name: String::new(),
        address: None,
        push_address: None,
        pinned_address: None,
        link_key: None,
        direction: Direction::None,
        zone_id: zone,
        time_zone: None,
        decision: Decider::Device,
        capabilities: vec!["blocked".to_owned()],
        credentials: None,
        password_hash: None,
    }
}

impl Site {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
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
        let grant = GrantDraft {
            group_id: group.clone(),
            zone_id: zone.clone(),
            schedule_id: None,
            valid_from: None,
            valid_until: None,
        };
        store.rules.create_grant(&by(), grant).await.unwrap();
        let device = store
            .devices
            .create(&by(), entered(Some(zone), "S-1"))
            .await
            .unwrap()
            .device
            .id;
        Self {
            _folder: folder,
            store,
            group,
            device,
        }
    }

    async fn person(&self, id: &str) -> i64 {
        let person = Person {
            groups: vec![self.group.clone()],
            ..Person::new(PersonId::new(id).unwrap(), "Zhong Kui")
        };
        self.store
            .people
            .create(&by(), person, None)
            .await
            .unwrap()
            .revision
    }

    async fn rename(&self, id: &str, name: &str, expected: i64) -> i64 {
        let person = Person {
            groups: vec![self.group.clone()],
            ..Person::new(PersonId::new(id).unwrap(), name)
        };
        let change = PersonChange {
            person,
            passes_used: None,
            expected,
            bound: None,
        };
        self.store.people.replace(&by(), change).await.unwrap().revision
    }

    async fn delete(&self, id: &str) {
        self.store
            .people
            .delete(&by(), &PersonId::new(id).unwrap(), None, None)
            .await
            .unwrap();
    }

    async fn put(&self) -> Box<RosterPut> {
        match self
            .store
            .roster
            .claim(&self.device, Timestamp::now())
            .await
            .unwrap()
        {
            Some(RosterWork::Put(put)) => put,
            other => panic!("{other:?}"),
        }
    }

    async fn settle(&self, person: &str, claimed: Option<Vec<u8>>, outcome: RosterOutcome) {
        self.store
            .roster
            .settle(&self.device, person, claimed, outcome)
            .await
            .unwrap();
    }

    async fn hold(&self, person: &str) {
        let put = self.put().await;
        self.settle(person, Some(put.digest), applied()).await;
    }

    async fn state(&self, person: &str) -> Option<RosterState> {
        self.store
            .roster
            .item(&self.device, person)
            .await
            .unwrap()
            .map(|item| item.state)
    }

    fn record(&self, person: &str, key: &str, received_at: Timestamp) -> NewRecord {
        let draft = Record {
            id: RecordId::new(""),
            device_id: self.device.clone(),
            person_id: None,
            person_name: Some("Zhong Kui".to_owned()),
            occurred_at: received_at,
            received_at,
            late: false,
            clock_suspect: false,
            method: Method::Face,
            result: if person.is_empty() {
                Outcome::Stranger
            } else {
                Outcome::Granted
            },
            score: Some(0.9),
            scores: Vec::new(),
            temperature: None,
            temperature_alarm: TemperatureAlarm::None,
            mask: None,
            helmet: None,
            card: None,
            channel: None,
            direction: Direction::None,
            photo_url: None,
            registered_photo_url: None,
            document: None,
            location: None,
            native: json!({"fullName": "Zhong Kui"}),
        };
        NewRecord {
            draft,
            duplicate_key: key.as_bytes().to_vec(),
            same_as: Vec::new(),
            device_time: None,
            wire_person: Some(person.to_owned()).filter(|person| !person.is_empty()),
            capture: Some(Picture {
                bytes: key.as_bytes().to_vec(),
                media_type: "image/jpeg".to_owned(),
            }),
            registered: None,
            code: None,
            ask: None,
            held: HeldLimits {
                records: 10,
                bytes: 1_000_000,
            },
        }
    }

    async fn commit(&self, record: NewRecord) -> RecordId {
        match self.store.records.commit(record).await.unwrap() {
            Committed::Stored { id, .. } | Committed::Repeated { id } => id,
            Committed::HeldFull => panic!("full"),
        }
    }

    async fn has_capture(&self, id: &RecordId) -> bool {
        let picture = self
            .store
            .records
            .picture(&by(), id, RecordPicture::Capture, None)
            .await
            .unwrap();
        picture.is_some()
    }
}

fn applied() -> RosterOutcome {
    RosterOutcome::Applied {
        warnings: Vec::new(),
        redo_at: None,
    }
}

#[tokio::test]
async fn a_record_is_the_same_under_each_of_its_keys() {
    let site = Site::new().await;
    let at = Timestamp::now();
    let first = site.commit(site.record("", "09:00 7", at)).await;
    let named = |key: &str, others: &[&str]| NewRecord {
        same_as: others.iter().map(|key| key.as_bytes().to_vec()).collect(),
        ..site.record("", key, at)
    };
    let said_more = site.commit(named("09:00 7 face", &["09:00 7"])).await;
    assert_eq!(said_more, first);
    let another = site.commit(named("09:00 7 card", &["09:00 8"])).await;
    assert_ne!(another, first);
    let said_less = site
        .commit(named("09:00 9", &["09:00 9 face", "09:00 7 card"]))
        .await;
    assert_eq!(said_less, another);
}

#[tokio::test]
async fn who_may_be_on_a_device_is_taken_off_it() {
    let site = Site::new().await;
    // Never sent: nothing to take back.
    site.person("P-1").await;
    site.delete("P-1").await;
    assert_eq!(site.state("P-1").await, None);
    // Sent, and nobody knows what came of it.
    site.person("P-2").await;
    let put = site.put().await;
    site.delete("P-2").await;
    assert_eq!(site.state("P-2").await, Some(RosterState::Removing));
    // The late outcome of the put does not bring them back.
    site.settle("P-2", Some(put.digest), applied()).await;
    assert_eq!(site.state("P-2").await, Some(RosterState::Removing));
    let work = site
        .store
        .roster
        .claim(&site.device, Timestamp::now())
        .await
        .unwrap();
    assert!(matches!(work, Some(RosterWork::Remove { person_id, .. }) if person_id == "P-2"));
    site.settle("P-2", None, RosterOutcome::Removed).await;
    assert_eq!(site.state("P-2").await, None);
}

#[tokio::test]
async fn people_are_handed_out_together_and_whoever_goes_alone() {
    let site = Site::new().await;
    for id in ["P-1", "P-2", "P-3", "P-4"] {
        site.person(id).await;
    }
    let some = async |most: usize| -> Vec<(bool, String)> {
        let roster = &site.store.roster;
        let work = roster.claim_some(&site.device, Timestamp::now(), most).await;
        let whose = |work: RosterWork| match work {
            RosterWork::Put(put) => (true, put.person.id.to_string()),
            RosterWork::Remove { person_id, .. } => (false, person_id),
        };
        work.unwrap().into_iter().map(whose).collect()
    };
    let put = |id: &str| (true, id.to_owned());
    assert_eq!(some(3).await, [put("P-1"), put("P-2"), put("P-3")]);
    // Nothing came of it: they are handed out again.
    assert_eq!(some(2).await, [put("P-1"), put("P-2")]);
    site.hold("P-1").await;
    site.delete("P-1").await;
    // Those who are put before the removal do not wait for it, nor it for them.
    assert_eq!(some(9).await, [put("P-2"), put("P-3"), put("P-4")]);
    for id in ["P-2", "P-3", "P-4"] {
        site.hold(id).await;
    }
    assert_eq!(some(9).await, [(false, "P-1".to_owned())]);
    site.settle("P-1", None, RosterOutcome::Removed).await;
    assert_eq!(some(9).await, []);
}

#[tokio::test]
async fn an_outcome_counts_for_what_was_sent() {
    let site = Site::new().await;
    let first = site.person("P-1").await;
    let put = site.put().await;
    let second = site.rename("P-1", "Zhong K.", first).await;
    site.settle("P-1", Some(put.digest.clone()), applied()).await;
    assert_eq!(
        site.state("P-1").await,
        Some(RosterState::Wanted),
        "the newer name is not there"
    );
    // Refused for the older content: the newer is not refused.
    let refusal = RosterOutcome::Failed {
        retry_at: None,
        reason: "full".to_owned(),
        detail: None,
    };
    site.settle("P-1", Some(put.digest), refusal).await;
    assert_eq!(site.state("P-1").await, Some(RosterState::Wanted));
    // In doubt about the second, the first is wanted again: it is sent, not taken for held.
    let _unanswered = site.put().await;
    site.rename("P-1", "Zhong Kui", second).await;
    assert_eq!(site.state("P-1").await, Some(RosterState::Wanted));
    site.hold("P-1").await;
    assert_eq!(site.state("P-1").await, Some(RosterState::Applied));
    assert_eq!(site.store.roster.due(&site.device).await.unwrap(), None);
}

#[tokio::test]
async fn what_a_device_cannot_keep_is_sent_again_in_time() {
    let site = Site::new().await;
    let first = site.person("P-1").await;
    let put = site.put().await;
    let later = Timestamp::now() + SignedDuration::from_hours(1);
    let outcome = RosterOutcome::Applied {
        warnings: Vec::new(),
        redo_at: Some(later),
    };
    site.settle("P-1", Some(put.digest), outcome).await;
    assert_eq!(site.state("P-1").await, Some(RosterState::Applied));
    let due = site.store.roster.due(&site.device).await.unwrap().unwrap();
    assert_eq!(due.as_millisecond(), later.as_millisecond());
    // Changed and changed back before anything was sent: it is due all the same.
    let other = site.rename("P-1", "Zhong K.", first).await;
    site.rename("P-1", "Zhong Kui", other).await;
    assert_eq!(site.state("P-1").await, Some(RosterState::Applied));
    let due = site.store.roster.due(&site.device).await.unwrap().unwrap();
    assert_eq!(due.as_millisecond(), later.as_millisecond());
    assert!(
        site.store
            .roster
            .claim(&site.device, Timestamp::now())
            .await
            .unwrap()
            .is_none()
    );
    let then = later + SignedDuration::from_secs(1);
    assert!(matches!(
        site.store.roster.claim(&site.device, then).await.unwrap(),
        Some(RosterWork::Put(_))
    ));
}

#[tokio::test]
async fn a_pass_of_someone_forgotten_tells_nobody_who_it_was() {
    let site = Site::new().await;
    site.person("P-1").await;
    site.hold("P-1").await;
    let before = site.commit(site.record("P-1", "before", Timestamp::now())).await;
    assert!(site.has_capture(&before).await);
    site.delete("P-1").await;
    // Made by the device before it was told, delivered after.
    let after = site.commit(site.record("P-1", "after", Timestamp::now())).await;
    for id in [before, after] {
        let record = site
            .store
            .records
            .record(&id, None)
            .await
            .unwrap()
            .unwrap()
            .record;
        assert_eq!((record.person_name, record.native.get("fullName")), (None, None));
        assert!(!site.has_capture(&id).await);
    }
}

#[tokio::test]
async fn passes_are_counted_once_and_used_up_passes_leave_the_device() {
    let site = Site::new().await;
    let person = Person {
        groups: vec![site.group.clone()],
        pass_limit: Some(2),
        ..Person::new(PersonId::new("P-1").unwrap(), "Zhong Kui")
    };
    site.store.people.create(&by(), person, None).await.unwrap();
    site.hold("P-1").await;
    for key in ["1", "1"] {
        site.commit(site.record("P-1", key, Timestamp::now())).await;
    }
    assert_eq!(
        site.state("P-1").await,
        Some(RosterState::Wanted),
        "what is left is told"
    );
    assert_eq!(site.put().await.person.passes_used, 1);
    site.commit(site.record("P-1", "2", Timestamp::now())).await;
    assert_eq!(site.state("P-1").await, Some(RosterState::Removing));
}

#[tokio::test]
async fn what_was_sent_when_the_hub_stopped_is_never_sent_again() {
    let site = Site::new().await;
    let now = Timestamp::now();
    let command = |kind, seconds| NewCommand {
        device_id: site.device.clone(),
        kind,
        body: json!({}),
        created_at: now,
        expires_at: now + SignedDuration::from_secs(seconds),
        expired: false,
        most_queued: 3,
    };
    let commands = &site.store.commands;
    let door = commands
        .queue(&by(), command(CommandKind::OpenDoor, 10))
        .await
        .unwrap()
        .command
        .id;
    let first = commands
        .queue(&by(), command(CommandKind::Reboot, 60))
        .await
        .unwrap()
        .command
        .id;
    let second = commands
        .queue(&by(), command(CommandKind::Reboot, 60))
        .await
        .unwrap()
        .command
        .id;
    commands
        .queue(&by(), command(CommandKind::Snapshot, 60))
        .await
        .unwrap();
    let full = commands.queue(&by(), command(CommandKind::Snapshot, 60)).await;
    assert!(matches!(full, Err(StoreError::Busy { limit: 3 })));
    let state = async |id| commands.command(id, None).await.unwrap().unwrap().command.state;
    assert_eq!(state(&first).await, CommandState::Superseded);
    assert_eq!(
        commands
            .claim(&site.device, Waiting::All, now)
            .await
            .unwrap()
            .unwrap()
            .id,
        door
    );
    assert_eq!(commands.interrupted(now).await.unwrap(), 1);
    assert_eq!(state(&door).await, CommandState::Failed);
    // The next one in turn has expired by now.
    let later = now + SignedDuration::from_secs(61);
    assert!(
        commands
            .claim(&site.device, Waiting::All, later)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(state(&second).await, CommandState::Expired);
    let done = Finished {
        state: CommandState::Done,
        result: None,
        error: None,
        photo: Some(b"picture".to_vec()),
        at: later,
    };
    commands.finish(&door, done).await.unwrap();
    assert_eq!(
        commands.photo(&by(), &door, None).await.unwrap().unwrap(),
        b"picture"
    );
}

/// Whether a text stands in any file of a folder.
fn stands_in(folder: &std::path::Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            stands_in(&path, text)
        } else {
            let bytes = std::fs::read(&path).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        }
    })
}

#[tokio::test]
async fn what_a_command_carries_lies_sealed_and_goes_in_time() {
    let site = Site::new().await;
    let now = Timestamp::now();
    let (sent, told) = ("a face on its way", "a face that came back");
    let command = NewCommand {
        device_id: site.device.clone(),
        kind: CommandKind::Native,
        body: json!({"operation": "anything", "body": {"image": sent}}),
        created_at: now,
        expires_at: now + SignedDuration::from_secs(60),
        expired: false,
        most_queued: 3,
    };
    let commands = &site.store.commands;
    let id = commands.queue(&by(), command).await.unwrap().command.id;
    let claimed = commands
        .claim(&site.device, Waiting::All, now)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(claimed.body["body"]["image"], sent);
    let done = Finished {
        state: CommandState::Done,
        result: Some(json!({"image": told})),
        error: None,
        photo: None,
        at: now,
    };
    commands.finish(&id, done).await.unwrap();
    let result = async || commands.command(&id, None).await.unwrap().unwrap().command.result;
    assert_eq!(result().await, Some(json!({"image": told})));
    let listed = commands.list(&site.device, None, 10).await.unwrap();
    assert_eq!(listed[0].command.result, Some(json!({"image": told})));
    let folder = site._folder.path();
    assert!(stands_in(folder, id.as_str()) && !stands_in(folder, sent) && !stands_in(folder, told));

    let (records, captures) = (
        now - SignedDuration::from_hours(1),
        now - SignedDuration::from_hours(1),
    );
    let later = now + SignedDuration::from_secs(1);
    site.store
        .records
        .drop_before(records, captures, later)
        .await
        .unwrap();
    assert_eq!(result().await, None);
}

#[tokio::test]
async fn pictures_go_before_their_records_and_strangers_first() {
    let site = Site::new().await;
    let now = Timestamp::now();
    let ago = |days: i64| now - SignedDuration::from_hours(24 * days);
    let very_old = site.commit(site.record("nobody", "400", ago(400))).await;
    let old = site.commit(site.record("nobody", "100", ago(100))).await;
    let stranger = site.commit(site.record("", "40", ago(40))).await;
    let known = site.commit(site.record("nobody", "41", ago(40))).await;
    let dropped = site
        .store
        .records
        .drop_before(ago(365), ago(90), ago(30))
        .await
        .unwrap();
    assert_eq!(dropped.records, 1);
    assert!(dropped.months >= 1);
    assert!(
        site.store
            .records
            .record(&very_old, None)
            .await
            .unwrap()
            .is_none()
    );
    for (id, kept) in [(&old, false), (&stranger, false), (&known, true)] {
        let record = site.store.records.record(id, None).await.unwrap().unwrap();
        assert_eq!((record.has_capture, site.has_capture(id).await), (kept, kept));
    }
}

#[tokio::test]
async fn keys_of_connections_change_at_the_next_sign_in() {
    let site = Site::new().await;
    let devices = &site.store.devices;
    let registration = |key: &str| Registration {
        dialect: "wire",
        serial: "S-1".to_owned(),
        mac: "AA".to_owned(),
        model: None,
        address: "192.0.2.1:5".to_owned(),
        protocol_version: 2,
        capabilities: Vec::new(),
        link_key: key.to_owned(),
        secret: format!("secret of {key}"),
        most_pending: 1,
        approve: false,
        at: Timestamp::now(),
    };
    let contact = || Contact {
        address: "192.0.2.1:6".to_owned(),
        firmware: None,
        protocol_version: 2,
        at: Timestamp::now(),
    };
    let live = |is: bool| Box::new(move |_: &DeviceId| is);
    // Entered beforehand, it is met by its serial, and its MAC is learned.
    let met = devices.register(registration("k1"), live(false)).await.unwrap();
    assert_eq!(
        (&met.device.id, met.device.mac.as_deref()),
        (&site.device, Some("AA"))
    );
    assert!(
        devices
            .signed_in(&site.device, "k1", contact())
            .await
            .unwrap()
            .is_some()
    );
    devices.register(registration("k2"), live(false)).await.unwrap();
    for key in ["k1", "k2"] {
        let known = devices.by_link_key("wire", key).await.unwrap().unwrap();
        assert_eq!(known.secret, format!("secret of {key}"));
    }
    assert!(devices.by_link_key("other", "k2").await.unwrap().is_none());
    devices.signed_in(&site.device, "k2", contact()).await.unwrap();
    assert!(devices.by_link_key("wire", "k1").await.unwrap().is_none());
    assert!(
        devices
            .signed_in(&site.device, "k1", contact())
            .await
            .unwrap()
            .is_none()
    );
    // Beside a live link: pending, until someone approves.
    let doubtful = devices.register(registration("k3"), live(true)).await.unwrap();
    assert_eq!(doubtful.device.status, DeviceStatus::Pending);
    let approved = devices
        .approve(&by(), &site.device, DeviceChange::default(), None, None)
        .await
        .unwrap();
    assert_eq!(approved.device.status, DeviceStatus::Offline);
    // Strangers wait in a bounded room.
    let unknown = |serial: &str| Registration {
        serial: serial.to_owned(),
        ..registration(&format!("key of {serial}"))
    };
    devices.register(unknown("S-2"), live(false)).await.unwrap();
    let refused = devices.register(unknown("S-3"), live(false)).await;
    assert!(matches!(refused, Err(StoreError::Busy { limit: 1 })));
}

#[tokio::test]
async fn the_last_word_on_presence_is_true() {
    let site = Site::new().await;
    let settle = async |live: bool| {
        let probe = Box::new(move || live);
        site.store
            .devices
            .settle_presence(&site.device, probe, Timestamp::now())
            .await
            .unwrap()
    };
    assert_eq!(settle(true).await.unwrap().device.status, DeviceStatus::Online);
    assert!(settle(true).await.is_none(), "told once");
    site.store.devices.all_offline().await.unwrap();
    assert_eq!(settle(true).await.unwrap().device.status, DeviceStatus::Online);
    assert_eq!(settle(false).await.unwrap().device.status, DeviceStatus::Offline);
}

#[tokio::test]
async fn records_come_newest_first_page_by_page() {
    let site = Site::new().await;
    for key in 0..5 {
        site.commit(site.record("", &key.to_string(), Timestamp::now()))
            .await;
    }
    let page = |before| RecordFilter {
        before,
        limit: 2,
        ..RecordFilter::default()
    };
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let rows = site.store.records.list(page(before)).await.unwrap();
        let Some(last) = rows.last() else { break };
        before = Some(last.seq);
        seen.extend(rows.iter().map(|row| row.record.id.clone()));
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.reverse();
    assert_eq!((seen.len(), &seen), (5, &sorted));
}
