//! Whom devices hold: comparisons and what the next count must be, strays, imports over a restart; and what a device
//! understands.
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
use model::{CommandKind, Decider, DeviceId, Direction, GroupId, Person, PersonId};
use serde_json::json;
use store::hub::commands::{NewCommand, Waiting};
use store::hub::devices::{Contact, NewDevice, Registration};
use store::hub::imports::{ImportState, Place, Took};
use store::hub::roster::{RosterOutcome, RosterState, RosterWork, Stray};
use store::hub::rules::GrantDraft;
use store::hub::{Actor, HubStore, HubStoreOptions};

fn by() -> Actor {
    Actor::new("tester")
}

fn open(folder: &std::path::Path) -> HubStore {
    let options = HubStoreOptions::new(folder.to_owned(), "hub.db".to_owned(), key());
    HubStore::open(options).unwrap()
}

fn stray(wire_id: &str) -> Stray {
    Stray {
        wire_id: wire_id.to_owned(),
        name: format!("name of {wire_id}"),
    }
}

/// A store with one device, whose zone is granted to one group.
struct Site {
    folder: tempfile::TempDir,
    store: HubStore,
    group: GroupId,
    device: DeviceId,
}

impl Site {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let zone = store.rules.create_zone(&by(), "hall".to_owned()).await.unwrap();
        let group = store.rules.create_group(&by(), "staff".to_owned()).await.unwrap();
        let (zone, group) = (zone.object.id, group.object.id);
        let grant = GrantDraft {
            group_id: group.clone(),
            zone_id: zone.clone(),
            schedule_id: None,
            valid_from: None,
            valid_until: None,
        };
        store.rules.create_grant(&by(), grant).await.unwrap();
        let entered = NewDevice {
            dialect: "wire".to_owned(),
            serial: "S-1".to_owned(),
            mac: String::new(),
            name: String::new(),
            address: None,
            push_address: None,
            pinned_address: None,
            link_key: None,
            direction: Direction::None,
            zone_id: Some(zone),
            time_zone: None,
            decision: Decider::Device,
            capabilities: Vec::new(),
            credentials: None,
            password_hash: None,
        };
        let device = store.devices.create(&by(), entered).await.unwrap().device.id;
        Self {
            folder,
            store,
            group,
            device,
        }
    }

    /// A person whom the device confirms to hold.
    async fn held(&self, id: &str) {
        let person = Person {
            groups: vec![self.group.clone()],
            ..Person::new(PersonId::new(id).unwrap(), "Zhong Kui")
        };
        self.store.people.create(&by(), person, None).await.unwrap();
        self.confirm().await;
    }

    async fn confirm(&self) {
        let claimed = self
            .store
            .roster
            .claim(&self.device, Timestamp::now())
            .await
            .unwrap();
        let Some(RosterWork::Put(put)) = claimed else {
            panic!("{claimed:?}")
        };
        let applied = RosterOutcome::Applied {
            warnings: Vec::new(),
            redo_at: None,
        };
        let id = put.person.id.to_string();
        let roster = &self.store.roster;
        roster
            .settle(&self.device, &id, Some(put.digest.clone()), applied)
            .await
            .unwrap();
    }

    async fn expected(&self) -> u32 {
        self.store
            .roster
            .expected(&self.device)
            .await
            .unwrap()
            .unwrap()
            .persons
    }

    async fn compared(&self, held: &[&str]) -> (u32, u32) {
        let held = held.iter().map(|id| stray(id)).collect();
        let comparison = self
            .store
            .roster
            .compared(&by(), &self.device, held)
            .await
            .unwrap();
        (comparison.missing, comparison.strays)
    }

    async fn strays(&self) -> Vec<String> {
        let strays = self.store.roster.strays(&self.device).await.unwrap();
        strays.into_iter().map(|stray| stray.wire_id).collect()
    }
}

#[tokio::test]
async fn the_next_count_follows_from_the_last_comparison_and_what_was_confirmed_since() {
    let site = Site::new().await;
    let entered = site.store.roster.expected(&site.device).await.unwrap().unwrap();
    assert_eq!(entered.persons, 0);
    site.held("a").await;
    site.held("b").await;
    assert_eq!(site.expected().await, 2);
    assert_eq!(site.compared(&["a", "b", "x"]).await, (0, 1));
    assert_eq!(site.expected().await, 3, "the stray is counted, too");
    let compared = site.store.roster.expected(&site.device).await.unwrap().unwrap();
    assert!(compared.since >= entered.since);
    site.held("c").await;
    assert_eq!(site.expected().await, 4);
    // Somebody took b off by hand: wanted again, and not there until it is confirmed.
    assert_eq!(site.compared(&["a", "c", "x"]).await, (1, 1));
    assert_eq!(site.expected().await, 3);
    let item = site.store.roster.item(&site.device, "b").await.unwrap().unwrap();
    assert_eq!(item.state, RosterState::Wanted);
    site.confirm().await;
    assert_eq!(site.expected().await, 4);
    let nobody = DeviceId::new("no such device");
    assert_eq!(site.store.roster.expected(&nobody).await.unwrap(), None);
}

#[tokio::test]
async fn whom_a_device_tells_of_unasked_is_a_stray_unless_known() {
    let site = Site::new().await;
    site.held("a").await;
    let keep = async |id: &str| {
        site.store
            .roster
            .keep_stray(&site.device, stray(id))
            .await
            .unwrap()
    };
    assert!(!keep("a").await, "the roster put a there");
    assert!(keep("x").await);
    assert!(keep("x").await, "told of again");
    assert_eq!(site.strays().await, ["x"]);
    let person = PersonId::new("p").unwrap();
    site.store
        .roster
        .map_wire_id(&site.device, "x", &person)
        .await
        .unwrap();
    assert!(!keep("x").await, "an import knows x");
    assert!(site.strays().await.is_empty());
}

#[tokio::test]
async fn an_import_outlives_the_hub_and_goes_on_or_starts_over() {
    let site = Site::new().await;
    let (device, imports) = (&site.device, &site.store.imports);
    assert_eq!(imports.last(device).await.unwrap(), None);
    assert_eq!(imports.go_on(device).await.unwrap(), None);
    assert!(imports.begin(&by(), device).await.unwrap());
    assert!(!imports.begin(&by(), device).await.unwrap(), "one runs");
    assert_eq!(imports.go_on(device).await.unwrap().unwrap().attempts, 1);
    let place = Place {
        index: 1,
        wire_id: "second".to_owned(),
    };
    let (plain, pictured) = (
        Took::default(),
        Took {
            place: Some(place.clone()),
            photos: 1,
            refused: 2,
        },
    );
    for took in [plain, pictured] {
        imports.took(device, took).await.unwrap();
    }
    let seen = imports.last(device).await.unwrap().unwrap();
    assert_eq!((seen.persons, seen.photos, seen.photos_refused), (2, 1, 2));
    site.store.engine.clone().close().await;

    let store = open(site.folder.path());
    let seen = store.imports.go_on(device).await.unwrap().unwrap();
    assert_eq!(
        (seen.state, seen.attempts, seen.actor),
        (ImportState::Running, 2, by())
    );
    assert_eq!((seen.persons, seen.photos, seen.photos_refused), (2, 1, 2));
    assert_eq!(seen.reached, Some(place));
    store.imports.start_over(device).await.unwrap();
    let seen = store.imports.last(device).await.unwrap().unwrap();
    assert_eq!((seen.persons, seen.photos, seen.photos_refused), (0, 1, 0));
    assert_eq!(seen.reached, None);
    store.imports.end(device, Err("why".to_owned())).await.unwrap();
    let seen = store.imports.last(device).await.unwrap().unwrap();
    assert_eq!(
        (seen.state, seen.error.as_deref()),
        (ImportState::Failed, Some("why"))
    );
    // A new one counts anew.
    assert!(store.imports.begin(&by(), device).await.unwrap());
    store.imports.end(device, Ok(())).await.unwrap();
    let seen = store.imports.last(device).await.unwrap().unwrap();
    assert_eq!(
        (seen.state, seen.photos, seen.error),
        (ImportState::Done, 0, None)
    );
}

#[tokio::test]
async fn what_is_waited_for_at_the_door_can_be_taken_before_what_came_first() {
    let site = Site::new().await;
    let now = Timestamp::now();
    let commands = &site.store.commands;
    for kind in [CommandKind::ClearRecords, CommandKind::OpenDoor] {
        let command = NewCommand {
            device_id: site.device.clone(),
            kind,
            body: json!({}),
            created_at: now,
            expires_at: now + SignedDuration::from_secs(60),
            expired: false,
            most_queued: 10,
        };
        commands.queue(&by(), command).await.unwrap();
    }
    let next = async |which| {
        let waits = commands.waiting(&site.device, which).await.unwrap();
        let claimed = commands.claim(&site.device, which, now).await.unwrap();
        assert_eq!(waits, claimed.is_some());
        claimed.map(|command| command.kind)
    };
    assert_eq!(next(Waiting::AtTheDoor).await, Some(CommandKind::OpenDoor));
    assert_eq!(next(Waiting::AtTheDoor).await, None);
    assert_eq!(next(Waiting::All).await, Some(CommandKind::ClearRecords));
    assert_eq!(next(Waiting::All).await, None);
}

#[tokio::test]
async fn what_a_device_does_not_understand_is_known_until_its_next_firmware() {
    let site = Site::new().await;
    let registration = Registration {
        dialect: "wire",
        serial: "S-1".to_owned(),
        mac: String::new(),
        model: None,
        address: "192.0.2.1:1".to_owned(),
        protocol_version: 2,
        capabilities: Vec::new(),
        link_key: "key".to_owned(),
        secret: "secret".to_owned(),
        most_pending: 1,
        approve: true,
        at: Timestamp::now(),
    };
    let devices = &site.store.devices;
    devices
        .register(registration.clone(), Box::new(|_| false))
        .await
        .unwrap();
    let limit = async |firmware: Option<&str>| {
        let contact = Contact {
            address: "192.0.2.1:1".to_owned(),
            firmware: firmware.map(str::to_owned),
            protocol_version: 2,
            at: Timestamp::now(),
        };
        let device = devices.signed_in(&site.device, "key", contact).await.unwrap();
        device.unwrap().protocol_limit
    };
    assert_eq!(limit(Some("V1")).await, None);
    devices.set_protocol_limit(&site.device, 3).await.unwrap();
    assert_eq!(limit(Some("V1")).await, Some(3));
    assert_eq!(limit(None).await, Some(3));
    assert_eq!(limit(Some("V2")).await, None);
    devices.set_protocol_limit(&site.device, 3).await.unwrap();
    let again = devices.register(registration, Box::new(|_| false)).await.unwrap();
    assert_eq!(again.protocol_limit, None, "it registers anew");
}
