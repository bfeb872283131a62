//! Starting and stopping a hub.

use crate::api::attempts::Attempts;
use crate::api::{self, CurrentSettings};
use crate::config::HubConfig;
use crate::events;
use crate::links::mqtt;
use crate::listen::{self, Bounds};
use crate::people::{Recognition, keep_templates_current};
use crate::secret;
use crate::state::Hub;
use face::Engine;
use serde::Serialize;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::hub::accounts::{NewUser, Role};
use store::hub::{Actor, HubStore, HubStoreOptions};
use store::{KeyError, MasterKey, OpenError, StoreError};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The user that the first start makes.
const FIRST_USER: &str = "admin";
/// How long requests and links under way may take when the hub stops.
const STOP_WITHIN: Duration = Duration::from_secs(8);
/// What stands for a value that holds a password.
const HIDDEN: &str = "(hidden)";
/// Devices that list whom they hold at a time.
const LISTINGS_AT_A_TIME: usize = 4;
/// Renditions of photos made at a time.
const RENDITIONS_AT_A_TIME: usize = 2;
/// Passwords hashed at a time.
const HASHED_AT_A_TIME: usize = 2;

/// Why a hub did not start. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting has a value that is not possible.
    #[error("{key} = {value:?} is not possible: {reason}")]
    Setting {
        /// The key in full.
        key: &'static str,
        /// What it was.
        value: String,
        /// Why not.
        reason: String,
    },
    /// A folder or file.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A listener's address.
    #[error("{key} = {address:?} cannot be listened on: {source}; is another program there?")]
    Listen {
        /// The key in full.
        key: &'static str,
        /// What it was.
        address: String,
        /// The system's words.
        source: io::Error,
    },
    /// The embedded broker.
    #[error(transparent)]
    Broker(#[from] mqtt::BindError),
    /// The data could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The master key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The first reads or writes failed.
    #[error("the hub's data could not be used: {0}")]
    Store(#[from] StoreError),
    /// The password of the first user could not be hashed.
    #[error("no password could be hashed: {0}")]
    Password(String),
}

/// What was listened on in the end, as `<data>/listeners.json` has it; absent is off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Listeners {
    /// Console and API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin: Option<String>,
    /// HTTP of devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<String>,
    /// qyzn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qyzn: Option<String>,
    /// The embedded broker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mqtt: Option<String>,
    /// The embedded broker over TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mqtt_tls: Option<String>,
}

/// A hub that runs, until [`Running::stop`].
#[derive(Debug)]
pub struct Running {
    hub: Arc<Hub>,
    listeners: Listeners,
    first_password: Option<String>,
}

/// What whoever starts a hub brings along.
#[derive(Debug, Default)]
pub struct Options {
    /// A face engine that is loaded already; without one the hub loads its own.
    pub engine: Option<Arc<Engine>>,
}

struct Sockets {
    admin: Option<TcpListener>,
    devices: Option<TcpListener>,
    qyzn: Option<TcpListener>,
    mqtt: Option<mqtt::Bound>,
}

impl Hub {
    /// Starts a hub: opens its data, binds its listeners and serves.
    ///
    /// # Errors
    /// [`StartError`] says what is wrong and what to do.
    pub async fn start(config: HubConfig, options: Options) -> Result<Running, StartError> {
        check(&config)?;
        let store = open_store(&config).await?;
        let sockets = bind(&config).await?;
        let listeners = addresses(&sockets);
        let devices_listener = sockets
            .devices
            .as_ref()
            .and_then(|listener| listener.local_addr().ok());
        let hub = Arc::new(assemble(config, store, options, devices_listener).await?);
        write_listeners(&hub.config.hub.data, &listeners)?;
        // The last thing that can fail: a password that was made must reach whoever prints it.
        let first_password = first_user(&hub.config, &hub.store).await?;
        serve(&hub, sockets);
        hub.ready.store(true, Ordering::Release);
        tracing::info!(?listeners, "the hub is up");
        Ok(Running {
            hub,
            listeners,
            first_password,
        })
    }
}

impl Running {
    /// The hub itself.
    #[must_use]
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// What it listens on.
    #[must_use]
    pub fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// The password that was made for the user `admin` at the first start: to be printed, once.
    #[must_use]
    pub fn first_password(&self) -> Option<&str> {
        self.first_password.as_deref()
    }

    /// Stops: nothing new is accepted, what was accepted is finished, within 10 s.
    pub async fn stop(self) {
        self.hub.ready.store(false, Ordering::Release);
        self.hub.shutdown.cancel();
        self.hub.tasks.close();
        if tokio::time::timeout(STOP_WITHIN, self.hub.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(left = self.hub.tasks.len(), "not everything was finished in time");
        }
        self.hub.store.engine.clone().close().await;
    }
}

/// Refuses what the types of the configuration let through.
///
/// # Errors
/// [`StartError::Setting`] names the key and says why.
pub fn check(config: &HubConfig) -> Result<(), StartError> {
    let refuse = |key, value: &str, reason: &str| {
        Err(StartError::Setting {
            key,
            value: value.to_owned(),
            reason: reason.to_owned(),
        })
    };
    if jiff::tz::TimeZone::get(&config.hub.time_zone).is_err() {
        return refuse(
            "hub.time_zone",
            &config.hub.time_zone,
            "it is not an IANA time zone like Asia/Shanghai",
        );
    }
    if !config.store.url.starts_with("sqlite:") {
        return refuse(
            "store.url",
            &config.store.url,
            "this version keeps its state in \"sqlite:<file>\"",
        );
    }
    if config.blobs.url != "file:blobs" {
        return refuse(
            "blobs.url",
            &config.blobs.url,
            "this version keeps photos in \"file:blobs\"",
        );
    }
    if config.bus.url != "memory:" {
        return refuse(
            "bus.url",
            &config.bus.url,
            "this version is a single node, \"memory:\"",
        );
    }
    if let Err(error) = mqtt::check(config) {
        return refuse("mqtt.broker", HIDDEN, &error.to_string());
    }
    if let Err(error) = config.face.thresholds().check() {
        return refuse("face.accept", &config.face.accept.to_string(), &error.to_string());
    }
    for (key, days) in [
        ("retention.records_days", config.retention.records_days),
        ("retention.captures_days", config.retention.captures_days),
        ("retention.strangers_days", config.retention.strangers_days),
    ] {
        if !crate::api::RETENTION_DAYS.contains(&days) {
            return refuse(key, &days.to_string(), "1 to 36500 days");
        }
    }
    if config.devices.period_seconds == 0 {
        return refuse("devices.period_seconds", "0", "a period lasts at least a second");
    }
    if config.limits.devices_connections == 0 {
        return refuse(
            "limits.devices_connections",
            "0",
            "at least one connection is needed",
        );
    }
    if config.admin.session_hours == 0 {
        return refuse("admin.session_hours", "0", "a sign-in lasts at least an hour");
    }
    if config.limits.admin_connections == 0 {
        return refuse(
            "limits.admin_connections",
            "0",
            "at least one connection is needed",
        );
    }
    Ok(())
}

async fn open_store(config: &HubConfig) -> Result<HubStore, StartError> {
    let directory = config.hub.data.clone();
    let file_name = config.store.url.trim_start_matches("sqlite:").to_owned();
    let key_file = config.path(&config.secrets.key_file);
    let key = config.secrets.key.clone();
    let queue_limit = config.limits.write_queue;
    let opening = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&directory).map_err(|source| StartError::File {
            path: directory.clone(),
            source,
        })?;
        let value = (!key.is_empty()).then_some(key.as_str());
        let key = MasterKey::obtain(value, &key_file, &directory.join(&file_name))?;
        let options = HubStoreOptions {
            queue_limit,
            ..HubStoreOptions::new(directory, file_name, key)
        };
        Ok(HubStore::open(options)?)
    });
    opening
        .await
        .unwrap_or(Err(StartError::Store(StoreError::Panicked)))
}

/// Makes the user `admin` if there is no user yet; gives the password if it was made here.
async fn first_user(config: &HubConfig, store: &HubStore) -> Result<Option<String>, StartError> {
    if store.accounts.user_count().await? > 0 {
        return Ok(None);
    }
    let made = config.admin.password.is_empty().then(secret::random_password);
    let password = made.clone().unwrap_or_else(|| config.admin.password.clone());
    let password_hash = hashed(password).await?;
    let admin = NewUser {
        username: FIRST_USER.to_owned(),
        password_hash,
        role: Role::Admin,
        zone_id: None,
    };
    store.accounts.create_user(&Actor::hub(), admin).await?;
    Ok(made)
}

async fn hashed(password: String) -> Result<String, StartError> {
    match tokio::task::spawn_blocking(move || secret::hash_password(&password)).await {
        Ok(Ok(hash)) => Ok(hash),
        Ok(Err(error)) => Err(StartError::Password(error.to_string())),
        Err(error) => Err(StartError::Password(error.to_string())),
    }
}

async fn assemble(
    config: HubConfig,
    store: HubStore,
    options: Options,
    devices_listener: Option<SocketAddr>,
) -> Result<Hub, StartError> {
    let head = store.outbox.extent().await?.last;
    let recognition = Recognition::load(&config, options.engine).await;
    recognition.fill(&*store.people).await?;
    // Nobody is connected yet, and nobody knows what became of what was being sent.
    store.devices.all_offline().await?;
    store.commands.interrupted(jiff::Timestamp::now()).await?;
    Ok(Hub {
        started: jiff::Timestamp::now(),
        recognition,
        links: crate::links::Registry::default(),
        dialler: crate::links::dialled::Dialler::default(),
        pictures: crate::links::dialled::pictures::Pictures::default(),
        devices_listener,
        intake: crate::intake::Intake::new(config.limits.intake_mb),
        renditions: Semaphore::new(RENDITIONS_AT_A_TIME),
        listings: Semaphore::new(LISTINGS_AT_A_TIME),
        outbox_head: watch::Sender::new(head),
        outbox_poke: Notify::new(),
        resolvers: api::resolvers(),
        settings: CurrentSettings::load(&config, &store).await?,
        attempts: Attempts::default(),
        nobody: hashed(secret::random()).await?,
        hashing: Arc::new(Semaphore::new(HASHED_AT_A_TIME)),
        streams: Arc::new(Semaphore::new(config.limits.event_streams)),
        metrics: crate::metrics::recorder(),
        ready: AtomicBool::new(false),
        shutdown: CancellationToken::new(),
        tasks: TaskTracker::new(),
        config,
        store,
    })
}

async fn bind(config: &HubConfig) -> Result<Sockets, StartError> {
    Ok(Sockets {
        admin: bind_one("admin.listen", &config.admin.listen).await?,
        devices: bind_one("devices.listen", &config.devices.listen).await?,
        qyzn: bind_one("qyzn.listen", &config.qyzn.listen).await?,
        mqtt: match config.mqtt.broker.as_str() {
            "" => mqtt::bind(config).await?,
            _ => None,
        },
    })
}

async fn bind_one(key: &'static str, address: &str) -> Result<Option<TcpListener>, StartError> {
    listen::bind(address).await.map_err(|source| StartError::Listen {
        key,
        address: address.to_owned(),
        source,
    })
}

fn addresses(sockets: &Sockets) -> Listeners {
    let of = |socket: &Option<TcpListener>| {
        socket
            .as_ref()
            .and_then(|listener| listener.local_addr().ok())
            .map(|address| address.to_string())
    };
    let (mqtt, mqtt_tls) = sockets.mqtt.as_ref().map_or((None, None), mqtt::Bound::addresses);
    Listeners {
        admin: of(&sockets.admin),
        devices: of(&sockets.devices),
        qyzn: of(&sockets.qyzn),
        mqtt: mqtt.map(|address| address.to_string()),
        mqtt_tls: mqtt_tls.map(|address| address.to_string()),
    }
}

/// Written beside and moved into place: a reader sees all of it or none.
fn write_listeners(data: &Path, listeners: &Listeners) -> Result<(), StartError> {
    let path = data.join("listeners.json");
    let beside = data.join("listeners.json.new");
    let text = serde_json::to_string(listeners).unwrap_or_default();
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, &path))
        .map_err(|source| StartError::File { path, source })
}

fn serve(hub: &Arc<Hub>, sockets: Sockets) {
    let limits = &hub.config.limits;
    let headers_within = Duration::from_secs(limits.header_seconds);
    if let Some(listener) = sockets.admin {
        let bounds = Bounds {
            connections: limits.admin_connections,
            headers_within,
            title_case: false,
        };
        hub.tasks.spawn(listen::serve(
            listener,
            api::router(hub),
            bounds,
            hub.shutdown.clone(),
        ));
    }
    if let Some(listener) = sockets.devices {
        let bounds = Bounds {
            connections: limits.devices_connections,
            headers_within,
            title_case: true,
        };
        hub.tasks.spawn(listen::serve(
            listener,
            api::devices_router(hub),
            bounds,
            hub.shutdown.clone(),
        ));
    }
    if let Some(listener) = sockets.qyzn {
        hub.tasks
            .spawn(crate::links::qyzn::serve(Arc::clone(hub), listener));
    }
    hub.tasks.spawn(mqtt::serve(Arc::clone(hub), sockets.mqtt));
    hub.tasks
        .spawn(crate::links::dialled::keep_dialling(Arc::clone(hub)));
    hub.tasks.spawn(events::watch_outbox(Arc::clone(hub)));
    hub.tasks.spawn(keep_templates_current(Arc::clone(hub)));
    hub.tasks.spawn(crate::roster::wake_devices(Arc::clone(hub)));
    hub.tasks.spawn(crate::commands::expire(Arc::clone(hub)));
    hub.tasks.spawn(crate::presence::write_seen(Arc::clone(hub)));
    hub.tasks.spawn(crate::retention::forget(Arc::clone(hub)));
}
