//! All repositories of the hub over one store.

use super::accounts_sqlite::SqliteAccounts;
use super::audit::SqliteAudit;
use super::commands::SqliteCommands;
use super::devices::SqliteDevices;
use super::imports::SqliteImports;
use super::outbox::SqliteOutbox;
use super::people::SqlitePeople;
use super::records::SqliteRecords;
use super::rooms::SqliteRooms;
use super::roster::SqliteRoster;
use super::rules::SqliteRules;
use super::settings::SqliteSettings;
use super::{
    Accounts, Audit, Commands, Devices, Imports, Outbox, People, Records, Rooms, Roster, Rules, Settings,
};
use crate::{MasterKey, Migration, OpenError, Options, Store};
use std::path::PathBuf;
use std::sync::Arc;

/// The versions of the hub's schema.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sql: include_str!("schema/0001.sql"),
    },
    Migration {
        version: 2,
        sql: include_str!("schema/0002.sql"),
    },
    Migration {
        version: 3,
        sql: include_str!("schema/0003.sql"),
    },
];

/// Where the hub's state is.
#[derive(Debug)]
pub struct HubStoreOptions {
    /// The data folder.
    pub directory: PathBuf,
    /// The database's file name in it.
    pub file_name: String,
    /// The master key.
    pub key: MasterKey,
    /// Changes that may wait for the disk.
    pub queue_limit: usize,
    /// Beside a process that owns the folder: rows only, no pictures.
    pub shared: bool,
}

impl HubStoreOptions {
    /// The usual bounds, as the owner of the folder.
    #[must_use]
    pub fn new(directory: PathBuf, file_name: String, key: MasterKey) -> Self {
        Self {
            directory,
            file_name,
            key,
            queue_limit: 1024,
            shared: false,
        }
    }
}

/// Everything that the hub keeps, by subject.
#[derive(Clone)]
pub struct HubStore {
    /// Users, sign-ins, tokens.
    pub accounts: Arc<dyn Accounts>,
    /// Who did what.
    pub audit: Arc<dyn Audit>,
    /// What is told.
    pub outbox: Arc<dyn Outbox>,
    /// What operators set.
    pub settings: Arc<dyn Settings>,
    /// Persons, photos, templates.
    pub people: Arc<dyn People>,
    /// Groups, zones, schedules, holidays, grants.
    pub rules: Arc<dyn Rules>,
    /// The fleet.
    pub devices: Arc<dyn Devices>,
    /// Whom each device should and does hold.
    pub roster: Arc<dyn Roster>,
    /// Taking over whom devices hold.
    pub imports: Arc<dyn Imports>,
    /// Attempts to pass.
    pub records: Arc<dyn Records>,
    /// Who answers calls from doors.
    pub rooms: Arc<dyn Rooms>,
    /// What devices are told to do once.
    pub commands: Arc<dyn Commands>,
    /// The engine: blobs and sealing.
    pub engine: Store,
}

impl std::fmt::Debug for HubStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HubStore")
    }
}

impl HubStore {
    /// Opens the hub's state as the one process that owns its folder, making it at the first start.
    ///
    /// # Errors
    /// When another process owns it, the key is wrong, or the disk refuses.
    pub fn open(options: HubStoreOptions) -> Result<Self, OpenError> {
        let mut engine = Options::new(options.directory, options.file_name, options.key, MIGRATIONS);
        engine.queue_limit = options.queue_limit;
        engine.shared = options.shared;
        Ok(Self::over(Store::open(engine)?))
    }

    fn over(store: Store) -> Self {
        Self {
            accounts: Arc::new(SqliteAccounts { store: store.clone() }),
            audit: Arc::new(SqliteAudit { store: store.clone() }),
            outbox: Arc::new(SqliteOutbox { store: store.clone() }),
            settings: Arc::new(SqliteSettings { store: store.clone() }),
            people: Arc::new(SqlitePeople::new(store.clone())),
            rules: Arc::new(SqliteRules::new(store.clone())),
            devices: Arc::new(SqliteDevices::new(store.clone())),
            roster: Arc::new(SqliteRoster::new(store.clone())),
            imports: Arc::new(SqliteImports::new(store.clone())),
            records: Arc::new(SqliteRecords::new(store.clone())),
            rooms: Arc::new(SqliteRooms::new(store.clone())),
            commands: Arc::new(SqliteCommands::new(store.clone())),
            engine: store,
        }
    }
}
