//! One connected device: who decides on its door, its commands, then its people, one call at a time (hub rules 17,
//! 26, 33).

use super::calls::{self, Carried};
use super::compare::{self, Watch};
use super::import;
use super::telling::Telling;
use crate::commands::{self, Slow};
use crate::links::{Dialect, LiveLink, dialect};
use crate::state::Hub;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::hub::devices::{Standing, StoredDevice};

/// How long to rest when a call broke off and the device may still be there.
const REST_AFTER_BREAK: Duration = Duration::from_secs(1);
/// How long to rest when the store fails.
const REST_AFTER_ERROR: Duration = Duration::from_secs(5);
/// Sleeps are cut to this, so that a changed clock is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(600);

/// Works off what there is to do for a device until its connection ends.
pub(crate) async fn work_off(hub: Arc<Hub>, live: Arc<LiveLink>) {
    let mut worker = Worker {
        hub: Arc::clone(&hub),
        live: Arc::clone(&live),
        telling: Telling::default(),
        waited: false,
        imports_resumed: false,
        slow: Slow::default(),
        watch: Watch::default(),
    };
    while hub.links.is_current(&live) && !hub.shutdown.is_cancelled() {
        let rest = match Box::pin(worker.step()).await {
            Ok(Step::Again) => continue,
            Ok(Step::Gone) => {
                live.link.close();
                return;
            }
            Ok(Step::Rest(until)) => until,
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(device = %live.device, %error, "work for a device failed");
                Some(REST_AFTER_ERROR)
            }
        };
        let sleep = rest.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP);
        tokio::select! {
            () = hub.shutdown.cancelled() => return,
            () = live.wake.notified() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

enum Step {
    /// Something was done; there may be more.
    Again,
    /// Nothing is to be done before this.
    Rest(Option<Duration>),
    /// The device is not to be connected.
    Gone,
}

/// What is known of the work for one connection.
struct Worker {
    hub: Arc<Hub>,
    live: Arc<LiveLink>,
    /// Who decides, as the device was told.
    telling: Telling,
    /// It waited for approval on this connection.
    waited: bool,
    imports_resumed: bool,
    slow: Slow,
    watch: Watch,
}

impl Worker {
    async fn step(&mut self) -> Result<Step, StoreError> {
        let (hub, live) = (&self.hub, &self.live);
        let Some(device) = hub.store.devices.device(&live.device, None).await? else {
            return Ok(Step::Gone);
        };
        match device.standing {
            Standing::Disabled => return Ok(Step::Gone),
            Standing::Pending => {
                self.waited = true;
                return Ok(Step::Rest(None));
            }
            Standing::Approved => {}
        }
        live.link.set_zone(hub.zone_of(&device.device));
        if std::mem::take(&mut self.waited) {
            live.link.admitted().await;
        }
        let decider = device.device.decision;
        if self.telling.due_in(decider).is_some_and(|wait| wait.is_zero()) {
            self.telling.tell(live, decider).await;
            return Ok(Step::Again);
        }
        if commands::run_next(hub, live, &device.device.dialect, &self.slow).await? {
            return Ok(Step::Again);
        }
        if !self.imports_resumed {
            import::resume(hub, live).await?;
            self.imports_resumed = true;
        }
        let untold = self.telling.due_in(decider);
        Ok(match self.people(&device).await? {
            Step::Rest(until) => Step::Rest(until.into_iter().chain(untold).min()),
            other => other,
        })
    }

    /// Looks after whom the device holds, then brings the next people onto it or off it; nothing while others read who is
    /// there: they wake this worker when they are done.
    async fn people(&self, device: &StoredDevice) -> Result<Step, StoreError> {
        let (hub, live) = (&self.hub, &self.live);
        if live.link.fetches_people() {
            return Ok(Step::Rest(None));
        }
        let Ok(people) = Arc::clone(&live.people).try_lock_owned() else {
            return Ok(Step::Rest(None));
        };
        let now = Timestamp::now();
        let watched = self.watch.due_in(now);
        if watched.is_zero() {
            compare::look_after(hub, Arc::clone(live), people, self.watch.clone());
            return Ok(Step::Rest(None));
        }
        let wait = match hub.store.roster.due(&live.device).await? {
            None => watched,
            Some(due) if due > now => watched.min(due.duration_since(now)),
            Some(_) => {
                let most = dialect(&device.device.dialect).map_or(1, Dialect::people_at_once);
                let work = hub.store.roster.claim_some(&live.device, now, most).await?;
                if !work.is_empty() {
                    return Ok(match calls::carry_out(hub, live, device, work).await? {
                        Carried::Through => Step::Again,
                        Carried::Broken => Step::Rest(Some(REST_AFTER_BREAK)),
                    });
                }
                watched
            }
        };
        Ok(Step::Rest(Some(wait.unsigned_abs() + Duration::from_millis(1))))
    }
}
