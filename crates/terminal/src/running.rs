//! Starting and stopping a terminal.

use crate::behaviour::Behaviours;
use crate::camera::Camera;
use crate::clock::Clock;
use crate::config::{ConfigError, TerminalConfig};
use crate::connections::Connections;
use crate::decider::Decisions;
use crate::device::Device;
use crate::door::Door;
use crate::endpoints::Places;
use crate::events::Events;
use crate::pass::{Factors, Language, Repeats};
use crate::people::{People, PeopleBounds};
use crate::pins::Pins;
use crate::questions::Questions;
use crate::reader::Reader;
use crate::resends::Resends;
use crate::{endpoints, expiry, kiosk, pushes, reboots};
use face::Engine;
use serde::Serialize;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::terminal::TerminalStore;
use store::{MasterKey, OpenError, StoreError};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a stop waits for what is in work; with closing the store it stays under ten seconds.
const STOP_PATIENCE: Duration = Duration::from_secs(7);

/// How long a stop waits for the store.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// What a starter may bring along.
#[derive(Debug, Clone, Default)]
pub struct StartOptions {
    /// A face engine that is shared; without one the terminal loads its own.
    pub engine: Option<Arc<Engine>>,
}

/// Why a terminal did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The data cannot be read.
    #[error("the terminal's data cannot be read: {0}")]
    Store(#[from] StoreError),
    /// A listener cannot be bound.
    #[error("{key} = {address:?} cannot be listened on: {source}")]
    Listen {
        /// The configuration's key.
        key: &'static str,
        /// The address.
        address: String,
        /// The system's words.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

/// Where a terminal listens, as in `<data>/listeners.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Listeners {
    /// The kiosk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kiosk: Option<SocketAddr>,
    /// `facegate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facegate: Option<SocketAddr>,
    /// `lan`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lan: Option<SocketAddr>,
    /// `openapi`, for calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openapi: Option<SocketAddr>,
    /// `openapi`, for pushes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openapi_push: Option<SocketAddr>,
}

/// The terminal, as something to start.
#[derive(Debug)]
pub struct Terminal;

/// A terminal that runs. Dropping it leaves it running; [`Running::stop`] ends it.
pub struct Running {
    listeners: Listeners,
    device: Arc<Device>,
    store: TerminalStore,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl Terminal {
    /// Starts a terminal: opens its data, binds its listeners, writes `listeners.json`, then serves and dials.
    ///
    /// # Errors
    /// [`StartError`] says what is wrong and what to do.
    pub async fn start(config: TerminalConfig, options: StartOptions) -> Result<Running, StartError> {
        config.check()?;
        let data = config.terminal.data.clone();
        let store = open_store(&config).await?;
        forget_listeners(&data)?;
        let kiosk = bind("kiosk.listen", &config.kiosk.listen).await?;
        let places = bind_dialects(&config).await?;
        endpoints::settle(&places, &*store.state).await;
        let listeners = Listeners {
            kiosk: kiosk.as_ref().and_then(|listener| listener.local_addr().ok()),
            facegate: places.address("facegate"),
            lan: places.address("lan"),
            openapi: places.address("openapi"),
            openapi_push: places.address("openapi_push"),
        };
        let device = Arc::new(build(config, options, &store).await?);
        device.settle_interrupted().await?;
        write_listeners(&data, &listeners)?;
        let running = Running {
            listeners,
            device,
            store,
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        running.spawn(kiosk, places);
        Ok(running)
    }
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// The device itself.
    #[must_use]
    pub fn device(&self) -> &Arc<Device> {
        &self.device
    }

    /// Stops accepting, finishes what was accepted, says goodbye to platforms and closes the data; within ten seconds.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.tasks.close();
        if tokio::time::timeout(STOP_PATIENCE, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("the terminal did not finish everything in time");
        }
        if tokio::time::timeout(CLOSE_PATIENCE, self.store.close())
            .await
            .is_err()
        {
            tracing::warn!("the store did not close in time");
        }
    }

    fn spawn(&self, kiosk: Option<TcpListener>, places: Places) {
        let device = &self.device;
        if let (Some(listener), Some(address)) = (kiosk, self.listeners.kiosk) {
            tracing::info!(%address, "the kiosk listens");
            self.tasks
                .spawn(kiosk::serve(listener, Arc::clone(device), self.shutdown.clone()));
        }
        self.tasks
            .spawn(kiosk::tell_state(Arc::clone(device), self.shutdown.clone()));
        let places = Arc::new(places);
        self.tasks
            .spawn(endpoints::run(Arc::clone(device), places, self.shutdown.clone()));
        self.tasks
            .spawn(reboots::keep(Arc::clone(device), self.shutdown.clone()));
        self.tasks
            .spawn(pushes::push(Arc::clone(device), self.shutdown.clone()));
        self.tasks
            .spawn(expiry::keep(Arc::clone(device), self.shutdown.clone()));
        let (people, shutdown) = (Arc::clone(device), self.shutdown.clone());
        self.tasks.spawn(async move {
            shutdown.run_until_cancelled(people.people.recompute()).await;
        });
    }
}

async fn open_store(config: &TerminalConfig) -> Result<TerminalStore, StartError> {
    let data = &config.terminal.data;
    let secrets = &config.secrets;
    let value = Some(secrets.key.as_str()).filter(|key| !key.is_empty());
    let key = MasterKey::obtain(
        value,
        &config.in_data(&secrets.key_file),
        &TerminalStore::database(data),
    )
    .map_err(OpenError::from)?;
    Ok(TerminalStore::open(data, key).await?)
}

async fn build(
    config: TerminalConfig,
    options: StartOptions,
    store: &TerminalStore,
) -> Result<Device, StartError> {
    let dialects = endpoints::switched_on(&config);
    let (askable, first_decider) = endpoints::deciders(&config);
    store.journal.switch_on(&dialects).await?;
    let engine = match options.engine {
        Some(engine) => Ok(engine),
        None => load_engine(&config).await,
    };
    if let Err(reason) = &engine {
        tracing::warn!(%reason, "faces are not recognised");
    }
    let bounds = PeopleBounds {
        capacity: config.terminal.capacity,
        photos_per_person: config.limits.photos_per_person,
        photo: config.face.photo,
    };
    let people = People::load(Arc::clone(&store.library), engine.as_ref().ok().cloned(), bounds).await?;
    let clock = Clock::load(Arc::clone(&store.state)).await?;
    let thresholds = config.face.thresholds();
    let english = config.terminal.language == "en";
    Ok(Device {
        behaviours: Behaviours::load(Arc::clone(&store.state)).await?,
        configured_zone: config.time_zone()?,
        language: if english {
            Language::English
        } else {
            Language::Chinese
        },
        configured_thresholds: thresholds,
        door: Door::new(Duration::from_millis(config.door.open_ms.into())),
        people,
        journal: Arc::clone(&store.journal),
        resends: Resends::load(Arc::clone(&store.state), Arc::clone(&store.journal)).await?,
        state: Arc::clone(&store.state),
        decisions: Decisions::load(Arc::clone(&store.state), &askable, first_decider).await?,
        events: Events::default(),
        engine,
        camera: Camera::default(),
        pins: Pins::default(),
        shut_channels: Arc::default(),
        questions: Questions::default(),
        reader: Reader::default(),
        connections: Connections::default(),
        dialects,
        sensors: std::sync::Mutex::default(),
        factors: Factors::default(),
        repeats: Repeats::default(),
        frames: Arc::new(Semaphore::new(config.limits.frames_waiting)),
        last_pass: std::sync::Mutex::default(),
        trimming: false.into(),
        started_at: std::sync::Mutex::new(clock.now()),
        journal_grew: watch::Sender::new(0),
        changed: watch::Sender::new(0),
        reboots: watch::Sender::new(0),
        clock,
        config,
    })
}

async fn load_engine(config: &TerminalConfig) -> Result<Arc<Engine>, String> {
    let folder = config.face.models_directory(&config.terminal.data);
    let settings = config.face.settings();
    let loaded = tokio::task::spawn_blocking(move || Engine::load(&folder, settings)).await;
    match loaded {
        Ok(Ok(engine)) => Ok(Arc::new(engine)),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

async fn bind(key: &'static str, address: &str) -> Result<Option<TcpListener>, StartError> {
    if address.is_empty() {
        return Ok(None);
    }
    let bound = TcpListener::bind(address).await;
    bound.map(Some).map_err(|source| StartError::Listen {
        key,
        address: address.to_owned(),
        source,
    })
}

async fn bind_dialects(config: &TerminalConfig) -> Result<Places, StartError> {
    let places = Places::default();
    for (name, key, address) in endpoints::listens(config) {
        let bound = places.bind(name, address).await;
        bound.map_err(|source| StartError::Listen {
            key,
            address: address.to_owned(),
            source,
        })?;
    }
    Ok(places)
}

/// Whoever waits for this start must not read where the last one listened.
fn forget_listeners(data: &Path) -> Result<(), StartError> {
    let path = data.join("listeners.json");
    match std::fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(StartError::Io { path, source }),
        _ => Ok(()),
    }
}

/// Writes `listeners.json` in one step, so that whoever waits for it never reads half of it.
fn write_listeners(data: &Path, listeners: &Listeners) -> Result<(), StartError> {
    let path = data.join("listeners.json");
    let draft = data.join("listeners.json.new");
    let text = serde_json::to_string(listeners).unwrap_or_default();
    let written = std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, &path));
    written.map_err(|source| StartError::Io { path, source })
}
