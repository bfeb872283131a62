//! What every part of a running hub shares.

use crate::api::attempts::Attempts;
use crate::api::{CurrentSettings, HubSettings};
use crate::config::HubConfig;
use crate::events::Resolvers;
use crate::people::Recognition;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use store::hub::HubStore;
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A running hub. Shared as `Arc<Hub>`.
#[derive(Debug)]
pub struct Hub {
    /// Since when it runs.
    pub(crate) started: jiff::Timestamp,
    /// Its configuration.
    pub config: HubConfig,
    /// What it keeps.
    pub store: HubStore,
    /// The face engine and everyone's faces.
    pub recognition: Recognition,
    /// Cancelled when the hub stops: listeners stop accepting, links end, streams close.
    pub shutdown: CancellationToken,
    /// Tasks that the hub waits for when it stops.
    pub tasks: TaskTracker,
    /// The last place of the outbox as it was last seen. Readers wait on it.
    pub outbox_head: watch::Sender<i64>,
    /// Poked by whoever announced something; see [`Hub::outbox_grew`].
    pub(crate) outbox_poke: Notify,
    /// Who is connected.
    pub links: crate::links::Registry,
    /// What is dialled.
    pub(crate) dialler: crate::links::dialled::Dialler,
    /// Pictures that devices may fetch.
    pub(crate) pictures: crate::links::dialled::pictures::Pictures,
    /// Where devices reach us over HTTP, as it was listened on.
    pub(crate) devices_listener: Option<std::net::SocketAddr>,
    /// How much may be under way between devices and the disk.
    pub(crate) intake: crate::intake::Intake,
    /// Renditions of photos made at a time.
    pub(crate) renditions: Semaphore,
    /// Devices that list whom they hold at a time, to be compared: each may send all its photos.
    pub(crate) listings: Semaphore,
    /// What admins set at run time.
    pub(crate) settings: CurrentSettings,
    /// How each event is told.
    pub(crate) resolvers: Resolvers,
    /// Attempts to sign in.
    pub(crate) attempts: Attempts,
    /// A password's hash that belongs to nobody: unknown users are checked against it, for the same time.
    pub(crate) nobody: String,
    /// How many passwords are hashed at a time: each takes 19 MiB and a core.
    pub(crate) hashing: Arc<Semaphore>,
    /// How many event streams may be open.
    pub(crate) streams: Arc<Semaphore>,
    /// What `/metrics` prints.
    pub(crate) metrics: PrometheusHandle,
    /// Whether everything is up.
    pub(crate) ready: AtomicBool,
}

impl Hub {
    /// To be called after something was announced in the outbox: readers look at once instead of within a second.
    pub fn outbox_grew(&self) {
        self.outbox_poke.notify_one();
    }

    /// The settings that hold now: the configuration's, and over them what admins set at run time.
    #[must_use]
    pub fn settings(&self) -> Arc<HubSettings> {
        self.settings.get().1
    }

    /// The zone of doors without one of their own.
    #[must_use]
    pub fn time_zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.settings().time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// The zone that a device's wall clock shows: its own, else the hub's.
    #[must_use]
    pub fn zone_of(&self, device: &model::Device) -> jiff::tz::TimeZone {
        let own = device.time_zone.as_deref();
        own.and_then(|name| jiff::tz::TimeZone::get(name).ok())
            .unwrap_or_else(|| self.time_zone())
    }
}
