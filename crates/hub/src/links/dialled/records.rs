//! Records of dialled devices: taking one, and fetching what an outage left on the device.

use super::Line;
use super::pushed::connected_at;
use crate::intake::{self, Arrival, Receipt, Taken};
use crate::links::{BodyFault, CallError, Failure, LiveLink};
use crate::patience::patiently;
use crate::state::Hub;
use async_trait::async_trait;
use dialects::received::ReceivedRecord;
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;
use store::StoreError;
use store::hub::devices::StoredDevice;

/// How often records are fetched while the device stays on the line: pushes may be lost.
const EVERY: Duration = Duration::from_secs(3600);
/// How soon it is tried again after it failed.
const AGAIN_AFTER: Duration = Duration::from_secs(60);
/// Pages of one fetch at most: a device that always has more would never end.
const MOST_PAGES: usize = 100_000;

/// Takes a record of a device; what it returns without an error may be acknowledged.
///
/// # Errors
/// What the store says; nothing was kept then.
pub async fn take(
    hub: &Hub,
    device: &StoredDevice,
    record: ReceivedRecord,
    resolution_ms: i64,
) -> Result<Taken, StoreError> {
    let live = hub.links.get(&device.device.id);
    let zone = hub.zone_of(&device.device);
    let receipt = Receipt {
        device,
        zone: &zone,
        connected_at: connected_at(hub, live.as_deref()),
        skew_ms: device.device.clock_skew_ms,
        resolution_ms,
        received_at: Timestamp::now(),
    };
    intake::take(hub, Arrival::of(record, &receipt)).await
}

/// From when until when, both included, in milliseconds of the device's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// From here on.
    pub from_ms: i64,
    /// Until here.
    pub until_ms: i64,
}

impl Range {
    fn has(&self, record: &ReceivedRecord) -> bool {
        let at = record.instant.map(Timestamp::as_millisecond);
        at.is_none_or(|at| (self.from_ms..=self.until_ms).contains(&at))
    }
}

/// Records of a device on their way into the hub.
#[derive(Debug, Default)]
pub struct Page {
    /// The records, in the device's order.
    pub records: Vec<ReceivedRecord>,
    /// Where the next page is, in the source's own terms; `None` after the last one.
    pub next: Option<i64>,
}

/// A device whose records can be asked for.
#[async_trait]
pub trait RecordSource: Send + Sync {
    /// The line to it.
    fn line(&self) -> &Line;

    /// How finely it tells times, in milliseconds.
    fn resolution_ms(&self) -> i64;

    /// What an outage may have left on it.
    ///
    /// # Errors
    /// [`CallError`].
    async fn gap(&self) -> Result<Range, CallError>;

    /// Some of its records: the first page, or the next one as the last said.
    ///
    /// # Errors
    /// [`CallError`].
    async fn page(&self, range: &Range, next: Option<i64>) -> Result<Page, CallError>;

    /// The records of a page of a gap are on the disk.
    ///
    /// # Errors
    /// [`CallError`].
    async fn committed(&self, range: &Range, page: &Committed) -> Result<(), CallError>;
}

/// A page that is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// When the device was asked for it.
    pub asked_at: Timestamp,
    /// When its newest record happened, in milliseconds of the device's clock.
    pub newest_ms: Option<i64>,
    /// No page follows.
    pub is_last: bool,
}

/// Fetches what an outage may have left on the device; returns how many records came.
///
/// # Errors
/// [`CallError`]; what was taken stays taken.
pub async fn fill(source: &dyn RecordSource) -> Result<u32, CallError> {
    let range = source.gap().await?;
    walk(source, range, true).await
}

/// Fetches what the device has of a time once more; returns how many records came.
///
/// # Errors
/// [`CallError`]; what was taken stays taken.
pub async fn fetch_again(source: &dyn RecordSource, range: Range) -> Result<u32, CallError> {
    walk(source, range, false).await
}

async fn walk(source: &dyn RecordSource, range: Range, is_gap: bool) -> Result<u32, CallError> {
    let (mut next, mut count) = (None, 0_u32);
    for _ in 0..MOST_PAGES {
        let asked_at = Timestamp::now();
        let page = source.page(&range, next).await?;
        let (came, newest_ms) = keep(source, &range, page.records).await?;
        count = count.saturating_add(came);
        let is_last = page.next.is_none();
        if is_gap {
            let committed = Committed {
                asked_at,
                newest_ms,
                is_last,
            };
            source.committed(&range, &committed).await?;
        }
        if is_last {
            return Ok(count);
        }
        next = page.next;
    }
    let text = "the device's records have no end";
    Err(CallError::ours(Failure::Internal, text))
}

/// Keeps a page's records of the range; how many, and when the newest happened.
async fn keep(
    source: &dyn RecordSource,
    range: &Range,
    records: Vec<ReceivedRecord>,
) -> Result<(u32, Option<i64>), CallError> {
    let hub = &source.line().hub;
    let device = hub
        .store
        .devices
        .device(&source.line().device.device.id, None)
        .await;
    let device = device.map_err(|error| not_kept(&error))?;
    let device = device.ok_or_else(CallError::disconnected)?;
    let (mut count, mut newest_ms) = (0_u32, None);
    for record in records.into_iter().filter(|record| range.has(record)) {
        let at = record.instant.map(Timestamp::as_millisecond);
        let taken = patiently(|| take(hub, &device, record.clone(), source.resolution_ms())).await;
        taken.map_err(|error| not_kept(&error))?;
        count = count.saturating_add(1);
        newest_ms = newest_ms.max(at);
    }
    Ok((count, newest_ms))
}

/// From when until when records are to be sent again: the arguments of `resend_records`.
///
/// # Errors
/// The one that is missing or malformed.
pub fn range_of(body: &Value) -> Result<(Timestamp, Timestamp), BodyFault> {
    let instant = |key: &str| -> Result<Timestamp, BodyFault> {
        let text = body.get(key).and_then(Value::as_str).unwrap_or_default();
        let fault = |_| BodyFault::new(key, "an instant as in 2026-01-31T08:00:00Z");
        text.parse().map_err(fault)
    };
    let (from, until) = (instant("from")?, instant("until")?);
    if from >= until {
        return Err(BodyFault::new("until", "after from"));
    }
    Ok((from, until))
}

fn not_kept(error: &StoreError) -> CallError {
    CallError::ours(Failure::Internal, format!("a record was not kept: {error}"))
}

/// Fetches what an outage left on the device once it has stopped pushing by itself, and again now and then. What a device
/// pushes has its picture, what is fetched may have none: so pushes go first (`devices.fill_after_ms`). Never resolves.
pub async fn keep_filled(source: &dyn RecordSource, live: &LiveLink) {
    let quiet = Duration::from_millis(source.line().hub.config.devices.fill_after_ms);
    loop {
        live.records.quiet_for(quiet).await;
        let rest = match fill(source).await {
            Ok(0) => EVERY,
            Ok(count) => {
                tracing::info!(device = %live.device, count, "records were fetched");
                EVERY
            }
            Err(error) => {
                tracing::warn!(device = %live.device, %error, "records were not fetched");
                AGAIN_AFTER
            }
        };
        tokio::time::sleep(rest).await;
    }
}
