//! Forgetting records and pictures that were kept long enough (`[retention]`).

use crate::state::Hub;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// How long after the start it is looked first.
const FIRST: Duration = Duration::from_secs(60);

/// Forgets, hour by hour, until the hub stops.
pub(crate) async fn forget(hub: Arc<Hub>) {
    let mut wait = FIRST;
    loop {
        tokio::select! {
            () = hub.shutdown.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        wait = EVERY;
        match once(&hub, Timestamp::now()).await {
            Err(StoreError::Closed) => return,
            Err(error) => tracing::error!(%error, "old records were not forgotten"),
            Ok(()) => {}
        }
    }
}

async fn once(hub: &Hub, now: Timestamp) -> Result<(), StoreError> {
    let kept = hub.settings().retention;
    let before = |days: u32| {
        let age = SignedDuration::from_hours(i64::from(days) * 24);
        now.saturating_sub(age).unwrap_or(Timestamp::UNIX_EPOCH)
    };
    let dropped = hub
        .store
        .records
        .drop_before(
            before(kept.records_days),
            before(kept.captures_days),
            before(kept.strangers_days),
        )
        .await?;
    if dropped != store::hub::records::Dropped::default() {
        tracing::info!(?dropped, "old records and pictures were forgotten");
    }
    Ok(())
}
