//! People whose validity is over are deleted, where a platform wants that.

use crate::device::Device;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Deletes whose time is over, until `shutdown`: at once when it is turned on, and every minute.
pub(crate) async fn keep(device: Arc<Device>, shutdown: CancellationToken) {
    let mut changed = device.changed.subscribe();
    let is_on = || device.behaviour().delete_expired;
    loop {
        if is_on() {
            delete(&device).await;
        }
        let was_on = is_on();
        let turned_on = async {
            while was_on || !is_on() {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = turned_on => {}
        }
    }
}

async fn delete(device: &Device) {
    let now = device.clock.now();
    for wire_id in device.people.ids() {
        let is_over = |id: &str| {
            let person = device.people.find(id);
            person.is_some_and(|member| member.person.valid_until.is_some_and(|end| end <= now))
        };
        if is_over(&wire_id)
            && let Err(error) = device.delete_person(&wire_id).await
        {
            tracing::error!(%error, "a person whose validity is over could not be deleted");
        }
    }
}
