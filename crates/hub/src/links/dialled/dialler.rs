//! Keeping every device dialled that the hub is to dial: a task for each, begun and ended as operators change devices
//! (hub rule 14).

use super::address::HostPort;
use super::{DeviceClient, Dialled, Line};
use crate::events::Follower;
use crate::links::{CallError, Failure, dialect};
use crate::presence;
use crate::state::Hub;
use model::DeviceId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::StoreError;
use store::hub::Event;
use store::hub::devices::{DeviceFilter, Standing, StoredDevice};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// The first pause before a device is dialled again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause (hub rule 14).
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long a push may wait for its device to be dialled.
const TRIED_WITHIN: Duration = Duration::from_secs(3);
/// Devices read at a time when the hub starts.
const PAGE: u32 = 500;

/// What is dialled.
#[derive(Debug, Default)]
pub(crate) struct Dialler {
    devices: Mutex<HashMap<DeviceId, Dialling>>,
    /// Whether all are in it that were known when the hub started.
    begun: watch::Sender<bool>,
}

/// A device that is dialled.
#[derive(Debug)]
struct Dialling {
    /// Of which revision of the device ([`StoredDevice::dial_revision`]).
    revision: i64,
    /// Ends the task.
    end: CancellationToken,
    /// The device is there: it need not be waited for.
    there: Arc<Notify>,
    /// Whether it was dialled, with or without success, since it was last on the line.
    tried: watch::Receiver<bool>,
}

impl Dialler {
    /// The device gave a sign of life: it is dialled at once, if it is not on the line.
    pub(crate) fn is_there(&self, device: &DeviceId) {
        if let Some(dialling) = self.lock().get(device) {
            dialling.there.notify_one();
        }
    }

    /// Waits until the device was dialled since it was last on the line: its clock is looked at then. Not for long.
    pub(crate) async fn tried(&self, device: &DeviceId) {
        let dialled = async {
            self.begun.subscribe().wait_for(|begun| *begun).await.ok()?;
            let tried = self.lock().get(device).map(|dialling| dialling.tried.clone());
            tried?.wait_for(|tried| *tried).await.ok().map(|_| ())
        };
        if tokio::time::timeout(TRIED_WITHIN, dialled).await.is_err() {
            tracing::debug!(%device, "a device is slow to answer; what it pushes is taken as it says");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<DeviceId, Dialling>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Dials until the hub stops.
pub(crate) async fn keep_dialling(hub: Arc<Hub>) {
    let mut announcements = Follower::new(&hub);
    if let Err(error) = dial_all(&hub).await {
        tracing::error!(%error, "the devices to dial could not be read");
    }
    hub.dialler.begun.send_replace(true);
    while let Some(row) = announcements.next().await {
        if let (Some(Event::DeviceStatus | Event::DevicePending), Some(device)) = (row.event, row.device_id) {
            look_at(&hub, DeviceId::new(device)).await;
        }
    }
}

async fn dial_all(hub: &Arc<Hub>) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let filter = DeviceFilter {
            after,
            limit: PAGE,
            ..DeviceFilter::default()
        };
        let devices = hub.store.devices.list(filter).await?;
        let Some(last) = devices.last() else { return Ok(()) };
        after = Some(last.seq);
        for device in &devices {
            arrange(hub, &device.device.id, Some(device));
        }
    }
}

async fn look_at(hub: &Arc<Hub>, id: DeviceId) {
    match hub.store.devices.device(&id, None).await {
        Ok(device) => arrange(hub, &id, device.as_ref()),
        Err(error) => tracing::error!(device = %id, %error, "a device could not be read"),
    }
}

/// How a device is to be dialled; `None` where it is not to be.
fn to_dial(device: &StoredDevice) -> Option<&'static dyn Dialled> {
    let dialled = dialect(&device.device.dialect)?.dialled()?;
    let address = device.device.address.as_deref();
    // Of a device that only calls, the address is where it came from, without a port.
    let is_place = address.is_some_and(|address| address.parse::<HostPort>().is_ok());
    let wanted = device.standing == Standing::Approved && is_place;
    wanted.then_some(dialled)
}

/// Begins or ends the task of a device, as the device is now.
fn arrange(hub: &Arc<Hub>, id: &DeviceId, device: Option<&StoredDevice>) {
    let wanted = device.filter(|device| to_dial(device).is_some());
    let mut all = hub.dialler.lock();
    let revision = wanted.map(|device| device.dial_revision);
    if all.get(id).map(|dialling| dialling.revision) == revision {
        return;
    }
    if let Some(old) = all.remove(id) {
        old.end.cancel();
    }
    let Some(revision) = revision else { return };
    let (tried, was_tried) = watch::channel(false);
    let dialling = Dialling {
        revision,
        end: hub.shutdown.child_token(),
        there: Arc::default(),
        tried: was_tried,
    };
    let task = Task {
        hub: Arc::clone(hub),
        device: id.clone(),
        revision,
        end: dialling.end.clone(),
        there: Arc::clone(&dialling.there),
        tried,
    };
    all.insert(id.clone(), dialling);
    hub.tasks.spawn(task.run());
}

struct Task {
    hub: Arc<Hub>,
    device: DeviceId,
    revision: i64,
    end: CancellationToken,
    there: Arc<Notify>,
    tried: watch::Sender<bool>,
}

impl Task {
    async fn run(self) {
        let mut pause = FIRST_PAUSE;
        while let Some(device) = self.current().await {
            if self.served(device).await {
                pause = FIRST_PAUSE;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.there.notified() => {}
                () = self.end.cancelled() => return,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The device, as long as this task is to dial it.
    async fn current(&self) -> Option<StoredDevice> {
        while !self.end.is_cancelled() {
            match self.hub.store.devices.device(&self.device, None).await {
                Ok(device) => {
                    return device
                        .filter(|device| device.dial_revision == self.revision && to_dial(device).is_some());
                }
                Err(StoreError::Closed) => return None,
                Err(error) => {
                    tracing::error!(device = %self.device, %error, "a device could not be read");
                    tokio::time::sleep(FIRST_PAUSE).await;
                }
            }
        }
        None
    }

    /// Dials once and serves the device until it is gone; `false` where it could not be reached.
    async fn served(&self, device: StoredDevice) -> bool {
        let contact = tokio::select! {
            contact = contact(&self.hub, device) => contact,
            () = self.end.cancelled() => return false,
        };
        let link = match contact {
            Ok(link) => link,
            Err(error) => {
                tracing::info!(device = %self.device, %error, "a device was not reached");
                metrics::counter!("menshen_dial_total", "outcome" => error.failure.name()).increment(1);
                self.tried.send_replace(true);
                return false;
            }
        };
        metrics::counter!("menshen_dial_total", "outcome" => "reached").increment(1);
        let live = presence::arrived(&self.hub, self.device.clone(), Arc::clone(&link) as _);
        self.tried.send_replace(true);
        tokio::select! {
            () = link.attend(&live) => {}
            () = self.end.cancelled() => {}
        }
        link.close();
        self.tried.send_replace(false);
        presence::left(&self.hub, &live).await;
        true
    }
}

async fn contact(hub: &Arc<Hub>, device: StoredDevice) -> Result<Arc<dyn super::DialledLink>, CallError> {
    let unfit = |text: &str| CallError::ours(Failure::BadParameter, text);
    let dialled = to_dial(&device).ok_or_else(|| unfit("the device is not to be dialled"))?;
    let address = device.device.address.as_deref().unwrap_or_default();
    let address: HostPort = address
        .parse()
        .map_err(|error: super::address::NoHostPort| unfit(&error.to_string()))?;
    let line = Line {
        client: DeviceClient::new(address, &hub.config, dialled.title_case()),
        hub: Arc::clone(hub),
        device,
        closing: CancellationToken::new(),
    };
    dialled.contact(line).await
}
